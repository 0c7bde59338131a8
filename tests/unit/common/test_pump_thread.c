/* The pump on its own thread and the real clock: many threads, many stops, and exporters that do not come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/probe.h"
#include "tests/support/records.h"

enum { THREADS = 4, LONG_MS = 60000, PROMPT_MS = 20000 };

static weft__resource resource;

static size_t rounds(size_t full)
{
    return getenv("WEFT_TEST_SLOW") != NULL ? full / 10 : full;
}

static void attach(uint32_t slot, weft_exporter *exporter, const weft_batch_options *batch)
{
    weft__destination_options destination = { .exporter = exporter, .simple = batch == NULL };
    if (batch != NULL)
        destination.batch = *batch;
    weft__pump_options options = { .slot = slot,
                                   .tag = records_tag(slot),
                                   .resource = &resource,
                                   .destinations = &destination,
                                   .count = 1,
                                   .driver = WEFT__DRIVER_THREAD };
    assert_int_equal(weft__pump_attach(&options), WEFT_OK);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* An exporter that counts. */
static _Atomic size_t exported, worker_signals_open;
static char worker_name[16];

static void note_thread(void)
{
    sigset_t blocked;
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    if (!sigismember(&blocked, SIGTERM) || !sigismember(&blocked, SIGPROF))
        atomic_fetch_add(&worker_signals_open, 1);
    pthread_getname_np(pthread_self(), worker_name, sizeof worker_name);
}

static weft_status count_batch(void *self, weft_batch *batch, uint32_t timeout_ms)
{
    (void)self, (void)timeout_ms;
    note_thread();
    weft_cursor at = { 0 };
    weft_span_view span = { .size = sizeof span };
    size_t count = 0;
    while (weft_batch_span(batch, &at, &span))
        count++;
    assert_int_equal(count, weft_batch_count(batch));
    atomic_fetch_add(&exported, count);
    return WEFT_OK;
}

static const weft_exporter_ops counting = { .size = sizeof counting, .name = "counting", .export_spans = count_batch };

static void *make_many(void *arg)
{
    size_t count = *(const size_t *)arg;
    for (size_t i = 0; i < count; i++)
        records_make(0, (uint32_t)(i % 3), 100);
    return NULL;
}

static void every_record_of_every_thread_is_accounted_for(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    size_t count = rounds(200);
    atomic_store(&exported, 0);
    records_start(0);
    attach(0, weft_exporter_new(&counting, NULL), &(weft_batch_options){ .max_queue = 1000000, .delay_ms = 10 });
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_many, &count), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(weft__pump_flush(0, LONG_MS), WEFT_OK);
    weft_destination_stats stats = probe_stats(0, 0);
    assert_int_equal(stats.exported, records_ended(0));
    assert_int_equal(stats.exported, atomic_load(&exported));
    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(weft__pump_detach(0, LONG_MS), WEFT_OK);
    assert_string_equal(worker_name, "weft-worker");
    assert_int_equal(atomic_load(&worker_signals_open), 0);
    records_stop(0);
}

static void a_flood_needs_few_wakes(void **state)
{
    (void)state;
    records_start(0);
    attach(0, weft_exporter_new(&counting, NULL), &(weft_batch_options){ .max_queue = 1000000 });
    records_make(0, 0, 1000);
    uint64_t before = weft__pump_wakes(), ended = records_ended(0);
    size_t count = rounds(500);
    make_many(&count);
    assert_true(weft__pump_wakes() - before <= 4 * (records_ended(0) - ended) / 1000);
    assert_int_equal(weft__pump_detach(0, LONG_MS), WEFT_OK);
    records_stop(0);
}

static void a_single_record_goes_without_a_flush(void **state)
{
    (void)state;
    atomic_store(&exported, 0);
    records_start(0);
    attach(0, weft_exporter_new(&counting, NULL), NULL);
    for (size_t i = 1; i <= 20; i++) {
        records_make(0, 0, 1);
        for (int64_t from = now_ms(); atomic_load(&exported) < i && now_ms() - from < PROMPT_MS;)
            nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
        assert_int_equal(atomic_load(&exported), i);
    }
    assert_int_equal(weft__pump_detach(0, LONG_MS), WEFT_OK);
    records_stop(0);
}

static void starts_and_stops(void **state)
{
    (void)state;
    size_t count = rounds(1000);
    for (size_t i = 0; i < count; i++) {
        atomic_store(&exported, 0);
        records_start(0);
        attach(0, weft_exporter_new(&counting, NULL), &(weft_batch_options){ 0 });
        records_make(0, 0, 3);
        assert_int_equal(weft__pump_detach(0, LONG_MS), WEFT_OK);
        assert_int_equal(atomic_load(&exported), 3);
        records_stop(0);
    }
}

static void *stop_it(void *arg)
{
    weft_status status = weft__pump_detach(0, LONG_MS);
    atomic_fetch_add((_Atomic size_t *)arg, status == WEFT_OK ? 1 : 0);
    return status == WEFT_OK || status == WEFT_E_STOPPED ? NULL : arg;
}

static void *flush_it(void *arg)
{
    weft_status status = weft__pump_flush(0, LONG_MS);
    return status == WEFT_OK || status == WEFT_E_STOPPED ? NULL : arg;
}

static void stops_and_flushes_from_several_threads(void **state)
{
    (void)state;
    size_t count = rounds(200);
    for (size_t i = 0; i < count; i++) {
        _Atomic size_t good = 0;
        pthread_t threads[THREADS];
        records_start(0);
        attach(0, weft_exporter_new(&counting, NULL), &(weft_batch_options){ 0 });
        records_make(0, 0, 30);
        for (size_t j = 0; j < THREADS; j++)
            assert_int_equal(pthread_create(&threads[j], NULL, j % 2 == 0 ? stop_it : flush_it, (void *)&good), 0);
        for (size_t j = 0; j < THREADS; j++) {
            void *bad;
            pthread_join(threads[j], &bad);
            assert_null(bad);
        }
        assert_int_equal(atomic_load(&good), 1);
        records_stop(0);
    }
}

static void *stop_other(void *arg)
{
    (void)arg;
    return weft__pump_detach(1, LONG_MS) == WEFT_OK ? NULL : &resource;
}

static void two_sdks_stop_at_once(void **state)
{
    (void)state;
    size_t count = rounds(500);
    for (size_t i = 0; i < count; i++) {
        pthread_t thread;
        void *bad;
        records_start(0);
        records_start(1);
        attach(0, weft_exporter_new(&counting, NULL), &(weft_batch_options){ 0 });
        attach(1, weft_exporter_new(&counting, NULL), &(weft_batch_options){ 0 });
        assert_int_equal(pthread_create(&thread, NULL, stop_other, NULL), 0);
        assert_int_equal(weft__pump_detach(0, LONG_MS), WEFT_OK);
        pthread_join(thread, &bad);
        assert_null(bad);
        records_stop(0);
        records_stop(1);
    }
}

/* An exporter that does not come back until it is let go. */
static sem_t inside, let_go, gone;

static weft_status block(void *self, weft_batch *batch, uint32_t timeout_ms)
{
    (void)self, (void)batch, (void)timeout_ms;
    sem_post(&inside);
    while (sem_wait(&let_go) != 0) {
        /* interrupted */
    }
    sem_post(&gone);
    return WEFT_OK;
}

static _Atomic size_t freed, stopped;

static void count_free(void *self)
{
    (void)self;
    atomic_fetch_add(&freed, 1);
}

static weft_status count_stop(void *self, uint32_t timeout_ms)
{
    (void)self, (void)timeout_ms;
    atomic_fetch_add(&stopped, 1);
    return WEFT_OK;
}

static const weft_exporter_ops blocking = {
    .size = sizeof blocking, .name = "blocking", .export_spans = block, .stop = count_stop, .free = count_free
};

static void stop_keeps_its_timeout_when_the_worker_hangs(void **state)
{
    (void)state;
    sem_init(&inside, 0, 0);
    sem_init(&let_go, 0, 0);
    sem_init(&gone, 0, 0);
    atomic_store(&freed, 0);
    atomic_store(&stopped, 0);
    records_start(0);
    attach(0, weft_exporter_new(&blocking, NULL), NULL);
    records_make(0, 0, 3);
    sem_wait(&inside);
    int64_t from = now_ms();
    assert_int_equal(weft__pump_flush(0, 50), WEFT_E_TIMEOUT);
    assert_int_equal(weft__pump_detach(0, 100), WEFT_E_TIMEOUT);
    assert_true(now_ms() - from >= 150);
    assert_true(now_ms() - from < PROMPT_MS);
    weft_destination_stats stats = probe_stats(0, 0);
    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(probe_sum(&stats), weft__pump_drained(0));
    records_stop(0);

    /* A new SDK has a worker of its own, also while the old one comes back. */
    atomic_store(&exported, 0);
    records_start(0);
    attach(0, weft_exporter_new(&counting, NULL), &(weft_batch_options){ 0 });
    sem_post(&let_go);
    records_make(0, 0, 500);
    assert_int_equal(weft__pump_flush(0, LONG_MS), WEFT_OK);
    assert_int_equal(atomic_load(&exported), 500);
    assert_int_equal(weft__pump_detach(0, LONG_MS), WEFT_OK);
    records_stop(0);
    sem_wait(&gone); /* the next test's exporter must not be let go in its place */
    /* Nothing was called on what was left behind. */
    assert_int_equal(atomic_load(&stopped) + atomic_load(&freed), 0);
}

static void a_blocking_exporter_with_a_thread_stalls_nobody(void **state)
{
    (void)state;
    weft_exporter_ops own = blocking;
    own.own_thread = true;
    atomic_store(&exported, 0);
    atomic_store(&freed, 0);
    records_start(0);
    records_start(1);
    attach(0, weft_exporter_new(&own, NULL), &(weft_batch_options){ .max_batch = 1 });
    attach(1, weft_exporter_new(&counting, NULL), &(weft_batch_options){ 0 });
    records_make(0, 0, 1);
    sem_wait(&inside);
    records_make(1, 0, 700);
    assert_int_equal(weft__pump_flush(1, LONG_MS), WEFT_OK);
    assert_int_equal(atomic_load(&exported), 700);
    assert_int_equal(weft__pump_flush(0, 20), WEFT_E_TIMEOUT);
    sem_post(&let_go);
    assert_int_equal(weft__pump_flush(0, LONG_MS), WEFT_OK);
    assert_int_equal(probe_stats(0, 0).exported, 1);
    assert_int_equal(weft__pump_detach(0, LONG_MS), WEFT_OK);
    assert_int_equal(atomic_load(&freed), 1);
    assert_int_equal(weft__pump_detach(1, LONG_MS), WEFT_OK);
    records_stop(0);
    records_stop(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_of_every_thread_is_accounted_for),
        cmocka_unit_test(a_flood_needs_few_wakes),
        cmocka_unit_test(a_single_record_goes_without_a_flush),
        cmocka_unit_test(starts_and_stops),
        cmocka_unit_test(stops_and_flushes_from_several_threads),
        cmocka_unit_test(two_sdks_stop_at_once),
        cmocka_unit_test(stop_keeps_its_timeout_when_the_worker_hangs),
        cmocka_unit_test(a_blocking_exporter_with_a_thread_stalls_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
