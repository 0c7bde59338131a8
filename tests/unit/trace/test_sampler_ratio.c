/* test_sampler_ratio.c - TraceIdRatioBased: its share, its determinism, its supersets, its description, its warning. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sdk/base/diag.h"
#include "sdk/base/random.h"
#include "sdk/trace/sampler.h"

static int told;
static char line[1024];

static void hear(void *data, weft_importance importance, const char *text)
{
    (void)data;
    (void)importance;
    told++;
    snprintf(line, sizeof line, "%s", text);
}

static int start(void **state)
{
    (void)state;
    told = 0;
    weft__diag_set(hear, NULL);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    weft__diag_set(NULL, NULL);
    return 0;
}

static bool kept(const weft_sampler *sampler, const uint8_t trace_id[16], const weft_context *parent)
{
    const weft_sample_request request = { .size = sizeof request, .parent = parent, .trace_id = trace_id, .name = "n" };
    weft_sample_result result = { .size = sizeof result };
    weft__sampler_ask(sampler, &request, &result);
    return result.decision == WEFT_RECORD_AND_SAMPLE;
}

static const weft_context NO_PARENT = { .record_ = 0 };

static void draw(weft__random *random, uint8_t trace_id[16])
{
    uint64_t halves[2] = { weft__random_next(random), weft__random_next(random) };
    memcpy(trace_id, halves, 16);
}

static void a_ratio_keeps_its_share(void **state)
{
    (void)state;
    static const double RATIOS[] = { 0.001, 0.1, 0.25, 0.5, 0.9 };
    enum { TRACES = 100000 };
    for (size_t i = 0; i < WEFT_COUNT_OF(RATIOS); i++) {
        weft__random random = { .state = { 1, 2, 3, 4 + i } };
        weft_sampler *sampler = weft_sampler_ratio(RATIOS[i]);
        int count = 0;
        for (int n = 0; n < TRACES; n++) {
            uint8_t trace_id[16];
            draw(&random, trace_id);
            count += kept(sampler, trace_id, &NO_PARENT);
        }
        double expected = (double)TRACES * RATIOS[i], deviation = sqrt(expected * (1 - RATIOS[i]));
        assert_true(fabs(count - expected) < 5 * deviation);
        weft__sampler_free(sampler);
    }
}

static void a_higher_ratio_keeps_a_superset(void **state)
{
    (void)state;
    static const double RATIOS[] = { 0, 1e-12, 1e-4, 0.1, 0.3333333, 0.5, 0.999999, 1 };
    weft_sampler *samplers[WEFT_COUNT_OF(RATIOS)];
    for (size_t i = 0; i < WEFT_COUNT_OF(RATIOS); i++)
        samplers[i] = weft_sampler_ratio(RATIOS[i]);
    weft__random random = { .state = { 5, 6, 7, 8 } };
    for (int n = 0; n < 20000; n++) {
        uint8_t trace_id[16];
        draw(&random, trace_id);
        if (n % 4 == 0)
            memset(trace_id + 9, 0xff, (size_t)(n % 7)); /* also where only the highest are kept */
        bool before = false;
        for (size_t i = 0; i < WEFT_COUNT_OF(RATIOS); i++) {
            bool now = kept(samplers[i], trace_id, &NO_PARENT);
            assert_true(now || !before);
            assert_true(now == kept(samplers[i], trace_id, &NO_PARENT));
            before = now;
        }
    }
    for (size_t i = 0; i < WEFT_COUNT_OF(RATIOS); i++)
        weft__sampler_free(samplers[i]);
}

static void only_the_random_part_decides(void **state)
{
    (void)state;
    weft_sampler *half = weft_sampler_ratio(0.5), *all = weft_sampler_ratio(1), *none = weft_sampler_ratio(0);
    uint8_t least[16] = { [8] = 0xff, [0] = 1 }, most[16], middle[16] = { [9] = 0x80 }, below[16] = { [9] = 0x7f };
    memset(most, 0xff, sizeof most);
    assert_false(kept(half, least, &NO_PARENT));
    assert_true(kept(half, most, &NO_PARENT) && kept(half, middle, &NO_PARENT));
    assert_false(kept(half, below, &NO_PARENT));
    assert_true(kept(all, least, &NO_PARENT) && kept(all, most, &NO_PARENT));
    assert_false(kept(none, least, &NO_PARENT) || kept(none, most, &NO_PARENT));
    weft__sampler_free(half);
    weft__sampler_free(all);
    weft__sampler_free(none);
}

static void descriptions_tell_ratios_apart(void **state)
{
    (void)state;
    static const struct {
        double ratio;
        const char *text;
    } TABLE[] = { { 0.0001, "TraceIdRatioBased{0.000100}" },
                  { 1, "TraceIdRatioBased{1.000000}" },
                  { 0, "TraceIdRatioBased{0.000000}" },
                  { 0.5, "TraceIdRatioBased{0.500000}" },
                  { 1e-9, "TraceIdRatioBased{0.000000001}" } };
    for (size_t i = 0; i < WEFT_COUNT_OF(TABLE); i++) {
        weft_sampler *sampler = weft_sampler_ratio(TABLE[i].ratio);
        assert_string_equal(weft__sampler_describe(sampler), TABLE[i].text);
        weft__sampler_free(sampler);
    }
    assert_int_equal(told, 0);
}

static void bad_ratios_are_replaced_and_diagnosed(void **state)
{
    (void)state;
    const struct {
        double ratio;
        const char *text;
    } table[] = { { -0.5, "TraceIdRatioBased{0.000000}" },
                  { 1.5, "TraceIdRatioBased{1.000000}" },
                  { NAN, "TraceIdRatioBased{1.000000}" },
                  { -INFINITY, "TraceIdRatioBased{0.000000}" },
                  { INFINITY, "TraceIdRatioBased{1.000000}" } };
    for (size_t i = 0; i < WEFT_COUNT_OF(table); i++) {
        weft_sampler *sampler = weft_sampler_ratio(table[i].ratio);
        assert_string_equal(weft__sampler_describe(sampler), table[i].text);
        assert_int_equal(told, (int)i + 1);
        weft__sampler_free(sampler);
    }
}

static void a_child_is_warned_of_once_and_decided_the_same(void **state)
{
    (void)state;
    weft_sampler *sampler = weft_sampler_ratio(0.5);
    weft_context parent = { 0 };
    parent.span.trace_id[0] = parent.span.span_id[0] = 1;
    uint8_t most[16], least[16] = { 1 };
    memset(most, 0xff, sizeof most);
    assert_true(kept(sampler, most, &NO_PARENT));
    assert_int_equal(told, 0);
    for (uint8_t flags = 0; flags < 4; flags++) {
        parent.span.flags = flags;
        assert_true(kept(sampler, most, &parent));
        assert_false(kept(sampler, least, &parent));
    }
    assert_int_equal(told, 1);
    assert_non_null(strstr(line, "TraceIdRatioBased{0.500000}"));
    weft__sampler_free(sampler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_ratio_keeps_its_share, start, finish),
        cmocka_unit_test_setup_teardown(a_higher_ratio_keeps_a_superset, start, finish),
        cmocka_unit_test_setup_teardown(only_the_random_part_decides, start, finish),
        cmocka_unit_test_setup_teardown(descriptions_tell_ratios_apart, start, finish),
        cmocka_unit_test_setup_teardown(bad_ratios_are_replaced_and_diagnosed, start, finish),
        cmocka_unit_test_setup_teardown(a_child_is_warned_of_once_and_decided_the_same, start, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
