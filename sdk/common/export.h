/* export.h - between the pump and an exporter: batches of finished records, and the exporter's side of the pump.
 *
 * The pump drains the pool, encodes each record for each destination's format, gathers batches, and gives them to the
 * exporters. Everything here runs on the pump (one call at a time for the whole process), but for weft__batch_done. */
#ifndef WEFT_SDK_COMMON_EXPORT_H
#define WEFT_SDK_COMMON_EXPORT_H

#include <poll.h>

#include <weft/exporter.h>

#include "sdk/base/buffer.h"
#include "sdk/common/record.h"
#include "sdk/common/resource.h"

/* The records of one scope in a batch, in the order of their end. */
typedef struct weft__group {
    const weft__identity *identity;
    weft__buffer bytes; /* encoded by the class's encode; without one: weft__flat after weft__flat */
    size_t count;
} weft__group;

/* A record in a batch for exporters that read views: this header, then size bytes of stream, padded to 8. The record's
 * stream pointer is not to be used: the bytes behind the header are the stream. */
typedef struct weft__flat {
    weft__record record;
    uint32_t total; /* header, stream and padding */
    uint32_t reserved;
} weft__flat;

/* The public weft_batch. Immutable from send to done. */
struct weft_batch {
    const weft__resource *resource;
    weft__group *groups;
    size_t group_count, count, bytes;
    struct weft__destination *destination; /* the pump's */
    void *request;                         /* the exporter's own, while it has the batch */
    struct weft_batch *next;
};

/* How a batch ended. */
typedef struct weft__result {
    weft_status status;  /* WEFT_OK, or why not; WEFT_E_TIMEOUT, WEFT_E_FAILED, WEFT_E_INVALID (refused for good) */
    uint64_t rejected;   /* with WEFT_OK: items that the receiver refused (partial success) */
    uint32_t retries;    /* attempts beyond the first */
    const char *message; /* for the diagnostics; may be NULL; borrowed */
} weft__result;

/* Ends the batch, once; it must not be touched afterwards. From the pump, or (own_thread, WEFT_PENDING) any thread. */
void weft__batch_done(weft_batch *batch, const weft__result *result);
/* Keeps the batch readable beyond its end, for exporters whose user may still be reading; each hold one release. */
void weft__batch_hold(weft_batch *batch);
void weft__batch_release(weft_batch *batch);

typedef struct weft__exporter_class {
    const char *name;
    /* Appends one record in this exporter's format (OTLP: a ScopeSpans.spans field, tag 0x12). NULL: flat records.
     * Destinations with the same function share the bytes. */
    void (*encode)(weft__buffer *out, const weft__record *record);
    /* Takes a batch; weft__batch_done() must follow, at once or from step(), by deadline (monotonic ms; INT64_MAX:
     * none). Never called while an earlier batch of this exporter is under way. */
    void (*send)(weft_exporter *exporter, weft_batch *batch, int64_t deadline);
    /* Gives up the batch under way: done with WEFT_E_TIMEOUT before it returns. */
    void (*cancel)(weft_exporter *exporter);
    /* The SDK stops (optional): from now on no waiting between attempts. A batch that waits for its next one gets it
     * now, and no further one; done follows as ever. */
    void (*hurry)(weft_exporter *exporter);
    /* The exporter's side of the pump; all optional. fds returns how many it has (at most room are written). */
    size_t (*fds)(weft_exporter *exporter, struct pollfd *fds, size_t room);
    int64_t (*deadline)(weft_exporter *exporter); /* monotonic ms of its next timer; INT64_MAX: none */
    void (*step)(weft_exporter *exporter, const struct pollfd *fds, size_t count);
    /* WEFT_PENDING: not done yet, and to be called again by a later step of the pump; whoever finishes it calls
     * weft__wake(). An exporter whose stop has not ended in time is abandoned: nothing is called on it any more. */
    weft_status (*flush)(weft_exporter *exporter, uint32_t timeout_ms);
    weft_status (*stop)(weft_exporter *exporter, uint32_t timeout_ms);
    void (*free)(weft_exporter *exporter);
} weft__exporter_class;

/* The public weft_exporter; each kind has a struct of its own that begins with this. */
struct weft_exporter {
    const weft__exporter_class *class;
    bool own_thread;
    bool skips_spans; /* has nothing that takes spans: they are not for it, and not counted */
};

#endif
