/* sampler_ratio.c - TraceIdRatioBased: a share of all traces, by the randomness in the trace id alone.
 *
 * A trace is kept where its last 7 bytes, read as a number, are at least a threshold: the rule of the specification's
 * consistent probability sampling, so that the same traces are kept as by samplers of that kind further down. */
#include "sdk/trace/sampler.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "sdk/base/diag.h"

typedef struct ratio_sampler {
    uint64_t threshold; /* 0: all; 2^56: none */
    _Atomic bool warned;
    char description[WEFT__RATIO_TEXT];
} ratio_sampler;

static const uint64_t ALL = (uint64_t)1 << 56;

static uint64_t randomness(const uint8_t trace_id[16])
{
    uint64_t number = 0;
    for (int i = 9; i < 16; i++)
        number = number << 8 | trace_id[i];
    return number;
}

/* SMP-9: children decided by ratio give traces with holes. */
static void warn_child(ratio_sampler *self, const weft_sample_request *request)
{
    if (!weft_span_context_valid(&request->parent->span) || atomic_load_explicit(&self->warned, memory_order_relaxed) ||
        atomic_exchange(&self->warned, true))
        return;
    char state[64];
    size_t size = weft_tracestate(&request->parent->span, "ot", state, sizeof state);
    weft__diag(WEFT__WARNING, "ratio sampler",
               "%s decides for \"%.100s\", which has a parent%s: traces may be incomplete; use it as the root of a "
               "parent-based sampler",
               self->description, request->name, size != SIZE_MAX && size != 0 ? " sampled by probability" : "");
}

static void sample(void *self, const weft_sample_request *request, weft_sample_result *result)
{
    ratio_sampler *sampler = self;
    warn_child(sampler, request);
    result->decision = randomness(request->trace_id) >= sampler->threshold ? WEFT_RECORD_AND_SAMPLE : WEFT_DROP;
}

static const char *describe(void *self)
{
    return ((const ratio_sampler *)self)->description;
}

void weft__ratio_describe(double ratio, char out[WEFT__RATIO_TEXT])
{
    uint64_t scale = 1000000, digits = 6;
    while (digits < 15 && (double)(uint64_t)(ratio * (double)scale + 0.5) / (double)scale != ratio) {
        scale *= 10;
        digits++;
    }
    uint64_t number = (uint64_t)(ratio * (double)scale + 0.5);
    snprintf(out, WEFT__RATIO_TEXT, "TraceIdRatioBased{%llu.%0*llu}", (unsigned long long)(number / scale), (int)digits,
             (unsigned long long)(number % scale));
}

weft_sampler *weft_sampler_ratio(double ratio)
{
    static const weft_sampler_ops ops = { .size = sizeof ops, .sample = sample, .describe = describe, .free = free };
    if (!(ratio >= 0 && ratio <= 1)) { /* so that NaN is caught too */
        double used = ratio < 0 ? 0 : 1;
        weft__diag(WEFT__WARNING, "sampler ratio", "the sampling ratio %g is not from 0 to 1; %g is used", ratio, used);
        ratio = used;
    }
    ratio_sampler *self = calloc(1, sizeof *self);
    if (self == NULL) {
        weft__diag(WEFT__ERROR, "sampler", "a sampler cannot be made: out of memory");
        return NULL;
    }
    self->threshold = ALL - (uint64_t)(ratio * (double)ALL + 0.5);
    weft__ratio_describe(ratio, self->description);
    return weft__sampler_make(&ops, self, WEFT__SAMPLE_ASK);
}
