/* pump_state.h - the pump's insides, shared by its files: step.c, caller.c, driver_thread.c, pump.c. */
#ifndef WEFT_SDK_COMMON_PUMP_STATE_H
#define WEFT_SDK_COMMON_PUMP_STATE_H

#include <pthread.h>

#include "sdk/base/clock.h"
#include "sdk/common/lane.h"

enum { WEFT__PUMP_FDS = 256 }; /* the most descriptors that the thread, or a caller who steps, watches */

/* One run of the worker, from the first attach to the last detach. One that is stuck is abandoned: kept for ever, with
 * its thread and all it may still touch, and the next attach makes a new one. */
typedef struct weft__pump {
    weft__driver driver;
    /* Under the lock: */
    uint32_t callers; /* threads that wait for it, or step it */
    bool stepping;    /* one of them steps it */
    bool ending;      /* the thread is to end */
    bool thread_done; /* it has */
    pthread_t thread;
    struct weft__pump *next; /* among the abandoned */

    _Atomic bool abandoned; /* set under the lock, and under that of the drain */
    _Atomic bool calling;   /* exporters are being called: what does not come back then, hangs in one */

    /* Of whoever steps it: */
    weft__lane *lanes[WEFT__SDKS];
    weft__buffer scratch;
    weft__tick_map map;
    int64_t checked;    /* monotonic ms of the last look at the clock source */
    int64_t last_drain; /* what is drained next came after this */
    int64_t timer;      /* when to drain next; INT64_MAX: idle, the first record wakes */
    bool again;         /* there is more to do at once */
} weft__pump;

/* The one place of state. */
typedef struct weft__pump_state {
    pthread_mutex_t lock;   /* for callers and the worker, never for tracing threads; never held during a callback */
    pthread_mutex_t drain;  /* one drain at a time, also where an abandoned worker comes back */
    pthread_cond_t changed; /* on CLOCK_MONOTONIC */
    _Atomic int process;    /* whose all this is; in a forked child none of it may be touched */
    weft__pump *current;
    weft__lane *_Atomic lanes[WEFT__SDKS]; /* attached; or gone, for their counters */
    weft__pump *abandoned_pumps;
    weft__lane *abandoned_lanes;
} weft__pump_state;

extern weft__pump_state weft__pumps;

/* Step, and what to wait for afterwards. The caller owns the pump: weft__pump_enter. */
void weft__pump_run(weft__pump *pump, const struct pollfd *fds, size_t count);
size_t weft__pump_watch(const weft__pump *pump, struct pollfd *fds, size_t room);
int64_t weft__pump_next(const weft__pump *pump);

/* Takes and gives back the right to step it; enter is false where somebody else has it. */
bool weft__pump_enter(weft__pump *pump);
void weft__pump_leave(weft__pump *pump);

/* The calling thread is inside the pump or an exporter from now on, or not any more. */
void weft__pump_set_inside(bool inside);

/* Waits until done(arg), which is called under the lock, or the deadline; steps the pump where its driver is the host.
 * patient: past the deadline, while no exporter hangs, wait a little more for our own work to end. What done says. */
bool weft__pump_await(weft__pump *pump, bool (*done)(void *arg), void *arg, uint32_t timeout_ms, bool patient);

/* The same without ever stepping it. */
bool weft__pump_sleep(weft__pump *pump, bool (*done)(void *arg), void *arg, uint32_t timeout_ms, bool patient);

/* A thread with every signal blocked. */
bool weft__thread_start(pthread_t *thread, const char *name, void *(*run)(void *arg), void *arg);
bool weft__pump_thread_start(weft__pump *pump);

#endif
