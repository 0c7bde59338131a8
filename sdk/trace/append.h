/* append.h - growing a record's stream: room in its chain of blocks, then one publication. */
#ifndef WEFT_SDK_TRACE_APPEND_H
#define WEFT_SDK_TRACE_APPEND_H

#include "sdk/common/pool.h"

/* Where size bytes may be written: in the last block, or, where they do not fit in one piece, in the thread's scratch
 * (then the blocks have been taken). NULL: over the cap per record, or no block is free. */
uint8_t *weft__append_room_slow(weft__thread *thread, weft__block *head, size_t size);
void weft__append_done_slow(weft__thread *thread, weft__block *head, const uint8_t *from, size_t size);

WEFT_INLINE uint8_t *weft__append_room(weft__thread *thread, weft__block *head, size_t size)
{
    uint32_t used = atomic_load_explicit(&head->used, memory_order_relaxed);
    if (WEFT_LIKELY(used + size <= WEFT__HEAD_ROOM))
        return head->stream + used;
    return weft__append_room_slow(thread, head, size);
}

/* Publishes what was written there; size may be less than what room was asked for. */
WEFT_INLINE void weft__append_done(weft__thread *thread, weft__block *head, const uint8_t *from, size_t size)
{
    uint32_t used = atomic_load_explicit(&head->used, memory_order_relaxed);
    if (WEFT_LIKELY(from == head->stream + used))
        atomic_store_explicit(&head->used, used + (uint32_t)size, memory_order_release);
    else
        weft__append_done_slow(thread, head, from, size);
}

/* One field of text, cut where the record's cap is reached. False where nothing of it could be kept. */
bool weft__append_text(weft__thread *thread, weft__block *head, uint8_t tag, const char *text, size_t size);
/* The tracestate of head->state. */
void weft__append_tracestate(weft__thread *thread, weft__block *head);

/* The thread's working memory, mapped at its first need: a whole record, twice, and tables. NULL without memory. */
enum { WEFT__SCRATCH = 5 * WEFT__RECORD_CAP };
uint8_t *weft__scratch(weft__thread *thread);
/* The thread ends. */
void weft__scratch_drop(weft__thread *thread);

#endif
