/* samplers.c - the samplers that OTEL_TRACES_SAMPLER can name. */
#include "sdk/base/diag.h"
#include "sdk/common/env.h"
#include "sdk/config/settings.h"

static weft_sampler *make_on(void)
{
    return weft_sampler_on();
}

static weft_sampler *make_off(void)
{
    return weft_sampler_off();
}

static weft_sampler *make_ratio(void)
{
    double ratio = 1;
    weft__env_ratio("OTEL_TRACES_SAMPLER_ARG", &ratio);
    return weft_sampler_ratio(ratio);
}

static const struct {
    const char *name;
    weft_sampler *(*make)(void);
    bool by_parent;
} SAMPLERS[] = {
    { "parentbased_always_on", make_on, true }, /* the default */
    { "parentbased_always_off", make_off, true },
    { "parentbased_traceidratio", make_ratio, true },
    { "always_on", make_on, false },
    { "always_off", make_off, false },
    { "traceidratio", make_ratio, false },
};

weft_sampler *weft__setting_sampler(void)
{
    const char *names[WEFT_COUNT_OF(SAMPLERS) + 1] = { NULL };
    size_t chosen = 0;
    for (size_t i = 0; i < WEFT_COUNT_OF(SAMPLERS); i++)
        names[i] = SAMPLERS[i].name;
    weft__env_enum("OTEL_TRACES_SAMPLER", names, &chosen);
    weft_sampler *sampler = SAMPLERS[chosen].make();
    return SAMPLERS[chosen].by_parent ? weft_sampler_parent_based(sampler, NULL) : sampler;
}
