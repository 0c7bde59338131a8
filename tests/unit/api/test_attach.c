/* test_attach.c - the current context: order, repair, threads, marks, depth. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <weft/weft.h>

#include "sdk/api/runtime.h"
#include "sdk/api/stack.h"

static weft_context numbered(uint8_t number)
{
    const weft_span_context span = { .trace_id = { 1 }, .span_id = { number } };
    return weft_context_with_span(NULL, &span, NULL);
}

static int current(void)
{
    return weft_context_current().span.span_id[0];
}

static weft_token attach(uint8_t number)
{
    weft_context context = numbered(number);
    weft_token token = weft_context_attach(&context);
    weft_context_release(&context);
    return token;
}

static void CP_004_CP_005_CP_006_attach_detach_and_current(void **state)
{
    (void)state;
    assert_int_equal(current(), 0);
    weft_token one = attach(1), two = attach(2);
    assert_int_equal(current(), 2);
    assert_int_equal(weft_context_detach(two), WEFT_OK);
    assert_int_equal(current(), 1);
    assert_int_equal(weft_context_detach(one), WEFT_OK);
    assert_int_equal(current(), 0);
}

/* A span of a context is active where the context is; without an SDK it is one that does not record. */
static void TR_009_TR_010_the_span_of_the_current_context(void **state)
{
    (void)state;
    weft_token token = attach(7);
    weft_span active = weft_span_current();
    assert_int_equal(active.context.span.span_id[0], 7);
    assert_false(weft_span_recording(&active));
    weft_context_detach(token);
    active = weft_span_current();
    assert_false(weft_span_context_valid(&active.context.span));
}

static void wrong_order_detaches_what_is_above(void **state)
{
    (void)state;
    uint64_t before = weft__misuses.order;
    weft_token one = attach(1), two = attach(2), three = attach(3);
    assert_int_equal(weft_context_detach(two), WEFT_E_MISUSE);
    assert_int_equal(current(), 1);
    assert_int_equal(weft_context_detach(three), WEFT_E_MISUSE);
    assert_int_equal(weft_context_detach(two), WEFT_E_MISUSE);
    assert_int_equal(current(), 1);
    assert_int_equal(weft_context_detach(one), WEFT_OK);
    assert_int_equal(weft_context_detach(one), WEFT_E_MISUSE);
    assert_int_equal(weft__misuses.order, before + 4);
    assert_int_equal(weft_context_detach((weft_token){ 0, 0 }), WEFT_E_INVALID);
}

static void *detach_elsewhere(void *arg)
{
    attach(9);
    weft_status status = weft_context_detach(*(weft_token *)arg);
    return (void *)(intptr_t)(status == WEFT_E_MISUSE && current() == 9);
}

static void wrong_thread_changes_nothing(void **state)
{
    (void)state;
    uint64_t before = weft__misuses.thread;
    weft_token one = attach(1);
    pthread_t thread;
    void *ok;
    assert_int_equal(pthread_create(&thread, NULL, detach_elsewhere, &one), 0);
    pthread_join(thread, &ok);
    assert_true(ok != NULL);
    assert_int_equal(weft__misuses.thread, before + 1);
    assert_int_equal(current(), 1);
    assert_int_equal(weft_context_detach(one), WEFT_OK);
}

static struct {
    int count;
    uint64_t last;
} ended;

static void end(weft__thread *thread, const weft_span *span, uint64_t time)
{
    (void)thread;
    assert_true(time == WEFT__END_QUIET);
    ended.count++;
    ended.last = span->context.record_;
}

static const weft__sdk_ops ops = { .end_entered = end };

/* As weft_span_enter leaves it. */
static void enter(uint64_t record)
{
    weft__thread *thread = weft__thread_self();
    weft_context context = { .span = { .trace_id = { 1 }, .span_id = { (uint8_t)record } }, .record_ = record };
    assert_true(weft__stack_push(thread, &context, WEFT__ENTRY_SPAN) != 0);
}

static void unwind_after_longjmp_leaves_and_ends(void **state)
{
    (void)state;
    jmp_buf place;
    weft_token below = attach(1);
    ended.count = 0;
    assert_true(weft__runtime_make());
    atomic_store(&weft__runtime->ops, &ops);
    weft_token mark = weft_context_mark();
    assert_int_equal(current(), 1);
    if (setjmp(place) == 0) {
        enter(10);
        const weft_context elsewhere = { .span = { .trace_id = { 1 }, .span_id = { 12 } }, .record_ = 12 };
        assert_true(weft_context_attach(&elsewhere).serial_ != 0); /* attached, not entered: its span goes on */
        enter(11);
        longjmp(place, 1);
    }
    assert_int_equal(current(), 11);
    weft_context_unwind(mark);
    atomic_store(&weft__runtime->ops, NULL);
    assert_int_equal(ended.count, 2);
    assert_int_equal(ended.last, 10);
    assert_int_equal(current(), 1);
    uint64_t before = weft__misuses.order;
    weft_context_unwind(mark); /* was used up */
    weft_context_unwind((weft_token){ 0, 0 });
    assert_int_equal(weft__misuses.order, before + 1);
    assert_int_equal(weft_context_detach(below), WEFT_OK);
}

static void detach_pops_spans_without_an_end(void **state)
{
    (void)state;
    weft_token below = attach(1);
    ended.count = 0;
    assert_true(weft__runtime_make());
    atomic_store(&weft__runtime->ops, &ops);
    enter(10);
    assert_int_equal(weft_context_detach(below), WEFT_E_MISUSE);
    atomic_store(&weft__runtime->ops, NULL);
    assert_int_equal(ended.count, 0);
    assert_int_equal(current(), 0);
}

static void a_stack_grows_to_its_most_and_counts_the_rest(void **state)
{
    (void)state;
    weft_token first = { 0, 0 }, token = { 0, 0 };
    weft_context with = weft_baggage_set(NULL, "name", "text", NULL);
    uint64_t before = weft__misuses.order;
    for (int i = 0; i < WEFT__STACK_MOST; i++) {
        token = weft_context_attach(&with);
        assert_true(token.serial_ != 0);
        if (i == 0)
            first = token;
    }
    assert_int_equal(weft_context_attach(&with).serial_, 0);
    assert_int_equal(weft_context_mark().serial_, 0);
    assert_int_equal(weft__misuses.order, before + 2);
    char text[8];
    weft_context_release(&with);
    assert_int_equal(weft_baggage_get(NULL, "name", text, sizeof text), 4);
    assert_int_equal(weft_context_detach(token), WEFT_OK);
    assert_int_equal(weft_context_detach(first), WEFT_E_MISUSE);
    assert_int_equal(weft_baggage_get(NULL, "name", text, sizeof text), SIZE_MAX);
}

/* What a signal handler finds when it interrupts the library on its own thread. */
static void inside_the_library_calls_are_refused_and_counted(void **state)
{
    (void)state;
    weft_token token = attach(1);
    weft__thread *thread = weft__thread_self();
    uint64_t before = weft__misuses.signal;
    assert_true(weft__enter(thread));
    assert_int_equal(current(), 0);
    assert_int_equal(weft_context_attach(NULL).serial_, 0);
    assert_int_equal(weft_context_detach(token), WEFT_E_MISUSE);
    weft_context_unwind(token);
    assert_null(weft_stack_switch(NULL));
    weft__leave(thread);
    assert_int_equal(weft__misuses.signal, before + 5);
    assert_int_equal(current(), 1);
    assert_int_equal(weft_context_detach(token), WEFT_OK);
}

static void attached_at_once(void **state)
{
    (void)state;
    char text[8];
    weft_token baggage = weft_baggage_attach("name", "text");
    weft_token fields = weft_fields_attach(&(weft_attribute){ weft_int(1), "k", WEFT_NUL, 0 }, 1);
    assert_int_equal(weft_baggage_get(NULL, "name", text, sizeof text), 4);
    assert_int_equal(weft_context_detach(fields), WEFT_OK);
    assert_int_equal(weft_context_detach(baggage), WEFT_OK);
    assert_int_equal(weft_baggage_get(NULL, "name", text, sizeof text), SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(CP_004_CP_005_CP_006_attach_detach_and_current),
        cmocka_unit_test(TR_009_TR_010_the_span_of_the_current_context),
        cmocka_unit_test(wrong_order_detaches_what_is_above),
        cmocka_unit_test(wrong_thread_changes_nothing),
        cmocka_unit_test(unwind_after_longjmp_leaves_and_ends),
        cmocka_unit_test(detach_pops_spans_without_an_end),
        cmocka_unit_test(a_stack_grows_to_its_most_and_counts_the_rest),
        cmocka_unit_test(inside_the_library_calls_are_refused_and_counted),
        cmocka_unit_test(attached_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
