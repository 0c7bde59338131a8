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

typedef struct weft_limits {
    size_t size;
    uint32_t attributes, value_length, value_depth, events, links, event_attributes, link_attributes; /* 0: default */
} weft_limits;

/** Parts are taken, also when the start fails; a NULL among them is the error it looks like. Lists end with NULL. */
typedef struct weft_sdk_options {
    size_t size;
    const char *service_name;
    weft_attributes resource;
    weft_sampler *sampler;
    weft_exporter *const *exporters;   /* each behind a batch processor for its signals */
    weft_processor *const *processors; /* called in this order, before those of the exporters */
    const weft_id_ops *ids;
    void *ids_self;
    const weft_limits *limits;
    const char *config_file;
    bool ignore_environment; /* code alone */
    bool local;              /* not the global one: only scopes of weft_sdk_scope() use it (TPR-1) */
    size_t memory_budget;    /* bytes of the record pool; 0: 8 MiB */
    size_t batch_budget;     /* bytes of encoded batches that wait; 0: 16 MiB */
    const char *propagators; /* as in OTEL_PROPAGATORS, which it overrides */
    weft_diagnostics_fn *diagnostics;
    void *diagnostics_data;
} weft_sdk_options;

/** Counters of one signal since the start. For each destination, at any moment:
 * open + dropped here + (its exported + its dropped + its in_flight) <= created; equal when nothing moves. */
typedef struct weft_counts {
    uint64_t created;        /**< Recording, sampled items that were started. */
    uint64_t open;           /**< Of these, not ended yet (also those that never will be). */
    uint64_t dropped_pool;   /**< No block was free: the byte budget of the pool. */
    uint64_t dropped_fork;   /**< Open or pending in a child when it was forked. */
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

/** options NULL: OTEL_CONFIG_FILE, else OTEL_*. Never stops the program: what went wrong goes to the diagnostics, and
 * the SDK that is returned does what it still can. A second start while one runs shares it, under a number of its own.
 */
WEFT_API weft_sdk weft_sdk_start(const weft_sdk_options *options);
/** WEFT_OK, WEFT_E_TIMEOUT or WEFT_E_FAILED; timeout_ms is kept even when the destination hangs. */
WEFT_API weft_status weft_sdk_flush(weft_sdk sdk, uint32_t timeout_ms);
/** The last stop of a start flushes and stops; a second one is WEFT_E_STOPPED. */
WEFT_API weft_status weft_sdk_stop(weft_sdk sdk, uint32_t timeout_ms);

/** The scope's spans, logs and metrics go to this SDK instead of the global one. Valid until the process ends. */
WEFT_API weft_scope *weft_sdk_scope(weft_sdk sdk, const weft_scope *identity);
WEFT_API void weft_sdk_stats(weft_sdk sdk, weft_stats *stats);
/** Counters of the destination with this index; false, and nothing written, where there is none. */
WEFT_API bool weft_sdk_destination(weft_sdk sdk, uint32_t index, weft_destination_stats *stats);
/** NULL: the default, a rate-limited line on stderr. */
WEFT_API void weft_diagnostics_set(weft_diagnostics_fn *fn, void *data);

WEFT_END
#endif
