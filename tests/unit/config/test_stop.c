/* test_stop.c - flush and stop keep their time-outs, whatever hangs; and the counters add up. */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/sink.h"

WEFT_INSTRUMENTATION("test.stop", "1");

enum { SOON = 20000, BRIEF = 100 };

static weft_sdk start_with(weft_processor *processor, weft_exporter *exporter)
{
    weft_processor *const processors[] = { processor, NULL };
    weft_exporter *const exporters[] = { exporter, NULL };
    return weft_sdk_start(
        WEFT_OPTIONS(weft_sdk_options, .processors = processor != NULL ? processors : NULL, .exporters = exporters));
}

static void trace(void)
{
    weft_span span = weft_span_start("span");
    weft_span_end(&span);
}

/* Hangs until the test lets it go. */
typedef struct hanging {
    sem_t go, gone;
    _Atomic int frees;
} hanging;

static void hanging_init(hanging *self)
{
    sem_init(&self->go, 0, 0);
    sem_init(&self->gone, 0, 0);
    atomic_store(&self->frees, 0);
}

static void let_go(hanging *self)
{
    sem_post(&self->go);
    sem_wait(&self->gone);
    sem_destroy(&self->go);
    sem_destroy(&self->gone);
}

static weft_status hang(void *self, uint32_t timeout_ms)
{
    hanging *here = self;
    (void)timeout_ms;
    sem_wait(&here->go);
    sem_post(&here->gone);
    return WEFT_OK;
}

static void count_free(void *self)
{
    atomic_fetch_add(&((hanging *)self)->frees, 1);
}

static void a_processor_that_hangs_in_its_stop(void **state)
{
    (void)state;
    static const weft_processor_ops ops = { .size = sizeof ops, .stop = hang, .free = count_free };
    static hanging self; /* it outlives the SDK, as the library says it must */
    test_sink sink = { 0 };
    hanging_init(&self);
    weft_sdk sdk = start_with(weft_processor_new(&ops, &self), test_sink_exporter(&sink));
    trace();
    assert_int_equal(weft_sdk_flush(sdk, SOON), WEFT_OK);
    assert_int_equal(weft_sdk_stop(sdk, BRIEF), WEFT_E_TIMEOUT);
    assert_int_equal(told.count, 1);
    assert_int_equal(sink.spans, 1);
    assert_int_equal(self.frees, 0);
    assert_int_equal(weft_sdk_stop(sdk, BRIEF), WEFT_E_STOPPED);
    /* The program can start another one all the same. */
    test_sink next = { 0 };
    sdk = start_with(NULL, test_sink_exporter(&next));
    trace();
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    assert_int_equal(next.spans, 1);
    let_go(&self);
}

static void a_processor_that_hangs_in_its_flush(void **state)
{
    (void)state;
    static const weft_processor_ops ops = { .size = sizeof ops, .flush = hang, .free = count_free };
    static hanging self;
    test_sink sink = { 0 };
    hanging_init(&self);
    weft_sdk sdk = start_with(weft_processor_new(&ops, &self), test_sink_exporter(&sink));
    trace();
    assert_int_equal(weft_sdk_flush(sdk, BRIEF), WEFT_E_TIMEOUT);
    let_go(&self);
    sem_init(&self.go, 0, 1);
    sem_init(&self.gone, 0, 0);
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    assert_int_equal(sink.spans, 1);
    assert_int_equal(self.frees, 1);
    sem_destroy(&self.go);
    sem_destroy(&self.gone);
}

/* A span that stays inside its processor, on another thread. */
static hanging inside;
static sem_t entered;

static void stay(void *self, const weft_span_view *span)
{
    (void)span;
    sem_post(&entered);
    hang(self, 0);
}

static void *trace_one(void *arg)
{
    (void)arg;
    trace();
    return NULL;
}

static void a_processor_that_hangs_on_a_tracing_thread(void **state)
{
    (void)state;
    static const weft_processor_ops ops = { .size = sizeof ops, .on_end = stay, .free = count_free };
    test_sink sink = { 0 };
    pthread_t thread;
    hanging_init(&inside);
    sem_init(&entered, 0, 0);
    weft_sdk sdk = start_with(weft_processor_new(&ops, &inside), test_sink_exporter(&sink));
    assert_int_equal(pthread_create(&thread, NULL, trace_one, NULL), 0);
    sem_wait(&entered);
    assert_int_equal(weft_sdk_stop(sdk, BRIEF), WEFT_E_TIMEOUT);
    assert_int_equal(inside.frees, 0);
    let_go(&inside);
    pthread_join(thread, NULL);
    sem_destroy(&entered);
}

static weft_status hang_export(void *self, weft_batch *batch, uint32_t timeout_ms)
{
    (void)batch;
    return hang(self, timeout_ms);
}

static void an_exporter_that_hangs(void **state)
{
    (void)state;
    static const weft_exporter_ops ops = { .size = sizeof ops, .name = "hanging", .export_spans = hang_export };
    static hanging self;
    hanging_init(&self);
    weft_sdk sdk = start_with(NULL, weft_exporter_new(&ops, &self));
    trace();
    assert_int_equal(weft_sdk_flush(sdk, BRIEF), WEFT_E_TIMEOUT);
    assert_int_equal(weft_sdk_stop(sdk, BRIEF), WEFT_E_TIMEOUT);
    assert_int_equal(weft_sdk_stop(sdk, BRIEF), WEFT_E_STOPPED);
    let_go(&self);
}

static weft_status refuse(void *self, uint32_t timeout_ms)
{
    (void)self;
    (void)timeout_ms;
    return WEFT_E_FAILED;
}

static void failures_are_reported(void **state)
{
    (void)state;
    static const weft_processor_ops ops = { .size = sizeof ops, .flush = refuse };
    test_sink sink = { 0 };
    weft_sdk sdk = start_with(weft_processor_new(&ops, NULL), test_sink_exporter(&sink));
    assert_int_equal(weft_sdk_flush(sdk, SOON), WEFT_E_FAILED);
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_E_FAILED);
    assert_int_equal(sink.frees, 1);
    test_sink failing = { .answer = WEFT_E_FAILED };
    sdk = start_with(NULL, test_sink_exporter(&failing));
    assert_int_equal(weft_sdk_flush(sdk, SOON), WEFT_E_FAILED);
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_E_FAILED);
    assert_int_equal(failing.frees, 1);
}

static void no_time_at_all(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        test_sink *sink = calloc(1, sizeof *sink); /* an abandoned exporter may still use it */
        weft_sdk sdk = start_with(NULL, test_sink_exporter(sink));
        trace();
        weft_status status = weft_sdk_stop(sdk, 0);
        assert_true(status == WEFT_OK || status == WEFT_E_TIMEOUT || status == WEFT_E_FAILED);
        assert_int_equal(weft_sdk_stop(sdk, 0), WEFT_E_STOPPED);
        if (sink->frees != 0)
            free(sink);
    }
}

static uint64_t sum(const weft_destination_stats *stats)
{
    return stats->exported + stats->in_flight + stats->dropped_queue + stats->dropped_memory + stats->dropped_rejected +
           stats->dropped_failed + stats->dropped_stop;
}

static _Atomic bool enough;

static void *trace_on_and_on(void *arg)
{
    (void)arg;
    while (!atomic_load(&enough)) {
        WEFT_SPAN(outer, "outer");
        weft_span inner = weft_span_start("inner");
        weft_span_end(&inner);
    }
    return NULL;
}

static void counters_never_exceed_what_was_created(void **state)
{
    (void)state;
    test_sink sink = { 0 };
    weft_sdk sdk = start_with(NULL, test_sink_exporter(&sink));
    weft_span open = weft_span_start("open");
    pthread_t threads[3];
    atomic_store(&enough, false);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, trace_on_and_on, NULL), 0);
    weft_destination_stats destination = { .size = sizeof destination };
    weft_stats stats = { .size = sizeof stats };
    for (int i = 0; i < 2000; i++) {
        assert_true(weft_sdk_destination(sdk, 0, &destination));
        weft_sdk_stats(sdk, &stats);
        assert_true(stats.spans.open + stats.spans.dropped_pool + sum(&destination) <= stats.spans.created);
        assert_true(stats.spans.open >= 1);
    }
    atomic_store(&enough, true);
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(weft_sdk_flush(sdk, SOON), WEFT_OK);
    assert_true(weft_sdk_destination(sdk, 0, &destination));
    weft_sdk_stats(sdk, &stats);
    assert_int_equal(destination.in_flight, 0);
    assert_int_equal(stats.spans.open, 1);
    assert_int_equal(stats.spans.open + stats.spans.dropped_pool + sum(&destination), stats.spans.created);
    assert_int_equal(destination.exported, (uint64_t)sink.spans);
    assert_string_equal(destination.name, "sink");
    assert_int_equal(stats.destinations, 1);
    assert_false(weft_sdk_destination(sdk, 1, &destination));
    assert_true(stats.pool_bytes >= 8u * 1024 * 1024 - 512 && stats.pool_used > 0);
    weft_span_end(&open);
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
}

static void counters_begin_anew_with_each_start(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        test_sink sink = { 0 };
        weft_sdk sdk = start_with(NULL, test_sink_exporter(&sink));
        weft_destination_stats destination = { .size = sizeof destination };
        weft_stats stats = { .size = sizeof stats };
        trace();
        trace();
        /* What the worker has just taken is counted a bit later: the sums are equal when nothing moves. */
        assert_int_equal(weft_sdk_flush(sdk, SOON), WEFT_OK);
        assert_true(weft_sdk_destination(sdk, 0, &destination));
        weft_sdk_stats(sdk, &stats);
        assert_int_equal(stats.spans.created, 2);
        assert_int_equal(stats.spans.open, 0);
        assert_int_equal(sum(&destination), 2);
        assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_processor_that_hangs_in_its_stop, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(a_processor_that_hangs_in_its_flush, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(a_processor_that_hangs_on_a_tracing_thread, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(an_exporter_that_hangs, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(failures_are_reported, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(no_time_at_all, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(counters_never_exceed_what_was_created, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(counters_begin_anew_with_each_start, test_setup, test_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
