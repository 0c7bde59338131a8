/* test_retry.c - what is sent again, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "exporters/otlp/retry.h"
#include "sdk/base/random.h"

static weft__verdict judge(weft__failure failure, int status)
{
    return weft__retry_judge(&(weft__response){ .failure = failure, .status = status, .retry_after = -1 });
}

static void EX_012_EX_013_only_transient_answers_are_retried(void **state)
{
    (void)state;
    for (int status = 100; status <= 599; status++) {
        bool again = status == 429 || status == 502 || status == 503 || status == 504;
        bool good = status >= 200 && status <= 299;
        assert_int_equal(judge(WEFT__ANSWERED, status), again ? WEFT__AGAIN : good ? WEFT__TAKEN : WEFT__FINAL);
    }
    assert_int_equal(judge(WEFT__UNREACHABLE, 0), WEFT__AGAIN);
    assert_int_equal(judge(WEFT__BROKEN, 0), WEFT__AGAIN);
    assert_int_equal(judge(WEFT__BROKEN, 200), WEFT__AGAIN);
    assert_int_equal(judge(WEFT__EXPIRED, 0), WEFT__FINAL);
    assert_int_equal(judge(WEFT__OVERSIZE, 200), WEFT__FINAL);
    assert_int_equal(judge(WEFT__UNUSABLE, 0), WEFT__FINAL);
}

/* The waits without jitter: random is such that half of the wait is added to half of it. */
static void EX_012_waits_grow_to_a_ceiling(void **state)
{
    (void)state;
    weft__retry retry = { 0 };
    int64_t expected = WEFT__RETRY_FIRST_MS;
    for (int i = 0; i < 50; i++) {
        int64_t next = weft__retry_next(&retry, 1000, INT64_MAX, -1, (uint64_t)(expected - expected / 2));
        assert_int_equal(next, 1000 + expected);
        expected = expected + expected / 2 < WEFT__RETRY_MOST_MS ? expected + expected / 2 : WEFT__RETRY_MOST_MS;
    }
    assert_int_equal(expected, WEFT__RETRY_MOST_MS);
    assert_int_equal(retry.attempts, 50);
}

static void EX_012_jitter_spreads_evenly(void **state)
{
    (void)state;
    weft__random random = { .state = { 1, 2, 3, 4 } };
    unsigned quarters[4] = { 0 };
    for (int i = 0; i < 4000; i++) {
        weft__retry retry = { 0 };
        int64_t wait = weft__retry_next(&retry, 0, INT64_MAX, -1, weft__random_next(&random));
        assert_in_range(wait, WEFT__RETRY_FIRST_MS / 2, WEFT__RETRY_FIRST_MS * 3 / 2);
        quarters[wait < 750 ? 0 : wait < 1000 ? 1 : wait < 1250 ? 2 : 3]++;
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(quarters[i], 800, 1200);
}

static void EX_014_retry_after_is_the_least_wait(void **state)
{
    (void)state;
    weft__retry retry = { 0 };
    assert_int_equal(weft__retry_next(&retry, 100, INT64_MAX, 7000, 12345), 7100);
    assert_true(weft__retry_next(&retry, 0, INT64_MAX, -1, 0) >= 7000 * 3 / 2 / 2); /* and the next grows from it */
    retry = (weft__retry){ 0 };
    assert_int_equal(weft__retry_next(&retry, 0, INT64_MAX, 0, 12345), WEFT__RETRY_LEAST_MS);
}

static void nothing_is_tried_after_the_deadline(void **state)
{
    (void)state;
    weft__retry retry = { 0 };
    assert_int_equal(weft__retry_next(&retry, 0, 5000, 5000, 0), -1);
    assert_int_equal(weft__retry_next(&retry, 0, 5001, 5000, 0), 5000);
    assert_int_equal(weft__retry_next(&retry, 0, INT64_MAX, INT64_C(99999999999), 0), 99999999999);
    retry = (weft__retry){ 0 };
    assert_int_equal(weft__retry_next(&retry, 0, 499, -1, 0), -1);
    assert_int_equal(weft__retry_next(&retry, 10, 10, -1, 0), -1);
    assert_int_equal(weft__retry_next(&retry, 10, 0, -1, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(EX_012_EX_013_only_transient_answers_are_retried),
        cmocka_unit_test(EX_012_waits_grow_to_a_ceiling),
        cmocka_unit_test(EX_012_jitter_spreads_evenly),
        cmocka_unit_test(EX_014_retry_after_is_the_least_wait),
        cmocka_unit_test(nothing_is_tried_after_the_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
