/* test_properties.c - random spans: our encoder against protobuf-c, field by field and byte by byte.
 *
 * Each span is made twice: as a record, and as protobuf-c's messages by the shortest reading of the rules. A failing
 * seed is printed; WEFT_TEST_SEED=<seed> runs that one alone. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exporters/otlp/encode.h"
#include "sdk/common/anyvalue.h"
#include "tests/support/random_values.h"
#include "tests/support/sample.h"
#include "trace_service.pb-c.h"

typedef Opentelemetry__Proto__Common__V1__AnyValue any_value;
typedef Opentelemetry__Proto__Common__V1__KeyValue key_value;
typedef Opentelemetry__Proto__Common__V1__ArrayValue array_value;
typedef Opentelemetry__Proto__Common__V1__KeyValueList map_value;
typedef Opentelemetry__Proto__Trace__V1__Span span_message;
typedef Opentelemetry__Proto__Trace__V1__Span__Event event_message;
typedef Opentelemetry__Proto__Trace__V1__Span__Link link_message;
typedef Opentelemetry__Proto__Trace__V1__Status status_message;
typedef Opentelemetry__Proto__Trace__V1__ScopeSpans scope_spans;

static uint64_t running_seed;

/* The oracle: the same values as messages. */

static const weft__value_limits unlimited = { .length = UINT32_MAX, .depth = 64 };
static const weft__value_limits *limits = &unlimited;

static char *copy_text(const char *text, size_t size)
{
    char *copy = random_take(size + 1);
    memcpy(copy, text, size);
    return copy;
}

static char *cut_text(const char *text)
{
    size_t size = 0, characters = 0;
    for (; text[size] != '\0'; size++)
        if (((uint8_t)text[size] & 0xc0) != 0x80 && characters++ == limits->length)
            break;
    return copy_text(text, size);
}

static key_value **oracle_list(weft_attributes list, uint32_t depth, size_t *count);

static weft_value oracle_element(const weft_value *value, uint32_t i)
{
    switch ((weft_type)value->type) {
    case WEFT_TYPE_BOOLS:
        return weft_bool(value->as.bools[i]);
    case WEFT_TYPE_INTS:
        return weft_int(value->as.ints[i]);
    case WEFT_TYPE_DOUBLES:
        return weft_double(value->as.doubles[i]);
    case WEFT_TYPE_STRINGS:
        return weft_string(value->as.strings[i]);
    default:
        return value->as.array[i];
    }
}

static any_value *oracle_value(const weft_value *value, uint32_t depth);

static void oracle_nested(any_value *out, const weft_value *value, uint32_t depth)
{
    if (depth > limits->depth)
        return;
    if (value->type == WEFT_TYPE_MAP) {
        out->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_KVLIST_VALUE;
        out->kvlist_value = random_take(sizeof *out->kvlist_value);
        opentelemetry__proto__common__v1__key_value_list__init(out->kvlist_value);
        weft_attributes list = { value->as.map, value->size };
        out->kvlist_value->values = oracle_list(list, depth + 1, &out->kvlist_value->n_values);
        return;
    }
    out->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_ARRAY_VALUE;
    out->array_value = random_take(sizeof *out->array_value);
    opentelemetry__proto__common__v1__array_value__init(out->array_value);
    out->array_value->values = random_take(value->size * sizeof(any_value *));
    out->array_value->n_values = value->size;
    for (uint32_t i = 0; i < value->size; i++) {
        weft_value element = oracle_element(value, i);
        out->array_value->values[i] = oracle_value(&element, depth + 1);
    }
}

static void oracle_string(any_value *out, const char *text)
{
    out->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_STRING_VALUE;
    out->string_value = cut_text(text);
}

static void oracle_integer(any_value *out, const weft_value *value)
{
    if (value->type == WEFT_TYPE_UINT && value->as.integer < 0) {
        char number[24];
        int size = snprintf(number, sizeof number, "%" PRIu64, (uint64_t)value->as.integer);
        out->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_STRING_VALUE;
        out->string_value = copy_text(number, (size_t)size);
        return;
    }
    out->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_INT_VALUE;
    out->int_value = value->as.integer;
}

static any_value *oracle_value(const weft_value *value, uint32_t depth)
{
    any_value *out = random_take(sizeof *out);
    opentelemetry__proto__common__v1__any_value__init(out);
    switch ((weft_type)value->type) {
    case WEFT_TYPE_EMPTY:
        break;
    case WEFT_TYPE_BOOL:
        out->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_BOOL_VALUE;
        out->bool_value = value->as.boolean;
        break;
    case WEFT_TYPE_UINT:
    case WEFT_TYPE_INT:
        oracle_integer(out, value);
        break;
    case WEFT_TYPE_DOUBLE:
        out->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_DOUBLE_VALUE;
        out->double_value = value->as.real;
        break;
    case WEFT_TYPE_STRING:
        if (value->as.string != NULL)
            oracle_string(out, value->as.string);
        break;
    case WEFT_TYPE_BYTES:
        out->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_BYTES_VALUE;
        out->bytes_value.len = value->size < limits->length ? value->size : limits->length;
        out->bytes_value.data = (uint8_t *)copy_text(value->as.bytes, out->bytes_value.len);
        break;
    default:
        oracle_nested(out, value, depth);
    }
    return out;
}

static bool has_key(const weft_attribute *attribute)
{
    return attribute->key != NULL && attribute->key[0] != '\0';
}

static key_value **oracle_list(weft_attributes list, uint32_t depth, size_t *count)
{
    key_value **out = random_take(list.count * sizeof *out);
    *count = 0;
    for (size_t i = 0; i < list.count; i++) {
        bool last = has_key(&list.list[i]);
        for (size_t j = i + 1; last && j < list.count; j++)
            last = !has_key(&list.list[j]) || strcmp(list.list[i].key, list.list[j].key) != 0;
        if (!last)
            continue;
        key_value *entry = out[(*count)++] = random_take(sizeof *entry);
        opentelemetry__proto__common__v1__key_value__init(entry);
        entry->key = copy_text(list.list[i].key, strlen(list.list[i].key));
        entry->value = oracle_value(&list.list[i].value, depth);
    }
    return out;
}

/* Random spans, twice. */

typedef struct twin {
    sample ours;
    span_message theirs;
} twin;

static void add_attributes(twin *both)
{
    weft_attributes list = random_list(0);
    size_t count, before = both->theirs.n_attributes;
    key_value **entries = oracle_list(list, 1, &count);
    key_value **all = random_take((before + count) * sizeof *all);
    if (before != 0)
        memcpy(all, both->theirs.attributes, before * sizeof(key_value *));
    if (count != 0)
        memcpy(all + before, entries, count * sizeof *entries);
    both->theirs.attributes = all;
    both->theirs.n_attributes = before + count;
    sample_attributes(&both->ours, list);
}

static void add_event(twin *both)
{
    event_message **all = random_take((both->theirs.n_events + 1) * sizeof(event_message *)), *event;
    if (both->theirs.n_events != 0)
        memcpy(all, both->theirs.events, both->theirs.n_events * sizeof(event_message *));
    event = all[both->theirs.n_events++] = random_take(sizeof *event);
    both->theirs.events = all;
    opentelemetry__proto__trace__v1__span__event__init(event);
    weft_attributes list = random_below(2) != 0 ? random_list(0) : (weft_attributes){ NULL, 0 };
    const char *name = random_text(20);
    event->time_unix_nano = (uint64_t)random_int() | 1; /* both write a time of 0 in ways of their own */
    event->name = copy_text(name, strlen(name));
    event->attributes = oracle_list(list, 1, &event->n_attributes);
    event->dropped_attributes_count = (uint32_t)random_below(3);
    sample_event(&both->ours, *name != '\0' ? name : NULL, event->time_unix_nano, list,
                 event->dropped_attributes_count);
}

static ProtobufCBinaryData id_of(uint8_t byte, size_t size)
{
    uint8_t *id = random_take(size);
    return (ProtobufCBinaryData){ .len = size, .data = memset(id, byte, size) };
}

static void add_link(twin *both)
{
    link_message **all = random_take((both->theirs.n_links + 1) * sizeof(link_message *)), *link;
    if (both->theirs.n_links != 0)
        memcpy(all, both->theirs.links, both->theirs.n_links * sizeof(link_message *));
    link = all[both->theirs.n_links++] = random_take(sizeof *link);
    both->theirs.links = all;
    opentelemetry__proto__trace__v1__span__link__init(link);
    sample_link_options options = { .trace = (uint8_t)random_below(256), .span = (uint8_t)random_below(256) };
    options.flags = (uint32_t)random_below(1024);
    options.dropped = (uint32_t)random_below(3);
    options.tracestate = random_below(2) != 0 ? "a=b" : NULL;
    options.list = random_list(0);
    link->trace_id = id_of(options.trace, 16);
    link->span_id = id_of(options.span, 8);
    link->trace_state = options.tracestate != NULL ? copy_text("a=b", 3) : link->trace_state;
    link->attributes = oracle_list(options.list, 1, &link->n_attributes);
    link->dropped_attributes_count = options.dropped;
    link->flags = options.flags;
    sample_link(&both->ours, &options);
}

static void add_status(twin *both)
{
    status_message *status = both->theirs.status = random_take(sizeof *status);
    opentelemetry__proto__trace__v1__status__init(status);
    const char *text = random_text(30);
    status->code = (Opentelemetry__Proto__Trace__V1__Status__StatusCode)(1 + random_below(2));
    status->message = copy_text(text, strlen(text));
    sample_status(&both->ours, (uint8_t)status->code, *text != '\0' ? text : NULL);
}

/* Ids, times, counts and flags. */
static void add_header(twin *both)
{
    weft__record *record = &both->ours.record;
    span_message *span = &both->theirs;
    span->trace_id = id_of((uint8_t)random_below(256), sizeof record->trace_id);
    span->span_id = id_of((uint8_t)random_below(256), sizeof record->span_id);
    memcpy(record->trace_id, span->trace_id.data, sizeof record->trace_id);
    memcpy(record->span_id, span->span_id.data, sizeof record->span_id);
    if (random_below(2) != 0) {
        span->parent_span_id = id_of((uint8_t)(1 + random_below(255)), sizeof record->parent_id);
        memcpy(record->parent_id, span->parent_span_id.data, sizeof record->parent_id);
    }
    record->kind = (uint8_t)(1 + random_below(5));
    span->kind = (Opentelemetry__Proto__Trace__V1__Span__SpanKind)record->kind;
    record->start = span->start_time_unix_nano = (uint64_t)random_int() | 1;
    record->end = span->end_time_unix_nano = (uint64_t)random_int() | 1;
    record->flags = span->flags = (uint32_t)random_below(1024);
    record->dropped_attributes = span->dropped_attributes_count = (uint32_t)random_int() * (uint32_t)random_below(2);
    record->dropped_events = span->dropped_events_count = (uint32_t)random_int() * (uint32_t)random_below(2);
    record->dropped_links = span->dropped_links_count = (uint32_t)random_int() * (uint32_t)random_below(2);
}

/* ordered: as protobuf-c writes the fields, and without what comes behind the stream in ours. */
static void make_twin(twin *both, bool ordered)
{
    const char *name = random_text(random_below(10) != 0 ? 30 : 3000);
    opentelemetry__proto__trace__v1__span__init(&both->theirs);
    sample_start(&both->ours, *name != '\0' ? name : "x", NULL);
    both->theirs.name = *name != '\0' ? copy_text(name, strlen(name)) : copy_text("x", 1);
    add_header(both);
    if (ordered) {
        weft__record *record = &both->ours.record;
        record->dropped_attributes = record->dropped_events = record->dropped_links = 0;
        both->theirs.dropped_attributes_count = both->theirs.dropped_events_count = both->theirs.dropped_links_count =
            0;
    }
    static void (*const steps[])(twin *) = { add_attributes, add_event, add_link };
    uint64_t count = random_below(7);
    for (uint64_t i = 0; i < count; i++)
        steps[ordered ? i * 3 / 7 : random_below(3)](both);
    if (random_below(2) != 0)
        add_status(both);
    sample_done(&both->ours);
}

static void both_are_the_same(uint64_t seed, bool ordered)
{
    twin both = { .ours = { .stream = { 0 } } };
    weft__buffer ours = { 0 };
    random_start(seed);
    make_twin(&both, ordered);
    weft__otlp_encode_span(&ours, &both.ours.record);
    assert_false(ours.failed);

    scope_spans frame = OPENTELEMETRY__PROTO__TRACE__V1__SCOPE_SPANS__INIT;
    span_message *only = &both.theirs;
    frame.n_spans = 1, frame.spans = &only;
    size_t size = opentelemetry__proto__trace__v1__scope_spans__get_packed_size(&frame);
    uint8_t *theirs = malloc(2 * size);
    assert_non_null(theirs);
    opentelemetry__proto__trace__v1__scope_spans__pack(&frame, theirs);
    assert_int_equal(ours.size, size);
    if (ordered)
        assert_memory_equal(ours.data, theirs, size);

    /* Packed again, what was read from ours has its fields in order: then all of them are equal or some is not. */
    scope_spans *read = opentelemetry__proto__trace__v1__scope_spans__unpack(NULL, ours.size, ours.data);
    assert_non_null(read);
    opentelemetry__proto__trace__v1__scope_spans__pack(read, theirs + size);
    assert_memory_equal(theirs, theirs + size, size);
    opentelemetry__proto__trace__v1__scope_spans__free_unpacked(read, NULL);
    free(theirs);
    weft__buffer_clear(&ours);
    sample_clear(&both.ours);
}

static void any_order(uint64_t seed)
{
    both_are_the_same(seed, false);
}

static void in_order(uint64_t seed)
{
    both_are_the_same(seed, true);
}

/* Lists of attributes under random limits, byte by byte. */
static void limited(uint64_t seed)
{
    random_start(seed);
    weft__value_limits own = { .length = UINT32_MAX, .depth = (uint32_t)random_below(6) };
    if (random_below(3) != 0)
        own.length = (uint32_t)random_below(20);
    bool high = false;
    span_message span = OPENTELEMETRY__PROTO__TRACE__V1__SPAN__INIT;
    weft_attributes list = random_list(0);
    limits = &own;
    span.attributes = oracle_list(list, 1, &span.n_attributes);
    limits = &unlimited;
    size_t size = weft__keyvalues_size(list, &own);
    assert_int_equal(size, opentelemetry__proto__trace__v1__span__get_packed_size(&span));
    uint8_t *ours = malloc(size + 1), *theirs = malloc(size + 1);
    assert_non_null(ours);
    assert_non_null(theirs);
    assert_true(weft__keyvalues_put(ours, size, WEFT__TAG_ATTRIBUTE, list, &own, &high));
    opentelemetry__proto__trace__v1__span__pack(&span, theirs);
    assert_memory_equal(ours, theirs, size);
    free(ours), free(theirs);
}

static void run(void (*property)(uint64_t seed))
{
    const char *one = getenv("WEFT_TEST_SEED");
    uint64_t count = getenv("WEFT_TEST_SLOW") != NULL ? 200 : 2000;
    if (one != NULL) {
        running_seed = strtoull(one, NULL, 0);
        property(running_seed);
        return;
    }
    for (running_seed = 1; running_seed <= count; running_seed++)
        property(running_seed);
    running_seed = 0;
}

static int say_seed(void **state)
{
    (void)state;
    if (running_seed != 0)
        print_message("failed with WEFT_TEST_SEED=%" PRIu64 "\n", running_seed);
    running_seed = 0;
    return 0;
}

static void random_spans_are_read_as_they_were_made(void **state)
{
    (void)state;
    run(any_order);
}

static void spans_in_order_have_the_bytes_of_protobuf_c(void **state)
{
    (void)state;
    run(in_order);
}

static void attributes_under_limits_have_the_bytes_of_protobuf_c(void **state)
{
    (void)state;
    run(limited);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(random_spans_are_read_as_they_were_made, say_seed),
        cmocka_unit_test_teardown(spans_in_order_have_the_bytes_of_protobuf_c, say_seed),
        cmocka_unit_test_teardown(attributes_under_limits_have_the_bytes_of_protobuf_c, say_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
