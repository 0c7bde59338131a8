/* test_ids.c - ids of many threads: distinct, never zero, each bit as often set as not. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weft/weft.h>

#include "tests/support/storm.h"

WEFT_INSTRUMENTATION("storm.ids", "1");

enum { THREADS = 8 };

static size_t share; /* spans of each thread */
static uint64_t (*traces)[2], *spans;
static bool flags_right[THREADS];

/* Every tenth span begins a trace, the others are its children. */
static void make(size_t index)
{
    weft_span root = { { { { 0 }, { 0 }, 0, false, { 0 }, 0 }, 0, 0, 0 } };
    flags_right[index] = true;
    for (size_t i = 0; i < share; i++) {
        bool first = i % 10 == 0;
        const weft_span span = weft_span_start("id", .root = first, .parent = first ? NULL : &root.context);
        if (first) {
            memcpy(traces[(index * share + i) / 10], span.context.span.trace_id, 16);
            root = span;
        }
        flags_right[index] &= (span.context.span.flags & WEFT_FLAG_RANDOM) != 0;
        flags_right[index] &= memcmp(span.context.span.trace_id, root.context.span.trace_id, 16) == 0;
        memcpy(&spans[index * share + i], span.context.span.span_id, 8);
        weft_span_end(&span);
    }
}

static int compare_spans(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int compare_traces(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

/* 64 bits, each of which is a binomial of its own: the sum of the squared deviations is a chi-square of 64 degrees,
 * which exceeds 181 with a probability of less than 1e-12 where the ids are random. */
static void assert_uniform(const uint64_t *numbers, size_t count, size_t step, uint64_t mask)
{
    double sum = 0;
    for (unsigned bit = 0; bit < 64; bit++) {
        size_t ones = 0;
        if ((mask >> bit & 1) == 0)
            continue;
        for (size_t i = 0; i < count; i++)
            ones += numbers[i * step] >> bit & 1;
        double off = 2 * (double)ones - (double)count;
        sum += off * off / (double)count;
    }
    assert_true(sum < 181);
}

static void ids_are_distinct_and_uniform(void **state)
{
    (void)state;
    const storm_options options = { .max_queue = 1 << 20 };
    share = storm_size(125000, 5000);
    size_t count = share * THREADS;
    spans = calloc(count, sizeof *spans);
    traces = calloc(count / 10, sizeof *traces);
    assert_non_null(spans);
    assert_non_null(traces);
    weft_sdk sdk = storm_start(&options);
    storm_threads(THREADS, make);
    storm_finish(sdk);
    for (size_t i = 0; i < THREADS; i++)
        assert_true(flags_right[i]);
    assert_uniform(spans, count, 1, UINT64_MAX);
    /* The first half has one bit that is always set, so that no id is zero. */
    assert_uniform(&traces[0][0], count / 10, 2, ~(uint64_t)1);
    assert_uniform(&traces[0][1], count / 10, 2, UINT64_MAX);
    qsort(spans, count, sizeof *spans, compare_spans);
    qsort(traces, count / 10, sizeof *traces, compare_traces);
    assert_int_not_equal(spans[0], 0);
    for (size_t i = 1; i < count; i++)
        assert_int_not_equal(spans[i - 1], spans[i]);
    for (size_t i = 1; i < count / 10; i++)
        assert_int_not_equal(compare_traces(traces[i - 1], traces[i]), 0);
    free(spans);
    free(traces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_distinct_and_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
