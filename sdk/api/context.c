/* context.c - contexts as values: drafts, captures, derived ones, and what release gives back. */
#include "sdk/api/context.h"

#include <string.h>

#include "sdk/api/runtime.h"
#include "sdk/api/tracestate.h"
#include "sdk/base/diag.h"

enum { FIELDS_MOST = 1024 }; /* looked at in one call; the last ones count */

static void count(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void weft__context_draft(weft_context *draft, const weft_context *context)
{
    if (context != NULL)
        *draft = *context;
    else
        *draft = weft_context_current();
    draft->hold_ = 0;
    if ((draft->span.state_ | draft->bag_) == 0)
        return;
    if (!weft__slab_hold(draft->span.state_))
        draft->span.state_ = 0;
    if (!weft__slab_hold(draft->bag_ & ~WEFT__REF_SUPPRESSED))
        draft->bag_ &= WEFT__REF_SUPPRESSED;
}

void weft__context_discard(const weft_context *draft)
{
    weft__slab_drop(draft->span.state_);
    weft__slab_drop(draft->bag_ & ~WEFT__REF_SUPPRESSED);
}

static WEFT_COLD void tell_full(const char *what)
{
    count(&weft__misuses.argument);
    weft__diag(WEFT__WARNING, "context full", "%s: left out", what);
}

/* A cell with the draft's references; without memory they are lost. */
static uint64_t make_hold(weft_context *draft)
{
    void *memory;
    weft__ref hold = weft__slab_make(WEFT__CELL_HOLD, sizeof(weft__hold), &memory);
    if (hold != 0) {
        *(weft__hold *)memory = (weft__hold){ draft->span.state_, draft->bag_ };
        return hold;
    }
    tell_full("tracestate, baggage and fields, since too many contexts are kept");
    weft__context_discard(draft);
    draft->span.state_ = 0;
    draft->bag_ &= WEFT__REF_SUPPRESSED;
    return WEFT__HOLD_NOTHING;
}

weft_context weft__context_finish(weft_context *draft)
{
    bool cells = (draft->span.state_ | (draft->bag_ & ~WEFT__REF_SUPPRESSED)) != 0;
    uint64_t hold = cells ? make_hold(draft) : WEFT__HOLD_NOTHING;
    return (weft_context){ .span = draft->span, .record_ = draft->record_, .bag_ = draft->bag_, .hold_ = hold };
}

bool weft__context_change(weft_context *draft, const weft__bag_change *change)
{
    uint64_t old = draft->bag_;
    if (!weft__bag_make(old, change, &draft->bag_)) {
        tell_full("baggage, fields or a value that would make a context larger than 64 KiB");
        return false;
    }
    weft__slab_drop(old & ~WEFT__REF_SUPPRESSED);
    return true;
}

void weft__context_set_state(weft_context *draft, weft__ref state)
{
    weft__slab_drop(draft->span.state_);
    draft->span.state_ = state;
}

weft_context weft_context_capture(const weft_context *context)
{
    weft_context draft;
    weft__context_draft(&draft, context);
    return weft__context_finish(&draft);
}

void weft_context_release(weft_context *context)
{
    if (context == NULL || context->hold_ == 0 || context->hold_ >> 63 != 0)
        return;
    uint64_t hold = context->hold_;
    *context = (weft_context){ .hold_ = 0 };
    if (hold != WEFT__HOLD_NOTHING && !weft__slab_drop(hold))
        count(&weft__misuses.order);
}

weft_context weft_context_with_span(const weft_context *base, const weft_span_context *span, const char *tracestate)
{
    static const weft_span_context nothing;
    weft_context draft;
    weft__context_draft(&draft, base);
    weft__ref state = 0;
    if (tracestate != NULL)
        state = weft__tracestate_new(weft_text_n(tracestate, strlen(tracestate)));
    else if (span != NULL && weft__slab_hold(span->state_))
        state = span->state_;
    weft__context_set_state(&draft, 0);
    draft.span = span != NULL ? *span : nothing;
    draft.span.state_ = state;
    draft.record_ = 0;
    return weft__context_finish(&draft);
}

weft_context weft_context_with_fields(const weft_context *base, const weft_attribute *list, size_t size)
{
    weft_context draft;
    weft__context_draft(&draft, base);
    if (list != NULL && size != 0) {
        size_t skipped = size > FIELDS_MOST ? size - FIELDS_MOST : 0;
        weft__context_change(&draft, &(weft__bag_change){ .fields = { list + skipped, size - skipped } });
    }
    return weft__context_finish(&draft);
}

WEFT_COLD weft_context weft_context_with_value(const weft_context *base, const weft_key *key, void *value)
{
    weft_context draft;
    weft__context_draft(&draft, base);
    weft__bag_change change = { .key = key };
    if (key == NULL) {
        count(&weft__misuses.argument);
        return weft__context_finish(&draft);
    }
    void *memory;
    if (value != NULL && (change.value = weft__slab_make(WEFT__CELL_VALUE, sizeof(weft__bag_held), &memory)) != 0)
        *(weft__bag_held *)memory = (weft__bag_held){ key, value };
    if (value == NULL || change.value != 0) {
        weft__context_change(&draft, &change);
        weft__slab_drop(change.value);
    } else {
        tell_full("a value, since memory is full");
        weft__bag_free(WEFT__CELL_VALUE, &(weft__bag_held){ key, value });
    }
    return weft__context_finish(&draft);
}

weft_context weft_context_suppressed(const weft_context *base)
{
    weft_context draft;
    weft__context_draft(&draft, base);
    draft.bag_ |= WEFT__REF_SUPPRESSED;
    return weft__context_finish(&draft);
}

void *weft_context_value(const weft_context *context, const weft_key *key)
{
    void *value = NULL;
    weft_context draft;
    weft__context_draft(&draft, context);
    const weft__bag *bag = weft__bag_look(draft.bag_);
    for (size_t i = 0; bag != NULL && i < bag->value_count; i++)
        if (bag->values[i].key == key && bag->values[i].cell != 0)
            value = ((const weft__bag_held *)weft__slab_data(bag->values[i].cell, NULL))->value;
    weft__context_discard(&draft);
    return value;
}
