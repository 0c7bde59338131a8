/* depot.c - the lock-free stack of groups of free blocks. */
#include "sdk/common/depot.h"

static uint32_t block_number(const weft__pool *pool, uint32_t index)
{
    return pool->slot << WEFT__POOL_INDEX_BITS | index;
}

static void push_group(weft__pool *pool, uint32_t first)
{
    weft__block *head = weft__block_at(first);
    uint64_t old = atomic_load_explicit(&pool->depot, memory_order_relaxed), new;
    do {
        atomic_store_explicit(&head->next_group, (uint32_t)old, memory_order_relaxed);
        new = ((old >> 32) + 1) << 32 | (first + 1);
    } while (
        !atomic_compare_exchange_weak_explicit(&pool->depot, &old, new, memory_order_release, memory_order_relaxed));
}

void weft__depot_push(weft__pool *pool, uint32_t first, uint32_t count)
{
    push_group(pool, first);
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
        uint32_t below = atomic_load_explicit(&weft__block_at((uint32_t)old - 1)->next_group, memory_order_relaxed);
        new = ((old >> 32) + 1) << 32 | below;
    } while (
        !atomic_compare_exchange_weak_explicit(&pool->depot, &old, new, memory_order_acquire, memory_order_acquire));
    return (uint32_t)old;
}

static uint32_t take_fresh(weft__pool *pool, uint32_t *numbers, uint32_t most)
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
        numbers[i] = block_number(pool, first + count - 1 - i);
        atomic_store_explicit(&weft__block_at(numbers[i])->control, WEFT__GENERATION_ONE, memory_order_relaxed);
    }
    return count;
}

uint32_t weft__depot_take(weft__pool *pool, uint32_t *numbers, uint32_t most)
{
    uint32_t count = 0, next = pop_group(pool);
    while (next != 0 && count < most) {
        numbers[count++] = next - 1;
        next = atomic_load_explicit(&weft__block_at(next - 1)->next, memory_order_relaxed);
    }
    if (next != 0)
        push_group(pool, next - 1);
    if (count == 0)
        count = take_fresh(pool, numbers, most);
    atomic_fetch_add_explicit(&pool->out, count, memory_order_relaxed);
    return count;
}
