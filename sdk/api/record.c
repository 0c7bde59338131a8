/* record.c - the public calls that record on a span: checked here, done by the SDK. */
#include <string.h>

#include <weft/span.h>

#include "sdk/api/runtime.h"

/* What a call needs: a recording handle, an SDK, and that no signal handler interrupted the library on this thread. */
typedef struct call {
    weft__thread *thread; /* NULL: do nothing */
    const weft__sdk_ops *ops;
} call;

WEFT_INLINE call enter(const weft_span *span)
{
    call entry = { NULL, NULL };
    if (span == NULL || span->context.record_ == 0)
        return entry;
    entry.ops = weft__ops();
    weft__thread *thread = weft__thread_self();
    if (entry.ops == NULL || thread == NULL)
        return entry;
    if (WEFT_UNLIKELY(!weft__enter(thread))) {
        weft__refuse();
        return entry;
    }
    entry.thread = thread;
    return entry;
}

static void misuse(void)
{
    atomic_fetch_add_explicit(&weft__misuses.argument, 1, memory_order_relaxed);
}

bool weft_span_recording(const weft_span *span)
{
    call entry = enter(span);
    if (entry.thread == NULL)
        return false;
    bool recording = entry.ops->recording(entry.thread, span);
    weft__leave(entry.thread);
    return recording;
}

void weft_span_set_list(const weft_span *span, const weft_attribute *list, size_t count)
{
    if (WEFT_UNLIKELY(list == NULL && count != 0)) {
        misuse();
        return;
    }
    call entry = enter(span);
    if (entry.thread == NULL)
        return;
    entry.ops->set(entry.thread, span, list, count);
    weft__leave(entry.thread);
}

void weft_span_event_list(const weft_span *span, const char *name, uint64_t time, const weft_attribute *list,
                          size_t count)
{
    if (WEFT_UNLIKELY(name == NULL || (list == NULL && count != 0)))
        misuse();
    call entry = enter(span);
    if (entry.thread == NULL)
        return;
    entry.ops->event(entry.thread, span, name != NULL ? name : "unnamed", time, list, list != NULL ? count : 0);
    weft__leave(entry.thread);
}

void weft_span_link(const weft_span *span, const weft_link *link)
{
    if (link == NULL) {
        misuse();
        return;
    }
    call entry = enter(span);
    if (entry.thread == NULL)
        return;
    entry.ops->link(entry.thread, span, link);
    weft__leave(entry.thread);
}

void weft_span_rename(const weft_span *span, const char *name)
{
    if (name == NULL) {
        misuse();
        return;
    }
    call entry = enter(span);
    if (entry.thread == NULL)
        return;
    entry.ops->rename(entry.thread, span, name);
    weft__leave(entry.thread);
}

void weft_span_status_set(const weft_span *span, weft_span_status status, const char *text)
{
    call entry = enter(span);
    if (entry.thread == NULL)
        return;
    if (status == WEFT_STATUS_OK || status == WEFT_STATUS_ERROR)
        entry.ops->status(entry.thread, span, status, text);
    else if (status != WEFT_STATUS_UNSET)
        misuse();
    weft__leave(entry.thread);
}

bool weft_span_look(const weft_span *span, void (*look)(void *arg, const weft_span_view *view), void *arg)
{
    if (look == NULL) {
        misuse();
        return false;
    }
    call entry = enter(span);
    if (entry.thread == NULL)
        return false;
    bool looked = entry.ops->look(entry.thread, span, look, arg);
    weft__leave(entry.thread);
    return looked;
}
