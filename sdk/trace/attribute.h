/* attribute.h - attributes on an open span. */
#ifndef WEFT_SDK_TRACE_ATTRIBUTE_H
#define WEFT_SDK_TRACE_ATTRIBUTE_H

#include <string.h>

#include "sdk/common/pool.h"
#include "sdk/trace/provider.h"

enum {
    WEFT__CUT_LEAST = 64,         /* bytes that must be left for a value to be cut rather than dropped */
    WEFT__CUT_MARGIN = 40,        /* bytes of tags and lengths around a value, at most */
    WEFT__ATTRIBUTES_MOST = 8000, /* whatever the limit says: what fits into a record is less */
    WEFT__COMPACT_SLACK = 64,     /* repeated keys that may wait above the limit, so that not each set has to compact */
};

/* weft__sdk_ops.set */
void weft__span_set(weft__thread *thread, const weft_span *span, const weft_attribute *list, size_t count);
/* The same for a caller that has entered the thread. */
void weft__set_entered(weft__thread *thread, const weft_span *span, const weft_attribute *list, size_t count);

WEFT_INLINE bool weft__ids_valid(const weft_span_context *context)
{
    uint64_t trace[2], span;
    memcpy(trace, context->trace_id, sizeof trace);
    memcpy(&span, context->span_id, sizeof span);
    return (trace[0] | trace[1]) != 0 && span != 0;
}

/* The SDK that a record belongs to; NULL where it has stopped. */
WEFT_INLINE const weft__provider *weft__provider_at(uint8_t tag)
{
    const weft__provider *provider = atomic_load_explicit(&weft__providers[WEFT__SDK_SLOT(tag)], memory_order_acquire);
    return WEFT_LIKELY(provider != NULL && provider->tag == tag) ? provider : NULL;
}

#endif
