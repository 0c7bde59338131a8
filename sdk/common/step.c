/* step.c - one step of the pump: drain the pool, serve the callers, run the destinations, decide how to sleep. */
#include "sdk/common/pump_state.h"

#include <weft/context.h>

#include "sdk/common/wake.h"

enum { CLOCK_CHECK_MS = 1000 };

static bool abandoned(const weft__pump *pump)
{
    return atomic_load_explicit(&pump->abandoned, memory_order_acquire);
}

/* What a drain hands to take_record. */
struct drain {
    weft__pump *pump;
    int64_t arrival;
};

/* The lane in that slot; also one that was attached after this step began, whose first records are there already. */
static weft__lane *find_lane(weft__pump *pump, uint32_t slot)
{
    if (pump->lanes[slot] != NULL)
        return pump->lanes[slot];
    weft__lane *late = atomic_load_explicit(&weft__pumps.lanes[slot], memory_order_acquire);
    if (late == NULL || late->seen || atomic_load_explicit(&late->abandoned, memory_order_acquire))
        return NULL;
    pump->again = true;
    return late;
}

/* Whose record it is; NULL: nobody's any more, or not for export. */
static weft__lane *lane_of(weft__pump *pump, const weft__block *head)
{
    weft__lane *lane = find_lane(pump, WEFT__SDK_SLOT(head->sdk));
    bool wanted = (head->flags & WEFT_FLAG_SAMPLED) != 0;
    return wanted && lane != NULL && (lane->tag == 0 || lane->tag == head->sdk) ? lane : NULL;
}

static void take_record(void *arg, weft__block *head)
{
    const struct drain *drain = arg;
    weft__pump *pump = drain->pump;
    weft__lane *lane = lane_of(pump, head);
    weft__record record;
    weft__buffer_reset(&pump->scratch);
    if (lane != NULL && weft__record_read(head, &pump->map, &pump->scratch, &record))
        weft__lane_take(lane, &record, drain->arrival);
    else if (lane != NULL)
        weft__lane_lose(lane);
    weft__pool_free(head);
}

/* Ticks of before a change of the clock source are read by the map of before it. */
static void read_clock(weft__pump *pump, int64_t now)
{
    bool check = now - pump->checked >= CLOCK_CHECK_MS;
    if (check)
        pump->checked = now;
    if (!check || !weft__clock_check())
        pump->map = weft__tick_map_now();
}

static size_t drain_pool(weft__pump *pump)
{
    int64_t now = weft__monotonic_ms();
    struct drain drain = { pump, pump->timer == INT64_MAX ? now : pump->last_drain };
    size_t count = 0;
    pthread_mutex_lock(&weft__pumps.drain);
    if (!abandoned(pump)) {
        read_clock(pump, now);
        count = weft__pool_drain(take_record, &drain);
        weft__pool_free_done();
    }
    pthread_mutex_unlock(&weft__pumps.drain);
    pump->last_drain = now;
    return count;
}

/* The lanes there are now, and what is wanted of them. */
static void look_around(weft__pump *pump, weft__wanted wanted[WEFT__SDKS])
{
    pthread_mutex_lock(&weft__pumps.lock);
    for (size_t i = 0; i < WEFT__SDKS; i++) {
        weft__lane *lane = abandoned(pump) ? NULL : weft__pumps.lanes[i];
        pump->lanes[i] = lane != NULL && !lane->wanted.gone ? lane : NULL;
        if (pump->lanes[i] != NULL) {
            wanted[i] = lane->wanted;
            lane->seen = true;
        }
    }
    pthread_mutex_unlock(&weft__pumps.lock);
}

static void answer(weft__pump *pump, weft__lane *lane, const weft__wanted *wanted)
{
    /* Once that is known, the next SDK in the slot may free the lane. */
    if (wanted->gone)
        pump->lanes[lane->slot] = NULL;
    pthread_mutex_lock(&weft__pumps.lock);
    lane->wanted.flushed = wanted->flushed;
    lane->wanted.flush_status = wanted->flush_status;
    lane->wanted.gone |= wanted->gone; /* its caller may have given up in the meantime */
    lane->wanted.detach_status = wanted->detach_status;
    pthread_cond_broadcast(&weft__pumps.changed);
    pthread_mutex_unlock(&weft__pumps.lock);
    pump->again = true;
}

static bool lane_abandoned(const weft__lane *lane)
{
    return atomic_load_explicit(&lane->abandoned, memory_order_acquire);
}

/* Before each callback: another lane's may have taken so long that its caller gave this one up in the meantime. */
static void run_lane(weft__pump *pump, weft__lane *lane, weft__wanted *wanted, const struct pollfd *fds, size_t count)
{
    for (size_t i = 0; i < lane->count && !lane_abandoned(lane); i++) {
        if (lane->destinations[i].exporter != NULL)
            weft__destination_step(&lane->destinations[i], fds, count);
    }
    bool news = !lane_abandoned(lane) && weft__lane_serve(lane, wanted);
    for (size_t i = 0; i < lane->count && !wanted->gone && !lane_abandoned(lane); i++) {
        if (lane->destinations[i].exporter != NULL)
            weft__destination_run(&lane->destinations[i]);
    }
    if (!wanted->gone && !lane_abandoned(lane) && weft__lane_serve(lane, wanted))
        news = true;
    if (news && !lane_abandoned(lane))
        answer(pump, lane, wanted);
}

static void run_lanes(weft__pump *pump, weft__wanted wanted[WEFT__SDKS], const struct pollfd *fds, size_t count)
{
    /* Exporters make no telemetry of their own (OXT-21). */
    weft_context suppressed = weft_context_suppressed(NULL);
    weft_token token = weft_context_attach(&suppressed);
    weft__pump_set_inside(true);
    atomic_store_explicit(&pump->calling, true, memory_order_release);
    for (size_t i = 0; i < WEFT__SDKS && !abandoned(pump); i++) {
        if (pump->lanes[i] != NULL)
            run_lane(pump, pump->lanes[i], &wanted[i], fds, count);
    }
    atomic_store_explicit(&pump->calling, false, memory_order_release);
    weft__pump_set_inside(false);
    (void)weft_context_detach(token);
    weft_context_release(&suppressed);
}

/* After a drain that found something it sleeps by its timer, so that a flood needs no wake for each first record; after
 * one that found nothing it sleeps until the first record. */
static void settle(weft__pump *pump, bool found)
{
    uint32_t batch = UINT32_MAX;
    int64_t delay = INT64_MAX, now = weft__monotonic_ms();
    bool simple = false;
    for (size_t i = 0; i < WEFT__SDKS; i++) {
        if (pump->lanes[i] != NULL)
            weft__lane_pace(pump->lanes[i], &batch, &delay, &simple);
    }
    if (simple || delay == INT64_MAX)
        pump->timer = INT64_MAX;
    else if (found)
        pump->timer = now + delay;
    else if (pump->timer <= now)
        pump->timer = INT64_MAX;
    bool idle = pump->timer == INT64_MAX;
    uint32_t threads = atomic_load_explicit(&weft__thread_count, memory_order_relaxed);
    uint32_t chunk = threads > 1 ? batch / threads : batch;
    weft__wake_expect(idle, batch, chunk != 0 ? chunk : 1);
    if (weft__wake_sleep() && idle && drain_pool(pump) != 0) {
        /* They ended before they could see that it sleeps. */
        pump->timer = simple || delay == INT64_MAX ? INT64_MAX : now + delay;
        weft__wake();
    }
}

void weft__pump_run(weft__pump *pump, const struct pollfd *fds, size_t count)
{
    weft__wanted wanted[WEFT__SDKS];
    pump->again = false;
    weft__wake_begin();
    look_around(pump, wanted);
    bool found = drain_pool(pump) != 0;
    run_lanes(pump, wanted, fds, count);
    if (!abandoned(pump))
        settle(pump, found);
}

size_t weft__pump_watch(const weft__pump *pump, struct pollfd *fds, size_t room)
{
    size_t count = 1;
    if (room > 0)
        fds[0] = (struct pollfd){ .fd = weft__wake_fd(), .events = POLLIN };
    for (size_t i = 0; i < WEFT__SDKS; i++) {
        const weft__lane *lane = pump->lanes[i];
        for (size_t j = 0; lane != NULL && j < lane->count; j++) {
            const weft__destination *d = &lane->destinations[j];
            size_t used = weft__min(count, room);
            if (d->exporter != NULL && d->class->fds != NULL)
                count += d->class->fds(d->exporter, fds + used, room - used);
        }
    }
    return count;
}

int64_t weft__pump_next(const weft__pump *pump)
{
    if (pump->again || weft__wake_told())
        return 0;
    int64_t least = pump->timer;
    for (size_t i = 0; i < WEFT__SDKS; i++) {
        int64_t own = pump->lanes[i] != NULL ? weft__lane_deadline(pump->lanes[i]) : INT64_MAX;
        least = own < least ? own : least;
    }
    return least;
}
