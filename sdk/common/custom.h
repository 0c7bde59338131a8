/* custom.h - an exporter that a user wrote, and the thread of its own that it may have asked for. */
#ifndef WEFT_SDK_COMMON_CUSTOM_H
#define WEFT_SDK_COMMON_CUSTOM_H

#include <pthread.h>

#include "sdk/common/export.h"

typedef enum weft__job { WEFT__JOB_NONE, WEFT__JOB_EXPORT, WEFT__JOB_FLUSH, WEFT__JOB_STOP, WEFT__JOB_END } weft__job;

/* All but the first five fields is guarded by the customs' lock; stopped and stop_status are the pump's alone. */
typedef struct weft__custom {
    weft_exporter exporter;     /* first */
    weft__exporter_class class; /* with this exporter's name */
    weft_exporter_ops ops;
    void *self;
    bool stopped;
    weft_status stop_status;

    weft_batch *batch; /* what the pump waits for */
    bool parked;       /* ... and the user has not been given yet */
    int64_t deadline;
    weft_batch *call; /* what the user has; held */
    bool exporting;   /* export_spans has not returned */
    bool answered;    /* weft_batch_done() came before it did */
    weft_status answer;

    bool has_thread;
    pthread_t thread;
    pthread_cond_t changed;
    weft__job job;      /* to do, or being done */
    uint32_t timeout;   /* of a flush or stop */
    weft__job finished; /* the flush or stop whose result has not been fetched */
    weft_status result;
    int64_t fetch_by; /* monotonic ms: a result of later than this is of a flush that nobody waits for */
    struct weft__custom *next;
} weft__custom;

/* The lock of all custom exporters; never held while a user's code runs. */
void weft__custom_lock(void);
void weft__custom_unlock(void);
/* For the own thread's waiting. */
void weft__custom_wait(weft__custom *c);

/* All under the lock. Calls export_spans with c->call, without the lock, and ends the call where that was the answer.
 */
void weft__custom_export(weft__custom *c);
/* Gives the exporter's own thread a job; false where there is no thread to be had. */
bool weft__custom_post(weft__custom *c, weft__job job);
/* Has the own thread flush or stop: WEFT_PENDING until it has; asked again, the result. */
weft_status weft__custom_ask(weft__custom *c, weft__job job, uint32_t timeout_ms);

/* Without the lock, after the last job. */
void weft__custom_end_thread(weft__custom *c);

#endif
