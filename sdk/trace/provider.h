/* provider.h - one started SDK as the tracing calls see it. Made by sdk/config, immutable while it is published. */
#ifndef WEFT_SDK_TRACE_PROVIDER_H
#define WEFT_SDK_TRACE_PROVIDER_H

#include <weft/processor.h>
#include <weft/sampler.h>
#include <weft/sdk.h>

#include "sdk/api/runtime.h"
#include "sdk/common/pool.h"
#include "sdk/common/resource.h"

/* Samplers that are decided without a call. */
enum { WEFT__SAMPLE_ASK, WEFT__SAMPLE_ON, WEFT__SAMPLE_OFF, WEFT__SAMPLE_PARENT_ON, WEFT__SAMPLE_PARENT_OFF };

struct weft_sampler {
    weft_sampler_ops ops;
    void *self;
    int fast; /* WEFT__SAMPLE_... */
};

struct weft_processor {
    weft_processor_ops ops; /* all zero for the built-in ones, which are destinations of the pump */
    void *self;
    weft_exporter *exporter; /* of a built-in one */
    weft_batch_options batch;
    bool simple;
};

typedef struct weft__limits {
    uint32_t attributes, value_length, value_depth; /* value_length UINT32_MAX: none */
    uint32_t events, links, event_attributes, link_attributes;
} weft__limits;

typedef struct weft__provider {
    uint32_t slot;
    uint8_t tag; /* WEFT__SDK_TAG: what the records of this SDK carry */
    uint64_t id; /* of the weft_sdk handle */
    weft_sampler *sampler;
    weft_id_ops ids; /* all zero: the built-in generator */
    void *ids_self;
    weft__limits limits;
    weft_processor **processors; /* the user's own, in order */
    size_t processor_count;
    bool on_start, on_ending, on_end; /* whether any processor has it */
    bool exports;                     /* whether there is a destination in the pump */
    /* Made of the above by weft__provider_publish, for the hot path. */
    bool special;    /* the sampler must be asked, ids are the user's, processors, or nothing is exported */
    uint8_t decides; /* one bit for each (has a parent) * 2 + (which is sampled): whether the span is sampled */
    weft__resource resource;
} weft__provider;

/* By slot; NULL: none. Published with release, taken away before it is freed; weft__provider_quiesce() in between. */
extern weft__provider *_Atomic weft__providers[WEFT__SDKS];

/* Makes it the one of its slot: from here on it is used, and must not change. */
void weft__provider_publish(weft__provider *provider);

/* Waits until no thread is inside a call that may have seen an earlier provider; false at the deadline (monotonic ms):
 * then it must never be freed. */
bool weft__provider_quiesce(int64_t deadline);

/* The table that weft__page.ops points to. */
extern const weft__sdk_ops weft__trace_ops;
/* The one for when the last SDK has stopped: no span records any more, but ends still give their blocks back. */
extern const weft__sdk_ops weft__trace_rest_ops;

#endif
