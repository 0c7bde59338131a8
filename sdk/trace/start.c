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

/* An all-zero id is drawn again (IDG-5), but not for ever: then the random one stays. */
static WEFT_COLD void user_ids(weft__thread *thread, const weft__provider *provider, weft_span_context *span, bool root)
{
    static const uint8_t zero[16];
    uint8_t id[16] = { 0 };
    weft__to_user(thread);
    for (int tries = 0; root && tries < 8 && memcmp(id, zero, sizeof id) == 0; tries++)
        provider->ids.trace_id(provider->ids_self, id);
    if (memcmp(id, zero, sizeof id) != 0)
        memcpy(span->trace_id, id, sizeof id);
    memset(id, 0, sizeof id);
    for (int tries = 0; tries < 8 && memcmp(id, zero, sizeof span->span_id) == 0; tries++)
        provider->ids.span_id(provider->ids_self, id);
    if (memcmp(id, zero, sizeof span->span_id) != 0)
        memcpy(span->span_id, id, sizeof span->span_id);
    weft__from_user(thread);
}

/* A record takes references to the context's cells; those that are gone are cleared in the context. */
static WEFT_COLD void hold(weft__thread *thread, weft__block *head, weft_context *context)
{
    uint64_t bag = context->bag_ & ~WEFT__REF_SUPPRESSED;
    head->fix |= WEFT__CELLS;
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

static WEFT_COLD void append_long_name(weft__thread *thread, weft__block *head, const char *name, size_t size)
{
    atomic_store_explicit(&head->used, 0, memory_order_relaxed);
    if (!weft__append_text(thread, head, WEFT__TAG_NAME, name, size))
        weft__append_text(thread, head, WEFT__TAG_NAME, "", 0);
}

/* The first field of the stream. */
WEFT_INLINE void append_name(weft__thread *thread, weft__block *head, const char *name, size_t size)
{
    if (WEFT_UNLIKELY(size > WEFT__SIMPLE_TEXT)) {
        append_long_name(thread, head, name, size);
        return;
    }
    uint64_t bits = 0;
    head->stream[0] = WEFT__TAG_NAME;
    head->stream[1] = (uint8_t)size;
    weft__copy_text(head->stream + 2, name, (uint32_t)size, &bits);
    if (WEFT_UNLIKELY((bits & WEFT__HIGH_BITS) != 0))
        head->fix |= WEFT__FIX_TEXT;
    atomic_store_explicit(&head->used, (uint32_t)size + 2, memory_order_relaxed);
}

/* A span that is sampled but does not record is forbidden (CRE-3). */
static WEFT_COLD void refuse_record(weft__tally *tally, weft_context *context)
{
    if ((context->span.flags & WEFT_FLAG_SAMPLED) != 0) {
        weft__tally_add(&tally->created, 1);
        weft__tally_add(&tally->dropped_pool, 1);
    }
    context->span.flags &= (uint8_t)~WEFT_FLAG_SAMPLED;
}

/* Everything of a record but its name, which comes last: from then on it would be readable after a crash. */
WEFT_INLINE void fill(weft__block *head, const weft_span_context *span, const weft_context *parent, uint8_t tag,
                      uint16_t fix)
{
    uint64_t parent_id;
    head->chain = 0;
    head->tail = head->number;
    memcpy(head->trace_id, span->trace_id, sizeof head->trace_id);
    memcpy(head->span_id, span->span_id, sizeof head->span_id);
    memcpy(&parent_id, parent->span.span_id, sizeof parent_id);
    memcpy(head->parent_id, &parent_id, sizeof parent_id);
    head->state = head->bag = 0;
    head->keys = 0;
    head->attributes = head->events = head->links = 0;
    head->fix = fix;
    head->dropped_attributes = head->dropped_events = head->dropped_links = 0;
    head->sdk = tag;
    head->status = 0;
    if (WEFT_UNLIKELY(parent->span.remote))
        head->fix |= WEFT__PARENT_REMOTE;
}

/* Takes a block and fills it, up to the name and the time. NULL: no block is free. */
WEFT_INLINE weft__block *record(weft__thread *thread, const weft__provider *provider, weft_context *context,
                                const weft_context *parent, uint32_t flags, uint16_t fix)
{
    weft__tally *tally = &thread->tally[provider->slot];
    weft__block *head = weft__block_take(thread);
    if (WEFT_UNLIKELY(head == NULL)) {
        refuse_record(tally, context);
        return NULL;
    }
    weft__tally_add(&tally->created, flags & WEFT_FLAG_SAMPLED);
    fill(head, &context->span, parent, provider->tag, fix);
    head->flags = (uint8_t)flags;
    return head;
}

/* From here on other threads may use the handle. */
WEFT_INLINE void open_record(weft__block *head, weft_context *context)
{
    uint64_t generation = atomic_load_explicit(&head->control, memory_order_relaxed) & WEFT__GENERATION_MASK;
    context->record_ = generation | head->number;
    atomic_store_explicit(&head->control, generation | WEFT__OPEN, memory_order_release);
}

/* Name, kind and time. */
WEFT_INLINE void describe(weft__thread *thread, weft__block *head, const weft__identity *identity, const char *name,
                          size_t name_size, weft_span_kind kind)
{
    head->identity = identity->number;
    head->kind = (uint8_t)(WEFT_LIKELY((unsigned)kind <= WEFT_KIND_CONSUMER) ? kind + 1 : 1);
    append_name(thread, head, name, name_size);
    head->start = weft__ticks();
}

/* The span id is new whatever the decision will be (CRE-1, CRE-4). A root's parent is the empty context. */
WEFT_INLINE uint32_t make_ids(weft__thread *thread, bool child, const weft_context *parent, weft_context *context)
{
    uint64_t trace[2], id = weft__random_span_id(&thread->random);
    uint32_t flags = parent->span.flags & (WEFT_FLAG_SAMPLED | WEFT_FLAG_RANDOM);
    memcpy(trace, parent->span.trace_id, sizeof trace);
    if (WEFT_UNLIKELY(!child)) {
        trace[0] = weft__random_next(&thread->random) | 1;
        trace[1] = weft__random_next(&thread->random);
        flags = WEFT_FLAG_RANDOM;
    }
    memcpy(context->span.trace_id, trace, sizeof trace);
    memcpy(context->span.span_id, &id, sizeof id);
    context->span.flags = (uint8_t)flags;
    context->span.remote = false;
    memset(context->span.reserved_, 0, sizeof context->span.reserved_);
    context->span.state_ = parent->span.state_;
    context->record_ = 0;
    return flags;
}

/* Start time, attributes and links of the options, the sampler's attributes, and the processors. */
static void complete(weft__thread *thread, const weft__start *start, weft_attributes sampled)
{
    const weft_span span = { *start->context };
    const weft_span_options *options = start->options;
    if (options->attributes.list != NULL)
        weft__set_entered(thread, &span, options->attributes.list, options->attributes.count);
    if (sampled.count != 0)
        weft__set_entered(thread, &span, sampled.list, sampled.count);
    if (options->links.list != NULL)
        for (size_t i = 0; i < options->links.count; i++)
            weft__link_entered(thread, &span, &options->links.list[i]);
    if (start->provider->on_start)
        weft__watch_start(thread, start->provider, &span, start->parent);
}

static weft__verdict decide(weft__thread *thread, const weft__start *start)
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
        verdict = weft__sample_ask(thread, start);
    else
        verdict.recording = verdict.sampled = (provider->decides >> (start->child * 2 + (span->flags & 1)) & 1) != 0;
    span->flags = (uint8_t)((span->flags & ~WEFT_FLAG_SAMPLED) | (verdict.sampled ? WEFT_FLAG_SAMPLED : 0));
    return verdict;
}

/* The general way: any parent, all options, the user's ids, samplers that must be asked, processors. */
static void start_general(weft__thread *thread, weft__start *start)
{
    const weft__provider *provider = start->provider;
    const weft_context *parent = start->parent;
    weft_context *context = start->context;
    make_ids(thread, start->child, parent, context);
    context->bag_ = parent->bag_;
    context->hold_ = 0;
    weft__verdict verdict = decide(thread, start);
    if (verdict.recording) {
        bool watched = provider->on_ending || provider->on_end, sent = provider->exports && verdict.sampled;
        weft__block *head = record(thread, provider, context, parent, context->span.flags,
                                   (uint16_t)((sent ? 0 : WEFT__UNSENT) | (watched ? WEFT__WATCHED : 0)));
        if (head != NULL) {
            describe(thread, head, start->identity, start->name, start->name_size, start->options->kind);
            if ((context->span.state_ | context->bag_) != 0)
                hold(thread, head, context);
            if (start->options->start_time != 0) {
                head->start = start->options->start_time;
                head->fix |= WEFT__START_UTC;
            }
            open_record(head, context);
            complete(thread, start, verdict.attributes);
        }
    }
    if (verdict.state_made != 0) {
        /* Without a record nobody holds it but the handle, a moment later. */
        weft__ref done = verdict.state_made;
        if (context->record_ == 0) {
            done = thread->sampled_state;
            thread->sampled_state = verdict.state_made;
        }
        weft__slab_drop(done);
    }
}

WEFT_INLINE const weft__identity *identity_of(const weft_gate *gate)
{
    return (const weft__identity *)(const void *)gate;
}

void weft__span_start_under(weft__thread *thread, const weft_gate *gate, const char *name,
                            const weft_span_options *options, const weft_context *parent, weft_span *span)
{
    static const weft_span_options plain = { .size = sizeof plain };
    const weft__page *page = atomic_load_explicit(&weft__runtime, memory_order_relaxed);
    /* Users' code may run below, and move the stack on which the parent stands. */
    weft_context above = *parent;
    weft__start start = { .provider = provider_of(page, identity_of(gate)),
                          .identity = identity_of(gate),
                          .name = name,
                          .options = options != NULL ? options : &plain,
                          .parent = &above,
                          .context = &span->context };
    start.name_size = start.options->name_size != 0 ? start.options->name_size : strlen(name);
    start.child = weft__ids_valid(&parent->span) && !start.options->root;
    if (start.provider == NULL || (parent->bag_ & WEFT__REF_SUPPRESSED) != 0) {
        /* No SDK for this scope (any more), or instrumentation is suppressed: the parent flows through. */
        span->context = *parent;
        span->context.record_ = span->context.hold_ = 0;
        return;
    }
    weft__epoch_check(thread, page);
    if (!start.child) { /* samplers and processors find no parent in a root's context, but all else */
        memset(&above.span, 0, sizeof above.span);
        above.record_ = 0;
    }
    start_general(thread, &start);
}

/* The SDK of a scope for which the fast way will do: a child of the current context, without cells, nothing special. */
WEFT_INLINE const weft__provider *fast_provider(const weft__thread *thread, const weft_gate *gate,
                                                const weft_context *parent)
{
    const weft__page *page = atomic_load_explicit(&weft__runtime, memory_order_relaxed);
    const weft__provider *provider = provider_of(page, identity_of(gate));
    if (WEFT_UNLIKELY(provider == NULL || provider->special || (parent->bag_ | parent->span.state_) != 0 ||
                      !weft__ids_valid(&parent->span) || thread->epoch != page->epoch))
        return NULL;
    return provider;
}

/* Fills the context; the record, where there is one. */
WEFT_INLINE weft__block *start_fast(weft__thread *thread, const weft__provider *provider, const weft_gate *gate,
                                    weft__title title, const weft_context *parent, weft_context *context)
{
    uint32_t flags = make_ids(thread, true, parent, context);
    context->bag_ = 0;
    if ((provider->decides >> (2 + (flags & 1)) & 1) == 0) {
        context->span.flags = (uint8_t)(flags & ~(uint32_t)WEFT_FLAG_SAMPLED);
        return NULL;
    }
    flags |= WEFT_FLAG_SAMPLED;
    context->span.flags = (uint8_t)flags;
    weft__block *head = record(thread, provider, context, parent, flags, 0);
    if (WEFT_UNLIKELY(head == NULL))
        return NULL;
    if (WEFT_UNLIKELY(title.size == SIZE_MAX))
        title.size = strlen(title.name);
    describe(thread, head, identity_of(gate), title.name, title.size, title.kind);
    open_record(head, context);
    return head;
}

/* Any SDK, any current context. */
static WEFT_COLD void start_any(weft__thread *thread, const weft_gate *gate, weft__title title, weft_span *span)
{
    const weft_span_options options = { .size = sizeof options,
                                        .kind = title.kind,
                                        .name_size = title.size != SIZE_MAX ? title.size : 0 };
    weft__span_start_under(thread, gate, title.name, &options, weft__stack_top(thread), span);
}

/* What lies in cells must be held by somebody: without a record, by the handle. */
static WEFT_COLD void own_cells(weft_span *span)
{
    span->context = weft_context_capture(&span->context);
}

void weft__span_start(weft_span *span, weft__thread *thread, const weft_gate *gate, const char *name, size_t name_size,
                      weft_span_kind kind)
{
    if (WEFT_UNLIKELY(!weft__enter_counted(thread))) {
        memset(span, 0, sizeof *span);
        return;
    }
    const weft__title title = { name, name_size, kind };
    const weft_context *parent = weft__stack_top(thread);
    const weft__provider *provider = fast_provider(thread, gate, parent);
    if (WEFT_LIKELY(provider != NULL))
        start_fast(thread, provider, gate, title, parent, &span->context);
    else
        start_any(thread, gate, title, span);
    span->context.hold_ = 0;
    weft__leave(thread);
    if (WEFT_UNLIKELY(span->context.record_ == 0 && (span->context.span.state_ | span->context.bag_) != 0))
        own_cells(span);
}

static WEFT_COLD void enter_any(weft_span *span, weft__thread *thread, const weft_gate *gate, weft__title title)
{
    start_any(thread, gate, title, span);
    span->context.hold_ = weft__stack_push(thread, &span->context, WEFT__ENTRY_SPAN); /* 0: full, so not current */
}

void weft__span_enter(weft_span *span, weft__thread *thread, const weft_gate *gate, const char *name, size_t name_size,
                      weft_span_kind kind)
{
    weft__stack *stack = thread->stack;
    uint32_t depth = stack->depth;
    const weft__title title = { name, name_size, kind };
    if (WEFT_UNLIKELY(!weft__enter_counted(thread))) {
        memset(span, 0, sizeof *span);
        return;
    }
    const weft__provider *provider = NULL;
    if (WEFT_LIKELY(depth != 0 && depth < stack->capacity))
        provider = fast_provider(thread, gate, &stack->entries[depth - 1].context);
    if (WEFT_UNLIKELY(provider == NULL)) {
        enter_any(span, thread, gate, title);
        weft__leave(thread);
        return;
    }
    /* Made where it is to stand. */
    weft__entry *entry = &stack->entries[depth];
    entry->block = start_fast(thread, provider, gate, title, &entry[-1].context, &entry->context);
    uint64_t serial = weft__stack_pushed(thread, stack, entry, WEFT__ENTRY_SPAN);
    span->context.span = entry->context.span;
    span->context.record_ = entry->context.record_;
    span->context.bag_ = entry->context.bag_;
    span->context.hold_ = serial;
    weft__leave(thread);
}
