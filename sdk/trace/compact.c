/* compact.c - looking for a key in an open record's stream, and making repeated keys one. */
#include "sdk/trace/compact.h"

#include <string.h>

#include "sdk/common/bytes.h"
#include "sdk/common/stream.h"
#include "sdk/trace/append.h"

uint64_t weft__key_bit(const uint8_t *keyvalue, size_t size)
{
    weft_text key = weft__key_of(keyvalue, size);
    return weft__hash_bit(weft__hash_text(key.data, key.size));
}

/* The whole stream in one piece: in the head, or copied to out. */
static const uint8_t *in_one_piece(const weft__block *head, uint32_t used, uint8_t *out)
{
    if (used <= WEFT__HEAD_ROOM)
        return head->stream;
    weft__record_linearise(head, used, out);
    return out;
}

bool weft__stream_has(weft__thread *thread, weft__block *head, const weft_attribute *attribute)
{
    size_t size = attribute->key_size != WEFT_NUL ? attribute->key_size : strnlen(attribute->key, WEFT__RECORD_CAP);
    uint32_t used = atomic_load_explicit(&head->used, memory_order_relaxed);
    if (size > used || (head->keys & weft__hash_bit(weft__hash_text(attribute->key, size))) == 0)
        return false;
    uint8_t *scratch = weft__scratch(thread);
    if (scratch == NULL)
        return false;
    const uint8_t *stream = in_one_piece(head, used, scratch);
    weft__field field;
    for (uint32_t at = 0; weft__field_next(stream, used, &at, &field);) {
        if (field.tag != WEFT__TAG_ATTRIBUTE)
            continue;
        weft_text key = weft__key_of(field.data, field.size);
        if (key.size == size && memcmp(key.data, attribute->key, size) == 0)
            return true;
    }
    return false;
}

_Static_assert(2 * WEFT__RECORD_CAP + sizeof(weft__merge) <= WEFT__SCRATCH, "two streams and the tables fit");

void weft__compact(weft__thread *thread, weft__block *head)
{
    uint8_t *scratch = weft__scratch(thread);
    if (scratch == NULL)
        return;
    uint32_t used = atomic_load_explicit(&head->used, memory_order_relaxed);
    uint8_t *merged = scratch, *linear = scratch + WEFT__RECORD_CAP;
    weft__merge *work = (weft__merge *)(void *)(scratch + 2 * (size_t)WEFT__RECORD_CAP);
    const uint8_t *stream = in_one_piece(head, used, linear);
    weft__merged result = weft__stream_merge(stream, used, merged, work);
    /* From here to the last line a crash would find an empty stream, never a torn one. */
    atomic_store_explicit(&head->used, 0, memory_order_release);
    head->tail = head->number;
    head->attributes = result.attributes;
    head->keys = result.keys;
    head->fix &= (uint16_t)~(WEFT__FIX_KEYS | WEFT__FIX_REPLACED);
    if (result.size <= WEFT__HEAD_ROOM) {
        memcpy(head->stream, merged, result.size);
        atomic_store_explicit(&head->used, result.size, memory_order_release);
    } else {
        weft__append_done_slow(thread, head, merged, result.size);
    }
}
