/* test_slab.c - cells: sizes, stale numbers, references, an end of room, many threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sdk/api/slab.h"

static void a_cell_has_the_size_asked_for_and_its_own_memory(void **state)
{
    (void)state;
    const size_t sizes[] = { 0, 1, 16, 17, 48, 112, 240, 1008, 1009, 4080, 16368, 16369, 65535, 65536 };
    enum { COUNT = sizeof sizes / sizeof sizes[0] };
    weft__ref refs[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        void *data = NULL;
        refs[i] = weft__slab_new(sizes[i], &data);
        assert_true(refs[i] != 0 && (refs[i] & WEFT__REF_SUPPRESSED) == 0);
        assert_int_equal((uintptr_t)data % 16, 0);
        memset(data, (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < COUNT; i++) {
        size_t size = 1;
        const uint8_t *data = weft__slab_data(refs[i], &size);
        assert_int_equal(size, sizes[i]);
        for (size_t at = 0; at < size; at++)
            assert_int_equal(data[at], i + 1);
        assert_true(weft__slab_drop(refs[i]));
    }
}

static void what_is_too_large_gets_none(void **state)
{
    (void)state;
    void *data;
    assert_int_equal(weft__slab_new(65537, &data), 0);
    assert_int_equal(weft__slab_new(SIZE_MAX, &data), 0);
}

static void a_number_is_void_when_the_last_reference_has_gone(void **state)
{
    (void)state;
    void *data, *again;
    weft__ref ref = weft__slab_new(8, &data);
    assert_true(weft__slab_hold(ref));
    assert_true(weft__slab_drop(ref));
    assert_true(weft__slab_hold(ref));
    assert_true(weft__slab_drop(ref));
    assert_true(weft__slab_drop(ref));
    assert_false(weft__slab_hold(ref));
    assert_false(weft__slab_drop(ref));
    assert_false(weft__slab_hold(ref + 1)); /* the next generation, before it lives */
    /* The next owner of the same memory is out of reach of the old number. */
    weft__ref next = weft__slab_new(8, &again);
    assert_ptr_equal(again, data);
    assert_true(next != ref);
    assert_false(weft__slab_hold(ref));
    assert_false(weft__slab_drop(ref));
    assert_true(weft__slab_drop(next));
}

static void any_number_may_come(void **state)
{
    (void)state;
    assert_false(weft__slab_hold(0));
    assert_false(weft__slab_drop(0));
    uint64_t x = 88172645463325252u;
    for (int i = 0; i < 100000; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        assert_false(weft__slab_hold(x));
        assert_false(weft__slab_drop(x));
    }
}

static void room_ends_and_comes_back(void **state)
{
    (void)state;
    weft__ref refs[128];
    void *data;
    size_t count = 0;
    while (count < 128 && (refs[count] = weft__slab_new(65536, &data)) != 0)
        count++;
    assert_in_range(count, 60, 64); /* 4 MiB */
    weft__slab_drop(refs[0]);
    refs[0] = weft__slab_new(65536, &data);
    assert_true(refs[0] != 0);
    while (count != 0)
        assert_true(weft__slab_drop(refs[--count]));
}

enum { THREADS = 4, SHARED = 64 };

static _Atomic uint64_t shared[SHARED];
static int rounds = 20000;

/* Cells go from hand to hand: each holds a number and its complement, which only a torn or reused cell breaks. */
static void *hammer(void *arg)
{
    uint64_t x = 2463534242u + (uint64_t)(uintptr_t)arg;
    for (int i = 0; i < rounds; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        _Atomic uint64_t *place = &shared[x % SHARED];
        weft__ref old = atomic_load(place);
        if (weft__slab_hold(old)) {
            const uint64_t *pair = weft__slab_data(old, NULL);
            assert_true(pair[0] == ~pair[1]);
            assert_true(weft__slab_drop(old));
        }
        void *data;
        weft__ref mine = weft__slab_new(16 + x % 200, &data);
        assert_true(mine != 0);
        ((uint64_t *)data)[0] = x;
        ((uint64_t *)data)[1] = ~x;
        weft__slab_drop(atomic_exchange(place, mine));
    }
    return NULL;
}

static void threads_share_cells(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    if (getenv("WEFT_TEST_SLOW") != NULL)
        rounds /= 10;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, (void *)(i + 1)), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < SHARED; i++)
        weft__slab_drop(atomic_exchange(&shared[i], 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cell_has_the_size_asked_for_and_its_own_memory),
        cmocka_unit_test(what_is_too_large_gets_none),
        cmocka_unit_test(a_number_is_void_when_the_last_reference_has_gone),
        cmocka_unit_test(any_number_may_come),
        cmocka_unit_test(room_ends_and_comes_back),
        cmocka_unit_test(threads_share_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
