/* test_encode.c - the encoder and the .proto files against vectors that protoc made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exporters/otlp/encode.h"
#include "rpc.pb-c.h"
#include "sdk/base/text.h"
#include "sdk/common/anyvalue.h"
#include "sdk/common/wire.h"
#include "trace_service.pb-c.h"

static const weft__value_limits unlimited = { .length = UINT32_MAX, .depth = 64 };

/* Appends attributes as fields of a stream, or of a resource. */
static void add_attributes(weft__buffer *out, uint8_t tag, weft_attributes list)
{
    bool high = false;
    size_t size = weft__keyvalues_size(list, &unlimited);
    assert_true(size != SIZE_MAX);
    uint8_t *at = weft__buffer_reserve(out, size);
    assert_non_null(at);
    assert_true(weft__keyvalues_put(at, size, tag, list, &unlimited, &high));
    out->size += size;
}

static void add_bytes(weft__buffer *out, const char *bytes, size_t size)
{
    weft__buffer_put(out, bytes, size);
}

static void is_hex(const weft__buffer *out, const char *expected)
{
    char *text = calloc(1, 2 * out->size + 1);
    assert_non_null(text);
    weft__hex_put(text, out->data, out->size);
    assert_string_equal(text, expected);
    free(text);
}

/* The span of the trace vector: its stream is in out, which must outlive it. */
static weft__record vector_record(weft__buffer *stream)
{
    weft__record record = { .start = 1544712660000000000, .end = 1544712661000000000, .kind = 2, .flags = 0x301 };
    for (uint8_t i = 0; i < 16; i++)
        record.trace_id[i] = (uint8_t)(i + 1);
    for (uint8_t i = 0; i < 8; i++)
        record.span_id[i] = (uint8_t)(i + 0x11);
    add_bytes(stream, "\x2a\x02op", 4);
    add_attributes(stream, WEFT__TAG_ATTRIBUTE, (weft_attributes)WEFT_ATTRS(weft_attr("n", -1)));
    add_attributes(stream, WEFT__TAG_ATTRIBUTE, (weft_attributes)WEFT_ATTRS(weft_attr("z", weft_bool(false))));
    add_bytes(stream, "\x7a\x05\x12\x01x\x18\x02", 7);
    record.stream = stream->data;
    record.size = (uint32_t)stream->size;
    return record;
}

static void the_trace_request_as_protoc_makes_it(void **state)
{
    (void)state;
    weft__identity identity = { .scope = { .name = "lib", .version = "1" } };
    weft__resource resource = { .attributes = 1 };
    add_attributes(&resource.encoded, 0x0a, (weft_attributes)WEFT_ATTRS(weft_attr("service.name", "s")));
    weft__buffer stream = { 0 }, out = { 0 };
    weft__record record = vector_record(&stream);
    weft__group group = { .identity = &identity, .count = 1 };
    weft__otlp_encode_span(&group.bytes, &record);
    weft_batch batch = { .resource = &resource, .groups = &group, .group_count = 1, .count = 1 };
    assert_true(weft__otlp_traces_request(&out, &batch));
    is_hex(&out,
           "0a81010a150a130a0c736572766963652e6e616d6512030a017312680a080a036c6962120131125c0a10010203040506070809"
           "0a0b0c0d0e0f10120811121314151617182a026f70300239004859e3faeb6f15410012f41efbeb6f154a100a016e120b18ff"
           "ffffffffffffffff014a070a017a120210007a051201781802850101030000");
    weft__buffer_clear(&out), weft__buffer_clear(&stream);
    weft__buffer_clear(&group.bytes), weft__buffer_clear(&resource.encoded);
}

static void optional_fields_follow_the_stream(void **state)
{
    (void)state;
    weft__buffer stream = { 0 }, out = { 0 };
    add_bytes(&stream, "\x2a\x01n", 3);
    weft__record record = { .kind = 1, .stream = stream.data, .size = 3, .parent_id = { 1, 2, 3, 4, 5, 6, 7, 8 } };
    record.dropped_attributes = 1, record.dropped_events = 300, record.dropped_links = 2;
    weft__otlp_encode_span(&out, &record);
    is_hex(&out,
           "12440a100000000000000000000000000000000012080000000000000000220801020304050607082a016e3001390000000000"
           "000000410000000000000000500160ac027002");
    weft__buffer_clear(&out), weft__buffer_clear(&stream);
}

static Opentelemetry__Proto__Trace__V1__Span *encoded(const weft__record *record)
{
    weft__buffer out = { 0 };
    weft__otlp_encode_span(&out, record);
    assert_false(out.failed);
    /* A ScopeSpans is what holds the field. */
    Opentelemetry__Proto__Trace__V1__ScopeSpans *scope =
        opentelemetry__proto__trace__v1__scope_spans__unpack(NULL, out.size, out.data);
    weft__buffer_clear(&out);
    assert_non_null(scope);
    assert_int_equal(scope->n_spans, 1);
    Opentelemetry__Proto__Trace__V1__Span *span = scope->spans[0];
    scope->n_spans = 0;
    opentelemetry__proto__trace__v1__scope_spans__free_unpacked(scope, NULL);
    return span;
}

static void names_of_every_size_come_first(void **state)
{
    (void)state;
    const size_t sizes[] = { 0, 1, 127, 128, 129, 16383, 16384, 60000 };
    for (size_t i = 0; i < WEFT_COUNT_OF(sizes); i++) {
        weft__buffer stream = { 0 };
        char *name = malloc(sizes[i] + 1);
        assert_non_null(name);
        memset(name, 'n', sizes[i] + 1);
        uint8_t *at = weft__buffer_reserve(&stream, sizes[i] + 8);
        stream.size = (size_t)(weft__bytes_put(at, WEFT__TAG_NAME, name, sizes[i]) - at);
        add_bytes(&stream, "\x7a\x02\x18\x01", 4);
        weft__record record = { .kind = 1, .stream = stream.data, .size = (uint32_t)stream.size };
        Opentelemetry__Proto__Trace__V1__Span *span = encoded(&record);
        assert_int_equal(strlen(span->name), sizes[i]);
        assert_memory_equal(span->name, name, sizes[i]);
        assert_int_equal(span->status->code, 1);
        opentelemetry__proto__trace__v1__span__free_unpacked(span, NULL);
        weft__buffer_clear(&stream);
        free(name);
    }
}

/* Only a defect could make such streams; they must not make the encoder read or write outside. */
static void streams_without_a_proper_name_are_copied(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        uint32_t size;
    } rows[] = { { "", 0 },         { "\x2a", 1 },    { "\x2a\x05n", 3 }, { "\x2a\x80", 2 }, { "\x2a\xff\xff", 3 },
                 { "\x7a\x00", 2 }, { "\x2a\x00", 2 } };
    for (size_t i = 0; i < WEFT_COUNT_OF(rows); i++) {
        weft__buffer out = { 0 };
        uint8_t *exact = malloc(rows[i].size + (rows[i].size == 0));
        assert_non_null(exact);
        memcpy(exact, rows[i].bytes, rows[i].size);
        weft__record record = { .kind = 1, .stream = exact, .size = rows[i].size };
        weft__otlp_encode_span(&out, &record);
        assert_int_equal(out.size, 2 + 48 + rows[i].size);
        weft__buffer_clear(&out);
        free(exact);
    }
}

static void a_full_buffer_fails_and_stays_whole(void **state)
{
    (void)state;
    weft__buffer stream = { 0 }, out = { .limit = 150 };
    weft__record record = vector_record(&stream);
    weft__otlp_encode_span(&out, &record);
    assert_int_equal(out.size, 94);
    weft__otlp_encode_span(&out, &record);
    assert_int_equal(out.size, 94);
    assert_true(out.failed);
    weft__resource resource = { .attributes = 0 };
    weft_batch batch = { .resource = &resource };
    assert_false(weft__otlp_traces_request(&out, &batch));
    weft__buffer_clear(&out), weft__buffer_clear(&stream);
}

typedef Opentelemetry__Proto__Collector__Trace__V1__ExportTraceServiceRequest request;

static request *requested(const weft_batch *batch)
{
    weft__buffer out = { 0 };
    assert_true(weft__otlp_traces_request(&out, batch));
    request *unpacked =
        opentelemetry__proto__collector__trace__v1__export_trace_service_request__unpack(NULL, out.size, out.data);
    weft__buffer_clear(&out);
    assert_non_null(unpacked);
    assert_int_equal(unpacked->n_resource_spans, 1);
    return unpacked;
}

static void free_request(request *unpacked)
{
    opentelemetry__proto__collector__trace__v1__export_trace_service_request__free_unpacked(unpacked, NULL);
}

static void EX_016_schema_urls_and_scopes(void **state)
{
    (void)state;
    static weft_attribute many[WEFT__MAP_MOST + 1];
    weft_attribute twice[] = { weft_attr("a", 1), weft_attr("a", "b\xff") };
    weft__identity identities[] = {
        { .scope = { .name = "one\xff",
                     .version = "\xc3(",
                     .schema_url = "https://scope/1.0",
                     .attributes = { twice, 2 } } },
        { .scope = { .name = "", .version = "" } },
        { .scope = { .name = "many", .attributes = { many, WEFT__MAP_MOST + 1 } } },
        { .scope = { .name = "no spans" } },
    };
    weft__buffer stream = { 0 };
    weft__record record = vector_record(&stream);
    weft__group groups[4] = { { 0 } };
    for (size_t i = 0; i < 4; i++) {
        groups[i].identity = &identities[i];
        for (size_t n = 0; n < 3 - i; n++)
            weft__otlp_encode_span(&groups[i].bytes, &record);
    }
    char url[] = "https://resource/1.0";
    weft__resource resource = { .schema_url = url };
    request *got = requested(&(weft_batch){ .resource = &resource, .groups = groups, .group_count = 4 });
    Opentelemetry__Proto__Trace__V1__ResourceSpans *spans = got->resource_spans[0];
    assert_null(spans->resource);
    assert_string_equal(spans->schema_url, url);
    assert_int_equal(spans->n_scope_spans, 3);
    Opentelemetry__Proto__Trace__V1__ScopeSpans **scopes = spans->scope_spans;
    assert_string_equal(scopes[0]->scope->name, "one\xef\xbf\xbd");
    assert_string_equal(scopes[0]->scope->version, "\xef\xbf\xbd(");
    assert_string_equal(scopes[0]->schema_url, "https://scope/1.0");
    assert_int_equal(scopes[0]->scope->n_attributes, 1);
    assert_string_equal(scopes[0]->scope->attributes[0]->value->string_value, "b\xef\xbf\xbd");
    assert_int_equal(scopes[0]->n_spans, 3);
    assert_null(scopes[1]->scope);
    assert_int_equal(scopes[1]->n_spans, 2);
    assert_int_equal(scopes[2]->scope->n_attributes, 0);
    assert_int_equal(scopes[2]->scope->dropped_attributes_count, WEFT__MAP_MOST + 1);
    assert_int_equal(scopes[2]->n_spans, 1);
    free_request(got);
    for (size_t i = 0; i < 4; i++)
        weft__buffer_clear(&groups[i].bytes);
    weft__buffer_clear(&stream);
}

static void responses_are_read_as_protoc_makes_them(void **state)
{
    (void)state;
    Opentelemetry__Proto__Collector__Trace__V1__ExportTraceServiceResponse *response =
        opentelemetry__proto__collector__trace__v1__export_trace_service_response__unpack(
            NULL, 8, (const uint8_t *)"\x0a\x06\x08\x02\x12\x02no");
    assert_non_null(response);
    assert_int_equal(response->partial_success->rejected_spans, 2);
    assert_string_equal(response->partial_success->error_message, "no");
    opentelemetry__proto__collector__trace__v1__export_trace_service_response__free_unpacked(response, NULL);

    static const char bytes[] = "\x08\x0e\x12\x04"
                                "busy\x1a\x35\x0a\x28type.googleapis.com/google.rpc.RetryInfo\x12\x09"
                                "\x0a\x07\x08\x05\x10\x80\xe5\x9a\x77";
    Google__Rpc__Status *status = google__rpc__status__unpack(NULL, sizeof bytes - 1, (const uint8_t *)bytes);
    assert_non_null(status);
    assert_int_equal(status->code, 14);
    assert_string_equal(status->message, "busy");
    assert_int_equal(status->n_details, 1);
    assert_string_equal(status->details[0]->type_url, "type.googleapis.com/google.rpc.RetryInfo");
    Google__Rpc__RetryInfo *retry =
        google__rpc__retry_info__unpack(NULL, status->details[0]->value.len, status->details[0]->value.data);
    assert_non_null(retry);
    assert_int_equal(retry->retry_delay->seconds, 5);
    assert_int_equal(retry->retry_delay->nanos, 250000000);
    google__rpc__retry_info__free_unpacked(retry, NULL);
    google__rpc__status__free_unpacked(status, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_trace_request_as_protoc_makes_it),
        cmocka_unit_test(optional_fields_follow_the_stream),
        cmocka_unit_test(names_of_every_size_come_first),
        cmocka_unit_test(streams_without_a_proper_name_are_copied),
        cmocka_unit_test(a_full_buffer_fails_and_stays_whole),
        cmocka_unit_test(EX_016_schema_urls_and_scopes),
        cmocka_unit_test(responses_are_read_as_protoc_makes_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
