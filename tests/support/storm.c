/* storm.c - tests under load: threads, memory, and sums. */
#include "tests/support/storm.h"

#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

size_t storm_size(size_t full, size_t slow)
{
    return getenv("WEFT_TEST_SLOW") != NULL ? slow : full;
}

typedef struct runner {
    pthread_barrier_t *gate;
    void (*body)(size_t index);
    size_t index;
} runner;

static void *run(void *arg)
{
    const runner *own = arg;
    pthread_barrier_wait(own->gate);
    own->body(own->index);
    return NULL;
}

void storm_threads(size_t count, void (*body)(size_t index))
{
    pthread_barrier_t gate;
    pthread_t threads[64];
    runner runners[64];
    assert_in_range(count, 1, 64);
    assert_int_equal(pthread_barrier_init(&gate, NULL, (unsigned)count), 0);
    for (size_t i = 0; i < count; i++) {
        runners[i] = (runner){ &gate, body, i };
        assert_int_equal(pthread_create(&threads[i], NULL, run, &runners[i]), 0);
    }
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&gate);
}

size_t storm_resident(void)
{
    unsigned long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &size, &resident), 2);
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

bool storm_flat(size_t before, size_t less)
{
    return getenv("WEFT_TEST_SLOW") != NULL || storm_resident() < before + less;
}

size_t storm_descriptors(void)
{
    size_t count = 0;
    DIR *all = opendir("/proc/self/fd");
    assert_non_null(all);
    while (readdir(all) != NULL)
        count++;
    closedir(all);
    return count - 3; /* ".", "..", and the directory's own */
}

uint64_t storm_random(uint64_t *state)
{
    uint64_t mixed = *state += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

size_t storm_below(uint64_t *state, size_t bound)
{
    return (size_t)(storm_random(state) % bound);
}

/* What the exporters of the last SDKs have in common. */
static struct {
    _Atomic uint64_t exported;
} seen;

typedef struct watcher {
    void (*visit)(const weft_span_view *span);
    weft_status answer;
} watcher;

static weft_status export_spans(void *self, weft_batch *batch, uint32_t timeout_ms)
{
    const watcher *own = self;
    (void)timeout_ms;
    weft_cursor at = { 0, 0 };
    weft_span_view span = { .size = sizeof span };
    uint64_t count = 0;
    for (; weft_batch_span(batch, &at, &span); count++) {
        if (own->visit != NULL)
            own->visit(&span);
    }
    if (own->answer == WEFT_OK)
        atomic_fetch_add(&seen.exported, count);
    return own->answer;
}

static weft_processor *make_processor(const storm_options *options)
{
    static const weft_exporter_ops ops = {
        .size = sizeof ops, .name = "storm", .export_spans = export_spans, .free = free
    };
    watcher *own = malloc(sizeof *own);
    assert_non_null(own);
    *own = (watcher){ options->visit, options->answer };
    const weft_batch_options batch = { .size = sizeof batch,
                                       .max_queue = options->max_queue,
                                       .max_batch = options->max_batch,
                                       .delay_ms = options->delay_ms };
    return weft_processor_batch(weft_exporter_new(&ops, own), &batch);
}

weft_sdk storm_start(const storm_options *options)
{
    weft_processor *processors[] = { make_processor(options), NULL };
    assert_non_null(processors[0]);
    if (!options->local)
        atomic_store(&seen.exported, 0);
    return weft_sdk_start(WEFT_OPTIONS(weft_sdk_options, .ignore_environment = true, .service_name = "storm",
                                       .processors = processors, .memory_budget = options->memory_budget,
                                       .batch_budget = options->batch_budget, .local = options->local));
}

uint64_t storm_exported(void)
{
    return atomic_load(&seen.exported);
}

uint64_t storm_dropped(const weft_destination_stats *out)
{
    return out->dropped_queue + out->dropped_memory + out->dropped_rejected + out->dropped_failed + out->dropped_stop;
}

storm_sums storm_settle(weft_sdk sdk)
{
    storm_sums sums = { .sdk = { .size = sizeof sums.sdk }, .out = { .size = sizeof sums.out } };
    assert_int_not_equal(weft_sdk_flush(sdk, STORM_WAIT_MS), WEFT_E_TIMEOUT);
    assert_true(weft_sdk_destination(sdk, 0, &sums.out));
    weft_sdk_stats(sdk, &sums.sdk);
    assert_int_equal(sums.out.in_flight, 0);
    const weft_counts *spans = &sums.sdk.spans;
    assert_int_equal(spans->created, spans->open + spans->dropped_pool + spans->dropped_fork + sums.out.exported +
                                         storm_dropped(&sums.out));
    return sums;
}

storm_sums storm_finish(weft_sdk sdk)
{
    storm_sums sums = storm_settle(sdk);
    assert_int_not_equal(weft_sdk_stop(sdk, STORM_WAIT_MS), WEFT_E_TIMEOUT);
    return sums;
}

int64_t storm_integer(const weft_span_view *span, const char *key)
{
    weft_cursor at = { 0, 0 };
    weft_attribute attribute;
    while (weft_span_attribute(span, &at, &attribute)) {
        if (attribute.key_size == strlen(key) && memcmp(attribute.key, key, attribute.key_size) == 0 &&
            attribute.value.type == WEFT_TYPE_INT)
            return attribute.value.as.integer;
    }
    return -1;
}
