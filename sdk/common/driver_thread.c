/* driver_thread.c - the background thread that drives the pump, and how the SDK starts threads. */
#include <pthread.h>
#include <signal.h>

#include "sdk/common/pump_state.h"
#include "sdk/common/wake.h"

bool weft__thread_start(pthread_t *thread, const char *name, void *(*run)(void *arg), void *arg)
{
    sigset_t all, kept;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &kept) != 0)
        return false;
    bool started = pthread_create(thread, NULL, run, arg) == 0;
    pthread_sigmask(SIG_SETMASK, &kept, NULL);
    if (started)
        pthread_setname_np(*thread, name);
    return started;
}

static bool is_over(weft__pump *pump)
{
    pthread_mutex_lock(&weft__pumps.lock);
    bool over = pump->ending || atomic_load_explicit(&pump->abandoned, memory_order_relaxed);
    pthread_mutex_unlock(&weft__pumps.lock);
    return over;
}

static int poll_timeout(int64_t deadline)
{
    if (deadline == INT64_MAX)
        return -1;
    int64_t now = weft__monotonic_ms();
    if (deadline <= now)
        return 0;
    return deadline - now < INT32_MAX ? (int)(deadline - now) : INT32_MAX;
}

static void *run(void *arg)
{
    weft__pump *pump = arg;
    struct pollfd fds[WEFT__PUMP_FDS];
    size_t count = 0;
    while (!is_over(pump)) {
        weft__pump_run(pump, fds, count);
        if (atomic_load_explicit(&pump->abandoned, memory_order_acquire))
            break;
        count = weft__min(weft__pump_watch(pump, fds, WEFT__PUMP_FDS), WEFT__PUMP_FDS);
        if (poll(fds, (nfds_t)count, poll_timeout(weft__pump_next(pump))) < 0)
            count = 0;
        if (count > 0 && (fds[0].revents & POLLNVAL) != 0)
            weft__wake_renew(); /* else poll would never wait again */
    }
    pthread_mutex_lock(&weft__pumps.lock);
    pump->thread_done = true;
    pthread_cond_broadcast(&weft__pumps.changed);
    pthread_mutex_unlock(&weft__pumps.lock);
    return NULL;
}

bool weft__pump_thread_start(weft__pump *pump)
{
    return weft__thread_start(&pump->thread, "weft-worker", run, pump);
}
