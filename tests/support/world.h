/* world.h - the tests' virtual world: a clock that moves only while somebody waits, a pump that is stepped by hand, and
 * a network whose faults come from a seed. The same seed gives the same run.
 *
 * A failing seed is printed; with WEFT_TEST_SEED=<seed> in the environment only that one is run. */
#ifndef WEFT_TESTS_SUPPORT_WORLD_H
#define WEFT_TESTS_SUPPORT_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exporters/transport/transport.h"

/* Time stands still from now on; random numbers begin at the seed. */
void world_start(uint64_t seed);
/* Real time again. */
void world_stop(void);

/* Milliseconds since the start. */
int64_t world_now(void);
/* Drives the pump while so many ms pass, and does what is due at the end of them too; 0: only what can be done now. */
void world_run(int64_t ms);

/* Even below the bound, which is not 0. */
uint64_t world_random(uint64_t below);
/* True once in so many. */
bool world_chance(uint64_t in);

/* Calls body for that many seeds, or for the one in the environment; the world is started and stopped around it. */
void world_seeds(void (*body)(uint64_t seed), size_t count);
/* To be the teardown of tests that use world_seeds: names the seed that failed, and gives real time back. */
int world_teardown(void **state);

/* The network: what happens to one request. */
typedef struct world_answer {
    int64_t latency;       /* ms until it happens; INT64_MAX: never */
    weft__failure failure; /* WEFT__ANSWERED: the fields below */
    int status;
    int64_t retry_after; /* ms; -1: none */
    const char *content_type;
    const void *body;
    size_t body_size;
} world_answer;

/* Decides what happens to the request; called once for each, in order. */
typedef world_answer world_script(void *arg, const weft__request *request);

/* A transport whose other end is the script; WEFT__EXPIRED comes of itself at a request's deadline. Free it through its
 * ops. NULL script: world_faults. */
weft__transport *world_transport(world_script *script, void *arg);
/* Anything that a network and a receiver can do, by the world's random numbers: most answers are good. */
world_answer world_faults(void *arg, const weft__request *request);
/* Requests that came so far to any of the world's transports, since the start. */
size_t world_requests(void);

#endif
