/* test_cycles.c - starts and stops, a thousand times, with spans open across them: no descriptor, no memory and no
 * block is lost, the sums of each SDK are its own, and stops may come from several threads while others trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weft/weft.h>

#include "tests/support/storm.h"

WEFT_INSTRUMENTATION("storm.cycles", "1");

enum { BLOCK = 512, BLOCKS = 64, SLOTS = 8 };

static void trace_some(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const weft_span span = weft_span_enter("some");
        weft_span_set(&span, weft_attr("key", "value"));
        weft_span_leave(&span);
    }
}

/* Three spans outlive each SDK: one is ended while none runs, one under the next SDK, one never; the pool has room for
 * a few of the last kind alone. */
static void spans_outlive_their_sdk(void **state)
{
    (void)state;
    const storm_options options = { .memory_budget = (size_t)BLOCKS * BLOCK };
    size_t cycles = storm_size(1000, 100), descriptors = 0, resident = 0;
    weft_span late[SLOTS];
    memset(late, 0, sizeof late);
    for (size_t i = 0; i < cycles; i++) {
        weft_sdk sdk = storm_start(&options);
        const weft_span between = weft_span_start("between", .root = true);
        const weft_span next = weft_span_start("next", .root = true);
        assert_true(weft_span_recording(&between));
        assert_true(weft_span_recording(&next));
        if (i < 4) { /* never ended */
            const weft_span lost = weft_span_start("lost", .root = true);
            assert_true(weft_span_recording(&lost));
        }
        weft_span_set(&late[i % SLOTS], weft_attr("key", "of another SDK"));
        weft_span_end(&late[i % SLOTS]);
        trace_some(10);
        storm_sums sums = storm_finish(sdk);
        assert_int_equal(sums.sdk.spans.open, i < 4 ? 3 : 2);
        assert_int_equal(sums.out.exported, 10);
        assert_false(weft_span_enabled_in(WEFT_HERE));
        weft_span_end(&between);
        late[i % SLOTS] = next;
        if (i == cycles / 10) {
            descriptors = storm_descriptors();
            resident = storm_resident();
        }
    }
    assert_int_equal(storm_descriptors(), descriptors);
    assert_true(storm_flat(resident, 4096));
}

static _Atomic int stops, running;
static _Atomic uint64_t traced;

/* Some trace all the time; the others start and stop the one SDK, which they share, and now and then one of their own.
 */
static void race(size_t index)
{
    size_t rounds = storm_size(300, 30);
    if (index >= 4) {
        while (atomic_load(&running) != 0) {
            trace_some(20);
            atomic_fetch_add(&traced, 20);
        }
        return;
    }
    for (size_t i = 0; i < rounds; i++) {
        const storm_options options = { .local = i % 3 == 0 && index % 2 == 0, .max_queue = 10000 };
        weft_sdk sdk = storm_start(&options);
        weft_scope *own = weft_sdk_scope(sdk, NULL);
        const weft_span span = weft_span_start_in(own, "own", NULL);
        trace_some(5);
        weft_span_end(&span);
        weft_stats stats = { .size = sizeof stats };
        weft_sdk_stats(sdk, &stats);
        if (weft_sdk_stop(sdk, STORM_WAIT_MS) == WEFT_OK)
            atomic_fetch_add(&stops, 1);
    }
    atomic_fetch_sub(&running, 1);
}

static void stops_race_with_each_other_and_with_spans(void **state)
{
    (void)state;
    atomic_store(&running, 4);
    weft_diagnostics_set(NULL, NULL);
    storm_threads(6, race);
    assert_int_equal(atomic_load(&stops), 4 * storm_size(300, 30));
    assert_int_equal(weft_sdk_flush((weft_sdk){ 0 }, 0), WEFT_E_STOPPED);
    /* And everything still works. */
    const storm_options options = { .max_queue = 10000 };
    weft_sdk sdk = storm_start(&options);
    trace_some(100);
    assert_int_equal(storm_finish(sdk).out.exported, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_outlive_their_sdk),
        cmocka_unit_test(stops_race_with_each_other_and_with_spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
