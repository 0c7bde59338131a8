/* registry.h - which SDKs there are: slots, references, who is inside, and what tracing calls get to see of them. */
#ifndef WEFT_SDK_CONFIG_REGISTRY_H
#define WEFT_SDK_CONFIG_REGISTRY_H

#include "sdk/trace/provider.h"

typedef enum weft__sdk_state {
    WEFT__SDK_FREE,
    WEFT__SDK_STARTING,
    WEFT__SDK_RUNNING,
    WEFT__SDK_STOPPING
} weft__sdk_state;

/* A provider with what only its start and stop need. */
typedef struct weft__build {
    weft__provider provider;
    bool attached;            /* to the pump */
    struct weft__build *next; /* among those that are kept for ever, since something may still use them */
} weft__build;

/* One slot. Belongs to the lock, but for what its start fills in before it runs. */
typedef struct weft__sdk {
    weft__sdk_state state;
    uint32_t slot, times;         /* times: how often the slot had been taken before */
    uint32_t references, callers; /* starts that are not stopped yet; calls that are inside */
    bool local, pool;             /* pool: it uses the record pool */
    bool leftover;                /* stopped, and free as soon as the last caller has left */
    weft__build *build;           /* NULL: an SDK that does nothing (disabled, or it could not be made) */
    weft__tally base;             /* the slot's counters when it was taken */
} weft__sdk;

/* A slot to start an SDK in; or, where a global one runs, that one with one reference more, and *shared. NULL: all
 * slots are taken, this is a forked child, or this thread is just starting one. The id is taken at the same moment: a
 * shared one may be stopped by then, by who stops more often than it starts. */
weft__sdk *weft__registry_claim(bool local, bool *shared, uint64_t *id);
/* The number of the handle; never 0. */
uint64_t weft__sdk_id(const weft__sdk *sdk);
/* Opens the record pool if this is the first SDK to use it. */
weft_status weft__registry_open_pool(weft__sdk *sdk, size_t budget);
/* Shows the provider to the tracing calls, if it has one; the SDK runs. */
void weft__registry_publish(weft__sdk *sdk);

/* The running SDK with that number, 0 for the global one; leave it soon. NULL: there is none. */
weft__sdk *weft__registry_enter(uint64_t id);
void weft__registry_leave(weft__sdk *sdk);

/* Gives one reference back. *last: it was the last one, nothing new gets in any more, and the caller is to finish the
 * stop; else NULL. WEFT_E_STOPPED: there is no such SDK. */
weft_status weft__registry_drop(uint64_t id, weft__sdk **last);
/* Waits until nobody is inside; false at the deadline (monotonic ms). */
bool weft__registry_wait(weft__sdk *sdk, int64_t deadline);
/* The slot is free again; with build set, it is kept for ever. */
void weft__registry_free(weft__sdk *sdk, weft__build *build);

/* What weft__identity_find gets for a scope that is bound to the SDK with that number. */
uint32_t weft__registry_key(uint64_t id);

#endif
