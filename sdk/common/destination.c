/* destination.c - the queue of one destination, and its sends: one at a time, each with a deadline, all counted. */
#include "sdk/common/destination.h"

#include <stdio.h>
#include <string.h>

#include "sdk/base/clock.h"
#include "sdk/common/wake.h"

/* OTEL_BSP_*: SPP-9. */
enum { MAX_QUEUE = 2048, MAX_BATCH = 512, DELAY_MS = 5000, TIMEOUT_MS = 30000 };

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
    return value != 0 ? value : otherwise;
}

void weft__destination_init(weft__destination *d, const weft__destination_options *options, const weft__owner *owner)
{
    const weft_batch_options *batch = &options->batch;
    d->exporter = options->exporter;
    d->class = options->exporter->class;
    snprintf(d->name, sizeof d->name, "%s", d->class->name != NULL ? d->class->name : "");
    d->resource = owner->resource;
    d->budget = owner->budget;
    d->abandoned = owner->abandoned;
    d->simple = options->simple;
    d->skips = options->exporter->skips_spans;
    d->max_queue = or_default(batch->max_queue, MAX_QUEUE);
    d->max_batch = or_default(batch->max_batch, MAX_BATCH);
    if (d->max_batch > d->max_queue)
        d->max_batch = d->max_queue; /* SPP-15 */
    d->delay = batch->delay_ms == WEFT_ZERO ? 0 : or_default(batch->delay_ms, DELAY_MS);
    d->timeout = batch->timeout_ms == WEFT_ZERO ? INT64_MAX : or_default(batch->timeout_ms, TIMEOUT_MS);
    if (d->simple) {
        d->max_batch = 1;
        d->max_queue = UINT32_MAX; /* the budget bounds it */
    }
}

static void add(_Atomic uint64_t *counter, uint64_t more)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more, memory_order_release);
}

/* Whoever reads counters reads in_flight last: so it must go down before another one goes up. */
static void leave_flight(weft__destination *d, uint64_t count)
{
    add(&d->in_flight, (uint64_t)0 - count);
}

void weft__destination_lose(weft__destination *d, weft__cause cause, uint64_t count)
{
    add(&d->losses[cause].count, count);
}

static void set_sending(weft__destination *d)
{
    if (d->sending != NULL || d->first == NULL)
        return;
    d->sending = d->first;
    d->first = d->first->next;
    d->sending->next = NULL;
    d->queued -= (uint32_t)d->sending->count;
    d->started = false;
}

/* The open batch is full, or due: from now on it waits for its turn, and what is under way does not count as queued. */
static void close_open(weft__destination *d)
{
    if (d->open == NULL || d->open->batch.count == 0)
        return;
    weft_batch *batch = &d->open->batch;
    d->open = NULL;
    if (d->first == NULL)
        d->first = batch;
    else
        d->last->next = batch;
    d->last = batch;
    set_sending(d);
}

static bool have_open(weft__destination *d)
{
    if (d->open != NULL)
        return true;
    d->open = d->spare != NULL ? d->spare : weft__parcel_new(d, d->resource);
    d->spare = NULL;
    if (d->open == NULL)
        return false;
    d->budget->used += weft__parcel_weight(d->open);
    return true;
}

static bool keep(weft__destination *d, const weft__record *record, weft_text *shared)
{
    if (!have_open(d))
        return false;
    size_t before = weft__parcel_weight(d->open);
    size_t room = d->budget->used < d->budget->limit ? d->budget->limit - d->budget->used : 0;
    bool added = weft__parcel_add(d->open, record, d->class->encode, room, shared);
    d->budget->used += weft__parcel_weight(d->open) - before;
    return added;
}

void weft__destination_take(weft__destination *d, const weft__record *record, int64_t arrival, weft_text *shared)
{
    if (d->skips)
        return;
    if (d->stage >= WEFT__STAGE_STOP) {
        weft__destination_lose(d, WEFT__LOST_STOP, 1); /* it ended on a thread that was about to see the stop */
        return;
    }
    if (d->queued >= d->max_queue) {
        weft__destination_lose(d, WEFT__LOST_QUEUE, 1);
        return;
    }
    weft__loss_over(&d->losses[WEFT__LOST_QUEUE]);
    if (!keep(d, record, shared)) {
        weft__destination_lose(d, WEFT__LOST_MEMORY, 1);
        return;
    }
    weft__loss_over(&d->losses[WEFT__LOST_MEMORY]);
    add(&d->in_flight, 1);
    d->queued++;
    d->accepted++;
    if (d->open->batch.count == 1)
        d->open->due = arrival > INT64_MAX - d->delay ? INT64_MAX : arrival + d->delay;
    if (d->open->batch.count >= d->max_batch || d->open->batch.bytes >= WEFT__BATCH_BYTES)
        close_open(d);
}

void weft__batch_done(weft_batch *batch, const weft__result *result)
{
    weft__destination *d = batch->destination;
    d->result = *result;
    d->result.message = NULL;
    snprintf(d->answer, sizeof d->answer, "%s", result->message != NULL ? result->message : "");
    atomic_store_explicit(&d->done, true, memory_order_release);
    weft__wake();
}

static void give_up(weft__destination *d, weft_batch *batch)
{
    weft__parcel *parcel = (weft__parcel *)(void *)batch;
    d->budget->used -= weft__parcel_weight(parcel);
    if (d->spare == NULL && weft__parcel_reuse(parcel))
        d->spare = parcel;
    else
        weft__batch_release(batch);
}

static weft__cause cause_of(const weft__destination *d)
{
    if (d->result.status == WEFT_E_INVALID)
        return WEFT__LOST_REJECTED;
    return d->stage == WEFT__STAGE_STOP ? WEFT__LOST_STOP : WEFT__LOST_FAILED;
}

/* The batch under way has ended: counts it, and lets go of it. */
static void finish(weft__destination *d)
{
    weft_batch *batch = d->sending;
    uint64_t count = batch->count, lost = count;
    weft__cause cause = cause_of(d);
    leave_flight(d, count);
    if (d->result.status == WEFT_OK) {
        cause = WEFT__LOST_REJECTED;
        lost = d->result.rejected < count ? d->result.rejected : count;
        add(&d->exported, count - lost);
        weft__loss_over(&d->losses[WEFT__LOST_FAILED]);
        if (lost == 0)
            weft__loss_over(&d->losses[WEFT__LOST_REJECTED]);
    }
    weft__destination_lose(d, cause, lost);
    if (d->started && lost != 0)
        memcpy(d->message, d->answer, sizeof d->message);
    if (d->started) {
        add(&d->batches, 1);
        add(&d->retries, d->result.retries);
    }
    d->finished += count;
    d->sending = NULL;
    give_up(d, batch);
    set_sending(d);
}

/* Whether there is a batch to send, or under way. */
static bool has_work(weft__destination *d, int64_t now)
{
    if (d->sending == NULL && d->open != NULL && d->open->due <= now)
        close_open(d);
    return d->sending != NULL;
}

static void send_next(weft__destination *d, int64_t now)
{
    d->started = true;
    atomic_store_explicit(&d->done, false, memory_order_relaxed);
    d->send_deadline = d->timeout > INT64_MAX - now ? INT64_MAX : now + d->timeout;
    d->class->send(d->exporter, d->sending, d->send_deadline);
}

/* True where the batch under way has ended, if need be by force. */
static bool ended(weft__destination *d, int64_t now)
{
    if (atomic_load_explicit(&d->done, memory_order_acquire))
        return true;
    if (now < d->send_deadline)
        return false;
    d->class->cancel(d->exporter);
    return atomic_load_explicit(&d->done, memory_order_acquire);
}

static bool abandoned(const weft__destination *d)
{
    return atomic_load_explicit(d->abandoned, memory_order_acquire);
}

void weft__destination_run(weft__destination *d)
{
    int64_t now = weft__monotonic_ms();
    while (has_work(d, now)) {
        if (!d->started)
            send_next(d, now);
        if (abandoned(d))
            return;
        now = weft__monotonic_ms();
        if (!ended(d, now))
            break;
        finish(d);
    }
    weft__loss_tell(d->losses, d->name, d->message, now, false);
}

enum { EXPORTER_FDS = 64 };

void weft__destination_step(weft__destination *d, const struct pollfd *fds, size_t count)
{
    if (d->class->step == NULL)
        return;
    /* Found by number: another thread may have asked for the descriptors since this list was made. */
    struct pollfd own[EXPORTER_FDS];
    size_t owned = d->class->fds != NULL ? weft__min(d->class->fds(d->exporter, own, EXPORTER_FDS), EXPORTER_FDS) : 0;
    for (size_t i = 0; i < owned; i++) {
        own[i].revents = 0;
        for (size_t j = 0; j < count && own[i].revents == 0; j++)
            own[i].revents = fds[j].fd == own[i].fd ? fds[j].revents : (short)0;
    }
    d->class->step(d->exporter, own, owned);
}

int64_t weft__destination_deadline(const weft__destination *d)
{
    int64_t least = INT64_MAX;
    if (d->sending != NULL)
        least = d->started ? d->send_deadline : 0;
    else if (d->open != NULL && d->open->batch.count != 0)
        least = d->open->due;
    if (d->exporter != NULL && d->class->deadline != NULL) {
        int64_t own = d->class->deadline(d->exporter);
        least = own < least ? own : least;
    }
    return least;
}

static uint64_t failures(const weft__destination *d)
{
    return atomic_load_explicit(&d->losses[WEFT__LOST_FAILED].count, memory_order_relaxed) +
           atomic_load_explicit(&d->losses[WEFT__LOST_REJECTED].count, memory_order_relaxed);
}

void weft__destination_flush(weft__destination *d, bool last)
{
    if (last && d->class->hurry != NULL)
        d->class->hurry(d->exporter);
    close_open(d);
    d->mark = d->accepted;
    d->failures = failures(d);
    d->stage = WEFT__STAGE_DRAIN;
    d->status = WEFT_OK;
}

static uint32_t left_until(int64_t deadline)
{
    int64_t now = weft__monotonic_ms();
    if (deadline <= now)
        return 0;
    return deadline - now < UINT32_MAX ? (uint32_t)(deadline - now) : UINT32_MAX;
}

static weft_status as_failure(weft_status status)
{
    return status == WEFT_OK || status == WEFT_E_TIMEOUT ? status : WEFT_E_FAILED;
}

bool weft__destination_flushing(weft__destination *d, int64_t deadline)
{
    if (d->stage == WEFT__STAGE_DRAIN && d->finished >= d->mark) {
        d->stage = WEFT__STAGE_FLUSH;
        if (failures(d) != d->failures)
            d->status = WEFT_E_FAILED;
    }
    if (d->stage == WEFT__STAGE_FLUSH) {
        weft_status status = d->class->flush != NULL ? d->class->flush(d->exporter, left_until(deadline)) : WEFT_OK;
        if (status != WEFT_PENDING) {
            d->stage = WEFT__STAGE_FLUSHED;
            if (d->status == WEFT_OK)
                d->status = as_failure(status);
        }
    }
    if (d->stage != WEFT__STAGE_FLUSHED && weft__monotonic_ms() >= deadline) {
        d->stage = WEFT__STAGE_FLUSHED;
        d->status = WEFT_E_TIMEOUT;
    }
    return d->stage == WEFT__STAGE_FLUSHED;
}

static void drop_waiting(weft__destination *d)
{
    close_open(d);
    while (d->sending != NULL) {
        if (!d->started)
            d->result = (weft__result){ .status = WEFT_E_TIMEOUT };
        else if (!atomic_load_explicit(&d->done, memory_order_acquire))
            d->class->cancel(d->exporter);
        finish(d);
    }
}

void weft__destination_stop(weft__destination *d)
{
    d->stage = WEFT__STAGE_STOP;
    d->status = WEFT_OK;
    drop_waiting(d);
    if (d->open != NULL) {
        d->budget->used -= weft__parcel_weight(d->open);
        weft__batch_release(&d->open->batch);
    }
    if (d->spare != NULL)
        weft__batch_release(&d->spare->batch);
    d->open = d->spare = NULL;
}

weft_status weft__destination_stopping(weft__destination *d, int64_t deadline)
{
    if (d->stage == WEFT__STAGE_STOPPED)
        return d->status;
    weft_status status = d->class->stop != NULL ? d->class->stop(d->exporter, left_until(deadline)) : WEFT_OK;
    if (status == WEFT_PENDING && weft__monotonic_ms() < deadline)
        return WEFT_PENDING;
    d->stage = WEFT__STAGE_STOPPED;
    if (status == WEFT_PENDING) {
        d->status = WEFT_E_TIMEOUT;
        return d->status;
    }
    if (abandoned(d))
        return WEFT_E_TIMEOUT;
    weft__loss_tell(d->losses, d->name, d->message, weft__monotonic_ms(), true);
    d->class->free(d->exporter);
    d->exporter = NULL;
    d->status = as_failure(status);
    return d->status;
}

void weft__destination_stats(const weft__destination *d, weft_destination_stats *stats)
{
    static const size_t fields[WEFT__LOSSES] = {
        [WEFT__LOST_QUEUE] = offsetof(weft_destination_stats, dropped_queue),
        [WEFT__LOST_MEMORY] = offsetof(weft_destination_stats, dropped_memory),
        [WEFT__LOST_REJECTED] = offsetof(weft_destination_stats, dropped_rejected),
        [WEFT__LOST_FAILED] = offsetof(weft_destination_stats, dropped_failed),
        [WEFT__LOST_STOP] = offsetof(weft_destination_stats, dropped_stop),
    };
    weft_destination_stats all = { .size = stats->size, .name = d->name };
    all.exported = atomic_load_explicit(&d->exported, memory_order_acquire);
    for (size_t i = 0; i < WEFT__LOSSES; i++) {
        uint64_t lost = atomic_load_explicit(&d->losses[i].count, memory_order_acquire);
        memcpy((char *)&all + fields[i], &lost, sizeof lost);
    }
    all.batches = atomic_load_explicit(&d->batches, memory_order_acquire);
    all.retries = atomic_load_explicit(&d->retries, memory_order_acquire);
    all.in_flight = atomic_load_explicit(&d->in_flight, memory_order_acquire);
    if (abandoned(d)) {
        all.dropped_stop += all.in_flight; /* nobody will count them any more */
        all.in_flight = 0;
    }
    memcpy(stats, &all, weft__min(stats->size != 0 ? stats->size : sizeof all, sizeof all));
}
