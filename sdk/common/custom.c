/* custom.c - exporters that users write: their functions as an exporter class of the pump.
 *
 * The user has one batch at most, the call: from export_spans until it returns, or until weft_batch_done() where it
 * answered WEFT_PENDING. The pump may give up on the batch before that; it stays readable, and the next one waits. */
#include "sdk/common/custom.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sdk/api/runtime.h"
#include "sdk/base/clock.h"
#include "sdk/base/diag.h"
#include "sdk/common/pump_state.h"
#include "sdk/common/wake.h"

/* The one place of state: all there are, also those that were abandoned, for weft_batch_done(). */
static struct {
    pthread_mutex_t lock;
    _Atomic int process;
    weft__custom *all;
    weft__custom *inherited; /* of the process that forked this one: never looked at again */
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* In a forked child the lock may be held by a thread that is not there. */
static void take_over(int earlier)
{
    static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
    if (!atomic_compare_exchange_strong(&state.process, &earlier, (int)getpid()) || earlier == 0)
        return;
    state.lock = fresh;
    state.inherited = state.all;
    state.all = NULL;
}

void weft__custom_lock(void)
{
    int process = atomic_load_explicit(&state.process, memory_order_acquire);
    if (process != (int)getpid())
        take_over(process);
    pthread_mutex_lock(&state.lock);
}

void weft__custom_unlock(void)
{
    pthread_mutex_unlock(&state.lock);
}

void weft__custom_wait(weft__custom *c)
{
    pthread_cond_wait(&c->changed, &state.lock);
}

static weft__custom *custom_of(weft_exporter *exporter)
{
    return (weft__custom *)(void *)exporter;
}

/* The call has ended; under the lock. The pump hears of it only if it still waits for this batch. */
static void end_call(weft__custom *c, weft_status status)
{
    weft_batch *batch = c->call;
    c->call = NULL;
    if (c->batch == batch) {
        c->batch = NULL;
        bool known = status == WEFT_OK || status == WEFT_E_INVALID || status == WEFT_E_TIMEOUT;
        weft__batch_done(batch, &(weft__result){ .status = known ? status : WEFT_E_FAILED,
                                                 .message = status != WEFT_OK ? weft_status_text(status) : NULL });
    }
    weft__batch_release(batch);
    weft__wake();
}

static uint32_t left_until(int64_t deadline)
{
    int64_t now = weft__monotonic_ms();
    if (deadline - now >= UINT32_MAX)
        return UINT32_MAX;
    return deadline > now ? (uint32_t)(deadline - now) : 0;
}

void weft__custom_export(weft__custom *c)
{
    c->exporting = true;
    c->answered = false;
    weft_batch *batch = c->call;
    uint32_t left = left_until(c->deadline);
    weft__custom_unlock();
    weft_status status = c->ops.export_spans(c->self, batch, left);
    weft__custom_lock();
    c->exporting = false;
    if (c->answered)
        status = c->answer;
    if (status != WEFT_PENDING)
        end_call(c, status);
}

/* Gives the user the batch that waits; under the lock. */
static void begin_call(weft__custom *c)
{
    c->call = c->batch;
    c->parked = false;
    if (!c->exporter.own_thread)
        weft__custom_export(c);
    else if (!weft__custom_post(c, WEFT__JOB_EXPORT))
        end_call(c, WEFT_E_MEMORY);
}

static bool may_call(const weft__custom *c)
{
    return c->call == NULL && c->job == WEFT__JOB_NONE;
}

static void custom_send(weft_exporter *exporter, weft_batch *batch, int64_t deadline)
{
    weft__custom *c = custom_of(exporter);
    weft__batch_hold(batch);
    weft__custom_lock();
    c->batch = batch;
    c->deadline = deadline;
    c->parked = true;
    if (may_call(c))
        begin_call(c);
    weft__custom_unlock();
}

static void custom_cancel(weft_exporter *exporter)
{
    weft__custom *c = custom_of(exporter);
    weft__custom_lock();
    weft_batch *batch = c->batch;
    bool mine = c->parked;
    c->batch = NULL;
    c->parked = false;
    /* Otherwise the user answered just now. */
    if (batch != NULL)
        weft__batch_done(batch, &(weft__result){ .status = WEFT_E_TIMEOUT, .message = "the exporter did not answer" });
    if (mine)
        weft__batch_release(batch);
    weft__custom_unlock();
}

static void custom_step(weft_exporter *exporter, const struct pollfd *fds, size_t count)
{
    weft__custom *c = custom_of(exporter);
    (void)fds, (void)count;
    weft__custom_lock();
    if (c->parked && may_call(c))
        begin_call(c);
    weft__custom_unlock();
}

/* One of the user's flush and stop, on the right thread. */
static weft_status run_job(weft__custom *c, weft__job job, uint32_t timeout_ms)
{
    weft_status (*ask)(void *self, uint32_t timeout_ms) = job == WEFT__JOB_STOP ? c->ops.stop : c->ops.flush;
    if (ask == NULL)
        return WEFT_OK;
    if (!c->exporter.own_thread)
        return ask(c->self, timeout_ms);
    weft__custom_lock();
    weft_status status = weft__custom_ask(c, job, timeout_ms);
    weft__custom_unlock();
    return status;
}

static weft_status custom_flush(weft_exporter *exporter, uint32_t timeout_ms)
{
    return run_job(custom_of(exporter), WEFT__JOB_FLUSH, timeout_ms);
}

/* Stopped is what answers no more batch: the user may be reading the last one until then. */
static weft_status custom_stop(weft_exporter *exporter, uint32_t timeout_ms)
{
    weft__custom *c = custom_of(exporter);
    if (!c->stopped) {
        weft_status status = run_job(c, WEFT__JOB_STOP, timeout_ms);
        if (status == WEFT_PENDING && c->exporter.own_thread)
            return WEFT_PENDING;
        c->stopped = true;
        c->stop_status = status == WEFT_PENDING ? WEFT_E_FAILED : status;
    }
    weft__custom_lock();
    bool outstanding = c->call != NULL;
    weft__custom_unlock();
    return outstanding ? WEFT_PENDING : c->stop_status;
}

static void unlist(weft__custom *c)
{
    weft__custom_lock();
    weft__custom **at = &state.all;
    while (*at != NULL && *at != c)
        at = &(*at)->next;
    if (*at != NULL)
        *at = c->next;
    weft__custom_unlock();
}

static void custom_free(weft_exporter *exporter)
{
    weft__custom *c = custom_of(exporter);
    unlist(c);
    weft__custom_end_thread(c);
    if (c->ops.free != NULL)
        c->ops.free(c->self);
    pthread_cond_destroy(&c->changed);
    free(c);
}

weft_exporter *weft_exporter_new(const weft_exporter_ops *ops, void *self)
{
    if (ops == NULL) {
        atomic_fetch_add_explicit(&weft__misuses.argument, 1, memory_order_relaxed);
        return NULL;
    }
    weft_exporter_ops known = { .size = sizeof known };
    memcpy(&known, ops, weft__min(ops->size != 0 ? ops->size : sizeof known, sizeof known));
    weft__custom *c = calloc(1, sizeof *c);
    if (c == NULL) {
        if (known.free != NULL)
            known.free(self);
        return NULL;
    }
    c->class = (weft__exporter_class){ .name = known.name != NULL ? known.name : "custom",
                                       .send = custom_send,
                                       .cancel = custom_cancel,
                                       .step = custom_step,
                                       .flush = custom_flush,
                                       .stop = custom_stop,
                                       .free = custom_free };
    c->exporter.class = &c->class;
    c->exporter.own_thread = known.own_thread;
    c->exporter.skips_spans = known.export_spans == NULL;
    c->ops = known;
    c->self = self;
    pthread_cond_init(&c->changed, NULL);
    weft__custom_lock();
    c->next = state.all;
    state.all = c;
    weft__custom_unlock();
    return &c->exporter;
}

void weft_exporter_free(weft_exporter *exporter)
{
    if (exporter != NULL)
        exporter->class->free(exporter);
}

void weft_batch_done(weft_batch *batch, weft_status status)
{
    weft__custom_lock();
    weft__custom *c = state.all;
    while (batch != NULL && c != NULL && c->call != batch)
        c = c->next;
    bool known = batch != NULL && c != NULL && status != WEFT_PENDING && !(c->exporting && c->answered);
    if (known && c->exporting) {
        c->answered = true;
        c->answer = status;
    } else if (known) {
        end_call(c, status);
    }
    weft__custom_unlock();
    if (!known) {
        atomic_fetch_add_explicit(&weft__misuses.argument, 1, memory_order_relaxed);
        weft__diag(WEFT__WARNING, "weft_batch_done",
                   "weft_batch_done: status %d (%s) for a batch that is not pending; "
                   "ignored",
                   (int)status, weft_status_text(status));
    }
}
