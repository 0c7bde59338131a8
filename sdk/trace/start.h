/* start.h - what is known of a span while it is being started. */
#ifndef WEFT_SDK_TRACE_START_H
#define WEFT_SDK_TRACE_START_H

#include "sdk/common/pool.h"
#include "sdk/trace/provider.h"

/* What every span has. */
typedef struct weft__title {
    const char *name;
    size_t size; /* of the name; SIZE_MAX: it ends in NUL */
    weft_span_kind kind;
} weft__title;

typedef struct weft__start {
    const weft__provider *provider;
    const weft__identity *identity;
    const char *name;
    size_t name_size;
    const weft_span_options *options;
    const weft_context *parent; /* while the user's code is asked: without a span where the new one is a root */
    weft_context *context;      /* to be filled */
    bool child;                 /* has a valid parent */
} weft__start;

/* weft__sdk_ops.start, enter, start_under */
void weft__span_start(weft_span *span, weft__thread *thread, const weft_gate *gate, const char *name, size_t name_size,
                      weft_span_kind kind);
void weft__span_enter(weft_span *span, weft__thread *thread, const weft_gate *gate, const char *name, size_t name_size,
                      weft_span_kind kind);
void weft__span_start_under(weft__thread *thread, const weft_gate *gate, const char *name,
                            const weft_span_options *options, const weft_context *parent, weft_span *span);

#endif
