/* test_store.c - when a trace is shown, and what happens when there are too many. Time is a number here. */
#include "tests/unit/tail/spans.h"
#include "tools/weft/tail/store.h"

enum { SHOWN_MOST = 16, QUIET = 400, WAIT = 6000, LONGEST = 60000 };

typedef struct shown {
    size_t count;
    struct {
        uint8_t id;
        size_t spans;
        bool early, continued;
    } traces[SHOWN_MOST];
} shown;

static void show(void *arg, const tail_trace *trace)
{
    shown *all = arg;
    assert_true(all->count < SHOWN_MOST);
    all->traces[all->count].id = trace->id[TAIL_TRACE_ID - 1];
    all->traces[all->count].spans = trace->count;
    all->traces[all->count].early = trace->early;
    all->traces[all->count].continued = trace->continued;
    all->count++;
}

static tail_store *store_of(shown *all, size_t traces, size_t spans, size_t bytes)
{
    *all = (shown){ 0 };
    tail_store *store = tail_store_new(&(tail_store_options){ QUIET, WAIT, LONGEST, traces, spans, bytes, show, all });
    assert_non_null(store);
    return store;
}

static tail_store *roomy(shown *all)
{
    return store_of(all, 100, 100, (size_t)1 << 20);
}

static void add(tail_store *store, uint8_t trace, uint8_t id, uint8_t parent, int64_t now)
{
    tail_span span = span_of(id, parent, "op", 0, 1);
    span.trace_id[TAIL_TRACE_ID - 1] = trace;
    tail_store_add(store, &span, now);
}

static void a_complete_trace_is_shown_after_a_short_quiet_time(void **state)
{
    (void)state;
    shown all;
    tail_store *store = roomy(&all);
    assert_int_equal(tail_store_tick(store, 0), -1);
    add(store, 1, 2, 1, 1000);
    add(store, 1, 1, 0, 1300);
    assert_int_equal(tail_store_tick(store, 1300), QUIET);
    assert_int_equal(tail_store_tick(store, 1300 + QUIET - 1), 1);
    assert_int_equal(all.count, 0);
    assert_int_equal(tail_store_tick(store, 1300 + QUIET), -1);
    assert_int_equal(all.count, 1);
    assert_int_equal(all.traces[0].spans, 2);
    assert_false(all.traces[0].early);
    assert_false(all.traces[0].continued);
    tail_store_free(store);
}

static void an_incomplete_trace_waits_longer(void **state)
{
    (void)state;
    shown all;
    tail_store *store = roomy(&all);
    add(store, 1, 2, 1, 0);
    assert_int_equal(tail_store_tick(store, QUIET), WAIT - QUIET);
    assert_int_equal(all.count, 0);
    (void)tail_store_tick(store, WAIT);
    assert_int_equal(all.count, 1);
    tail_store_free(store);
}

static void the_missing_part_ends_the_wait(void **state)
{
    (void)state;
    shown all;
    tail_store *store = roomy(&all);
    add(store, 1, 2, 1, 0);
    (void)tail_store_tick(store, 1000);
    add(store, 1, 1, 0, 1000);
    (void)tail_store_tick(store, 1000 + QUIET);
    assert_int_equal(all.count, 1);
    assert_int_equal(all.traces[0].spans, 2);
    tail_store_free(store);
}

static void a_trace_that_never_rests_is_shown_in_the_end(void **state)
{
    (void)state;
    shown all;
    tail_store *store = roomy(&all);
    for (int64_t now = 0; now < LONGEST; now += 100 * 10)
        add(store, 1, (uint8_t)(now / 1000 + 2), 1, now), (void)tail_store_tick(store, now);
    assert_int_equal(all.count, 0);
    (void)tail_store_tick(store, LONGEST);
    assert_int_equal(all.count, 1);
    tail_store_free(store);
}

static void what_comes_late_is_marked(void **state)
{
    (void)state;
    shown all;
    tail_store *store = roomy(&all);
    add(store, 1, 1, 0, 0);
    (void)tail_store_tick(store, QUIET);
    add(store, 1, 2, 1, 1000);
    (void)tail_store_tick(store, 1000 + WAIT);
    assert_int_equal(all.count, 2);
    assert_true(all.traces[1].continued);
    tail_store_free(store);
}

static void what_is_due_together_is_shown_in_the_order_of_its_beginning(void **state)
{
    (void)state;
    shown all;
    tail_store *store = roomy(&all);
    static const uint64_t starts[] = { 5, 2, 8, 3 };
    static const uint8_t order[] = { 2, 4, 1, 3 };
    for (uint8_t i = 0; i < 4; i++) {
        tail_span span = span_of(1, 0, "op", starts[i], 20);
        span.trace_id[TAIL_TRACE_ID - 1] = (uint8_t)(i + 1);
        tail_store_add(store, &span, 0);
    }
    (void)tail_store_tick(store, QUIET);
    assert_int_equal(all.count, 4);
    for (uint8_t i = 0; i < 4; i++)
        assert_int_equal(all.traces[i].id, order[i]);
    tail_store_free(store);
}

static void with_too_many_traces_the_oldest_goes_first(void **state)
{
    (void)state;
    shown all;
    tail_store *store = store_of(&all, 2, 100, (size_t)1 << 20);
    add(store, 1, 1, 0, 0);
    add(store, 2, 1, 0, 1);
    add(store, 3, 1, 0, 2);
    assert_int_equal(all.count, 1);
    assert_int_equal(all.traces[0].id, 1);
    assert_true(all.traces[0].early);
    assert_int_equal(tail_store_counts(store).early, 1);
    tail_store_flush(store);
    assert_int_equal(all.count, 3);
    assert_int_equal(all.traces[2].id, 3);
    assert_int_equal(tail_store_counts(store).traces, 3);
    tail_store_free(store);
}

static void with_too_many_spans_the_oldest_trace_goes(void **state)
{
    (void)state;
    shown all;
    tail_store *store = store_of(&all, 100, 3, (size_t)1 << 20);
    for (uint8_t id = 1; id < 10; id++)
        add(store, 1, id, 0, id);
    assert_int_equal(all.count, 2);
    assert_int_equal(all.traces[0].spans, 4);
    assert_int_equal(tail_store_counts(store).spans, 8);
    tail_store_free(store);
}

static void with_too_many_bytes_the_oldest_trace_goes(void **state)
{
    (void)state;
    shown all;
    tail_store *store = store_of(&all, 100, 100, 20000); /* two traces of one chunk each */
    for (uint8_t trace = 1; trace < 6; trace++)
        add(store, trace, 1, 0, trace);
    assert_int_equal(all.count, 3);
    tail_store_free(store);
}

static void many_traces_with_one_hash_are_kept_apart(void **state)
{
    (void)state;
    shown all;
    tail_store *store = roomy(&all);
    tail_span span = span_of(1, 0, "op", 0, 1);
    for (uint8_t i = 0; i < 10; i++) {
        span.trace_id[0] = i; /* outside the bytes that are hashed */
        tail_store_add(store, &span, 0);
    }
    (void)tail_store_tick(store, QUIET);
    assert_int_equal(all.count, 10);
    tail_store_free(store);
}

static void spans_without_ids_are_counted_and_forgotten(void **state)
{
    (void)state;
    shown all;
    tail_store *store = roomy(&all);
    add(store, 0, 1, 0, 0);
    add(store, 1, 0, 0, 0);
    assert_int_equal(tail_store_counts(store).invalid, 2);
    assert_int_equal(tail_store_tick(store, 0), -1);
    tail_store_free(store);
}

static void long_lists_and_texts_are_cut(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    shown all;
    tail_store *store = store_of(&all, 100, 100, (size_t)1 << 20);
    static tail_attribute list[MANY];
    static char text[100000];
    memset(text, 'x', sizeof text - 1);
    for (size_t i = 0; i < MANY; i++)
        list[i] = (tail_attribute){ text, text };
    tail_span span = span_of(1, 0, text, 0, 1);
    span.attributes = (tail_attributes){ .list = list, .count = MANY };
    tail_store_add(store, &span, 0);
    assert_int_equal(all.count, 0); /* a megabyte holds what is left of a hundred */
    tail_store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_complete_trace_is_shown_after_a_short_quiet_time),
        cmocka_unit_test(an_incomplete_trace_waits_longer),
        cmocka_unit_test(the_missing_part_ends_the_wait),
        cmocka_unit_test(a_trace_that_never_rests_is_shown_in_the_end),
        cmocka_unit_test(what_comes_late_is_marked),
        cmocka_unit_test(what_is_due_together_is_shown_in_the_order_of_its_beginning),
        cmocka_unit_test(with_too_many_traces_the_oldest_goes_first),
        cmocka_unit_test(with_too_many_spans_the_oldest_trace_goes),
        cmocka_unit_test(with_too_many_bytes_the_oldest_trace_goes),
        cmocka_unit_test(many_traces_with_one_hash_are_kept_apart),
        cmocka_unit_test(spans_without_ids_are_counted_and_forgotten),
        cmocka_unit_test(long_lists_and_texts_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
