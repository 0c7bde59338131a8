/* exporter.h - write an exporter. Spec: trace/sdk.md, logs/sdk.md (SPX, LGS-17).
 *
 * Calls come from the worker (or the host's loop in driven mode), never two at once for one exporter; only stop and
 * flush may come from another thread. An export that blocks delays every other exporter: slow ones answer WEFT_PENDING
 * and call weft_batch_done() later from any thread; the batch lives until then. */
#ifndef WEFT_EXPORTER_H
#define WEFT_EXPORTER_H

#include <weft/view.h>

/** A signal without a function is not exported. Only free may not fail. */
typedef struct weft_exporter_ops {
    size_t size;
    const char *name;
    weft_status (*export_spans)(void *self, weft_batch *batch, uint32_t timeout_ms);
    weft_status (*flush)(void *self, uint32_t timeout_ms);
    weft_status (*stop)(void *self, uint32_t timeout_ms);
    void (*free)(void *self);
    bool own_thread; /* calls come from a thread of this exporter's own, so that one that blocks stalls no other */
} weft_exporter_ops;

typedef struct weft_exporter weft_exporter;

WEFT_BEGIN

/** ops must live as long as the exporter. NULL: out of memory (self is then freed by ops->free). */
WEFT_API weft_exporter *weft_exporter_new(const weft_exporter_ops *ops, void *self);
WEFT_API void weft_exporter_free(weft_exporter *exporter); /* only one that was never given away */
WEFT_API void weft_batch_done(weft_batch *batch, weft_status status);

/* Built in. NULL options: OTEL_EXPORTER_OTLP_* and defaults. */
typedef struct weft_otlp_options {
    size_t size;
    const char *endpoint;
    const char *protocol; /* "http/protobuf", "http/json", "grpc" */
    const char *headers;
    const char *certificate, *client_certificate, *client_key;
    const char *compression;
    uint32_t timeout_ms;
} weft_otlp_options;

WEFT_API weft_exporter *weft_exporter_otlp(const weft_otlp_options *options);
WEFT_API weft_exporter *weft_exporter_console(void);
WEFT_API weft_exporter *weft_exporter_memory(void);

WEFT_END
#endif
