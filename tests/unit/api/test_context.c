/* test_context.c - contexts as values: capture, release, derived ones, user values, suppression, old handles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <weft/weft.h>

#include "sdk/api/bag.h"
#include "sdk/api/runtime.h"

static const weft_span_context somewhere = { { 1, 2, 3 }, { 4, 5 }, 1, true, { 0 }, 0 };

static int released;
static void *released_value;

static void on_release(void *value)
{
    released++;
    released_value = value;
    /* Any call may be made here. */
    weft_context context = weft_context_capture(NULL);
    weft_token token = weft_context_attach(&context);
    assert_int_equal(weft_context_detach(token), WEFT_OK);
    weft_context_release(&context);
}

static const weft_key first_key = { sizeof(weft_key), "same name", on_release };
static const weft_key second_key = { sizeof(weft_key), "same name", NULL };

static int forget(void **state)
{
    (void)state;
    released = 0;
    return 0;
}

/* CTX-1 to 3: keys are told apart by their address, and every write makes a new context. */
static void CP_001_CP_002_CP_003_values_under_keys(void **state)
{
    (void)state;
    int a, b, c;
    weft_context empty = { .hold_ = 0 };
    weft_context one = weft_context_with_value(&empty, &first_key, &a);
    weft_context two = weft_context_with_value(&one, &second_key, &b);
    weft_context three = weft_context_with_value(&two, &first_key, &c);
    assert_null(weft_context_value(&empty, &first_key));
    assert_ptr_equal(weft_context_value(&one, &first_key), &a);
    assert_null(weft_context_value(&one, &second_key));
    assert_ptr_equal(weft_context_value(&two, &first_key), &a);
    assert_ptr_equal(weft_context_value(&two, &second_key), &b);
    assert_ptr_equal(weft_context_value(&three, &first_key), &c);
    weft_context_release(&one), weft_context_release(&two), weft_context_release(&three);
}

static void a_value_is_released_once_when_nobody_holds_it(void **state)
{
    (void)state;
    int value;
    weft_context one = weft_context_with_value(NULL, &first_key, &value);
    weft_context two = weft_baggage_set(&one, "name", "text", NULL);
    weft_context three = weft_context_capture(&two);
    weft_context_release(&one);
    weft_token token = weft_context_attach(&three);
    weft_context_release(&two), weft_context_release(&three);
    assert_int_equal(released, 0);
    assert_ptr_equal(weft_context_value(NULL, &first_key), &value);
    weft_context_detach(token);
    assert_int_equal(released, 1);
    assert_ptr_equal(released_value, &value);
}

static void a_value_that_is_replaced_or_removed_goes_with_the_old_context(void **state)
{
    (void)state;
    int value;
    weft_context one = weft_context_with_value(NULL, &first_key, &value);
    weft_context none = weft_context_with_value(&one, &first_key, NULL);
    assert_null(weft_context_value(&none, &first_key));
    assert_int_equal(released, 0);
    weft_context_release(&one);
    assert_int_equal(released, 1);
    weft_context_release(&none);
    assert_int_equal(released, 1);
}

static void release_empties_and_comes_once(void **state)
{
    (void)state;
    const weft_context zero = { .hold_ = 0 };
    weft_context one = weft_baggage_set(NULL, "name", "text", NULL), copy = one;
    weft_context other = weft_context_capture(&one);
    uint64_t before = weft__misuses.order;
    weft_context_release(&one);
    assert_memory_equal(&one, &zero, sizeof zero);
    weft_context_release(&one);
    assert_int_equal(weft__misuses.order, before);
    weft_context_release(&copy); /* what it held was given back: counted, and the other keeps its own */
    assert_int_equal(weft__misuses.order, before + 1);
    char text[8];
    assert_int_equal(weft_baggage_get(&other, "name", text, sizeof text), 4);
    weft_context_release(&other);
}

static void borrowed_and_entered_contexts_are_left_alone(void **state)
{
    (void)state;
    weft_context remote = weft_context_with_span(NULL, &somewhere, NULL);
    weft_token token = weft_context_attach(&remote);
    weft_context current = weft_context_current();
    weft_context_release(&current);
    assert_true(weft_span_context_valid(&current.span));
    weft_context entered = current;
    entered.hold_ = (uint64_t)1 << 63 | 5;
    weft_context_release(&entered);
    assert_int_equal(entered.hold_ & 0xff, 5);
    weft_context_detach(token);
    weft_context_release(&remote);
    assert_false(weft_span_context_valid(&remote.span));
}

static void an_old_copy_reads_as_empty_never_as_another(void **state)
{
    (void)state;
    char text[32] = "";
    weft_context old = weft_context_with_span(NULL, &somewhere, "k=old");
    weft_context bag = weft_baggage_set(&old, "name", "old", NULL), copy = bag;
    weft_context_release(&old), weft_context_release(&bag);
    weft_context next = weft_context_with_span(NULL, &somewhere, "k=new");
    weft_context next_bag = weft_baggage_set(&next, "name", "new", NULL);
    assert_int_equal(weft_tracestate(&copy.span, NULL, text, sizeof text), 0);
    assert_string_equal(text, "");
    assert_int_equal(weft_baggage_get(&copy, "name", text, sizeof text), SIZE_MAX);
    assert_memory_equal(copy.span.trace_id, somewhere.trace_id, 16); /* the ids stay */
    weft_token token = weft_context_attach(&copy);
    assert_int_equal(weft_baggage_get(NULL, "name", text, sizeof text), SIZE_MAX);
    weft_context_detach(token);
    weft_context_release(&next), weft_context_release(&next_bag);
}

static void a_span_from_elsewhere(void **state)
{
    (void)state;
    char text[32];
    weft_context base = weft_baggage_set(NULL, "name", "text", NULL);
    weft_context with = weft_context_with_span(&base, &somewhere, "a=1, b=2");
    assert_memory_equal(with.span.trace_id, somewhere.trace_id, 16);
    assert_int_equal(weft_tracestate(&with.span, NULL, text, sizeof text), 7);
    assert_string_equal(text, "a=1,b=2");
    assert_int_equal(weft_baggage_get(&with, "name", text, sizeof text), 4);
    /* Its tracestate goes with a span context; one that is broken is none; an empty text removes it. */
    weft_context same = weft_context_with_span(NULL, &with.span, NULL);
    weft_context broken = weft_context_with_span(NULL, &with.span, "A=1");
    weft_context removed = weft_context_with_span(NULL, &with.span, "");
    assert_int_equal(weft_tracestate(&same.span, "b", text, sizeof text), 1);
    assert_int_equal(weft_tracestate(&broken.span, NULL, text, sizeof text), 0);
    assert_int_equal(weft_tracestate(&removed.span, NULL, text, sizeof text), 0);
    weft_context nowhere = weft_context_with_span(&with, NULL, NULL);
    assert_false(weft_span_context_valid(&nowhere.span));
    assert_int_equal(weft_baggage_get(&nowhere, "name", text, sizeof text), 4);
    weft_context_release(&base), weft_context_release(&with), weft_context_release(&same);
    weft_context_release(&broken), weft_context_release(&removed), weft_context_release(&nowhere);
}

static void bound_fields_are_copies_and_the_last_of_a_key_counts(void **state)
{
    (void)state;
    char value[] = "first";
    const int64_t numbers[] = { 1, 2 };
    const char *const texts[] = { "x", NULL, "z" };
    weft_context one = weft_context_with_fields(
        NULL,
        (const weft_attribute[]){ weft_attr("a", value),
                                  weft_attr("b", 1),
                                  weft_attr("n", weft_ints(numbers, 2)),
                                  weft_attr("s", weft_strings(texts, 3)),
                                  weft_attr("m", weft_map(weft_attr("in", weft_array(weft_bool(true), weft_int(7))))),
                                  { .key = NULL },
                                  weft_attr("b", 2) },
        7);
    memset(value, 'x', sizeof value - 1);
    weft_context two = weft_context_with_fields(&one, &(weft_attribute){ weft_int(3), "a", WEFT_NUL, 0 }, 1);
    const weft__bag *bag = weft__bag_look(one.bag_);
    assert_int_equal(bag->fields.count, 5);
    assert_string_equal(bag->fields.list[0].key, "a");
    assert_string_equal(bag->fields.list[0].value.as.string, "first");
    assert_int_equal(bag->fields.list[1].value.as.ints[1], 2);
    assert_string_equal(bag->fields.list[2].value.as.strings[2], "z");
    assert_int_equal(bag->fields.list[3].value.as.map[0].value.as.array[1].as.integer, 7);
    assert_int_equal(bag->fields.list[4].value.as.integer, 2);
    bag = weft__bag_look(two.bag_);
    assert_int_equal(bag->fields.count, 5);
    assert_string_equal(bag->fields.list[4].key, "a");
    assert_int_equal(bag->fields.list[4].value.as.integer, 3);
    weft_context_release(&one), weft_context_release(&two);
}

static void what_does_not_fit_is_left_out_and_counted(void **state)
{
    (void)state;
    static char large[10 << 20];
    memset(large, 'x', sizeof large - 1);
    char text[8];
    uint64_t before = weft__misuses.argument;
    weft_context base = weft_baggage_set(NULL, "name", "text", NULL);
    weft_context one = weft_context_with_fields(&base, &(weft_attribute){ weft_string(large), "k", WEFT_NUL, 0 }, 1);
    weft_context two = weft_baggage_set(&base, "large", large, NULL);
    weft_context three = weft_baggage_set(&base, large, "value", NULL);
    assert_int_equal(weft__misuses.argument, before + 3);
    assert_int_equal(weft_baggage_get(&one, "name", text, sizeof text), 4);
    assert_int_equal(weft_baggage_get(&two, "name", text, sizeof text), 4);
    assert_int_equal(weft_baggage_get(&two, "large", text, sizeof text), SIZE_MAX);
    weft_context_release(&base), weft_context_release(&one), weft_context_release(&two), weft_context_release(&three);
}

static void one_key_10000_times_keeps_its_last_value(void **state)
{
    (void)state;
    static weft_attribute list[10000];
    for (int i = 0; i < 10000; i++)
        list[i] = weft_attr("key", i);
    weft_context context = weft_context_with_fields(NULL, list, 10000);
    const weft__bag *bag = weft__bag_look(context.bag_);
    assert_int_equal(bag->fields.count, 1);
    assert_int_equal(bag->fields.list[0].value.as.integer, 9999);
    weft_context_release(&context);
}

static void suppression_is_inherited(void **state)
{
    (void)state;
    weft_context one = weft_context_suppressed(NULL);
    assert_true((one.bag_ & WEFT__REF_SUPPRESSED) != 0);
    weft_context two = weft_baggage_set(&one, "name", "text", NULL);
    weft_context three = weft_baggage_clear(&two);
    weft_context four = weft_context_with_span(&three, &somewhere, "a=1");
    assert_true((two.bag_ & WEFT__REF_SUPPRESSED) != 0 && two.bag_ != WEFT__REF_SUPPRESSED);
    assert_true(three.bag_ == WEFT__REF_SUPPRESSED && four.bag_ == WEFT__REF_SUPPRESSED);
    weft_token token = weft_context_attach(&two);
    assert_true((weft_context_current().bag_ & WEFT__REF_SUPPRESSED) != 0);
    weft_context_detach(token);
    weft_context_release(&one), weft_context_release(&two), weft_context_release(&three), weft_context_release(&four);
}

static void null_is_the_current_context_or_nothing(void **state)
{
    (void)state;
    const weft_context zero = { .hold_ = 0 };
    weft_context_release(NULL);
    weft_context made[] = {
        weft_context_capture(NULL),
        weft_context_with_span(NULL, NULL, NULL),
        weft_context_with_fields(NULL, NULL, 5),
        weft_context_with_value(NULL, NULL, &released),
        weft_baggage_set(NULL, NULL, NULL, NULL),
        weft_baggage_set(NULL, "", "value", NULL),
        weft_baggage_remove(NULL, NULL),
        weft_baggage_clear(NULL),
    };
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        weft_context_release(&made[i]);
        assert_memory_equal(&made[i], &zero, sizeof zero);
    }
    assert_null(weft_context_value(NULL, NULL));
    weft_baggage_each(NULL, NULL, NULL);
    assert_int_equal(weft_baggage_get(NULL, NULL, NULL, 0), SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(CP_001_CP_002_CP_003_values_under_keys),
        cmocka_unit_test_setup(a_value_is_released_once_when_nobody_holds_it, forget),
        cmocka_unit_test_setup(a_value_that_is_replaced_or_removed_goes_with_the_old_context, forget),
        cmocka_unit_test(release_empties_and_comes_once),
        cmocka_unit_test(borrowed_and_entered_contexts_are_left_alone),
        cmocka_unit_test(an_old_copy_reads_as_empty_never_as_another),
        cmocka_unit_test(a_span_from_elsewhere),
        cmocka_unit_test(bound_fields_are_copies_and_the_last_of_a_key_counts),
        cmocka_unit_test(what_does_not_fit_is_left_out_and_counted),
        cmocka_unit_test(one_key_10000_times_keeps_its_last_value),
        cmocka_unit_test(suppression_is_inherited),
        cmocka_unit_test(null_is_the_current_context_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
