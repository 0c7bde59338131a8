/* watch.c - the user's span processors, and looks at open spans: whatever shows a record on the calling thread. */
#include "sdk/trace/watch.h"

#include <string.h>

#include "sdk/common/record.h"
#include "sdk/common/view.h"
#include "sdk/trace/attribute.h"
#include "sdk/trace/lock.h"

weft__asking weft__ask(weft__thread *thread)
{
    const weft__asking asking = { thread->stack, thread->stack->depth };
    weft__to_user(thread);
    return asking;
}

void weft__asked(weft__thread *thread, weft__asking asking)
{
    const weft__stack *stack = thread->stack;
    if (stack == asking.stack && stack->depth > asking.depth)
        weft_context_unwind((weft_token){ .serial_ = stack->entries[asking.depth].serial });
    weft__from_user(thread);
}

void weft__watch_start(weft__thread *thread, const weft__provider *provider, const weft_span *span,
                       const weft_context *parent)
{
    weft__asking asking = weft__ask(thread);
    for (size_t i = 0; i < provider->processor_count; i++) {
        const weft_processor *processor = provider->processors[i];
        if (processor->ops.on_start != NULL)
            processor->ops.on_start(processor->self, span, parent);
    }
    weft__asked(thread, asking);
}

static void call_ending(const weft__provider *provider, const weft__block *head)
{
    weft_span span = { .context = { .hold_ = WEFT__HOLD_ENDING, .bag_ = head->bag } };
    uint64_t control = atomic_load_explicit(&head->control, memory_order_relaxed);
    span.context.record_ = (control & WEFT__GENERATION_MASK) | head->number;
    memcpy(span.context.span.trace_id, head->trace_id, sizeof head->trace_id);
    memcpy(span.context.span.span_id, head->span_id, sizeof head->span_id);
    span.context.span.flags = head->flags;
    span.context.span.state_ = head->state;
    for (size_t i = 0; i < provider->processor_count; i++) {
        const weft_processor *processor = provider->processors[i];
        if (processor->ops.on_ending != NULL)
            processor->ops.on_ending(processor->self, &span);
    }
}

static void call_end(const weft__provider *provider, const weft__block *head)
{
    weft__tick_map map = weft__tick_map_now();
    weft__buffer scratch = { 0 };
    weft__record record;
    if (weft__record_read(head, &map, &scratch, &record)) {
        weft_span_view view = { .size = sizeof view };
        weft__view_of(&record, &provider->resource, &view);
        for (size_t i = 0; i < provider->processor_count; i++) {
            const weft_processor *processor = provider->processors[i];
            if (processor->ops.on_end != NULL)
                processor->ops.on_end(processor->self, &view);
        }
    }
    weft__buffer_clear(&scratch);
}

void weft__watch_end(weft__thread *thread, const weft__provider *provider, weft__block *head)
{
    weft__asking asking = weft__ask(thread);
    if (provider->on_ending)
        call_ending(provider, head);
    if (provider->on_end)
        call_end(provider, head);
    weft__asked(thread, asking);
}

static bool look_entered(weft__thread *thread, const weft_span *span,
                         void (*look)(void *arg, const weft_span_view *view), void *arg)
{
    weft__block *head = weft__record_lock(span);
    if (head == NULL)
        return false;
    const weft__provider *provider = weft__provider_at(head->sdk);
    weft__block copy;
    /* All but the control word, which others may still try. */
    memcpy((uint8_t *)&copy + sizeof copy.control, (const uint8_t *)head + sizeof head->control,
           sizeof copy - sizeof copy.control);
    atomic_init(&copy.control, 0);
    weft__tick_map map = weft__tick_map_now();
    weft__buffer scratch = { 0 };
    weft__record record;
    bool read = provider != NULL && weft__record_read(&copy, &map, &scratch, &record);
    weft__record_unlock(thread, head, span);
    if (read) {
        weft_span_view view = { .size = sizeof view };
        record.end = 0;
        weft__view_of(&record, &provider->resource, &view);
        weft__asking asking = weft__ask(thread);
        look(arg, &view);
        weft__asked(thread, asking);
    }
    weft__buffer_clear(&scratch);
    return read;
}

bool weft__span_look(weft__thread *thread, const weft_span *span, void (*look)(void *arg, const weft_span_view *view),
                     void *arg)
{
    if (!weft__enter_counted(thread))
        return false;
    bool looked = look_entered(thread, span, look, arg);
    weft__leave(thread);
    return looked;
}
