/* event.c - events and links: messages of their own in a record's stream. */
#include "sdk/trace/event.h"

#include <string.h>

#include "sdk/api/tracestate.h"
#include "sdk/base/clock.h"
#include "sdk/common/anyvalue.h"
#include "sdk/common/record.h"
#include "sdk/trace/append.h"
#include "sdk/trace/attribute.h"
#include "sdk/trace/lock.h"
#include "sdk/trace/simple.h"

enum { EVENT_ATTRIBUTE = 0x1a, EVENT_DROPPED = 0x20, LINK_ATTRIBUTE = 0x22, LINK_DROPPED = 0x28 };

/* The attributes of an event or link within their limit, and how many are beyond it. */
typedef struct limited {
    weft_attributes list;
    uint32_t dropped;
} limited;

static weft_text key_of(const weft_attribute *attribute)
{
    const char *key = attribute->key;
    if (key == NULL)
        return (weft_text){ NULL, 0 };
    return weft_text_n(key, attribute->key_size != WEFT_NUL ? attribute->key_size : strnlen(key, WEFT__RECORD_CAP));
}

/* How many from the front have at most `limit` keys: a key that comes again is no addition (LIM-3). */
static size_t distinct(const weft_attribute *list, size_t count, uint32_t limit)
{
    uint32_t keys = 0;
    for (size_t i = 0; i < count; i++) {
        weft_text key = key_of(&list[i]);
        bool again = false;
        for (size_t j = 0; j < i && !again; j++) {
            weft_text other = key_of(&list[j]);
            again = other.size == key.size && (key.size == 0 || memcmp(other.data, key.data, key.size) == 0);
        }
        if (!again && keys++ == limit)
            return i;
        if (i == 4 * (size_t)limit) /* each is compared with all before it */
            return i;
    }
    return count;
}

static limited within(const weft_attribute *list, size_t count, uint32_t limit)
{
    limited listed = { { list, count }, 0 };
    if (count > limit) {
        listed.list.count = distinct(list, count, limit);
        listed.dropped = (uint32_t)(count - listed.list.count);
    }
    return listed;
}

/* Of a list that the fast way has refused. */
static void count_bad_keys(limited listed)
{
    for (size_t i = 0; i < listed.list.count; i++)
        if (key_of(&listed.list.list[i]).size == 0)
            atomic_fetch_add_explicit(&weft__misuses.argument, 1, memory_order_relaxed);
}

/* When an event was: ns since the epoch, or ticks, as its tag says. */
typedef struct moment {
    uint64_t time;
    uint8_t tag;
} moment;

static uint8_t *put_event_head(uint8_t *p, moment when, size_t size)
{
    *p++ = when.tag;
    p = weft__varint_put(p, size);
    *p++ = 0x09;
    memcpy(p, &when.time, 8);
    return p + 8;
}

/* Short names, short attributes with distinct keys, room in the head block: written in one pass, and the length when it
 * is known. */
WEFT_INLINE bool put_fast(weft__block *head, const char *name, moment when, limited listed)
{
    uint32_t used = atomic_load_explicit(&head->used, memory_order_relaxed);
    size_t name_size = strnlen(name, WEFT__SIMPLE_TEXT + 1);
    if (WEFT_UNLIKELY(used + WEFT__SIMPLE_MOST > WEFT__HEAD_ROOM || listed.dropped != 0 ||
                      name_size > WEFT__SIMPLE_TEXT))
        return false;
    weft__run run = { 0, 0, 0 };
    uint8_t *const begin = head->stream + used, *const limit = head->stream + WEFT__HEAD_ROOM - WEFT__SIMPLE_MOST;
    uint8_t *at = begin + 2;
    *at++ = 0x09;
    memcpy(at, &when.time, 8);
    at[8] = 0x12, at[9] = (uint8_t)name_size;
    weft__copy_text(at + 10, name, (uint32_t)name_size, &run.bits);
    at += 10 + name_size;
    for (size_t i = 0; i < listed.list.count; i++) {
        at = WEFT_LIKELY(at <= limit) ? weft__simple_put(at, EVENT_ATTRIBUTE, &listed.list.list[i], &run) : NULL;
        if (WEFT_UNLIKELY(at == NULL))
            return false;
    }
    size_t size = (size_t)(at - begin) - 2;
    if (WEFT_UNLIKELY(run.twice != 0)) /* perhaps a key twice: nothing has been published yet */
        return false;
    if (WEFT_UNLIKELY(size > 127)) { /* the length takes two bytes */
        memmove(begin + 3, begin + 2, size);
        at++;
    }
    begin[0] = when.tag;
    weft__varint_put(begin + 1, size);
    if (WEFT_UNLIKELY((run.bits & WEFT__HIGH_BITS) != 0))
        head->fix |= WEFT__FIX_TEXT;
    atomic_store_explicit(&head->used, (uint32_t)(at - head->stream), memory_order_release);
    return true;
}

static size_t cut_name(const char *name, size_t most)
{
    size_t size = strnlen(name, most + 1);
    if (size <= most)
        return size;
    for (size = most; most - size < 3 && size > 0 && ((uint8_t)name[size] & 0xc0) == 0x80;)
        size--;
    return size;
}

static bool put_slowly(weft__thread *thread, weft__block *head, const char *name, moment when, limited listed,
                       const weft__value_limits *limits)
{
    size_t left = WEFT__RECORD_CAP - atomic_load_explicit(&head->used, memory_order_relaxed);
    count_bad_keys(listed);
    if (left < WEFT__CUT_LEAST)
        return false;
    size_t name_size = cut_name(name, left - WEFT__CUT_MARGIN), attributes = 0;
    bool cut = name[name_size] != '\0';
    if (listed.list.count != 0)
        attributes = weft__keyvalues_size(listed.list, limits);
    if (attributes == SIZE_MAX || attributes + name_size + WEFT__CUT_MARGIN > left) {
        /* The event itself says more than its attributes do. */
        listed.dropped += (uint32_t)listed.list.count;
        attributes = listed.list.count = 0;
        cut = true;
    }
    size_t size = 9 + 1 + weft__varint_size(name_size) + name_size + attributes +
                  (listed.dropped != 0 ? 1 + weft__varint_size(listed.dropped) : 0);
    uint8_t *at = weft__append_room(thread, head, 1 + weft__varint_size(size) + size), *p;
    if (at == NULL)
        return false;
    bool high = false;
    uint64_t bits = 0;
    p = put_event_head(at, when, size);
    *p++ = 0x12;
    p = weft__varint_put(p, name_size);
    weft__copy_text(p, name, (uint32_t)name_size, &bits);
    p += name_size;
    if (attributes != 0 && !weft__keyvalues_put(p, attributes, EVENT_ATTRIBUTE, listed.list, limits, &high))
        return false;
    p += attributes;
    if (listed.dropped != 0) {
        *p++ = EVENT_DROPPED;
        p = weft__varint_put(p, listed.dropped);
    }
    head->fix |= (uint16_t)((high || (bits & WEFT__HIGH_BITS) != 0 ? WEFT__FIX_TEXT : 0) | (cut ? WEFT__CUT : 0));
    weft__append_done(thread, head, at, (size_t)(p - at));
    return true;
}

static void event_entered(weft__thread *thread, const weft_span *span, const char *name, uint64_t time,
                          const weft_attribute *list, size_t count)
{
    moment when = { time, WEFT__TAG_EVENT };
    if (time == 0)
        when = (moment){ weft__ticks(), WEFT__TAG_EVENT_TICKS };
    weft__block *head = weft__record_lock(span);
    if (head == NULL)
        return;
    const weft__provider *provider = weft__provider_at(head->sdk);
    if (WEFT_LIKELY(provider != NULL)) {
        const weft__limits *limits = &provider->limits;
        limited listed = within(list, count, limits->event_attributes);
        const weft__value_limits value = { .length = limits->value_length,
                                           .depth = limits->value_depth,
                                           .most = WEFT__RECORD_CAP };
        if (head->events >= limits->events || head->events == UINT16_MAX ||
            !((limits->value_length == UINT32_MAX && put_fast(head, name, when, listed)) ||
              put_slowly(thread, head, name, when, listed, &value))) {
            head->dropped_events++;
        } else {
            head->events++;
            head->fix |= time == 0 ? WEFT__FIX_EVENTS : 0;
        }
    }
    weft__record_unlock(thread, head, span);
}

void weft__span_event(weft__thread *thread, const weft_span *span, const char *name, uint64_t time,
                      const weft_attribute *list, size_t count)
{
    if (WEFT_LIKELY(weft__enter_counted(thread))) {
        event_entered(thread, span, name, time, list, count);
        weft__leave(thread);
    }
}

/* A link with nothing in it may be left out; one without ids but with attributes or tracestate is kept (LNK-2). */
static bool says_nothing(const weft_link *link)
{
    return (link->attributes.count == 0 || link->attributes.list == NULL) && link->context.state_ == 0 &&
           !weft__ids_valid(&link->context);
}

static bool put_link(weft__thread *thread, weft__block *head, const weft_link *link, const char *state,
                     size_t state_size, const weft__limits *limits)
{
    size_t left = WEFT__RECORD_CAP - atomic_load_explicit(&head->used, memory_order_relaxed);
    weft__value_limits value = { .length = limits->value_length, .depth = limits->value_depth, .most = left };
    limited listed = within(link->attributes.list, link->attributes.list != NULL ? link->attributes.count : 0,
                            limits->link_attributes);
    size_t attributes = listed.list.count != 0 ? weft__keyvalues_size(listed.list, &value) : 0;
    count_bad_keys(listed);
    if (attributes == SIZE_MAX || attributes + state_size + 2 * WEFT__CUT_LEAST > left)
        return false;
    size_t size = 18 + 10 + (state_size != 0 ? 1 + weft__varint_size(state_size) + state_size : 0) + attributes +
                  (listed.dropped != 0 ? 1 + weft__varint_size(listed.dropped) : 0) + 5;
    uint8_t *at = weft__append_room(thread, head, 1 + weft__varint_size(size) + size), *p;
    if (at == NULL)
        return false;
    bool high = false;
    uint32_t flags = link->context.flags | 0x100u | (link->context.remote ? 0x200u : 0);
    at[0] = WEFT__TAG_LINK;
    p = weft__varint_put(at + 1, size);
    *p++ = 0x0a, *p++ = 16;
    memcpy(p, link->context.trace_id, 16), p += 16;
    *p++ = 0x12, *p++ = 8;
    memcpy(p, link->context.span_id, 8), p += 8;
    if (state_size != 0) {
        *p++ = 0x1a;
        p = weft__varint_put(p, state_size);
        memcpy(p, state, state_size), p += state_size;
    }
    if (attributes != 0 && !weft__keyvalues_put(p, attributes, LINK_ATTRIBUTE, listed.list, &value, &high))
        return false;
    p += attributes;
    if (listed.dropped != 0) {
        *p++ = LINK_DROPPED;
        p = weft__varint_put(p, listed.dropped);
    }
    *p++ = 0x35;
    memcpy(p, &flags, 4);
    head->fix |= high ? WEFT__FIX_TEXT : 0;
    weft__append_done(thread, head, at, (size_t)(p + 4 - at));
    return true;
}

void weft__link_entered(weft__thread *thread, const weft_span *span, const weft_link *link)
{
    if (says_nothing(link))
        return;
    bool held = weft__slab_hold(link->context.state_);
    weft_text state = weft__tracestate_text(held ? link->context.state_ : 0);
    weft__block *head = weft__record_lock(span);
    if (head != NULL) {
        const weft__provider *provider = weft__provider_at(head->sdk);
        if (provider != NULL) {
            if (head->links < provider->limits.links && head->links < UINT16_MAX &&
                put_link(thread, head, link, state.data, state.size, &provider->limits))
                head->links++;
            else
                head->dropped_links++;
        }
        weft__record_unlock(thread, head, span);
    }
    if (held)
        weft__slab_drop(link->context.state_);
}

void weft__span_link(weft__thread *thread, const weft_span *span, const weft_link *link)
{
    if (weft__enter_counted(thread)) {
        weft__link_entered(thread, span, link);
        weft__leave(thread);
    }
}
