/* Flush and stop: what they wait for, and that they keep their time whatever hangs. All in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/probe.h"
#include "tests/support/records.h"
#include "tests/support/world.h"

enum { SLACK_MS = 50 };

static probe taker, other;
static const weft_batch_options defaults;

static void begin(void)
{
    world_start(1);
    records_start(0);
    probe_attach(0, probe_init(&taker), &defaults);
    world_run(0);
}

static void end(void)
{
    records_stop(0);
    assert_int_equal(taker.overlaps, 0);
    assert_int_equal(taker.calls_after_stop, 0);
    weft_destination_stats stats = probe_stats(0, 0);
    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(probe_sum(&stats), records_ended(0));
    world_stop();
}

static void assert_took(int64_t from, int64_t ms)
{
    assert_in_range(world_now() - from, ms, ms + SLACK_MS);
}

static void TR_008_TR_059_flush_exports_all_that_had_ended(void **state)
{
    (void)state;
    begin();
    taker.latency = 20;
    records_make(0, 0, 1500);
    int64_t from = world_now();
    assert_int_equal(weft__pump_flush(0, 5000), WEFT_OK);
    assert_took(from, 60); /* three batches of 20 ms each */
    assert_int_equal(taker.records, 1500);
    assert_int_equal(taker.flushes, 1); /* the exporter's own, after the last batch */
    assert_int_equal(probe_stats(0, 0).exported, 1500);
    assert_int_equal(weft__pump_detach(0, 1000), WEFT_OK);
    end();
}

static void flush_of_nothing_is_immediate(void **state)
{
    (void)state;
    begin();
    int64_t from = world_now();
    assert_int_equal(weft__pump_flush(0, 5000), WEFT_OK);
    assert_took(from, 0);
    assert_int_equal(taker.sends, 0);
    assert_int_equal(taker.flushes, 1);
    assert_int_equal(weft__pump_detach(0, 0), WEFT_OK);
    end();
}

static void TR_059_flush_keeps_its_timeout(void **state)
{
    (void)state;
    begin();
    taker.fate = PROBE_HANGS;
    records_make(0, 0, 10);
    int64_t from = world_now();
    assert_int_equal(weft__pump_flush(0, 300), WEFT_E_TIMEOUT);
    assert_took(from, 300);
    assert_int_equal(probe_stats(0, 0).in_flight, 10); /* still under way: the flush ended, not the export */
    taker.fate = PROBE_TAKES;
    assert_int_equal(weft__pump_flush(0, 40000), WEFT_E_FAILED); /* it hung until its own time-out */
    assert_took(from, 30000);
    assert_int_equal(weft__pump_flush(0, 1000), WEFT_OK);
    assert_int_equal(weft__pump_detach(0, 1000), WEFT_OK);
    end();
}

static void flush_keeps_its_timeout_when_the_exporters_flush_hangs(void **state)
{
    (void)state;
    begin();
    taker.flush_hangs = true;
    records_make(0, 0, 10);
    int64_t from = world_now();
    assert_int_equal(weft__pump_flush(0, 200), WEFT_E_TIMEOUT);
    assert_took(from, 200);
    assert_int_equal(probe_stats(0, 0).exported, 10);
    taker.flush_hangs = false;
    assert_int_equal(weft__pump_flush(0, 200), WEFT_OK);
    assert_int_equal(weft__pump_detach(0, 1000), WEFT_OK);
    end();
}

static void flush_tells_failures(void **state)
{
    (void)state;
    begin();
    taker.fate = PROBE_FAILS;
    records_make(0, 0, 1);
    assert_int_equal(weft__pump_flush(0, 200), WEFT_E_FAILED);
    taker.fate = PROBE_TAKES;
    taker.flush_status = WEFT_E_RETRY;
    assert_int_equal(weft__pump_flush(0, 200), WEFT_E_FAILED);
    taker.flush_status = WEFT_OK;
    assert_int_equal(weft__pump_flush(0, 200), WEFT_OK);
    assert_int_equal(weft__pump_detach(0, 1000), WEFT_OK);
    end();
}

static void TR_007_stop_includes_a_flush(void **state)
{
    (void)state;
    begin();
    taker.latency = 10;
    records_make(0, 0, 700);
    int64_t from = world_now();
    assert_int_equal(weft__pump_detach(0, 1000), WEFT_OK);
    assert_took(from, 20);
    assert_int_equal(taker.records, 700);
    assert_int_equal(taker.stops, 1);
    assert_int_equal(taker.frees, 1);
    assert_int_equal(probe_stats(0, 0).exported, 700);
    assert_int_equal(weft__pump_detach(0, 1000), WEFT_E_STOPPED);
    assert_int_equal(weft__pump_flush(0, 1000), WEFT_E_STOPPED);
    end();
}

static void stop_keeps_its_timeout_and_counts_what_is_left(void **state)
{
    (void)state;
    begin();
    taker.fate = PROBE_HANGS;
    records_make(0, 0, 1000);
    int64_t from = world_now();
    assert_int_equal(weft__pump_detach(0, 1234), WEFT_E_TIMEOUT);
    assert_took(from, 1234);
    weft_destination_stats stats = probe_stats(0, 0);
    assert_int_equal(stats.dropped_stop, 1000);
    assert_int_equal(taker.cancels, 1);
    assert_int_equal(taker.stops, 1);
    assert_int_equal(taker.frees, 1);
    end();
}

static void an_exporter_that_does_not_stop_is_abandoned(void **state)
{
    (void)state;
    begin();
    taker.stop_hangs = true;
    records_make(0, 0, 10);
    int64_t from = world_now();
    assert_int_equal(weft__pump_detach(0, 100), WEFT_E_TIMEOUT);
    assert_took(from, 100);
    assert_int_equal(taker.frees, 0);
    assert_int_equal(probe_stats(0, 0).exported, 10);
    end();
}

static void a_flush_under_way_does_not_delay_a_stop(void **state)
{
    (void)state;
    begin();
    taker.fate = PROBE_HANGS;
    records_make(0, 0, 3);
    assert_int_equal(weft__pump_flush(0, 10), WEFT_E_TIMEOUT);
    records_make(0, 0, 3);
    int64_t from = world_now();
    assert_int_equal(weft__pump_detach(0, 100), WEFT_E_TIMEOUT);
    assert_took(from, 100);
    assert_int_equal(probe_stats(0, 0).dropped_stop, 6);
    end();
}

static void attach_two(void)
{
    weft__destination_options destinations[] = { { .exporter = probe_init(&taker) },
                                                 { .exporter = probe_init(&other), .batch = { .delay_ms = 1000 } } };
    weft__pump_options options = { .slot = 0,
                                   .tag = records_tag(0),
                                   .resource = &probe_resource,
                                   .destinations = destinations,
                                   .count = 2,
                                   .driver = WEFT__DRIVER_HOST };
    assert_int_equal(weft__pump_attach(&options), WEFT_OK);
}

static void a_hung_destination_holds_up_no_other(void **state)
{
    (void)state;
    world_start(1);
    records_start(0);
    attach_two();
    taker.fate = PROBE_HANGS;
    for (int i = 0; i < 100; i++) {
        records_make(0, 0, 100);
        world_run(100);
    }
    assert_int_equal(probe_stats(0, 1).exported + probe_stats(0, 1).in_flight, weft__pump_drained(0));
    assert_true(probe_stats(0, 1).exported >= 9000);
    assert_int_equal(probe_stats(0, 0).exported, 0);
    int64_t from = world_now();
    assert_int_equal(weft__pump_detach(0, 500), WEFT_E_TIMEOUT);
    assert_took(from, 500);
    assert_int_equal(probe_stats(0, 1).exported, 10000);
    assert_int_equal(probe_stats(0, 0).dropped_queue, 10000 - 512 - 2048);
    assert_int_equal(other.flushes, 1); /* although the first never got that far */
    assert_int_equal(other.frees + taker.frees, 2);
    end();
}

static void destinations_with_the_same_encoder_share_the_bytes(void **state)
{
    (void)state;
    world_start(1);
    records_start(0);
    attach_two();
    probe_encoded = 0;
    records_make(0, 0, 100);
    assert_int_equal(weft__pump_detach(0, 500), WEFT_OK);
    assert_int_equal(probe_encoded, 100);
    assert_int_equal(taker.batches[0].bytes, 100 * PROBE_RECORD_BYTES);
    assert_int_equal(other.batches[0].bytes, 100 * PROBE_RECORD_BYTES);
    end();
}

static void several_sdks_share_one_pump(void **state)
{
    (void)state;
    begin();
    records_start(1);
    probe_attach(1, probe_init(&other), &defaults);
    taker.fate = PROBE_HANGS;
    records_make(0, 0, 5);
    records_make(1, 0, 7);
    int64_t from = world_now();
    assert_int_equal(weft__pump_flush(1, 1000), WEFT_OK);
    assert_took(from, 0);
    assert_int_equal(probe_stats(1, 0).exported, 7);
    assert_int_equal(weft__pump_detach(0, 100), WEFT_E_TIMEOUT);
    records_make(1, 0, 3);
    assert_int_equal(weft__pump_detach(1, 100), WEFT_OK);
    assert_int_equal(probe_stats(1, 0).exported, 10);
    records_stop(1);
    end();
}

static void the_budget_bounds_the_bytes_that_wait(void **state)
{
    (void)state;
    world_start(1);
    records_start(0);
    enum { BUDGET = 64 * 1024 };
    weft__destination_options destination = { .exporter = probe_init(&taker), .batch = { .max_queue = 100000 } };
    weft__pump_options options = { .slot = 0,
                                   .tag = records_tag(0),
                                   .resource = &probe_resource,
                                   .count = 1,
                                   .destinations = &destination,
                                   .batch_budget = BUDGET,
                                   .driver = WEFT__DRIVER_HOST };
    assert_int_equal(weft__pump_attach(&options), WEFT_OK);
    taker.fate = PROBE_HANGS;
    records_make(0, 0, 2000);
    world_run(0);
    weft_destination_stats stats = probe_stats(0, 0);
    assert_int_equal(stats.dropped_memory + stats.in_flight, 2000);
    assert_true(stats.in_flight * PROBE_RECORD_BYTES <= BUDGET);
    assert_true(stats.in_flight * PROBE_RECORD_BYTES >= BUDGET * 9 / 10);
    assert_int_equal(weft__pump_detach(0, 100), WEFT_E_TIMEOUT);
    end();
}

static void what_has_been_sent_gives_its_bytes_back(void **state)
{
    (void)state;
    world_start(1);
    records_start(0);
    weft__destination_options destination = { .exporter = probe_init(&taker), .batch = { .max_batch = 100 } };
    weft__pump_options options = { .slot = 0,
                                   .tag = records_tag(0),
                                   .resource = &probe_resource,
                                   .count = 1,
                                   .destinations = &destination,
                                   .batch_budget = 32 * 1024,
                                   .driver = WEFT__DRIVER_HOST };
    assert_int_equal(weft__pump_attach(&options), WEFT_OK);
    for (int i = 0; i < 100; i++) {
        taker.fate = i % 2 == 0 ? PROBE_TAKES : PROBE_FAILS;
        records_make(0, 0, 100);
        world_run(1);
    }
    assert_int_equal(probe_stats(0, 0).dropped_memory, 0);
    assert_int_equal(taker.records, 10000);
    assert_int_equal(weft__pump_detach(0, 100), WEFT_OK);
    end();
}

static void late_records_of_an_earlier_sdk_are_not_the_next_ones(void **state)
{
    (void)state;
    begin();
    uint8_t earlier = records_tag(0);
    assert_int_equal(weft__pump_detach(0, 100), WEFT_OK);
    records_make(0, 0, 5); /* nobody drains them now */
    records_stop(0);
    records_start(0);
    assert_int_not_equal(records_tag(0), earlier);
    probe_attach(0, probe_init(&taker), &defaults);
    assert_int_equal(weft__pump_flush(0, 100), WEFT_OK);
    assert_int_equal(taker.records, 0);
    assert_int_equal(weft__pump_drained(0), 0);
    assert_int_equal(weft__pump_detach(0, 100), WEFT_OK);
    end();
}

static void a_forked_child_is_left_alone(void **state)
{
    (void)state;
    begin();
    records_make(0, 0, 3);
    pid_t child = fork();
    if (child == 0) {
        weft_destination_stats stats = { .size = sizeof stats };
        bool good = weft__pump_flush(0, 1000) == WEFT_E_STOPPED && weft__pump_detach(0, 1000) == WEFT_E_STOPPED;
        good = good && !weft__pump_stats(0, 0, &stats) && weft__pump_deadline() == INT64_MAX;
        good = good && taker.sends == 0 && taker.stops == 0;
        _exit(good ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(weft__pump_detach(0, 100), WEFT_OK);
    assert_int_equal(taker.records, 3);
    end();
}

static void many_starts_and_stops(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        begin();
        records_make(0, 0, 10);
        assert_int_equal(weft__pump_detach(0, 100), WEFT_OK);
        assert_int_equal(taker.records, 10);
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(TR_008_TR_059_flush_exports_all_that_had_ended, world_teardown),
        cmocka_unit_test_teardown(flush_of_nothing_is_immediate, world_teardown),
        cmocka_unit_test_teardown(TR_059_flush_keeps_its_timeout, world_teardown),
        cmocka_unit_test_teardown(flush_keeps_its_timeout_when_the_exporters_flush_hangs, world_teardown),
        cmocka_unit_test_teardown(flush_tells_failures, world_teardown),
        cmocka_unit_test_teardown(TR_007_stop_includes_a_flush, world_teardown),
        cmocka_unit_test_teardown(stop_keeps_its_timeout_and_counts_what_is_left, world_teardown),
        cmocka_unit_test_teardown(an_exporter_that_does_not_stop_is_abandoned, world_teardown),
        cmocka_unit_test_teardown(a_flush_under_way_does_not_delay_a_stop, world_teardown),
        cmocka_unit_test_teardown(a_hung_destination_holds_up_no_other, world_teardown),
        cmocka_unit_test_teardown(destinations_with_the_same_encoder_share_the_bytes, world_teardown),
        cmocka_unit_test_teardown(several_sdks_share_one_pump, world_teardown),
        cmocka_unit_test_teardown(the_budget_bounds_the_bytes_that_wait, world_teardown),
        cmocka_unit_test_teardown(what_has_been_sent_gives_its_bytes_back, world_teardown),
        cmocka_unit_test_teardown(late_records_of_an_earlier_sdk_are_not_the_next_ones, world_teardown),
        cmocka_unit_test_teardown(a_forked_child_is_left_alone, world_teardown),
        cmocka_unit_test_teardown(many_starts_and_stops, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
