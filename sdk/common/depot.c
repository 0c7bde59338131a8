/* depot.c - the lock-free stack of groups of free blocks. */
#include "sdk/common/depot.h"

static uint32_t block_number(const weft__pool *pool, uint32_t index)
{
    return pool->slot << WEFT__POOL_INDEX_BITS | index;
}

/* A group's first block says, in its stream, which the others are: to walk from block to block would be a cache miss
 * for each, since the worker had them last. */
typedef struct listing {
    uint32_t count; /* of numbers */
    uint32_t numbers[WEFT__GROUP - 1];
} listing;

_Static_assert(sizeof(listing) <= WEFT__HEAD_ROOM, "a group's list fits into a block");

static listing *group_of(weft__block *first)
{
    return (listing *)(void *)first->stream;
}

static void push_group(weft__pool *pool, weft__block *first)
{
    uint64_t old = atomic_load_explicit(&pool->depot, memory_order_relaxed), new;
    do {
        atomic_store_explicit(&first->used, (uint32_t)old, memory_order_relaxed);
        new = ((old >> 32) + 1) << 32 | (first->number + 1);
    } while (
        !atomic_compare_exchange_weak_explicit(&pool->depot, &old, new, memory_order_release, memory_order_relaxed));
}

void weft__depot_push(weft__pool *pool, weft__block *const *blocks, uint32_t count)
{
    listing *group = group_of(blocks[0]);
    group->count = count - 1;
    for (uint32_t i = 1; i < count; i++)
        group->numbers[i - 1] = blocks[i]->number;
    push_group(pool, blocks[0]);
    atomic_fetch_sub_explicit(&pool->out, count, memory_order_relaxed);
}

/* The number + 1 of a group's first block; 0: none. Changes are counted in the word, so that a group that came back
 * meanwhile is not mistaken for the one that was seen; blocks are never unmapped, so that looking is always safe. */
static uint32_t pop_group(weft__pool *pool)
{
    uint64_t old = atomic_load_explicit(&pool->depot, memory_order_acquire), new;
    do {
        if ((uint32_t)old == 0)
            return 0;
        uint32_t below = atomic_load_explicit(&weft__block_at((uint32_t)old - 1)->used, memory_order_relaxed);
        new = ((old >> 32) + 1) << 32 | below;
    } while (
        !atomic_compare_exchange_weak_explicit(&pool->depot, &old, new, memory_order_acquire, memory_order_acquire));
    return (uint32_t)old;
}

static uint32_t take_fresh(weft__pool *pool, weft__block **blocks, uint32_t most)
{
    uint32_t first = atomic_load_explicit(&pool->fresh, memory_order_relaxed), count;
    do {
        count = (uint32_t)weft__min(pool->blocks - first, most);
        if (count == 0)
            return 0;
    } while (!atomic_compare_exchange_weak_explicit(&pool->fresh, &first, first + count, memory_order_relaxed,
                                                    memory_order_relaxed));
    for (uint32_t i = 0; i < count; i++) {
        /* The lowest is taken last from the array, that is first by the thread. */
        uint32_t number = block_number(pool, first + count - 1 - i);
        blocks[i] = weft__block_at(number);
        blocks[i]->number = number;
        atomic_store_explicit(&blocks[i]->control, pool->first, memory_order_relaxed);
    }
    return count;
}

uint32_t weft__depot_take(weft__pool *pool, weft__block **blocks, uint32_t most)
{
    uint32_t count = 0, number = pop_group(pool);
    if (number != 0) {
        weft__block *first = weft__block_at(number - 1);
        listing *group = group_of(first);
        while (group->count != 0 && count < most)
            blocks[count++] = weft__block_at(group->numbers[--group->count]);
        if (count < most)
            blocks[count++] = first;
        else
            push_group(pool, first);
    }
    if (count == 0)
        count = take_fresh(pool, blocks, most);
    atomic_fetch_add_explicit(&pool->out, count, memory_order_relaxed);
    return count;
}
