/* test_parents.c - whose child a span is, and what it has from its parent: trace, flags, tracestate, baggage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/traced.h"

WEFT_INSTRUMENTATION("parents", "1.0");

static const weft_span_context far = { { 9 }, { 7 }, WEFT_FLAG_SAMPLED | WEFT_FLAG_RANDOM, true, { 0 }, 0 };

static void is_child_of(const weft_span *span, const weft_span_context *parent)
{
    assert_memory_equal(span->context.span.trace_id, parent->trace_id, 16);
    assert_memory_not_equal(span->context.span.span_id, parent->span_id, 8);
    assert_false(span->context.span.remote);
}

static void is_root(const weft_span *span)
{
    assert_true(weft_span_context_valid(&span->context.span));
    weft_span copy = *span;
    weft_span_end(&copy);
    weft_span_view view = traced_span(weft_test_span_count(traced_sdk) - 1);
    assert_false(weft_span_context_valid(&view.parent));
    assert_memory_equal(view.context.span_id, span->context.span.span_id, 8);
}

/* Root: whatever else is said, and whatever is current (TRC-9). */
static void TR_020_a_root_by_option(void **state)
{
    (void)state;
    weft_span outer = weft_span_enter("outer");
    weft_span plain = weft_span_start("root", .root = true);
    weft_span parent = weft_span_start("root", .root = true, .parent = &outer.context);
    assert_memory_not_equal(plain.context.span.trace_id, outer.context.span.trace_id, 16);
    assert_memory_not_equal(plain.context.span.trace_id, parent.context.span.trace_id, 16);
    is_root(&plain);
    is_root(&parent);
    weft_span_leave(&outer);
}

static void TR_021_the_current_span_is_the_parent(void **state)
{
    (void)state;
    weft_span first = weft_span_start("nothing is current");
    is_root(&first);
    weft_span outer = weft_span_enter("outer");
    weft_span child = weft_span_start("child"),
              with = weft_span_start("child", .kind = WEFT_KIND_CLIENT, .parent = NULL);
    is_child_of(&child, &outer.context.span);
    is_child_of(&with, &outer.context.span);
    weft_span_end(&child);
    weft_span_end(&with);
    weft_span_leave(&outer);
    assert_memory_equal(traced_span(1).parent.span_id, outer.context.span.span_id, 8);
    assert_memory_equal(traced_span(2).parent.span_id, outer.context.span.span_id, 8);
    assert_false(traced_span(2).parent.remote);
}

/* An explicit context counts, also where it holds no span (TRC-10). */
static void TR_022_a_parent_from_an_explicit_context(void **state)
{
    (void)state;
    const weft_context nothing = { .record_ = 0 };
    weft_span other = weft_span_start("other"), outer = weft_span_enter("outer");
    weft_span child = weft_span_start("child", .parent = &other.context);
    is_child_of(&child, &other.context.span);
    weft_span entered = weft_span_enter("entered", .parent = &other.context);
    is_child_of(&entered, &other.context.span);
    weft_span inner = weft_span_start("inner");
    is_child_of(&inner, &entered.context.span);
    weft_span_leave(&entered);
    assert_memory_equal(weft_span_current().context.span.span_id, outer.context.span.span_id, 8);
    weft_span root = weft_span_start("root", .parent = &nothing);
    is_root(&root);
    weft_span_end(&inner);
    weft_span_end(&child);
    weft_span_leave(&outer);
    weft_span_end(&other);
}

static void one_zero_id_makes_no_parent(void **state)
{
    (void)state;
    weft_context half = { .span = { { 1 }, { 0 }, 1, true, { 0 }, 0 } };
    weft_span span = weft_span_start("root", .parent = &half);
    assert_memory_not_equal(span.context.span.trace_id, half.span.trace_id, 16);
    is_root(&span);
    half = (weft_context){ .span = { { 0 }, { 1 }, 1, true, { 0 }, 0 } };
    span = weft_span_start("root", .parent = &half);
    is_root(&span);
}

static void TR_017_remote_parents(void **state)
{
    (void)state;
    weft_context parent = weft_context_with_span(NULL, &far, "a=1,b=2");
    assert_true(parent.span.remote);
    weft_span span = weft_span_start("child", .parent = &parent);
    is_child_of(&span, &far);
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    assert_true(view.parent.remote);
    assert_false(view.context.remote);
    assert_memory_equal(view.parent.span_id, far.span_id, 8);
    assert_true(traced_same(view.tracestate, "a=1,b=2"));
    weft_context_release(&parent);
}

/* Tracestate and baggage go on to children, also when the parent has ended and its own context is released. */
static void what_children_inherit(void **state)
{
    (void)state;
    char text[32];
    weft_context bare = weft_context_with_span(NULL, &far, "a=1");
    weft_context parent = weft_baggage_set(&bare, "user", "ann", NULL);
    weft_span span = weft_span_enter("span", .parent = &parent);
    weft_context_release(&bare);
    weft_context_release(&parent);
    assert_int_equal(weft_tracestate(NULL, NULL, text, sizeof text), 3);
    assert_int_equal(weft_baggage_get(NULL, "user", text, sizeof text), 3);
    assert_string_equal(text, "ann");
    weft_span child = weft_span_start("child");
    weft_span root = weft_span_start("root", .root = true);
    weft_span_end(&span); /* still current */
    weft_span late = weft_span_start("late");
    assert_int_equal(weft_tracestate(&late.context.span, "a", text, sizeof text), 1);
    assert_int_equal(weft_baggage_get(&late.context, "user", text, sizeof text), 3);
    weft_span_leave(&span);
    assert_int_equal(weft_tracestate(&child.context.span, "a", text, sizeof text), 1);
    assert_int_equal(weft_baggage_get(&child.context, "user", text, sizeof text), 3);
    assert_int_equal(weft_tracestate(&root.context.span, NULL, text, sizeof text), 0);
    assert_int_equal(weft_baggage_get(&root.context, "user", text, sizeof text), 3);
    weft_span_end(&child);
    weft_span_end(&late);
    weft_span_end(&root);
    for (size_t i = 0; i < 3; i++)
        assert_true(traced_same(traced_span(i).tracestate, "a=1"));
    assert_null(traced_span(3).tracestate.data);
}

static void a_captured_context_outlives_the_span(void **state)
{
    (void)state;
    char text[32];
    weft_context parent = weft_context_with_span(NULL, &far, "a=1");
    weft_span span = weft_span_start("span", .parent = &parent);
    weft_context kept = weft_context_capture(&span.context);
    weft_context_release(&parent);
    weft_span_set(&(weft_span){ kept }, weft_attr("by", "capture"));
    weft_span_end(&span);
    assert_int_equal(weft_tracestate(&kept.span, NULL, text, sizeof text), 3);
    weft_span child = weft_span_start("child", .parent = &kept);
    is_child_of(&child, &span.context.span);
    weft_context_release(&kept);
    weft_span_end(&child);
    weft_span_view first = traced_span(0);
    assert_string_equal(traced_value(&first, "by"), "capture");
    assert_true(traced_same(traced_span(1).tracestate, "a=1"));
}

static void parents_from_a_carrier(void **state)
{
    (void)state;
    weft_header list[] = {
        { weft_text_n("TraceParent", 11), weft_text_n("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03", 55) },
        { weft_text_n("tracestate", 10), weft_text_n("x=y", 3) },
        { weft_text_n("baggage", 7), weft_text_n("user=bob", 8) },
    };
    char text[WEFT_TRACE_ID_SIZE];
    weft_headers headers = { .list = list, .count = 3 };
    weft_carrier carrier = weft_headers_carrier(&headers);
    weft_span outer = weft_span_enter("outer");
    weft_span span = weft_span_enter("server", .kind = WEFT_KIND_SERVER, .carrier = &carrier);
    assert_string_equal(weft_trace_id(NULL, text), "0af7651916cd43dd8448eb211c80319c");
    weft_baggage_get(NULL, "user", text, sizeof text);
    assert_string_equal(text, "bob");
    weft_span child = weft_span_start("child");
    weft_span_leave(&span);
    assert_int_equal(weft_baggage_get(NULL, "user", text, sizeof text), SIZE_MAX);
    weft_span_end(&child);
    headers.count = 0; /* nothing there: what is current stays the parent */
    weft_span local = weft_span_start("local", .carrier = &carrier);
    is_child_of(&local, &outer.context.span);
    weft_span_end(&local);
    headers.count = 3;
    weft_span root = weft_span_start("root", .carrier = &carrier, .root = true);
    is_root(&root);
    weft_span_leave(&outer);
    assert_true(traced_span(0).parent.remote);
    assert_true(traced_same(traced_span(0).tracestate, "x=y"));
    assert_true(traced_same(traced_span(1).tracestate, "x=y"));
    assert_false(traced_span(1).parent.remote);
}

/* Unset stays unset, and set stays set (IDG-4); what is unknown is not passed on. */
static void flags(void **state)
{
    (void)state;
    for (unsigned given = 0; given < 256; given += 5) {
        weft_span_context parent = far;
        parent.flags = (uint8_t)given;
        weft_context context = weft_context_with_span(NULL, &parent, NULL);
        weft_span span = weft_span_start("child", .parent = &context);
        assert_int_equal(span.context.span.flags, given & 3);
        assert_int_equal(weft_span_recording(&span), given & 1);
        weft_span_end(&span);
        weft_context_release(&context);
    }
    weft_span root = weft_span_start("root");
    assert_int_equal(root.context.span.flags, WEFT_FLAG_SAMPLED); /* the ids of tests are not random */
    weft_span_end(&root);
}

/* The id of a span that is dropped is its own, for logs; and it is not recorded (CRE-2, CRE-4). */
static void TR_056_dropped_spans_have_new_ids(void **state)
{
    (void)state;
    traced_restart(WEFT_OPTIONS(weft_sdk_options, .sampler = weft_sampler_off()));
    weft_span one = weft_span_start("dropped"), two = weft_span_enter("dropped");
    weft_span child = weft_span_start("child", .attributes = WEFT_ATTRS(weft_attr("a", 1)));
    assert_true(weft_span_context_valid(&one.context.span));
    assert_memory_not_equal(one.context.span.span_id, two.context.span.span_id, 8);
    is_child_of(&child, &two.context.span);
    assert_int_equal(child.context.span.flags & WEFT_FLAG_SAMPLED, 0);
    assert_false(weft_span_recording(&child));
    weft_span_set(&child, weft_attr("b", 2));
    weft_span_end(&child);
    weft_span_leave(&two);
    weft_span_end(&one);
    assert_int_equal(weft_test_span_count(traced_sdk), 0);
    assert_int_equal(traced_stats().spans.created, 0);
}

/* A dropped span's handle owns what is in cells, until its end. */
static void dropped_spans_pass_tracestate_and_baggage_on(void **state)
{
    (void)state;
    char text[32];
    weft_context with = weft_context_with_span(NULL, &far, "a=1");
    weft_context parent = weft_baggage_set(&with, "user", "ann", NULL);
    traced_restart(WEFT_OPTIONS(weft_sdk_options, .sampler = weft_sampler_off()));
    weft_span span = weft_span_start("dropped", .parent = &parent);
    weft_context_release(&with);
    weft_context_release(&parent);
    weft_span child = weft_span_start("child", .parent = &span.context);
    assert_int_equal(weft_tracestate(&child.context.span, "a", text, sizeof text), 1);
    assert_int_equal(weft_baggage_get(&child.context, "user", text, sizeof text), 3);
    weft_span_end(&child);
    weft_span_end(&span);
    assert_int_equal(weft_tracestate(&span.context.span, "a", text, sizeof text), SIZE_MAX);
}

static void no_spans_are_made_under_suppression(void **state)
{
    (void)state;
    weft_span outer = weft_span_enter("outer");
    weft_context quiet = weft_context_suppressed(NULL);
    weft_token token = weft_context_attach(&quiet);
    weft_span span = weft_span_enter("never");
    assert_false(weft_span_recording(&span));
    assert_memory_equal(span.context.span.span_id, outer.context.span.span_id, 8);
    weft_span inner = weft_span_start("never", .kind = WEFT_KIND_CLIENT);
    weft_span_end(&inner);
    weft_span_leave(&span);
    weft_context_detach(token);
    weft_context_release(&quiet);
    assert_true(weft_span_recording(&outer));
    weft_span_leave(&outer);
    assert_int_equal(weft_test_span_count(traced_sdk), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(TR_020_a_root_by_option, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_021_the_current_span_is_the_parent, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_022_a_parent_from_an_explicit_context, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(one_zero_id_makes_no_parent, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_017_remote_parents, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(what_children_inherit, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(a_captured_context_outlives_the_span, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(parents_from_a_carrier, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(flags, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_056_dropped_spans_have_new_ids, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(dropped_spans_pass_tracestate_and_baggage_on, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(no_spans_are_made_under_suppression, traced_setup, traced_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
