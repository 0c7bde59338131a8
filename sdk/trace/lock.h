/* lock.h - one compare-and-swap that checks generation and state of a handle's record, and locks it. */
#ifndef WEFT_SDK_TRACE_LOCK_H
#define WEFT_SDK_TRACE_LOCK_H

#include <weft/span.h>

#include "sdk/api/thread.h"
#include "sdk/common/pool.h"

/* hold_ of the handle that on_ending callbacks get: its record is in WEFT__ENDING, and only it may change it. */
#define WEFT__HOLD_ENDING ((uint64_t)1 << 62)

/* The uncontended case failed: waits a bounded while for another holder. NULL, counted, where the span has ended or the
 * wait was too long. */
weft__block *weft__record_lock_slow(weft__block *head, uint64_t want);
/* Somebody has ended the span while it was locked: the holder does that for them. */
void weft__record_unlock_slow(weft__thread *thread, weft__block *head);

WEFT_INLINE uint64_t weft__record_state(const weft_span *span)
{
    uint64_t state = (span->context.record_ & WEFT__GENERATION_MASK) | WEFT__OPEN;
    if (WEFT_UNLIKELY(span->context.hold_ == WEFT__HOLD_ENDING))
        state += WEFT__ENDING - WEFT__OPEN;
    return state;
}

WEFT_INLINE weft__block *weft__record_lock(const weft_span *span)
{
    weft__block *head = weft__block_find(span->context.record_);
    uint64_t want = weft__record_state(span), seen = want;
    if (WEFT_UNLIKELY(head == NULL))
        return NULL;
    if (WEFT_LIKELY(atomic_compare_exchange_strong_explicit(&head->control, &seen, want | WEFT__LOCKED,
                                                            memory_order_acquire, memory_order_relaxed)))
        return head;
    return weft__record_lock_slow(head, want);
}

WEFT_INLINE void weft__record_unlock(weft__thread *thread, weft__block *head, const weft_span *span)
{
    uint64_t state = weft__record_state(span);
    uint64_t seen = state | WEFT__LOCKED;
    if (WEFT_UNLIKELY(!atomic_compare_exchange_strong_explicit(&head->control, &seen, state, memory_order_release,
                                                               memory_order_relaxed)))
        weft__record_unlock_slow(thread, head);
}

#endif
