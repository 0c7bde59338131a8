/* test_signals.c - a timer whose signal handler traces, every 200 us, while the program traces, flushes, starts
 * threads, and starts and stops its SDK. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <cmocka.h>

#include <weft/weft.h>

#include "tests/support/storm.h"

WEFT_INSTRUMENTATION("storm.signals", "1");

static _Atomic int64_t ids;
static _Atomic uint64_t signals, traced, refused;
static _Atomic(const char *) wrong;
static _Atomic int over;

static void expect(bool right, const char *what)
{
    if (!right)
        atomic_store(&wrong, what);
}

/* Alone on its thread while it runs: what it has started it may rely on. */
static void on_signal(int number)
{
    (void)number;
    atomic_fetch_add(&signals, 1);
    int64_t id = atomic_fetch_add(&ids, 1) + 1;
    char text[WEFT_TRACE_ID_SIZE];
    const weft_span span = weft_span_enter("signal", .kind = WEFT_KIND_CONSUMER);
    weft_token token = weft_context_attach(&span.context);
    weft_span_set(&span, weft_attr("id", id));
    weft_span_event(&span, "event", weft_attr("id", id));
    (void)weft_trace_id(NULL, text);
    if (token.serial_ != 0)
        expect(weft_context_detach(token) == WEFT_OK, "a token");
    bool recorded = weft_span_recording(&span);
    weft_span_leave(&span);
    expect(!weft_span_recording(&span), "the end");
    if (recorded)
        atomic_fetch_add(&traced, 1);
    else if (!weft_span_context_valid(&span.context.span)) /* one that found no block has ids */
        atomic_fetch_add(&refused, 1);
}

/* What the interrupted thread does. Its spans have all that it set: refused is only what the handler does. */
static void work(size_t index)
{
    for (size_t i = 0; atomic_load(&over) == 0; i++) {
        int64_t id = atomic_fetch_add(&ids, 1) + 1;
        const weft_span span = weft_span_enter("work");
        const weft_context current = weft_context_current();
        expect(memcmp(&current.span, &span.context.span, sizeof current.span) == 0, "the current span");
        weft_span_set(&span, weft_attr("id", id), weft_attr("other", "text"));
        weft_context kept = weft_context_capture(NULL);
        weft_token token = weft_baggage_attach("key", "value");
        weft_span_event(&span, "event", weft_attr("id", id));
        expect(weft_context_detach(token) == WEFT_OK, "a token of the program");
        weft_context_release(&kept);
        weft_span_leave(&span);
        if (index == 0 && i % 500 == 0)
            (void)weft_sdk_flush((weft_sdk){ 0 }, STORM_WAIT_MS);
    }
}

/* All or nothing of it was refused: a span that a handler has entered is whole, like any other. */
static void visit(const weft_span_view *span)
{
    weft_cursor at = { 0, 0 }, inner = { 0, 0 };
    weft_event_view event = { .size = sizeof event };
    weft_attribute attribute;
    int64_t id = storm_integer(span, "id");
    bool signal = span->name.size == 6;
    expect(id > 0, "an id");
    expect(span->attribute_count == (signal ? 1u : 2u), "the number of attributes");
    expect(span->kind == (signal ? WEFT_KIND_CONSUMER : WEFT_KIND_INTERNAL), "a kind");
    expect(span->event_count == 1 && weft_span_event_at(span, &at, &event), "the number of events");
    expect(weft_event_attribute(&event, &inner, &attribute) && attribute.value.as.integer == id, "an event");
}

static void signals_begin(void)
{
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    const struct itimerval every = { { 0, 200 }, { 0, 200 } };
    sigemptyset(&action.sa_mask);
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
}

static void signals_end(void)
{
    const struct itimerval never = { { 0, 0 }, { 0, 0 } };
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    /* Not what it was before, which would end the process: one may still be on its way, under valgrind. */
    assert_true(signal(SIGALRM, SIG_IGN) != SIG_ERR);
}

static void *short_life(void *arg)
{
    const weft_span span = weft_span_enter("work");
    weft_span_set(&span, weft_attr("id", 1), weft_attr("other", "text"));
    weft_span_event(&span, "event", weft_attr("id", 1));
    weft_span_leave(&span);
    return arg;
}

/* Until there have been enough signals, some of which met the library and were refused. */
static void *start_threads(void *arg)
{
    uint64_t enough = storm_size(5000, 1000);
    while (atomic_load(&signals) < enough || atomic_load(&refused) == 0 || atomic_load(&traced) == 0) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, short_life, NULL) == 0)
            pthread_join(thread, NULL);
    }
    atomic_store(&over, 1);
    return arg;
}

static void set_up(void)
{
    atomic_store(&signals, 0);
    atomic_store(&traced, 0);
    atomic_store(&refused, 0);
    atomic_store(&wrong, NULL);
    atomic_store(&over, 0);
    /* A scope's first use takes memory, which a handler may not. */
    const weft_span first = weft_span_enter("first");
    weft_span_leave(&first);
}

static void handlers_trace_while_the_program_does(void **state)
{
    (void)state;
    const storm_options options = { .visit = visit, .max_queue = 1 << 20, .batch_budget = 256 << 20 };
    set_up();
    weft_sdk sdk = storm_start(&options);
    weft_stats stats = { .size = sizeof stats };
    weft_sdk_stats(sdk, &stats);
    uint64_t refused_before = stats.dropped_signal;
    pthread_t starter;
    signals_begin();
    assert_int_equal(pthread_create(&starter, NULL, start_threads, NULL), 0);
    storm_threads(2, work);
    pthread_join(starter, NULL);
    signals_end();
    storm_sums sums = storm_finish(sdk);
    if (atomic_load(&wrong) != NULL)
        fail_msg("%s is wrong", atomic_load(&wrong));
    assert_int_equal(sums.sdk.spans.open, 0);
    assert_int_equal(sums.out.exported, storm_exported());
    assert_true(sums.sdk.dropped_signal - refused_before >= atomic_load(&refused));
}

static void handlers_trace_while_the_sdk_starts_and_stops(void **state)
{
    (void)state;
    const storm_options options = { .max_queue = 1 << 20 };
    uint64_t enough = storm_size(1000, 300);
    set_up();
    signals_begin();
    while (atomic_load(&signals) < enough || atomic_load(&traced) == 0) {
        weft_sdk sdk = storm_start(&options);
        const weft_span across = weft_span_enter("across");
        for (int i = 0; i < 100; i++) {
            const weft_span span = weft_span_enter("work");
            weft_span_leave(&span);
        }
        assert_int_equal(weft_sdk_stop(sdk, STORM_WAIT_MS), WEFT_OK);
        weft_span_leave(&across);
    }
    signals_end();
    if (atomic_load(&wrong) != NULL)
        fail_msg("%s is wrong", atomic_load(&wrong));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handlers_trace_while_the_program_does),
        cmocka_unit_test(handlers_trace_while_the_sdk_starts_and_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
