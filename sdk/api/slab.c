/* slab.c - cells of eight sizes, found by number and generation, counted by reference.
 *
 * Generation and count share one word, so that holding a cell and finding it gone are one compare-and-swap: a cell
 * whose last reference goes gets its next generation in the same step, and from then on no old number can reach it. */
#include "sdk/api/slab.h"

#include <sys/mman.h>

#include "sdk/api/bag.h"
#include "sdk/api/pile.h"
#include "sdk/api/thread.h"

enum {
    CLASSES = 8,
    CLASS_MEMORY = 4 << 20,
    LARGEST = 64 << 10,
    KIND_SHIFT = 24,
    SIZE_MASK = (1 << KIND_SHIFT) - 1,
    COUNT_BITS = 24,
    CLASS_SHIFT = 60,
    INDEX_SHIFT = 40,
};
#define COUNT_MASK (((uint64_t)1 << COUNT_BITS) - 1)
#define GENERATION_MASK (((uint64_t)1 << INDEX_SHIFT) - 1)

/* With the head of 16 bytes. The smallest is what a captured context needs. */
#define CLASS(stride) { (stride), CLASS_MEMORY / (stride) }
static const struct {
    uint32_t stride, count;
} classes[CLASSES] = { CLASS(32),   CLASS(64),   CLASS(128),   CLASS(256),
                       CLASS(1024), CLASS(4096), CLASS(16384), CLASS(LARGEST + WEFT_CACHE_LINE) };

/* The one place of state. */
static struct {
    uint8_t *_Atomic memory;
    weft__pile piles[CLASSES];
} slab;

uint8_t *weft__pile_reserve(uint8_t *_Atomic *place, size_t size)
{
    uint8_t *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
#ifdef MADV_NOHUGEPAGE
    /* A huge page would make 2 MiB resident for the first cell of each size. */
    (void)madvise(memory, size, MADV_NOHUGEPAGE);
#endif
    uint8_t *first = NULL;
    if (atomic_compare_exchange_strong(place, &first, memory))
        return memory;
    munmap(memory, size);
    return first;
}

static uint64_t generation_of(uint64_t control)
{
    return control >> COUNT_BITS;
}

static weft__cell *cell_of(weft__ref ref)
{
    uint8_t *memory = atomic_load_explicit(&slab.memory, memory_order_acquire);
    size_t class = ref >> CLASS_SHIFT & (CLASSES - 1);
    uint32_t index = (uint32_t)(ref >> INDEX_SHIFT) & 0xfffff;
    /* Any number may come: handles lie in the user's memory. */
    if (memory == NULL || index >= classes[class].count)
        return NULL;
    return weft__pile_cell(memory + class * CLASS_MEMORY, classes[class].stride, index);
}

/* A context that is made and released, again and again, takes the same cells without a word that others share. */
static uint32_t take(uint8_t *memory, size_t class)
{
    weft__thread *thread = class < WEFT__KEPT_CELLS ? weft__self : NULL;
    if (thread != NULL && weft__enter(thread)) {
        uint32_t kept = thread->cells[class];
        thread->cells[class] = 0;
        weft__leave(thread);
        if (kept != 0)
            return kept - 1;
    }
    return weft__pile_take(&slab.piles[class], memory, classes[class].stride, classes[class].count);
}

static void give(weft__cell *cell, size_t class, uint32_t index)
{
    weft__thread *thread = class < WEFT__KEPT_CELLS ? weft__self : NULL;
    if (thread != NULL && weft__enter(thread)) {
        bool keep = thread->cells[class] == 0;
        if (keep)
            thread->cells[class] = index + 1;
        weft__leave(thread);
        if (keep)
            return;
    }
    weft__pile_give(&slab.piles[class], cell, index);
}

weft__ref weft__slab_make(enum weft__cell_kind kind, size_t size, void **data)
{
    size_t class = 0;
    if (size > LARGEST)
        return 0;
    while (classes[class].stride < sizeof(weft__cell) + size)
        class ++;
    uint8_t *memory = atomic_load_explicit(&slab.memory, memory_order_acquire);
    if (WEFT_UNLIKELY(memory == NULL))
        memory = weft__pile_reserve(&slab.memory, (size_t)CLASSES * CLASS_MEMORY);
    if (memory == NULL)
        return 0;
    memory += class * CLASS_MEMORY;
    uint32_t index = take(memory, class);
    if (index == UINT32_MAX)
        return 0;
    weft__cell *cell = weft__pile_cell(memory, classes[class].stride, index);
    cell->size = (uint32_t)size | (uint32_t)kind << KIND_SHIFT;
    uint64_t generation = generation_of(atomic_load_explicit(&cell->control, memory_order_relaxed));
    if (generation == 0)
        generation = 1;
    /* Not before the caller publishes the number does anybody look at it; a stale one names another generation. */
    atomic_store_explicit(&cell->control, generation << COUNT_BITS | 1, memory_order_release);
    *data = cell + 1;
    return (uint64_t)class << CLASS_SHIFT | (uint64_t)index << INDEX_SHIFT | generation;
}

weft__ref weft__slab_new(size_t size, void **data)
{
    return weft__slab_make(WEFT__CELL_BYTES, size, data);
}

bool weft__slab_hold(weft__ref ref)
{
    weft__cell *cell = ref != 0 ? cell_of(ref) : NULL;
    if (cell == NULL)
        return false;
    uint64_t control = atomic_load_explicit(&cell->control, memory_order_relaxed);
    do {
        uint64_t count = control & COUNT_MASK;
        if (generation_of(control) != (ref & GENERATION_MASK) || count == 0 || count == COUNT_MASK)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&cell->control, &control, control + 1, memory_order_acquire,
                                                    memory_order_relaxed));
    return true;
}

bool weft__slab_drop(weft__ref ref)
{
    weft__cell *cell = ref != 0 ? cell_of(ref) : NULL;
    if (cell == NULL)
        return false;
    uint64_t control = atomic_load_explicit(&cell->control, memory_order_relaxed), less;
    do {
        if (generation_of(control) != (ref & GENERATION_MASK) || (control & COUNT_MASK) == 0)
            return false;
        less = control - 1;
        if ((less & COUNT_MASK) == 0)
            less = ((generation_of(control) + 1) & GENERATION_MASK) << COUNT_BITS;
    } while (!atomic_compare_exchange_weak_explicit(&cell->control, &control, less, memory_order_acq_rel,
                                                    memory_order_relaxed));
    if ((less & COUNT_MASK) != 0)
        return true;
    if (cell->size >> KIND_SHIFT != WEFT__CELL_BYTES)
        weft__bag_free((enum weft__cell_kind)(cell->size >> KIND_SHIFT), cell + 1);
    give(cell, ref >> CLASS_SHIFT & (CLASSES - 1), (uint32_t)(ref >> INDEX_SHIFT) & 0xfffff);
    return true;
}

void *weft__slab_data(weft__ref ref, size_t *size)
{
    weft__cell *cell = cell_of(ref);
    if (size != NULL)
        *size = cell->size & SIZE_MASK;
    return cell + 1;
}
