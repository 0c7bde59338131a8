/* spancontext.c - reading span contexts: ids as text, valid or not, the tracestate (SCX). */
#include <stdint.h>
#include <string.h>

#include "sdk/api/context.h"
#include "sdk/api/tracestate.h"
#include "sdk/base/text.h"

/* NULL: that of the current span. */
static weft_span_context chosen(const weft_span_context *context)
{
    return context != NULL ? *context : weft_context_current().span;
}

char *weft_trace_id(const weft_span_context *context, char out[WEFT_TRACE_ID_SIZE])
{
    weft_span_context span = chosen(context);
    if (out != NULL) {
        weft__hex_put(out, span.trace_id, sizeof span.trace_id);
        out[WEFT_TRACE_ID_SIZE - 1] = '\0';
    }
    return out;
}

char *weft_span_id(const weft_span_context *context, char out[WEFT_SPAN_ID_SIZE])
{
    weft_span_context span = chosen(context);
    if (out != NULL) {
        weft__hex_put(out, span.span_id, sizeof span.span_id);
        out[WEFT_SPAN_ID_SIZE - 1] = '\0';
    }
    return out;
}

bool weft_span_context_valid(const weft_span_context *context)
{
    weft_span_context span = chosen(context);
    return weft__ids_valid(&span);
}

size_t weft_tracestate(const weft_span_context *context, const char *key, char *out, size_t size)
{
    uint64_t state = chosen(context).state_;
    weft_text text = { NULL, 0 };
    size_t full = key != NULL ? SIZE_MAX : 0;
    weft__copy_out(out, size, NULL, 0);
    if (!weft__slab_hold(state))
        return full;
    text = weft__tracestate_text(state);
    if (key != NULL)
        text = weft__tracestate_find(text, key);
    if (text.data != NULL)
        full = weft__copy_out(out, size, text.data, text.size);
    weft__slab_drop(state);
    return full;
}
