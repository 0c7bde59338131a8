/* attach.c - the current context: attach, detach, and repair after what was left without them. */
#include <weft/context.h>

#include "sdk/api/context.h"
#include "sdk/api/runtime.h"
#include "sdk/api/stack.h"

/* The calling thread, entered; NULL where nothing may be done. */
static weft__thread *enter(void)
{
    weft__thread *thread = weft__thread_self();
    if (WEFT_LIKELY(thread != NULL && weft__enter(thread)))
        return thread;
    weft__refuse();
    return NULL;
}

weft_context weft_context_current(void)
{
    weft__thread *thread = weft__self;
    if (thread == NULL) /* has nothing yet, and needs no memory to say so */
        return weft__context_none;
    if (WEFT_UNLIKELY(!weft__enter(thread))) {
        weft__refuse();
        return weft__context_none;
    }
    weft_context context = *weft__stack_top(thread);
    weft__leave(thread);
    context.hold_ = 0;
    return context;
}

static bool is_empty(const weft_context *context)
{
    return !weft__ids_valid(&context->span) && context->bag_ == 0;
}

/* NULL: a copy of the current one. */
static weft_token push(const weft_context *context, uint16_t kind)
{
    weft_token token = { 0, 0 };
    weft__thread *thread = enter();
    if (thread == NULL)
        return token;
    /* A copy: growing moves the entries. */
    weft_context copy = context != NULL ? *context : *weft__stack_top(thread);
    token.serial_ = weft__stack_push(thread, &copy, kind);
    weft__leave(thread);
    if (WEFT_UNLIKELY(token.serial_ == 0))
        atomic_fetch_add_explicit(&weft__misuses.order, 1, memory_order_relaxed);
    else if (!is_empty(&copy))
        weft__gates_passive();
    return token;
}

weft_token weft_context_attach(const weft_context *context)
{
    return push(context, WEFT__ENTRY_CONTEXT);
}

weft_token weft_context_mark(void)
{
    return push(NULL, WEFT__ENTRY_MARK);
}

/* A token that is not that of the top: where its level is, if it is here at all. */
static WEFT_COLD uint32_t find_misused(const weft__thread *thread, uint64_t serial)
{
    uint32_t level = weft__stack_find(thread->stack, serial);
    bool elsewhere = level == UINT32_MAX && serial >> 40 != thread->serial >> 40;
    atomic_fetch_add_explicit(elsewhere ? &weft__misuses.thread : &weft__misuses.order, 1, memory_order_relaxed);
    return level;
}

weft_status weft_context_detach(weft_token token)
{
    if (token.serial_ == 0) /* the attach failed, and was counted */
        return WEFT_E_INVALID;
    weft__thread *thread = enter();
    if (thread == NULL)
        return WEFT_E_MISUSE;
    weft_status status = WEFT_OK;
    uint32_t level = thread->stack->depth - 1;
    if (WEFT_UNLIKELY(level == UINT32_MAX || thread->stack->entries[level].serial != token.serial_)) {
        status = WEFT_E_MISUSE;
        level = find_misused(thread, token.serial_);
    }
    while (level < thread->stack->depth)
        weft__stack_pop(thread);
    weft__leave(thread);
    return status;
}

WEFT_COLD void weft_context_unwind(weft_token mark)
{
    weft__thread *thread = mark.serial_ != 0 ? enter() : NULL;
    if (thread == NULL)
        return;
    uint32_t level = weft__stack_find(thread->stack, mark.serial_);
    if (level == UINT32_MAX)
        find_misused(thread, mark.serial_);
    else
        weft__stack_leave_above(thread, level);
    weft__leave(thread);
}

/* The stack takes references of its own. */
static weft_token attach_owned(weft_context context)
{
    weft_token token = weft_context_attach(&context);
    weft_context_release(&context);
    return token;
}

weft_token weft_fields_attach(const weft_attribute *list, size_t count)
{
    return attach_owned(weft_context_with_fields(NULL, list, count));
}

weft_token weft_baggage_attach(const char *name, const char *value)
{
    return attach_owned(weft_baggage_set(NULL, name, value, NULL));
}
