/* guard.h - flush and stop of the user's processors, which may hang, within a time-out. */
#ifndef WEFT_SDK_CONFIG_GUARD_H
#define WEFT_SDK_CONFIG_GUARD_H

#include "sdk/config/registry.h"

typedef struct weft__finish {
    const weft__provider *provider;
    bool stop;                    /* flush of each in order, and then stop of each; else flush alone */
    int64_t deadline;             /* monotonic ms */
    void (*done)(weft__sdk *sdk); /* called later, where the callbacks are left behind and come back after all */
    weft__sdk *sdk;
} weft__finish;

/* Calls them on a thread of their own, which is left behind when it is not done by the deadline: false, and until
 * done() is called it uses the provider. Where no thread can be had, they run on this one, and a callback that hangs
 * hangs the caller. */
bool weft__processors_finish(const weft__finish *finish, weft_status *status);
/* Milliseconds until then, 0 where it has passed. */
uint32_t weft__remaining(int64_t deadline);
int64_t weft__deadline(uint32_t timeout_ms);
/* The one to report: the first failure, but a time-out before all others. */
weft_status weft__worse(weft_status a, weft_status b);

#endif
