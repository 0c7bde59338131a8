/* test_exhaustion.c - what happens when memory is used up: the pool by open spans, the batches by a collector that is
 * dead. Everything is counted, memory stays bounded, and afterwards all is as before. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weft/weft.h>

#include "sdk/common/pump.h"
#include "tests/support/storm.h"

WEFT_INSTRUMENTATION("storm.exhaustion", "1");

enum { BLOCK = 512, BLOCKS = 64, THREADS = 8, OPEN = 1000 };

static _Atomic uint64_t recording, refused, odd;

static void open_many(size_t index)
{
    weft_span *open = calloc(OPEN, sizeof *open);
    (void)index;
    for (size_t i = 0; i < OPEN; i++) {
        open[i] = weft_span_start("open", .root = true);
        bool records = weft_span_recording(&open[i]), sampled = (open[i].context.span.flags & WEFT_FLAG_SAMPLED) != 0;
        atomic_fetch_add(records ? &recording : &refused, 1);
        if (records != sampled || !weft_span_context_valid(&open[i].context.span))
            atomic_fetch_add(&odd, 1);
        /* A child of what does not record is not sampled either. */
        const weft_span child = weft_span_start("child", .parent = &open[i].context);
        if (!sampled && weft_span_recording(&child))
            atomic_fetch_add(&odd, 1);
        weft_span_set(&child, weft_attr("key", "value"));
        weft_span_end(&child);
    }
    for (size_t i = 0; i < OPEN; i++)
        weft_span_end(&open[i]);
    free(open);
}

/* As many open at once as there are blocks, but for those that other threads' magazines may hold. */
static size_t open_at_once(void)
{
    weft_span open[BLOCKS];
    size_t count = 0;
    for (size_t i = 0; i < BLOCKS; i++) {
        open[i] = weft_span_start("one", .root = true);
        count += weft_span_recording(&open[i]);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        weft_span_end(&open[i]);
    return count;
}

static void a_pool_that_is_used_up_counts_and_recovers(void **state)
{
    (void)state;
    const storm_options options = { .max_queue = 1 << 20, .memory_budget = (size_t)BLOCKS * BLOCK };
    weft_sdk sdk = storm_start(&options);
    size_t before = open_at_once();
    storm_sums sums = storm_settle(sdk);
    assert_int_equal(sums.sdk.pool_bytes, BLOCKS * BLOCK);
    assert_in_range(before, BLOCKS / 2, BLOCKS);
    storm_threads(THREADS, open_many);
    sums = storm_settle(sdk);
    assert_int_equal(atomic_load(&odd), 0);
    assert_int_equal(atomic_load(&recording) + atomic_load(&refused), THREADS * OPEN);
    assert_true(atomic_load(&refused) > 0);
    assert_true(sums.sdk.spans.dropped_pool >= atomic_load(&refused));
    assert_int_equal(sums.sdk.spans.open, 0);
    assert_true(sums.sdk.pool_used <= BLOCKS * BLOCK);
    /* Recovered: as many as at first, again and again. */
    for (int i = 0; i < 100; i++) {
        assert_true(open_at_once() >= before);
        storm_settle(sdk);
    }
    storm_finish(sdk);
}

/* Each span grows, by events, until there is nothing left; what did not fit is counted, and all blocks come back. */
static void records_that_cannot_grow_say_so(void **state)
{
    (void)state;
    const storm_options options = { .max_queue = 1 << 20, .memory_budget = (size_t)BLOCKS * BLOCK };
    char text[400];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    weft_sdk sdk = storm_start(&options);
    for (int round = 0; round < 50; round++) {
        weft_span grows = weft_span_start("grows");
        assert_true(weft_span_recording(&grows));
        for (int i = 0; i < 2 * BLOCKS; i++) {
            weft_span_event(&grows, "event", weft_attr("text", (const char *)text));
            weft_span_rename(&grows, text);
            weft_span_status_set(&grows, WEFT_STATUS_ERROR, text);
        }
        weft_span_end(&grows);
        storm_settle(sdk);
    }
    storm_sums sums = storm_finish(sdk);
    assert_int_equal(sums.out.exported, 50);
    assert_int_equal(sums.sdk.truncated_records, 50);
}

/* The exporter holds its first batch until it is told. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool inside, released;
    _Atomic uint64_t spans;
} dead = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static weft_batch *_Atomic held;

/* Answers later, so that the worker goes on draining. */
static weft_status hold_first(void *self, weft_batch *batch, uint32_t timeout_ms)
{
    (void)self, (void)timeout_ms;
    pthread_mutex_lock(&dead.lock);
    bool now = dead.released;
    if (!now) {
        dead.inside = true;
        atomic_store(&held, batch);
        pthread_cond_broadcast(&dead.changed);
    }
    pthread_mutex_unlock(&dead.lock);
    atomic_fetch_add(&dead.spans, weft_batch_count(batch));
    return now ? WEFT_OK : WEFT_PENDING;
}

static void release_held(void)
{
    pthread_mutex_lock(&dead.lock);
    dead.released = true;
    pthread_mutex_unlock(&dead.lock);
    weft_batch_done(atomic_load(&held), WEFT_OK);
}

static weft_sdk start_dead(uint32_t max_queue, uint32_t max_batch, size_t batch_budget)
{
    static const weft_exporter_ops ops = { .size = sizeof ops, .name = "dead", .export_spans = hold_first };
    const weft_batch_options batch = {
        .size = sizeof batch, .max_queue = max_queue, .max_batch = max_batch, .timeout_ms = WEFT_ZERO
    };
    weft_processor *processors[] = { weft_processor_batch(weft_exporter_new(&ops, NULL), &batch), NULL };
    dead.inside = dead.released = false;
    atomic_store(&dead.spans, 0);
    return weft_sdk_start(WEFT_OPTIONS(weft_sdk_options, .ignore_environment = true, .processors = processors,
                                       .batch_budget = batch_budget));
}

static void end_some(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const weft_span span = weft_span_start("some", .root = true);
        weft_span_set(&span, weft_attr("key", "value"));
        weft_span_end(&span);
    }
}

static weft_destination_stats destination(weft_sdk sdk)
{
    weft_destination_stats out = { .size = sizeof out };
    assert_true(weft_sdk_destination(sdk, 0, &out));
    return out;
}

/* Until the worker has taken up all spans that were ended: a flush cannot be done, but makes it look. */
static void wait_taken(weft_sdk sdk, uint64_t ended)
{
    while (weft__pump_drained((uint32_t)(sdk.id_ - 1) & (WEFT__SDKS - 1)) != ended)
        (void)weft_sdk_flush(sdk, 10);
}

static void begin_hang(void)
{
    end_some(10);
    pthread_mutex_lock(&dead.lock);
    while (!dead.inside)
        pthread_cond_wait(&dead.changed, &dead.lock);
    pthread_mutex_unlock(&dead.lock);
}

/* One batch is under way, so many wait, every other one is dropped: exactly. */
static void a_full_queue_drops_the_newest_exactly(void **state)
{
    (void)state;
    weft_sdk sdk = start_dead(100, 10, 0);
    begin_hang();
    for (uint64_t ended = 20; ended <= 200; ended += 10) {
        end_some(10);
        wait_taken(sdk, ended);
        weft_destination_stats out = destination(sdk);
        uint64_t kept = ended < 110 ? ended : 110;
        assert_int_equal(out.in_flight, kept);
        assert_int_equal(out.dropped_queue, ended - kept);
    }
    release_held();
    weft_sdk_flush(sdk, STORM_WAIT_MS);
    weft_destination_stats out = destination(sdk);
    assert_int_equal(out.exported, 110);
    assert_int_equal(out.in_flight, 0);
    assert_int_equal(weft_sdk_stop(sdk, STORM_WAIT_MS), WEFT_OK);
}

static void a_dead_collector_costs_no_more_than_its_budget(void **state)
{
    (void)state;
    enum { BUDGET = 1 << 20 };
    size_t count = storm_size(1000000, 30000), resident = 0;
    weft_sdk sdk = start_dead(1 << 20, 10, BUDGET);
    begin_hang();
    for (size_t i = 0; i < 100; i++) {
        end_some(count / 100);
        if (i == 10)
            resident = storm_resident();
    }
    weft_stats stats = { .size = sizeof stats };
    weft_sdk_stats(sdk, &stats);
    wait_taken(sdk, stats.spans.created - stats.spans.dropped_pool);
    weft_destination_stats out = destination(sdk);
    /* KiB: all of the pool and of the budget may come into use after the first look, if the worker falls behind. */
    assert_true(storm_flat(resident, 8192 + 1024));
    assert_true(out.dropped_memory > 0);
    assert_true(out.in_flight <= BUDGET / 40);
    assert_int_equal(stats.spans.created, out.in_flight + storm_dropped(&out) + stats.spans.dropped_pool);
    assert_int_equal(stats.spans.created, 10 + count);
    release_held();
    storm_sums sums = storm_finish(sdk);
    assert_int_equal(sums.out.exported, atomic_load(&dead.spans));
    assert_int_equal(sums.out.exported, out.in_flight);
}

enum { LIVES = 4, PASSED = 4, LONG_ATTRIBUTES = 5 };

static weft_span lives[LIVES];
static _Atomic uint64_t intact;
static size_t rounds;

static void visit_long(const weft_span_view *span)
{
    if (span->name.size == 4 && memcmp(span->name.data, "long", 4) == 0 &&
        span->attribute_count == LONG_ATTRIBUTES + 1 && span->event_count == PASSED && storm_integer(span, "k0") == 0 &&
        storm_integer(span, "k4") == 4 && storm_integer(span, "last") == 1 && span->status == WEFT_STATUS_OK)
        atomic_fetch_add(&intact, 1);
}

/* What it holds fits into its one block: no flood can take that away from it. */
static void pass_by(size_t index)
{
    const weft_span *own = &lives[index];
    for (size_t i = 0; i < rounds; i++) {
        const weft_span other = weft_span_start("short", .parent = &own->context);
        weft_span_set(&other, weft_attr("key", "value"));
        weft_span_end(&other);
        if (i % (rounds / PASSED) == 0)
            weft_span_event(own, "passed", weft_attr("so far", (int64_t)i));
    }
    weft_span_set(own, weft_attr("last", 1));
    weft_span_status_set(own, WEFT_STATUS_OK, NULL);
    weft_span_end(own);
}

static void flood_past(weft_sdk sdk, size_t count)
{
    char key[16];
    rounds = count;
    for (size_t i = 0; i < LIVES; i++) {
        lives[i] = weft_span_start("long", .root = true);
        for (int j = 0; j < LONG_ATTRIBUTES; j++) {
            snprintf(key, sizeof key, "k%d", j);
            weft_span_set(&lives[i], weft_attr((const char *)key, j));
        }
    }
    storm_threads(LIVES, pass_by);
    storm_sums sums = storm_settle(sdk);
    assert_int_equal(sums.sdk.spans.open, 0);
}

static void long_lived_spans_outlast_millions(void **state)
{
    (void)state;
    const storm_options options = { .visit = visit_long, .max_queue = 1 << 20, .batch_budget = 256 << 20 };
    weft_sdk sdk = storm_start(&options);
    flood_past(sdk, storm_size(100000, 1000));
    size_t resident = storm_resident();
    flood_past(sdk, storm_size(500000, 10000));
    assert_true(storm_flat(resident, 8192));
    assert_int_equal(atomic_load(&intact), 2 * LIVES);
    storm_finish(sdk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_that_is_used_up_counts_and_recovers),
        cmocka_unit_test(records_that_cannot_grow_say_so),
        cmocka_unit_test(a_full_queue_drops_the_newest_exactly),
        cmocka_unit_test(a_dead_collector_costs_no_more_than_its_budget),
        cmocka_unit_test(long_lived_spans_outlast_millions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
