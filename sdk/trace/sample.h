/* sample.h - the sampler's decision on a span that is being started. */
#ifndef WEFT_SDK_TRACE_SAMPLE_H
#define WEFT_SDK_TRACE_SAMPLE_H

#include "sdk/trace/start.h"

typedef struct weft__verdict {
    bool recording, sampled;
    weft_attributes attributes; /* the sampler's own */
    weft__ref state_made;       /* a tracestate that the sampler asked for: to be let go of when the span has it */
} weft__verdict;

/* Asks a sampler that is not one of the fast ones. May change the tracestate of start->span. */
weft__verdict weft__sample_ask(weft__thread *thread, const weft__start *start, const weft_context *parent);

WEFT_INLINE weft__verdict weft__sample(weft__thread *thread, const weft__start *start, const weft_context *parent)
{
    weft__verdict verdict = { .state_made = 0 };
    switch (start->provider->sampler->fast) {
    case WEFT__SAMPLE_PARENT_ON:
        verdict.recording = !start->child || (parent->span.flags & WEFT_FLAG_SAMPLED) != 0;
        break;
    case WEFT__SAMPLE_PARENT_OFF:
        verdict.recording = start->child && (parent->span.flags & WEFT_FLAG_SAMPLED) != 0;
        break;
    case WEFT__SAMPLE_ON:
        verdict.recording = true;
        break;
    case WEFT__SAMPLE_OFF:
        break;
    default:
        return weft__sample_ask(thread, start, parent);
    }
    verdict.sampled = verdict.recording;
    return verdict;
}

#endif
