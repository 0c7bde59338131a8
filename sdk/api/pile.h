/* pile.h - a stack of equal cells in one piece of reserved memory: taken and given back by one compare-and-swap, from
 * any thread. A cell that was never taken is not resident. */
#ifndef WEFT_SDK_API_PILE_H
#define WEFT_SDK_API_PILE_H

#include <stdatomic.h>

#include "sdk/base/base.h"

/* What every cell begins with. */
typedef struct weft__cell {
    _Atomic uint64_t control; /* its user's */
    _Atomic uint32_t next;    /* index + 1 of the next free cell, while this one is free */
    uint32_t size;            /* its user's */
} weft__cell;

typedef struct weft__pile {
    /* Index + 1 of the first free cell below, a tag above: it counts takes, so that a thread that slept between its
     * look at `next` and its swap cannot mistake a head that came back for one that never left. */
    _Alignas(WEFT_CACHE_LINE) _Atomic uint64_t head;
    _Atomic uint32_t used; /* cells that were ever taken: low ones first, so that resident memory follows use */
} weft__pile;

static inline weft__cell *weft__pile_cell(uint8_t *memory, size_t stride, uint32_t index)
{
    return (weft__cell *)(void *)(memory + stride * index);
}

/* The index of a cell that is now the caller's; UINT32_MAX where all `count` are taken. */
static inline uint32_t weft__pile_take(weft__pile *pile, uint8_t *memory, size_t stride, uint32_t count)
{
    uint64_t head = atomic_load_explicit(&pile->head, memory_order_acquire);
    while ((uint32_t)head != 0) {
        weft__cell *cell = weft__pile_cell(memory, stride, (uint32_t)head - 1);
        uint64_t rest = ((head >> 32) + 1) << 32 | atomic_load_explicit(&cell->next, memory_order_relaxed);
        if (atomic_compare_exchange_weak_explicit(&pile->head, &head, rest, memory_order_acquire, memory_order_acquire))
            return (uint32_t)head - 1;
    }
    uint32_t used = atomic_load_explicit(&pile->used, memory_order_relaxed);
    while (used < count)
        if (atomic_compare_exchange_weak_explicit(&pile->used, &used, used + 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return used;
    return UINT32_MAX;
}

static inline void weft__pile_give(weft__pile *pile, weft__cell *cell, uint32_t index)
{
    uint64_t head = atomic_load_explicit(&pile->head, memory_order_relaxed), mine;
    do {
        atomic_store_explicit(&cell->next, (uint32_t)head, memory_order_relaxed);
        mine = (head & 0xffffffff00000000u) | (index + 1);
    } while (
        !atomic_compare_exchange_weak_explicit(&pile->head, &head, mine, memory_order_release, memory_order_relaxed));
}

/* Memory that is resident only where it is used; kept for ever. NULL without. */
uint8_t *weft__pile_reserve(uint8_t *_Atomic *place, size_t size);

#endif
