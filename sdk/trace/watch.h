/* watch.h - the user's span processors: called on the thread that starts or ends the span. */
#ifndef WEFT_SDK_TRACE_WATCH_H
#define WEFT_SDK_TRACE_WATCH_H

#include "sdk/common/pool.h"
#include "sdk/trace/provider.h"

void weft__watch_start(weft__thread *thread, const weft__provider *provider, const weft_span *span,
                       const weft_context *parent);
/* All on_ending, then all on_end; the record is in WEFT__ENDING and has its end. */
void weft__watch_end(weft__thread *thread, const weft__provider *provider, weft__block *head);

/* weft__sdk_ops.look */
bool weft__span_look(weft__thread *thread, const weft_span *span, void (*look)(void *arg, const weft_span_view *view),
                     void *arg);

#endif
