/* decode.c - checks the nesting, lets protobuf-c unpack into an arena with a ceiling, and hands on borrowed spans. */
#include "tools/weft/tail/decode.h"

#include <string.h>

#include "tools/weft/tail/arena.h"
#include "tools/weft/tail/value.h"
#include "trace_service.pb-c.h"

typedef Opentelemetry__Proto__Collector__Trace__V1__ExportTraceServiceRequest trace_request;
typedef Opentelemetry__Proto__Resource__V1__Resource otlp_resource;
typedef Opentelemetry__Proto__Trace__V1__ResourceSpans resource_spans;
typedef Opentelemetry__Proto__Trace__V1__ScopeSpans scope_spans;
typedef Opentelemetry__Proto__Trace__V1__Span otlp_span;
typedef Opentelemetry__Proto__Common__V1__KeyValue key_value;

/* protobuf-c unpacks by recursion without a limit: messages nested deeper than this never reach it. */
enum { DEPTH = 64 };
/* Two bytes of input may become a message of a hundred. */
static const size_t unpacked_limit = (size_t)512 * 1024 * 1024;

typedef struct reader {
    const uint8_t *at, *end;
} reader;

static bool read_varint(reader *r, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && r->at < r->end; shift += 7) {
        uint8_t byte = *r->at++;
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if ((byte & 0x80) == 0)
            return true;
    }
    return false;
}

/* Reads a tag and what follows; for a length-delimited field `inner` is its content, else it is empty. */
static bool read_field(reader *r, uint64_t *tag, reader *inner)
{
    uint64_t number = 0, size = 0;
    *inner = (reader){ r->at, r->at };
    if (!read_varint(r, tag))
        return false;
    switch (*tag & 7) {
    case 0:
        return read_varint(r, &number);
    case 1:
        size = 8;
        break;
    case 5:
        size = 4;
        break;
    case 2:
        if (!read_varint(r, &size))
            return false;
        break;
    default:
        return false;
    }
    if (size > (uint64_t)(r->end - r->at))
        return false;
    if ((*tag & 7) == 2)
        *inner = (reader){ r->at, r->at + size };
    r->at += size;
    return true;
}

/* TAIL_TAKEN where the bytes have the form of the message and no more levels than allowed. */
static tail_result check_nesting(const ProtobufCMessageDescriptor *type, reader r, unsigned depth)
{
    if (depth > DEPTH)
        return TAIL_TOO_LARGE;
    while (r.at < r.end) {
        uint64_t tag;
        reader inner;
        if (!read_field(&r, &tag, &inner))
            return TAIL_MALFORMED;
        const ProtobufCFieldDescriptor *field =
            tag >> 3 <= INT32_MAX ? protobuf_c_message_descriptor_get_field(type, (unsigned)(tag >> 3)) : NULL;
        if (field == NULL || field->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        tail_result result = check_nesting(field->descriptor, inner, depth + 1);
        if (result != TAIL_TAKEN)
            return result;
    }
    return TAIL_TAKEN;
}

static void *take_memory(void *arena, size_t size)
{
    tail_arena *from = arena;
    return size <= unpacked_limit && from->bytes <= unpacked_limit - size ? tail_arena_take(from, size) : NULL;
}

static void keep_memory(void *arena, void *memory)
{
    (void)arena, (void)memory; /* goes with the arena */
}

static void copy_id(uint8_t *id, size_t size, ProtobufCBinaryData from)
{
    if (from.len == size)
        memcpy(id, from.data, size);
}

static bool copy_attributes(tail_arena *arena, tail_attributes *to, key_value *const *from, size_t count,
                            uint32_t dropped)
{
    *to = (tail_attributes){ .count = count, .dropped = dropped };
    to->list = tail_arena_take(arena, count * sizeof *to->list);
    if (to->list == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        to->list[i].key = from[i]->key;
        to->list[i].value = tail_value_text(arena, from[i]->value);
        if (to->list[i].value == NULL)
            return false;
    }
    return true;
}

static bool copy_events(tail_arena *arena, tail_span *to, const otlp_span *from)
{
    to->event_count = from->n_events;
    to->dropped_events = from->dropped_events_count;
    to->events = tail_arena_take(arena, from->n_events * sizeof *to->events);
    for (size_t i = 0; to->events != NULL && i < from->n_events; i++) {
        const Opentelemetry__Proto__Trace__V1__Span__Event *event = from->events[i];
        to->events[i].name = event->name;
        to->events[i].time = event->time_unix_nano;
        if (!copy_attributes(arena, &to->events[i].attributes, event->attributes, event->n_attributes,
                             event->dropped_attributes_count))
            return false;
    }
    return to->events != NULL;
}

static bool copy_links(tail_arena *arena, tail_span *to, const otlp_span *from)
{
    to->link_count = from->n_links;
    to->dropped_links = from->dropped_links_count;
    to->links = tail_arena_take(arena, from->n_links * sizeof *to->links);
    for (size_t i = 0; to->links != NULL && i < from->n_links; i++) {
        const Opentelemetry__Proto__Trace__V1__Span__Link *link = from->links[i];
        copy_id(to->links[i].trace_id, TAIL_TRACE_ID, link->trace_id);
        copy_id(to->links[i].span_id, TAIL_SPAN_ID, link->span_id);
        if (!copy_attributes(arena, &to->links[i].attributes, link->attributes, link->n_attributes,
                             link->dropped_attributes_count))
            return false;
    }
    return to->links != NULL;
}

static bool copy_span(tail_arena *arena, tail_span *to, const otlp_span *from)
{
    copy_id(to->trace_id, TAIL_TRACE_ID, from->trace_id);
    copy_id(to->span_id, TAIL_SPAN_ID, from->span_id);
    copy_id(to->parent_id, TAIL_SPAN_ID, from->parent_span_id);
    to->name = from->name;
    int kind = (int)from->kind, status = from->status != NULL ? (int)from->status->code : TAIL_STATUS_UNSET;
    to->kind = kind >= 0 && kind <= TAIL_KIND_CONSUMER ? (tail_kind)kind : TAIL_KIND_UNSPECIFIED;
    to->status = status >= 0 && status <= TAIL_STATUS_ERROR ? (tail_status)status : TAIL_STATUS_UNSET;
    to->status_message = from->status != NULL ? from->status->message : "";
    to->start = from->start_time_unix_nano;
    to->end = from->end_time_unix_nano;
    return copy_attributes(arena, &to->attributes, from->attributes, from->n_attributes,
                           from->dropped_attributes_count) &&
           copy_events(arena, to, from) && copy_links(arena, to, from);
}

static const char *service_of(const otlp_resource *resource)
{
    for (size_t i = 0; resource != NULL && i < resource->n_attributes; i++) {
        const key_value *attribute = resource->attributes[i];
        if (strcmp(attribute->key, "service.name") == 0 && attribute->value != NULL &&
            attribute->value->value_case == OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_STRING_VALUE)
            return attribute->value->string_value;
    }
    return "";
}

static bool walk_scope(const scope_spans *scope, const char *service, tail_span_fn *take, void *arg)
{
    for (size_t i = 0; i < scope->n_spans; i++) {
        tail_arena scratch = { 0 };
        tail_span span = { .service = service, .scope = scope->scope != NULL ? scope->scope->name : "" };
        bool copied = copy_span(&scratch, &span, scope->spans[i]);
        if (copied)
            take(arg, &span);
        tail_arena_clear(&scratch);
        if (!copied)
            return false;
    }
    return true;
}

static bool walk(const trace_request *request, tail_span_fn *take, void *arg)
{
    for (size_t i = 0; i < request->n_resource_spans; i++) {
        const resource_spans *resource = request->resource_spans[i];
        const char *service = service_of(resource->resource);
        for (size_t j = 0; j < resource->n_scope_spans; j++)
            if (!walk_scope(resource->scope_spans[j], service, take, arg))
                return false;
    }
    return true;
}

tail_result tail_decode(const uint8_t *data, size_t size, tail_span_fn *take, void *arg)
{
    const ProtobufCMessageDescriptor *type =
        &opentelemetry__proto__collector__trace__v1__export_trace_service_request__descriptor;
    tail_result result =
        size > 0 ? check_nesting(type, (reader){ data, data + size }, 1) : TAIL_TAKEN; /* no bytes: an empty request */
    if (result != TAIL_TAKEN || size == 0)
        return result;
    tail_arena arena = { 0 };
    ProtobufCAllocator allocator = { take_memory, keep_memory, &arena };
    trace_request *request = (trace_request *)protobuf_c_message_unpack(type, &allocator, size, data);
    if (request != NULL)
        result = walk(request, take, arg) ? TAIL_TAKEN : TAIL_NO_MEMORY;
    else
        result = arena.bytes > unpacked_limit / 2 ? TAIL_TOO_LARGE : TAIL_MALFORMED;
    tail_arena_clear(&arena);
    return result;
}
