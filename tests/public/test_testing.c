/* test_testing.c - the SDK for tests of instrumentation: time, ids, spans, attributes and the snapshot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weft/testing.h>

WEFT_INSTRUMENTATION("testing", "1.0");

static void charge(weft_sdk sdk, int cents)
{
    weft_span span = weft_span_enter("charge", .kind = WEFT_KIND_CLIENT);
    weft_test_advance(sdk, 1500);
    weft_span_set(&span, weft_attr("cents", cents), weft_attr("to", "a \"b\""));
    weft_span_leave(&span);
}

static void is_snapshot(weft_sdk sdk, const char *expected)
{
    char text[2000];
    size_t size = weft_test_snapshot(sdk, text, sizeof text);
    assert_string_equal(text, expected);
    assert_int_equal(size, strlen(expected));
}

static void EX_004_spans_in_memory(void **state)
{
    (void)state;
    weft_sdk sdk = weft_test_start(NULL);
    weft_span_view view;
    weft_attribute got;
    assert_int_equal(weft_test_span_count(sdk), 0);
    charge(sdk, 5);
    charge(sdk, 6);
    assert_int_equal(weft_test_span_count(sdk), 2);
    assert_true(weft_test_span(sdk, 1, &view));
    assert_int_equal(view.start_time, 1000001500);
    assert_int_equal(view.end_time, 1000003000);
    assert_int_equal(view.kind, WEFT_KIND_CLIENT);
    assert_memory_equal(view.scope->name.data, "testing", 7);
    assert_true(weft_test_attribute(&view, "cents", &got));
    assert_int_equal(got.value.as.integer, 6);
    assert_false(weft_test_attribute(&view, "cent", &got));
    assert_false(weft_test_attribute(NULL, "cents", &got));
    assert_false(weft_test_span(sdk, 2, &view));
    assert_true(weft_test_span_named(sdk, "charge", &view));
    assert_int_equal(view.start_time, 1000000000);
    assert_false(weft_test_span_named(sdk, "char", &view));
    assert_false(weft_test_span_named(sdk, NULL, &view));
    assert_false(weft_test_span_named(sdk, "charge", NULL));
    is_snapshot(sdk, "\"charge\" client trace=1 id=2 parent=0 at=0 ns=1500 cents=5 to=\"a \\\"b\\\"\"\n"
                     "\"charge\" client trace=3 id=4 parent=0 at=1500 ns=1500 cents=6 to=\"a \\\"b\\\"\"\n");
    weft_test_reset(sdk);
    assert_int_equal(weft_test_span_count(sdk), 0);
    is_snapshot(sdk, "");
    charge(sdk, 7);
    assert_int_equal(weft_test_span_count(sdk), 1);
    assert_int_equal(weft_sdk_stop(sdk, 1000), WEFT_OK);
    assert_int_equal(weft_test_span_count(sdk), 0);
    assert_false(weft_test_span(sdk, 0, &view));
}

static void the_snapshot_has_everything(void **state)
{
    (void)state;
    weft_sdk sdk = weft_test_start(NULL);
    weft_span outer = weft_span_enter("outer");
    weft_span inner = weft_span_start("inner");
    weft_test_advance(sdk, 10);
    weft_span_event(&inner, "retry", weft_attr("n", 1));
    weft_span_link(&inner,
                   &(weft_link){ .context = outer.context.span, .attributes = WEFT_ATTRS(weft_attr("k", "v")) });
    weft_span_status_set(&inner, WEFT_STATUS_ERROR, "refused");
    weft_span_end(&inner);
    weft_span_status_set(&outer, WEFT_STATUS_OK, NULL);
    weft_span_leave(&outer);
    is_snapshot(sdk, "\"inner\" internal trace=1 id=3 parent=2 at=0 ns=10 error=\"refused\"\n"
                     "  event \"retry\" at=10 n=1\n"
                     "  link trace=1 id=2 k=\"v\"\n"
                     "\"outer\" internal trace=1 id=2 parent=0 at=0 ns=10 ok\n");
    char small[10];
    assert_true(weft_test_snapshot(sdk, small, sizeof small) > 100);
    assert_string_equal(small, "\"inner\" i");
    weft_sdk_stop(sdk, 1000);
}

static void spans_of_several_scopes_keep_their_order(void **state)
{
    (void)state;
    weft_sdk sdk = weft_test_start(NULL);
    weft_scope *other = weft_scope_get("other", "1");
    weft_span_view view;
    for (int i = 0; i < 6; i++) {
        weft_span span = weft_span_start_in(i % 2 != 0 ? other : WEFT_HERE, "span", NULL);
        weft_span_set(&span, weft_attr("i", i));
        weft_span_end(&span);
    }
    for (int i = 0; i < 6; i++) {
        weft_attribute got;
        assert_true(weft_test_span(sdk, (size_t)i, &view));
        assert_true(weft_test_attribute(&view, "i", &got));
        assert_int_equal(got.value.as.integer, i);
        assert_int_equal(view.scope->name.data[0], i % 2 != 0 ? 'o' : 't');
    }
    weft_sdk_stop(sdk, 1000);
}

static void what_was_stopped_finds_nothing(void **state)
{
    (void)state;
    weft_span_view view;
    weft_sdk none = { 12345678 };
    assert_int_equal(weft_test_span_count(none), 0);
    assert_false(weft_test_span(none, 0, &view));
    weft_test_advance(none, 5);
    weft_test_reset(none);
    is_snapshot(none, "");
}

/* The environment of the machine that runs the tests does not matter. */
static void the_environment_is_not_read(void **state)
{
    (void)state;
    setenv("OTEL_SDK_DISABLED", "true", 1);
    weft_sdk sdk = weft_test_start(&(weft_sdk_options){ .size = sizeof(weft_sdk_options), .service_name = "x" });
    charge(sdk, 1);
    weft_span_view view;
    weft_attribute got = { .key = NULL };
    assert_true(weft_test_span(sdk, 0, &view));
    for (weft_cursor at = { 0 }; weft_resource_attribute(view.resource, &at, &got);)
        if (got.key_size == 12 && memcmp(got.key, "service.name", 12) == 0)
            break;
    assert_int_equal(got.value.size, 1);
    assert_int_equal(got.value.as.string[0], 'x');
    weft_sdk_stop(sdk, 1000);
    unsetenv("OTEL_SDK_DISABLED");
}

/* The plain memory exporter is read in the same way. */
static void any_sdk_with_a_memory_exporter_can_be_read(void **state)
{
    (void)state;
    weft_exporter *const exporters[] = { weft_exporter_memory(), NULL };
    weft_sdk sdk = weft_sdk_start(WEFT_OPTIONS(weft_sdk_options, .exporters = exporters, .ignore_environment = true));
    for (int i = 0; i < 1000; i++) {
        weft_span span = weft_span_start("span");
        weft_span_end(&span);
    }
    assert_int_equal(weft_test_span_count(sdk), 1000);
    weft_span_view view;
    assert_true(weft_test_span(sdk, 999, &view));
    assert_true(view.end_time > 1700000000000000000);
    assert_false(weft_test_span(sdk, 1000, &view));
    assert_int_equal(weft_sdk_stop(sdk, 5000), WEFT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(EX_004_spans_in_memory),
        cmocka_unit_test(the_snapshot_has_everything),
        cmocka_unit_test(spans_of_several_scopes_keep_their_order),
        cmocka_unit_test(what_was_stopped_finds_nothing),
        cmocka_unit_test(the_environment_is_not_read),
        cmocka_unit_test(any_sdk_with_a_memory_exporter_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
