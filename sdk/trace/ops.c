/* ops.c - the table through which the API reaches tracing, and the running SDKs. */
#include <time.h>

#include "sdk/base/clock.h"
#include "sdk/common/magazine.h"
#include "sdk/trace/append.h"
#include "sdk/trace/attribute.h"
#include "sdk/trace/end.h"
#include "sdk/trace/event.h"
#include "sdk/trace/lock.h"
#include "sdk/trace/start.h"
#include "sdk/trace/watch.h"

#if defined(__linux__)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

weft__provider *_Atomic weft__providers[WEFT__SDKS];

static bool span_recording(weft__thread *thread, const weft_span *span)
{
    (void)thread;
    const weft__block *head = weft__block_find(span->context.record_);
    if (head == NULL)
        return false;
    uint64_t control = atomic_load_explicit(&head->control, memory_order_acquire);
    return (control & ~(uint64_t)(WEFT__LOCKED)) == weft__record_state(span);
}

const weft__sdk_ops weft__trace_ops = {
    .start = weft__span_start,
    .enter = weft__span_enter,
    .start_under = weft__span_start_under,
    .end = weft__span_end,
    .end_entered = weft__end_entered,
    .leave = weft__span_leave,
    .recording = span_recording,
    .set = weft__span_set,
    .event = weft__span_event,
    .link = weft__span_link,
    .rename = weft__span_rename,
    .status = weft__span_status,
    .look = weft__span_look,
};

static bool never_recording(weft__thread *thread, const weft_span *span)
{
    (void)thread, (void)span;
    return false;
}

const weft__sdk_ops weft__trace_rest_ops = {
    .start = weft__span_start,
    .enter = weft__span_enter,
    .start_under = weft__span_start_under,
    .end = weft__span_end,
    .end_entered = weft__end_entered,
    .leave = weft__span_leave,
    .recording = never_recording,
    .set = weft__span_set,
    .event = weft__span_event,
    .link = weft__span_link,
    .rename = weft__span_rename,
    .status = weft__span_status,
    .look = weft__span_look,
};

/* Gives back what an ending thread holds of the SDK's. */
static void thread_ends(weft__thread *thread)
{
    weft__magazine_end(thread);
    weft__scratch_drop(thread);
}

void weft__provider_publish(weft__provider *provider)
{
    static const uint8_t decides[] = {
        [WEFT__SAMPLE_ON] = 15, [WEFT__SAMPLE_PARENT_ON] = 11, [WEFT__SAMPLE_PARENT_OFF] = 8
    };
    int fast = provider->sampler->fast;
    provider->decides = fast > 0 && (size_t)fast < sizeof decides ? decides[fast] : 0;
    provider->special = fast == WEFT__SAMPLE_ASK || provider->ids.span_id != NULL || provider->on_start ||
                        provider->on_ending || provider->on_end || !provider->exports;
    atomic_store_explicit(&weft__thread_ends, thread_ends, memory_order_release);
    atomic_store_explicit(&weft__pool_tags[provider->slot], provider->tag, memory_order_relaxed);
    atomic_store_explicit(&weft__providers[provider->slot], provider, memory_order_release);
}

/* Makes every running thread pass a full barrier, so that the calls need none of their own. False: not to be had. */
static bool barrier_everywhere(void)
{
#if defined(SYS_membarrier)
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0)
        return true;
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0 &&
           syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
#else
    return false;
#endif
}

bool weft__provider_quiesce(int64_t deadline)
{
    if (!barrier_everywhere())
        return false;
    for (weft__thread *thread = weft__threads(); thread != NULL; thread = thread->next_registered) {
        while (atomic_load_explicit(&thread->busy, memory_order_acquire) != 0 ||
               atomic_load_explicit(&thread->away, memory_order_acquire) != 0) {
            if (weft__monotonic_ms() >= deadline)
                return false;
            nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
        }
    }
    return true;
}
