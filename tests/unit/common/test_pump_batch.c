/* The settings of batch and simple processors, to the record and to the millisecond. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>

#include "tests/support/probe.h"
#include "tests/support/records.h"
#include "tests/support/world.h"

static probe taker;

static void begin(const weft_batch_options *batch)
{
    world_start(1);
    records_start(0);
    probe_attach(0, probe_init(&taker), batch);
    world_run(0);
}

static void end(void)
{
    weft__pump_detach(0, 1000);
    records_stop(0);
    assert_int_equal(taker.frees, 1);
    assert_int_equal(taker.overlaps, 0);
    weft_destination_stats stats = probe_stats(0, 0);
    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(probe_sum(&stats), records_ended(0));
    world_stop();
}

static void assert_batch(size_t index, int64_t at, size_t count)
{
    assert_true(index < taker.sends);
    assert_int_equal(taker.batches[index].at, at);
    assert_int_equal(taker.batches[index].count, count);
}

static void delay_counts_from_the_first_record(void **state)
{
    (void)state;
    begin(&(weft_batch_options){ 0 });
    world_run(1234);
    records_make(0, 0, 1);
    world_run(4999);
    assert_int_equal(taker.sends, 0);
    world_run(1);
    assert_int_equal(taker.sends, 1);
    assert_batch(0, 6234, 1);
    world_run(60000);
    assert_int_equal(taker.sends, 1);
    end();
}

static void nothing_is_later_than_the_delay(void **state)
{
    (void)state;
    begin(&(weft_batch_options){ .delay_ms = 100 });
    records_make(0, 0, 1);
    world_run(50);
    records_make(0, 0, 1); /* the worker sleeps by its timer now: nobody wakes it */
    world_run(100);
    assert_batch(0, 100, 2);
    records_make(0, 0, 1); /* nor here; and nobody knows later that it came at 150, not at 101 */
    world_run(50);
    assert_batch(1, 200, 1);
    assert_int_equal(taker.sends, 2);
    end();
}

static void a_full_batch_goes_at_once(void **state)
{
    (void)state;
    begin(&(weft_batch_options){ 0 });
    records_make(0, 0, 511);
    world_run(100);
    assert_int_equal(taker.sends, 0);
    records_make(0, 0, 1);
    world_run(0);
    assert_batch(0, 100, 512);
    assert_int_equal(taker.sends, 1);
    end();
}

static void a_full_batch_is_noticed_while_the_worker_sleeps(void **state)
{
    (void)state;
    begin(&(weft_batch_options){ .max_batch = 64 });
    records_make(0, 0, 1);
    world_run(1);
    uint64_t before = weft__pump_wakes();
    records_make(0, 0, 62);
    world_run(1);
    assert_int_equal(taker.sends, 0);
    records_make(0, 0, 1); /* with the one that has been drained before */
    world_run(1);
    assert_int_equal(taker.sends, 1);
    assert_batch(0, 2, 64);
    assert_true(weft__pump_wakes() - before <= 2); /* one may come of what the thread had not told before */
    end();
}

static void larger_bursts_are_cut_at_max_batch(void **state)
{
    (void)state;
    begin(&(weft_batch_options){ .max_batch = 100, .max_queue = 1000 });
    records_make(0, 0, 250);
    world_run(0);
    assert_int_equal(taker.sends, 2);
    assert_batch(0, 0, 100);
    assert_batch(1, 0, 100);
    world_run(5000);
    assert_batch(2, 5000, 50);
    end();
}

static void a_full_queue_drops_the_newest(void **state)
{
    (void)state;
    begin(&(weft_batch_options){ .max_batch = 10, .max_queue = 40 });
    taker.fate = PROBE_HANGS;
    records_make(0, 0, 57); /* 10 under way, 40 waiting, 7 too many */
    world_run(0);
    weft_destination_stats stats = probe_stats(0, 0);
    assert_int_equal(stats.dropped_queue, 7);
    assert_int_equal(stats.in_flight, 50);
    taker.fate = PROBE_TAKES;
    world_run(30000); /* the hanging one is given up, the others go */
    stats = probe_stats(0, 0);
    assert_int_equal(stats.dropped_failed, 10);
    assert_int_equal(stats.exported, 40);
    assert_int_equal(stats.in_flight, 0);
    end();
}

static void defaults_are_those_of_the_specification(void **state)
{
    (void)state;
    begin(&(weft_batch_options){ 0 });
    taker.fate = PROBE_HANGS;
    records_make(0, 0, 512 + 2048 + 3);
    world_run(0);
    weft_destination_stats stats = probe_stats(0, 0);
    assert_int_equal(stats.dropped_queue, 3);
    assert_int_equal(taker.batches[0].count, 512);
    assert_int_equal(taker.batches[0].deadline, 30000);
    end();
}

static void max_batch_is_capped_to_the_queue(void **state)
{
    (void)state;
    begin(&(weft_batch_options){ .max_batch = 512, .max_queue = 8 });
    records_make(0, 0, 8);
    world_run(0);
    assert_batch(0, 0, 8);
    end();
}

static void an_export_is_cancelled_at_its_timeout(void **state)
{
    (void)state;
    begin(&(weft_batch_options){ .timeout_ms = 777, .max_batch = 1 });
    taker.fate = PROBE_HANGS;
    records_make(0, 0, 1);
    world_run(776);
    assert_int_equal(taker.cancels, 0);
    world_run(1);
    assert_int_equal(taker.cancels, 1);
    assert_int_equal(probe_stats(0, 0).dropped_failed, 1);
    end();
}

static void no_timeout_waits_for_ever(void **state)
{
    (void)state;
    begin(&(weft_batch_options){ .timeout_ms = WEFT_ZERO, .max_batch = 1 });
    taker.fate = PROBE_HANGS;
    records_make(0, 0, 1);
    world_run(3600 * 1000);
    assert_int_equal(taker.cancels, 0);
    assert_true(taker.batches[0].deadline == INT64_MAX);
    end();
    assert_int_equal(taker.cancels, 1);
    assert_int_equal(probe_stats(0, 0).dropped_stop, 1);
}

static void simple_sends_one_record_at_a_time(void **state)
{
    (void)state;
    begin(NULL);
    taker.latency = 3;
    records_make(0, 0, 5);
    world_run(0);
    assert_int_equal(taker.sends, 1);
    world_run(12);
    assert_int_equal(taker.sends, 5);
    for (size_t i = 0; i < 5; i++)
        assert_batch(i, (int64_t)i * 3, 1);
    end();
}

static void records_are_grouped_by_scope(void **state)
{
    (void)state;
    begin(&(weft_batch_options){ .max_batch = 6 });
    records_make(0, 0, 1);
    records_make(0, 1, 2);
    records_make(0, 0, 1);
    records_make(0, 2, 2);
    world_run(0);
    assert_batch(0, 0, 6);
    assert_int_equal(taker.batches[0].groups, 3);
    assert_int_equal(taker.batches[0].bytes, 6 * PROBE_RECORD_BYTES);
    end();
}

static void results_are_counted_by_reason(void **state)
{
    (void)state;
    begin(&(weft_batch_options){ .max_batch = 10 });
    static const probe_fate fates[] = { PROBE_TAKES, PROBE_FAILS, PROBE_REFUSES, PROBE_TAKES_HALF };
    for (size_t i = 0; i < 4; i++) {
        taker.fate = fates[i];
        records_make(0, 0, 10);
        world_run(1);
    }
    weft_destination_stats stats = probe_stats(0, 0);
    assert_int_equal(stats.exported, 15);
    assert_int_equal(stats.dropped_failed, 10);
    assert_int_equal(stats.dropped_rejected, 15);
    assert_int_equal(stats.batches, 4);
    assert_string_equal(stats.name, "probe");
    end();
}

static void a_flood_needs_few_wakes(void **state)
{
    (void)state;
    begin(&(weft_batch_options){ .delay_ms = 50 });
    uint64_t before = weft__pump_wakes();
    for (int i = 0; i < 1000; i++) {
        records_make(0, 0, 100);
        world_run(1);
    }
    uint64_t wakes = weft__pump_wakes() - before;
    assert_true(wakes > 0);
    assert_true(wakes <= 4 * 100);
    end();
}

static void *trace_and_wait(void *arg)
{
    sem_t *sems = arg;
    records_make(0, 0, 1);
    sem_post(&sems[0]);
    while (sem_wait(&sems[1]) != 0) {
        /* interrupted */
    }
    return NULL;
}

static void several_threads_fill_one_batch_before_a_wake(void **state)
{
    (void)state;
    begin(&(weft_batch_options){ 0 });
    sem_t sems[2];
    sem_init(&sems[0], 0, 0);
    sem_init(&sems[1], 0, 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, trace_and_wait, sems), 0);
    while (sem_wait(&sems[0]) != 0) {
        /* interrupted */
    }
    world_run(0); /* two threads: each tells after half a batch */
    uint64_t before = weft__pump_wakes();
    for (int i = 0; i < 40; i++) {
        records_make(0, 0, 128);
        world_run(0);
    }
    assert_in_range(weft__pump_wakes() - before, 8, 12); /* 10 batches */
    sem_post(&sems[1]);
    pthread_join(thread, NULL);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(delay_counts_from_the_first_record, world_teardown),
        cmocka_unit_test_teardown(nothing_is_later_than_the_delay, world_teardown),
        cmocka_unit_test_teardown(a_full_batch_goes_at_once, world_teardown),
        cmocka_unit_test_teardown(a_full_batch_is_noticed_while_the_worker_sleeps, world_teardown),
        cmocka_unit_test_teardown(larger_bursts_are_cut_at_max_batch, world_teardown),
        cmocka_unit_test_teardown(a_full_queue_drops_the_newest, world_teardown),
        cmocka_unit_test_teardown(defaults_are_those_of_the_specification, world_teardown),
        cmocka_unit_test_teardown(max_batch_is_capped_to_the_queue, world_teardown),
        cmocka_unit_test_teardown(an_export_is_cancelled_at_its_timeout, world_teardown),
        cmocka_unit_test_teardown(no_timeout_waits_for_ever, world_teardown),
        cmocka_unit_test_teardown(simple_sends_one_record_at_a_time, world_teardown),
        cmocka_unit_test_teardown(records_are_grouped_by_scope, world_teardown),
        cmocka_unit_test_teardown(results_are_counted_by_reason, world_teardown),
        cmocka_unit_test_teardown(a_flood_needs_few_wakes, world_teardown),
        cmocka_unit_test_teardown(several_threads_fill_one_batch_before_a_wake, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
