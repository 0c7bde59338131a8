/* lane.c - the destinations of one SDK: every record to each, and flush and stop in rounds. */
#include "sdk/common/lane.h"

#include <stdlib.h>

#include "sdk/base/clock.h"

enum { BATCH_BUDGET = 16 * 1024 * 1024 };

weft__lane *weft__lane_new(const weft__pump_options *options)
{
    weft__lane *lane = calloc(1, sizeof *lane + options->count * sizeof lane->destinations[0]);
    if (lane == NULL)
        return NULL;
    lane->slot = options->slot;
    lane->tag = options->tag;
    lane->resource = options->resource;
    lane->budget.limit = options->batch_budget != 0 ? options->batch_budget : BATCH_BUDGET;
    lane->count = options->count;
    weft__owner owner = { lane->resource, &lane->budget, &lane->abandoned };
    for (size_t i = 0; i < lane->count; i++)
        weft__destination_init(&lane->destinations[i], &options->destinations[i], &owner);
    return lane;
}

void weft__lane_free(weft__lane *lane)
{
    free(lane);
}

/* Before the record shows up in a counter of a destination: see weft__pump_stats. */
static void count_drained(weft__lane *lane)
{
    uint64_t before = atomic_load_explicit(&lane->drained, memory_order_relaxed);
    atomic_store_explicit(&lane->drained, before + 1, memory_order_release);
}

void weft__lane_take(weft__lane *lane, const weft__record *record, int64_t arrival)
{
    count_drained(lane);
    /* Destinations with the same encoder stand for one encoding; which of them made it first does not matter. */
    for (size_t i = 0; i < lane->count; i++) {
        weft_text shared = { NULL, 0 };
        bool earlier = false;
        for (size_t j = 0; j < i && !earlier; j++)
            earlier = lane->destinations[j].class->encode == lane->destinations[i].class->encode;
        for (size_t j = i; j < lane->count && !earlier; j++) {
            if (lane->destinations[j].class->encode == lane->destinations[i].class->encode)
                weft__destination_take(&lane->destinations[j], record, arrival, &shared);
        }
    }
}

void weft__lane_lose(weft__lane *lane)
{
    count_drained(lane);
    for (size_t i = 0; i < lane->count; i++) {
        if (!lane->destinations[i].skips)
            weft__destination_lose(&lane->destinations[i], WEFT__LOST_MEMORY, 1);
    }
}

static weft_status worse(weft_status a, weft_status b)
{
    if (a == WEFT_E_TIMEOUT || b == WEFT_E_TIMEOUT)
        return WEFT_E_TIMEOUT;
    return a != WEFT_OK ? a : b;
}

/* The flush part of a round; WEFT_PENDING while it goes on. */
static weft_status flush_all(weft__lane *lane, int64_t deadline)
{
    weft_status status = WEFT_OK;
    bool pending = false;
    for (size_t i = 0; i < lane->count; i++) {
        if (!weft__destination_flushing(&lane->destinations[i], deadline))
            pending = true;
        status = worse(status, lane->destinations[i].status);
    }
    return pending ? WEFT_PENDING : status;
}

static weft_status stop_all(weft__lane *lane, int64_t deadline)
{
    weft_status status = WEFT_OK;
    bool pending = false;
    for (size_t i = 0; i < lane->count; i++) {
        weft_status one = weft__destination_stopping(&lane->destinations[i], deadline);
        if (one == WEFT_PENDING)
            pending = true;
        else
            status = worse(status, one);
    }
    return pending ? WEFT_PENDING : status;
}

static void begin(weft__lane *lane, const weft__wanted *wanted)
{
    lane->round = WEFT__ROUND_FLUSH;
    lane->ticket = wanted->flush;
    lane->detaching = wanted->detach;
    for (size_t i = 0; i < lane->count; i++)
        weft__destination_flush(&lane->destinations[i], wanted->detach);
}

/* The flush has ended: answers, and goes on to the stop where the round was for that. */
static void end_flush(weft__lane *lane, weft_status status, weft__wanted *wanted)
{
    wanted->flushed = lane->ticket;
    wanted->flush_status = status;
    lane->round = WEFT__ROUND_NONE;
    if (!lane->detaching)
        return;
    lane->round = WEFT__ROUND_STOP;
    lane->flush_status = status;
    for (size_t i = 0; i < lane->count; i++)
        weft__destination_stop(&lane->destinations[i]);
}

bool weft__lane_serve(weft__lane *lane, weft__wanted *wanted)
{
    int64_t deadline = wanted->detach ? wanted->detach_deadline : wanted->flush_deadline;
    weft_status status = WEFT_PENDING;
    if (lane->round == WEFT__ROUND_NONE && (wanted->flush > lane->ticket || wanted->detach))
        begin(lane, wanted);
    lane->deadline = deadline;
    if (lane->round == WEFT__ROUND_FLUSH && (status = flush_all(lane, deadline)) != WEFT_PENDING)
        end_flush(lane, status, wanted);
    if (lane->round == WEFT__ROUND_STOP && (status = stop_all(lane, deadline)) != WEFT_PENDING) {
        lane->round = WEFT__ROUND_NONE;
        wanted->gone = true;
        wanted->detach_status = worse(status, lane->flush_status);
        return true;
    }
    return status != WEFT_PENDING;
}

int64_t weft__lane_deadline(const weft__lane *lane)
{
    int64_t least = lane->round != WEFT__ROUND_NONE ? lane->deadline : INT64_MAX;
    for (size_t i = 0; i < lane->count; i++) {
        int64_t own = weft__destination_deadline(&lane->destinations[i]);
        least = own < least ? own : least;
    }
    return least;
}

void weft__lane_pace(const weft__lane *lane, uint32_t *batch, int64_t *delay, bool *simple)
{
    for (size_t i = 0; i < lane->count; i++) {
        const weft__destination *d = &lane->destinations[i];
        if (d->exporter == NULL || d->skips)
            continue;
        if (d->simple || d->delay == 0)
            *simple = true;
        uint32_t room = d->max_batch - (d->open != NULL ? (uint32_t)d->open->batch.count : 0);
        *batch = room < *batch ? room : *batch;
        *delay = !d->simple && d->delay < *delay ? d->delay : *delay;
    }
}
