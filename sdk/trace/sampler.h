/* sampler.h - what the samplers and the configuration share. */
#ifndef WEFT_SDK_TRACE_SAMPLER_H
#define WEFT_SDK_TRACE_SAMPLER_H

#include "sdk/trace/provider.h"

/* A built-in sampler; ops need not outlive the call. Takes self; NULL without memory, or where ops make no sense. */
weft_sampler *weft__sampler_make(const weft_sampler_ops *ops, void *self, int fast);
/* Frees one that belongs to the caller; NULL is allowed. */
void weft__sampler_free(weft_sampler *sampler);
void weft__sampler_ask(const weft_sampler *sampler, const weft_sample_request *request, weft_sample_result *result);
/* A short text that says which one it is; never NULL. */
const char *weft__sampler_describe(const weft_sampler *sampler);
/* "TraceIdRatioBased{0.000100}": as many digits as tell the ratio from others, with a point in every locale. */
enum { WEFT__RATIO_TEXT = 48 };
void weft__ratio_describe(double ratio, char out[WEFT__RATIO_TEXT]);

#endif
