/* testing.c - weft/testing.h: an SDK with a clock that stands still, ids that count, and spans kept in memory. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <weft/testing.h>

#include "exporters/memory/memory.h"
#include "sdk/base/clock.h"
#include "sdk/base/diag.h"
#include "sdk/base/text.h"
#include "sdk/config/registry.h"
#include "sdk/config/sdk.h"

enum { EPOCH = 1000000000, FLUSH_MS = 10000, OWN_PROCESSORS = 16 };

/* The one place of state: how many test SDKs hold the clock. */
static _Atomic uint32_t running;

/* Ids are shared by traces and spans: 1, 2, 3 in the order of their making. */
static uint64_t next_id(void *self)
{
    return atomic_fetch_add((_Atomic uint64_t *)self, 1) + 1;
}

static void put_number(uint8_t *out, size_t size, uint64_t number)
{
    for (size_t i = size; i-- > 0; number >>= 8)
        out[i] = (uint8_t)number;
}

static void trace_id(void *self, uint8_t out[16])
{
    put_number(out, 16, next_id(self));
}

static void span_id(void *self, uint8_t out[8])
{
    put_number(out, 8, next_id(self));
}

static const weft_id_ops ids = { .size = sizeof ids, .trace_id = trace_id, .span_id = span_id, .free = free };

static void give_clock_back(void)
{
    if (atomic_fetch_sub(&running, 1) == 1)
        weft__clock_virtual(0);
}

static void take_clock(void)
{
    weft__clock_start();
    if (atomic_fetch_add(&running, 1) == 0)
        weft__clock_virtual(EPOCH);
}

/* The caller's processors, and behind them the memory exporter, each span in a batch of its own so that their order is
 * that of their ends. */
static weft_processor *const *add_memory(weft_processor *const *list, weft_processor *out[OWN_PROCESSORS + 2])
{
    size_t count = 0;
    for (; list != NULL && list[count] != NULL && count < OWN_PROCESSORS; count++)
        out[count] = list[count];
    take_clock();
    weft_exporter *memory = weft__memory_new(give_clock_back);
    if (memory == NULL)
        give_clock_back();
    out[count++] = weft_processor_simple(memory);
    out[count] = NULL;
    return out;
}

weft_sdk weft_test_start(const weft_sdk_options *options)
{
    weft_processor *processors[OWN_PROCESSORS + 2];
    weft_sdk_options own = { .size = sizeof own };
    if (options != NULL)
        memcpy(&own, options, options->size != 0 ? weft__min(options->size, sizeof own) : sizeof own);
    own.size = sizeof own;
    if (own.exporters != NULL)
        for (size_t i = 0; own.exporters[i] != NULL; i++)
            weft_exporter_free(own.exporters[i]);
    if (own.ids != NULL && own.ids->free != NULL)
        own.ids->free(own.ids_self);
    own.exporters = NULL;
    own.ids_self = calloc(1, sizeof(_Atomic uint64_t));
    own.ids = own.ids_self != NULL ? &ids : NULL;
    own.ignore_environment = true;
    own.processors = add_memory(own.processors, processors);
    return weft__sdk_start(&own, WEFT__DRIVER_HOST);
}

void weft_test_advance(weft_sdk sdk, uint64_t ns)
{
    (void)sdk; /* all test SDKs share the time */
    if (atomic_load(&running) != 0)
        weft__clock_advance(ns);
}

/* The SDK with all that has ended in memory; leave it. NULL: it does not run. */
static weft__sdk *enter(weft_sdk sdk)
{
    if (weft_sdk_flush(sdk, FLUSH_MS) == WEFT_E_STOPPED)
        return NULL;
    weft__sdk *entered = weft__registry_enter(sdk.id_);
    if (entered != NULL && entered->build == NULL) {
        weft__registry_leave(entered);
        return NULL;
    }
    return entered;
}

size_t weft_test_span_count(weft_sdk sdk)
{
    weft__sdk *entered = enter(sdk);
    if (entered == NULL)
        return 0;
    size_t count = weft__memory_count(&entered->build->provider.resource);
    weft__registry_leave(entered);
    return count;
}

bool weft_test_span(weft_sdk sdk, size_t index, weft_span_view *view)
{
    weft__sdk *entered = view != NULL ? enter(sdk) : NULL;
    if (entered == NULL)
        return false;
    bool found = weft__memory_span(&entered->build->provider.resource, index, view);
    weft__registry_leave(entered);
    return found;
}

bool weft_test_span_named(weft_sdk sdk, const char *name, weft_span_view *view)
{
    weft__sdk *entered = view != NULL ? enter(sdk) : NULL;
    if (entered == NULL)
        return false;
    bool found = false;
    for (size_t i = 0; !found && weft__memory_span(&entered->build->provider.resource, i, view); i++)
        found = weft__same(view->name, name);
    weft__registry_leave(entered);
    return found;
}

bool weft_test_attribute(const weft_span_view *span, const char *key, weft_attribute *attribute)
{
    weft_attribute found;
    for (weft_cursor at = { 0 }; attribute != NULL && weft_span_attribute(span, &at, &found);) {
        if (weft__same(weft_text_n(found.key, found.key_size), key)) {
            *attribute = found;
            return true;
        }
    }
    return false;
}

void weft_test_reset(weft_sdk sdk)
{
    weft__sdk *entered = enter(sdk);
    if (entered == NULL)
        return;
    weft__memory_reset(&entered->build->provider.resource);
    weft__registry_leave(entered);
}
