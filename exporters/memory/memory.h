/* memory.h - what the memory exporters of an SDK have kept, found by the SDK's resource. Any thread. */
#ifndef WEFT_EXPORTERS_MEMORY_MEMORY_H
#define WEFT_EXPORTERS_MEMORY_MEMORY_H

#include "sdk/common/export.h"

enum { WEFT__MEMORY_MOST = 64 * 1024 * 1024 }; /* bytes that one exporter keeps; what comes then is refused */

/* freed (may be NULL) is called when the pump frees it. */
weft_exporter *weft__memory_new(void (*freed)(void));
size_t weft__memory_count(const weft__resource *resource);
/* The spans in the order in which they came. The view lives until the reset, or the end of the exporter. */
bool weft__memory_span(const weft__resource *resource, size_t index, weft_span_view *view);
void weft__memory_reset(const weft__resource *resource);

#endif
