/* Exporters that users write: one batch at a time, answered now, later, twice or never, and what they may call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include <weft/sdk.h>

#include "sdk/api/runtime.h"
#include "tests/support/probe.h"
#include "tests/support/records.h"
#include "tests/support/world.h"

/* What the user's exporter saw, and what it is to do. */
static struct {
    weft_status answer;
    bool done_inside; /* calls weft_batch_done before it returns */
    weft_batch *batch;
    size_t exports, flushes, stops, frees, spans;
    uint32_t timeout;
    weft_status nested;
    bool recording;
} user;

static size_t read_spans(const weft_batch *batch)
{
    weft_cursor at = { 0 };
    weft_span_view span = { .size = sizeof span };
    size_t count = 0;
    while (weft_batch_span(batch, &at, &span)) {
        assert_int_equal(span.name.size, 4);
        assert_memory_equal(span.name.data, "span", 4);
        assert_memory_equal(span.scope->name.data, "a", 1);
        count++;
    }
    return count;
}

static weft_status user_export(void *self, weft_batch *batch, uint32_t timeout_ms)
{
    assert_ptr_equal(self, &user);
    user.exports++;
    user.timeout = timeout_ms;
    user.batch = batch;
    user.spans += read_spans(batch);
    assert_int_equal(weft_batch_count(batch), read_spans(batch));
    if (user.done_inside)
        weft_batch_done(batch, WEFT_OK);
    return user.answer;
}

static weft_status user_flush(void *self, uint32_t timeout_ms)
{
    (void)self, (void)timeout_ms;
    user.flushes++;
    return WEFT_OK;
}

static weft_status user_stop(void *self, uint32_t timeout_ms)
{
    (void)self, (void)timeout_ms;
    user.stops++;
    return WEFT_OK;
}

static void user_free(void *self)
{
    (void)self;
    user.frees++;
}

static const weft_exporter_ops ops = { .size = sizeof ops,
                                       .name = "mine",
                                       .export_spans = user_export,
                                       .flush = user_flush,
                                       .stop = user_stop,
                                       .free = user_free };

static void begin_with(const weft_exporter_ops *with)
{
    world_start(1);
    memset(&user, 0, sizeof user);
    records_start(0);
    probe_attach(0, weft_exporter_new(with, &user), &(weft_batch_options){ .max_batch = 10, .timeout_ms = 1000 });
    world_run(0);
}

static void end(weft_status expected)
{
    assert_int_equal(weft__pump_detach(0, 500), expected);
    weft_destination_stats stats = probe_stats(0, 0);
    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(probe_sum(&stats), weft__pump_drained(0));
    records_stop(0);
    world_stop();
}

static void make_batch(void)
{
    records_make(0, 0, 10);
    world_run(0);
}

static void it_is_called_with_the_spans_and_the_timeout(void **state)
{
    (void)state;
    begin_with(&ops);
    make_batch();
    assert_int_equal(user.exports, 1);
    assert_int_equal(user.spans, 10);
    assert_int_equal(user.timeout, 1000);
    assert_string_equal(probe_stats(0, 0).name, "mine");
    assert_int_equal(weft__pump_flush(0, 100), WEFT_OK);
    assert_int_equal(user.flushes, 1);
    end(WEFT_OK);
    assert_int_equal(user.flushes, 2); /* a stop includes a flush */
    assert_int_equal(user.stops, 1);
    assert_int_equal(user.frees, 1);
}

static void answers_are_counted(void **state)
{
    (void)state;
    begin_with(&ops);
    static const weft_status answers[] = { WEFT_OK, WEFT_E_FAILED, WEFT_E_INVALID, WEFT_E_RETRY, WEFT_E_TIMEOUT };
    for (size_t i = 0; i < WEFT_COUNT_OF(answers); i++) {
        user.answer = answers[i];
        make_batch();
    }
    weft_destination_stats stats = probe_stats(0, 0);
    assert_int_equal(stats.exported, 10);
    assert_int_equal(stats.dropped_rejected, 10);
    assert_int_equal(stats.dropped_failed, 30);
    end(WEFT_OK);
}

static void pending_is_answered_later(void **state)
{
    (void)state;
    begin_with(&ops);
    user.answer = WEFT_PENDING;
    make_batch();
    make_batch();
    assert_int_equal(user.exports, 1); /* one at a time */
    assert_int_equal(probe_stats(0, 0).in_flight, 20);
    weft_batch_done(user.batch, WEFT_OK);
    world_run(0);
    assert_int_equal(user.exports, 2);
    assert_int_equal(probe_stats(0, 0).exported, 10);
    weft_batch_done(user.batch, WEFT_E_FAILED);
    world_run(0);
    assert_int_equal(probe_stats(0, 0).dropped_failed, 10);
    end(WEFT_OK);
}

static void an_answer_inside_the_call_counts(void **state)
{
    (void)state;
    begin_with(&ops);
    user.answer = WEFT_PENDING;
    user.done_inside = true;
    make_batch();
    assert_int_equal(probe_stats(0, 0).exported, 10);
    make_batch();
    assert_int_equal(probe_stats(0, 0).exported, 20);
    end(WEFT_OK);
}

static void a_batch_stays_readable_until_it_is_answered(void **state)
{
    (void)state;
    begin_with(&ops);
    user.answer = WEFT_PENDING;
    make_batch();
    weft_batch *late = user.batch;
    make_batch();
    world_run(1000); /* the pump gives up on the first; the second waits for the user to be done with it */
    assert_int_equal(probe_stats(0, 0).dropped_failed, 10);
    assert_int_equal(user.exports, 1);
    assert_int_equal(read_spans(late), 10);
    user.answer = WEFT_OK;
    weft_batch_done(late, WEFT_OK); /* too late to count */
    world_run(0);
    assert_int_equal(user.exports, 2);
    assert_int_equal(probe_stats(0, 0).exported, 10);
    assert_int_equal(probe_stats(0, 0).dropped_failed, 10);
    end(WEFT_OK);
}

static void a_batch_that_waits_for_the_user_has_a_timeout_too(void **state)
{
    (void)state;
    begin_with(&ops);
    user.answer = WEFT_PENDING;
    make_batch();
    make_batch();
    world_run(2000);
    assert_int_equal(probe_stats(0, 0).dropped_failed, 20);
    assert_int_equal(user.exports, 1);
    weft_batch_done(user.batch, WEFT_OK);
    end(WEFT_OK);
}

static void never_answered_is_abandoned(void **state)
{
    (void)state;
    begin_with(&ops);
    user.answer = WEFT_PENDING;
    make_batch();
    int64_t from = world_now();
    assert_int_equal(weft__pump_detach(0, 500), WEFT_E_TIMEOUT);
    assert_in_range(world_now() - from, 500, 550);
    assert_int_equal(probe_stats(0, 0).dropped_stop, 10);
    assert_int_equal(user.frees, 0);
    assert_int_equal(read_spans(user.batch), 10);
    weft_batch_done(user.batch, WEFT_OK); /* harmless */
    records_stop(0);
    world_stop();
}

static void answers_nobody_asked_for_are_misuse(void **state)
{
    (void)state;
    begin_with(&ops);
    user.answer = WEFT_PENDING;
    make_batch();
    uint64_t before = atomic_load(&weft__misuses.argument);
    weft_batch_done(NULL, WEFT_OK);
    weft_batch_done(user.batch, WEFT_PENDING);
    weft_batch_done(user.batch, WEFT_OK);
    weft_batch_done(user.batch, WEFT_E_FAILED);
    assert_int_equal(atomic_load(&weft__misuses.argument) - before, 3);
    world_run(0);
    assert_int_equal(probe_stats(0, 0).exported, 10);
    end(WEFT_OK);
}

static weft_status call_weft(void *self, weft_batch *batch, uint32_t timeout_ms)
{
    (void)self, (void)batch, (void)timeout_ms;
    weft_destination_stats stats = { .size = sizeof stats };
    weft_span span = weft_span_start_in(records_scope(0, 1), "inside", NULL);
    user.recording = weft_span_recording(&span);
    weft_span_end(&span);
    user.nested = weft__pump_flush(0, 1000);
    assert_int_equal(weft__pump_detach(0, 1000), WEFT_E_MISUSE);
    assert_true(weft__pump_stats(0, 0, &stats));
    assert_int_equal(weft__pump_deadline(), INT64_MAX);
    user.exports++;
    return WEFT_OK;
}

static void inside_a_callback_weft_neither_traces_nor_waits(void **state)
{
    (void)state;
    weft_exporter_ops with = ops;
    with.export_spans = call_weft;
    begin_with(&with);
    make_batch();
    assert_int_equal(user.exports, 1);
    assert_int_equal(user.nested, WEFT_E_MISUSE);
    assert_false(user.recording);
    assert_int_equal(records_ended(0), 10);
    assert_false(weft__pump_inside());
    end(WEFT_OK);
}

static void without_export_spans_nothing_is_exported(void **state)
{
    (void)state;
    weft_exporter_ops with = ops;
    with.export_spans = NULL;
    begin_with(&with);
    make_batch();
    assert_int_equal(weft__pump_flush(0, 100), WEFT_OK);
    weft_destination_stats stats = probe_stats(0, 0);
    assert_int_equal(probe_sum(&stats), 0);
    assert_int_equal(weft__pump_detach(0, 100), WEFT_OK);
    records_stop(0);
    world_stop();
}

static void an_exporter_may_have_nothing_but_export(void **state)
{
    (void)state;
    static const weft_exporter_ops bare = { .export_spans = user_export };
    begin_with(&bare);
    make_batch();
    assert_int_equal(user.exports, 1);
    end(WEFT_OK);
}

static void one_that_is_never_given_away_is_freed(void **state)
{
    (void)state;
    memset(&user, 0, sizeof user);
    weft_exporter_free(weft_exporter_new(&ops, &user));
    assert_int_equal(user.frees, 1);
    weft_exporter_free(NULL);
    assert_null(weft_exporter_new(NULL, &user));
}

/* own_thread, on the real clock. */

static _Atomic size_t own_calls;
static pthread_t caller;

static weft_status own_export(void *self, weft_batch *batch, uint32_t timeout_ms)
{
    (void)self, (void)timeout_ms;
    caller = pthread_self();
    user.nested = weft__pump_flush(0, 1000);
    weft_span span = weft_span_start_in(records_scope(0, 1), "inside", NULL);
    user.recording = weft_span_recording(&span);
    weft_span_end(&span);
    user.spans += read_spans(batch);
    atomic_fetch_add(&own_calls, 1);
    return WEFT_OK;
}

static weft_status own_flush(void *self, uint32_t timeout_ms)
{
    (void)self, (void)timeout_ms;
    assert_true(pthread_equal(caller, pthread_self()));
    user.flushes++;
    return WEFT_E_RETRY;
}

static weft_status own_stop(void *self, uint32_t timeout_ms)
{
    (void)self, (void)timeout_ms;
    assert_true(pthread_equal(caller, pthread_self()));
    user.stops++;
    return WEFT_OK;
}

static void own_thread_gets_all_calls(void **state)
{
    (void)state;
    weft_exporter_ops with = ops;
    with.own_thread = true;
    with.export_spans = own_export;
    with.flush = own_flush;
    with.stop = own_stop;
    memset(&user, 0, sizeof user);
    atomic_store(&own_calls, 0);
    records_start(0);
    probe_attach(0, weft_exporter_new(&with, &user), &(weft_batch_options){ .max_batch = 10 });
    records_make(0, 0, 100);
    assert_int_equal(weft__pump_flush(0, 60000), WEFT_E_FAILED); /* what the exporter's flush said */
    assert_int_equal(probe_stats(0, 0).exported, 100);
    assert_int_equal(atomic_load(&own_calls), 10);
    assert_int_equal(user.flushes, 1);
    assert_int_equal(user.nested, WEFT_E_MISUSE);
    assert_false(user.recording);
    assert_false(pthread_equal(caller, pthread_self()));
    assert_int_equal(weft__pump_detach(0, 60000), WEFT_E_FAILED);
    assert_int_equal(user.stops, 1);
    assert_int_equal(user.frees, 1);
    assert_int_equal(user.spans, 100);
    records_stop(0);
}

/* Answers from another thread while the pump runs. */

static _Atomic(weft_batch *) handed;
static _Atomic bool answering;

static weft_status hand_over(void *self, weft_batch *batch, uint32_t timeout_ms)
{
    (void)self, (void)timeout_ms;
    atomic_store(&handed, batch);
    return WEFT_PENDING;
}

static void *answer_all(void *arg)
{
    (void)arg;
    while (atomic_load(&answering)) {
        weft_batch *batch = atomic_exchange(&handed, NULL);
        if (batch != NULL)
            weft_batch_done(batch, WEFT_OK);
        else
            sched_yield();
    }
    return NULL;
}

static void pending_is_answered_from_another_thread(void **state)
{
    (void)state;
    weft_exporter_ops with = ops;
    with.export_spans = hand_over;
    memset(&user, 0, sizeof user);
    records_start(0);
    probe_attach(0, weft_exporter_new(&with, &user), &(weft_batch_options){ .max_batch = 5 });
    atomic_store(&answering, true);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_all, NULL), 0);
    for (int i = 0; i < 50; i++) {
        records_make(0, 0, 20);
        assert_int_equal(weft__pump_flush(0, 60000), WEFT_OK);
    }
    assert_int_equal(weft__pump_detach(0, 60000), WEFT_OK);
    atomic_store(&answering, false);
    pthread_join(thread, NULL);
    assert_int_equal(probe_stats(0, 0).exported, 1000);
    records_stop(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(it_is_called_with_the_spans_and_the_timeout, world_teardown),
        cmocka_unit_test_teardown(answers_are_counted, world_teardown),
        cmocka_unit_test_teardown(pending_is_answered_later, world_teardown),
        cmocka_unit_test_teardown(an_answer_inside_the_call_counts, world_teardown),
        cmocka_unit_test_teardown(a_batch_stays_readable_until_it_is_answered, world_teardown),
        cmocka_unit_test_teardown(a_batch_that_waits_for_the_user_has_a_timeout_too, world_teardown),
        cmocka_unit_test_teardown(never_answered_is_abandoned, world_teardown),
        cmocka_unit_test_teardown(answers_nobody_asked_for_are_misuse, world_teardown),
        cmocka_unit_test_teardown(inside_a_callback_weft_neither_traces_nor_waits, world_teardown),
        cmocka_unit_test_teardown(without_export_spans_nothing_is_exported, world_teardown),
        cmocka_unit_test_teardown(an_exporter_may_have_nothing_but_export, world_teardown),
        cmocka_unit_test(one_that_is_never_given_away_is_freed),
        cmocka_unit_test(own_thread_gets_all_calls),
        cmocka_unit_test(pending_is_answered_from_another_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
