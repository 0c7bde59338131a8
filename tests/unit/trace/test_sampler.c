/* test_sampler.c - samplers as objects: ownership, the constant ones, the table of the parent-based one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sdk/base/diag.h"
#include "sdk/trace/sampler.h"

static int freed, told;

static void count_free(void *self)
{
    (void)self;
    freed++;
}

static void hear(void *data, weft_importance importance, const char *line)
{
    (void)data;
    (void)importance;
    (void)line;
    told++;
}

static int start(void **state)
{
    (void)state;
    freed = told = 0;
    weft__diag_set(hear, NULL);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    weft__diag_set(NULL, NULL);
    return 0;
}

/* Decides what self points to. */
static void say(void *self, const weft_sample_request *request, weft_sample_result *result)
{
    (void)request;
    result->decision = *(const weft_decision *)self;
}

static weft_sampler *custom(weft_decision *decision)
{
    const weft_sampler_ops ops = { .size = sizeof ops, .sample = say, .free = count_free };
    return weft_sampler_new(&ops, decision);
}

static weft_decision ask(const weft_sampler *sampler, const weft_context *parent)
{
    static const uint8_t TRACE_ID[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
    const weft_sample_request request = { .size = sizeof request, .parent = parent, .trace_id = TRACE_ID, .name = "n" };
    weft_sample_result result = { .size = sizeof result };
    weft__sampler_ask(sampler, &request, &result);
    return result.decision;
}

static weft_context parent_of(bool remote, uint8_t flags)
{
    weft_context parent = { 0 };
    parent.span.trace_id[0] = parent.span.span_id[0] = 1;
    parent.span.remote = remote;
    parent.span.flags = flags;
    return parent;
}

static void constant_samplers(void **state)
{
    (void)state;
    const weft_context root = { 0 };
    weft_sampler *on = weft_sampler_on(), *off = weft_sampler_off();
    assert_int_equal(ask(on, &root), WEFT_RECORD_AND_SAMPLE);
    assert_int_equal(ask(off, &root), WEFT_DROP);
    assert_string_equal(weft__sampler_describe(on), "AlwaysOnSampler");
    assert_string_equal(weft__sampler_describe(off), "AlwaysOffSampler");
    assert_true(on->fast == WEFT__SAMPLE_ON && off->fast == WEFT__SAMPLE_OFF);
    weft__sampler_free(on);
    weft__sampler_free(off);
}

static void parent_based_by_default(void **state)
{
    (void)state;
    static const struct {
        bool parent, remote;
        uint8_t flags;
        weft_decision with_on, with_off;
    } TABLE[] = {
        { false, false, 0, WEFT_RECORD_AND_SAMPLE, WEFT_DROP },
        { true, true, 1, WEFT_RECORD_AND_SAMPLE, WEFT_RECORD_AND_SAMPLE },
        { true, true, 0, WEFT_DROP, WEFT_DROP },
        { true, true, 2, WEFT_DROP, WEFT_DROP },
        { true, false, 3, WEFT_RECORD_AND_SAMPLE, WEFT_RECORD_AND_SAMPLE },
        { true, false, 0, WEFT_DROP, WEFT_DROP },
    };
    weft_sampler *on = weft_sampler_parent_based(weft_sampler_on(), NULL);
    weft_sampler *off = weft_sampler_parent_based(weft_sampler_off(), NULL);
    assert_true(on->fast == WEFT__SAMPLE_PARENT_ON && off->fast == WEFT__SAMPLE_PARENT_OFF);
    for (size_t i = 0; i < WEFT_COUNT_OF(TABLE); i++) {
        weft_context parent = TABLE[i].parent ? parent_of(TABLE[i].remote, TABLE[i].flags) : (weft_context){ 0 };
        assert_int_equal(ask(on, &parent), TABLE[i].with_on);
        assert_int_equal(ask(off, &parent), TABLE[i].with_off);
    }
    assert_string_equal(weft__sampler_describe(on),
                        "ParentBased{root:AlwaysOnSampler,remoteParentSampled:AlwaysOnSampler,"
                        "remoteParentNotSampled:AlwaysOffSampler,localParentSampled:AlwaysOnSampler,"
                        "localParentNotSampled:AlwaysOffSampler}");
    weft__sampler_free(on);
    weft__sampler_free(off);
}

static void parent_based_asks_the_slot(void **state)
{
    (void)state;
    weft_decision decisions[5] = { 0 };
    const weft_parent_slots slots = { .size = sizeof slots,
                                      .remote_sampled = custom(&decisions[1]),
                                      .remote_not_sampled = custom(&decisions[2]),
                                      .local_sampled = custom(&decisions[3]),
                                      .local_not_sampled = custom(&decisions[4]) };
    weft_sampler *sampler = weft_sampler_parent_based(custom(&decisions[0]), &slots);
    assert_int_equal(sampler->fast, WEFT__SAMPLE_ASK);
    const weft_context parents[5] = {
        { .record_ = 0 }, parent_of(true, 1), parent_of(true, 0), parent_of(false, 1), parent_of(false, 0)
    };
    for (int chosen = 0; chosen < 5; chosen++) {
        for (int i = 0; i < 5; i++)
            decisions[i] = i == chosen ? WEFT_RECORD_ONLY : WEFT_DROP;
        for (int i = 0; i < 5; i++)
            assert_int_equal(ask(sampler, &parents[i]), i == chosen ? WEFT_RECORD_ONLY : WEFT_DROP);
    }
    weft__sampler_free(sampler);
    assert_int_equal(freed, 5);
}

static void an_invalid_parent_is_none(void **state)
{
    (void)state;
    weft_sampler *sampler = weft_sampler_parent_based(weft_sampler_off(), NULL);
    weft_context parent = parent_of(true, 1);
    parent.span.span_id[0] = 0;
    assert_int_equal(ask(sampler, &parent), WEFT_DROP);
    weft__sampler_free(sampler);
}

static void what_cannot_be_made_is_taken_all_the_same(void **state)
{
    (void)state;
    weft_decision drop = WEFT_DROP;
    const weft_sampler_ops empty = { .size = sizeof empty, .free = count_free };
    assert_null(weft_sampler_new(&empty, NULL));
    assert_int_equal(freed, 1);
    assert_null(weft_sampler_new(NULL, NULL));
    const weft_parent_slots slots = { .size = sizeof slots, .local_sampled = custom(&drop) };
    assert_null(weft_sampler_parent_based(NULL, &slots));
    assert_int_equal(freed, 2);
    assert_int_equal(told, 3);
    weft__sampler_free(NULL);
}

static void a_sampler_without_a_description_has_one(void **state)
{
    (void)state;
    weft_decision drop = WEFT_DROP;
    weft_sampler *sampler = custom(&drop);
    assert_string_equal(weft__sampler_describe(sampler), "custom sampler");
    weft__sampler_free(sampler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(constant_samplers, start, finish),
        cmocka_unit_test_setup_teardown(parent_based_by_default, start, finish),
        cmocka_unit_test_setup_teardown(parent_based_asks_the_slot, start, finish),
        cmocka_unit_test_setup_teardown(an_invalid_parent_is_none, start, finish),
        cmocka_unit_test_setup_teardown(what_cannot_be_made_is_taken_all_the_same, start, finish),
        cmocka_unit_test_setup_teardown(a_sampler_without_a_description_has_one, start, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
