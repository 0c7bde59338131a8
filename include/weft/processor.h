/* processor.h - write a processor, or choose how an exporter gets its records. Spec: trace/sdk.md (SPP), logs/sdk.md
 * (LGS).
 *
 * Calls may come from any thread, several at once (SPP-14); processors are called in the order of weft_sdk_options
 * (SPP-1). */
#ifndef WEFT_PROCESSOR_H
#define WEFT_PROCESSOR_H

#include <weft/exporter.h>

/** What a processor does. Every function may be NULL. on_start, on_ending and on_end run inside the traced program's
 * calls: they must not block. Spans that they start themselves are recorded like all others. */
typedef struct weft_processor_ops {
    size_t size;      /**< sizeof(weft_processor_ops); 0: the first published layout. */
    const char *name; /**< For diagnostics; static, or as long-lived as the processor. */
    /** A recording span has started, on the starting thread (SPP-2). *span can be changed; a copy of it may be kept for
     * ever and used at any time. parent is never NULL; all zero: none. */
    void (*on_start)(void *self, const weft_span *span, const weft_context *parent);
    /** A span is about to end: times fixed, *span can still be changed, by this thread only (SPP-3). */
    void (*on_ending)(void *self, const weft_span *span);
    /** A span has ended, after all on_ending (SPP-4). The view and all it points to live until the call returns. */
    void (*on_end)(void *self, const weft_span_view *span);
    /** Finishes what was received before the call, within the time-out in ms, which outranks completeness (SPP-6). */
    weft_status (*flush)(void *self, uint32_t timeout_ms);
    /** Once; includes what flush does (SPP-5). No other call but free follows. */
    weft_status (*stop)(void *self, uint32_t timeout_ms);
    /** Frees self. */
    void (*free)(void *self);
} weft_processor_ops;

/** A processor that has not been given away yet: weft_sdk_options.processors take it. */
typedef struct weft_processor weft_processor;

/** Settings of the batch processor. 0: OTEL_BSP_*, OTEL_BLRP_*, or the default. */
typedef struct weft_batch_options {
    size_t size;
    uint32_t
        max_queue; /**< Records that may wait; what is being exported does not count. 2048; the newest is dropped. */
    uint32_t max_batch;  /**< Records in one export, cut to max_queue (SPP-15). 512. */
    uint32_t delay_ms;   /**< The longest that a record waits for its batch to fill. 5000. WEFT_ZERO: no wait. */
    uint32_t timeout_ms; /**< The longest that one export may take, then it is given up. 30000. WEFT_ZERO: no limit. */
} weft_batch_options;

WEFT_BEGIN

/** A processor of these functions, called with self. NULL: ops is NULL, or out of memory (self has then been freed by
 * ops->free). Any thread. */
WEFT_API weft_processor *weft_processor_new(const weft_processor_ops *ops, void *self);
/** Takes the exporter, also where it returns NULL. Sampled records go in batches (SPP-9, SPP-10): when one is full,
 * when its first record has waited for the delay, and at a flush; also at 4 MiB. One export at a time. */
WEFT_API weft_processor *weft_processor_batch(weft_exporter *exporter, const weft_batch_options *options);
/** Takes the exporter, also where it returns NULL. Every sampled record is a batch of its own and goes at once, in the
 * order of the ends (SPP-8); the thread that ended it does not wait for that. */
WEFT_API weft_processor *weft_processor_simple(weft_exporter *exporter);

WEFT_END
#endif
