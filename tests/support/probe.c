/* probe.c - the scripted exporter. */
#include "tests/support/probe.h"

#include <stdlib.h>
#include <string.h>

#include "sdk/base/clock.h"
#include "tests/support/records.h"
#include "tests/support/world.h"

size_t probe_encoded;
const weft__resource probe_resource;

void probe_encode(weft__buffer *out, const weft__record *record)
{
    uint8_t bytes[PROBE_RECORD_BYTES] = { record->kind };
    probe_encoded++;
    weft__buffer_put(out, bytes, sizeof bytes);
}

static probe *probe_of(weft_exporter *exporter)
{
    return (probe *)(void *)exporter;
}

static void finish(probe *p, weft_status status, uint64_t rejected)
{
    weft_batch *batch = p->batch;
    p->batch = NULL;
    weft__batch_done(batch, &(weft__result){ .status = status, .rejected = rejected, .message = "as the test says" });
}

static void end_it(probe *p)
{
    static const weft_status results[] = {
        [PROBE_FAILS] = WEFT_E_FAILED, [PROBE_REFUSES] = WEFT_E_INVALID, [PROBE_HANGS] = WEFT_OK
    };
    finish(p, results[p->fate], p->fate == PROBE_TAKES_HALF ? p->batch->count / 2 : 0);
}

static void probe_send(weft_exporter *exporter, weft_batch *batch, int64_t deadline)
{
    probe *p = probe_of(exporter);
    p->overlaps += p->batch != NULL;
    p->calls_after_stop += p->stops != 0;
    probe_batch *note = &p->batches[p->sends++ % PROBE_BATCHES];
    int64_t now = weft__monotonic_ms();
    *note = (probe_batch){ world_now(), deadline == INT64_MAX ? INT64_MAX : deadline - now + world_now(), batch->count,
                           batch->group_count, batch->bytes };
    p->records += batch->count;
    p->batch = batch;
    if (p->decide != NULL)
        p->decide(p);
    p->ready = p->fate == PROBE_HANGS ? INT64_MAX : now + p->latency;
    if (p->ready <= now)
        end_it(p);
}

static void probe_cancel(weft_exporter *exporter)
{
    probe_of(exporter)->cancels++;
    finish(probe_of(exporter), WEFT_E_TIMEOUT, 0);
}

static int64_t probe_deadline(weft_exporter *exporter)
{
    const probe *p = probe_of(exporter);
    return p->batch != NULL ? p->ready : INT64_MAX;
}

static void probe_step(weft_exporter *exporter, const struct pollfd *fds, size_t count)
{
    probe *p = probe_of(exporter);
    (void)fds, (void)count;
    if (p->batch != NULL && weft__monotonic_ms() >= p->ready)
        end_it(p);
}

static weft_status probe_flush(weft_exporter *exporter, uint32_t timeout_ms)
{
    probe *p = probe_of(exporter);
    (void)timeout_ms;
    p->flushes++;
    return p->flush_hangs ? WEFT_PENDING : p->flush_status;
}

static weft_status probe_stop(weft_exporter *exporter, uint32_t timeout_ms)
{
    probe *p = probe_of(exporter);
    p->overlaps += p->batch != NULL;
    p->stops++;
    p->stop_timeout = timeout_ms;
    return p->stop_hangs ? WEFT_PENDING : WEFT_OK;
}

static void probe_free(weft_exporter *exporter)
{
    probe_of(exporter)->frees++;
}

static weft_exporter *init(probe *p, const weft__exporter_class *class)
{
    memset(p, 0, sizeof *p);
    p->exporter.class = class;
    return &p->exporter;
}

#define PROBE_CLASS(its_name, its_encode)                                                                              \
    { .name = (its_name),                                                                                              \
      .encode = (its_encode),                                                                                          \
      .send = probe_send,                                                                                              \
      .cancel = probe_cancel,                                                                                          \
      .deadline = probe_deadline,                                                                                      \
      .step = probe_step,                                                                                              \
      .flush = probe_flush,                                                                                            \
      .stop = probe_stop,                                                                                              \
      .free = probe_free }

weft_exporter *probe_init(probe *p)
{
    static const weft__exporter_class class = PROBE_CLASS("probe", probe_encode);
    return init(p, &class);
}

weft_exporter *probe_init_flat(probe *p)
{
    static const weft__exporter_class class = PROBE_CLASS("flat", NULL);
    return init(p, &class);
}

void probe_attach(uint32_t slot, weft_exporter *exporter, const weft_batch_options *batch)
{
    weft__destination_options destination = { .exporter = exporter, .simple = batch == NULL };
    if (batch != NULL)
        destination.batch = *batch;
    weft__pump_options options = { .slot = slot,
                                   .tag = records_tag(slot),
                                   .resource = &probe_resource,
                                   .destinations = &destination,
                                   .count = 1,
                                   .driver = WEFT__DRIVER_HOST };
    if (weft__pump_attach(&options) != WEFT_OK)
        abort();
}

weft_destination_stats probe_stats(uint32_t slot, uint32_t index)
{
    weft_destination_stats stats = { .size = sizeof stats };
    if (!weft__pump_stats(slot, index, &stats))
        abort();
    return stats;
}

uint64_t probe_sum(const weft_destination_stats *stats)
{
    return stats->exported + stats->in_flight + stats->dropped_queue + stats->dropped_memory + stats->dropped_rejected +
           stats->dropped_failed + stats->dropped_stop;
}
