/* processor.h - write a processor. Spec: trace/sdk.md (SPP), logs/sdk.md (LGS). All calls may come from any thread. */
#ifndef WEFT_PROCESSOR_H
#define WEFT_PROCESSOR_H

#include <weft/exporter.h>

typedef struct weft_processor_ops {
    size_t size;
    const char *name;
    /* On the starting thread. A copy of *span may be kept for ever and used at any time. */
    void (*on_start)(void *self, const weft_span *span, const weft_context *parent);
    /* Inside end, times fixed: *span can still be changed, by this thread only. */
    void (*on_ending)(void *self, const weft_span *span);
    void (*on_end)(void *self, const weft_span_view *span);
    weft_status (*flush)(void *self, uint32_t timeout_ms);
    weft_status (*stop)(void *self, uint32_t timeout_ms);
    void (*free)(void *self);
} weft_processor_ops;

typedef struct weft_processor weft_processor;

typedef struct weft_batch_options {
    size_t size;
    uint32_t max_queue, max_batch, delay_ms, timeout_ms; /* 0: OTEL_BSP_*, OTEL_BLRP_*, or the default */
} weft_batch_options;

WEFT_BEGIN

WEFT_API weft_processor *weft_processor_new(const weft_processor_ops *ops, void *self);
/** Both take the exporter. */
WEFT_API weft_processor *weft_processor_batch(weft_exporter *exporter, const weft_batch_options *options);
WEFT_API weft_processor *weft_processor_simple(weft_exporter *exporter);

WEFT_END
#endif
