/* stack.c - context stacks: how they grow, how they are repaired, and those of coroutines. */
#include "sdk/api/stack.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "sdk/api/pile.h"
#include "sdk/api/runtime.h"

enum { PAGE = 4096, PAGE_LEVELS = (PAGE - sizeof(weft__cell) - sizeof(weft__stack)) / sizeof(weft__entry) };

/* A coroutine's stack begins in a page of its own. Pages are never unmapped, so that a late call on a freed stack finds
 * NOBODY as its owner. */
typedef struct page {
    weft__cell cell;
    weft__stack stack;
    weft__entry entries[PAGE_LEVELS];
} page;

const weft_context weft__context_none;

/* The one place of state. */
static struct {
    uint8_t *_Atomic memory;
    weft__pile pages;
} coroutines;

/* The owner of stacks that have been freed: only compared. */
#define NOBODY ((weft__thread *)(void *)&coroutines)

bool weft__stack_grow(weft__stack *stack)
{
    if (stack->capacity >= WEFT__STACK_MOST)
        return false;
    /* The first entries lie beside the stack's owner; all later ones in a mapping of their own. */
    bool mapped = stack->capacity > WEFT__STACK_DEPTH;
    uint32_t capacity = mapped ? 2 * stack->capacity : 2 * WEFT__STACK_DEPTH;
    void *memory = mmap(NULL, capacity * sizeof(weft__entry), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    memcpy(memory, stack->entries, stack->depth * sizeof(weft__entry));
    if (mapped)
        munmap(stack->entries, stack->capacity * sizeof(weft__entry));
    stack->entries = memory;
    stack->capacity = capacity;
    return true;
}

uint32_t weft__stack_find(const weft__stack *stack, uint64_t serial)
{
    for (uint32_t level = stack->depth; level != 0; level--)
        if (stack->entries[level - 1].serial == serial)
            return level - 1;
    return UINT32_MAX;
}

void weft__stack_leave_above(weft__thread *thread, uint32_t depth)
{
    weft__stack *stack = thread->stack;
    while (stack->depth > depth) {
        const weft__entry *entry = &stack->entries[stack->depth - 1];
        const weft__sdk_ops *ops = weft__ops();
        if (entry->kind == WEFT__ENTRY_SPAN && entry->context.record_ != 0 && ops != NULL) {
            const weft_span span = { entry->context };
            ops->end_entered(thread, &span, WEFT__END_QUIET);
        }
        if (stack->depth > depth) /* on_ending may have popped it */
            weft__stack_pop(thread);
    }
}

void weft__stack_let_go(weft__thread *thread)
{
    if (thread->stack != &thread->own)
        __atomic_store_n(&thread->stack->owner, NULL, __ATOMIC_RELEASE);
    thread->stack = &thread->own;
}

/* Of a stack that is nowhere current. */
static bool claim(weft__stack *stack, weft__thread *thread)
{
    weft__thread *expected = NULL;
    if (__atomic_compare_exchange_n(&stack->owner, &expected, thread, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return true;
    atomic_fetch_add_explicit(&weft__misuses.thread, 1, memory_order_relaxed);
    return false;
}

weft_stack *weft_stack_new(void)
{
    size_t size = (size_t)WEFT__STACKS_MOST * PAGE;
    uint8_t *memory = atomic_load_explicit(&coroutines.memory, memory_order_acquire);
    if (memory == NULL)
        memory = weft__pile_reserve(&coroutines.memory, size);
    uint32_t index = memory != NULL ? weft__pile_take(&coroutines.pages, memory, PAGE, WEFT__STACKS_MOST) : UINT32_MAX;
    if (index == UINT32_MAX)
        return NULL;
    page *new = (page *)(void *)weft__pile_cell(memory, PAGE, index);
    new->stack.entries = new->entries;
    new->stack.depth = 0;
    new->stack.capacity = PAGE_LEVELS;
    __atomic_store_n(&new->stack.owner, NULL, __ATOMIC_RELEASE);
    return &new->stack;
}

weft_stack *weft_stack_switch(weft_stack *stack)
{
    weft__thread *thread = weft__thread_self();
    if (thread == NULL || !weft__enter(thread)) {
        weft__refuse();
        return NULL;
    }
    weft_stack *before = thread->stack != &thread->own ? thread->stack : NULL;
    if (stack != before && (stack == NULL || claim(stack, thread))) {
        weft__stack_let_go(thread);
        if (stack != NULL)
            thread->stack = stack;
    }
    weft__leave(thread);
    return before;
}

void weft_stack_free(weft_stack *stack)
{
    weft__thread *thread = stack != NULL ? weft__thread_self() : NULL;
    if (thread == NULL)
        return;
    if (!weft__enter(thread)) {
        weft__refuse();
        return;
    }
    if (thread->stack == stack && __atomic_load_n(&stack->owner, __ATOMIC_RELAXED) == thread)
        weft__stack_let_go(thread);
    if (claim(stack, thread)) {
        weft__stack *kept = thread->stack;
        /* From here on another free of it, by a value's release for one, is refused. */
        __atomic_store_n(&stack->owner, NOBODY, __ATOMIC_RELAXED);
        thread->stack = stack;
        weft__stack_leave_above(thread, 0);
        thread->stack = kept;
        page *old = (page *)(void *)((uint8_t *)stack - offsetof(page, stack));
        if (stack->entries != old->entries)
            munmap(stack->entries, stack->capacity * sizeof(weft__entry));
        __atomic_store_n(&stack->owner, NOBODY, __ATOMIC_RELEASE);
        uint8_t *memory = atomic_load_explicit(&coroutines.memory, memory_order_relaxed);
        weft__pile_give(&coroutines.pages, &old->cell, (uint32_t)((size_t)((uint8_t *)old - memory) / PAGE));
    }
    weft__leave(thread);
}
