/* sdk.h - starting and stopping; for programs, not for libraries. */
#ifndef WEFT_SDK_H
#define WEFT_SDK_H

#include <weft/diagnostics.h>
#include <weft/exporter.h>
#include <weft/processor.h>
#include <weft/sampler.h>
#include <weft/weft.h>

/** A running SDK, by number: copy it, keep it; after the stop every call on it is a no-op. {0} is the global one. */
typedef struct weft_sdk {
    uint64_t id_;
} weft_sdk;

/** How much of a span is kept (LIM-1, LSP-1). 0: what the environment says (OTEL_SPAN_..., OTEL_ATTRIBUTE_...,
 * OTEL_EVENT_..., OTEL_LINK_...), else the default; WEFT_ZERO: keep nothing. */
typedef struct weft_limits {
    size_t size;
    uint32_t attributes;       /**< Of a span: 128. More keys are dropped and counted. */
    uint32_t value_length;     /**< Characters of a string, bytes of a byte array: no limit. Longer ones are cut. */
    uint32_t value_depth;      /**< Of arrays and maps in each other: 64. Deeper ones become empty. */
    uint32_t events, links;    /**< Of a span: 128 each. */
    uint32_t event_attributes; /**< Of one event: 128. */
    uint32_t link_attributes;  /**< Of one link: 128. */
} weft_limits;

/** What a program says; it overrides the environment, which overrides the defaults. Texts, attributes and limits are
 * copied. Parts (sampler, exporters, processors, ids) are taken, also when the start fails, when the SDK is disabled,
 * and when it is shared; a NULL among them is the error it looks like. Lists end with NULL; 16 parts each at most. */
typedef struct weft_sdk_options {
    size_t size;
    const char *service_name;        /**< OTEL_SERVICE_NAME; else "unknown_service:" and the program's name (RES-3). */
    weft_attributes resource;        /**< Wins over OTEL_RESOURCE_ATTRIBUTES and what is found out (RES-9). */
    weft_sampler *sampler;           /**< NULL: OTEL_TRACES_SAMPLER, else parentbased_always_on (SMP-4). */
    weft_exporter *const *exporters; /**< Each behind a batch processor (OTEL_BSP_...). NULL: OTEL_TRACES_EXPORTER, else
                                        otlp, unless a processor has an exporter. An empty list: none. */
    weft_processor *const *processors; /**< Called in this order, before those of the exporters (SPP-1). */
    const weft_id_ops *ids;            /**< NULL: random ids (IDG-2). */
    void *ids_self;
    const weft_limits *limits;        /**< NULL: all as in the environment. */
    const char *config_file;          /**< Files are not read by this version; a diagnostic says so. */
    bool ignore_environment;          /**< Code alone: every OTEL_ variable counts as unset. */
    bool local;                       /**< Not the global one: only scopes of weft_sdk_scope() use it (TPR-1). */
    size_t memory_budget;             /**< Bytes of the record pool, which all SDKs of the process share: the first one
                                         to start decides. Only what is used is resident. 0: 8 MiB. */
    size_t batch_budget;              /**< Bytes of encoded batches that wait; 0: 16 MiB. */
    const char *propagators;          /**< As in OTEL_PROPAGATORS, which it overrides. They belong to the process, so a
                                         local SDK sets them only where this is given. */
    weft_diagnostics_fn *diagnostics; /**< As weft_diagnostics_set(), which is what becomes of it. NULL: as it was. */
    void *diagnostics_data;
} weft_sdk_options;

/** Counters of one signal since the start. For each destination, at any moment:
 * open + dropped here + (its exported + its dropped + its in_flight) <= created; equal when nothing moves. */
typedef struct weft_counts {
    uint64_t created;      /**< Recording, sampled items that were started. */
    uint64_t open;         /**< Of these, not ended yet (also those that never will be). */
    uint64_t dropped_pool; /**< No block was free: the byte budget of the pool. */
    uint64_t dropped_fork; /**< Open or pending in a child when it was forked. */
} weft_counts;

/** Counters of one destination (an exporter behind its processor) since the start. */
typedef struct weft_destination_stats {
    size_t size;
    const char *name;          /**< "otlp", "console", ... Valid until the SDK stops. */
    uint64_t exported;         /**< Taken by the destination. */
    uint64_t in_flight;        /**< Ended, and neither exported nor dropped yet. */
    uint64_t dropped_queue;    /**< The processor's queue was full (OTEL_BSP_MAX_QUEUE_SIZE). */
    uint64_t dropped_memory;   /**< The byte budget for encoded batches was used up. */
    uint64_t dropped_rejected; /**< Refused for good: partial success, 400, 413, too large. */
    uint64_t dropped_failed;   /**< Not delivered within the time-out, retries included. */
    uint64_t dropped_stop;     /**< Left over when the stop's time-out ran out. */
    uint64_t batches, retries; /**< Export calls that were finished; attempts beyond the first. */
} weft_destination_stats;

/** What weft_sdk_stats() fills; set size first. Misuse is counted for the process, all else for the SDK. */
typedef struct weft_stats {
    size_t size;
    weft_counts spans;
    uint32_t destinations;          /**< For weft_sdk_destination(): 0 to destinations - 1. */
    uint64_t truncated_records;     /**< Records that were cut at the cap per record. */
    uint64_t wakes;                 /**< How often a calling thread had to wake the worker. */
    uint64_t misuse_after_end;      /**< Set, event, end ... on a span that had ended. */
    uint64_t misuse_order;          /**< Detach or leave in the wrong order, mended. */
    uint64_t misuse_thread;         /**< Detach or leave on a thread that did not attach. */
    uint64_t misuse_argument;       /**< NULL or empty keys, names and lists. */
    uint64_t dropped_contended;     /**< Calls on a span that another thread held for too long. */
    uint64_t dropped_signal;        /**< Calls in a signal handler that had interrupted the library. */
    uint64_t pool_bytes, pool_used; /**< The budget, and the most that was in use at once. */
} weft_stats;

WEFT_BEGIN

/** Starts the SDK: OTEL_* variables, and what the options say. Never stops the program, never returns nothing: each
 * thing that went wrong is one diagnostic, and the SDK that is returned does what it still can (GEN-6). Scopes taken
 * before come alive; spans started before stay as they are.
 *
 * A second start while the global one runs shares it: the same number, with a reference more, so that a library may
 * start and stop it beside the program; its options are not used, which a diagnostic says. Starts with .local = true
 * are SDKs of their own. At most 8 run at once; one more does nothing. With OTEL_SDK_DISABLED=true the propagators are
 * set and nothing else is done. In a forked child of a process whose SDK runs, all these calls do nothing.
 *
 * Any thread, but not while another one changes the environment (setenv), and not from a signal handler.
 * @param options NULL: the environment alone; borrowed for the call. */
WEFT_API weft_sdk weft_sdk_start(const weft_sdk_options *options);
/** Exports all that had ended before the call, and lets processors and exporters flush (TPR-10). Rarely needed (LIF-2).
 * Any thread, but not from an exporter's callback (WEFT_E_MISUSE).
 * @param timeout_ms milliseconds, kept even when a destination or a callback hangs.
 * @return WEFT_OK; WEFT_E_TIMEOUT; WEFT_E_FAILED: something could not be delivered; WEFT_E_STOPPED: there is no such
 * SDK. */
WEFT_API weft_status weft_sdk_flush(weft_sdk sdk, uint32_t timeout_ms);
/** Gives one start back; the last one flushes, stops and frees everything (TPR-8, TPR-9). Spans that are still open are
 * lost, and their handles stay safe. Threads as for flush.
 *
 * Callbacks of processors run on a thread of their own meanwhile. What hangs (an exporter, a processor's callback, a
 * tracing thread inside one) is left behind when the time is up, and what it uses is never freed, the parts of the
 * program among it: they must stay valid then. The library is never unloaded.
 * @param timeout_ms milliseconds; 0: what can be done at once.
 * @return as flush; WEFT_E_STOPPED also for a second stop of the same start. */
WEFT_API weft_status weft_sdk_stop(weft_sdk sdk, uint32_t timeout_ms);

/** A scope whose spans go to this SDK instead of the global one, found or made by its identity (NULL: the unnamed one),
 * which is copied. Valid until the process ends; dead after the stop of the SDK, also when others are started. Any
 * thread. */
WEFT_API weft_scope *weft_sdk_scope(weft_sdk sdk, const weft_scope *identity);
/** Reads the counters, as far as stats->size reaches; all zero where there is no such SDK. Nothing is stopped for it:
 * where the sums matter, read the destinations first and this last. Any thread. */
WEFT_API void weft_sdk_stats(weft_sdk sdk, weft_stats *stats);
/** Counters of the destination with this index; false, and nothing written, where there is none. Any thread. */
WEFT_API bool weft_sdk_destination(weft_sdk sdk, uint32_t index, weft_destination_stats *stats);
/** Who hears what the library has to say about itself (GEN-10), for the whole process, also before the start. NULL: the
 * default, a line on stderr, once a minute for each kind. OTEL_LOG_LEVEL says how much is told. When this returns, the
 * earlier function is not running any more, unless it has not come back for a second. Any thread. */
WEFT_API void weft_diagnostics_set(weft_diagnostics_fn *fn, void *data);

WEFT_END
#endif
