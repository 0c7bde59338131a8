/* sample.h - the sampler's decision on a span that is being started. */
#ifndef WEFT_SDK_TRACE_SAMPLE_H
#define WEFT_SDK_TRACE_SAMPLE_H

#include "sdk/trace/start.h"

typedef struct weft__verdict {
    bool recording, sampled;
    weft_attributes attributes; /* the sampler's own */
    weft__ref state_made;       /* a tracestate that the sampler asked for: to be let go of when the span has it */
} weft__verdict;

/* Asks a sampler that is not one of the fast ones. May change the tracestate of start->context. */
weft__verdict weft__sample_ask(weft__thread *thread, const weft__start *start);

#endif
