/* sample.c - asking a sampler that must be called: the user's, the ratio, and parents with slots of their own. */
#include "sdk/trace/sample.h"

#include <string.h>

#include "sdk/trace/watch.h"

enum { NAME_SEEN = 256 }; /* bytes of a name without a NUL that a sampler gets to see */

/* The sampler's tracestate replaces the parent's; an empty one clears it (CRE-6). */
static void replace_tracestate(const char *text, weft_span_context *span, weft__verdict *verdict)
{
    size_t size = strlen(text);
    span->state_ = 0;
    if (size == 0)
        return;
    weft_context made = weft_context_with_span(NULL, span, text);
    span->state_ = made.span.state_;
    if (weft__slab_hold(span->state_))
        verdict->state_made = span->state_;
    weft_context_release(&made);
}

weft__verdict weft__sample_ask(weft__thread *thread, const weft__start *start)
{
    const weft_sampler *sampler = start->provider->sampler;
    const weft_span_options *options = start->options;
    weft__verdict verdict = { .state_made = 0 };
    weft_sample_request request = {
        .size = sizeof request,
        .parent = start->parent,
        .trace_id = start->context->span.trace_id,
        .name = start->name,
        .kind = start->options->kind,
        .scope = &start->identity->scope,
        .attributes = options->attributes,
        .links = options->links,
    };
    char name[NAME_SEEN];
    if (options->name_size != 0) {
        size_t size = weft__min(start->name_size, sizeof name - 1);
        memcpy(name, start->name, size);
        name[size] = '\0';
        request.name = name;
    }
    weft_sample_result result = { .size = sizeof result };
    /* The user's code runs here: what it calls of ours must work. */
    weft__asking asking = weft__ask(thread);
    sampler->ops.sample(sampler->self, &request, &result);
    if (result.tracestate != NULL)
        replace_tracestate(result.tracestate, &start->context->span, &verdict);
    weft__asked(thread, asking);
    verdict.recording = result.decision == WEFT_RECORD_ONLY || result.decision == WEFT_RECORD_AND_SAMPLE;
    verdict.sampled = result.decision == WEFT_RECORD_AND_SAMPLE;
    if (result.attributes.list != NULL)
        verdict.attributes = result.attributes;
    return verdict;
}
