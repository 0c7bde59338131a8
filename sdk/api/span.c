/* span.c - the public span calls: who is the parent, is there an SDK, what is on the stack; the rest is the SDK's. */
#include <weft/span.h>

#include <string.h>

#include "sdk/api/runtime.h"
#include "sdk/api/stack.h"

/* hold_ of an entered span: the serial of its stack entry with this bit; without it, a cell that a context owns. */
#define ENTERED ((uint64_t)1 << 63)

static const weft_span none;

static uint64_t cells(const weft_context *context)
{
    return context->span.state_ | (context->bag_ & ~WEFT__REF_SUPPRESSED);
}

/* No SDK, or not for this scope: the parent's context flows through (NOP-5 to 7). */
static void start_passive(const weft_context *parent, weft_span *span)
{
    span->context = *parent;
    span->context.record_ = 0;
    span->context.hold_ = 0;
}

typedef struct beginning {
    const weft_gate *gate;
    const char *name;
    const weft_span_options *options;
    weft_context extracted; /* owned, where the options name a carrier */
    bool elsewhere;         /* the parent is not the current context */
} beginning;

static beginning prepare(weft_scope *scope, const char *name, const weft_span_options *options)
{
    beginning start = { .gate = scope != NULL ? WEFT_LOAD_(scope->gate_) : NULL, .name = name, .options = options };
    if (WEFT_UNLIKELY(start.gate == NULL))
        start.gate = weft_gate_find(scope);
    if (WEFT_UNLIKELY(name == NULL)) {
        start.name = "unnamed";
        atomic_fetch_add_explicit(&weft__misuses.argument, 1, memory_order_relaxed);
    }
    if (options != NULL) {
        if (options->carrier != NULL && !options->root)
            start.extracted = weft_extract(options->parent, options->carrier);
        start.elsewhere = options->root || options->parent != NULL || options->carrier != NULL;
    }
    return start;
}

static const weft_context *parent_of(const weft__thread *thread, const beginning *start)
{
    const weft_span_options *options = start->options;
    if (options == NULL)
        return weft__stack_top(thread);
    if (options->carrier != NULL && !options->root)
        return &start->extracted;
    return options->parent != NULL ? options->parent : weft__stack_top(thread);
}

static void start_entered(weft__thread *thread, const beginning *start, const weft_context *parent, weft_span *span)
{
    const weft__sdk_ops *ops = weft__ops();
    if (ops != NULL && WEFT_PEEK_(start->gate->spans) == WEFT_SPANS_ON) {
        ops->start(thread, (const weft__identity *)(const void *)start->gate, start->name, start->options, parent,
                   span);
    } else if (start->options != NULL && start->options->root) {
        *span = none;
        span->context.bag_ = parent->bag_;
    } else {
        start_passive(parent, span);
    }
}

weft_span weft_span_start_in(weft_scope *scope, const char *name, const weft_span_options *options)
{
    weft_span span = none;
    weft__thread *thread = weft__thread_self();
    beginning start = prepare(scope, name, options);
    if (WEFT_UNLIKELY(thread == NULL || !weft__enter(thread))) {
        weft__refuse();
        return span;
    }
    start_entered(thread, &start, parent_of(thread, &start), &span);
    weft__leave(thread);
    /* A record holds its cells itself; a handle without one must, or they would go with the parent's. */
    if (WEFT_UNLIKELY(span.context.record_ == 0 && cells(&span.context) != 0))
        span.context = weft_context_capture(&span.context);
    if (WEFT_UNLIKELY(start.extracted.hold_ != 0))
        weft_context_release(&start.extracted);
    return span;
}

weft_span weft_span_enter_in(weft_scope *scope, const char *name, const weft_span_options *options)
{
    weft_span span = none;
    weft__thread *thread = weft__thread_self();
    beginning start = prepare(scope, name, options);
    if (WEFT_UNLIKELY(thread == NULL || !weft__enter(thread))) {
        weft__refuse();
        return span;
    }
    const weft_context *parent = parent_of(thread, &start);
    start_entered(thread, &start, parent, &span);
    /* What equals the current context needs no level of its own, and no leave. */
    if (span.context.record_ != 0 || start.elsewhere ||
        memcmp(span.context.span.span_id, parent->span.span_id, sizeof parent->span.span_id) != 0) {
        uint64_t serial = weft__stack_push(thread, &span.context, WEFT__ENTRY_SPAN);
        span.context.hold_ = serial != 0 ? serial | ENTERED : 0;
    }
    weft__leave(thread);
    if (WEFT_UNLIKELY(start.elsewhere))
        weft__gates_passive();
    if (WEFT_UNLIKELY(start.extracted.hold_ != 0))
        weft_context_release(&start.extracted);
    return span;
}

static void end_entered(weft__thread *thread, const weft_span *span, uint64_t time)
{
    const weft__sdk_ops *ops = weft__ops();
    if (ops != NULL)
        ops->end(thread, span, time);
}

static void end(const weft_span *span, uint64_t time)
{
    if (span == NULL)
        return;
    if (span->context.record_ == 0) {
        if ((span->context.hold_ & ENTERED) == 0 && span->context.hold_ != 0) {
            weft_context copy = span->context;
            weft_context_release(&copy);
        }
        return;
    }
    weft__thread *thread = weft__thread_self();
    if (WEFT_UNLIKELY(thread == NULL || !weft__enter(thread))) {
        weft__refuse();
        return;
    }
    end_entered(thread, span, time);
    weft__leave(thread);
}

void weft_span_end(const weft_span *span)
{
    end(span, 0);
}

void weft_span_end_at(const weft_span *span, uint64_t time)
{
    end(span, time);
}

static WEFT_COLD void leave_out_of_order(weft__thread *thread, const weft_span *span, uint64_t serial)
{
    if (serial >> 40 != thread->serial >> 40) {
        atomic_fetch_add_explicit(&weft__misuses.thread, 1, memory_order_relaxed);
    } else {
        atomic_fetch_add_explicit(&weft__misuses.order, 1, memory_order_relaxed);
        /* Entries above the one that is left were not left themselves: a portable block that was jumped out of. */
        uint32_t at = weft__stack_find(thread->stack, serial);
        if (at != UINT32_MAX)
            weft__stack_leave_above(thread, at);
    }
    if (span->context.record_ != 0)
        end_entered(thread, span, WEFT__END_QUIET);
}

void weft_span_leave(const weft_span *span)
{
    if (span == NULL)
        return;
    if (WEFT_UNLIKELY((span->context.hold_ & ENTERED) == 0)) {
        end(span, WEFT__END_QUIET);
        return;
    }
    weft__thread *thread = weft__thread_self();
    if (WEFT_UNLIKELY(thread == NULL || !weft__enter(thread))) {
        weft__refuse();
        return;
    }
    const weft__stack *stack = thread->stack;
    uint64_t serial = span->context.hold_ & ~ENTERED;
    if (WEFT_LIKELY(stack->depth != 0 && stack->entries[stack->depth - 1].serial == serial)) {
        /* Ended while it is still current: on_ending may want to ask for it. */
        if (span->context.record_ != 0)
            end_entered(thread, span, WEFT__END_QUIET);
        weft__stack_pop(thread);
    } else {
        leave_out_of_order(thread, span, serial);
    }
    weft__leave(thread);
}

weft_span weft_span_current(void)
{
    return (weft_span){ weft_context_current() };
}
