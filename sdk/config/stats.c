/* stats.c - the counters of an SDK and of its destinations.
 *
 * Nothing is stopped for a reading. What comes later in the life of a span is read first, so that no span is seen
 * twice: the destinations, then what the pump has taken, then what has ended, then what was created. */
#include <string.h>

#include <weft/sdk.h>

#include "sdk/common/pool.h"
#include "sdk/common/pump.h"
#include "sdk/config/registry.h"

/* One counter of an SDK since its start, summed over all threads that ever were. */
static uint64_t sum(const weft__sdk *sdk, size_t offset)
{
    uint64_t total = 0;
    for (const weft__thread *thread = weft__threads(); thread != NULL; thread = thread->next_registered) {
        const char *tally = (const char *)&thread->tally[sdk->slot];
        total += atomic_load_explicit((const _Atomic uint64_t *)(const void *)(tally + offset), memory_order_relaxed);
    }
    atomic_thread_fence(memory_order_seq_cst);
    return total - atomic_load_explicit((const _Atomic uint64_t *)(const void *)((const char *)&sdk->base + offset),
                                        memory_order_relaxed);
}

static weft_counts count_spans(const weft__sdk *sdk)
{
    weft_counts counts = { 0 };
    uint64_t gone = sum(sdk, offsetof(weft__tally, ended)) + sum(sdk, offsetof(weft__tally, discarded));
    counts.dropped_pool = sum(sdk, offsetof(weft__tally, dropped_pool));
    gone += counts.dropped_pool;
    counts.created = sum(sdk, offsetof(weft__tally, created));
    counts.open = counts.created > gone ? counts.created - gone : 0;
    return counts;
}

static void add_process(weft_stats *all)
{
    all->wakes = weft__pump_wakes();
    all->misuse_after_end = atomic_load(&weft__misuses.after_end);
    all->misuse_order = atomic_load(&weft__misuses.order);
    all->misuse_thread = atomic_load(&weft__misuses.thread);
    all->misuse_argument = atomic_load(&weft__misuses.argument);
    all->dropped_signal = atomic_load(&weft__misuses.signal);
    all->dropped_contended = atomic_load(&weft__misuses.contended);
    weft__pool_usage(&all->pool_bytes, &all->pool_used);
}

void weft_sdk_stats(weft_sdk handle, weft_stats *stats)
{
    if (stats == NULL)
        return;
    size_t size = stats->size != 0 ? weft__min(stats->size, sizeof *stats) : sizeof *stats;
    weft_stats all = { .size = stats->size };
    weft__sdk *sdk = weft__registry_enter(handle.id_);
    if (sdk != NULL) {
        if (sdk->build != NULL && sdk->build->attached)
            all.destinations = weft__pump_destinations(sdk->slot);
        all.truncated_records = sum(sdk, offsetof(weft__tally, truncated));
        all.spans = count_spans(sdk);
        add_process(&all);
        weft__registry_leave(sdk);
    }
    memcpy(stats, &all, size);
}

bool weft_sdk_destination(weft_sdk handle, uint32_t index, weft_destination_stats *stats)
{
    weft__sdk *sdk = stats != NULL ? weft__registry_enter(handle.id_) : NULL;
    if (sdk == NULL)
        return false;
    weft_destination_stats all = { .size = sizeof all };
    bool found = sdk->build != NULL && sdk->build->attached && weft__pump_stats(sdk->slot, index, &all);
    if (found) {
        uint64_t drained = weft__pump_drained(sdk->slot), ended = sum(sdk, offsetof(weft__tally, ended));
        all.in_flight += ended > drained ? ended - drained : 0;
        all.size = stats->size;
        memcpy(stats, &all, stats->size != 0 ? weft__min(stats->size, sizeof all) : sizeof all);
    }
    weft__registry_leave(sdk);
    return found;
}
