/* sample.c - ended records made by hand. */
#include "tests/support/sample.h"

#include <stdlib.h>
#include <string.h>

#include "sdk/common/anyvalue.h"
#include "sdk/common/wire.h"

static const weft__value_limits limits = { .length = UINT32_MAX, .depth = 64 };

/* A test without memory has nothing to say. */
static uint8_t *room(weft__buffer *out, size_t size)
{
    uint8_t *at = weft__buffer_reserve(out, size);
    if (at == NULL)
        abort();
    return at;
}

static void put_bytes(weft__buffer *out, uint8_t tag, const void *data, size_t size)
{
    weft__bytes_put(room(out, weft__bytes_size(size)), tag, data, size);
    out->size += weft__bytes_size(size);
}

static void put_text(weft__buffer *out, uint8_t tag, const char *text)
{
    if (text != NULL)
        put_bytes(out, tag, text, strlen(text));
}

static void put_number(weft__buffer *out, uint8_t tag, uint64_t number)
{
    if (number != 0)
        out->size += (size_t)(weft__bytes_head(room(out, 11), tag, number) - (out->data + out->size));
}

static void put_list(weft__buffer *out, uint8_t tag, weft_attributes list)
{
    bool high = false;
    size_t size = weft__keyvalues_size(list, &limits);
    if (size == SIZE_MAX || !weft__keyvalues_put(room(out, size), size, tag, list, &limits, &high))
        abort();
    out->size += size;
}

/* Moves a message that was put together apart into the stream. */
static void put_message(weft__buffer *out, uint8_t tag, weft__buffer *message)
{
    put_bytes(out, tag, message->data, message->size);
    weft__buffer_clear(message);
}

void sample_start(sample *to, const char *name, const weft_scope *scope)
{
    static const weft_scope unnamed = { .size = sizeof unnamed, .name = "" };
    weft__buffer_reset(&to->stream);
    to->record = (weft__record){
        .start = 1000000000,
        .end = 2000000000,
        .identity = weft__identity_find(scope != NULL ? scope : &unnamed, WEFT__SDK_GLOBAL),
        .flags = 0x101,
        .kind = 1,
    };
    for (uint8_t i = 0; i < 16; i++)
        to->record.trace_id[i] = (uint8_t)(i + 1);
    for (uint8_t i = 0; i < 8; i++)
        to->record.span_id[i] = (uint8_t)(i + 0x11);
    put_text(&to->stream, WEFT__TAG_NAME, name);
}

void sample_attributes(sample *to, weft_attributes list)
{
    size_t before = to->stream.size;
    put_list(&to->stream, WEFT__TAG_ATTRIBUTE, list);
    uint32_t at = 0, size = (uint32_t)(to->stream.size - before);
    for (weft__field field; weft__field_next(to->stream.data + before, size, &at, &field);)
        to->record.attributes++;
}

void sample_tracestate(sample *to, const char *text)
{
    put_text(&to->stream, WEFT__TAG_TRACESTATE, text);
}

void sample_status(sample *to, uint8_t code, const char *text)
{
    weft__buffer message = { 0 };
    put_text(&message, 0x12, text);
    put_number(&message, 0x18, code);
    put_message(&to->stream, WEFT__TAG_STATUS, &message);
    to->record.status = code;
}

void sample_event(sample *to, const char *name, uint64_t time, weft_attributes list, uint32_t dropped)
{
    weft__buffer message = { 0 };
    uint8_t *at = room(&message, 9);
    *at = 0x09;
    weft__fixed64_put(at + 1, time);
    message.size += 9;
    put_text(&message, 0x12, name);
    put_list(&message, 0x1a, list);
    put_number(&message, 0x20, dropped);
    put_message(&to->stream, WEFT__TAG_EVENT, &message);
    to->record.events++;
}

void sample_link(sample *to, const sample_link_options *link)
{
    weft__buffer message = { 0 };
    uint8_t id[16], *at;
    memset(id, link->trace, sizeof id);
    put_bytes(&message, 0x0a, id, 16);
    memset(id, link->span, sizeof id);
    put_bytes(&message, 0x12, id, 8);
    put_text(&message, 0x1a, link->tracestate);
    put_list(&message, 0x22, link->list);
    put_number(&message, 0x28, link->dropped);
    if (link->flags != 0) {
        at = room(&message, 5);
        *at = 0x35;
        weft__fixed32_put(at + 1, link->flags);
        message.size += 5;
    }
    put_message(&to->stream, WEFT__TAG_LINK, &message);
    to->record.links++;
}

const weft__record *sample_done(sample *to)
{
    to->record.stream = to->stream.data;
    to->record.size = (uint32_t)to->stream.size;
    return &to->record;
}

void sample_clear(sample *to)
{
    weft__buffer_clear(&to->stream);
}

void sample_resource(weft__resource *resource, weft_attributes list)
{
    put_list(&resource->encoded, 0x0a, list);
    resource->attributes += (uint32_t)list.count;
    weft__resource_seal(resource);
}

void sample_batch_start(sample_batch *batch, const weft__resource *resource)
{
    *batch = (sample_batch){ .batch = { .resource = resource } };
    batch->batch.groups = batch->groups;
}

static weft__group *group_of(sample_batch *batch, const weft__identity *identity)
{
    size_t i = 0;
    while (i < batch->batch.group_count && batch->groups[i].identity != identity)
        i++;
    if (i == sizeof batch->groups / sizeof batch->groups[0])
        abort();
    if (i == batch->batch.group_count)
        batch->groups[batch->batch.group_count++].identity = identity;
    return &batch->groups[i];
}

void sample_batch_add(sample_batch *batch, const weft__record *record)
{
    weft__group *group = group_of(batch, record->identity);
    size_t total = (sizeof(weft__flat) + record->size + 7) & ~(size_t)7;
    weft__flat flat = { .record = *record, .total = (uint32_t)total };
    flat.record.stream = NULL;
    uint8_t *at = room(&group->bytes, total);
    memset(at, 0, total);
    memcpy(at, &flat, sizeof flat);
    if (record->size != 0)
        memcpy(at + sizeof flat, record->stream, record->size);
    group->bytes.size += total;
    group->count++;
    batch->batch.count++;
}

void sample_batch_clear(sample_batch *batch)
{
    for (size_t i = 0; i < batch->batch.group_count; i++)
        weft__buffer_clear(&batch->groups[i].bytes);
}
