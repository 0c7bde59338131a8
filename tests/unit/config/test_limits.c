/* test_limits.c - span limits from environment and options, seen in what is exported. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/sink.h"

WEFT_INSTRUMENTATION("test.limits", "1");

enum { GIVEN = 5, SOON = 10000 };

/* What of GIVEN of each has arrived. */
typedef struct seen {
    uint32_t attributes, events, links, event_attributes, link_attributes, length, depth;
    uint32_t dropped_attributes, dropped_events, dropped_links;
} seen;

static const seen ALL = { GIVEN, GIVEN, GIVEN, GIVEN, GIVEN, 10, 3, 0, 0, 0 };

static uint32_t depth_of(const weft_value *value)
{
    uint32_t depth = 0;
    for (; value->type == WEFT_TYPE_ARRAY; depth++) {
        if (value->size == 0)
            return depth + 1;
        value = value->as.array;
    }
    return depth;
}

static weft_status look(void *self, weft_batch *batch, uint32_t timeout_ms)
{
    seen *noted = self;
    weft_span_view span = { .size = sizeof span };
    weft_cursor at = { 0 }, in = { 0 };
    weft_attribute attribute;
    weft_event_view event = { .size = sizeof event };
    weft_link_view link = { .size = sizeof link };
    (void)timeout_ms;
    if (!weft_batch_span(batch, &at, &span))
        return WEFT_E_FAILED;
    *noted = (seen){ .attributes = span.attribute_count, .events = span.event_count, .links = span.link_count };
    noted->dropped_attributes = span.dropped_attributes;
    noted->dropped_events = span.dropped_events;
    noted->dropped_links = span.dropped_links;
    while (weft_span_attribute(&span, &in, &attribute)) {
        if (attribute.value.type == WEFT_TYPE_STRING)
            noted->length = attribute.value.size;
        if (attribute.value.type == WEFT_TYPE_ARRAY)
            noted->depth = depth_of(&attribute.value);
    }
    in = (weft_cursor){ 0 };
    if (weft_span_event_at(&span, &in, &event))
        noted->event_attributes = event.attribute_count;
    in = (weft_cursor){ 0 };
    if (weft_span_link_at(&span, &in, &link))
        noted->link_attributes = link.attribute_count;
    return WEFT_OK;
}

static void record(void)
{
    const weft_attribute list[GIVEN] = {
        weft_attr("a", "0123456789"),
        weft_attr("b", weft_array(weft_value_of(1), weft_array(weft_value_of(2)))),
        weft_attr("c", 1),
        weft_attr("d", 2),
        weft_attr("e", 3),
    };
    const weft_attribute nested = weft_attr("b", weft_array(weft_array(weft_array(weft_value_of(1)))));
    weft_span span = weft_span_start("limited");
    weft_span_set_list(&span, list, GIVEN);
    weft_span_set_list(&span, &nested, 1);
    weft_link link = { .context = span.context.span, .attributes = { list, GIVEN } };
    for (int i = 0; i < GIVEN; i++) {
        weft_span_event_list(&span, "event", 0, list, GIVEN);
        weft_span_link(&span, &link);
    }
    weft_span_end(&span);
}

static seen run(const weft_limits *limits, bool ignore_environment)
{
    static const weft_exporter_ops ops = { .size = sizeof ops, .name = "looker", .export_spans = look };
    seen noted = { 0 };
    weft_exporter *const exporters[] = { weft_exporter_new(&ops, &noted), NULL };
    weft_sdk sdk = weft_sdk_start(WEFT_OPTIONS(weft_sdk_options, .exporters = exporters, .limits = limits,
                                               .ignore_environment = ignore_environment));
    record();
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    return noted;
}

static void assert_seen(seen found, seen wanted)
{
    assert_int_equal(found.attributes, wanted.attributes);
    assert_int_equal(found.events, wanted.events);
    assert_int_equal(found.links, wanted.links);
    assert_int_equal(found.event_attributes, wanted.event_attributes);
    assert_int_equal(found.link_attributes, wanted.link_attributes);
    assert_int_equal(found.length, wanted.length);
    assert_int_equal(found.depth, wanted.depth);
    assert_int_equal(found.dropped_attributes, wanted.dropped_attributes);
    assert_int_equal(found.dropped_events, wanted.dropped_events);
    assert_int_equal(found.dropped_links, wanted.dropped_links);
}

static void the_defaults_let_all_through(void **state)
{
    (void)state;
    assert_seen(run(NULL, false), ALL);
    assert_int_equal(told.count, 0);
}

/* Valid, 0, empty, and each way of being bad: that one is told once, by name, and the default counts. */
static void check_variable(const char *name, seen with_2, seen with_0)
{
    static const char *const BAD[] = { "-1", "many", "1.5", "4294967296" };
    setenv(name, "2", 1);
    assert_seen(run(NULL, false), with_2);
    assert_seen(run(NULL, true), ALL);
    setenv(name, "0", 1);
    assert_seen(run(NULL, false), with_0);
    setenv(name, "", 1);
    assert_seen(run(NULL, false), ALL);
    assert_int_equal(told.count, 0);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        told.count = 0;
        setenv(name, BAD[i], 1);
        assert_seen(run(NULL, false), ALL);
        assert_int_equal(told.count, 1);
        assert_non_null(strstr(told.line, name));
        assert_non_null(strstr(told.line, BAD[i]));
    }
    told.count = 0;
    unsetenv(name);
}

static void EV_013_span_attributes(void **state)
{
    (void)state;
    seen two = ALL, none = ALL;
    two.attributes = 2, two.dropped_attributes = 3;
    none.attributes = none.length = none.depth = 0, none.dropped_attributes = 6;
    check_variable("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", two, none);
}

static void EV_024_attributes(void **state)
{
    (void)state;
    seen two = ALL, none = ALL;
    two.attributes = 2, two.dropped_attributes = 3;
    none.attributes = none.length = none.depth = 0, none.dropped_attributes = 6;
    check_variable("OTEL_ATTRIBUTE_COUNT_LIMIT", two, none);
}

static void EV_014_span_attribute_length(void **state)
{
    (void)state;
    seen two = ALL, none = ALL;
    two.length = 2;
    none.length = 0;
    check_variable("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", two, none);
}

static void EV_023_attribute_length(void **state)
{
    (void)state;
    seen two = ALL, none = ALL;
    two.length = 2;
    none.length = 0;
    check_variable("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", two, none);
}

static void EV_015_events(void **state)
{
    (void)state;
    seen two = ALL, none = ALL;
    two.events = 2, two.dropped_events = 3;
    none.events = none.event_attributes = 0, none.dropped_events = 5;
    check_variable("OTEL_SPAN_EVENT_COUNT_LIMIT", two, none);
}

static void EV_016_links(void **state)
{
    (void)state;
    seen two = ALL, none = ALL;
    two.links = 2, two.dropped_links = 3;
    none.links = none.link_attributes = 0, none.dropped_links = 5;
    check_variable("OTEL_SPAN_LINK_COUNT_LIMIT", two, none);
}

static void EV_017_event_attributes(void **state)
{
    (void)state;
    seen two = ALL, none = ALL;
    two.event_attributes = 2;
    none.event_attributes = 0;
    check_variable("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", two, none);
}

static void EV_018_link_attributes(void **state)
{
    (void)state;
    seen two = ALL, none = ALL;
    two.link_attributes = 2;
    none.link_attributes = 0;
    check_variable("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", two, none);
}

static void the_specific_variable_before_the_general_one(void **state)
{
    (void)state;
    setenv("OTEL_ATTRIBUTE_COUNT_LIMIT", "1", 1);
    setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "2", 1);
    setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3", 1);
    setenv("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "4", 1);
    seen found = run(NULL, false);
    assert_int_equal(found.attributes, 2);
    assert_int_equal(found.length, 4);
    setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "x", 1);
    setenv("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "", 1);
    found = run(NULL, false);
    assert_int_equal(found.attributes, 1);
    assert_int_equal(found.length, 3);
    assert_int_equal(told.count, 1);
    assert_non_null(strstr(told.line, "1 is used"));
}

static void TR_058_TR_060_limits_in_code(void **state)
{
    (void)state;
    const weft_limits limits = { .size = sizeof limits,
                                 .attributes = 4,
                                 .value_length = 7,
                                 .value_depth = 2,
                                 .events = 3,
                                 .links = 1,
                                 .event_attributes = 2,
                                 .link_attributes = WEFT_ZERO };
    static const char *const NAMES[] = { "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",  "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
                                         "OTEL_SPAN_EVENT_COUNT_LIMIT",      "OTEL_SPAN_LINK_COUNT_LIMIT",
                                         "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
                                         "OTEL_ATTRIBUTE_COUNT_LIMIT",       "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT" };
    const seen wanted = { 4, 3, 1, 2, 0, 7, 2, 1, 2, 4 };
    assert_seen(run(&limits, false), wanted);
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        setenv(NAMES[i], "1", 1);
    assert_seen(run(&limits, false), wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_defaults_let_all_through, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(EV_013_span_attributes, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(EV_014_span_attribute_length, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(EV_015_events, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(EV_016_links, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(EV_017_event_attributes, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(EV_018_link_attributes, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(EV_023_attribute_length, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(EV_024_attributes, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(the_specific_variable_before_the_general_one, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(TR_058_TR_060_limits_in_code, test_setup, test_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
