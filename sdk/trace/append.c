/* append.c - the rare half of growing a record: chains of blocks, scratch, and cutting at the cap. */
#include "sdk/trace/append.h"

#include <string.h>
#include <sys/mman.h>

#include "sdk/api/tracestate.h"
#include "sdk/common/magazine.h"
#include "sdk/common/record.h"
#include "sdk/trace/simple.h"

uint8_t *weft__scratch(weft__thread *thread)
{
    if (thread->scratch == NULL) {
        void *memory =
            mmap(NULL, WEFT__SCRATCH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        thread->scratch = memory != MAP_FAILED ? memory : NULL;
    }
    return thread->scratch;
}

void weft__scratch_drop(weft__thread *thread)
{
    if (thread->scratch != NULL)
        munmap(thread->scratch, WEFT__SCRATCH);
    thread->scratch = NULL;
}

/* Where the stream goes on in its last block, and how much room there is. */
typedef struct end_of_stream {
    weft__block *block;
    uint32_t number;
    uint8_t *at;
    size_t room;
} end_of_stream;

static uint8_t *more_bytes(weft__block *block)
{
    return (uint8_t *)block + WEFT__MORE_SIZE;
}

static end_of_stream find_end(weft__block *head)
{
    uint32_t used = atomic_load_explicit(&head->used, memory_order_relaxed);
    end_of_stream end = { .number = head->tail };
    end.block = weft__block_at(end.number);
    if (end.block == head) {
        end.at = head->stream + used;
        end.room = WEFT__HEAD_ROOM - used;
    } else {
        uint32_t in_last = (used - WEFT__HEAD_ROOM - 1) % WEFT__MORE_ROOM + 1;
        end.at = more_bytes(end.block) + in_last;
        end.room = WEFT__MORE_ROOM - in_last;
    }
    return end;
}

static void start_continuation(weft__block *block)
{
    uint64_t control = atomic_load_explicit(&block->control, memory_order_relaxed);
    atomic_store_explicit(&block->control, (control & WEFT__GENERATION_MASK) | WEFT__MORE, memory_order_relaxed);
    block->chain = 0;
}

uint8_t *weft__append_room_slow(weft__thread *thread, weft__block *head, size_t size)
{
    if (size > WEFT__RECORD_CAP - atomic_load_explicit(&head->used, memory_order_relaxed))
        return NULL;
    end_of_stream end = find_end(head);
    if (size <= end.room)
        return end.at;
    uint8_t *scratch = weft__scratch(thread);
    if (scratch == NULL)
        return NULL;
    /* Blocks that an earlier attempt has left behind the tail are used first. */
    for (size_t room = end.room; room < size; room += WEFT__MORE_ROOM) {
        if (end.block->chain == 0) {
            weft__block *more = weft__block_take(thread);
            if (more == NULL)
                return NULL;
            start_continuation(more);
            end.block->chain = more->number + 1;
        }
        end.block = weft__block_at(end.block->chain - 1);
    }
    return scratch;
}

void weft__append_done_slow(weft__thread *thread, weft__block *head, const uint8_t *from, size_t size)
{
    size_t left = size;
    if (from == thread->scratch) {
        end_of_stream end = find_end(head);
        while (left > end.room) {
            memcpy(end.at, from, end.room);
            from += end.room, left -= end.room;
            end.number = end.block->chain - 1;
            end.block = weft__block_at(end.number);
            end.at = more_bytes(end.block), end.room = WEFT__MORE_ROOM;
        }
        memcpy(end.at, from, left);
        head->tail = end.number;
    }
    atomic_store_explicit(&head->used, atomic_load_explicit(&head->used, memory_order_relaxed) + (uint32_t)size,
                          memory_order_release);
}

static size_t cut_to(const char *text, size_t size, size_t most)
{
    if (size <= most)
        return size;
    /* Not inside a sequence: back over at most three continuation bytes. */
    size_t cut = most;
    while (cut > 0 && most - cut < 3 && ((uint8_t)text[cut] & 0xc0) == 0x80)
        cut--;
    return cut;
}

bool weft__append_text(weft__thread *thread, weft__block *head, uint8_t tag, const char *text, size_t size)
{
    size_t left = WEFT__RECORD_CAP - atomic_load_explicit(&head->used, memory_order_relaxed);
    size_t kept = cut_to(text, size, left > 5 ? left - 5 : 0);
    uint8_t *at = weft__append_room(thread, head, 1 + weft__varint_size(kept) + kept);
    if (at == NULL && kept > WEFT__HEAD_ROOM / 2) {
        /* No block is free for the chain: what still fits into the head is better than nothing. */
        end_of_stream end = find_end(head);
        kept = cut_to(text, size, end.room > 4 ? end.room - 4 : 0);
        at = weft__append_room(thread, head, 1 + weft__varint_size(kept) + kept);
    }
    if (at == NULL || (kept == 0 && size != 0))
        return false;
    uint64_t bits = 0;
    uint8_t *p = at;
    *p++ = tag;
    p = weft__varint_put(p, kept);
    weft__copy_text(p, text, (uint32_t)kept, &bits);
    if ((bits & WEFT__HIGH_BITS) != 0)
        head->fix |= WEFT__FIX_TEXT;
    if (kept != size)
        head->fix |= WEFT__CUT;
    weft__append_done(thread, head, at, (size_t)(p - at) + kept);
    return true;
}

void weft__append_tracestate(weft__thread *thread, weft__block *head)
{
    weft_text list = weft__tracestate_text(head->state);
    if (list.size != 0)
        weft__append_text(thread, head, WEFT__TAG_TRACESTATE, list.data, list.size);
}
