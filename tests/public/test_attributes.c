/* test_attributes.c - attributes of spans: every type, every size, again and again, and after the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/traced.h"

WEFT_INSTRUMENTATION("attributes", "1.0");

enum { CAP = 64 * 1024, ENORMOUS = 10 * 1024 * 1024 };

static char *letters(size_t size)
{
    char *text = malloc(size + 1);
    assert_non_null(text);
    memset(text, 'v', size);
    text[size] = '\0';
    return text;
}

static weft_attribute attribute_of(const weft_span_view *span, const char *key)
{
    weft_attribute attribute;
    assert_true(weft_test_attribute(span, key, &attribute));
    return attribute;
}

static void has(const weft_span_view *span, const char *key, weft_type type, const char *text)
{
    assert_int_equal(attribute_of(span, key).value.type, type);
    assert_string_equal(traced_value(span, key), text);
}

static void TR_037_TR_038_TR_039_TR_040_TR_041_scalars(void **state)
{
    (void)state;
    weft_span span = weft_span_start("scalars", .attributes = WEFT_ATTRS(weft_attr("at start", "yes")));
    weft_span_set(&span, weft_attr("string", "text"), weft_attr("empty string", ""), weft_attr("true", weft_bool(true)),
                  weft_attr("false", weft_bool(false)), weft_attr("zero", 0), weft_attr("small", -1),
                  weft_attr("least", INT64_MIN), weft_attr("most", INT64_MAX));
    weft_span_set(&span, weft_attr("huge", UINT64_MAX), weft_attr("half", 0.5), weft_attr("single", 0.25f));
    weft_span_set(&span, weft_attr("n", weft_text_n("no NUL here", 6)));
    weft_span_set(&span, weft_attr("null", (const char *)NULL));
    weft_span_set(&span, weft_attr("empty", weft_empty()));
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    has(&view, "at start", WEFT_TYPE_STRING, "yes");
    has(&view, "string", WEFT_TYPE_STRING, "text");
    has(&view, "empty string", WEFT_TYPE_STRING, "");
    has(&view, "true", WEFT_TYPE_BOOL, "true");
    has(&view, "false", WEFT_TYPE_BOOL, "false");
    has(&view, "zero", WEFT_TYPE_INT, "0");
    has(&view, "small", WEFT_TYPE_INT, "-1");
    has(&view, "least", WEFT_TYPE_INT, "-9223372036854775808");
    has(&view, "most", WEFT_TYPE_INT, "9223372036854775807");
    has(&view, "huge", WEFT_TYPE_STRING, "18446744073709551615");
    has(&view, "half", WEFT_TYPE_DOUBLE, "0.5");
    has(&view, "single", WEFT_TYPE_DOUBLE, "0.25");
    has(&view, "n", WEFT_TYPE_STRING, "no NUL");
    has(&view, "null", WEFT_TYPE_EMPTY, "");
    has(&view, "empty", WEFT_TYPE_EMPTY, "");
    assert_int_equal(view.attribute_count, 15);
    assert_int_equal(view.dropped_attributes, 0);
}

static void TR_042_arrays_bytes_and_maps(void **state)
{
    (void)state;
    const bool bools[] = { true, false };
    const int64_t ints[] = { 1, -2 };
    const double doubles[] = { 0.5, 2 };
    const char *const strings[] = { "a", "", NULL };
    weft_span span = weft_span_start("arrays");
    weft_span_set(&span, weft_attr("bools", weft_bools(bools, 2)), weft_attr("ints", weft_ints(ints, 2)),
                  weft_attr("doubles", weft_doubles(doubles, 2)), weft_attr("strings", weft_strings(strings, 3)),
                  weft_attr("bytes", weft_bytes("\x00\xff", 2)), weft_attr("no bytes", weft_bytes("", 0)),
                  weft_attr("none", weft_ints(NULL, 0)), weft_attr("null list", weft_strings(NULL, 5)));
    weft_span_set(&span, weft_attr("mixed", weft_array(weft_value_of(1), weft_value_of("x"), weft_empty())),
                  weft_attr("map", weft_map(weft_attr("k", 1), weft_attr("deep", weft_map(weft_attr("d", "e"))))),
                  weft_attr("no map", weft_map_n(NULL, 0)));
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    has(&view, "bools", WEFT_TYPE_ARRAY, "[true,false]");
    has(&view, "ints", WEFT_TYPE_ARRAY, "[1,-2]");
    has(&view, "strings", WEFT_TYPE_ARRAY, "[\"a\",\"\",null]");
    has(&view, "bytes", WEFT_TYPE_BYTES, "AP8=");
    has(&view, "no bytes", WEFT_TYPE_BYTES, "");
    has(&view, "none", WEFT_TYPE_ARRAY, "[]");
    has(&view, "mixed", WEFT_TYPE_ARRAY, "[1,\"x\",null]");
    has(&view, "map", WEFT_TYPE_MAP, "{\"k\":1,\"deep\":{\"d\":\"e\"}}");
    has(&view, "no map", WEFT_TYPE_MAP, "{}");
    assert_int_equal(attribute_of(&view, "doubles").value.size, 2);
    assert_int_equal(view.attribute_count, 11);
}

static void the_last_value_of_a_key_counts(void **state)
{
    (void)state;
    weft_span span = weft_span_start("twice", .attributes = WEFT_ATTRS(weft_attr("a", 1), weft_attr("a", 2)));
    weft_span_set(&span, weft_attr("b", 1), weft_attr("a", "three"), weft_attr("B", true));
    weft_span_set(&span, weft_attr("b", weft_array(weft_value_of(4))));
    weft_span_end(&span);
    traced_is("\"twice\" internal trace=1 id=2 parent=0 at=0 ns=0 a=\"three\" b=[4] B=1\n");
}

static void ten_thousand_times_one_key(void **state)
{
    (void)state;
    weft_span span = weft_span_start("many");
    weft_span_set(&span, weft_attr("first", 1));
    for (int i = 0; i < 10000; i++)
        weft_span_set(&span, weft_attr("key", i));
    weft_span_set(&span, weft_attr("last", 1));
    weft_span_end(&span);
    traced_is("\"many\" internal trace=1 id=2 parent=0 at=0 ns=0 first=1 key=9999 last=1\n");
}

/* Earlier values make room for the last one before anything is cut. */
static void large_values_of_one_key(void **state)
{
    (void)state;
    char *text = letters(20000);
    weft_span span = weft_span_start("large");
    for (int i = 0; i < 20; i++) {
        text[0] = (char)('a' + i);
        weft_span_set(&span, weft_attr("key", (const char *)text), weft_attr("i", i));
    }
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    assert_int_equal(view.attribute_count, 2);
    assert_string_equal(traced_value(&view, "key"), text);
    assert_string_equal(traced_value(&view, "i"), "19");
    assert_int_equal(traced_stats().truncated_records, 0);
    free(text);
}

static void name_key(char key[8], int number)
{
    snprintf(key, 8, "k%d", number % 100000);
}

/* More than 128: new keys are refused and counted, known ones still replaced (LIM-3). */
static void TR_034_more_keys_than_the_limit(void **state)
{
    (void)state;
    char key[8];
    weft_span span = weft_span_start("many keys");
    for (int i = 0; i < 200; i++) {
        name_key(key, i);
        weft_span_set(&span, weft_attr(key, i));
    }
    for (int i = 0; i < 200; i++) {
        name_key(key, i);
        weft_span_set(&span, weft_attr(key, -i));
    }
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    assert_int_equal(view.attribute_count, 128);
    assert_int_equal(view.dropped_attributes, 144);
    for (int i = 0; i < 128; i++) {
        name_key(key, i);
        assert_int_equal(attribute_of(&view, key).value.as.integer, -i);
    }
    name_key(key, 128);
    assert_null(traced_value(&view, key));
    assert_int_equal(traced_stats().truncated_records, 0);
}

static void seventy_thousand_keys_are_counted(void **state)
{
    (void)state;
    char key[8];
    weft_span span = weft_span_start("many keys");
    for (int i = 0; i < 70128; i++) {
        name_key(key, i);
        weft_span_set(&span, weft_attr(key, i));
    }
    weft_span_end(&span);
    assert_int_equal(traced_span(0).dropped_attributes, 70000);
}

static void TR_058_TR_060_limits(void **state)
{
    (void)state;
    const weft_limits limits = { .size = sizeof limits, .attributes = 3, .value_length = 4, .value_depth = 2 };
    const char *const strings[] = { "12345", "1" };
    traced_restart(WEFT_OPTIONS(weft_sdk_options, .limits = &limits));
    weft_span span = weft_span_start("limited");
    weft_span_set(&span, weft_attr("a", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x8c\x8dxyz"), weft_attr("b", "1234"),
                  weft_attr("c", weft_bytes("123456", 6)), weft_attr("d", "no room"));
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    has(&view, "a", WEFT_TYPE_STRING, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x8c\x8dx");
    has(&view, "b", WEFT_TYPE_STRING, "1234");
    has(&view, "c", WEFT_TYPE_BYTES, "MTIzNA==");
    assert_int_equal(view.dropped_attributes, 1);
    span = weft_span_start("nested");
    weft_span_set(&span, weft_attr("s", weft_strings(strings, 2)),
                  weft_attr("m", weft_map(weft_attr("key of any length", "12345"), weft_attr("n", 12345678))),
                  weft_attr("deep", weft_array(weft_array(weft_array(weft_value_of(1))), weft_value_of(2))));
    weft_span_end(&span);
    view = traced_span(1);
    has(&view, "s", WEFT_TYPE_ARRAY, "[\"1234\",\"1\"]");
    has(&view, "m", WEFT_TYPE_MAP, "{\"key of any length\":\"1234\",\"n\":12345678}");
    has(&view, "deep", WEFT_TYPE_ARRAY, "[[null],2]");
}

static void limits_of_nothing(void **state)
{
    (void)state;
    const weft_limits limits = {
        .size = sizeof limits, .attributes = WEFT_ZERO, .events = WEFT_ZERO, .links = WEFT_ZERO
    };
    traced_restart(WEFT_OPTIONS(weft_sdk_options, .limits = &limits));
    weft_span span = weft_span_start("nothing", .attributes = WEFT_ATTRS(weft_attr("a", 1)));
    weft_span_set(&span, weft_attr("b", 2), weft_attr("b", weft_array(weft_value_of(1))));
    weft_span_event(&span, "event");
    weft_span_link(&span, &(weft_link){ .context = span.context.span });
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    assert_int_equal(view.attribute_count + view.event_count + view.link_count, 0);
    assert_int_equal(view.dropped_attributes, 3);
    assert_int_equal(view.dropped_events, 1);
    assert_int_equal(view.dropped_links, 1);
}

/* 64 levels by default (LIM-1), and cyclic values end. */
static void values_in_values(void **state)
{
    (void)state;
    weft_value nest[200];
    nest[0] = weft_int(7);
    for (size_t i = 1; i < 200; i++)
        nest[i] = weft_array_n(&nest[i - 1], 1);
    weft_value cycle[2] = { weft_int(1), weft_empty() };
    cycle[1] = weft_array_n(cycle, 2);
    weft_span span = weft_span_start("nested");
    weft_span_set(&span, weft_attr("64", nest[64]), weft_attr("65", nest[65]), weft_attr("cycle", cycle[1]));
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    assert_non_null(strstr(traced_value(&view, "64"), "[7]"));
    assert_non_null(strstr(traced_value(&view, "65"), "[null]"));
    assert_non_null(strstr(traced_value(&view, "cycle"), "[1,[1,["));
}

static void keys_that_are_none_are_misuse(void **state)
{
    (void)state;
    uint64_t misuses = traced_stats().misuse_argument;
    weft_span span = weft_span_start("keys");
    weft_span_set(&span, weft_attr((const char *)NULL, 1), weft_attr("", 2), weft_attr("a", 3));
    weft_span_set_list(&span, NULL, 3);
    weft_span_set_list(&span, NULL, 0);
    weft_attribute sized = weft_attr("key and more", 4);
    sized.key_size = 3;
    weft_span_set_list(&span, &sized, 1);
    weft_span_end(&span);
    assert_int_equal(traced_stats().misuse_argument, misuses + 3);
    traced_is("\"keys\" internal trace=1 id=2 parent=0 at=0 ns=0 a=3 key=4\n");
}

static void unknown_types_are_empty_values(void **state)
{
    (void)state;
    weft_attribute odd = weft_attr("odd", 1);
    odd.value.type = 4711;
    weft_span span = weft_span_start("odd");
    weft_span_set_list(&span, &odd, 1);
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    has(&view, "odd", WEFT_TYPE_EMPTY, "");
}

static void enormous_values_are_cut_marked_and_counted(void **state)
{
    (void)state;
    char *text = letters(ENORMOUS);
    weft_span span = weft_span_start("text");
    weft_span_set(&span, weft_attr("before", 1), weft_attr("large", (const char *)text), weft_attr("after", 2));
    weft_span_end(&span);
    span = weft_span_start("bytes", .attributes = WEFT_ATTRS(weft_attr("large", weft_bytes(text, ENORMOUS))));
    weft_span_end(&span);
    span = weft_span_start("list");
    const char *const strings[] = { text, "a" };
    weft_span_set(&span, weft_attr("large", weft_strings(strings, 2)), weft_attr((const char *)text, 1));
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    assert_string_equal(traced_value(&view, "before"), "1");
    assert_string_equal(traced_value(&view, "weft.truncated"), "true");
    assert_in_range(attribute_of(&view, "large").value.size, CAP - 200, CAP);
    view = traced_span(1);
    assert_in_range(attribute_of(&view, "large").value.size, CAP - 200, CAP);
    assert_string_equal(traced_value(&view, "weft.truncated"), "true");
    view = traced_span(2);
    assert_int_equal(view.dropped_attributes, 2);
    assert_int_equal(view.attribute_count, 1);
    assert_string_equal(traced_value(&view, "weft.truncated"), "true");
    assert_int_equal(traced_stats().truncated_records, 3);
    free(text);
}

/* A value that was cut is one of its key, like any other (CMN-8). */
static void a_cut_value_and_another_of_its_key(void **state)
{
    (void)state;
    char *text = letters(ENORMOUS);
    weft_span span = weft_span_start("small first");
    weft_span_set(&span, weft_attr("key", "small"), weft_attr("key", (const char *)text));
    weft_span_end(&span);
    span = weft_span_start("large first");
    weft_span_set(&span, weft_attr("key", (const char *)text), weft_attr("key", "small"));
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    assert_int_equal(view.attribute_count, 2);
    assert_true(attribute_of(&view, "key").value.size > 60000);
    view = traced_span(1);
    assert_int_equal(view.attribute_count, 2);
    assert_string_equal(traced_value(&view, "key"), "small");
    free(text);
}

/* Blocks have 512 bytes, and a record goes over from one to the next at any byte. */
static void every_size_around_the_ends_of_blocks(void **state)
{
    (void)state;
    char *text = letters(2000);
    for (size_t size = 0; size < 2000; size += size < 1100 ? 1 : 7) {
        weft_span span = weft_span_start("sized");
        weft_span_set(&span, weft_attr("first", weft_text_n(text, size)), weft_attr("second", 5));
        weft_span_event(&span, "event", weft_attr("text", weft_text_n(text, size / 3)));
        weft_span_set(&span, weft_attr("third", weft_text_n(text, size / 2)), weft_attr("fourth", 0.5));
        weft_span_status_set(&span, WEFT_STATUS_ERROR, "status");
        weft_span_end(&span);
        weft_span_view view = traced_span(0);
        assert_int_equal(view.attribute_count, 4);
        assert_int_equal(attribute_of(&view, "first").value.size, size);
        assert_memory_equal(attribute_of(&view, "first").value.as.string, text, size);
        assert_int_equal(attribute_of(&view, "second").value.as.integer, 5);
        assert_int_equal(attribute_of(&view, "third").value.size, size / 2);
        assert_true(attribute_of(&view, "fourth").value.as.real == 0.5);
        assert_true(traced_same(view.status_text, "status"));
        assert_int_equal(view.event_count, 1);
        weft_test_reset(traced_sdk);
    }
    free(text);
}

static void many_small_ones_up_to_the_cap(void **state)
{
    (void)state;
    const weft_limits limits = { .size = sizeof limits, .attributes = 100000 };
    char key[8];
    traced_restart(WEFT_OPTIONS(weft_sdk_options, .limits = &limits));
    weft_span span = weft_span_start("full");
    for (int i = 0; i < 10000; i++) {
        name_key(key, i);
        weft_span_set(&span, weft_attr(key, i));
    }
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    assert_in_range(view.attribute_count, 3000, 9999);
    assert_int_equal(view.attribute_count - 1 + view.dropped_attributes, 10000);
    assert_string_equal(traced_value(&view, "weft.truncated"), "true");
    assert_string_equal(traced_value(&view, "k0"), "0");
    assert_string_equal(traced_value(&view, "k2999"), "2999");
}

/* By a copy too, and when the block has long been another span's. */
static void after_the_end_nothing_changes(void **state)
{
    (void)state;
    weft_span first = weft_span_start("first"), copy = first;
    weft_span_set(&copy, weft_attr("by", "copy"));
    weft_span_end(&first);
    uint64_t misuses = traced_stats().misuse_after_end;
    for (int i = 0; i < 300; i++) {
        weft_span span = weft_span_start("next");
        weft_span_set(&first, weft_attr("late", 1));
        weft_span_event(&copy, "late");
        weft_span_link(&first, &(weft_link){ .context = copy.context.span });
        weft_span_rename(&copy, "late");
        weft_span_status_set(&first, WEFT_STATUS_ERROR, "late");
        weft_span_error(&first, "late", "late"); /* asks first whether it records */
        weft_span_end(&copy);
        weft_span_end(&span);
        weft_span_view view = traced_span(weft_test_span_count(traced_sdk) - 1);
        assert_true(traced_same(view.name, "next"));
        assert_int_equal(view.attribute_count + view.event_count + view.link_count + (unsigned)view.status, 0);
        weft_test_reset(traced_sdk);
        span = weft_span_start("first again");
        weft_span_end(&span);
    }
    assert_int_equal(traced_stats().misuse_after_end, misuses + 300 * 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(TR_037_TR_038_TR_039_TR_040_TR_041_scalars, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_042_arrays_bytes_and_maps, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(the_last_value_of_a_key_counts, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(ten_thousand_times_one_key, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(large_values_of_one_key, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_034_more_keys_than_the_limit, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(seventy_thousand_keys_are_counted, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_058_TR_060_limits, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(limits_of_nothing, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(values_in_values, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(keys_that_are_none_are_misuse, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(unknown_types_are_empty_values, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(enormous_values_are_cut_marked_and_counted, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(a_cut_value_and_another_of_its_key, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(every_size_around_the_ends_of_blocks, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(many_small_ones_up_to_the_cap, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(after_the_end_nothing_changes, traced_setup, traced_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
