/* driver_host.c - the pump as a program's own event loop, or a test, drives it: descriptors, a deadline, a step. */
#include <unistd.h>

#include "sdk/common/pump_state.h"
#include "sdk/common/wake.h"

/* The current pump with the right to step it. busy: somebody else has that right (and wakes the loop when done). NULL
 * also where there is no pump, it has a thread, or this is a forked child. */
static weft__pump *enter(bool *busy)
{
    *busy = false;
    if (atomic_load_explicit(&weft__pumps.process, memory_order_acquire) != (int)getpid() || weft__pump_inside())
        return NULL;
    pthread_mutex_lock(&weft__pumps.lock);
    weft__pump *pump = weft__pumps.current;
    if (pump != NULL && pump->driver != WEFT__DRIVER_HOST)
        pump = NULL;
    *busy = pump != NULL && pump->stepping;
    if (pump != NULL)
        pump->stepping = true;
    pthread_mutex_unlock(&weft__pumps.lock);
    return *busy ? NULL : pump;
}

size_t weft__pump_fds(struct pollfd *fds, size_t room)
{
    bool busy;
    weft__pump *pump = enter(&busy);
    if (pump == NULL) {
        if (busy && room > 0)
            fds[0] = (struct pollfd){ .fd = weft__wake_fd(), .events = POLLIN };
        return busy ? 1 : 0;
    }
    size_t count = weft__pump_watch(pump, fds, room);
    weft__pump_leave(pump);
    return count;
}

int64_t weft__pump_deadline(void)
{
    bool busy;
    weft__pump *pump = enter(&busy);
    if (pump == NULL)
        return INT64_MAX;
    int64_t deadline = weft__pump_next(pump);
    weft__pump_leave(pump);
    return deadline;
}

void weft__pump_step(const struct pollfd *fds, size_t count)
{
    bool busy;
    weft__pump *pump = enter(&busy);
    if (pump == NULL)
        return;
    weft__pump_run(pump, fds, count);
    weft__pump_leave(pump);
}
