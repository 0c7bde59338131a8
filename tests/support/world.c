/* world.c - the clock, the random numbers and the driver of the virtual world. */
#include "tests/support/world.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "sdk/base/clock.h"
#include "sdk/base/random.h"
#include "sdk/common/pump.h"
#include "tests/support/world_state.h"

enum { NS_PER_MS = 1000000, STEPS_AT_ONCE = 100000, FDS = 64 };

static const uint64_t BEGIN = (uint64_t)1700000000 * 1000000000; /* ns since the epoch */

/* The one place of state. */
static struct {
    uint64_t random, seed;
    bool seeded; /* a body of world_seeds is running */
    bool started;
} world;

size_t world_request_count;

void world_start(uint64_t seed)
{
    world.random = seed * 2 + 1;
    world.started = true;
    world_request_count = 0;
    atomic_store(&weft__random_fixed, (seed << 32) + 1);
    weft__clock_virtual(BEGIN);
}

void world_stop(void)
{
    world.started = false;
    atomic_store(&weft__random_fixed, 0);
    weft__clock_virtual(0);
}

int64_t world_now(void)
{
    return weft__monotonic_ms() - (int64_t)(BEGIN / NS_PER_MS);
}

/* splitmix64 */
uint64_t world_random(uint64_t below)
{
    uint64_t x = (world.random += 0x9e3779b97f4a7c15u);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return (x ^ (x >> 31)) % below;
}

bool world_chance(uint64_t in)
{
    return world_random(in) == 0;
}

/* Steps until there is nothing to do at this moment. */
static void step_now(void)
{
    struct pollfd fds[FDS];
    int64_t now = weft__monotonic_ms();
    for (int i = 0;; i++) {
        size_t count = weft__min(weft__pump_fds(fds, FDS), FDS);
        bool ready = poll(fds, (nfds_t)count, 0) > 0;
        if (!ready && weft__pump_deadline() > now)
            return;
        if (i == STEPS_AT_ONCE) {
            fprintf(stderr, "the pump does not come to rest at %" PRId64 " ms\n", world_now());
            abort();
        }
        weft__pump_step(fds, count);
    }
}

void world_run(int64_t ms)
{
    int64_t end = weft__monotonic_ms() + ms;
    for (;;) {
        step_now();
        int64_t now = weft__monotonic_ms(), next = weft__pump_deadline();
        if (now >= end)
            return;
        next = next < end ? next : end;
        weft__clock_advance((uint64_t)(next - now) * NS_PER_MS);
    }
}

static void run_seed(void (*body)(uint64_t seed), uint64_t seed)
{
    world.seed = seed;
    world.seeded = true;
    world_start(seed);
    body(seed);
    world_stop();
    world.seeded = false;
}

void world_seeds(void (*body)(uint64_t seed), size_t count)
{
    const char *only = getenv("WEFT_TEST_SEED");
    if (only != NULL) {
        run_seed(body, strtoull(only, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= count; seed++)
        run_seed(body, seed);
}

int world_teardown(void **state)
{
    (void)state;
    if (world.seeded)
        fprintf(stderr, "seed %" PRIu64 " failed; WEFT_TEST_SEED=%" PRIu64 " runs it again\n", world.seed, world.seed);
    world.seeded = false;
    if (world.started)
        world_stop();
    return 0;
}
