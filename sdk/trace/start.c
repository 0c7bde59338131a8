/* start.c - starting a span: ids, the sampler's decision, a block of the pool (CRE-1). */
#include "sdk/trace/start.h"

#include <string.h>

#include "sdk/base/clock.h"
#include "sdk/common/magazine.h"
#include "sdk/common/record.h"
#include "sdk/trace/append.h"
#include "sdk/trace/sample.h"
#include "sdk/trace/simple.h"
#include "sdk/trace/watch.h"

static const weft__provider *provider_of(const weft__identity *identity)
{
    uint32_t slot = identity->sdk;
    if (slot == WEFT__SDK_GLOBAL)
        slot = atomic_load_explicit(&atomic_load_explicit(&weft__runtime, memory_order_relaxed)->global_sdk,
                                    memory_order_relaxed) -
               1;
    else
        slot = WEFT__SDK_SLOT(slot); /* how often the slot had been taken is the gate's affair */
    return slot < WEFT__SDKS ? atomic_load_explicit(&weft__providers[slot], memory_order_acquire) : NULL;
}

/* A generator of its own for each thread, seeded anew for each epoch: a forked child must not repeat its parent. */
static WEFT_COLD void seed(weft__thread *thread, uint32_t epoch)
{
    weft__random_seed(&thread->random);
    thread->seeded = epoch;
}

WEFT_INLINE uint64_t random_id(weft__thread *thread)
{
    uint64_t id;
    do
        id = weft__random_next(&thread->random);
    while (WEFT_UNLIKELY(id == 0));
    return id;
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

/* Returns whether the span has a parent. */
WEFT_INLINE bool make_ids(weft__thread *thread, const weft__provider *provider, const weft_span_options *options,
                          const weft_context *parent, weft_span_context *span)
{
    uint64_t trace[2], id;
    memcpy(trace, parent->span.trace_id, sizeof trace);
    memcpy(&id, parent->span.span_id, sizeof id);
    bool child = (trace[0] | trace[1]) != 0 && id != 0 && (options == NULL || !options->root);
    uint32_t epoch =
        atomic_load_explicit(&atomic_load_explicit(&weft__runtime, memory_order_relaxed)->epoch, memory_order_relaxed);
    if (WEFT_UNLIKELY(thread->seeded != epoch))
        seed(thread, epoch);
    span->flags = parent->span.flags & (WEFT_FLAG_SAMPLED | WEFT_FLAG_RANDOM);
    span->state_ = parent->span.state_;
    if (!child) {
        trace[0] = random_id(thread), trace[1] = random_id(thread);
        span->flags = WEFT_FLAG_RANDOM;
        span->state_ = 0;
    }
    memcpy(span->trace_id, trace, sizeof trace);
    id = random_id(thread);
    memcpy(span->span_id, &id, sizeof id);
    if (WEFT_UNLIKELY(provider->ids.span_id != NULL)) {
        user_ids(thread, provider, span, !child);
        if (!child && !provider->ids.random)
            span->flags = 0;
    }
    return child;
}

static void fill(weft__block *head, uint32_t number, const weft_span_context *span, const weft__provider *provider)
{
    head->chain = 0;
    head->tail = number;
    atomic_store_explicit(&head->next_group, number, memory_order_relaxed);
    atomic_store_explicit(&head->used, 0, memory_order_relaxed);
    memcpy(head->trace_id, span->trace_id, sizeof head->trace_id);
    memcpy(head->span_id, span->span_id, sizeof head->span_id);
    head->keys = 0;
    head->attributes = head->events = head->links = head->fix = 0;
    head->dropped_attributes = head->dropped_events = head->dropped_links = 0;
    head->sdk = provider->tag;
    head->status = 0;
    head->flags = span->flags;
}

/* The first field of the stream. */
WEFT_INLINE void append_name(weft__thread *thread, weft__block *head, const char *name, size_t size)
{
    if (WEFT_UNLIKELY(size > WEFT__SIMPLE_TEXT)) {
        if (!weft__append_text(thread, head, WEFT__TAG_NAME, name, size))
            weft__append_text(thread, head, WEFT__TAG_NAME, "", 0);
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

/* What comes before anybody can know the handle: the parent, the name, the time. */
static void describe(weft__thread *thread, weft__block *head, const weft__start *start, const weft_context *parent)
{
    const weft_span_options *options = start->options;
    head->identity = start->identity->number;
    if (start->child)
        memcpy(head->parent_id, parent->span.span_id, sizeof head->parent_id);
    else
        memset(head->parent_id, 0, sizeof head->parent_id);
    if (start->child && parent->span.remote)
        head->fix |= WEFT__PARENT_REMOTE;
    head->state = head->bag = 0;
    if (WEFT_UNLIKELY((start->span->context.span.state_ | start->span->context.bag_) != 0))
        weft__start_hold(head, &start->span->context);
    head->kind = 1;
    size_t name_size = 0;
    if (options != NULL) {
        if ((unsigned)options->kind <= WEFT_KIND_CONSUMER)
            head->kind = (uint8_t)(options->kind + 1);
        name_size = options->name_size;
    }
    append_name(thread, head, start->name, name_size != 0 ? name_size : strlen(start->name));
    if (head->state != 0)
        weft__append_tracestate(thread, head);
    if (options != NULL && options->start_time != 0) {
        head->start = options->start_time;
        head->fix |= WEFT__START_UTC;
    } else {
        head->start = weft__ticks();
    }
}

void weft__start_hold(weft__block *head, weft_context *context)
{
    uint64_t bag = context->bag_ & ~WEFT__REF_SUPPRESSED;
    if (weft__slab_hold(context->span.state_))
        head->state = context->span.state_;
    else
        context->span.state_ = 0;
    if (weft__slab_hold(bag))
        head->bag = bag;
    else
        context->bag_ &= WEFT__REF_SUPPRESSED;
}

/* Attributes and links of the options, the sampler's, and the processors: what not every span has. */
static WEFT_COLD void complete(weft__thread *thread, const weft__start *start, const weft_context *parent,
                               const weft__verdict *verdict)
{
    const weft_span *span = start->span;
    const weft_span_options *options = start->options;
    if (options != NULL && options->attributes.count != 0 && options->attributes.list != NULL)
        weft__trace_ops.set(thread, span, options->attributes.list, options->attributes.count);
    if (verdict->attributes.count != 0)
        weft__trace_ops.set(thread, span, verdict->attributes.list, verdict->attributes.count);
    if (options != NULL && options->links.list != NULL)
        for (size_t i = 0; i < options->links.count; i++)
            weft__trace_ops.link(thread, span, &options->links.list[i]);
    if (start->provider->on_start)
        weft__watch_start(thread, start->provider, span, parent);
}

static void record(weft__thread *thread, weft__start *start, const weft_context *parent, const weft__verdict *verdict)
{
    weft_context *context = &start->span->context;
    const weft__provider *provider = start->provider;
    weft__tally *tally = &thread->tally[provider->slot];
    if (WEFT_LIKELY(verdict->sampled))
        weft__tally_add(&tally->created, 1);
    uint32_t number = weft__block_take(thread);
    if (WEFT_UNLIKELY(number == WEFT__NO_BLOCK)) {
        if (verdict->sampled)
            weft__tally_add(&tally->dropped_pool, 1);
        context->span.flags &= (uint8_t)~WEFT_FLAG_SAMPLED;
        return;
    }
    weft__block *head = weft__block_at(number);
    uint64_t generation = atomic_load_explicit(&head->control, memory_order_relaxed) & WEFT__GENERATION_MASK;
    fill(head, number, &context->span, provider);
    if (WEFT_UNLIKELY(!verdict->sampled || !provider->exports))
        head->fix |= WEFT__UNSENT;
    describe(thread, head, start, parent);
    context->record_ = generation | number;
    atomic_store_explicit(&head->control, generation | WEFT__OPEN, memory_order_release);
    if (WEFT_UNLIKELY(start->options != NULL || verdict->attributes.count != 0 || provider->on_start))
        complete(thread, start, parent, verdict);
}

void weft__span_start(weft__thread *thread, const weft__identity *identity, const char *name,
                      const weft_span_options *options, const weft_context *parent, weft_span *span)
{
    const weft__provider *provider = provider_of(identity);
    span->context.record_ = span->context.hold_ = 0;
    span->context.bag_ = parent->bag_;
    if (WEFT_UNLIKELY(provider == NULL || (parent->bag_ & WEFT__REF_SUPPRESSED) != 0)) {
        span->context.span = parent->span;
        return;
    }
    span->context.span.remote = false;
    memset(span->context.span.reserved_, 0, sizeof span->context.span.reserved_);
    weft__start start = { provider, identity, name, options, span, false };
    start.child = make_ids(thread, provider, options, parent, &span->context.span);
    weft__verdict verdict = weft__sample(thread, &start, parent);
    if (verdict.sampled)
        span->context.span.flags |= WEFT_FLAG_SAMPLED;
    else
        span->context.span.flags &= (uint8_t)~WEFT_FLAG_SAMPLED;
    if (verdict.recording)
        record(thread, &start, parent, &verdict);
    if (WEFT_UNLIKELY(verdict.state_made != 0))
        weft__slab_drop(verdict.state_made);
}
