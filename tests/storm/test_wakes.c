/* test_wakes.c - in a flood the tracing threads hardly ever wake the worker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <weft/weft.h>

#include "tests/support/storm.h"

WEFT_INSTRUMENTATION("storm.wakes", "1");

static size_t count;

static void flood(size_t index)
{
    (void)index;
    for (size_t i = 0; i < count; i++) {
        const weft_span span = weft_span_enter("flood");
        weft_span_leave(&span);
    }
}

static uint64_t wakes_of(size_t threads, size_t spans)
{
    const storm_options options = { .max_queue = 0 };
    weft_sdk sdk = storm_start(&options);
    storm_sums before = storm_settle(sdk);
    count = spans / threads;
    storm_threads(threads, flood);
    weft_stats after = { .size = sizeof after };
    weft_sdk_stats(sdk, &after);
    storm_finish(sdk);
    return after.wakes - before.sdk.wakes;
}

static void a_flood_wakes_at_most_four_times_in_a_thousand_spans(void **state)
{
    (void)state;
    size_t spans = storm_size(1000000, 50000);
    assert_in_range(wakes_of(1, spans), 1, spans * 4 / 1000);
    assert_in_range(wakes_of(2, spans), 1, spans * 4 / 1000);
    assert_in_range(wakes_of(8, spans), 1, spans * 4 / 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_wakes_at_most_four_times_in_a_thousand_spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
