/* test_samplers.c - samplers and sources of ids of one's own: what they see, and what becomes of their answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/traced.h"

WEFT_INSTRUMENTATION("samplers", "1.0");

static const weft_span_context far = { { 9 }, { 7 }, WEFT_FLAG_SAMPLED, true, { 0 }, 0 };

/* What the sampler was asked, and what it is to answer. */
static struct {
    weft_sample_result answer;
    weft_sample_request request;
    weft_context parent;
    uint8_t trace_id[16];
    char name[300], baggage[16], tracestate[16], attributes[64];
    bool traces;
} asked;

static void sample(void *self, const weft_sample_request *request, weft_sample_result *result)
{
    (void)self;
    asked.request = *request;
    asked.parent = *request->parent;
    memcpy(asked.trace_id, request->trace_id, 16);
    strncpy(asked.name, request->name, sizeof asked.name - 1);
    weft_baggage_get(request->parent, "user", asked.baggage, sizeof asked.baggage);
    weft_tracestate(&request->parent->span, NULL, asked.tracestate, sizeof asked.tracestate);
    asked.attributes[0] = '\0';
    for (size_t i = 0; i < request->attributes.count; i++)
        strncat(asked.attributes, request->attributes.list[i].key, 16);
    if (asked.traces) {
        asked.traces = false;
        weft_span inner = weft_span_enter("by the sampler");
        weft_span_leave(&inner);
    }
    result->decision = asked.answer.decision;
    result->attributes = asked.answer.attributes;
    result->tracestate = asked.answer.tracestate;
}

static int start_asking(void **state)
{
    (void)state;
    static const weft_sampler_ops ops = { .size = sizeof ops, .sample = sample };
    memset(&asked, 0, sizeof asked);
    asked.answer.decision = WEFT_RECORD_AND_SAMPLE;
    traced_sdk = weft_test_start(WEFT_OPTIONS(weft_sdk_options, .sampler = weft_sampler_new(&ops, NULL)));
    return 0;
}

/* Attributes and links of the start, and nothing that comes later (SMP-1). */
static void what_a_sampler_sees(void **state)
{
    (void)state;
    weft_span span = weft_span_start("name and more", .name_size = 4, .kind = WEFT_KIND_SERVER,
                                     .attributes = WEFT_ATTRS(weft_attr("a", 1), weft_attr("b", 2)),
                                     .links = WEFT_LINKS({ .context = far }));
    assert_string_equal(asked.name, "name");
    assert_int_equal(asked.request.kind, WEFT_KIND_SERVER);
    assert_string_equal(asked.attributes, "ab");
    assert_int_equal(asked.request.links.count, 1);
    assert_string_equal(asked.request.scope->name, "samplers");
    assert_memory_equal(asked.trace_id, span.context.span.trace_id, 16);
    asked.name[0] = '\0';
    weft_span_set(&span, weft_attr("c", 3));
    weft_span_rename(&span, "renamed"); /* nobody is asked again (SPN-11) */
    assert_string_equal(asked.name, "");
    weft_span_end(&span);
}

static void TR_054_samplers_see_the_whole_parent_context(void **state)
{
    (void)state;
    weft_context with = weft_context_with_span(NULL, &far, "a=1");
    weft_context parent = weft_baggage_set(&with, "user", "ann", NULL);
    weft_span span = weft_span_start("child", .parent = &parent);
    assert_memory_equal(asked.parent.span.span_id, far.span_id, 8);
    assert_memory_equal(asked.trace_id, far.trace_id, 16);
    assert_true(asked.parent.span.remote);
    assert_string_equal(asked.baggage, "ann");
    assert_string_equal(asked.tracestate, "a=1");
    weft_span root = weft_span_start("root", .parent = &parent, .root = true);
    assert_false(weft_span_context_valid(&asked.parent.span));
    assert_string_equal(asked.baggage, "ann");
    assert_memory_equal(asked.trace_id, root.context.span.trace_id, 16);
    weft_span_end(&root);
    weft_span_end(&span);
    weft_context_release(&with);
    weft_context_release(&parent);
}

/* Its attributes are added to those of the start (CRE-5). */
static void the_samplers_attributes(void **state)
{
    (void)state;
    const weft_attribute list[] = { weft_attr("by", "sampler"), weft_attr("a", "sampler's") };
    asked.answer.attributes = (weft_attributes){ list, 2 };
    weft_span span = weft_span_start("span", .attributes = WEFT_ATTRS(weft_attr("a", 1), weft_attr("b", 2)));
    weft_span_end(&span);
    asked.answer.attributes = (weft_attributes){ NULL, 2 };
    span = weft_span_start("span");
    weft_span_end(&span);
    traced_is("\"span\" internal trace=1 id=2 parent=0 at=0 ns=0 a=\"sampler's\" b=2 by=\"sampler\"\n"
              "\"span\" internal trace=3 id=4 parent=0 at=0 ns=0\n");
}

static void is_tracestate(const weft_context *parent, const char *given, const char *expected)
{
    char text[64];
    asked.answer.tracestate = given;
    for (int i = 0; i < 2; i++) {
        weft_span span = weft_span_start("span", .parent = parent);
        asked.answer.tracestate = NULL;
        weft_span child = weft_span_start("child", .parent = &span.context);
        weft_tracestate(&span.context.span, NULL, text, sizeof text);
        assert_string_equal(text, expected);
        weft_tracestate(&child.context.span, NULL, text, sizeof text);
        assert_string_equal(text, expected);
        weft_span_end(&child);
        weft_span_end(&span);
        if (asked.answer.decision == WEFT_RECORD_AND_SAMPLE) {
            weft_text seen = traced_span(1).tracestate;
            assert_true(expected[0] != '\0' ? traced_same(seen, expected) : seen.data == NULL);
        }
        weft_test_reset(traced_sdk);
        asked.answer.decision = WEFT_DROP; /* and once more where it does not record */
        asked.answer.tracestate = given;
    }
    asked.answer.decision = WEFT_RECORD_AND_SAMPLE;
}

/* NULL keeps it, the empty one clears it, an invalid one is none (CRE-6). */
static void TR_053_samplers_change_the_tracestate(void **state)
{
    (void)state;
    weft_context parent = weft_context_with_span(NULL, &far, "a=1");
    is_tracestate(&parent, NULL, "a=1");
    is_tracestate(&parent, "b=2,a=1", "b=2,a=1");
    is_tracestate(&parent, "", "");
    is_tracestate(&parent, "not valid", "");
    weft_context_release(&parent);
}

static void decisions_that_are_none_drop(void **state)
{
    (void)state;
    asked.answer.decision = (weft_decision)17;
    weft_span span = weft_span_start("span");
    assert_false(weft_span_recording(&span));
    assert_int_equal(span.context.span.flags & WEFT_FLAG_SAMPLED, 0);
    weft_span_end(&span);
    assert_int_equal(weft_test_span_count(traced_sdk), 0);
}

static void samplers_may_trace(void **state)
{
    (void)state;
    weft_span outer = weft_span_enter("outer");
    asked.traces = true;
    weft_span span = weft_span_enter("span");
    assert_memory_equal(weft_span_current().context.span.span_id, span.context.span.span_id, 8);
    weft_span_leave(&span);
    assert_memory_equal(weft_span_current().context.span.span_id, outer.context.span.span_id, 8);
    weft_span_leave(&outer);
    assert_int_equal(weft_test_span_count(traced_sdk), 3);
    assert_int_equal(traced_stats().spans.open, 0);
}

/* Many levels more than a stack has: it is moved while the sampler runs. */
static void deep_stacks_under_a_sampler(void **state)
{
    (void)state;
    enum { LEVELS = 3000 };
    static weft_span spans[LEVELS];
    for (int i = 0; i < LEVELS; i++) {
        asked.traces = true;
        spans[i] = weft_span_enter("level");
        assert_memory_equal(weft_span_current().context.span.span_id, spans[i].context.span.span_id, 8);
    }
    for (int i = LEVELS; i-- > 0;)
        weft_span_leave(&spans[i]);
    assert_false(weft_span_context_valid(NULL));
    assert_int_equal(traced_stats().spans.open, 0);
}

/* Ids of one's own, in an SDK that is not the tests'. */
static struct {
    int zeros, asked;
} ids;

static void trace_id(void *self, uint8_t out[16])
{
    (void)self;
    memset(out, ids.asked++ < ids.zeros ? 0 : 0xaa, 16);
}

static void span_id(void *self, uint8_t out[8])
{
    (void)self;
    memset(out, 0xbb, 8);
}

static void zero_id(void *self, uint8_t out[8])
{
    (void)self;
    memset(out, 0, 8);
}

static weft_span_context root_with(const weft_id_ops *ops, int zeros)
{
    ids.zeros = zeros;
    ids.asked = 0;
    weft_exporter *const memory[] = { weft_exporter_memory(), NULL };
    weft_sdk sdk = weft_sdk_start(
        WEFT_OPTIONS(weft_sdk_options, .ids = ops, .exporters = memory, .ignore_environment = true, .local = true));
    weft_scope *scope = weft_sdk_scope(sdk, NULL);
    weft_span root = weft_span_start_in(scope, "root", NULL);
    weft_span child = weft_span_start_in(scope, "child", WEFT_OPTIONS(weft_span_options, .parent = &root.context));
    assert_memory_equal(child.context.span.trace_id, root.context.span.trace_id, 16);
    assert_int_equal(child.context.span.flags, root.context.span.flags);
    weft_span_end(&child);
    weft_span_end(&root);
    weft_sdk_stop(sdk, 10000);
    return root.context.span;
}

/* The random flag says what the source says (IDG-3); zeros are drawn again, and at last not used (IDG-5). */
static void TR_057_ids_of_ones_own(void **state)
{
    (void)state;
    weft_id_ops ops = { .size = sizeof ops, .trace_id = trace_id, .span_id = span_id };
    weft_span_context span = root_with(&ops, 0);
    assert_int_equal(span.trace_id[0] + span.trace_id[15], 2 * 0xaa);
    assert_int_equal(span.span_id[0], 0xbb);
    assert_int_equal(span.flags, WEFT_FLAG_SAMPLED);
    ops.random = true;
    span = root_with(&ops, 3);
    assert_int_equal(span.trace_id[7], 0xaa);
    assert_int_equal(span.flags, WEFT_FLAG_SAMPLED | WEFT_FLAG_RANDOM);
    ops.span_id = zero_id;
    span = root_with(&ops, 1000);
    assert_true(weft_span_context_valid(&span));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_sampler_sees, start_asking, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_054_samplers_see_the_whole_parent_context, start_asking, traced_teardown),
        cmocka_unit_test_setup_teardown(the_samplers_attributes, start_asking, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_053_samplers_change_the_tracestate, start_asking, traced_teardown),
        cmocka_unit_test_setup_teardown(decisions_that_are_none_drop, start_asking, traced_teardown),
        cmocka_unit_test_setup_teardown(samplers_may_trace, start_asking, traced_teardown),
        cmocka_unit_test_setup_teardown(deep_stacks_under_a_sampler, start_asking, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_057_ids_of_ones_own, traced_setup, traced_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
