/* encode.c - from records to the protobuf bytes of OTLP: a span is a header made of fixed fields and a copy of its
 * stream, a request is a frame around the copies of its groups. */
#include "exporters/otlp/encode.h"

#include "sdk/base/text.h"
#include "sdk/common/anyvalue.h"
#include "sdk/common/wire.h"

enum { /* tags of Span; what a stream holds is in record.h */
       TAG_TRACE_ID = 0x0a,
       TAG_SPAN_ID = 0x12,
       TAG_PARENT_ID = 0x22,
       TAG_KIND = 0x30,
       TAG_START = 0x39,
       TAG_END = 0x41,
       TAG_DROPPED_ATTRIBUTES = 0x50,
       TAG_DROPPED_EVENTS = 0x60,
       TAG_DROPPED_LINKS = 0x70,
       TAG_FLAGS = 0x85, /* 0x01 follows */
};

enum { /* tags of the messages around it */
       TAG_RESOURCE_SPANS = 0x0a,
       TAG_RESOURCE = 0x0a,
       TAG_SCOPE_SPANS = 0x12,
       TAG_SCOPE = 0x0a,
       TAG_SPANS = 0x12,
       TAG_SCHEMA_URL = 0x1a,
       TAG_SCOPE_NAME = 0x0a,
       TAG_SCOPE_VERSION = 0x12,
       TAG_SCOPE_ATTRIBUTE = 0x1a,
       TAG_SCOPE_DROPPED = 0x20,
};

/* Bytes of the fields that each span has: both ids, kind, both times. */
enum { FIXED_FIELDS = 18 + 10 + 2 + 9 + 9, PARENT_FIELD = 10, FLAGS_FIELD = 6 };

/* Bytes of the name's field, which opens the stream. */
static size_t name_field(const weft__record *record)
{
    const uint8_t *at = record->stream, *end = at + record->size;
    uint64_t size;
    if (record->size < 2 || *at++ != WEFT__TAG_NAME)
        return 0;
    if (WEFT_LIKELY(*at < 0x80))
        size = *at++;
    else if (!weft__varint_get(&at, end, &size))
        return 0;
    return size <= (uint64_t)(end - at) ? (size_t)(at - record->stream) + (size_t)size : 0;
}

static size_t dropped_size(const weft__record *record)
{
    const uint32_t counts[] = { record->dropped_attributes, record->dropped_events, record->dropped_links };
    size_t size = 0;
    for (size_t i = 0; i < WEFT_COUNT_OF(counts); i++)
        size += counts[i] != 0 ? 1 + weft__varint_size(counts[i]) : 0;
    return size;
}

static uint8_t *put_dropped(uint8_t *out, const weft__record *record)
{
    const uint32_t counts[] = { record->dropped_attributes, record->dropped_events, record->dropped_links };
    static const uint8_t tags[] = { TAG_DROPPED_ATTRIBUTES, TAG_DROPPED_EVENTS, TAG_DROPPED_LINKS };
    for (size_t i = 0; i < WEFT_COUNT_OF(counts); i++)
        if (counts[i] != 0)
            out = weft__bytes_head(out, tags[i], counts[i]);
    return out;
}

static uint8_t *put_fixed(uint8_t *out, uint8_t tag, uint64_t value)
{
    *out++ = tag;
    return weft__fixed64_put(out, value);
}

void weft__otlp_encode_span(weft__buffer *out, const weft__record *record)
{
    static const uint8_t no_parent[8] = { 0 };
    bool child = memcmp(record->parent_id, no_parent, sizeof no_parent) != 0;
    bool dropped = (record->dropped_attributes | record->dropped_events | record->dropped_links) != 0;
    size_t name = name_field(record);
    size_t body = (size_t)FIXED_FIELDS + record->size;
    body += child ? (size_t)PARENT_FIELD : 0;
    body += record->flags != 0 ? (size_t)FLAGS_FIELD : 0;
    body += WEFT_UNLIKELY(dropped) ? dropped_size(record) : 0;
    size_t size = weft__bytes_size(body);
    uint8_t *at = weft__buffer_reserve(out, size);
    if (WEFT_UNLIKELY(at == NULL))
        return;
    at = weft__bytes_head(at, TAG_SPANS, body);
    at = weft__bytes_put(at, TAG_TRACE_ID, record->trace_id, sizeof record->trace_id);
    at = weft__bytes_put(at, TAG_SPAN_ID, record->span_id, sizeof record->span_id);
    if (child)
        at = weft__bytes_put(at, TAG_PARENT_ID, record->parent_id, sizeof record->parent_id);
    if (name != 0)
        memcpy(at, record->stream, name);
    at += name;
    *at++ = TAG_KIND;
    *at++ = record->kind & 0x7f;
    at = put_fixed(at, TAG_START, record->start);
    at = put_fixed(at, TAG_END, record->end);
    if (record->size != name)
        memcpy(at, record->stream + name, record->size - name);
    at += record->size - name;
    if (WEFT_UNLIKELY(dropped))
        at = put_dropped(at, record);
    if (record->flags != 0) {
        *at++ = TAG_FLAGS;
        *at++ = 1;
        weft__fixed32_put(at, record->flags);
    }
    out->size += size;
}

static const weft__value_limits scope_limits = { .length = UINT32_MAX, .depth = 64, .repair = true };

/* A text of a scope or resource; NULL and empty ones are left out. */
static size_t text_field_size(const char *text)
{
    if (text == NULL || *text == '\0')
        return 0;
    return weft__bytes_size(weft__utf8_repair(NULL, text, strlen(text)));
}

static uint8_t *put_text(uint8_t *out, uint8_t tag, const char *text)
{
    if (text == NULL || *text == '\0')
        return out;
    size_t size = strlen(text);
    out = weft__bytes_head(out, tag, weft__utf8_repair(NULL, text, size));
    return out + weft__utf8_repair((char *)out, text, size);
}

typedef struct scope_sizes {
    size_t attributes, dropped; /* bytes of the fields; a number of attributes */
    size_t scope, scope_spans;  /* bytes of the messages */
} scope_sizes;

static scope_sizes measure(const weft__group *group)
{
    const weft_scope *scope = &group->identity->scope;
    scope_sizes sizes = { .attributes = weft__keyvalues_size(scope->attributes, &scope_limits) };
    if (sizes.attributes == SIZE_MAX) {
        sizes.attributes = 0;
        sizes.dropped = scope->attributes.count;
    }
    sizes.scope = text_field_size(scope->name) + text_field_size(scope->version) + sizes.attributes +
                  (sizes.dropped != 0 ? 1 + weft__varint_size(sizes.dropped) : 0);
    sizes.scope_spans =
        (sizes.scope != 0 ? weft__bytes_size(sizes.scope) : 0) + group->bytes.size + text_field_size(scope->schema_url);
    return sizes;
}

static uint8_t *put_group(uint8_t *out, const weft__group *group)
{
    const weft_scope *scope = &group->identity->scope;
    scope_sizes sizes = measure(group);
    bool high = false;
    out = weft__bytes_head(out, TAG_SCOPE_SPANS, sizes.scope_spans);
    if (sizes.scope != 0) {
        out = weft__bytes_head(out, TAG_SCOPE, sizes.scope);
        out = put_text(out, TAG_SCOPE_NAME, scope->name);
        out = put_text(out, TAG_SCOPE_VERSION, scope->version);
        if (sizes.attributes != 0)
            weft__keyvalues_put(out, sizes.attributes, TAG_SCOPE_ATTRIBUTE, scope->attributes, &scope_limits, &high);
        out += sizes.attributes;
        if (sizes.dropped != 0)
            out = weft__bytes_head(out, TAG_SCOPE_DROPPED, sizes.dropped);
    }
    memcpy(out, group->bytes.data, group->bytes.size);
    return put_text(out + group->bytes.size, TAG_SCHEMA_URL, scope->schema_url);
}

bool weft__otlp_traces_request(weft__buffer *out, const weft_batch *batch)
{
    const weft__resource *resource = batch->resource;
    size_t body = (resource->encoded.size != 0 ? weft__bytes_size(resource->encoded.size) : 0) +
                  text_field_size(resource->schema_url);
    for (size_t i = 0; i < batch->group_count; i++)
        if (batch->groups[i].bytes.size != 0)
            body += weft__bytes_size(measure(&batch->groups[i]).scope_spans);
    uint8_t *at = weft__buffer_reserve(out, weft__bytes_size(body));
    if (at == NULL)
        return false;
    at = weft__bytes_head(at, TAG_RESOURCE_SPANS, body);
    if (resource->encoded.size != 0)
        at = weft__bytes_put(at, TAG_RESOURCE, resource->encoded.data, resource->encoded.size);
    for (size_t i = 0; i < batch->group_count; i++)
        if (batch->groups[i].bytes.size != 0)
            at = put_group(at, &batch->groups[i]);
    put_text(at, TAG_SCHEMA_URL, resource->schema_url);
    out->size += weft__bytes_size(body);
    return true;
}
