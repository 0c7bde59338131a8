/* test_start.c - the life of an SDK: before, running, shared, stopped, started again, side by side. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sdk/api/runtime.h"
#include "sdk/trace/provider.h"
#include "tests/support/sink.h"

static WEFT_SCOPE(early, "test.early", "1");

enum { SOON = 10000 };

static weft_sdk start_with(test_sink *sink, bool local)
{
    weft_exporter *const exporters[] = { test_sink_exporter(sink), NULL };
    return weft_sdk_start(
        WEFT_OPTIONS(weft_sdk_options, .service_name = "test", .exporters = exporters, .local = local));
}

static bool trace_in(weft_scope *scope)
{
    weft_span span = weft_span_start_in(scope, "span", NULL);
    bool recording = weft_span_recording(&span);
    weft_span_end(&span);
    return recording;
}

static void TR_001_TR_002_TR_007_TR_008_one_sdk(void **state)
{
    (void)state;
    test_sink sink = { .answer = WEFT_OK };
    assert_false(weft_span_enabled_in(&early));
    assert_false(trace_in(&early));
    weft_span before = weft_span_start_in(&early, "before the start", NULL);
    weft_sdk sdk = start_with(&sink, false);
    assert_false(weft_span_recording(&before));
    weft_span_end(&before);
    assert_true(weft_span_enabled_in(&early));
    assert_true(trace_in(&early));
    assert_true(trace_in(weft_scope_get("test.late", "2")));
    assert_true(trace_in(NULL));
    assert_int_equal(weft_sdk_flush(sdk, SOON), WEFT_OK);
    assert_int_equal(sink.spans, 3);
    assert_int_equal(sink.flushes, 1);
    assert_true(trace_in(&early));
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    assert_int_equal(sink.spans, 4);
    assert_int_equal(sink.stops, 1);
    assert_int_equal(sink.frees, 1);
    assert_false(weft_span_enabled_in(&early));
    assert_false(trace_in(&early));
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_E_STOPPED);
    assert_int_equal(weft_sdk_flush(sdk, SOON), WEFT_E_STOPPED);
    assert_int_equal(sink.stops, 1);
    assert_int_equal(told.count, 0);
}

static void before_any_start_all_calls_do_nothing(void **state)
{
    (void)state;
    weft_sdk none = { 0 }, wrong = { 12345 };
    weft_stats stats = { .size = sizeof stats, .destinations = 7 };
    weft_destination_stats destination = { .size = sizeof destination };
    assert_int_equal(weft_sdk_flush(none, 1), WEFT_E_STOPPED);
    assert_int_equal(weft_sdk_stop(none, 1), WEFT_E_STOPPED);
    assert_int_equal(weft_sdk_stop(wrong, 1), WEFT_E_STOPPED);
    weft_sdk_stats(none, &stats);
    assert_int_equal(stats.destinations, 0);
    weft_sdk_stats(none, NULL);
    assert_false(weft_sdk_destination(none, 0, &destination));
    assert_false(weft_sdk_destination(none, 0, NULL));
    assert_false(trace_in(weft_sdk_scope(wrong, NULL)));
}

static void a_second_start_shares_the_first(void **state)
{
    (void)state;
    test_sink sink = { 0 }, other = { 0 };
    weft_sdk first = start_with(&sink, false), second = weft_sdk_start(NULL);
    assert_true(first.id_ == second.id_);
    assert_int_equal(told.count, 0);
    weft_sdk third = start_with(&other, false);
    assert_true(first.id_ == third.id_);
    assert_int_equal(told.count, 1);
    assert_int_equal(other.frees, 1);
    assert_int_equal(weft_sdk_stop(second, SOON), WEFT_OK);
    assert_int_equal(weft_sdk_stop(third, SOON), WEFT_OK);
    assert_true(trace_in(&early));
    assert_int_equal(sink.stops, 0);
    assert_int_equal(weft_sdk_stop(first, SOON), WEFT_OK);
    assert_int_equal(sink.spans, 1);
    assert_int_equal(weft_sdk_stop(first, SOON), WEFT_E_STOPPED);
}

static void the_global_one_is_number_0(void **state)
{
    (void)state;
    test_sink sink = { 0 };
    start_with(&sink, false);
    trace_in(&early);
    assert_int_equal(weft_sdk_flush((weft_sdk){ 0 }, SOON), WEFT_OK);
    assert_int_equal(sink.spans, 1);
    assert_int_equal(weft_sdk_stop((weft_sdk){ 0 }, SOON), WEFT_OK);
    assert_int_equal(sink.frees, 1);
}

static void TR_001_several_side_by_side(void **state)
{
    (void)state;
    test_sink sinks[3] = { { 0 }, { 0 }, { 0 } };
    weft_sdk global = start_with(&sinks[0], false);
    weft_sdk locals[2] = { start_with(&sinks[1], true), start_with(&sinks[2], true) };
    assert_true(global.id_ != locals[0].id_ && locals[0].id_ != locals[1].id_);
    weft_scope *scopes[2] = { weft_sdk_scope(locals[0], &early), weft_sdk_scope(locals[1], &early) };
    assert_ptr_not_equal(scopes[0], scopes[1]);
    assert_ptr_equal(scopes[0], weft_sdk_scope(locals[0], &early));
    assert_true(trace_in(&early));
    assert_true(trace_in(scopes[0]) && trace_in(scopes[0]));
    assert_true(trace_in(scopes[1]) && trace_in(scopes[1]) && trace_in(scopes[1]));
    assert_int_equal(weft_sdk_stop(locals[0], SOON), WEFT_OK);
    assert_false(trace_in(scopes[0]));
    assert_true(trace_in(scopes[1]) && trace_in(&early));
    assert_int_equal(weft_sdk_stop(global, SOON), WEFT_OK);
    assert_false(trace_in(&early));
    assert_true(trace_in(scopes[1]));
    assert_int_equal(weft_sdk_stop(locals[1], SOON), WEFT_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sinks[i].spans, i == 0 ? 2 : i == 1 ? 2 : 5);
        assert_int_equal(sinks[i].frees, 1);
    }
    assert_int_equal(told.count, 0);
}

static void scopes_of_a_stopped_sdk_stay_dead(void **state)
{
    (void)state;
    test_sink sink = { 0 };
    weft_scope *scopes[20];
    for (size_t i = 0; i < WEFT_COUNT_OF(scopes); i++) {
        weft_sdk local = start_with(&sink, true);
        scopes[i] = weft_sdk_scope(local, &early);
        assert_true(trace_in(scopes[i]));
        for (size_t old = 0; old < i; old++)
            assert_false(trace_in(scopes[old]));
        assert_int_equal(weft_sdk_stop(local, SOON), WEFT_OK);
    }
    assert_int_equal(sink.spans, (int)WEFT_COUNT_OF(scopes));
}

static void more_than_there_are_slots(void **state)
{
    (void)state;
    test_sink sinks[WEFT__SDKS + 1] = { { 0 } };
    weft_sdk sdks[WEFT__SDKS + 1];
    for (size_t i = 0; i < WEFT_COUNT_OF(sinks); i++)
        sdks[i] = start_with(&sinks[i], true);
    assert_int_equal(told.count, 1);
    assert_int_equal(sinks[WEFT__SDKS].frees, 1);
    weft_sdk nothing = sdks[WEFT__SDKS];
    assert_false(trace_in(weft_sdk_scope(nothing, &early)));
    assert_int_equal(weft_sdk_flush(nothing, 1), WEFT_E_STOPPED);
    assert_int_equal(weft_sdk_stop(nothing, 1), WEFT_E_STOPPED);
    for (size_t i = 0; i < WEFT__SDKS; i++)
        assert_int_equal(weft_sdk_stop(sdks[i], SOON), WEFT_OK);
}

static void two_hundred_lives(void **state)
{
    (void)state;
    test_sink sink = { 0 };
    int lives = getenv("WEFT_TEST_SLOW") != NULL ? 20 : 200;
    for (int i = 0; i < lives; i++) {
        weft_sdk sdk = start_with(&sink, false);
        assert_true(trace_in(&early));
        assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    }
    assert_int_equal(sink.spans, lives);
    assert_int_equal(sink.frees, lives);
}

static _Atomic int stopped;

static void *stop_it(void *arg)
{
    weft_status status = weft_sdk_stop(*(weft_sdk *)arg, SOON);
    if (status == WEFT_OK)
        atomic_fetch_add(&stopped, 1);
    else
        assert_int_equal(status, WEFT_E_STOPPED);
    return NULL;
}

static void stop_from_several_threads(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        test_sink sink = { 0 };
        weft_sdk sdk = start_with(&sink, false);
        pthread_t threads[4];
        trace_in(&early);
        atomic_store(&stopped, 0);
        for (size_t i = 0; i < WEFT_COUNT_OF(threads); i++)
            assert_int_equal(pthread_create(&threads[i], NULL, stop_it, &sdk), 0);
        for (size_t i = 0; i < WEFT_COUNT_OF(threads); i++)
            pthread_join(threads[i], NULL);
        assert_int_equal(stopped, 1);
        assert_int_equal(sink.spans, 1);
        assert_int_equal(sink.frees, 1);
    }
}

static _Atomic bool enough;

static void *trace_on_and_on(void *arg)
{
    (void)arg;
    while (!atomic_load(&enough))
        trace_in(&early);
    return NULL;
}

static void *live_and_let_live(void *arg)
{
    test_sink *sink = arg;
    for (int i = 0; i < 25; i++) {
        weft_sdk sdk = start_with(sink, i % 2 != 0);
        weft_scope *own = weft_sdk_scope(sdk, &early);
        trace_in(own);
        weft_stats stats = { .size = sizeof stats };
        weft_sdk_stats(sdk, &stats);
        weft_sdk_flush(sdk, SOON);
        assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    }
    return NULL;
}

static void TR_006_starts_and_stops_while_others_trace(void **state)
{
    (void)state;
    static test_sink sinks[2];
    pthread_t tracers[2], starters[2];
    atomic_store(&enough, false);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&tracers[i], NULL, trace_on_and_on, NULL), 0);
        assert_int_equal(pthread_create(&starters[i], NULL, live_and_let_live, &sinks[i]), 0);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(starters[i], NULL);
    atomic_store(&enough, true);
    for (int i = 0; i < 2; i++)
        pthread_join(tracers[i], NULL);
    for (int i = 0; i < 2; i++)
        assert_int_equal(sinks[i].frees, 25);
}

static void a_forked_child_does_nothing(void **state)
{
    (void)state;
    test_sink sink = { 0 };
    weft_sdk sdk = start_with(&sink, false);
    weft_span span = weft_span_start_in(&early, "parent's", NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(30);
        weft_stats stats = { .size = sizeof stats };
        bool quiet = !weft_span_recording(&span) && !trace_in(&early);
        weft_span_end(&span);
        weft_sdk_stats(sdk, &stats);
        quiet = quiet && weft_sdk_flush(sdk, 1000) == WEFT_E_STOPPED && weft_sdk_stop(sdk, 1000) == WEFT_E_STOPPED;
        weft_sdk again = weft_sdk_start(NULL);
        quiet = quiet && weft_sdk_stop(again, 1000) == WEFT_E_STOPPED;
        _exit(quiet ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    weft_span_end(&span);
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    assert_int_equal(sink.spans, 1);
}

static void a_child_may_start_what_its_parent_has_stopped(void **state)
{
    (void)state;
    test_sink sink = { 0 };
    assert_int_equal(weft_sdk_stop(start_with(&sink, false), SOON), WEFT_OK);
    pid_t child = fork();
    if (child == 0) {
        alarm(30);
        test_sink own = { 0 };
        weft_sdk sdk = start_with(&own, false);
        bool traced = trace_in(&early);
        bool done = weft_sdk_stop(sdk, SOON) == WEFT_OK && own.spans == 1;
        _exit(traced && done ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(before_any_start_all_calls_do_nothing, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(TR_001_TR_002_TR_007_TR_008_one_sdk, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(a_second_start_shares_the_first, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(the_global_one_is_number_0, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(TR_001_several_side_by_side, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(scopes_of_a_stopped_sdk_stay_dead, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(more_than_there_are_slots, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(two_hundred_lives, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(stop_from_several_threads, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(TR_006_starts_and_stops_while_others_trace, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(a_forked_child_does_nothing, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(a_child_may_start_what_its_parent_has_stopped, test_setup, test_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
