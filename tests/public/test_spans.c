/* test_spans.c - spans from start to end: kinds, names, times, and what can be asked in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/traced.h"

WEFT_INSTRUMENTATION("spans", "1.0");

enum { SECOND = 1000000000 };

/* Starting does not make current (TRC-6). */
static void TR_011_TR_027_start_and_end(void **state)
{
    (void)state;
    weft_span span = weft_span_start("work");
    assert_false(weft_span_context_valid(NULL));
    assert_true(weft_span_context_valid(&span.context.span));
    weft_test_advance(traced_sdk, 10);
    assert_int_equal(weft_test_span_count(traced_sdk), 0);
    weft_span_end(&span);
    traced_is("\"work\" internal trace=1 id=2 parent=0 at=0 ns=10\n");
}

static void enter_and_leave(void **state)
{
    (void)state;
    weft_span outer = weft_span_enter("outer");
    assert_memory_equal(weft_span_current().context.span.span_id, outer.context.span.span_id, 8);
    weft_span inner = weft_span_enter("inner");
    assert_memory_equal(weft_span_current().context.span.span_id, inner.context.span.span_id, 8);
    weft_span_leave(&inner);
    assert_memory_equal(weft_span_current().context.span.span_id, outer.context.span.span_id, 8);
    weft_span_leave(&outer);
    assert_false(weft_span_context_valid(NULL));
    traced_is("\"inner\" internal trace=1 id=3 parent=2 at=0 ns=0\n"
              "\"outer\" internal trace=1 id=2 parent=0 at=0 ns=0\n");
}

static void kinds(void **state)
{
    (void)state;
    static const int KINDS[] = { WEFT_KIND_INTERNAL, WEFT_KIND_SERVER,   WEFT_KIND_CLIENT,
                                 WEFT_KIND_PRODUCER, WEFT_KIND_CONSUMER, 77 };
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        weft_span span = weft_span_start("kind", .kind = (weft_span_kind)KINDS[i]);
        weft_span_end(&span);
        assert_int_equal(traced_span(i).kind, KINDS[i] == 77 ? WEFT_KIND_INTERNAL : KINDS[i]);
    }
}

static void record_named(const char *name, size_t name_size)
{
    weft_span span = weft_span_start(name, .name_size = name_size);
    weft_span_end(&span);
    span = weft_span_enter(name, .name_size = name_size);
    weft_span_leave(&span);
}

static void names(void **state)
{
    (void)state;
    char name[400];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    uint64_t misuses = traced_stats().misuse_argument;
    for (size_t size = 1; size < sizeof name; size++) {
        record_named(name, size); /* without a NUL behind it */
        record_named(name + sizeof name - 1 - size, 0);
        for (size_t i = 0; i < 4; i++) {
            weft_span_view view = traced_span(i);
            assert_int_equal(view.name.size, size);
            assert_memory_equal(view.name.data, name, size);
        }
        weft_test_reset(traced_sdk);
    }
    record_named("", 0);
    assert_int_equal(traced_span(0).name.size, 0);
    assert_int_equal(traced_span(1).name.size, 0);
    assert_int_equal(traced_stats().misuse_argument, misuses);
    assert_int_equal(traced_stats().truncated_records, 0);
}

/* The placeholder's size is its own (GEN-2). */
static void names_that_are_null(void **state)
{
    (void)state;
    uint64_t misuses = traced_stats().misuse_argument;
    record_named(NULL, 0);
    record_named(NULL, 1);
    record_named(NULL, 4000);
    weft_span plain = weft_span_start(NULL);
    weft_span_end(&plain);
    assert_int_equal(traced_stats().misuse_argument, misuses + 7);
    for (size_t i = 0; i < 7; i++)
        assert_true(traced_same(traced_span(i).name, "unnamed"));
}

static void enormous_names_are_cut_marked_and_counted(void **state)
{
    (void)state;
    enum { ENORMOUS = 10 * 1024 * 1024 };
    char *name = malloc(ENORMOUS + 1);
    assert_non_null(name);
    memset(name, 'n', ENORMOUS);
    name[ENORMOUS] = '\0';
    record_named(name, 0);
    record_named(name, ENORMOUS);
    weft_span span = weft_span_start("short");
    weft_span_rename(&span, name);
    weft_span_end(&span);
    for (size_t i = 0; i < 5; i++) {
        weft_span_view view = traced_span(i);
        assert_in_range(view.name.size, 64000, 65536);
        assert_string_equal(traced_value(&view, "weft.truncated"), "true");
    }
    assert_int_equal(traced_stats().truncated_records, 5);
    free(name);
}

static void TR_026_TR_028_times_of_the_callers_choice(void **state)
{
    (void)state;
    weft_span span = weft_span_start("both", .start_time = 5);
    weft_span_end_at(&span, 12);
    span = weft_span_start("start", .start_time = SECOND - 7);
    weft_span_end(&span);
    span = weft_span_start("end");
    weft_test_advance(traced_sdk, 5);
    weft_span_end_at(&span, SECOND + 100);
    span = weft_span_enter("entered", .start_time = SECOND + 1);
    weft_span_end_at(&span, SECOND + 3);
    weft_span_leave(&span);
    span = weft_span_start("zero is now");
    weft_span_end_at(&span, 0);
    static const uint64_t TIMES[][2] = { { 5, 12 },
                                         { SECOND - 7, SECOND },
                                         { SECOND, SECOND + 100 },
                                         { SECOND + 1, SECOND + 3 },
                                         { SECOND + 5, SECOND + 5 } };
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(traced_span(i).start_time, TIMES[i][0]);
        assert_int_equal(traced_span(i).end_time, TIMES[i][1]);
    }
}

static void no_span_lasts_less_than_nothing(void **state)
{
    (void)state;
    weft_span span = weft_span_start("ends before it starts");
    weft_span_end_at(&span, 7);
    span = weft_span_start("starts in the future", .start_time = 50 * (uint64_t)SECOND);
    weft_span_end(&span);
    span = weft_span_start("both", .start_time = 20);
    weft_span_end_at(&span, 10);
    span = weft_span_start("the largest", .start_time = UINT64_MAX);
    weft_span_end_at(&span, UINT64_MAX - 1);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(traced_span(i).start_time, traced_span(i).end_time);
    assert_int_equal(traced_span(1).start_time, 50 * (uint64_t)SECOND);
}

static void TR_029_TR_030_recording_until_the_end(void **state)
{
    (void)state;
    weft_span span = weft_span_start("work"), copy = span;
    assert_true(weft_span_recording(&span));
    assert_true(weft_span_recording(&copy));
    weft_span_end(&copy);
    assert_false(weft_span_recording(&span));
    assert_false(weft_span_recording(NULL));
    assert_false(weft_span_recording(&(weft_span){ .context = { .record_ = 0 } }));
    span = weft_span_enter("entered");
    assert_true(weft_span_recording(WEFT_CURRENT));
    weft_span_end(&span);
    assert_false(weft_span_recording(WEFT_CURRENT));
    weft_span_leave(&span);
    assert_false(weft_span_recording(WEFT_CURRENT));
}

static void a_second_end_is_counted_and_changes_nothing(void **state)
{
    (void)state;
    weft_span span = weft_span_start("once");
    weft_span_end_at(&span, SECOND + 1);
    uint64_t misuses = traced_stats().misuse_after_end;
    weft_span_end_at(&span, SECOND + 2);
    weft_span_end(&span);
    assert_int_equal(traced_stats().misuse_after_end, misuses + 2);
    assert_int_equal(weft_test_span_count(traced_sdk), 1);
    assert_int_equal(traced_span(0).end_time, SECOND + 1);
}

/* Ended early and left later is no misuse, nor is it two ends (SPN-12). */
static void an_entered_span_may_end_early(void **state)
{
    (void)state;
    weft_span span = weft_span_enter("early");
    weft_span_end(&span);
    uint64_t misuses = traced_stats().misuse_after_end;
    weft_span child = weft_span_start("child of an ended parent");
    weft_span_end(&child);
    assert_memory_equal(weft_span_current().context.span.span_id, span.context.span.span_id, 8);
    weft_span_leave(&span);
    assert_false(weft_span_context_valid(NULL));
    assert_int_equal(traced_stats().misuse_after_end, misuses);
    traced_is("\"early\" internal trace=1 id=2 parent=0 at=0 ns=0\n"
              "\"child of an ended parent\" internal trace=1 id=3 parent=2 at=0 ns=0\n");
}

static void ends_leave_children_open(void **state)
{
    (void)state;
    weft_span parent = weft_span_start("parent");
    weft_span child = weft_span_start("child", .parent = &parent.context);
    weft_span_end(&parent);
    assert_true(weft_span_recording(&child));
    weft_span_set(&child, weft_attr("still", "here"));
    weft_span_end(&child);
    weft_span_view view = traced_span(1);
    assert_string_equal(traced_value(&view, "still"), "here");
}

static void TR_025_the_last_name_counts(void **state)
{
    (void)state;
    weft_span span = weft_span_start("first");
    weft_span_rename(&span, "second");
    weft_span_set(&span, weft_attr("a", 1));
    weft_span_rename(&span, "third");
    uint64_t misuses = traced_stats().misuse_argument;
    weft_span_rename(&span, NULL);
    assert_int_equal(traced_stats().misuse_argument, misuses + 1);
    weft_span_end(&span);
    weft_span_rename(&span, "late");
    traced_is("\"third\" internal trace=1 id=2 parent=0 at=0 ns=0 a=1\n");
    span = weft_span_start("long enough to be replaced by nothing");
    weft_span_rename(&span, "");
    weft_span_end(&span);
    assert_int_equal(traced_span(0).name.size, 0);
}

/* Each new name takes room in the record until the old ones are thrown out. */
static void ten_thousand_names(void **state)
{
    (void)state;
    char name[] = "name 00000";
    weft_span span = weft_span_start("first");
    for (int i = 0; i < 10000; i++) {
        for (int digit = 0, left = i; digit < 5; digit++, left /= 10)
            name[9 - digit] = (char)('0' + left % 10);
        weft_span_rename(&span, name);
    }
    weft_span_end(&span);
    traced_is("\"name 09999\" internal trace=1 id=2 parent=0 at=0 ns=0\n");
}

static void look(void *arg, const weft_span_view *view)
{
    weft_span_view *out = arg;
    assert_int_equal(view->end_time, 0);
    assert_int_equal(view->attribute_count, 1);
    assert_string_equal(traced_value(view, "a"), "2");
    assert_true(traced_same(view->name, "renamed"));
    *out = *view;
}

static void a_look_at_an_open_span(void **state)
{
    (void)state;
    weft_span_view seen = { .size = 0 };
    weft_span span = weft_span_start("named", .kind = WEFT_KIND_SERVER);
    weft_span_set(&span, weft_attr("a", 1), weft_attr("a", 2));
    weft_span_rename(&span, "renamed");
    assert_true(weft_span_look(&span, look, &seen));
    assert_int_equal(seen.kind, WEFT_KIND_SERVER);
    assert_int_equal(seen.start_time, SECOND);
    uint64_t misuses = traced_stats().misuse_argument;
    assert_false(weft_span_look(&span, NULL, &seen));
    assert_int_equal(traced_stats().misuse_argument, misuses + 1);
    assert_false(weft_span_look(NULL, look, &seen));
    weft_span_end(&span);
    assert_false(weft_span_look(&span, look, &seen));
}

/* NULL for the handle, and the handle that is all zero. */
static void nothing_is_recorded_on_no_span(void **state)
{
    (void)state;
    const weft_span zero = { .context = { .record_ = 0 } }, *const none[] = { NULL, &zero };
    for (size_t i = 0; i < 2; i++) {
        weft_span_set(none[i], weft_attr("a", 1));
        weft_span_event(none[i], "event");
        weft_span_link(none[i], &(weft_link){ .context = { .flags = 1 } });
        weft_span_rename(none[i], "name");
        weft_span_status_set(none[i], WEFT_STATUS_ERROR, "text");
        weft_span_error(none[i], "type", "message");
        weft_span_errno(none[i], 2, "open");
        weft_span_exception(none[i], NULL);
        weft_span_end(none[i]);
        weft_span_end_at(none[i], 5);
        weft_span_leave(none[i]);
    }
    traced_is("");
}

static void enabled(void **state)
{
    (void)state;
    assert_true(weft_span_enabled_in(WEFT_HERE));
    assert_true(weft_span_enabled_in(NULL));
    weft_sdk_stop(traced_sdk, 1000);
    assert_false(weft_span_enabled_in(WEFT_HERE));
    assert_false(weft_span_enabled_in(NULL));
    traced_setup(NULL);
    assert_true(weft_span_enabled_in(WEFT_HERE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(TR_011_TR_027_start_and_end, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(enter_and_leave, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(kinds, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(names, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(names_that_are_null, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(enormous_names_are_cut_marked_and_counted, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_026_TR_028_times_of_the_callers_choice, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(no_span_lasts_less_than_nothing, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_029_TR_030_recording_until_the_end, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(a_second_end_is_counted_and_changes_nothing, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(an_entered_span_may_end_early, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(ends_leave_children_open, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_025_the_last_name_counts, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(ten_thousand_names, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(a_look_at_an_open_span, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(nothing_is_recorded_on_no_span, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(enabled, traced_setup, traced_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
