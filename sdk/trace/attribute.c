/* attribute.c - attributes on an open span: the fast way for short ones, the limits, and what to do at them. */
#include "sdk/trace/attribute.h"

#include "sdk/common/anyvalue.h"
#include "sdk/common/record.h"
#include "sdk/trace/append.h"
#include "sdk/trace/compact.h"
#include "sdk/trace/lock.h"
#include "sdk/trace/simple.h"

static void count_misuse(void)
{
    atomic_fetch_add_explicit(&weft__misuses.argument, 1, memory_order_relaxed);
}

static bool fits(size_t size, size_t left)
{
    return size != SIZE_MAX && size + 5 <= left;
}

/* The key of the KeyValue that was just written. */
static void note_key(weft__block *head, const uint8_t *keyvalue, size_t size)
{
    uint64_t bit = weft__key_bit(keyvalue, size);
    if ((head->keys & bit) != 0)
        head->fix |= WEFT__FIX_KEYS;
    head->keys |= bit;
}

/* A text value that alone is too large for what is left of the record: cut, so that it fits. */
static bool put_cut(weft__thread *thread, weft__block *head, const weft_attribute *attribute,
                    const weft__value_limits *limits)
{
    weft_attribute shorter = *attribute;
    size_t left = WEFT__RECORD_CAP - atomic_load_explicit(&head->used, memory_order_relaxed);
    size_t key_size = attribute->key_size == WEFT_NUL ? strnlen(attribute->key, left) : attribute->key_size;
    if (left < key_size + WEFT__CUT_LEAST)
        return false;
    size_t most = left - key_size - WEFT__CUT_MARGIN;
    shorter.value.size = (uint32_t)most;
    while (attribute->value.type == WEFT_TYPE_STRING && shorter.value.size > 0 && most - shorter.value.size < 3 &&
           ((uint8_t)attribute->value.as.string[shorter.value.size] & 0xc0) == 0x80)
        shorter.value.size--; /* not inside a sequence */
    size_t size = weft__keyvalue_size(&shorter, limits);
    uint8_t *at =
        size != 0 && size != SIZE_MAX ? weft__append_room(thread, head, 1 + weft__varint_size(size) + size) : NULL;
    if (at == NULL)
        return false;
    bool high = false;
    at[0] = WEFT__TAG_ATTRIBUTE;
    uint8_t *p = weft__varint_put(at + 1, size);
    if (!weft__keyvalue_put(p, size, &shorter, limits, &high))
        return false;
    head->fix |= (uint16_t)(WEFT__CUT | (high ? WEFT__FIX_TEXT : 0));
    note_key(head, p, size);
    weft__append_done(thread, head, at, (size_t)(p - at) + size);
    return true;
}

static bool may_be_cut(const weft_value *value)
{
    return (value->type == WEFT_TYPE_STRING || value->type == WEFT_TYPE_BYTES) && value->as.bytes != NULL;
}

/* Every type, every size. False where it had to be dropped, or cut. */
static WEFT_COLD bool put_any(weft__thread *thread, weft__block *head, const weft_attribute *attribute,
                              const weft__limits *limits, bool cut)
{
    size_t left = WEFT__RECORD_CAP - atomic_load_explicit(&head->used, memory_order_relaxed);
    weft__value_limits value = { .length = limits->value_length, .depth = limits->value_depth, .most = left };
    size_t size = weft__keyvalue_size(attribute, &value);
    if (!fits(size, left))
        return cut && may_be_cut(&attribute->value) && put_cut(thread, head, attribute, &value);
    uint8_t *at = weft__append_room(thread, head, 1 + weft__varint_size(size) + size);
    if (at == NULL)
        return false;
    bool high = false;
    at[0] = WEFT__TAG_ATTRIBUTE;
    uint8_t *p = weft__varint_put(at + 1, size);
    if (!weft__keyvalue_put(p, size, attribute, &value, &high))
        return false;
    if (high)
        head->fix |= WEFT__FIX_TEXT;
    note_key(head, p, size);
    weft__append_done(thread, head, at, (size_t)(p - at) + size);
    return true;
}

/* Room for one more key, after keys that are there twice have been made one; or its key is there already. */
static WEFT_COLD bool within_limit(weft__thread *thread, weft__block *head, const weft_attribute *attribute,
                                   uint32_t limit)
{
    if (head->attributes >= (limit < WEFT__ATTRIBUTES_MOST ? limit : WEFT__ATTRIBUTES_MOST)) {
        if ((head->fix & WEFT__FIX_KEYS) != 0 && head->attributes >= limit + WEFT__COMPACT_SLACK)
            weft__compact(thread, head);
        if (weft__stream_has(thread, head, attribute))
            return head->attributes < UINT16_MAX;
        if ((head->fix & WEFT__FIX_KEYS) != 0)
            weft__compact(thread, head);
    }
    return head->attributes < (limit < WEFT__ATTRIBUTES_MOST ? limit : WEFT__ATTRIBUTES_MOST);
}

static WEFT_COLD void set_slowly(weft__thread *thread, weft__block *head, const weft_attribute *attribute,
                                 const weft__limits *limits)
{
    if (attribute->key == NULL || attribute->key_size == 0 || attribute->key[0] == '\0') {
        count_misuse();
        return;
    }
    if (!within_limit(thread, head, attribute, limits->attributes)) {
        head->dropped_attributes++;
        return;
    }
    bool full_of_old = (head->fix & (WEFT__FIX_KEYS | WEFT__FIX_REPLACED)) != 0;
    bool put = put_any(thread, head, attribute, limits, !full_of_old);
    if (!put && full_of_old) {
        weft__compact(thread, head);
        put = put_any(thread, head, attribute, limits, true);
    }
    if (put) {
        head->attributes++;
    } else {
        head->dropped_attributes++;
        head->fix |= WEFT__CUT;
    }
}

/* The short ones from the front of a list, as long as there is room for any; how many. */
WEFT_INLINE size_t set_simple(weft__block *head, const weft_attribute *list, size_t count, const weft__limits *limits)
{
    uint32_t used = atomic_load_explicit(&head->used, memory_order_relaxed), attributes = head->attributes;
    if (WEFT_UNLIKELY(used > WEFT__HEAD_ROOM || attributes + count > limits->attributes ||
                      limits->value_length != UINT32_MAX))
        return 0;
    weft__run run = { head->keys, 0, 0 };
    uint8_t *at = head->stream + used;
    const weft_attribute *attribute = list, *end_of_list = list + count;
    for (; attribute != end_of_list; attribute++) {
        uint8_t *end = WEFT_LIKELY(at <= head->stream + WEFT__HEAD_ROOM - WEFT__SIMPLE_MOST)
                           ? weft__simple_put(at, WEFT__TAG_ATTRIBUTE, attribute, &run)
                           : NULL;
        if (WEFT_UNLIKELY(end == NULL))
            break;
        at = end;
    }
    head->attributes = (uint16_t)(attributes + (uint32_t)(attribute - list));
    head->keys = run.keys;
    if (WEFT_UNLIKELY((run.twice | (run.bits & WEFT__HIGH_BITS)) != 0))
        head->fix |= (uint16_t)((run.twice != 0 ? WEFT__FIX_KEYS : 0) |
                                ((run.bits & WEFT__HIGH_BITS) != 0 ? WEFT__FIX_TEXT : 0));
    atomic_store_explicit(&head->used, (uint32_t)(at - head->stream), memory_order_release);
    return (size_t)(attribute - list);
}

static WEFT_COLD void set_rest(weft__thread *thread, weft__block *head, const weft_attribute *list, size_t count,
                               const weft__limits *limits)
{
    for (size_t done = 0; done < count;) {
        set_slowly(thread, head, &list[done++], limits);
        done += set_simple(head, list + done, count - done, limits);
    }
}

WEFT_INLINE void set(weft__thread *thread, const weft_span *span, const weft_attribute *list, size_t count)
{
    weft__block *head = weft__record_lock(span);
    if (WEFT_UNLIKELY(head == NULL))
        return;
    const weft__provider *provider = weft__provider_at(head->sdk);
    if (WEFT_LIKELY(provider != NULL)) {
        size_t done = set_simple(head, list, count, &provider->limits);
        if (WEFT_UNLIKELY(done < count))
            set_rest(thread, head, list + done, count - done, &provider->limits);
    }
    weft__record_unlock(thread, head, span);
}

void weft__set_entered(weft__thread *thread, const weft_span *span, const weft_attribute *list, size_t count)
{
    set(thread, span, list, count);
}

void weft__span_set(weft__thread *thread, const weft_span *span, const weft_attribute *list, size_t count)
{
    if (WEFT_LIKELY(weft__enter_counted(thread))) {
        set(thread, span, list, count);
        weft__leave(thread);
    }
}
