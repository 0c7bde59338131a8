/* guard.c - runs the callbacks of processors beside the caller, who waits no longer than it was told to. */
#include "sdk/config/guard.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "sdk/base/clock.h"
#include "sdk/base/diag.h"

typedef struct task {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    weft__finish what;
    bool done, abandoned; /* whoever sets the second of them frees the job */
    weft_status status;
} task;

uint32_t weft__remaining(int64_t deadline)
{
    int64_t now = weft__monotonic_ms();
    return deadline <= now ? 0 : deadline - now < UINT32_MAX ? (uint32_t)(deadline - now) : UINT32_MAX;
}

int64_t weft__deadline(uint32_t timeout_ms)
{
    return weft__monotonic_ms() + (int64_t)timeout_ms;
}

weft_status weft__worse(weft_status a, weft_status b)
{
    if (a == WEFT_E_TIMEOUT || b == WEFT_E_TIMEOUT)
        return WEFT_E_TIMEOUT;
    return a < 0 || b < 0 ? WEFT_E_FAILED : WEFT_OK;
}

static weft_status finish(const weft__finish *what)
{
    const weft__provider *provider = what->provider;
    weft_status status = WEFT_OK;
    for (size_t i = 0; i < provider->processor_count; i++) {
        const weft_processor *processor = provider->processors[i];
        if (processor->ops.flush != NULL)
            status = weft__worse(status, processor->ops.flush(processor->self, weft__remaining(what->deadline)));
    }
    for (size_t i = 0; what->stop && i < provider->processor_count; i++) {
        const weft_processor *processor = provider->processors[i];
        if (processor->ops.stop != NULL)
            status = weft__worse(status, processor->ops.stop(processor->self, weft__remaining(what->deadline)));
    }
    return status;
}

static bool has_callbacks(const weft__finish *what)
{
    for (size_t i = 0; i < what->provider->processor_count; i++) {
        const weft_processor_ops *ops = &what->provider->processors[i]->ops;
        if (ops->flush != NULL || (what->stop && ops->stop != NULL))
            return true;
    }
    return false;
}

static void free_job(task *job)
{
    pthread_cond_destroy(&job->changed);
    pthread_mutex_destroy(&job->lock);
    free(job);
}

static void *run(void *arg)
{
    task *job = arg;
    weft_status status = finish(&job->what);
    pthread_mutex_lock(&job->lock);
    job->status = status;
    job->done = true;
    bool last = job->abandoned;
    pthread_cond_signal(&job->changed);
    pthread_mutex_unlock(&job->lock);
    if (last) {
        if (job->what.done != NULL)
            job->what.done(job->what.sdk);
        free_job(job);
    }
    return NULL;
}

/* Without signals: they are for the host's threads. */
static bool start_thread(task *job)
{
    sigset_t all, kept;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &kept);
    bool started = pthread_create(&thread, NULL, run, job) == 0;
    pthread_sigmask(SIG_SETMASK, &kept, NULL);
    if (started)
        pthread_detach(thread);
    return started;
}

static task *make_job(const weft__finish *what)
{
    pthread_condattr_t monotonic;
    task *made = calloc(1, sizeof *made);
    if (made == NULL || pthread_condattr_init(&monotonic) != 0) {
        free(made);
        return NULL;
    }
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    made->what = *what;
    return made;
}

/* False: it is not done at the deadline, and no longer ours. */
static bool wait_done(task *job, weft_status *status)
{
    struct timespec until;
    uint32_t ms = weft__remaining(job->what.deadline);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    int late = 0;
    pthread_mutex_lock(&job->lock);
    while (!job->done && late == 0)
        late = pthread_cond_timedwait(&job->changed, &job->lock, &until);
    bool done = job->done;
    *status = job->status;
    job->abandoned = !done;
    pthread_mutex_unlock(&job->lock);
    if (done)
        free_job(job);
    return done;
}

bool weft__processors_finish(const weft__finish *what, weft_status *status)
{
    *status = WEFT_OK;
    if (!has_callbacks(what))
        return true;
    task *job = make_job(what);
    if (job == NULL || !start_thread(job)) {
        if (job != NULL)
            free_job(job);
        *status = finish(what);
        return true;
    }
    if (wait_done(job, status))
        return true;
    weft__diag(WEFT__WARNING, "processor hangs", "a processor's %s is not done in time, and is left behind",
               what->stop ? "flush or stop" : "flush");
    *status = WEFT_E_TIMEOUT;
    return false;
}
