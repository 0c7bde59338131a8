/* end.c - ending a span: its time, the processors, and the way to the worker. */
#include "sdk/trace/end.h"

#include "sdk/api/stack.h"
#include "sdk/base/clock.h"
#include "sdk/common/magazine.h"
#include "sdk/trace/attribute.h"
#include "sdk/trace/lock.h"
#include "sdk/trace/watch.h"

/* Holders of the lock are a few dozen instructions from its release, unless they have lost the processor. */
enum { SPINS = 4000 };

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#else
    atomic_signal_fence(memory_order_seq_cst);
#endif
}

static void count(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

weft__block *weft__record_lock_slow(weft__block *head, uint64_t want)
{
    for (int spins = 0; spins < SPINS; spins++) {
        uint64_t seen = want;
        if (atomic_compare_exchange_weak_explicit(&head->control, &seen, want | WEFT__LOCKED, memory_order_acquire,
                                                  memory_order_relaxed))
            return head;
        if (seen != want && seen != (want | WEFT__LOCKED)) {
            count(&weft__misuses.after_end);
            return NULL;
        }
        pause_briefly();
    }
    count(&weft__misuses.contended);
    return NULL;
}

/* Gives all blocks of a record back on this thread. */
static void discard(weft__thread *thread, weft__block *head)
{
    for (weft__block *block = head, *next; block != NULL; block = next) {
        next = block->chain != 0 ? weft__block_at(block->chain - 1) : NULL;
        weft__block_give(thread, block);
    }
}

/* A span that has outlived its SDK is not in the sums of the next one in the slot. */
WEFT_INLINE void tally_end(_Atomic uint64_t *counter, uint8_t tag)
{
    if (WEFT_LIKELY(atomic_load_explicit(&weft__pool_tags[WEFT__SDK_SLOT(tag)], memory_order_relaxed) == tag))
        weft__tally_add(counter, 1);
}

/* What not every record has: processors that watch it, cells, a cut, no exporter. False: it is not to be exported. */
static WEFT_COLD bool finish_special(weft__thread *thread, weft__block *head)
{
    const weft__provider *provider = weft__provider_at(head->sdk);
    weft__tally *tally = &thread->tally[WEFT__SDK_SLOT(head->sdk)];
    if ((head->fix & WEFT__WATCHED) != 0 && provider != NULL)
        weft__watch_end(thread, provider, head);
    weft__slab_drop(head->state);
    weft__slab_drop(head->bag);
    if ((head->fix & WEFT__CUT) != 0)
        tally_end(&tally->truncated, head->sdk);
    if (provider != NULL && (head->fix & WEFT__UNSENT) == 0)
        return true;
    if ((head->flags & WEFT_FLAG_SAMPLED) != 0)
        tally_end(&tally->discarded, head->sdk);
    return false;
}

/* The control word is WEFT__ENDING, by the caller. */
WEFT_INLINE void finish(weft__thread *thread, weft__block *head, uint64_t generation, uint64_t time)
{
    uint64_t end = weft__ticks();
    if (WEFT_UNLIKELY(time + 1 > 1)) { /* neither 0 nor WEFT__END_QUIET */
        end = time;
        head->fix |= WEFT__END_UTC;
    }
    atomic_store_explicit(&head->end, end, memory_order_relaxed);
    weft__tally *tally = &thread->tally[WEFT__SDK_SLOT(head->sdk)];
    if (WEFT_UNLIKELY((head->fix & (WEFT__WATCHED | WEFT__UNSENT | WEFT__CUT | WEFT__CELLS)) != 0) &&
        !finish_special(thread, head)) {
        discard(thread, head);
        return;
    }
    uint32_t number = head->number;
    tally_end(&tally->ended, head->sdk);
    atomic_store_explicit(&head->control, generation | WEFT__ENDED, memory_order_release);
    weft__ended_push(thread, head, number);
}

/* Locked by another call, or not open any more. True: the control word is WEFT__ENDING now. */
static WEFT_COLD bool end_contended(weft__block *head, uint64_t open, uint64_t time)
{
    for (int spins = 0;; spins++) {
        uint64_t seen = open, ending = (open & WEFT__GENERATION_MASK) | WEFT__ENDING;
        if (atomic_compare_exchange_weak_explicit(&head->control, &seen, ending, memory_order_acquire,
                                                  memory_order_relaxed))
            return true;
        if (seen == open)
            continue;
        if (seen != (open | WEFT__LOCKED)) {
            if (time != WEFT__END_QUIET)
                count(&weft__misuses.after_end);
            return false;
        }
        if (spins < SPINS)
            pause_briefly();
        else if (atomic_compare_exchange_weak_explicit(&head->control, &seen, seen | WEFT__END_PENDING,
                                                       memory_order_release, memory_order_relaxed))
            return false; /* the holder ends it when it unlocks */
    }
}

WEFT_INLINE void end_record(weft__thread *thread, const weft_span *span, uint64_t time)
{
    weft__block *head = weft__block_find(span->context.record_);
    if (WEFT_UNLIKELY(head == NULL))
        return;
    uint64_t generation = span->context.record_ & WEFT__GENERATION_MASK, open = generation | WEFT__OPEN, seen = open;
    if (WEFT_LIKELY(atomic_compare_exchange_strong_explicit(&head->control, &seen, generation | WEFT__ENDING,
                                                            memory_order_acquire, memory_order_relaxed)) ||
        end_contended(head, open, time))
        finish(thread, head, generation, time);
}

void weft__end_entered(weft__thread *thread, const weft_span *span, uint64_t time)
{
    end_record(thread, span, time);
}

void weft__span_end(weft__thread *thread, const weft_span *span, uint64_t time)
{
    if (WEFT_LIKELY(weft__enter_counted(thread))) {
        weft__end_entered(thread, span, time);
        weft__leave(thread);
    }
}

/* A processor has left something on the stack, which may have moved: all that lies above goes with the span. */
static WEFT_COLD void pop_with_rest(weft__thread *thread, weft__stack *stack, uint64_t serial)
{
    atomic_fetch_add_explicit(&weft__misuses.order, 1, memory_order_relaxed);
    uint32_t at = stack == thread->stack ? weft__stack_find(stack, serial) : UINT32_MAX;
    if (at != UINT32_MAX)
        weft__stack_leave_above(thread, at);
}

void weft__span_leave(weft__thread *thread, const weft_span *span)
{
    weft__stack *stack = thread->stack;
    uint32_t depth = stack->depth;
    const weft__entry *entry = depth != 0 ? &stack->entries[depth - 1] : NULL;
    if (WEFT_UNLIKELY(entry == NULL || entry->serial != span->context.hold_)) {
        weft__leave_general(span);
        return;
    }
    if (WEFT_UNLIKELY(!weft__enter_counted(thread)))
        return;
    weft__block *head = entry->block;
    if (WEFT_LIKELY(head != NULL)) {
        /* Ended while it is still current: on_ending may want to ask for it. */
        uint64_t generation = span->context.record_ & WEFT__GENERATION_MASK, seen = generation | WEFT__OPEN;
        if (WEFT_LIKELY(atomic_compare_exchange_strong_explicit(&head->control, &seen, generation | WEFT__ENDING,
                                                                memory_order_acquire, memory_order_relaxed)) ||
            end_contended(head, generation | WEFT__OPEN, WEFT__END_QUIET))
            finish(thread, head, generation, WEFT__END_QUIET);
    } else if (span->context.record_ != 0) {
        end_record(thread, span, WEFT__END_QUIET);
    }
    if (WEFT_LIKELY(stack->depth == depth && stack == thread->stack))
        weft__stack_pop(thread);
    else
        pop_with_rest(thread, stack, span->context.hold_);
    weft__leave(thread);
}

void weft__record_unlock_slow(weft__thread *thread, weft__block *head)
{
    uint64_t control = atomic_load_explicit(&head->control, memory_order_relaxed);
    atomic_store_explicit(&head->control, (control & WEFT__GENERATION_MASK) | WEFT__ENDING, memory_order_relaxed);
    finish(thread, head, control & WEFT__GENERATION_MASK, 0);
}
