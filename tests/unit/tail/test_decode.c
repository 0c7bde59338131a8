/* test_decode.c - OTLP bytes to spans: real ones field by field, and bytes that mean harm. */
#include "tests/unit/tail/spans.h"
#include "tools/weft/tail/decode.h"
#include "trace_service.pb-c.h"

typedef Opentelemetry__Proto__Common__V1__AnyValue any_value;

#define ANY(kind) OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_##kind##_VALUE

/* The golden vector of the notes on OTLP's wire format. */
static const char golden[] =
    "0a81010a150a130a0c736572766963652e6e616d6512030a017312680a080a036c6962120131125c0a100102030405060708090a0b0c0d0e0f"
    "10120811121314151617182a026f70300239004859e3faeb6f15410012f41efbeb6f154a100a016e120b18ffffffffffffffffff014a070a01"
    "7a120210007a051201781802850101030000";

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t size = strlen(hex) / 2;
    for (size_t i = 0; i < size; i++) {
        char digits[] = { hex[2 * i], hex[2 * i + 1], '\0' };
        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return size;
}

static void ignore(void *arg, const tail_span *span)
{
    (void)span;
    ++*(size_t *)arg;
}

static void check_golden(void *arg, const tail_span *span)
{
    ++*(size_t *)arg;
    assert_int_equal(span->trace_id[0], 1);
    assert_int_equal(span->trace_id[15], 16);
    assert_int_equal(span->span_id[0], 0x11);
    assert_true(tail_span_is_root(span));
    assert_string_equal(span->name, "op");
    assert_string_equal(span->service, "s");
    assert_string_equal(span->scope, "lib");
    assert_int_equal(span->kind, TAIL_KIND_SERVER);
    assert_int_equal(span->status, TAIL_STATUS_ERROR);
    assert_string_equal(span->status_message, "x");
    assert_true(span->start == 1544712660000000000 && span->end == 1544712661000000000);
    assert_int_equal(span->attributes.count, 2);
    assert_string_equal(tail_attribute_find(&span->attributes, "n"), "-1");
    assert_string_equal(tail_attribute_find(&span->attributes, "z"), "false");
}

static void the_golden_vector_is_read_field_by_field(void **state)
{
    (void)state;
    uint8_t data[sizeof golden / 2];
    size_t size = from_hex(golden, data), spans = 0;
    assert_int_equal(tail_decode(data, size, check_golden, &spans), TAIL_TAKEN);
    assert_int_equal(spans, 1);
}

static void no_bytes_are_an_empty_request(void **state)
{
    (void)state;
    size_t spans = 0;
    assert_int_equal(tail_decode(NULL, 0, ignore, &spans), TAIL_TAKEN);
    assert_int_equal(spans, 0);
}

static void every_cut_and_every_flipped_bit_is_survived(void **state)
{
    (void)state;
    uint8_t data[sizeof golden / 2];
    size_t size = from_hex(golden, data), spans = 0;
    for (size_t cut = 1; cut < size; cut++) {
        uint8_t *exact = malloc(cut); /* so that a read beyond the end is seen */
        assert_non_null(exact);
        memcpy(exact, data, cut);
        assert_int_equal(tail_decode(exact, cut, ignore, &spans), TAIL_MALFORMED);
        free(exact);
    }
    for (size_t bit = 0; bit < size * 8; bit++) {
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        (void)tail_decode(data, size, ignore, &spans);
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static size_t put_length(uint8_t *out, size_t length)
{
    size_t size = 0;
    for (; length >= 0x80; length >>= 7)
        out[size++] = (uint8_t)(length | 0x80);
    out[size++] = (uint8_t)length;
    return size;
}

/* Wraps the bytes that end at `end` into one more length-delimited field; returns their new beginning. */
static uint8_t *wrap(uint8_t *begin, const uint8_t *end, uint8_t tag)
{
    uint8_t head[12] = { tag };
    size_t size = 1 + put_length(head + 1, (size_t)(end - begin));
    memcpy(begin - size, head, size);
    return begin - size;
}

static tail_result decode_nested(size_t levels, size_t *spans)
{
    size_t room = levels * 12 + 256;
    uint8_t *data = malloc(room), *end = data + room, *begin = end;
    assert_non_null(data);
    for (size_t i = 0; i < levels; i++)
        begin = wrap(wrap(begin, end, 0x0a), end, 0x2a);            /* array_value { values { ... } } */
    static const uint8_t path[] = { 0x12, 0x4a, 0x12, 0x12, 0x0a }; /* value, attributes, spans, scope_spans, ... */
    for (size_t i = 0; i < sizeof path; i++)
        begin = wrap(begin, end, path[i]);
    tail_result result = tail_decode(begin, (size_t)(end - begin), ignore, spans);
    free(data);
    return result;
}

static void nesting_has_a_limit(void **state)
{
    (void)state;
    size_t spans = 0;
    assert_int_equal(decode_nested(10, &spans), TAIL_TAKEN);
    assert_int_equal(spans, 1);
    assert_int_equal(decode_nested(100, &spans), TAIL_TOO_LARGE);
    assert_int_equal(decode_nested(1000000, &spans), TAIL_TOO_LARGE);
    assert_int_equal(spans, 1);
}

typedef struct expectation {
    const char *text;
    size_t spans;
} expectation;

static void check_value(void *arg, const tail_span *span)
{
    expectation *expected = arg;
    expected->spans++;
    assert_string_equal(tail_attribute_find(&span->attributes, "k"), expected->text);
    assert_int_equal(span->trace_id[0], 0); /* three bytes are no id */
}

static void send_value(any_value *value, const char *text)
{
    Opentelemetry__Proto__Common__V1__KeyValue pair = OPENTELEMETRY__PROTO__COMMON__V1__KEY_VALUE__INIT, *pairs = &pair;
    Opentelemetry__Proto__Trace__V1__Span span = OPENTELEMETRY__PROTO__TRACE__V1__SPAN__INIT, *spans = &span;
    Opentelemetry__Proto__Trace__V1__ScopeSpans scope = OPENTELEMETRY__PROTO__TRACE__V1__SCOPE_SPANS__INIT,
                                                *scopes = &scope;
    Opentelemetry__Proto__Trace__V1__ResourceSpans resource = OPENTELEMETRY__PROTO__TRACE__V1__RESOURCE_SPANS__INIT,
                                                   *resources = &resource;
    Opentelemetry__Proto__Collector__Trace__V1__ExportTraceServiceRequest request =
        OPENTELEMETRY__PROTO__COLLECTOR__TRACE__V1__EXPORT_TRACE_SERVICE_REQUEST__INIT;
    char key[] = "k", id[] = "abc";
    pair.key = key, pair.value = value;
    span.attributes = &pairs, span.n_attributes = 1;
    span.trace_id = (ProtobufCBinaryData){ 3, (uint8_t *)id };
    scope.spans = &spans, scope.n_spans = 1;
    resource.scope_spans = &scopes, resource.n_scope_spans = 1;
    request.resource_spans = &resources, request.n_resource_spans = 1;
    uint8_t data[8192];
    assert_true(protobuf_c_message_get_packed_size(&request.base) <= sizeof data);
    size_t size = protobuf_c_message_pack(&request.base, data);
    expectation expected = { text, 0 };
    assert_int_equal(tail_decode(data, size, check_value, &expected), TAIL_TAKEN);
    assert_int_equal(expected.spans, 1);
}

static void values_of_every_type_become_text(void **state)
{
    (void)state;
    char text[] = "text", bytes[] = "\1\2\3";
    any_value string = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__INIT, number = string, truth = string,
              real = string, binary = string, list = string, map = string;
    string.value_case = ANY(STRING), string.string_value = text;
    number.value_case = ANY(INT), number.int_value = INT64_MIN;
    truth.value_case = ANY(BOOL), truth.bool_value = 1;
    real.value_case = ANY(DOUBLE), real.double_value = 0.5;
    binary.value_case = ANY(BYTES), binary.bytes_value = (ProtobufCBinaryData){ 3, (uint8_t *)bytes };
    send_value(NULL, "");
    send_value(&string, "text");
    send_value(&number, "-9223372036854775808");
    send_value(&truth, "true");
    send_value(&real, "0.5");
    send_value(&binary, "(3 bytes)");

    Opentelemetry__Proto__Common__V1__ArrayValue array = OPENTELEMETRY__PROTO__COMMON__V1__ARRAY_VALUE__INIT;
    any_value *elements[] = { &string, &truth };
    array.values = elements, array.n_values = 2;
    list.value_case = ANY(ARRAY), list.array_value = &array;
    send_value(&list, "[text, true]");

    Opentelemetry__Proto__Common__V1__KeyValueList pairs = OPENTELEMETRY__PROTO__COMMON__V1__KEY_VALUE_LIST__INIT;
    Opentelemetry__Proto__Common__V1__KeyValue pair = OPENTELEMETRY__PROTO__COMMON__V1__KEY_VALUE__INIT, *all = &pair;
    char key[] = "inner";
    pair.key = key, pair.value = &list;
    pairs.values = &all, pairs.n_values = 1;
    map.value_case = ANY(KVLIST), map.kvlist_value = &pairs;
    send_value(&map, "{inner: [text, true]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_golden_vector_is_read_field_by_field),
        cmocka_unit_test(no_bytes_are_an_empty_request),
        cmocka_unit_test(every_cut_and_every_flipped_bit_is_survived),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(values_of_every_type_become_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
