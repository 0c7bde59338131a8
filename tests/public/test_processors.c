/* test_processors.c - processors in C: when they are called, what they may do, and what they are shown. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/traced.h"

WEFT_INSTRUMENTATION("processors", "1.0");

/* What has been called, in order: "start a, ending a, ...". */
static char calls[1024];

typedef struct watcher {
    char name;
    void (*on_start)(const weft_span *span, const weft_context *parent);
    void (*on_ending)(const weft_span *span);
    void (*on_end)(const weft_span_view *span);
} watcher;

static void note(const char *what, const watcher *who)
{
    size_t used = strlen(calls);
    snprintf(calls + used, sizeof calls - used, "%s %c, ", what, who->name);
}

static void on_start(void *self, const weft_span *span, const weft_context *parent)
{
    const watcher *who = self;
    note("start", who);
    if (who->on_start != NULL)
        who->on_start(span, parent);
}

static void on_ending(void *self, const weft_span *span)
{
    const watcher *who = self;
    note("ending", who);
    if (who->on_ending != NULL)
        who->on_ending(span);
}

static void on_end(void *self, const weft_span_view *span)
{
    const watcher *who = self;
    note("end", who);
    if (who->on_end != NULL)
        who->on_end(span);
}

static weft_processor *processor(watcher *who)
{
    static const weft_processor_ops ops = {
        .size = sizeof ops, .name = "watcher", .on_start = on_start, .on_ending = on_ending, .on_end = on_end
    };
    return weft_processor_new(&ops, who);
}

static void watch(watcher *first, watcher *second, weft_sampler *sampler)
{
    weft_processor *const list[] = { processor(first), second != NULL ? processor(second) : NULL, NULL };
    traced_restart(WEFT_OPTIONS(weft_sdk_options, .processors = list, .sampler = sampler));
    calls[0] = '\0';
}

/* All on_ending come before any on_end (SPP-3). */
static void TR_036_called_in_order(void **state)
{
    (void)state;
    watcher a = { .name = 'a' }, b = { .name = 'b' };
    watch(&a, &b, NULL);
    weft_span span = weft_span_start("span");
    assert_string_equal(calls, "start a, start b, ");
    weft_span_end(&span);
    assert_string_equal(calls, "start a, start b, ending a, ending b, end a, end b, ");
    weft_span_end(&span);
    span = weft_span_enter("entered", .kind = WEFT_KIND_CLIENT);
    weft_span_leave(&span);
    assert_string_equal(calls, "start a, start b, ending a, ending b, end a, end b, "
                               "start a, start b, ending a, ending b, end a, end b, ");
}

static weft_context seen_parent;
static weft_span kept;

static void keep_start(const weft_span *span, const weft_context *parent)
{
    seen_parent = *parent;
    kept = *span;
    weft_span_set(span, weft_attr("start", 1));
}

/* The span may be changed, and kept (SPP-2). */
static void TR_024_on_start_sees_the_parent_context(void **state)
{
    (void)state;
    char text[16];
    watcher a = { .name = 'a', .on_start = keep_start };
    watch(&a, NULL, NULL);
    weft_token token = weft_baggage_attach("user", "ann");
    weft_span outer = weft_span_enter("outer");
    assert_int_equal(weft_baggage_get(&seen_parent, "user", text, sizeof text), 3);
    assert_false(weft_span_context_valid(&seen_parent.span));
    weft_span inner = weft_span_start("inner");
    assert_memory_equal(seen_parent.span.span_id, outer.context.span.span_id, 8);
    assert_memory_equal(kept.context.span.span_id, inner.context.span.span_id, 8);
    weft_span_set(&kept, weft_attr("later", 2));
    weft_span_end(&inner);
    weft_span explicit = weft_span_start("explicit", .parent = &inner.context);
    assert_memory_equal(seen_parent.span.span_id, inner.context.span.span_id, 8);
    weft_span_end(&explicit);
    weft_span root = weft_span_start("root", .root = true);
    weft_span_end(&root);
    assert_false(weft_span_context_valid(&seen_parent.span));
    weft_span_leave(&outer);
    weft_context_detach(token);
    weft_span_view view = traced_span(0);
    assert_string_equal(traced_value(&view, "start"), "1");
    assert_string_equal(traced_value(&view, "later"), "2");
}

static weft_span being_ended;

static void *set_from_elsewhere(void *arg)
{
    weft_span_set(arg, weft_attr("from another thread", 1));
    return NULL;
}

static void change_at_the_end(const weft_span *span)
{
    pthread_t thread;
    assert_true(weft_span_recording(span));
    assert_false(weft_span_recording(&being_ended));
    weft_span_set(span, weft_attr("ending", 1), weft_attr("first", "changed"));
    weft_span_event(span, "about to end");
    weft_span_status_set(span, WEFT_STATUS_OK, NULL);
    weft_span_rename(span, "renamed");
    weft_span_set(&being_ended, weft_attr("by the user's handle", 1));
    assert_int_equal(pthread_create(&thread, NULL, set_from_elsewhere, &being_ended), 0);
    pthread_join(thread, NULL);
    weft_span_end(span); /* it is ending */
}

static void shown_at_the_end(const weft_span_view *span)
{
    assert_true(traced_same(span->name, "renamed"));
    assert_string_equal(traced_value(span, "ending"), "1");
    assert_string_equal(traced_value(span, "first"), "changed");
    assert_int_equal(span->attribute_count, 2);
    assert_int_equal(span->event_count, 1);
    assert_int_equal(span->status, WEFT_STATUS_OK);
    assert_int_equal(span->end_time - span->start_time, 7);
    assert_true(traced_same(span->scope->name, "processors"));
    assert_true(span->resource->attribute_count != 0);
}

/* The time is fixed; all else may change, by this handle alone (SPP-3, CCY-4). */
static void on_ending_may_change_the_span(void **state)
{
    (void)state;
    watcher a = { .name = 'a', .on_ending = change_at_the_end, .on_end = shown_at_the_end };
    watch(&a, NULL, NULL);
    being_ended = weft_span_start("span");
    weft_span_set(&being_ended, weft_attr("first", 1));
    uint64_t misuses = traced_stats().misuse_after_end;
    weft_test_advance(traced_sdk, 7);
    weft_span_end(&being_ended);
    assert_int_equal(traced_stats().misuse_after_end, misuses + 3);
    assert_string_equal(calls, "start a, ending a, end a, ");
    traced_is("\"renamed\" internal trace=1 id=2 parent=0 at=0 ns=7 ok first=\"changed\" ending=1\n"
              "  event \"about to end\" at=7\n");
}

static void keep_ending(const weft_span *span)
{
    kept = *span;
}

/* The handle of on_ending is worth nothing later. */
static void the_ending_handle_dies_with_the_span(void **state)
{
    (void)state;
    watcher a = { .name = 'a', .on_ending = keep_ending };
    watch(&a, NULL, NULL);
    weft_span span = weft_span_start("span");
    weft_span_end(&span);
    for (int i = 0; i < 200; i++) {
        weft_span_set(&kept, weft_attr("late", 1));
        weft_span_end(&kept);
        span = weft_span_start("next");
        weft_span_end(&span);
        assert_int_equal(traced_span((size_t)i + 1).attribute_count, 0);
    }
}

static bool nested;

static void trace_inside(const weft_span *span)
{
    if (nested)
        return;
    nested = true;
    weft_span inner = weft_span_enter("inside", .parent = &span->context);
    weft_span deep = weft_span_enter("deep inside");
    weft_token token = weft_baggage_attach("inside", "yes");
    weft_span_set(WEFT_CURRENT, weft_attr("current", true));
    weft_context_detach(token);
    weft_span_leave(&deep);
    weft_span_leave(&inner);
    nested = false;
}

static void trace_at_start(const weft_span *span, const weft_context *parent)
{
    (void)parent;
    trace_inside(span);
}

static void trace_at_end(const weft_span_view *span)
{
    (void)span;
    trace_inside(&(weft_span){ weft_context_current() });
}

/* What callbacks trace themselves stands on the same stack as the span that is being made or ended. */
static void callbacks_may_trace(void **state)
{
    (void)state;
    watcher a = { .name = 'a', .on_start = trace_at_start, .on_ending = trace_inside, .on_end = trace_at_end };
    watch(&a, NULL, NULL);
    for (int i = 0; i < 3; i++) {
        weft_span outer = weft_span_enter("outer");
        assert_memory_equal(weft_span_current().context.span.span_id, outer.context.span.span_id, 8);
        assert_true(weft_span_recording(&outer));
        assert_true(weft_span_recording(WEFT_CURRENT));
        weft_span middle = weft_span_enter("middle", .kind = WEFT_KIND_SERVER);
        assert_memory_equal(weft_span_current().context.span.span_id, middle.context.span.span_id, 8);
        weft_span_leave(&middle);
        assert_memory_equal(weft_span_current().context.span.span_id, outer.context.span.span_id, 8);
        weft_span_leave(&outer);
        assert_false(weft_span_context_valid(NULL));
    }
    assert_int_equal(weft_test_span_count(traced_sdk), 3 * (2 + 12));
    assert_int_equal(traced_stats().spans.open, 0);
}

static void attach_and_forget(const weft_span *span)
{
    (void)weft_context_attach(&span->context);
}

static void attach_and_forget_at_start(const weft_span *span, const weft_context *parent)
{
    (void)parent;
    attach_and_forget(span);
}

/* What a callback leaves on the stack does not stay there longer than the span (GEN-5). */
static void callbacks_that_leave_something_attached(void **state)
{
    (void)state;
    watcher a = { .name = 'a', .on_ending = attach_and_forget };
    watch(&a, NULL, NULL);
    weft_span outer = weft_span_enter("outer"), inner = weft_span_enter("inner");
    weft_span_leave(&inner);
    assert_memory_equal(weft_span_current().context.span.span_id, outer.context.span.span_id, 8);
    weft_span_leave(&outer);
    assert_false(weft_span_context_valid(NULL));
    watcher b = { .name = 'b', .on_start = attach_and_forget_at_start };
    watch(&b, NULL, NULL);
    outer = weft_span_enter("outer");
    weft_span_leave(&outer);
    outer = weft_span_enter("outer", .kind = WEFT_KIND_CLIENT);
    weft_span_leave(&outer);
    assert_int_equal(weft_test_span_count(traced_sdk), 2);
    assert_int_equal(traced_stats().spans.open, 0);
}

static void leave_it_too(const weft_span *span)
{
    (void)span;
    weft_span_leave(&being_ended);
}

/* on_ending ends and leaves the very span that is being left. */
static void callbacks_that_leave_the_span_themselves(void **state)
{
    (void)state;
    watcher a = { .name = 'a', .on_ending = leave_it_too };
    watch(&a, NULL, NULL);
    weft_span outer = weft_span_enter("outer", .root = true);
    being_ended = weft_span_enter("inner");
    weft_span_leave(&being_ended);
    assert_memory_equal(weft_span_current().context.span.span_id, outer.context.span.span_id, 8);
    being_ended = outer;
    weft_span_leave(&outer);
    assert_false(weft_span_context_valid(NULL));
    weft_span next = weft_span_enter("next");
    weft_span_leave(&next);
    assert_int_equal(weft_test_span_count(traced_sdk), 3);
}

static void only_record(void *self, const weft_sample_request *request, weft_sample_result *result)
{
    (void)self, (void)request;
    result->decision = WEFT_RECORD_ONLY;
}

/* Record only: processors see it, exporters do not, and the flag is off (CRE-2, CRE-7). */
static void record_only_spans_reach_processors(void **state)
{
    (void)state;
    static const weft_sampler_ops ops = { .size = sizeof ops, .sample = only_record };
    watcher a = { .name = 'a' };
    watch(&a, NULL, weft_sampler_new(&ops, NULL));
    weft_span span = weft_span_start("span");
    assert_true(weft_span_recording(&span));
    assert_int_equal(span.context.span.flags & WEFT_FLAG_SAMPLED, 0);
    weft_span_end(&span);
    assert_string_equal(calls, "start a, ending a, end a, ");
    assert_int_equal(weft_test_span_count(traced_sdk), 0);
    assert_int_equal(traced_stats().spans.created, 0);
}

static void dropped_spans_reach_no_processor(void **state)
{
    (void)state;
    watcher a = { .name = 'a' };
    watch(&a, NULL, weft_sampler_off());
    weft_span span = weft_span_start("span");
    weft_span_end(&span);
    assert_string_equal(calls, "");
}

static void look_again(const weft_span_view *span)
{
    weft_cursor at = { 0 };
    weft_event_view event;
    weft_link_view link;
    assert_true(traced_same(span->tracestate, "a=1"));
    assert_true(span->parent.remote);
    assert_true(weft_span_event_at(span, &at, &event));
    assert_true(traced_same(event.name, "event"));
    assert_false(weft_span_event_at(span, &at, &event));
    at = (weft_cursor){ 0 };
    assert_true(weft_span_link_at(span, &at, &link));
    assert_int_equal(span->dropped_attributes, 2);
}

static void TR_061_on_end_is_shown_everything(void **state)
{
    (void)state;
    const weft_span_context far = { { 9 }, { 7 }, WEFT_FLAG_SAMPLED, true, { 0 }, 0 };
    const weft_limits limits = { .size = sizeof limits, .attributes = 1 };
    watcher a = { .name = 'a', .on_end = look_again };
    weft_processor *const list[] = { processor(&a), NULL };
    traced_restart(WEFT_OPTIONS(weft_sdk_options, .processors = list, .limits = &limits));
    weft_context parent = weft_context_with_span(NULL, &far, "a=1");
    calls[0] = '\0';
    weft_span span = weft_span_start("span", .parent = &parent);
    weft_context_release(&parent);
    weft_span_set(&span, weft_attr("a", 1), weft_attr("b", 1), weft_attr("c", 1));
    weft_span_event(&span, "event");
    weft_span_link(&span, &(weft_link){ .context = far });
    weft_span_end(&span);
    assert_string_equal(calls, "start a, ending a, end a, ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(TR_036_called_in_order, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_024_on_start_sees_the_parent_context, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(on_ending_may_change_the_span, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(the_ending_handle_dies_with_the_span, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(callbacks_may_trace, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(callbacks_that_leave_something_attached, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(callbacks_that_leave_the_span_themselves, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(record_only_spans_reach_processors, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(dropped_spans_reach_no_processor, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_061_on_end_is_shown_everything, traced_setup, traced_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
