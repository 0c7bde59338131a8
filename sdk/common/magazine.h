/* magazine.h - taking and giving back blocks on the calling thread, inline because each span pays for it. */
#ifndef WEFT_SDK_COMMON_MAGAZINE_H
#define WEFT_SDK_COMMON_MAGAZINE_H

#include "sdk/api/runtime.h"
#include "sdk/common/pool.h"

/* Fills an empty magazine; false where no block is free. */
bool weft__magazine_refill(weft__thread *thread);
/* A new epoch: what the thread had belongs to another pool, and a forked child must not repeat its parent's ids. */
void weft__magazine_renew(weft__thread *thread, uint32_t epoch);
/* Makes room in a full magazine by giving a group to the depot. */
void weft__magazine_spill(weft__thread *thread);
/* The thread ends: all it has goes to the depot. Its ended records stay on its list, which the worker visits. */
void weft__magazine_end(weft__thread *thread);
/* Tells the pump what the thread has ended. */
void weft__ended_notice(weft__thread *thread, bool first);

/* Before anything else of an SDK's on this thread. */
WEFT_INLINE void weft__epoch_check(weft__thread *thread, const weft__page *page)
{
    uint32_t epoch = atomic_load_explicit(&page->epoch, memory_order_relaxed);
    if (WEFT_UNLIKELY(thread->epoch != epoch))
        weft__magazine_renew(thread, epoch);
}

enum { WEFT__AHEAD = 4 };

/* A free block, or NULL. */
WEFT_INLINE weft__block *weft__block_take(weft__thread *thread)
{
    if (WEFT_UNLIKELY(thread->count == 0) && !weft__magazine_refill(thread))
        return NULL;
    weft__block *block = thread->magazine[--thread->count];
    /* The worker had the next ones last: they come to this core while this one is written. */
    uintptr_t ahead = (uintptr_t)thread->magazine[(thread->count - WEFT__AHEAD) % WEFT__MAGAZINE];
    WEFT_PREFETCH(ahead);
    WEFT_PREFETCH(ahead + WEFT_CACHE_LINE);
    WEFT_PREFETCH(ahead + 2 * WEFT_CACHE_LINE);
    WEFT_PREFETCH(ahead + 3 * WEFT_CACHE_LINE);
    return block;
}

/* Ends a block's use: handles of its generation are stale from here on. A generation is never used twice: a block that
 * has had them all is retired. */
WEFT_INLINE bool weft__block_retire(weft__block *block)
{
    uint64_t control = atomic_load_explicit(&block->control, memory_order_relaxed);
    uint64_t next = (control & WEFT__GENERATION_MASK) + WEFT__GENERATION_ONE;
    if (WEFT_UNLIKELY(next == 0))
        return false;
    atomic_store_explicit(&block->control, next | WEFT__FREE, memory_order_release);
    return true;
}

/* Gives a block back on the calling thread (a record that nobody is to see). */
WEFT_INLINE void weft__block_give(weft__thread *thread, weft__block *block)
{
    if (!weft__block_retire(block))
        return;
    if (WEFT_UNLIKELY(thread->count == WEFT__MAGAZINE))
        weft__magazine_spill(thread);
    thread->magazine[thread->count++] = block;
}

/* Puts an ended record on the thread's list, for the worker. */
WEFT_INLINE void weft__ended_push(weft__thread *thread, weft__block *head, uint32_t number)
{
    uint32_t first = atomic_load_explicit(&thread->ended, memory_order_relaxed);
    do
        atomic_store_explicit(&head->next, first, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&thread->ended, &first, number + 1, memory_order_release,
                                                  memory_order_relaxed));
    thread->until_notice--;
    if (WEFT_UNLIKELY(first == 0 || thread->until_notice <= 0))
        weft__ended_notice(thread, first == 0);
}

#endif
