/* guard.h - flush and stop of the user's processors, which may hang, within a time-out. */
#ifndef WEFT_SDK_CONFIG_GUARD_H
#define WEFT_SDK_CONFIG_GUARD_H

#include "sdk/trace/provider.h"

/* Calls flush of each, in order, and then, if stop is set, stop of each. They run on a thread of their own, which is
 * left behind when it is not done by the deadline (monotonic ms): WEFT_E_TIMEOUT, and the provider must be kept for
 * ever. Where no thread can be had, they run on this one, and a callback that hangs hangs the caller. */
weft_status weft__processors_finish(const weft__provider *provider, bool stop, int64_t deadline);
/* Milliseconds until then, 0 where it has passed. */
uint32_t weft__remaining(int64_t deadline);
int64_t weft__deadline(uint32_t timeout_ms);
/* The one to report: the first failure, but a time-out before all others. */
weft_status weft__worse(weft_status a, weft_status b);

#endif
