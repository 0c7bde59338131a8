/* sampler.c - samplers as objects, and the two that always say the same. */
#include "sdk/trace/sampler.h"

#include <stdlib.h>
#include <string.h>

#include "sdk/base/diag.h"

weft_sampler *weft__sampler_make(const weft_sampler_ops *ops, void *self, int fast)
{
    weft_sampler_ops own = { .size = sizeof own };
    if (ops != NULL)
        memcpy(&own, ops, ops->size != 0 ? weft__min(ops->size, sizeof own) : sizeof own);
    weft_sampler *sampler = own.sample != NULL ? calloc(1, sizeof *sampler) : NULL;
    if (sampler == NULL) {
        weft__diag(WEFT__ERROR, "sampler", "a sampler cannot be made: %s",
                   own.sample != NULL ? "out of memory" : "it has no function to sample with");
        if (own.free != NULL)
            own.free(self);
        return NULL;
    }
    sampler->ops = own;
    sampler->self = self;
    sampler->fast = fast;
    return sampler;
}

weft_sampler *weft_sampler_new(const weft_sampler_ops *ops, void *self)
{
    return weft__sampler_make(ops, self, WEFT__SAMPLE_ASK);
}

void weft__sampler_free(weft_sampler *sampler)
{
    if (sampler == NULL)
        return;
    if (sampler->ops.free != NULL)
        sampler->ops.free(sampler->self);
    free(sampler);
}

void weft__sampler_ask(const weft_sampler *sampler, const weft_sample_request *request, weft_sample_result *result)
{
    sampler->ops.sample(sampler->self, request, result);
}

const char *weft__sampler_describe(const weft_sampler *sampler)
{
    const char *text = sampler->ops.describe != NULL ? sampler->ops.describe(sampler->self) : NULL;
    return text != NULL ? text : "custom sampler";
}

static void sample_on(void *self, const weft_sample_request *request, weft_sample_result *result)
{
    (void)self;
    (void)request;
    result->decision = WEFT_RECORD_AND_SAMPLE;
}

static const char *describe_on(void *self)
{
    (void)self;
    return "AlwaysOnSampler";
}

static void sample_off(void *self, const weft_sample_request *request, weft_sample_result *result)
{
    (void)self;
    (void)request;
    result->decision = WEFT_DROP;
}

static const char *describe_off(void *self)
{
    (void)self;
    return "AlwaysOffSampler";
}

weft_sampler *weft_sampler_on(void)
{
    static const weft_sampler_ops ops = { .size = sizeof ops, .sample = sample_on, .describe = describe_on };
    return weft__sampler_make(&ops, NULL, WEFT__SAMPLE_ON);
}

weft_sampler *weft_sampler_off(void)
{
    static const weft_sampler_ops ops = { .size = sizeof ops, .sample = sample_off, .describe = describe_off };
    return weft__sampler_make(&ops, NULL, WEFT__SAMPLE_OFF);
}
