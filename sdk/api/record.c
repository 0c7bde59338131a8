/* record.c - the public calls that record on a span: checked here, done by the SDK. */
#include <string.h>

#include <weft/span.h>

#include "sdk/api/runtime.h"

/* What a call needs: a recording handle and an SDK; then it goes on there. NULL: do nothing. */
typedef struct target {
    weft__thread *thread;
    const weft__sdk_ops *ops;
} target;

WEFT_INLINE target prepare(const weft_span *span)
{
    target to = { NULL, NULL };
    if (WEFT_UNLIKELY(span == NULL || span->context.record_ == 0))
        return to;
    to.ops = weft__ops();
    if (WEFT_LIKELY(to.ops != NULL))
        to.thread = WEFT_LIKELY(weft__self != NULL) ? weft__self : weft__thread_make();
    return to;
}

static void misuse(void)
{
    atomic_fetch_add_explicit(&weft__misuses.argument, 1, memory_order_relaxed);
}

bool weft_span_recording(const weft_span *span)
{
    target to = prepare(span);
    if (to.thread == NULL)
        return false;
    return to.ops->recording(to.thread, span);
}

void weft_span_set_list(const weft_span *span, const weft_attribute *list, size_t count)
{
    if (WEFT_UNLIKELY(list == NULL && count != 0)) {
        misuse();
        return;
    }
    target to = prepare(span);
    if (WEFT_LIKELY(to.thread != NULL))
        to.ops->set(to.thread, span, list, count);
}

void weft_span_event_list(const weft_span *span, const char *name, uint64_t time, const weft_attribute *list,
                          size_t count)
{
    if (WEFT_UNLIKELY(name == NULL || (list == NULL && count != 0)))
        misuse();
    target to = prepare(span);
    if (WEFT_LIKELY(to.thread != NULL))
        to.ops->event(to.thread, span, name != NULL ? name : "unnamed", time, list, list != NULL ? count : 0);
}

void weft_span_link(const weft_span *span, const weft_link *link)
{
    if (link == NULL) {
        misuse();
        return;
    }
    target to = prepare(span);
    if (WEFT_LIKELY(to.thread != NULL))
        to.ops->link(to.thread, span, link);
}

void weft_span_rename(const weft_span *span, const char *name)
{
    if (name == NULL) {
        misuse();
        return;
    }
    target to = prepare(span);
    if (WEFT_LIKELY(to.thread != NULL))
        to.ops->rename(to.thread, span, name);
}

void weft_span_status_set(const weft_span *span, weft_span_status status, const char *text)
{
    target to = prepare(span);
    if (to.thread == NULL)
        return;
    if (status == WEFT_STATUS_OK || status == WEFT_STATUS_ERROR)
        to.ops->status(to.thread, span, status, text);
    else if (status != WEFT_STATUS_UNSET)
        misuse();
}

bool weft_span_look(const weft_span *span, void (*look)(void *arg, const weft_span_view *view), void *arg)
{
    if (look == NULL) {
        misuse();
        return false;
    }
    target to = prepare(span);
    if (to.thread == NULL)
        return false;
    return to.ops->look(to.thread, span, look, arg);
}
