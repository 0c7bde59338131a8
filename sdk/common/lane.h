/* lane.h - one SDK in the pump: its destinations, and what its callers want from them (flush, detach).
 *
 * The fields under `wanted` are guarded by the pump's lock; all others belong to whoever steps the pump. */
#ifndef WEFT_SDK_COMMON_LANE_H
#define WEFT_SDK_COMMON_LANE_H

#include "sdk/common/destination.h"

/* What callers ask for, and the answer. */
typedef struct weft__wanted {
    uint64_t flush, flushed; /* tickets: asked for, and answered up to */
    int64_t flush_deadline;  /* the latest of those who wait */
    weft_status flush_status;
    bool detach, gone; /* gone: the exporters are stopped */
    int64_t detach_deadline;
    weft_status detach_status;
    uint32_t waiters; /* callers that look at this */
} weft__wanted;

typedef struct weft__lane {
    weft__wanted wanted;
    _Atomic bool abandoned;
    uint32_t slot;
    uint8_t tag;
    const weft__resource *resource;
    weft__budget budget;
    _Atomic uint64_t drained;
    /* The round under way: a flush, or the flush and the stop of a detach. */
    enum { WEFT__ROUND_NONE, WEFT__ROUND_FLUSH, WEFT__ROUND_STOP } round;
    bool seen;      /* by the worker, which serves it from then on */
    bool detaching; /* ... the latter: the stop follows */
    int64_t deadline;
    uint64_t ticket;
    weft_status flush_status;
    struct weft__lane *next; /* among those kept for ever */
    size_t count;
    weft__destination destinations[];
} weft__lane;

/* Takes nothing where it fails (NULL: no memory). */
weft__lane *weft__lane_new(const weft__pump_options *options);
/* After all its exporters have gone. */
void weft__lane_free(weft__lane *lane);

/* A record of that SDK that has come at that time at the earliest. */
void weft__lane_take(weft__lane *lane, const weft__record *record, int64_t arrival);
/* A record that could not be read. */
void weft__lane_lose(weft__lane *lane);
/* Goes on with what is wanted (a copy from the step's beginning, before the drain), after the drain, and writes the
 * answers into it. True where there are some, or more to do at once. */
bool weft__lane_serve(weft__lane *lane, weft__wanted *wanted);
/* Monotonic ms of its next timer. */
int64_t weft__lane_deadline(const weft__lane *lane);
/* The least batch and delay of its batch destinations (UINT32_MAX, INT64_MAX: it has none), and whether one is simple.
 */
void weft__lane_pace(const weft__lane *lane, uint32_t *batch, int64_t *delay, bool *simple);

#endif
