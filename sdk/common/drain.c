/* drain.c - taking the ended records of all threads, and giving their blocks back.
 *
 * Each thread pushes on a list of its own, in a cache line of its own: threads do not meet. The first record of a list
 * puts the thread on the list of threads to visit, once; the worker takes both lists whole. */
#include "sdk/common/drain.h"

#include "sdk/common/depot.h"
#include "sdk/common/magazine.h"

static weft__thread *_Atomic dirty_threads;

void weft__drain_register(weft__thread *thread)
{
    /* Acquire-release on both sides: either the worker's exchange sees this record, or this one sees its zero. */
    if (atomic_exchange_explicit(&thread->dirty, 1, memory_order_acq_rel) != 0)
        return;
    weft__thread *first = atomic_load_explicit(&dirty_threads, memory_order_relaxed);
    do
        thread->next_dirty = first;
    while (!atomic_compare_exchange_weak_explicit(&dirty_threads, &first, thread, memory_order_release,
                                                  memory_order_relaxed));
}

/* Newest first becomes oldest first. Returns number + 1 of the first. */
static uint32_t reverse(uint32_t newest)
{
    uint32_t before = 0;
    while (newest != 0) {
        weft__block *head = weft__block_at(newest - 1);
        uint32_t older = atomic_load_explicit(&head->next, memory_order_relaxed);
        atomic_store_explicit(&head->next, before, memory_order_relaxed);
        before = newest;
        newest = older;
    }
    return before;
}

size_t weft__pool_drain(void (*each)(void *arg, weft__block *head), void *arg)
{
    size_t count = 0;
    weft__thread *thread = atomic_exchange_explicit(&dirty_threads, NULL, memory_order_acquire);
    while (thread != NULL) {
        weft__thread *next = thread->next_dirty;
        atomic_exchange_explicit(&thread->dirty, 0, memory_order_acq_rel);
        uint32_t number = reverse(atomic_exchange_explicit(&thread->ended, 0, memory_order_acquire));
        while (number != 0) {
            weft__block *head = weft__block_at(number - 1);
            number = atomic_load_explicit(&head->next, memory_order_relaxed);
            if (atomic_load_explicit(&weft__pool_tags[head->sdk & (WEFT__SDKS - 1)], memory_order_relaxed) ==
                head->sdk) {
                each(arg, head);
                count++;
            } else {
                weft__pool_free(head); /* it has outlived its SDK */
            }
        }
        thread = next;
    }
    return count;
}

/* What the worker has to give back, gathered to groups. */
static struct {
    weft__block *blocks[WEFT__GROUP];
    uint32_t count;
} gathered[WEFT__POOLS];

static void flush_group(uint32_t slot)
{
    if (gathered[slot].count != 0)
        weft__depot_push(weft__pool_of(slot << WEFT__POOL_INDEX_BITS), gathered[slot].blocks, gathered[slot].count);
    gathered[slot].count = 0;
}

static void gather(weft__block *block)
{
    uint32_t slot = block->number >> WEFT__POOL_INDEX_BITS;
    if (!weft__block_retire(block))
        return;
    gathered[slot].blocks[gathered[slot].count++] = block;
    if (gathered[slot].count == WEFT__GROUP)
        flush_group(slot);
}

void weft__pool_free(weft__block *head)
{
    for (weft__block *block = head, *next; block != NULL; block = next) {
        next = block->chain != 0 ? weft__block_at(block->chain - 1) : NULL;
        gather(block);
    }
}

void weft__pool_free_done(void)
{
    for (uint32_t slot = 0; slot < WEFT__POOLS; slot++)
        flush_group(slot);
}
