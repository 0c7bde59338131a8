/* destination.h - an exporter behind a batch or simple processor: its queue, the batch under way, its counters.
 *
 * All but the counters and the end of a batch belongs to whoever steps the pump. */
#ifndef WEFT_SDK_COMMON_DESTINATION_H
#define WEFT_SDK_COMMON_DESTINATION_H

#include <poll.h>

#include <weft/sdk.h>

#include "sdk/common/batch.h"
#include "sdk/common/loss.h"
#include "sdk/common/pump.h"

/* The bytes that the batches of one SDK may take up. */
typedef struct weft__budget {
    size_t limit, used;
} weft__budget;

/* What the destinations of one SDK share. abandoned: once that is set, no exporter is called any more. */
typedef struct weft__owner {
    const weft__resource *resource;
    weft__budget *budget;
    const _Atomic bool *abandoned;
} weft__owner;

/* How far a flush or a stop has come. */
typedef enum weft__stage {
    WEFT__STAGE_NONE,
    WEFT__STAGE_DRAIN, /* what was there at the mark is going out */
    WEFT__STAGE_FLUSH, /* the exporter's own flush */
    WEFT__STAGE_FLUSHED,
    WEFT__STAGE_STOP, /* the exporter's own stop */
    WEFT__STAGE_STOPPED,
} weft__stage;

typedef struct weft__destination {
    weft_exporter *exporter; /* NULL: stopped and freed */
    const weft__exporter_class *class;
    char name[32];
    const weft__resource *resource;
    weft__budget *budget;
    const _Atomic bool *abandoned;

    uint32_t max_queue, max_batch;
    int64_t delay, timeout; /* ms; timeout INT64_MAX: none */
    bool simple, skips;     /* skips: what there is, is not for this exporter */

    weft__parcel *open, *spare;
    weft_batch *first, *last; /* closed, waiting */
    uint32_t queued;          /* records waiting, those in open too */
    uint64_t accepted, finished;

    weft_batch *sending; /* under way; or, with started unset, the next to go */
    bool started;
    int64_t send_deadline;
    weft__result result; /* with answer: written by whoever ends the batch, before done is set */
    char answer[160];
    _Atomic bool done;
    char message[160]; /* of the last failure, for the diagnostics */

    weft__stage stage;
    uint64_t mark, failures; /* accepted and lost when the flush began */
    weft_status status;      /* of the flush, or of the stop */

    _Atomic uint64_t exported, in_flight, batches, retries;
    weft__loss losses[WEFT__LOSSES];
} weft__destination;

/* Fills a wiped destination; takes nothing. */
void weft__destination_init(weft__destination *destination, const weft__destination_options *options,
                            const weft__owner *owner);
/* A record for it, which arrived at that time at the earliest; shared as in weft__parcel_add. */
void weft__destination_take(weft__destination *destination, const weft__record *record, int64_t arrival,
                            weft_text *shared);
/* A record that could not even be read. */
void weft__destination_lose(weft__destination *destination, weft__cause cause, uint64_t count);

/* Sends, cancels, counts: all that can be done now. */
void weft__destination_run(weft__destination *destination);
/* Lets the exporter look at its descriptors, found among fds. */
void weft__destination_step(weft__destination *destination, const struct pollfd *fds, size_t count);
/* Monotonic ms when it wants to run again; INT64_MAX: never. */
int64_t weft__destination_deadline(const weft__destination *destination);

/* What has been taken so far is to go out, then the exporter is to flush. last: the stop follows. */
void weft__destination_flush(weft__destination *destination, bool last);
/* Goes on with that; true when there is nothing more to do, status then says how it went. Past the deadline it ends. */
bool weft__destination_flushing(weft__destination *destination, int64_t deadline);
/* Everything that is left is dropped, then the exporter is to stop. */
void weft__destination_stop(weft__destination *destination);
/* Goes on with that. WEFT_PENDING; or how it ended, the exporter freed; WEFT_E_TIMEOUT: past the deadline, and the
 * exporter is still there. */
weft_status weft__destination_stopping(weft__destination *destination, int64_t deadline);

void weft__destination_stats(const weft__destination *destination, weft_destination_stats *stats);

#endif
