/* magazine.c - the rare half of a thread's magazine: refill, spill, and what happens when the thread ends. */
#include "sdk/common/magazine.h"

#include "sdk/common/depot.h"
#include "sdk/common/drain.h"

/* Blocks from the end of the magazine go to their own pool's depot. */
static void give_to_depot(weft__thread *thread, uint32_t count)
{
    while (count != 0 && thread->count != 0) {
        weft__pool *pool = weft__pool_of(thread->magazine[thread->count - 1]->number);
        uint32_t size = 0;
        while (size < count && size < WEFT__GROUP && thread->count != 0 &&
               weft__pool_of(thread->magazine[thread->count - 1]->number) == pool) {
            thread->count--;
            size++;
        }
        weft__depot_push(pool, &thread->magazine[thread->count], size);
        count -= size;
    }
}

void weft__magazine_spill(weft__thread *thread)
{
    give_to_depot(thread, WEFT__GROUP);
}

/* A thread may hold a fair share of the pool at most, and none that it does not need at once where half of it is out:
 * the magazines of a thousand idle threads must not starve the busy ones. */
static uint32_t refill_size(const weft__pool *pool)
{
    uint32_t threads = atomic_load_explicit(&weft__thread_count, memory_order_relaxed);
    if (atomic_load_explicit(&pool->out, memory_order_relaxed) > pool->blocks / 2)
        return 1;
    uint32_t share = pool->blocks / 4 / (threads != 0 ? threads : 1);
    return share == 0 ? 1 : share > WEFT__GROUP ? WEFT__GROUP : share;
}

void weft__magazine_renew(weft__thread *thread, uint32_t epoch)
{
    if (thread->epoch / WEFT__OPENINGS == epoch / WEFT__OPENINGS) {
        give_to_depot(thread, thread->count);
    } else { /* forked: what the thread had was the parent's, and has been wiped */
        thread->count = 0;
        atomic_store_explicit(&thread->ended, 0, memory_order_relaxed);
        atomic_store_explicit(&thread->dirty, 0, memory_order_relaxed);
    }
    weft__random_seed(&thread->random);
    thread->epoch = epoch;
}

bool weft__magazine_refill(weft__thread *thread)
{
    weft__pool *pool =
        atomic_load_explicit(&atomic_load_explicit(&weft__runtime, memory_order_relaxed)->pool, memory_order_acquire);
    if (pool == NULL)
        return false;
    thread->count = weft__depot_take(pool, thread->magazine, refill_size(pool));
    weft__notify_fn *notify = atomic_load_explicit(&weft__pool_notify, memory_order_relaxed);
    if (notify != NULL &&
        (thread->count == 0 || atomic_load_explicit(&pool->out, memory_order_relaxed) > pool->blocks / 4))
        notify(WEFT__NOTICE_LOW);
    return thread->count != 0;
}

void weft__ended_notice(weft__thread *thread, bool first)
{
    weft__notify_fn *notify = atomic_load_explicit(&weft__pool_notify, memory_order_relaxed);
    uint32_t chunk = atomic_load_explicit(&weft__pool_chunk, memory_order_relaxed);
    if (first) {
        weft__drain_register(thread);
        /* The worker has taken what was there: the count begins anew, with this record. */
        thread->until_notice = (int32_t)chunk - 1;
        thread->chunk = chunk;
        if (notify != NULL)
            notify(WEFT__NOTICE_FIRST);
    }
    if (thread->until_notice > 0)
        return;
    uint32_t ended = thread->chunk;
    thread->until_notice = (int32_t)chunk;
    thread->chunk = chunk;
    if (notify != NULL)
        notify(ended);
}

void weft__magazine_end(weft__thread *thread)
{
    uint32_t epoch = atomic_load(&atomic_load(&weft__runtime)->epoch);
    if (thread->epoch / WEFT__OPENINGS == epoch / WEFT__OPENINGS && epoch != 0)
        give_to_depot(thread, thread->count);
    thread->count = 0; /* where it was not given back, a fork has wiped it */
    weft__slab_drop(thread->sampled_state);
    thread->sampled_state = 0;
}
