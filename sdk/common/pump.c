/* pump.c - the one pump of the process: who is attached to it, and what callers may ask of it. */
#include "sdk/common/pump.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sdk/common/pump_state.h"
#include "sdk/common/wake.h"

enum { END_TIMEOUT_MS = 20 }; /* for the thread to end, once nothing is left to do */

weft__pump_state weft__pumps = { .lock = PTHREAD_MUTEX_INITIALIZER, .drain = PTHREAD_MUTEX_INITIALIZER };

static bool is_ours(void)
{
    return atomic_load_explicit(&weft__pumps.process, memory_order_acquire) == (int)getpid();
}

static void keep_lane(weft__lane *lane)
{
    lane->next = weft__pumps.abandoned_lanes;
    weft__pumps.abandoned_lanes = lane;
}

static void keep_pump(weft__pump *pump)
{
    pump->next = weft__pumps.abandoned_pumps;
    weft__pumps.abandoned_pumps = pump;
}

/* At the first attach in a process. In a forked child the parent's locks may be held by threads that are not there, and
 * its pump cannot be touched: all of it is put aside. */
static void take_over(void)
{
    static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
    if (is_ours())
        return;
    weft__pumps.lock = weft__pumps.drain = fresh;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&weft__pumps.changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (weft__pumps.current != NULL)
        keep_pump(weft__pumps.current);
    weft__pumps.current = NULL;
    for (size_t i = 0; i < WEFT__SDKS; i++) {
        if (weft__pumps.lanes[i] != NULL)
            keep_lane(weft__pumps.lanes[i]);
        weft__pumps.lanes[i] = NULL;
    }
    atomic_store_explicit(&weft__pumps.process, (int)getpid(), memory_order_release);
}

static weft_status make_pump(weft__driver driver)
{
    weft_status status = weft__wake_start();
    if (status != WEFT_OK)
        return status;
    weft__pump *pump = calloc(1, sizeof *pump);
    if (pump == NULL)
        return WEFT_E_MEMORY;
    pump->driver = driver;
    pump->timer = INT64_MAX;
    pump->checked = weft__monotonic_ms();
    if (driver == WEFT__DRIVER_THREAD && !weft__pump_thread_start(pump)) {
        free(pump);
        return WEFT_E_FAILED;
    }
    weft__pumps.current = pump;
    return WEFT_OK;
}

static bool all_freed(const weft__lane *lane)
{
    if (atomic_load_explicit(&lane->abandoned, memory_order_acquire))
        return false;
    size_t i = 0;
    while (i < lane->count && lane->destinations[i].exporter == NULL)
        i++;
    return i == lane->count;
}

/* Lets go of what stayed in the slot for its counters; false where an SDK uses the slot. */
static bool clear_slot(uint32_t slot)
{
    weft__lane *lane = weft__pumps.lanes[slot];
    if (lane == NULL)
        return true;
    if (!lane->wanted.gone)
        return false;
    weft__pumps.lanes[slot] = NULL;
    if (all_freed(lane) && lane->wanted.waiters == 0)
        weft__lane_free(lane);
    else
        keep_lane(lane);
    return true;
}

static weft_status attach(weft__lane *lane, weft__driver driver)
{
    if (!clear_slot(lane->slot))
        return WEFT_E_MISUSE;
    /* The thread begins with a step, which needs the lock: so it finds the lane. */
    weft__pumps.lanes[lane->slot] = lane;
    weft_status status = weft__pumps.current == NULL ? make_pump(driver) : WEFT_OK;
    if (status != WEFT_OK)
        weft__pumps.lanes[lane->slot] = NULL;
    return status;
}

static bool valid(const weft__pump_options *options)
{
    bool good = options->slot < WEFT__SDKS && options->resource != NULL;
    for (size_t i = 0; i < options->count; i++)
        good = good && options->destinations[i].exporter != NULL;
    return good;
}

weft_status weft__pump_attach(const weft__pump_options *options)
{
    weft_status status = WEFT_E_INVALID;
    weft__lane *lane = NULL;
    if (valid(options)) {
        lane = weft__lane_new(options);
        status = WEFT_E_MEMORY;
    }
    if (lane != NULL) {
        take_over();
        pthread_mutex_lock(&weft__pumps.lock);
        status = attach(lane, options->driver);
        pthread_mutex_unlock(&weft__pumps.lock);
    }
    if (status == WEFT_OK) {
        weft__wake();
        return status;
    }
    if (lane != NULL)
        weft__lane_free(lane);
    for (size_t i = 0; i < options->count; i++) {
        weft_exporter *exporter = options->destinations[i].exporter;
        if (exporter != NULL)
            exporter->class->free(exporter);
    }
    return status;
}

/* A caller who waits for an answer. */
struct caller {
    weft__lane *lane;
    uint64_t ticket;
};

static bool has_flushed(void *arg)
{
    const struct caller *caller = arg;
    return caller->lane->wanted.flushed >= caller->ticket || caller->lane->wanted.gone;
}

static bool has_gone(void *arg)
{
    const struct caller *caller = arg;
    return caller->lane->wanted.gone;
}

/* Nobody is in it any more, its own thread neither. */
static bool is_idle(void *arg)
{
    const weft__pump *pump = arg;
    return pump->callers == 0 && !pump->stepping && (pump->driver == WEFT__DRIVER_HOST || pump->thread_done);
}

static void later(int64_t *deadline, uint32_t timeout_ms)
{
    int64_t own = weft__monotonic_ms() + timeout_ms;
    if (own > *deadline)
        *deadline = own;
}

/* Takes part as a waiter; NULL where the slot is not attached, and the lock is not held then. */
static weft__lane *find_attached(uint32_t slot)
{
    if (slot >= WEFT__SDKS || !is_ours())
        return NULL;
    pthread_mutex_lock(&weft__pumps.lock);
    weft__lane *lane = weft__pumps.lanes[slot];
    if (lane != NULL && !lane->wanted.gone) {
        lane->wanted.waiters++;
        return lane;
    }
    pthread_mutex_unlock(&weft__pumps.lock);
    return NULL;
}

/* Waits for the answer, as one more caller of the pump. Takes and gives back the lock. */
static bool await(struct caller *caller, bool (*done)(void *arg), uint32_t timeout_ms, bool patient)
{
    weft__pump *pump = weft__pumps.current;
    pump->callers++;
    pthread_mutex_unlock(&weft__pumps.lock);
    weft__wake();
    bool finished = weft__pump_await(pump, done, caller, timeout_ms, patient);
    pthread_mutex_lock(&weft__pumps.lock);
    pump->callers--;
    caller->lane->wanted.waiters--;
    pthread_cond_broadcast(&weft__pumps.changed);
    return finished;
}

weft_status weft__pump_flush(uint32_t slot, uint32_t timeout_ms)
{
    if (weft__pump_inside())
        return WEFT_E_MISUSE;
    weft__lane *lane = find_attached(slot);
    if (lane == NULL)
        return WEFT_E_STOPPED;
    struct caller caller = { lane, ++lane->wanted.flush };
    later(&lane->wanted.flush_deadline, timeout_ms);
    await(&caller, has_flushed, timeout_ms, false);
    weft_status status = WEFT_E_TIMEOUT;
    if (lane->wanted.flushed >= caller.ticket)
        status = lane->wanted.flush_status;
    else if (lane->wanted.gone)
        status = WEFT_E_STOPPED;
    pthread_mutex_unlock(&weft__pumps.lock);
    return status;
}

static bool is_last(void)
{
    size_t i = 0;
    while (i < WEFT__SDKS && (weft__pumps.lanes[i] == NULL || weft__pumps.lanes[i]->wanted.gone))
        i++;
    return i == WEFT__SDKS;
}

/* Ends the worker, or, where it is stuck in an exporter, leaves it behind. Gives the lock back. */
static void end_pump(weft__pump *pump)
{
    weft__pumps.current = NULL;
    pump->ending = true;
    pthread_mutex_unlock(&weft__pumps.lock);
    weft__wake();
    bool idle = weft__pump_sleep(pump, is_idle, pump, END_TIMEOUT_MS, true);
    if (!idle) {
        pthread_mutex_lock(&weft__pumps.lock);
        pthread_mutex_lock(&weft__pumps.drain);
        atomic_store_explicit(&pump->abandoned, true, memory_order_release);
        pthread_mutex_unlock(&weft__pumps.drain);
        keep_pump(pump);
        pthread_mutex_unlock(&weft__pumps.lock);
        if (pump->driver == WEFT__DRIVER_THREAD)
            pthread_detach(pump->thread);
        return;
    }
    if (pump->driver == WEFT__DRIVER_THREAD)
        pthread_join(pump->thread, NULL);
    weft__buffer_clear(&pump->scratch);
    free(pump);
}

weft_status weft__pump_detach(uint32_t slot, uint32_t timeout_ms)
{
    if (weft__pump_inside())
        return WEFT_E_MISUSE;
    weft__lane *lane = find_attached(slot);
    if (lane == NULL)
        return WEFT_E_STOPPED;
    struct caller caller = { lane, 0 };
    bool first = !lane->wanted.detach;
    if (first) {
        lane->wanted.detach = true;
        lane->wanted.detach_deadline = weft__monotonic_ms() + timeout_ms;
    }
    weft_status status = WEFT_E_STOPPED;
    if (await(&caller, has_gone, timeout_ms, first) && first)
        status = lane->wanted.detach_status;
    if (first && !lane->wanted.gone) {
        atomic_store_explicit(&lane->abandoned, true, memory_order_release);
        lane->wanted.gone = true;
        status = WEFT_E_TIMEOUT;
    }
    /* Of two last ones that went at the same time, one ends it. */
    if (first && is_last() && weft__pumps.current != NULL)
        end_pump(weft__pumps.current);
    else
        pthread_mutex_unlock(&weft__pumps.lock);
    return status;
}

uint32_t weft__pump_destinations(uint32_t slot)
{
    if (slot >= WEFT__SDKS || !is_ours())
        return 0;
    pthread_mutex_lock(&weft__pumps.lock);
    const weft__lane *lane = weft__pumps.lanes[slot];
    uint32_t count = lane != NULL ? (uint32_t)lane->count : 0;
    pthread_mutex_unlock(&weft__pumps.lock);
    return count;
}

bool weft__pump_stats(uint32_t slot, uint32_t index, weft_destination_stats *stats)
{
    if (slot >= WEFT__SDKS || !is_ours())
        return false;
    pthread_mutex_lock(&weft__pumps.lock);
    const weft__lane *lane = weft__pumps.lanes[slot];
    bool found = lane != NULL && index < lane->count;
    if (found)
        weft__destination_stats(&lane->destinations[index], stats);
    pthread_mutex_unlock(&weft__pumps.lock);
    return found;
}

uint64_t weft__pump_drained(uint32_t slot)
{
    if (slot >= WEFT__SDKS || !is_ours())
        return 0;
    pthread_mutex_lock(&weft__pumps.lock);
    const weft__lane *lane = weft__pumps.lanes[slot];
    uint64_t count = lane != NULL ? atomic_load_explicit(&lane->drained, memory_order_acquire) : 0;
    pthread_mutex_unlock(&weft__pumps.lock);
    return count;
}

uint64_t weft__pump_wakes(void)
{
    return weft__wake_count();
}
