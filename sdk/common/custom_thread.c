/* custom_thread.c - the thread of its own for an exporter that blocks: one job at a time. */
#include <weft/context.h>

#include "sdk/base/clock.h"
#include "sdk/common/custom.h"
#include "sdk/common/pump_state.h"
#include "sdk/common/wake.h"

/* Under the lock, which is not held while the user's code runs. */
static void do_job(weft__custom *c)
{
    if (c->job == WEFT__JOB_EXPORT) {
        weft__custom_export(c);
    } else {
        weft__job job = c->job;
        weft__custom_unlock();
        weft_status status = (job == WEFT__JOB_STOP ? c->ops.stop : c->ops.flush)(c->self, c->timeout);
        weft__custom_lock();
        c->finished = job;
        c->result = status == WEFT_PENDING ? WEFT_E_FAILED : status;
    }
    c->job = WEFT__JOB_NONE;
    weft__wake();
}

static void *run(void *arg)
{
    weft__custom *c = arg;
    weft_context suppressed = weft_context_suppressed(NULL);
    weft_token token = weft_context_attach(&suppressed); /* OXT-21 */
    weft__pump_set_inside(true);
    weft__custom_lock();
    while (c->job != WEFT__JOB_END) {
        if (c->job != WEFT__JOB_NONE)
            do_job(c);
        else
            weft__custom_wait(c);
    }
    weft__custom_unlock();
    (void)weft_context_detach(token);
    weft_context_release(&suppressed);
    return NULL;
}

bool weft__custom_post(weft__custom *c, weft__job job)
{
    if (!c->has_thread)
        c->has_thread = weft__thread_start(&c->thread, "weft-exporter", run, c);
    if (!c->has_thread)
        return false;
    c->job = job;
    pthread_cond_signal(&c->changed);
    return true;
}

weft_status weft__custom_ask(weft__custom *c, weft__job job, uint32_t timeout_ms)
{
    int64_t now = weft__monotonic_ms();
    if (c->job != WEFT__JOB_NONE)
        return WEFT_PENDING;
    if (c->finished == job) {
        c->finished = WEFT__JOB_NONE;
        if (now <= c->fetch_by || job == WEFT__JOB_STOP)
            return c->result;
    }
    c->timeout = timeout_ms;
    c->fetch_by = now + timeout_ms;
    return weft__custom_post(c, job) ? WEFT_PENDING : WEFT_E_FAILED;
}

void weft__custom_end_thread(weft__custom *c)
{
    if (!c->has_thread)
        return;
    weft__custom_lock();
    c->job = WEFT__JOB_END;
    pthread_cond_signal(&c->changed);
    weft__custom_unlock();
    pthread_join(c->thread, NULL);
}
