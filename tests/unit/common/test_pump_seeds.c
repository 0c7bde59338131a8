/* Random settings, records, faults, flushes and stops on the virtual clock. At every moment no record is counted twice,
 * and at rest none is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "sdk/base/diag.h"
#include "tests/support/probe.h"
#include "tests/support/records.h"
#include "tests/support/world.h"

enum { SLOTS = 3, DESTINATIONS = 3, ROUNDS = 60, SLACK_MS = 50 };

static probe probes[SLOTS][DESTINATIONS];
static bool attached[SLOTS];
static uint64_t made[SLOTS];

static void decide(probe *p)
{
    static const probe_fate fates[] = { PROBE_TAKES, PROBE_TAKES,   PROBE_TAKES,      PROBE_TAKES, PROBE_TAKES,
                                        PROBE_FAILS, PROBE_REFUSES, PROBE_TAKES_HALF, PROBE_HANGS };
    p->fate = fates[world_random(WEFT_COUNT_OF(fates))];
    p->latency = world_chance(2) ? 0 : (int64_t)world_random(300);
    p->stop_hangs = world_chance(20);
    p->flush_hangs = world_chance(20);
    p->flush_status = world_chance(10) ? WEFT_E_FAILED : WEFT_OK;
}

static void start(uint32_t slot)
{
    weft__destination_options destinations[DESTINATIONS] = { 0 };
    size_t count = 1 + world_random(DESTINATIONS);
    for (size_t i = 0; i < count; i++) {
        probe *p = &probes[slot][i];
        destinations[i].exporter = world_chance(3) ? probe_init_flat(p) : probe_init(p);
        p->decide = decide;
        destinations[i].simple = world_chance(4);
        destinations[i].batch = (weft_batch_options){ .max_queue = (uint32_t)(1 + world_random(200)),
                                                      .max_batch = (uint32_t)(1 + world_random(100)),
                                                      .delay_ms = (uint32_t)(1 + world_random(2000)),
                                                      .timeout_ms = (uint32_t)(1 + world_random(1000)) };
    }
    records_start(slot);
    weft__pump_options options = { .slot = slot,
                                   .tag = records_tag(slot),
                                   .resource = &probe_resource,
                                   .destinations = destinations,
                                   .count = count,
                                   .batch_budget = world_chance(3) ? 20000 : 0,
                                   .driver = WEFT__DRIVER_HOST };
    assert_int_equal(weft__pump_attach(&options), WEFT_OK);
    attached[slot] = true;
    made[slot] = 0;
}

/* The order of reading is the one that the counters ask for. */
static void check(uint32_t slot, bool at_rest)
{
    for (uint32_t i = 0; i < weft__pump_destinations(slot); i++) {
        weft_destination_stats stats = probe_stats(slot, i);
        uint64_t drained = weft__pump_drained(slot), sum = probe_sum(&stats);
        assert_int_equal(sum, drained);
        assert_true(drained <= records_ended(slot));
        assert_int_equal(records_ended(slot), made[slot]);
        assert_int_equal(probes[slot][i].overlaps, 0);
        assert_int_equal(probes[slot][i].calls_after_stop, 0);
        if (at_rest) {
            assert_int_equal(stats.in_flight, 0);
            assert_int_equal(sum, made[slot]);
        }
    }
}

static void stop(uint32_t slot)
{
    uint32_t timeout = (uint32_t)world_random(2000);
    int64_t from = world_now();
    weft_status status = weft__pump_detach(slot, timeout);
    assert_true(world_now() - from <= timeout + SLACK_MS);
    assert_true(status == WEFT_OK || status == WEFT_E_FAILED || status == WEFT_E_TIMEOUT);
    check(slot, true);
    for (uint32_t i = 0; i < weft__pump_destinations(slot); i++) {
        assert_int_equal(probes[slot][i].stops > 0, true);
        assert_true(probes[slot][i].frees == 1 || (probes[slot][i].stop_hangs && status == WEFT_E_TIMEOUT));
    }
    records_stop(slot);
    attached[slot] = false;
}

static void act(uint32_t slot)
{
    if (!attached[slot]) {
        if (world_chance(2))
            start(slot);
        return;
    }
    size_t count = world_chance(10) ? world_random(1000) : world_random(40);
    records_make(slot, (uint32_t)world_random(4), count);
    made[slot] += count;
    if (world_chance(8)) {
        uint32_t timeout = (uint32_t)world_random(1500);
        int64_t from = world_now();
        weft_status status = weft__pump_flush(slot, timeout);
        assert_true(world_now() - from <= timeout + SLACK_MS);
        assert_true(status == WEFT_OK || status == WEFT_E_FAILED || status == WEFT_E_TIMEOUT);
        if (status == WEFT_OK)
            assert_int_equal(weft__pump_drained(slot), made[slot]);
    }
    if (world_chance(25))
        stop(slot);
}

static void a_seed(uint64_t seed)
{
    (void)seed;
    for (int i = 0; i < ROUNDS; i++) {
        for (uint32_t slot = 0; slot < SLOTS; slot++) {
            act(slot);
            if (attached[slot])
                check(slot, false);
        }
        world_run((int64_t)world_random(world_chance(5) ? 5000 : 100));
    }
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        if (attached[slot])
            stop(slot);
    }
}

static void accounts_are_right_under_random_faults(void **state)
{
    (void)state;
    world_seeds(a_seed, getenv("WEFT_TEST_SLOW") != NULL ? 30 : 200);
}

static void ignore_line(void *data, weft_importance importance, const char *line)
{
    (void)data, (void)importance, (void)line;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(accounts_are_right_under_random_faults, world_teardown),
    };
    weft__diag_set(ignore_line, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
