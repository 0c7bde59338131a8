/* stop.c - weft_sdk_flush and weft_sdk_stop: within their time-outs, whatever hangs. */
#include <weft/sdk.h>

#include "sdk/common/pump.h"
#include "sdk/config/build.h"
#include "sdk/config/guard.h"

weft_status weft_sdk_flush(weft_sdk handle, uint32_t timeout_ms)
{
    int64_t deadline = weft__deadline(timeout_ms);
    weft__sdk *sdk = weft__pump_inside() ? NULL : weft__registry_enter(handle.id_);
    if (sdk == NULL)
        return weft__pump_inside() ? WEFT_E_MISUSE : WEFT_E_STOPPED;
    weft_status status = WEFT_OK;
    bool done = true; /* else the callbacks that are left behind leave when they are */
    if (sdk->build != NULL) {
        const weft__finish finish = { &sdk->build->provider, false, deadline, weft__registry_leave, sdk };
        bool attached = sdk->build->attached;
        uint32_t slot = sdk->slot;
        done = weft__processors_finish(&finish, &status);
        if (attached)
            status = weft__worse(status, weft__pump_flush(slot, weft__remaining(deadline)));
    }
    if (done)
        weft__registry_leave(sdk);
    return status;
}

/* Calls are inside the library for microseconds, unless the user's code hangs in them: even a time-out of 0 waits for
 * that long. */
enum { QUIESCE_MS = 10 };

/* No tracing call and no new caller sees the SDK any more; those that are inside may still be at it. */
static weft_status finish(weft__sdk *sdk, int64_t deadline)
{
    weft__build *build = sdk->build;
    int64_t soon = weft__deadline(QUIESCE_MS);
    bool alone = weft__provider_quiesce(deadline > soon ? deadline : soon);
    const weft__finish what = { &build->provider, true, deadline, NULL, NULL };
    weft_status finished;
    bool done = weft__processors_finish(&what, &finished);
    weft_status detached = build->attached ? weft__pump_detach(sdk->slot, weft__remaining(deadline)) : WEFT_OK;
    alone = weft__registry_wait(sdk, deadline) && alone;
    bool keep = !alone || !done || detached == WEFT_E_TIMEOUT;
    weft__registry_free(sdk, keep ? build : NULL);
    if (!keep)
        weft__build_free(build);
    return weft__worse(weft__worse(finished, detached), alone ? WEFT_OK : WEFT_E_TIMEOUT);
}

weft_status weft_sdk_stop(weft_sdk handle, uint32_t timeout_ms)
{
    int64_t deadline = weft__deadline(timeout_ms);
    weft__sdk *sdk;
    if (weft__pump_inside())
        return WEFT_E_MISUSE;
    weft_status status = weft__registry_drop(handle.id_, &sdk);
    if (sdk == NULL)
        return status;
    if (sdk->build != NULL)
        return finish(sdk, deadline);
    weft__registry_free(sdk, NULL);
    return WEFT_OK;
}
