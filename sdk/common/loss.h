/* loss.h - what a destination lost and why: counters for the API, and one line when a loss begins and one when it ends
 * (GEN-14). */
#ifndef WEFT_SDK_COMMON_LOSS_H
#define WEFT_SDK_COMMON_LOSS_H

#include <stdatomic.h>

#include "sdk/base/base.h"

typedef enum weft__cause {
    WEFT__LOST_QUEUE,
    WEFT__LOST_MEMORY,
    WEFT__LOST_REJECTED,
    WEFT__LOST_FAILED,
    WEFT__LOST_STOP,
    WEFT__LOSSES
} weft__cause;

typedef struct weft__loss {
    _Atomic uint64_t count; /* since the start; read by anybody */
    /* The worker's own: */
    uint64_t told;  /* the part of count that an end line has named */
    uint64_t seen;  /* count at the last look */
    int64_t next;   /* monotonic ms: no further line before */
    bool under_way; /* a begin line without its end line */
    bool over;      /* something of the kind went well since */
} weft__loss;

/* Something that this cause would have kept from it went well. */
void weft__loss_over(weft__loss *loss);
/* Tells what there is to tell, at most a line a minute; last: the end line is due now. message: more about the cause;
 * may be empty. Calls the user's diagnostics handler: hold no lock. */
void weft__loss_tell(weft__loss losses[WEFT__LOSSES], const char *name, const char *message, int64_t now, bool last);

#endif
