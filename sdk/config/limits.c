/* limits.c - span limits and batch settings from options and environment. */
#include <string.h>

#include "sdk/base/diag.h"
#include "sdk/common/env.h"
#include "sdk/config/settings.h"

enum { COUNT = 128, DEPTH = 64, MAX_QUEUE = 2048, MAX_BATCH = 512, DELAY_MS = 5000, TIMEOUT_MS = 30000 };

/* An option of 32 bits: 0 is "not said", WEFT_ZERO is 0. */
static uint32_t choose(uint32_t option, uint32_t otherwise)
{
    return option == 0 ? otherwise : option == WEFT_ZERO ? 0 : option;
}

/* LIM-6: the specific variable counts before the general one. */
static void read_limits(weft__limits *limits)
{
    weft__env_int("OTEL_ATTRIBUTE_COUNT_LIMIT", 0, INT32_MAX, &limits->attributes);
    weft__env_int("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", 0, INT32_MAX, &limits->attributes);
    weft__env_int("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", 0, INT32_MAX, &limits->value_length);
    weft__env_int("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", 0, INT32_MAX, &limits->value_length);
    weft__env_int("OTEL_SPAN_EVENT_COUNT_LIMIT", 0, INT32_MAX, &limits->events);
    weft__env_int("OTEL_SPAN_LINK_COUNT_LIMIT", 0, INT32_MAX, &limits->links);
    weft__env_int("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", 0, INT32_MAX, &limits->event_attributes);
    weft__env_int("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", 0, INT32_MAX, &limits->link_attributes);
}

weft__limits weft__setting_limits(const weft_limits *own)
{
    weft_limits options = { .size = sizeof options };
    if (own != NULL)
        memcpy(&options, own, own->size != 0 ? weft__min(own->size, sizeof options) : sizeof options);
    weft__limits limits = { .attributes = COUNT,
                            .value_length = UINT32_MAX,
                            .value_depth = choose(options.value_depth, DEPTH),
                            .events = COUNT,
                            .links = COUNT,
                            .event_attributes = COUNT,
                            .link_attributes = COUNT };
    read_limits(&limits);
    limits.attributes = choose(options.attributes, limits.attributes);
    limits.value_length = choose(options.value_length, limits.value_length);
    limits.events = choose(options.events, limits.events);
    limits.links = choose(options.links, limits.links);
    limits.event_attributes = choose(options.event_attributes, limits.event_attributes);
    limits.link_attributes = choose(options.link_attributes, limits.link_attributes);
    return limits;
}

weft__batch_setting weft__setting_batch_defaults(void)
{
    weft__batch_setting batch = { MAX_QUEUE, MAX_BATCH, DELAY_MS, TIMEOUT_MS };
    weft__env_int("OTEL_BSP_MAX_QUEUE_SIZE", 1, INT32_MAX, &batch.max_queue);
    weft__env_ms("OTEL_BSP_SCHEDULE_DELAY", &batch.delay_ms);
    weft__env_ms("OTEL_BSP_EXPORT_TIMEOUT", &batch.timeout_ms);
    /* SPP-15: a batch is never larger than the queue. The default shrinks with it silently, what was asked for not. */
    if (batch.max_batch > batch.max_queue)
        batch.max_batch = batch.max_queue;
    weft__env_int("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1, INT32_MAX, &batch.max_batch);
    if (batch.max_batch > batch.max_queue) {
        weft__diag(WEFT__WARNING, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
                   "OTEL_BSP_MAX_EXPORT_BATCH_SIZE is %u, but the queue has room for %u; %u is used", batch.max_batch,
                   batch.max_queue, batch.max_queue);
        batch.max_batch = batch.max_queue;
    }
    return batch;
}

weft_batch_options weft__setting_batch(const weft_batch_options *own, const weft__batch_setting *defaults)
{
    weft_batch_options batch = { .size = sizeof batch };
    batch.max_queue = own->max_queue != 0 && own->max_queue != WEFT_ZERO ? own->max_queue : defaults->max_queue;
    batch.max_batch = own->max_batch != 0 && own->max_batch != WEFT_ZERO ? own->max_batch : defaults->max_batch;
    batch.delay_ms = choose(own->delay_ms, defaults->delay_ms);
    batch.timeout_ms = choose(own->timeout_ms, defaults->timeout_ms);
    if (batch.max_batch > batch.max_queue) {
        if (own->max_batch != 0)
            weft__diag(WEFT__WARNING, "batch size", "max_batch is %u, but the queue has room for %u; %u is used",
                       batch.max_batch, batch.max_queue, batch.max_queue);
        batch.max_batch = batch.max_queue;
    }
    /* Back to the form of options. */
    batch.delay_ms = batch.delay_ms != 0 ? batch.delay_ms : WEFT_ZERO;
    batch.timeout_ms = batch.timeout_ms != 0 ? batch.timeout_ms : WEFT_ZERO;
    return batch;
}
