/* storm.h - for tests under load: sizes, threads that begin together, memory, an SDK whose exporter shows every span to
 * the test, and the sums that must be right at rest. */
#ifndef WEFT_TESTS_SUPPORT_STORM_H
#define WEFT_TESTS_SUPPORT_STORM_H

#include <weft/sdk.h>

enum { STORM_WAIT_MS = 60000 }; /* for flushes and stops that must come to their end */

/* The second one where everything takes ten times as long (WEFT_TEST_SLOW). */
size_t storm_size(size_t full, size_t slow);
/* Runs body in so many threads, all of which begin when the last one is there; returns when all have ended. */
void storm_threads(size_t count, void (*body)(size_t index));
/* Resident memory of this process, in KiB; and whether it has grown by less since then, which only those can tell whose
 * memory is not that of a sanitizer or valgrind (WEFT_TEST_SLOW). */
size_t storm_resident(void);
bool storm_flat(size_t before, size_t less);
/* Open descriptors of this process. */
size_t storm_descriptors(void);
/* The next number of a small generator: tests keep its state, which may start at any value. */
uint64_t storm_random(uint64_t *state);
/* Even below the bound, which is not 0. */
size_t storm_below(uint64_t *state, size_t bound);

typedef struct storm_options {
    void (*visit)(const weft_span_view *span); /* each exported span, on the worker; may be NULL */
    weft_status answer;                        /* of every export */
    uint32_t max_queue, max_batch, delay_ms;   /* 0: the default */
    size_t memory_budget, batch_budget;
    bool local;
} storm_options;

/* The environment has no say. Spans that were exported so far, of all SDKs since the last storm_start: storm_exported.
 */
weft_sdk storm_start(const storm_options *options);
uint64_t storm_exported(void);

/* After a flush, with nobody tracing: all sums are exact. What there is then. */
typedef struct storm_sums {
    weft_stats sdk;
    weft_destination_stats out;
} storm_sums;
storm_sums storm_settle(weft_sdk sdk);
/* In any state: what the destination has lost. */
uint64_t storm_dropped(const weft_destination_stats *out);
/* settle, then stop; both in time. */
storm_sums storm_finish(weft_sdk sdk);

/* The value of an integer attribute of the span; or -1. */
int64_t storm_integer(const weft_span_view *span, const char *key);

#endif
