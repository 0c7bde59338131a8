/* store.h - spans on their way to the screen: grouped by trace, until the trace seems finished or memory is short. */
#ifndef WEFT_TOOLS_TAIL_STORE_H
#define WEFT_TOOLS_TAIL_STORE_H

#include "tools/weft/tail/span.h"

typedef struct tail_trace {
    uint8_t id[TAIL_TRACE_ID];
    tail_span *first; /**< In the order of arrival. */
    size_t count;
    bool continued; /**< Spans of this trace were shown before. */
    bool early;     /**< Shown before it was finished, to make room. */
} tail_trace;

/** Draws it; the trace is freed when this returns. */
typedef void tail_show_fn(void *arg, const tail_trace *trace);

typedef struct tail_store_options {
    int64_t quiet_ms;            /**< A trace that looks complete is shown when nothing came for so long. */
    int64_t wait_ms;             /**< Any other trace, when nothing came for so long. */
    int64_t longest_ms;          /**< And in any case so long after its first span. */
    size_t traces, spans, bytes; /**< What is held at most; the oldest trace goes first. */
    tail_show_fn *show;
    void *arg;
} tail_store_options;

typedef struct tail_counts {
    uint64_t traces, spans; /**< Shown. */
    uint64_t early;         /**< Traces that were shown before they were finished, to make room. */
    uint64_t lost;          /**< Spans for which there was no memory. */
    uint64_t invalid;       /**< Spans without a trace id or span id. */
} tail_counts;

typedef struct tail_store tail_store;

/** NULL without memory. One thread. */
tail_store *tail_store_new(const tail_store_options *options);
/** Copies the span. now_ms: of a clock that never jumps. */
void tail_store_add(tail_store *store, const tail_span *span, int64_t now_ms);
/** Shows what is finished; returns the milliseconds until something may be, -1 where nothing waits. */
int64_t tail_store_tick(tail_store *store, int64_t now_ms);
/** Shows everything. */
void tail_store_flush(tail_store *store);
tail_counts tail_store_counts(const tail_store *store);
/** Shows nothing. */
void tail_store_free(tail_store *store);

#endif
