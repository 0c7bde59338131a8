/* records.c - a provider published by hand, with a sampler that takes everything. */
#include "tests/support/records.h"

#include <stdlib.h>

#include "sdk/api/runtime.h"
#include "sdk/base/clock.h"
#include "sdk/common/pool.h"
#include "sdk/trace/provider.h"

enum { POOL_BYTES = 8 * 1024 * 1024, QUIESCE_MS = 10000 };

static weft_sampler all = { .fast = WEFT__SAMPLE_ON };
static weft__provider providers[WEFT__SDKS];
static uint64_t ended_before[WEFT__SDKS];
static uint32_t running;

static void open_gate(weft__identity *identity)
{
    __atomic_store_n(&identity->gate.spans, WEFT_SPANS_ON, __ATOMIC_RELAXED);
}

static uint64_t ended(uint32_t slot)
{
    uint64_t sum = 0;
    for (weft__thread *thread = weft__threads(); thread != NULL; thread = thread->next_registered)
        sum += atomic_load_explicit(&thread->tally[slot].ended, memory_order_acquire);
    return sum;
}

uint64_t records_ended(uint32_t slot)
{
    return ended(slot) - ended_before[slot];
}

uint8_t records_tag(uint32_t slot)
{
    return providers[slot].tag;
}

void records_start(uint32_t slot)
{
    static uint32_t times[WEFT__SDKS];
    weft__clock_start();
    if (!weft__runtime_make() || (running == 0 && weft__pool_open(POOL_BYTES) != WEFT_OK))
        abort();
    weft__provider *provider = &providers[slot];
    *provider = (weft__provider){ .slot = slot,
                                  .tag = WEFT__SDK_TAG(slot, ++times[slot]),
                                  .sampler = &all,
                                  .limits = { 128, UINT32_MAX, 64, 128, 128, 128, 128 },
                                  .exports = true };
    ended_before[slot] = ended(slot);
    weft__provider_publish(provider);
    weft__page *page = atomic_load(&weft__runtime);
    if (running++ == 0)
        atomic_store_explicit(&page->ops, &weft__trace_ops, memory_order_release);
    weft__gates_refresh(open_gate);
}

void records_stop(uint32_t slot)
{
    weft__page *page = atomic_load(&weft__runtime);
    if (--running == 0)
        atomic_store_explicit(&page->ops, NULL, memory_order_release);
    atomic_store_explicit(&weft__providers[slot], NULL, memory_order_release);
    if (!weft__provider_quiesce(INT64_MAX))
        abort();
    if (running == 0)
        weft__pool_close();
}

weft_scope *records_scope(uint32_t slot, uint32_t scope)
{
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h" };
    weft_scope identity = { .size = sizeof identity, .name = names[scope & 7], .version = "1" };
    return &weft__identity_find(&identity, slot)->scope;
}

void records_make(uint32_t slot, uint32_t scope, size_t count)
{
    weft_scope *in = records_scope(slot, scope);
    for (size_t i = 0; i < count; i++) {
        weft_span span = weft_span_start_in(in, "span", NULL);
        weft_span_end(&span);
    }
}
