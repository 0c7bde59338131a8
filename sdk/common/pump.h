/* pump.h - the worker of the process: drains the pool, batches, exports, counts. One pump for all SDKs and
 * destinations.
 *
 * It is driven: descriptors to watch, a next deadline, a step, a cancel. The background thread is one driver; a host's
 * event loop and the tests' virtual clock are others, and all run the same code. */
#ifndef WEFT_SDK_COMMON_PUMP_H
#define WEFT_SDK_COMMON_PUMP_H

#include <poll.h>

#include <weft/sdk.h>

#include "sdk/common/export.h"
#include "sdk/common/resource.h"

/* Who drives it: decided by the first attach, until the last detach. */
typedef enum weft__driver { WEFT__DRIVER_THREAD, WEFT__DRIVER_HOST } weft__driver;

/* One destination to be: an exporter (taken) behind a batch or simple processor. Zero in batch: the defaults
 * (2048, 512, 5000 ms, 30000 ms); the environment has been read by sdk/config. */
typedef struct weft__destination_options {
    weft_exporter *exporter;
    weft_batch_options batch;
    bool simple;
} weft__destination_options;

typedef struct weft__pump_options {
    uint32_t slot; /* the SDK's */
    uint8_t tag;   /* of its records (WEFT__SDK_TAG): others in the slot are an earlier SDK's; 0: any */
    const weft__resource *resource; /* lives until detach has returned WEFT_OK; else for ever */
    const weft__destination_options *destinations;
    size_t count;
    size_t batch_budget; /* bytes of encoded batches; 0: 16 MiB */
    weft__driver driver;
} weft__pump_options;

/* Takes the exporters also when it fails. */
weft_status weft__pump_attach(const weft__pump_options *options);
/* Exports all that had ended before the call, for that SDK; calls the exporters' flush. WEFT_E_TIMEOUT keeps the time.
 */
weft_status weft__pump_flush(uint32_t slot, uint32_t timeout_ms);
/* Flush, stop the exporters, forget the SDK; what is left is counted as dropped_stop. WEFT_E_TIMEOUT: something hangs
 * and has been abandoned with its memory. The last detach ends the thread (which is joined only if it is not stuck). */
weft_status weft__pump_detach(uint32_t slot, uint32_t timeout_ms);

/* Counters; false where there is no such destination. They can still be read after the detach, until the slot is
 * attached again. in_flight has what the pump has taken from the pool; what has ended and is still in the pool comes on
 * top: the SDK's count of ended records less weft__pump_drained(), read in this order (stats, drained, ended, created),
 * so that no record is seen twice. */
uint32_t weft__pump_destinations(uint32_t slot);
bool weft__pump_stats(uint32_t slot, uint32_t index, weft_destination_stats *stats);
/* Sampled records of that SDK taken from the pool since the attach. */
uint64_t weft__pump_drained(uint32_t slot);
uint64_t weft__pump_wakes(void);
/* Whether the calling thread is inside the pump or an exporter's callback: there flush and detach are WEFT_E_MISUSE. */
bool weft__pump_inside(void);

/* For drivers. fds returns how many there are, and writes at most room; deadline is monotonic ms, INT64_MAX: none. */
size_t weft__pump_fds(struct pollfd *fds, size_t room);
int64_t weft__pump_deadline(void);
void weft__pump_step(const struct pollfd *fds, size_t count);

#endif
