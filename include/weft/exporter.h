/* exporter.h - write an exporter. Spec: trace/sdk.md, logs/sdk.md (SPX, LGS-17).
 *
 * Concurrency (SPX-1, SPX-2, SPX-6): export_spans, flush and stop of one exporter are never called two at once, and
 * come from one thread: the worker, the host's loop in driven mode, or, with own_thread, a thread of the exporter's
 * own. Any weft function may be called inside them, except that flushing or stopping an SDK there is WEFT_E_MISUSE;
 * spans that they start do not record (OXT-21). An export that blocks delays every other exporter: slow ones answer
 * WEFT_PENDING and call weft_batch_done() later from any thread, or ask for own_thread. */
#ifndef WEFT_EXPORTER_H
#define WEFT_EXPORTER_H

#include <weft/view.h>

/** What an exporter does. Every function may be NULL. Those that wait get a time-out in ms, 0: do not wait, UINT32_MAX:
 * without limit; one that takes longer is left behind with its memory, so that the program's flush and stop keep their
 * own (SPX-3, SPX-5, LIF-1). */
typedef struct weft_exporter_ops {
    size_t size;      /**< sizeof(weft_exporter_ops); 0: the first published layout. */
    const char *name; /**< For counters and diagnostics; static, or as long-lived as the exporter. NULL: "custom". */
    /** Exports the batch, which is not empty. WEFT_OK: taken. WEFT_PENDING: weft_batch_done() follows. WEFT_E_INVALID:
     * the receiver refuses it for good (dropped_rejected). Any other failure: not delivered (dropped_failed); no other
     * attempt is made, repeating is the exporter's own business (SPX-4, SPP-12). The batch, and every view into it,
     * lives until the call returns, or, answered WEFT_PENDING, until weft_batch_done(), also where the time-out has run
     * out before; until then there is no other export. NULL: spans are not exported, nor counted. */
    weft_status (*export_spans)(void *self, weft_batch *batch, uint32_t timeout_ms);
    /** What has been taken is to reach its destination. Called after the batches of a flush. WEFT_PENDING: a failure.
     */
    weft_status (*flush)(void *self, uint32_t timeout_ms);
    /** The last call but free, once, after a flush. Batches that are still pending should be answered in it. */
    weft_status (*stop)(void *self, uint32_t timeout_ms);
    /** Frees self. Not called for an exporter that did not stop in time: it may still be running. */
    void (*free)(void *self);
    /** Calls come from a thread of this exporter's own (but free), so that one that blocks stalls no other. The thread
     * starts with the first export and has every signal blocked. */
    bool own_thread;
} weft_exporter_ops;

/** An exporter that has not been given away yet: to weft_sdk_options.exporters or a processor, which take it. */
typedef struct weft_exporter weft_exporter;

WEFT_BEGIN

/** An exporter of these functions, called with self. *ops is copied. NULL: ops is NULL, or out of memory (self has then
 * been freed by ops->free). Any thread. */
WEFT_API weft_exporter *weft_exporter_new(const weft_exporter_ops *ops, void *self);
/** Frees an exporter, but only one that was never given away. NULL: nothing. */
WEFT_API void weft_exporter_free(weft_exporter *exporter);
/** Ends a batch for which export_spans answers, or has answered, WEFT_PENDING. Any thread, also before export_spans has
 * returned; not from a signal handler. The batch may not be touched afterwards. A second answer, or WEFT_PENDING, is
 * ignored and counted as misuse. */
WEFT_API void weft_batch_done(weft_batch *batch, weft_status status);

/** OTLP. What is NULL or 0 comes from OTEL_EXPORTER_OTLP_* (those of the signal first), else is the default. All texts
 * are copied. A bad value is told in a diagnostic, and left out. Spec: protocol/exporter.md (OXC). */
typedef struct weft_otlp_options {
    size_t size;
    const char *endpoint;    /**< Base URL, "http://host:4318"; "v1/traces" is appended. */
    const char *protocol;    /**< "http/protobuf"; "http/json" and "grpc" are known, but not in this version. */
    const char *headers;     /**< "key=value,key=value", percent-encoded; sent with every request. */
    const char *certificate; /**< PEM file: the CA that the receiver's certificate must come from. */
    const char *client_certificate, *client_key; /**< PEM files, for mutual TLS. The files are read once, here. */
    const char *compression;                     /**< "gzip" or "none" (the default). */
    uint32_t timeout_ms; /**< For a batch with all its attempts; default 10,000; WEFT_ZERO: no limit. */
} weft_otlp_options;

/** NULL: out of memory, or (told in a diagnostic) libcurl is too old. Belongs to the SDK that it is given to. */
WEFT_API weft_exporter *weft_exporter_otlp(const weft_otlp_options *options);
WEFT_API weft_exporter *weft_exporter_console(void);
WEFT_API weft_exporter *weft_exporter_memory(void);

WEFT_END
#endif
