/* test_view.c - what went into a record comes out of its views, and broken bytes do no harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sdk/common/decode.h"
#include "sdk/common/view.h"
#include "sdk/common/wire.h"
#include "tests/support/sample.h"

static const weft_scope shop = {
    .size = sizeof shop,
    .name = "shop",
    .version = "1.4",
    .schema_url = "https://scope/1.0",
};

#define ATTRIBUTES(...) ((weft_attributes)WEFT_ATTRS(__VA_ARGS__))

static void is_text(weft_text got, const char *expected)
{
    assert_non_null(got.data);
    assert_int_equal(got.size, strlen(expected));
    assert_memory_equal(got.data, expected, got.size);
}

/* The attribute as "key=text". */
static void is_attribute(const weft_attribute *got, const char *expected)
{
    char text[200], value[150];
    weft_value_text(&got->value, value, sizeof value);
    snprintf(text, sizeof text, "%.*s=%s", (int)got->key_size, got->key, value);
    assert_string_equal(text, expected);
}

static void a_bare_span(void **state)
{
    (void)state;
    sample span = { 0 };
    weft_span_view view;
    weft_attribute attribute;
    sample_start(&span, "bare", NULL);
    weft__view_of(sample_done(&span), NULL, &view);
    assert_int_equal(view.size, sizeof view);
    is_text(view.name, "bare");
    assert_int_equal(view.kind, WEFT_KIND_INTERNAL);
    assert_int_equal(view.status, WEFT_STATUS_UNSET);
    assert_null(view.status_text.data);
    assert_null(view.tracestate.data);
    assert_int_equal(view.start_time, 1000000000);
    assert_int_equal(view.end_time, 2000000000);
    assert_int_equal(view.context.trace_id[15], 16);
    assert_int_equal(view.context.span_id[7], 0x18);
    assert_int_equal(view.context.flags, WEFT_FLAG_SAMPLED);
    assert_false(weft_span_context_valid(&view.parent));
    assert_int_equal(view.resource->attribute_count, 0);
    is_text(view.scope->name, "");
    assert_false(weft_span_attribute(&view, &(weft_cursor){ 0 }, &attribute));
    assert_false(weft_resource_attribute(view.resource, &(weft_cursor){ 0 }, &attribute));
    assert_false(weft_scope_attribute(view.scope, &(weft_cursor){ 0 }, &attribute));
    sample_clear(&span);
}

static void a_full_span(void **state)
{
    (void)state;
    sample span = { 0 };
    weft_span_view view;
    weft_attribute attribute;
    weft_cursor at = { 0 };
    sample_start(&span, "full", &shop);
    sample_attributes(&span, ATTRIBUTES(weft_attr("a", 1)));
    sample_tracestate(&span, "k=v");
    sample_event(&span, "between", 5, (weft_attributes){ NULL, 0 }, 0);
    sample_attributes(&span, ATTRIBUTES(weft_attr("b", "two"), weft_attr("c", -3)));
    sample_status(&span, 2, "went wrong");
    span.record.kind = 3;
    memset(span.record.parent_id, 7, 8);
    span.record.flags = 0x303;
    span.record.dropped_attributes = 1, span.record.dropped_events = 2, span.record.dropped_links = 3;
    weft__view_of(sample_done(&span), NULL, &view);
    is_text(view.name, "full");
    is_text(view.tracestate, "k=v");
    is_text(view.status_text, "went wrong");
    assert_int_equal(view.status, WEFT_STATUS_ERROR);
    assert_int_equal(view.kind, WEFT_KIND_CLIENT);
    assert_int_equal(view.context.flags, 3);
    assert_true(view.parent.remote);
    assert_memory_equal(view.parent.trace_id, view.context.trace_id, 16);
    assert_int_equal(view.parent.span_id[0], 7);
    assert_int_equal(view.attribute_count, 3);
    assert_int_equal(view.dropped_attributes, 1);
    assert_int_equal(view.dropped_events, 2);
    assert_int_equal(view.dropped_links, 3);
    assert_true(weft_span_attribute(&view, &at, &attribute));
    is_attribute(&attribute, "a=1");
    assert_true(weft_span_attribute(&view, &at, &attribute));
    is_attribute(&attribute, "b=two");
    assert_true(weft_span_attribute(&view, &at, &attribute));
    is_attribute(&attribute, "c=-3");
    assert_false(weft_span_attribute(&view, &at, &attribute));
    assert_false(weft_span_attribute(&view, &at, &attribute)); /* and stays at the end */
    sample_clear(&span);
}

static void values_of_every_type_come_back(void **state)
{
    (void)state;
    static const bool bools[] = { true, false };
    static const int64_t ints[] = { INT64_MIN, 5 };
    static const double doubles[] = { 0.5 };
    static const char *const strings[] = { "x", NULL };
    sample span = { 0 };
    weft_span_view view;
    weft_attribute got;
    weft_cursor at = { 0 };
    static const char *const expected[] = {
        "empty=",
        "bool=true",
        "int=-9223372036854775808",
        "uint=18446744073709551615",
        "double=0.1",
        "text=gr\xc3\xbc\xc3\x9f",
        "bytes=AAH/",
        "bools=[true,false]",
        "ints=[-9223372036854775808,5]",
        "doubles=[0.5]",
        "strings=[\"x\",null]",
        "none=[]",
        "array=[1,[2,{\"a\":\"b\"}],null]",
        "map={\"k\":{\"l\":[true]},\"m\":\"AQ==\"}",
    };
    sample_start(&span, "values", NULL);
    sample_attributes(
        &span,
        ATTRIBUTES(weft_attr("empty", weft_empty()), weft_attr("bool", weft_bool(true)), weft_attr("int", INT64_MIN),
                   weft_attr("uint", UINT64_MAX), weft_attr("double", 0.1), weft_attr("text", "gr\xc3\xbc\xc3\x9f"),
                   weft_attr("bytes", weft_bytes("\x00\x01\xff", 3)), weft_attr("bools", weft_bools(bools, 2)),
                   weft_attr("ints", weft_ints(ints, 2)), weft_attr("doubles", weft_doubles(doubles, 1)),
                   weft_attr("strings", weft_strings(strings, 2)), weft_attr("none", weft_array_n(NULL, 0)),
                   weft_attr("array", weft_array(weft_int(1), weft_array(weft_int(2), weft_map(weft_attr("a", "b"))),
                                                 weft_empty())),
                   weft_attr("map", weft_map(weft_attr("k", weft_map(weft_attr("l", weft_array(weft_bool(true))))),
                                             weft_attr("m", weft_bytes("\x01", 1))))));
    weft__view_of(sample_done(&span), NULL, &view);
    for (size_t i = 0; i < WEFT_COUNT_OF(expected); i++) {
        assert_true(weft_span_attribute(&view, &at, &got));
        is_attribute(&got, expected[i]);
    }
    assert_false(weft_span_attribute(&view, &at, &got));
    sample_clear(&span);
}

static void events_and_links(void **state)
{
    (void)state;
    sample span = { 0 };
    weft_span_view view;
    weft_event_view event;
    weft_link_view link;
    weft_attribute got;
    weft_cursor at = { 0 }, inner = { 0 };
    char big[300];
    memset(big, 'x', sizeof big), big[299] = '\0';
    sample_start(&span, "span", NULL);
    sample_event(&span, "first", 17, ATTRIBUTES(weft_attr("n", 1), weft_attr("big", (const char *)big)), 4);
    sample_link(&span, &(sample_link_options){ .trace = 3,
                                               .span = 4,
                                               .tracestate = "a=b",
                                               .flags = 0x301,
                                               .dropped = 9,
                                               .list = ATTRIBUTES(weft_attr("why", "retry")) });
    sample_event(&span, "second", UINT64_MAX, (weft_attributes){ NULL, 0 }, 0);
    sample_link(&span, &(sample_link_options){ .trace = 5 });
    weft__view_of(sample_done(&span), NULL, &view);
    assert_int_equal(view.event_count, 2);
    assert_int_equal(view.link_count, 2);

    assert_true(weft_span_event_at(&view, &at, &event));
    is_text(event.name, "first");
    assert_int_equal(event.time, 17);
    assert_int_equal(event.attribute_count, 2);
    assert_int_equal(event.dropped_attributes, 4);
    assert_true(weft_event_attribute(&event, &inner, &got));
    is_attribute(&got, "n=1");
    assert_true(weft_event_attribute(&event, &inner, &got));
    assert_int_equal(got.value.size, 299);
    assert_false(weft_event_attribute(&event, &inner, &got));
    assert_true(weft_span_event_at(&view, &at, &event));
    is_text(event.name, "second");
    assert_true(event.time == UINT64_MAX);
    assert_false(weft_event_attribute(&event, &(weft_cursor){ 0 }, &got));
    assert_false(weft_span_event_at(&view, &at, &event));

    at = inner = (weft_cursor){ 0 };
    assert_true(weft_span_link_at(&view, &at, &link));
    assert_int_equal(link.context.trace_id[15], 3);
    assert_int_equal(link.context.span_id[7], 4);
    assert_int_equal(link.context.flags, 1);
    assert_true(link.context.remote);
    is_text(link.tracestate, "a=b");
    assert_int_equal(link.attribute_count, 1);
    assert_int_equal(link.dropped_attributes, 9);
    assert_true(weft_link_attribute(&link, &inner, &got));
    is_attribute(&got, "why=retry");
    assert_true(weft_span_link_at(&view, &at, &link));
    assert_int_equal(link.context.trace_id[0], 5);
    assert_null(link.tracestate.data);
    assert_false(link.context.remote);
    assert_false(weft_link_attribute(&link, &(weft_cursor){ 0 }, &got));
    assert_false(weft_span_link_at(&view, &at, &link));
    sample_clear(&span);
}

static void scopes_and_resources(void **state)
{
    (void)state;
    weft_attribute list[] = { weft_attr("kept", 0), weft_attr("twice", 1), weft_attr("", 5), weft_attr("twice", 2) };
    weft_scope scope = shop;
    scope.attributes = (weft_attributes){ list, 4 };
    char url[] = "https://resource/1.0";
    weft__resource resource = { .schema_url = url };
    sample span = { 0 };
    weft_span_view view;
    weft_attribute got;
    weft_cursor at = { 0 };
    sample_resource(&resource, ATTRIBUTES(weft_attr("service.name", "shop"), weft_attr("pid", 5)));
    sample_start(&span, "span", &scope);
    weft__view_of(sample_done(&span), &resource, &view);
    is_text(view.scope->name, "shop");
    is_text(view.scope->version, "1.4");
    is_text(view.scope->schema_url, "https://scope/1.0");
    assert_int_equal(view.scope->attribute_count, 2);
    assert_true(weft_scope_attribute(view.scope, &at, &got));
    is_attribute(&got, "kept=0");
    assert_true(weft_scope_attribute(view.scope, &at, &got));
    is_attribute(&got, "twice=2");
    assert_false(weft_scope_attribute(view.scope, &at, &got));
    at = (weft_cursor){ 0 };
    is_text(view.resource->schema_url, url);
    assert_int_equal(view.resource->attribute_count, 2);
    assert_true(weft_resource_attribute(view.resource, &at, &got));
    is_attribute(&got, "service.name=shop");
    assert_true(weft_resource_attribute(view.resource, &at, &got));
    is_attribute(&got, "pid=5");
    assert_false(weft_resource_attribute(view.resource, &at, &got));
    sample_clear(&span);
    weft__buffer_clear(&resource.encoded);
}

static void batches_are_walked_scope_by_scope(void **state)
{
    (void)state;
    static const weft_scope other = { .size = sizeof other, .name = "other" };
    static const char *const order[] = { "one", "three", "two" };
    weft__resource resource = { 0 };
    sample_resource(&resource, ATTRIBUTES(weft_attr("service.name", "shop")));
    sample_batch batch;
    sample span = { 0 };
    weft_span_view view;
    weft_attribute got;
    weft_cursor at = { 0 };
    sample_batch_start(&batch, &resource);
    const char *const names[] = { "one", "two", "three" };
    for (size_t i = 0; i < 3; i++) {
        sample_start(&span, names[i], i == 1 ? &other : &shop);
        sample_attributes(&span, ATTRIBUTES(weft_attr("i", i)));
        sample_batch_add(&batch, sample_done(&span));
    }
    assert_int_equal(weft_batch_count(&batch.batch), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(weft_batch_span(&batch.batch, &at, &view));
        is_text(view.name, order[i]);
        is_text(view.scope->name, i == 2 ? "other" : "shop");
        assert_true(weft_span_attribute(&view, &(weft_cursor){ 0 }, &got));
        assert_int_equal(got.value.as.integer, i == 0 ? 0 : 3 - i);
        assert_int_equal(view.resource->attribute_count, 1);
    }
    assert_false(weft_batch_span(&batch.batch, &at, &view));
    assert_false(weft_batch_span(&batch.batch, &at, &view));
    sample_batch_clear(&batch);
    sample_clear(&span);
    weft__buffer_clear(&resource.encoded);
}

static void null_arguments_are_no_items(void **state)
{
    (void)state;
    weft_cursor at = { 0 };
    weft_attribute attribute;
    weft_span_view span = { .size = sizeof span };
    weft_event_view event = { .size = sizeof event };
    weft_link_view link = { .size = sizeof link };
    assert_false(weft_batch_span(NULL, &at, &span));
    assert_false(weft_batch_span(&(weft_batch){ .count = 0 }, NULL, &span));
    assert_int_equal(weft_batch_count(NULL), 0);
    assert_false(weft_span_attribute(NULL, &at, &attribute));
    assert_false(weft_span_attribute(&span, &at, &attribute));
    assert_false(weft_span_attribute(&span, NULL, NULL));
    assert_false(weft_span_event_at(NULL, &at, &event));
    assert_false(weft_span_event_at(&span, &at, NULL));
    assert_false(weft_span_link_at(NULL, NULL, &link));
    assert_false(weft_event_attribute(NULL, &at, &attribute));
    assert_false(weft_event_attribute(&event, &at, &attribute));
    assert_false(weft_link_attribute(&link, &at, &attribute));
    assert_false(weft_resource_attribute(NULL, &at, &attribute));
    assert_false(weft_scope_attribute(NULL, &at, &attribute));
}

/* Every prefix of a good stream, and each byte of it replaced: anything may be read, but nothing outside. */
static void broken_streams_do_no_harm(void **state)
{
    (void)state;
    sample span = { 0 };
    sample_start(&span, "span", NULL);
    sample_attributes(&span, ATTRIBUTES(weft_attr("a", weft_map(weft_attr("b", weft_array(weft_int(1)))))));
    sample_event(&span, "event", 1, ATTRIBUTES(weft_attr("c", "d")), 1);
    sample_link(&span, &(sample_link_options){ .trace = 3, .list = ATTRIBUTES(weft_attr("e", 2.5)) });
    sample_status(&span, 2, "f");
    weft__record good = *sample_done(&span), broken = good;
    for (uint32_t i = 0; i <= 2 * good.size; i++) {
        broken.size = i < good.size ? i : good.size;
        uint8_t *copy = malloc((size_t)broken.size + 1);
        assert_non_null(copy);
        memcpy(copy, good.stream, broken.size);
        for (unsigned flip = 0; flip < (i < good.size ? 1 : 8); flip++) {
            if (i > good.size)
                copy[i - good.size - 1] ^= (uint8_t)(1u << flip);
            uint8_t *exact = malloc(broken.size != 0 ? broken.size : 1);
            assert_non_null(exact);
            memcpy(exact, copy, broken.size);
            broken.stream = exact;
            weft_span_view view;
            weft_event_view event;
            weft_link_view link;
            weft_attribute got;
            weft__view_of(&broken, NULL, &view);
            for (weft_cursor at = { 0 }; weft_span_attribute(&view, &at, &got);)
                weft_value_text(&got.value, NULL, 0);
            for (weft_cursor at = { 0 }; weft_span_event_at(&view, &at, &event);)
                for (weft_cursor in = { 0 }; weft_event_attribute(&event, &in, &got);)
                    weft_value_text(&got.value, NULL, 0);
            for (weft_cursor at = { 0 }; weft_span_link_at(&view, &at, &link);)
                for (weft_cursor in = { 0 }; weft_link_attribute(&link, &in, &got);)
                    weft_value_text(&got.value, NULL, 0);
            free(exact);
        }
        free(copy);
    }
    sample_clear(&span);
}

/* Deeper than anything that Weft writes: read as empty from some level on, without a deep recursion. */
static void nesting_is_read_to_a_limit(void **state)
{
    (void)state;
    uint8_t bytes[8192], *at = bytes + sizeof bytes;
    size_t size = 0;
    for (int i = 0; i < 1000 && size < 8000; i++) {
        at -= 1 + weft__varint_size(size); /* ArrayValue in AnyValue */
        weft__bytes_head(at, 0x2a, size);
        size = (size_t)(bytes + sizeof bytes - at);
        at -= 1 + weft__varint_size(size); /* element, or value */
        weft__bytes_head(at, i == 999 ? 0x12 : 0x0a, size);
        size = (size_t)(bytes + sizeof bytes - at);
    }
    at[0] = 0x12;
    at -= 3, memcpy(at, "\x0a\x01k", 3);
    weft_attribute got;
    assert_true(weft__keyvalue_get(at, (size_t)(bytes + sizeof bytes - at), &got));
    size_t depth = 0;
    const weft_value *value = &got.value;
    for (; value->type == WEFT_TYPE_ARRAY && value->size == 1; depth++)
        value = value->as.array;
    assert_int_equal(depth, 128);
    assert_int_equal(value->type, WEFT_TYPE_EMPTY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bare_span),
        cmocka_unit_test(a_full_span),
        cmocka_unit_test(values_of_every_type_come_back),
        cmocka_unit_test(events_and_links),
        cmocka_unit_test(scopes_and_resources),
        cmocka_unit_test(batches_are_walked_scope_by_scope),
        cmocka_unit_test(null_arguments_are_no_items),
        cmocka_unit_test(broken_streams_do_no_harm),
        cmocka_unit_test(nesting_is_read_to_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
