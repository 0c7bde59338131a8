/* caller.c - threads that wait for the pump: they sleep while its thread works, and step it themselves where the host
 * drives it. Under the virtual clock to wait is to move the clock. */
#include <errno.h>
#include <time.h>

#include "sdk/common/pump_state.h"
#include "sdk/common/wake.h"

enum {
    SLICE_MS = 10,     /* between two looks at whether it hangs */
    HANGS_AFTER = 10,  /* slices inside exporters, past the deadline */
    PATIENCE = 200,    /* slices in all, past the deadline: a machine may be slow */
    STANDSTILL = 1000, /* steps without time passing before it is made to pass */
    NS_PER_MS = 1000000,
};

static _Thread_local bool is_inside;

bool weft__pump_inside(void)
{
    return is_inside;
}

void weft__pump_set_inside(bool inside)
{
    is_inside = inside;
}

bool weft__pump_enter(weft__pump *pump)
{
    pthread_mutex_lock(&weft__pumps.lock);
    bool entered = !pump->stepping;
    pump->stepping = true;
    pthread_mutex_unlock(&weft__pumps.lock);
    return entered;
}

void weft__pump_leave(weft__pump *pump)
{
    pthread_mutex_lock(&weft__pumps.lock);
    pump->stepping = false;
    pthread_cond_broadcast(&weft__pumps.changed);
    pthread_mutex_unlock(&weft__pumps.lock);
}

static int64_t real_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / NS_PER_MS;
}

/* Sleeps under the lock until something changes or the time has come. */
static void sleep_until(int64_t real)
{
    struct timespec until = { .tv_sec = (time_t)(real / 1000), .tv_nsec = (long)(real % 1000) * NS_PER_MS };
    pthread_cond_timedwait(&weft__pumps.changed, &weft__pumps.lock, &until);
}

/* Past the deadline: our own work does not block, so that it only needs to be given the processor; an exporter that is
 * being called for some slices on end hangs. */
static bool linger(weft__pump *pump, bool (*done)(void *arg), void *arg)
{
    int hanging = 0;
    for (int i = 0; i < PATIENCE && hanging < HANGS_AFTER && !done(arg); i++) {
        sleep_until(real_ms() + SLICE_MS);
        hanging = atomic_load_explicit(&pump->calling, memory_order_acquire) ? hanging + 1 : 0;
    }
    return done(arg);
}

bool weft__pump_sleep(weft__pump *pump, bool (*done)(void *arg), void *arg, uint32_t timeout_ms, bool patient)
{
    int64_t deadline = real_ms() + timeout_ms;
    pthread_mutex_lock(&weft__pumps.lock);
    while (!done(arg) && real_ms() < deadline)
        sleep_until(deadline);
    bool finished = done(arg) || (patient && linger(pump, done, arg));
    pthread_mutex_unlock(&weft__pumps.lock);
    return finished;
}

/* Time passes up to then, in ms of the monotonic clock; the descriptors may cut it short. */
static void pass_time(struct pollfd *fds, size_t count, int64_t until, int *still)
{
    int64_t now = weft__monotonic_ms();
    bool is_virtual = __atomic_load_n(&weft__tick_source, __ATOMIC_RELAXED) == WEFT__TICKS_VIRTUAL;
    if (!is_virtual) {
        int64_t left = until > now ? until - now : 0;
        poll(fds, (nfds_t)count, left < INT32_MAX ? (int)left : INT32_MAX);
        return;
    }
    poll(fds, (nfds_t)count, 0);
    if (until <= now && ++*still < STANDSTILL)
        return;
    *still = 0;
    /* To the millisecond's beginning: deadlines are in whole ones. */
    uint64_t target = (uint64_t)(until > now ? until : now + 1) * NS_PER_MS;
    weft__clock_advance(target - weft__monotonic_ns());
}

/* Another thread steps it at the moment. */
static void wait_for_turn(weft__pump *pump)
{
    pthread_mutex_lock(&weft__pumps.lock);
    if (pump->stepping)
        sleep_until(real_ms() + SLICE_MS);
    pthread_mutex_unlock(&weft__pumps.lock);
}

static bool ask(bool (*done)(void *arg), void *arg)
{
    pthread_mutex_lock(&weft__pumps.lock);
    bool finished = done(arg);
    pthread_mutex_unlock(&weft__pumps.lock);
    return finished;
}

static bool await_host(weft__pump *pump, bool (*done)(void *arg), void *arg, uint32_t timeout_ms)
{
    struct pollfd fds[WEFT__PUMP_FDS];
    size_t count = 0;
    int still = 0;
    int64_t deadline = weft__monotonic_ms() + timeout_ms;
    for (;;) {
        bool expired = weft__monotonic_ms() >= deadline;
        if (!weft__pump_enter(pump)) {
            wait_for_turn(pump);
            if (expired || ask(done, arg))
                break;
            continue;
        }
        weft__pump_run(pump, fds, count);
        count = weft__min(weft__pump_watch(pump, fds, WEFT__PUMP_FDS), WEFT__PUMP_FDS);
        int64_t next = weft__pump_next(pump);
        weft__pump_leave(pump);
        if (ask(done, arg) || expired)
            break;
        pass_time(fds, count, next < deadline ? next : deadline, &still);
    }
    weft__wake(); /* the host's own wait began before all this */
    return ask(done, arg);
}

bool weft__pump_await(weft__pump *pump, bool (*done)(void *arg), void *arg, uint32_t timeout_ms, bool patient)
{
    if (pump->driver == WEFT__DRIVER_THREAD)
        return weft__pump_sleep(pump, done, arg, timeout_ms, patient);
    return await_host(pump, done, arg, timeout_ms);
}
