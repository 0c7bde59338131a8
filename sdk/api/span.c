/* span.c - the public span calls: who is the parent, is there an SDK, what is on the stack; the rest is the SDK's. */
#include <weft/span.h>

#include <string.h>

#include "sdk/api/runtime.h"
#include "sdk/api/stack.h"

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

/* What equals the current context needs no level of its own, and no leave. */
WEFT_INLINE bool same_span(const weft_context *context, const weft_context *other)
{
    uint64_t id, other_id;
    memcpy(&id, context->span.span_id, sizeof id);
    memcpy(&other_id, other->span.span_id, sizeof other_id);
    return id == other_id && context->record_ == 0;
}

WEFT_INLINE void push(weft__thread *thread, weft_span *span)
{
    uint64_t serial = weft__stack_push(thread, &span->context, WEFT__ENTRY_SPAN);
    span->context.hold_ = serial;
}

typedef struct beginning {
    const weft_gate *gate;
    const char *name;
    const weft_span_options *options;
    weft_context extracted; /* owned, where the options name a carrier */
    bool elsewhere;         /* the parent is not the current context */
    bool unnamed;           /* name is the placeholder */
} beginning;

static beginning prepare(weft_scope *scope, const char *name, const weft_span_options *options)
{
    beginning start = { .gate = scope != NULL ? WEFT_LOAD_(scope->gate_) : NULL, .name = name, .options = options };
    if (WEFT_UNLIKELY(start.gate == NULL))
        start.gate = weft_gate_find(scope);
    if (WEFT_UNLIKELY(name == NULL)) {
        start.name = "unnamed";
        start.unnamed = true;
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
    const weft_span_options *options = start->options;
    weft_span_options sizeless; /* a size that was given is not that of the placeholder */
    if (start->unnamed && options != NULL) {
        sizeless = *options;
        sizeless.name_size = 0;
        options = &sizeless;
    }
    if (ops != NULL && WEFT_PEEK_(start->gate->spans) == WEFT_SPANS_ON) {
        ops->start_under(thread, start->gate, start->name, options, parent, span);
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
    if (thread == NULL || !weft__enter(thread)) {
        weft__refuse();
        return span;
    }
    start_entered(thread, &start, parent_of(thread, &start), &span);
    weft__leave(thread);
    /* A record holds its cells itself; a handle without one must, or they would go with the parent's. */
    if (span.context.record_ == 0 && cells(&span.context) != 0)
        span.context = weft_context_capture(&span.context);
    if (start.extracted.hold_ != 0)
        weft_context_release(&start.extracted);
    return span;
}

weft_span weft_span_enter_in(weft_scope *scope, const char *name, const weft_span_options *options)
{
    weft_span span = none;
    weft__thread *thread = weft__thread_self();
    beginning start = prepare(scope, name, options);
    if (thread == NULL || !weft__enter(thread)) {
        weft__refuse();
        return span;
    }
    const weft_context *parent = parent_of(thread, &start);
    start_entered(thread, &start, parent, &span);
    if (start.elsewhere || !same_span(&span.context, parent))
        push(thread, &span);
    weft__leave(thread);
    if (start.elsewhere)
        weft__gates_passive();
    if (start.extracted.hold_ != 0)
        weft_context_release(&start.extracted);
    return span;
}

/* Without an SDK, the current context as a span: it needs no level of its own, and no leave. */
static void current_passive(weft__thread *thread, weft_span *span)
{
    if (WEFT_LIKELY(thread != NULL && weft__enter_counted(thread))) {
        start_passive(weft__stack_top(thread), span);
        weft__leave(thread);
    } else {
        *span = none;
    }
}

/* A span without a record that is not on the stack holds its cells itself, or they would go with the parent's. */
static void start_passive_owning(weft__thread *thread, weft_span *span)
{
    current_passive(thread, span);
    if (cells(&span->context) != 0)
        span->context = weft_context_capture(&span->context);
}

static bool has_sdk(const weft_gate *gate)
{
    return weft__ops() != NULL && WEFT_PEEK_(gate->spans) == WEFT_SPANS_ON;
}

/* A thread's first call, or no SDK. */
static WEFT_COLD void start_slowly(weft_span *span, const weft_gate *gate, const char *name, size_t name_size,
                                   weft_span_kind kind)
{
    weft__thread *thread = weft__thread_self();
    const weft__sdk_ops *ops = weft__ops();
    if (thread != NULL && ops != NULL && has_sdk(gate))
        ops->start(span, thread, gate, name, name_size, kind);
    else
        start_passive_owning(thread, span);
}

static WEFT_COLD void enter_slowly(weft_span *span, const weft_gate *gate, const char *name, size_t name_size,
                                   weft_span_kind kind)
{
    weft__thread *thread = weft__thread_self();
    const weft__sdk_ops *ops = weft__ops();
    if (thread != NULL && ops != NULL && has_sdk(gate))
        ops->enter(span, thread, gate, name, name_size, kind);
    else
        current_passive(thread, span);
}

void weft_span_start_plain_(weft_span *span, const weft_gate *gate, const char *name, size_t name_size,
                            weft_span_kind kind)
{
    weft__thread *thread = weft__self;
    const weft__sdk_ops *ops = weft__ops();
    if (WEFT_LIKELY(thread != NULL && ops != NULL && WEFT_PEEK_(gate->spans) == WEFT_SPANS_ON))
        ops->start(span, thread, gate, name, name_size, kind);
    else
        start_slowly(span, gate, name, name_size, kind);
}

void weft_span_enter_plain_(weft_span *span, const weft_gate *gate, const char *name, size_t name_size,
                            weft_span_kind kind)
{
    weft__thread *thread = weft__self;
    const weft__sdk_ops *ops = weft__ops();
    uint8_t spans = WEFT_PEEK_(gate->spans);
    if (WEFT_LIKELY(thread != NULL && ops != NULL && spans == WEFT_SPANS_ON))
        ops->enter(span, thread, gate, name, name_size, kind);
    else if (thread != NULL && spans != WEFT_SPANS_ON)
        current_passive(thread, span);
    else
        enter_slowly(span, gate, name, name_size, kind);
}

/* A handle without a record: what it owns is given back. */
static void release(const weft_span *span)
{
    if (span != NULL && (span->context.hold_ & WEFT__ENTERED) == 0 && span->context.hold_ != 0) {
        weft_context copy = span->context;
        weft_context_release(&copy);
    }
}

WEFT_INLINE void end(const weft_span *span, uint64_t time)
{
    if (WEFT_UNLIKELY(span == NULL || span->context.record_ == 0)) {
        release(span);
        return;
    }
    const weft__sdk_ops *ops = weft__ops();
    weft__thread *thread = weft__thread_self();
    if (WEFT_LIKELY(ops != NULL && thread != NULL))
        ops->end(thread, span, time);
}

void weft_span_end(const weft_span *span)
{
    end(span, 0);
}

void weft_span_end_at(const weft_span *span, uint64_t time)
{
    end(span, time);
}

static void leave_out_of_order(weft__thread *thread, const weft_span *span, uint64_t serial)
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
    const weft__sdk_ops *ops = weft__ops();
    if (span->context.record_ != 0 && ops != NULL)
        ops->end_entered(thread, span, WEFT__END_QUIET);
}

void weft__leave_general(const weft_span *span)
{
    weft__thread *thread = weft__thread_self();
    if (span == NULL || (span->context.hold_ & WEFT__ENTERED) == 0) {
        end(span, WEFT__END_QUIET);
        return;
    }
    if (thread == NULL || !weft__enter_counted(thread))
        return;
    const weft__stack *stack = thread->stack;
    uint64_t serial = span->context.hold_;
    if (stack->depth != 0 && stack->entries[stack->depth - 1].serial == serial)
        weft__stack_leave_above(thread, stack->depth - 1);
    else
        leave_out_of_order(thread, span, serial);
    weft__leave(thread);
}

void weft_span_leave(const weft_span *span)
{
    weft__thread *thread = weft__self;
    const weft__sdk_ops *ops = weft__ops();
    if (WEFT_LIKELY(span != NULL && thread != NULL && ops != NULL))
        ops->leave(thread, span);
    else
        weft__leave_general(span);
}

weft_span weft_span_current(void)
{
    return (weft_span){ weft_context_current() };
}
