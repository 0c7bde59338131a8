/* stack.h - push and pop of the context stack, inline because each span pays for them. */
#ifndef WEFT_SDK_API_STACK_H
#define WEFT_SDK_API_STACK_H

#include "sdk/api/thread.h"

WEFT_PRIVATE extern const weft_context weft__context_none; /* all zero */

enum {
    WEFT__STACK_MOST = 1 << 16,  /* levels of one stack; what is attached above is counted as misuse */
    WEFT__STACKS_MOST = 1 << 14, /* coroutine stacks at a time */
};

/* Room for one more; false at the most that a stack may hold. */
WEFT_PRIVATE bool weft__stack_grow(weft__stack *stack);
/* The level of an entry of the current stack; UINT32_MAX where it is not there. */
WEFT_PRIVATE uint32_t weft__stack_find(const weft__stack *stack, uint64_t serial);
/* Pops what lies above the first `depth` levels; spans that were entered there are ended. The thread is busy. */
WEFT_PRIVATE void weft__stack_leave_above(weft__thread *thread, uint32_t depth);
/* Back to the thread's own stack; a coroutine's stays as it is, for another thread. */
void weft__stack_let_go(weft__thread *thread);

/* The innermost context. Marks carry a copy of the one below. */
WEFT_INLINE const weft_context *weft__stack_top(const weft__thread *thread)
{
    const weft__stack *stack = thread->stack;
    return stack->depth != 0 ? &stack->entries[stack->depth - 1].context : &weft__context_none;
}

/* An entry just above the top, whose context is filled, becomes the top: takes references to its cells. The serial. */
WEFT_INLINE uint64_t weft__stack_pushed(weft__thread *thread, weft__stack *stack, weft__entry *entry, uint16_t kind)
{
    weft_context *context = &entry->context;
    entry->cells = false;
    if (WEFT_UNLIKELY((context->span.state_ | (context->bag_ & ~WEFT__REF_SUPPRESSED)) != 0)) {
        entry->cells = true;
        if (!weft__slab_hold(context->span.state_))
            context->span.state_ = 0;
        if (!weft__slab_hold(context->bag_ & ~WEFT__REF_SUPPRESSED))
            context->bag_ &= WEFT__REF_SUPPRESSED;
    }
    context->hold_ = 0;
    entry->kind = kind;
    entry->serial = ++thread->serial;
    stack->depth++;
    return entry->serial;
}

/* Pushes a copy and takes references to its cells; the serial, or 0 where the stack is full. */
WEFT_INLINE uint64_t weft__stack_push(weft__thread *thread, const weft_context *context, uint16_t kind)
{
    weft__stack *stack = thread->stack;
    if (WEFT_UNLIKELY(stack->depth == stack->capacity) && !weft__stack_grow(stack))
        return 0;
    weft__entry *entry = &stack->entries[stack->depth];
    entry->context = *context;
    entry->block = NULL;
    return weft__stack_pushed(thread, stack, entry, kind);
}

/* Lets go of an entry's cells. */
static inline void weft__stack_drop(const weft__entry *entry)
{
    weft__slab_drop(entry->context.span.state_);
    weft__slab_drop(entry->context.bag_ & ~WEFT__REF_SUPPRESSED);
}

/* Pops the top entry, which must be there, and lets go of its cells. */
WEFT_INLINE void weft__stack_pop(weft__thread *thread)
{
    weft__stack *stack = thread->stack;
    const weft__entry *entry = &stack->entries[--stack->depth];
    if (WEFT_UNLIKELY(entry->cells))
        weft__stack_drop(entry);
}

#endif
