/* event.h - events, links, name and status of an open span. */
#ifndef WEFT_SDK_TRACE_EVENT_H
#define WEFT_SDK_TRACE_EVENT_H

#include "sdk/trace/provider.h"

/* weft__sdk_ops.event, link, rename, status */
void weft__span_event(weft__thread *thread, const weft_span *span, const char *name, uint64_t time,
                      const weft_attribute *list, size_t count);
void weft__span_link(weft__thread *thread, const weft_span *span, const weft_link *link);
/* A link, for a caller that has entered the thread. */
void weft__link_entered(weft__thread *thread, const weft_span *span, const weft_link *link);
void weft__span_rename(weft__thread *thread, const weft_span *span, const char *name);
void weft__span_status(weft__thread *thread, const weft_span *span, weft_span_status status, const char *text);

#endif
