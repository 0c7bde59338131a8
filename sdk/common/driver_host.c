/* driver_host.c - the pump as a program's own event loop, or a test, drives it: descriptors, a deadline, a step. */
#include <unistd.h>

#include "sdk/common/pump_state.h"
#include "sdk/common/wake.h"

/* The right to step the current pump; NULL where there is none, it has a thread, or somebody else steps it (who wakes
 * the loop when done). */
static weft__pump *enter(void)
{
    if (atomic_load_explicit(&weft__pumps.process, memory_order_acquire) != (int)getpid() || weft__pump_inside())
        return NULL;
    pthread_mutex_lock(&weft__pumps.lock);
    weft__pump *pump = weft__pumps.current;
    bool entered = pump != NULL && pump->driver == WEFT__DRIVER_HOST && !pump->stepping;
    if (entered)
        pump->stepping = true;
    pthread_mutex_unlock(&weft__pumps.lock);
    return entered ? pump : NULL;
}

size_t weft__pump_fds(struct pollfd *fds, size_t room)
{
    weft__pump *pump = enter();
    if (pump == NULL) {
        if (room > 0)
            fds[0] = (struct pollfd){ .fd = weft__wake_fd(), .events = POLLIN };
        return 1;
    }
    size_t count = weft__pump_watch(pump, fds, room);
    weft__pump_leave(pump);
    return count;
}

int64_t weft__pump_deadline(void)
{
    weft__pump *pump = enter();
    if (pump == NULL)
        return INT64_MAX;
    int64_t deadline = weft__pump_next(pump);
    weft__pump_leave(pump);
    return deadline;
}

void weft__pump_step(const struct pollfd *fds, size_t count)
{
    weft__pump *pump = enter();
    if (pump == NULL)
        return;
    weft__pump_run(pump, fds, count);
    weft__pump_leave(pump);
}
