/* start.c - starting a span: ids, the sampler's decision, a block of the pool (CRE-1). */
#include "sdk/trace/start.h"

#include <string.h>

#include "sdk/api/stack.h"
#include "sdk/base/clock.h"
#include "sdk/common/magazine.h"
#include "sdk/common/record.h"
#include "sdk/trace/append.h"
#include "sdk/trace/attribute.h"
#include "sdk/trace/event.h"
#include "sdk/trace/sample.h"
#include "sdk/trace/simple.h"
#include "sdk/trace/watch.h"

WEFT_INLINE const weft__provider *provider_of(const weft__page *page, const weft__identity *identity)
{
    uint32_t slot = identity->sdk;
    if (WEFT_LIKELY(slot == WEFT__SDK_GLOBAL))
        slot = atomic_load_explicit(&page->global_sdk, memory_order_relaxed) - 1;
    else
        slot = WEFT__SDK_SLOT(slot); /* how often the slot had been taken is the gate's affair */
    return slot < WEFT__SDKS ? atomic_load_explicit(&weft__providers[slot], memory_order_acquire) : NULL;
}

static WEFT_COLD void user_ids(weft__thread *thread, const weft__provider *provider, weft_span_context *span, bool root)
{
    weft__to_user(thread);
    /* An all-zero id is drawn again (IDG-5), but not for ever. */
    for (int tries = 0; root && tries < 8; tries++) {
        provider->ids.trace_id(provider->ids_self, span->trace_id);
        if (memcmp(span->trace_id, (uint8_t[16]){ 0 }, 16) != 0)
            break;
    }
    for (int tries = 0; tries < 8; tries++) {
        provider->ids.span_id(provider->ids_self, span->span_id);
        if (memcmp(span->span_id, (uint8_t[8]){ 0 }, 8) != 0)
            break;
    }
    weft__from_user(thread);
}

/* The span id is new whatever the decision will be (CRE-1, CRE-4). */
WEFT_INLINE void make_ids(weft__thread *thread, bool child, const weft_context *parent, weft_span_context *span)
{
    uint64_t trace[2], id = weft__random_span_id(&thread->random);
    if (WEFT_LIKELY(child)) {
        memcpy(trace, parent->span.trace_id, sizeof trace);
        span->flags = parent->span.flags & (WEFT_FLAG_SAMPLED | WEFT_FLAG_RANDOM);
        span->state_ = parent->span.state_;
    } else {
        trace[0] = weft__random_next(&thread->random) | 1;
        trace[1] = weft__random_next(&thread->random);
        span->flags = WEFT_FLAG_RANDOM;
        span->state_ = 0;
    }
    memcpy(span->trace_id, trace, sizeof trace);
    memcpy(span->span_id, &id, sizeof id);
    span->remote = false;
    memset(span->reserved_, 0, sizeof span->reserved_);
}

WEFT_INLINE void fill(weft__block *head, uint32_t number, const weft_span_context *span, uint8_t tag)
{
    head->chain = 0;
    head->tail = number;
    atomic_store_explicit(&head->next_group, number, memory_order_relaxed);
    memcpy(head->trace_id, span->trace_id, sizeof head->trace_id);
    memcpy(head->span_id, span->span_id, sizeof head->span_id);
    head->state = head->bag = 0;
    head->keys = 0;
    head->attributes = head->events = head->links = 0;
    head->dropped_attributes = head->dropped_events = head->dropped_links = 0;
    head->sdk = tag;
    head->status = 0;
    head->flags = span->flags;
}

/* The record takes references to the context's cells; those that are gone are cleared in the context. */
static WEFT_COLD void hold(weft__thread *thread, weft__block *head, weft_context *context)
{
    uint64_t bag = context->bag_ & ~WEFT__REF_SUPPRESSED;
    if (weft__slab_hold(context->span.state_)) {
        head->state = context->span.state_;
        weft__append_tracestate(thread, head);
    } else {
        context->span.state_ = 0;
    }
    if (weft__slab_hold(bag))
        head->bag = bag;
    else
        context->bag_ &= WEFT__REF_SUPPRESSED;
}

static WEFT_COLD void append_long_name(weft__thread *thread, weft__block *head, const weft__start *start)
{
    size_t size = start->name_size;
    atomic_store_explicit(&head->used, 0, memory_order_relaxed);
    if (!weft__append_text(thread, head, WEFT__TAG_NAME, start->name, size))
        weft__append_text(thread, head, WEFT__TAG_NAME, "", 0);
}

/* The first field of the stream. */
WEFT_INLINE void append_name(weft__thread *thread, weft__block *head, const weft__start *start)
{
    size_t size = start->name_size;
    if (WEFT_UNLIKELY(size > WEFT__SIMPLE_TEXT)) {
        append_long_name(thread, head, start);
        return;
    }
    uint64_t bits = 0;
    head->stream[0] = WEFT__TAG_NAME;
    head->stream[1] = (uint8_t)size;
    weft__copy_text(head->stream + 2, start->name, (uint32_t)size, &bits);
    if (WEFT_UNLIKELY((bits & WEFT__HIGH_BITS) != 0))
        head->fix |= WEFT__FIX_TEXT;
    atomic_store_explicit(&head->used, (uint32_t)size + 2, memory_order_relaxed);
}

static void open_record(weft__block *head, const weft__start *start);

/* Start time, attributes and links of the options, the sampler's attributes, and the processors. */
static void complete(weft__thread *thread, weft__block *head, const weft__start *start,
                     const weft_span_options *options, weft_attributes sampled)
{
    const weft_span span = { *start->context };
    if (options != NULL && options->start_time != 0) {
        head->start = options->start_time;
        head->fix |= WEFT__START_UTC;
    }
    open_record(head, start);
    if (options != NULL && options->attributes.list != NULL)
        weft__set_entered(thread, &span, options->attributes.list, options->attributes.count);
    if (sampled.count != 0)
        weft__set_entered(thread, &span, sampled.list, sampled.count);
    if (options != NULL && options->links.list != NULL)
        for (size_t i = 0; i < options->links.count; i++)
            weft__link_entered(thread, &span, &options->links.list[i]);
    if (start->provider->on_start)
        weft__watch_start(thread, start->provider, &span, start->parent);
}

/* What comes before anybody can know the handle: the parent, the name, the time. */
WEFT_INLINE void describe(weft__thread *thread, weft__block *head, const weft__start *start)
{
    head->identity = start->identity->number;
    uint64_t parent_id = 0;
    if (WEFT_LIKELY(start->child)) {
        memcpy(&parent_id, start->parent->span.span_id, sizeof parent_id);
        if (WEFT_UNLIKELY(start->parent->span.remote))
            head->fix |= WEFT__PARENT_REMOTE;
    }
    memcpy(head->parent_id, &parent_id, sizeof parent_id);
    append_name(thread, head, start);
    if (WEFT_UNLIKELY((start->context->span.state_ | start->context->bag_) != 0))
        hold(thread, head, start->context);
    head->kind = (uint8_t)(WEFT_LIKELY((unsigned)start->kind <= WEFT_KIND_CONSUMER) ? start->kind + 1 : 1);
    head->start = weft__ticks();
}

/* Takes a block; the flags say whether the span is sampled, and it records in any case. NULL: no block is free. */
WEFT_INLINE weft__block *record(weft__thread *thread, const weft__start *start, uint16_t fix)
{
    const weft__provider *provider = start->provider;
    weft__tally *tally = &thread->tally[provider->slot];
    uint32_t number = weft__block_take(thread);
    if (WEFT_UNLIKELY(number == WEFT__NO_BLOCK)) {
        /* A span that is sampled but does not record is forbidden (CRE-3). */
        if ((start->context->span.flags & WEFT_FLAG_SAMPLED) != 0) {
            weft__tally_add(&tally->created, 1);
            weft__tally_add(&tally->dropped_pool, 1);
        }
        start->context->span.flags &= (uint8_t)~WEFT_FLAG_SAMPLED;
        return NULL;
    }
    weft__block *head = weft__block_at(number);
    uint64_t generation = atomic_load_explicit(&head->control, memory_order_relaxed) & WEFT__GENERATION_MASK;
    weft__tally_add(&tally->created, start->context->span.flags & WEFT_FLAG_SAMPLED);
    fill(head, number, &start->context->span, provider->tag);
    head->fix = fix;
    describe(thread, head, start);
    start->context->record_ = generation | number;
    return head;
}

/* From here on other threads may use the handle. */
WEFT_INLINE void open_record(weft__block *head, const weft__start *start)
{
    atomic_store_explicit(&head->control, (start->context->record_ & WEFT__GENERATION_MASK) | WEFT__OPEN,
                          memory_order_release);
}

/* Everything that is not a plain child of the current context: start time, attributes, links, the user's ids, samplers
 * that must be asked, processors, nothing to export to. */
static WEFT_COLD void start_special(weft__thread *thread, const weft__start *start, const weft_span_options *options)
{
    const weft__provider *provider = start->provider;
    weft_span_context *span = &start->context->span;
    if (provider->ids.span_id != NULL && provider->ids.trace_id != NULL) {
        user_ids(thread, provider, span, !start->child);
        if (!start->child && !provider->ids.random)
            span->flags = 0;
    }
    weft__verdict verdict = { .recording = false };
    if (provider->sampler->fast == WEFT__SAMPLE_ASK)
        verdict = weft__sample_ask(thread, start, options);
    else
        verdict.recording = verdict.sampled = (provider->decides >> (start->child * 2 + (span->flags & 1)) & 1) != 0;
    span->flags = (uint8_t)((span->flags & ~WEFT_FLAG_SAMPLED) | (verdict.sampled ? WEFT_FLAG_SAMPLED : 0));
    if (verdict.recording) {
        uint16_t fix = (uint16_t)((provider->exports && verdict.sampled ? 0 : WEFT__UNSENT) |
                                  (provider->on_ending || provider->on_end ? WEFT__WATCHED : 0));
        weft__block *head = record(thread, start, fix);
        if (head != NULL)
            complete(thread, head, start, options, verdict.attributes);
    }
    if (verdict.state_made != 0)
        weft__slab_drop(verdict.state_made);
}

/* Ids, the decision, and, where the decision is yes, a record; fills *start->context. */
WEFT_INLINE void start_child(weft__thread *thread, weft__start *start, const weft_span_options *options)
{
    weft_context *context = start->context;
    const weft__provider *provider = start->provider;
    context->record_ = context->hold_ = 0;
    context->bag_ = start->parent->bag_;
    make_ids(thread, start->child, start->parent, &context->span);
    if (WEFT_UNLIKELY(provider->special || options != NULL)) {
        start_special(thread, start, options);
        return;
    }
    uint32_t flags = context->span.flags;
    if ((provider->decides >> (start->child * 2 + (flags & 1)) & 1) == 0) {
        context->span.flags = (uint8_t)(flags & ~(uint32_t)WEFT_FLAG_SAMPLED);
        return;
    }
    context->span.flags = (uint8_t)(flags | WEFT_FLAG_SAMPLED);
    weft__block *head = record(thread, start, 0);
    if (WEFT_LIKELY(head != NULL))
        open_record(head, start);
}

/* No SDK for this scope (any more), or a context that suppresses instrumentation: the parent flows through. */
static WEFT_COLD void start_nothing(const weft_context *parent, weft_context *context)
{
    *context = *parent;
    context->record_ = context->hold_ = 0;
}

WEFT_INLINE bool wanted(const weft__provider *provider, const weft_context *parent)
{
    return WEFT_LIKELY(provider != NULL && (parent->bag_ & WEFT__REF_SUPPRESSED) == 0);
}

WEFT_INLINE const weft__identity *identity_of(const weft_gate *gate)
{
    return (const weft__identity *)(const void *)gate;
}

void weft__span_start_under(weft__thread *thread, const weft_gate *gate, const char *name,
                            const weft_span_options *options, const weft_context *parent, weft_span *span)
{
    static const weft_span_options none = { .size = sizeof none };
    const weft__page *page = atomic_load_explicit(&weft__runtime, memory_order_relaxed);
    const weft_span_options *given = options != NULL ? options : &none;
    weft__start start = { .provider = provider_of(page, identity_of(gate)),
                          .identity = identity_of(gate),
                          .name = name,
                          .name_size = given->name_size != 0 ? given->name_size : strlen(name),
                          .parent = parent,
                          .context = &span->context,
                          .child = weft__ids_valid(&parent->span) && !given->root,
                          .kind = (int)given->kind };
    if (!wanted(start.provider, parent)) {
        start_nothing(parent, &span->context);
        return;
    }
    weft__epoch_check(thread, page);
    start_child(thread, &start, given);
}

/* A child of the current context, into *context. The thread has been entered. */
WEFT_INLINE void start_current(weft__thread *thread, const weft_gate *gate, const char *name, size_t name_size,
                               int kind, weft_context *context)
{
    const weft__page *page = atomic_load_explicit(&weft__runtime, memory_order_relaxed);
    const weft_context *parent = weft__stack_top(thread);
    const weft__provider *provider = provider_of(page, identity_of(gate));
    if (WEFT_UNLIKELY(!wanted(provider, parent))) {
        start_nothing(parent, context);
        return;
    }
    weft__epoch_check(thread, page);
    weft__start start = { .provider = provider,
                          .identity = identity_of(gate),
                          .name = name,
                          .name_size = name_size != SIZE_MAX ? name_size : strlen(name),
                          .parent = parent,
                          .context = context,
                          .child = weft__ids_valid(&parent->span),
                          .kind = kind };
    start_child(thread, &start, NULL);
}

/* Ids and flags are the handle's own; what lies in cells must be held by somebody. */
static WEFT_COLD void own_cells(weft_span *span)
{
    span->context = weft_context_capture(&span->context);
}

weft_span weft__span_start(weft__thread *thread, const weft_gate *gate, const char *name, size_t name_size, int kind)
{
    weft_span span;
    if (WEFT_UNLIKELY(!weft__enter_counted(thread))) {
        memset(&span, 0, sizeof span);
        return span;
    }
    start_current(thread, gate, name, name_size, kind, &span.context);
    weft__leave(thread);
    if (WEFT_UNLIKELY(span.context.record_ == 0 && (span.context.span.state_ | span.context.bag_) != 0))
        own_cells(&span);
    return span;
}

weft_span weft__span_enter(weft__thread *thread, const weft_gate *gate, const char *name, size_t name_size, int kind)
{
    weft_span span;
    weft__stack *stack = thread->stack;
    if (WEFT_UNLIKELY(!weft__enter_counted(thread))) {
        memset(&span, 0, sizeof span);
        return span;
    }
    if (WEFT_UNLIKELY(stack->depth == stack->capacity && !weft__stack_grow(stack))) {
        start_current(thread, gate, name, name_size, kind, &span.context); /* recorded, but not current */
        weft__leave(thread);
        return span;
    }
    /* Made where it is to stand. */
    weft__entry *entry = &stack->entries[stack->depth];
    start_current(thread, gate, name, name_size, kind, &entry->context);
    uint64_t serial = weft__stack_pushed(thread, entry, WEFT__ENTRY_SPAN);
    span.context = entry->context;
    span.context.hold_ = serial | WEFT__ENTERED;
    weft__leave(thread);
    return span;
}
