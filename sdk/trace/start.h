/* start.h - what is known of a span while it is being started. */
#ifndef WEFT_SDK_TRACE_START_H
#define WEFT_SDK_TRACE_START_H

#include "sdk/common/pool.h"
#include "sdk/trace/provider.h"

typedef struct weft__start {
    const weft__provider *provider;
    const weft__identity *identity;
    const char *name;
    const weft_span_options *options; /* may be NULL */
    weft_span *span;                  /* to be filled */
    bool child;                       /* has a valid parent */
} weft__start;

/* weft__sdk_ops.start */
void weft__span_start(weft__thread *thread, const weft__identity *identity, const char *name,
                      const weft_span_options *options, const weft_context *parent, weft_span *span);

/* The record takes references to the context's cells; those that are gone are cleared in the context. */
void weft__start_hold(weft__block *head, weft_context *context);

#endif
