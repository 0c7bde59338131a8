/* view.c - the public reading side: spans, and what is in them, read out of a record's stream where it lies. Bytes are
 * read as if anybody might have written them. */
#include "sdk/common/view.h"

#include <string.h>

#include "sdk/api/identity.h"
#include "sdk/common/decode.h"
#include "sdk/common/export.h"
#include "sdk/common/wire.h"

enum { /* tags; the stream's own are in record.h */
       TAG_RESOURCE_ATTRIBUTE = 0x0a,
       TAG_EVENT_TIME = 0x09,
       TAG_EVENT_NAME = 0x12,
       TAG_EVENT_ATTRIBUTE = 0x1a,
       TAG_EVENT_DROPPED = 0x20,
       TAG_LINK_TRACE_ID = 0x0a,
       TAG_LINK_SPAN_ID = 0x12,
       TAG_LINK_TRACESTATE = 0x1a,
       TAG_LINK_ATTRIBUTE = 0x22,
       TAG_LINK_DROPPED = 0x28,
       TAG_LINK_FLAGS = 0x35,
       TAG_STATUS_TEXT = 0x12,
};

enum { REMOTE = 0x200 }; /* in OTLP's flags */

/* A run of bytes that holds a message. */
typedef struct message {
    const uint8_t *data;
    size_t size;
} message;

static weft_text text_of(const weft__wire *field)
{
    return weft_text_n(field->data, field->size);
}

/* The next field with that tag, from the cursor on. */
static bool next_field(message in, weft_cursor *at, uint32_t tag, weft__wire *field)
{
    if (in.data == NULL || at->position_ > in.size)
        return false;
    const uint8_t *place = in.data + at->position_, *end = in.data + in.size;
    while (weft__wire_next(&place, end, field)) {
        if (field->tag == tag) {
            at->position_ = (uint64_t)(place - in.data);
            return true;
        }
    }
    at->position_ = in.size;
    return false;
}

static bool next_attribute(message in, weft_cursor *at, uint32_t tag, weft_attribute *attribute)
{
    weft__wire field;
    while (next_field(in, at, tag, &field))
        if (weft__keyvalue_get(field.data, field.size, attribute))
            return true;
    return false;
}

static uint32_t count_fields(message in, uint32_t tag)
{
    weft_cursor at = { 0 };
    weft__wire field;
    uint32_t count = 0;
    while (next_field(in, &at, tag, &field))
        count++;
    return count;
}

/* What source_ of events and links points to: a length that has been read before, and the message behind it. */
static message behind_length(const void *source)
{
    const uint8_t *at = source;
    uint64_t size = 0;
    if (source == NULL || !weft__varint_get(&at, at + WEFT__VARINT_MOST, &size))
        return (message){ NULL, 0 };
    return (message){ at, (size_t)size };
}

/* The place of a field's length, for source_. Lengths may be longer than they need to be: so it is found, not computed.
 */
static const void *length_of(message in, const weft__wire *field)
{
    const uint8_t *at = field->data;
    do
        at--;
    while (at > in.data && (at[-1] & 0x80) != 0);
    return at;
}

static message stream_of(const weft_span_view *span)
{
    const weft__record *record = span != NULL ? span->source_ : NULL;
    if (record == NULL)
        return (message){ NULL, 0 };
    const uint8_t *behind = (const uint8_t *)record + sizeof(weft__flat); /* in a flat, where stream is NULL */
    return (message){ record->stream != NULL ? record->stream : behind, record->size };
}

static void read_stream(message stream, weft_span_view *view)
{
    const uint8_t *at = stream.data, *end = at + stream.size;
    weft__wire field, inner;
    while (weft__wire_next(&at, end, &field)) {
        if (field.tag == WEFT__TAG_NAME) {
            view->name = text_of(&field);
        } else if (field.tag == WEFT__TAG_TRACESTATE) {
            view->tracestate = text_of(&field);
        } else if (field.tag == WEFT__TAG_STATUS) {
            view->status_text = weft_text_n(NULL, 0);
            if (next_field((message){ field.data, field.size }, &(weft_cursor){ 0 }, TAG_STATUS_TEXT, &inner))
                view->status_text = text_of(&inner);
        }
    }
}

/* An SDK that has no sealed resource, as tests of parts may make it. */
static const weft_resource_view no_resource = { .size = sizeof no_resource };

void weft__resource_seal(weft__resource *resource)
{
    resource->view = (weft_resource_view){
        .size = sizeof resource->view,
        .schema_url =
            weft_text_n(resource->schema_url, resource->schema_url != NULL ? strlen(resource->schema_url) : 0),
        .attribute_count = resource->attributes,
        .source_ = resource,
    };
}

void weft__view_of(const weft__record *record, const weft__resource *resource, weft_span_view *view)
{
    *view = (weft_span_view){
        .size = sizeof *view,
        .kind = record->kind != 0 ? (weft_span_kind)(record->kind - 1) : WEFT_KIND_INTERNAL,
        .status = (weft_span_status)record->status,
        .start_time = record->start,
        .end_time = record->end,
        .attribute_count = record->attributes,
        .event_count = record->events,
        .link_count = record->links,
        .dropped_attributes = record->dropped_attributes,
        .dropped_events = record->dropped_events,
        .dropped_links = record->dropped_links,
        .scope = &record->identity->view,
        .resource = resource != NULL && resource->view.source_ == resource ? &resource->view : &no_resource,
        .source_ = record,
    };
    memcpy(view->context.trace_id, record->trace_id, sizeof record->trace_id);
    memcpy(view->context.span_id, record->span_id, sizeof record->span_id);
    view->context.flags = (uint8_t)record->flags;
    static const uint8_t root[8] = { 0 };
    if (memcmp(record->parent_id, root, sizeof root) != 0) {
        memcpy(view->parent.trace_id, record->trace_id, sizeof record->trace_id);
        memcpy(view->parent.span_id, record->parent_id, sizeof record->parent_id);
        view->parent.remote = (record->flags & REMOTE) != 0;
    }
    read_stream(stream_of(view), view);
}

/* Groups hold flat records one behind the other: reserved_ is the group, position_ the byte in it. */
bool weft_batch_span(const weft_batch *batch, weft_cursor *at, weft_span_view *span)
{
    if (batch == NULL || at == NULL || span == NULL)
        return false;
    for (; at->reserved_ < batch->group_count; at->reserved_++, at->position_ = 0) {
        const weft__group *group = &batch->groups[at->reserved_];
        if (at->position_ + sizeof(weft__flat) > group->bytes.size)
            continue;
        const weft__flat *flat = (const weft__flat *)(const void *)(group->bytes.data + at->position_);
        at->position_ += flat->total;
        weft__view_of(&flat->record, batch->resource, span);
        return true;
    }
    return false;
}

size_t weft_batch_count(const weft_batch *batch)
{
    return batch != NULL ? batch->count : 0;
}

bool weft_span_attribute(const weft_span_view *span, weft_cursor *at, weft_attribute *attribute)
{
    return at != NULL && attribute != NULL && next_attribute(stream_of(span), at, WEFT__TAG_ATTRIBUTE, attribute);
}

bool weft_span_event_at(const weft_span_view *span, weft_cursor *at, weft_event_view *event)
{
    message stream = stream_of(span), in;
    weft__wire found, field;
    if (at == NULL || event == NULL || !next_field(stream, at, WEFT__TAG_EVENT, &found))
        return false;
    in = (message){ found.data, found.size };
    *event = (weft_event_view){
        .size = sizeof *event,
        .attribute_count = count_fields(in, TAG_EVENT_ATTRIBUTE),
        .source_ = length_of(stream, &found),
    };
    for (const uint8_t *place = in.data; weft__wire_next(&place, in.data + in.size, &field);) {
        if (field.tag == TAG_EVENT_TIME)
            event->time = field.number;
        else if (field.tag == TAG_EVENT_NAME)
            event->name = text_of(&field);
        else if (field.tag == TAG_EVENT_DROPPED)
            event->dropped_attributes = (uint32_t)field.number;
    }
    return true;
}

static void read_id(uint8_t *id, size_t size, const weft__wire *field)
{
    if (field->size == size)
        memcpy(id, field->data, size);
}

static void read_link_field(const weft__wire *field, weft_link_view *link)
{
    switch (field->tag) {
    case TAG_LINK_TRACE_ID:
        read_id(link->context.trace_id, sizeof link->context.trace_id, field);
        break;
    case TAG_LINK_SPAN_ID:
        read_id(link->context.span_id, sizeof link->context.span_id, field);
        break;
    case TAG_LINK_TRACESTATE:
        link->tracestate = text_of(field);
        break;
    case TAG_LINK_DROPPED:
        link->dropped_attributes = (uint32_t)field->number;
        break;
    case TAG_LINK_FLAGS:
        link->context.flags = (uint8_t)field->number;
        link->context.remote = (field->number & REMOTE) != 0;
        break;
    default:
        break;
    }
}

bool weft_span_link_at(const weft_span_view *span, weft_cursor *at, weft_link_view *link)
{
    message stream = stream_of(span), in;
    weft__wire found, field;
    if (at == NULL || link == NULL || !next_field(stream, at, WEFT__TAG_LINK, &found))
        return false;
    in = (message){ found.data, found.size };
    *link = (weft_link_view){
        .size = sizeof *link,
        .attribute_count = count_fields(in, TAG_LINK_ATTRIBUTE),
        .source_ = length_of(stream, &found),
    };
    for (const uint8_t *place = in.data; weft__wire_next(&place, in.data + in.size, &field);)
        read_link_field(&field, link);
    return true;
}

bool weft_event_attribute(const weft_event_view *event, weft_cursor *at, weft_attribute *attribute)
{
    return event != NULL && at != NULL && attribute != NULL &&
           next_attribute(behind_length(event->source_), at, TAG_EVENT_ATTRIBUTE, attribute);
}

bool weft_link_attribute(const weft_link_view *link, weft_cursor *at, weft_attribute *attribute)
{
    return link != NULL && at != NULL && attribute != NULL &&
           next_attribute(behind_length(link->source_), at, TAG_LINK_ATTRIBUTE, attribute);
}

bool weft_resource_attribute(const weft_resource_view *resource, weft_cursor *at, weft_attribute *attribute)
{
    const weft__resource *source = resource != NULL ? resource->source_ : NULL;
    return source != NULL && at != NULL && attribute != NULL &&
           next_attribute((message){ source->encoded.data, source->encoded.size }, at, TAG_RESOURCE_ATTRIBUTE,
                          attribute);
}

bool weft_scope_attribute(const weft_scope_view *scope, weft_cursor *at, weft_attribute *attribute)
{
    const weft__identity *identity = scope != NULL ? scope->source_ : NULL;
    if (identity == NULL || at == NULL || attribute == NULL)
        return false;
    weft_attributes list = identity->scope.attributes;
    while (at->position_ < list.count) {
        size_t index = (size_t)at->position_++;
        if (!weft__attribute_hidden(list, index)) {
            *attribute = list.list[index];
            return true;
        }
    }
    return false;
}
