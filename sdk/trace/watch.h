/* watch.h - the user's span processors: called on the thread that starts or ends the span. */
#ifndef WEFT_SDK_TRACE_WATCH_H
#define WEFT_SDK_TRACE_WATCH_H

#include "sdk/common/pool.h"
#include "sdk/trace/provider.h"

/* Around calls of the user's code: what that leaves on the context stack goes with it (GEN-5). */
typedef struct weft__asking {
    const weft__stack *stack;
    uint32_t depth;
} weft__asking;
weft__asking weft__ask(weft__thread *thread);
void weft__asked(weft__thread *thread, weft__asking asking);

void weft__watch_start(weft__thread *thread, const weft__provider *provider, const weft_span *span,
                       const weft_context *parent);
/* All on_ending, then all on_end; the record is in WEFT__ENDING and has its end. */
void weft__watch_end(weft__thread *thread, const weft__provider *provider, weft__block *head);

/* weft__sdk_ops.look */
bool weft__span_look(weft__thread *thread, const weft_span *span, void (*look)(void *arg, const weft_span_view *view),
                     void *arg);

#endif
