/* test_parts.c - the parts that a program brings: samplers, ids, processors, exporters; who calls and who frees them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/sink.h"

static int freed;

WEFT_INSTRUMENTATION("test.parts", "1");

enum { SOON = 10000 };

static int start(void **state)
{
    freed = 0;
    return test_setup(state);
}

static void count_free(void *self)
{
    (void)self;
    freed++;
}

/* A sampler that keeps what it saw, and answers what it is told to. */
static struct {
    weft_context parent;
    char name[32], tenant[32], scope[32];
    size_t attributes, links;
    weft_span_kind kind;
    const char *tracestate;
    weft_decision decision;
} asked;

static void sample(void *self, const weft_sample_request *request, weft_sample_result *result)
{
    static weft_attribute why;
    (void)self;
    why = weft_attr("sampled.by", "test");
    asked.parent = *request->parent;
    snprintf(asked.name, sizeof asked.name, "%s", request->name);
    snprintf(asked.scope, sizeof asked.scope, "%s", request->scope->name);
    if (weft_baggage_get(request->parent, "tenant", asked.tenant, sizeof asked.tenant) == SIZE_MAX)
        asked.tenant[0] = '\0';
    asked.attributes = request->attributes.count;
    asked.links = request->links.count;
    asked.kind = request->kind;
    result->decision = asked.decision;
    result->tracestate = asked.tracestate;
    result->attributes = (weft_attributes){ &why, 1 };
}

static const weft_sampler_ops SAMPLER = { .size = sizeof SAMPLER, .sample = sample, .free = count_free };

static weft_sdk start_sampling(test_sink *sink)
{
    weft_exporter *const exporters[] = { test_sink_exporter(sink), NULL };
    return weft_sdk_start(
        WEFT_OPTIONS(weft_sdk_options, .exporters = exporters, .sampler = weft_sampler_new(&SAMPLER, NULL)));
}

static weft_context remote_parent(void)
{
    const weft_span_context span = { .trace_id = { 1 }, .span_id = { 2 }, .flags = 1, .remote = true };
    weft_context context = weft_context_with_span(NULL, &span, "vendor=1"), both;
    both = weft_baggage_set(&context, "tenant", "acme", NULL);
    weft_context_release(&context);
    return both;
}

static void TR_054_a_sampler_sees_the_whole_parent(void **state)
{
    (void)state;
    test_sink sink = { 0 };
    weft_sdk sdk = start_sampling(&sink);
    weft_context parent = remote_parent();
    const weft_attribute attribute = weft_attr("a", 1);
    asked.decision = WEFT_RECORD_AND_SAMPLE;
    weft_span span =
        weft_span_start("asked", .parent = &parent, .kind = WEFT_KIND_SERVER, .attributes = { &attribute, 1 });
    assert_memory_equal(asked.parent.span.trace_id, parent.span.trace_id, 16);
    assert_memory_equal(asked.parent.span.span_id, parent.span.span_id, 8);
    assert_true(asked.parent.span.remote);
    assert_string_equal(asked.tenant, "acme");
    assert_string_equal(asked.name, "asked");
    assert_string_equal(asked.scope, "test.parts");
    assert_int_equal(asked.attributes, 1);
    assert_int_equal(asked.kind, WEFT_KIND_SERVER);
    weft_span_end(&span);
    span = weft_span_start("root", .parent = &parent, .root = true);
    assert_false(weft_span_context_valid(&asked.parent.span));
    weft_span_end(&span);
    weft_context_release(&parent);
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    assert_int_equal(freed, 1);
}

static void TR_053_a_sampler_may_change_the_tracestate(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *wanted;
    } TABLE[] = { { NULL, "vendor=1" }, { "ot=th:8,vendor=1", "ot=th:8,vendor=1" }, { "", "" } };
    test_sink sink = { 0 };
    weft_sdk sdk = start_sampling(&sink);
    weft_context parent = remote_parent();
    for (size_t i = 0; i < sizeof TABLE / sizeof TABLE[0]; i++) {
        char text[64] = "";
        asked.decision = i % 2 == 0 ? WEFT_RECORD_AND_SAMPLE : WEFT_RECORD_ONLY;
        asked.tracestate = TABLE[i].answer;
        weft_span span = weft_span_start("asked", .parent = &parent);
        weft_tracestate(&span.context.span, NULL, text, sizeof text);
        assert_string_equal(text, TABLE[i].wanted);
        weft_span_end(&span);
    }
    asked.tracestate = NULL;
    weft_context_release(&parent);
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    assert_int_equal(sink.spans, 2);
}

static void decisions(void **state)
{
    (void)state;
    static const struct {
        weft_decision decision;
        bool recording, sampled;
    } TABLE[] = { { WEFT_DROP, false, false },
                  { WEFT_RECORD_ONLY, true, false },
                  { WEFT_RECORD_AND_SAMPLE, true, true } };
    test_sink sink = { 0 };
    weft_sdk sdk = start_sampling(&sink);
    for (size_t i = 0; i < sizeof TABLE / sizeof TABLE[0]; i++) {
        asked.decision = TABLE[i].decision;
        weft_span span = weft_span_start("asked");
        assert_int_equal(weft_span_recording(&span), TABLE[i].recording);
        assert_int_equal(span.context.span.flags & WEFT_FLAG_SAMPLED, TABLE[i].sampled);
        weft_span_end(&span);
    }
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    assert_int_equal(sink.spans, 1);
}

static uint8_t next_id;

static void trace_id(void *self, uint8_t out[16])
{
    (void)self;
    memset(out, ++next_id, 16);
}

static void span_id(void *self, uint8_t out[8])
{
    (void)self;
    memset(out, ++next_id, 8);
}

static void TR_057_ids_of_ones_own(void **state)
{
    (void)state;
    for (int random = 0; random < 2; random++) {
        const weft_id_ops ids = {
            .size = sizeof ids, .random = random != 0, .trace_id = trace_id, .span_id = span_id, .free = count_free
        };
        test_sink sink = { 0 };
        weft_exporter *const exporters[] = { test_sink_exporter(&sink), NULL };
        weft_sdk sdk = weft_sdk_start(WEFT_OPTIONS(weft_sdk_options, .exporters = exporters, .ids = &ids));
        char text[WEFT_TRACE_ID_SIZE];
        next_id = 0;
        weft_span root = weft_span_start("root");
        assert_string_equal(weft_trace_id(&root.context.span, text), "01010101010101010101010101010101");
        assert_string_equal(weft_span_id(&root.context.span, text), "0202020202020202");
        assert_int_equal(root.context.span.flags, random ? 3 : 1);
        weft_span child = weft_span_start("child", .parent = &root.context);
        assert_string_equal(weft_trace_id(&child.context.span, text), "01010101010101010101010101010101");
        assert_string_equal(weft_span_id(&child.context.span, text), "0303030303030303");
        weft_span_end(&child);
        weft_span_end(&root);
        assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
        assert_int_equal(freed, random + 1);
    }
}

static void incomplete_ids_are_not_used(void **state)
{
    (void)state;
    const weft_id_ops ids = { .size = sizeof ids, .trace_id = trace_id, .free = count_free };
    test_sink sink = { 0 };
    weft_exporter *const exporters[] = { test_sink_exporter(&sink), NULL };
    weft_sdk sdk = weft_sdk_start(WEFT_OPTIONS(weft_sdk_options, .exporters = exporters, .ids = &ids));
    assert_int_equal(told.count, 1);
    assert_int_equal(freed, 1);
    weft_span span = weft_span_start("span");
    assert_true(weft_span_context_valid(&span.context.span));
    weft_span_end(&span);
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    assert_int_equal(freed, 1);
}

/* Processors that write down who was called. */
static char calls[256];

static void note(void *self, const char *what)
{
    size_t used = strlen(calls);
    snprintf(calls + used, sizeof calls - used, "%s%s ", (const char *)self, what);
}

static void on_start(void *self, const weft_span *span, const weft_context *parent)
{
    assert_true(weft_span_recording(span));
    assert_non_null(parent);
    note(self, "start");
}

static void on_ending(void *self, const weft_span *span)
{
    (void)span;
    note(self, "ending");
}

static void on_end(void *self, const weft_span_view *span)
{
    assert_int_equal(span->name.size, 4);
    note(self, "end");
}

static weft_status flush(void *self, uint32_t timeout_ms)
{
    assert_true(timeout_ms <= SOON);
    note(self, "flush");
    return WEFT_OK;
}

static weft_status stop(void *self, uint32_t timeout_ms)
{
    assert_true(timeout_ms <= SOON);
    note(self, "stop");
    return WEFT_OK;
}

static const weft_processor_ops NOTER = { .size = sizeof NOTER,
                                          .name = "noter",
                                          .on_start = on_start,
                                          .on_ending = on_ending,
                                          .on_end = on_end,
                                          .flush = flush,
                                          .stop = stop,
                                          .free = count_free };

static void processors_are_called_in_order(void **state)
{
    (void)state;
    test_sink sinks[2] = { { 0 }, { 0 } };
    char a[] = "a", b[] = "b";
    weft_processor *const processors[] = { weft_processor_new(&NOTER, a),
                                           weft_processor_simple(test_sink_exporter(&sinks[0])),
                                           weft_processor_new(&NOTER, b), NULL };
    weft_exporter *const exporters[] = { test_sink_exporter(&sinks[1]), NULL };
    weft_sdk sdk = weft_sdk_start(WEFT_OPTIONS(weft_sdk_options, .processors = processors, .exporters = exporters));
    calls[0] = '\0';
    weft_span span = weft_span_start("span");
    weft_span_end(&span);
    assert_string_equal(calls, "astart bstart aending bending aend bend ");
    calls[0] = '\0';
    assert_int_equal(weft_sdk_flush(sdk, SOON), WEFT_OK);
    assert_string_equal(calls, "aflush bflush ");
    calls[0] = '\0';
    assert_int_equal(sinks[0].spans, 1);
    assert_int_equal(sinks[1].spans, 1);
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    assert_string_equal(calls, "aflush bflush astop bstop ");
    assert_int_equal(freed, 2);
    assert_int_equal(sinks[0].frees + sinks[1].frees, 2);
}

static void a_processor_alone(void **state)
{
    (void)state;
    char a[] = "a";
    weft_processor *const processors[] = { weft_processor_new(&NOTER, a), NULL };
    weft_exporter *const none[] = { NULL };
    weft_sdk sdk = weft_sdk_start(WEFT_OPTIONS(weft_sdk_options, .processors = processors, .exporters = none));
    calls[0] = '\0';
    weft_span span = weft_span_start("span");
    weft_span_end(&span);
    assert_string_equal(calls, "astart aending aend ");
    weft_stats stats = { .size = sizeof stats };
    weft_sdk_stats(sdk, &stats);
    assert_int_equal(stats.destinations, 0);
    assert_int_equal(stats.spans.created, 1);
    assert_int_equal(stats.spans.open, 0);
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    assert_int_equal(freed, 1);
    assert_int_equal(told.count, 0);
}

/* Parts for a start that does not want them: each is freed once. */
static void assert_parts_are_freed(void)
{
    static const weft_id_ops ids = { .size = sizeof ids, .trace_id = trace_id, .span_id = span_id, .free = count_free };
    test_sink sinks[2] = { { 0 }, { 0 } };
    freed = 0;
    char a[] = "a";
    weft_processor *const processors[] = { weft_processor_new(&NOTER, a),
                                           weft_processor_batch(test_sink_exporter(&sinks[0]), NULL), NULL };
    weft_exporter *const exporters[] = { test_sink_exporter(&sinks[1]), NULL };
    weft_sdk_start(WEFT_OPTIONS(weft_sdk_options, .processors = processors, .exporters = exporters, .ids = &ids,
                                .sampler = weft_sampler_new(&SAMPLER, NULL)));
    assert_int_equal(freed, 3);
    assert_int_equal(sinks[0].frees, 1);
    assert_int_equal(sinks[1].frees, 1);
}

static void parts_are_taken_whatever_happens(void **state)
{
    (void)state;
    test_sink sink = { 0 };
    asked.decision = WEFT_DROP;
    weft_sdk sdk = start_sampling(&sink);
    assert_parts_are_freed(); /* shared */
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    setenv("OTEL_SDK_DISABLED", "true", 1);
    assert_parts_are_freed();
    assert_int_equal(weft_sdk_stop((weft_sdk){ 0 }, SOON), WEFT_OK);
}

static void null_parts_are_the_errors_they_look_like(void **state)
{
    (void)state;
    assert_null(weft_processor_new(NULL, NULL));
    assert_null(weft_processor_batch(NULL, NULL));
    assert_null(weft_processor_simple(NULL));
    assert_int_equal(told.count, 3);
}

static void more_parts_than_there_is_room_for(void **state)
{
    (void)state;
    test_sink sink = { 0 };
    weft_exporter *exporters[20 + 1] = { NULL };
    for (size_t i = 0; i < 20; i++)
        exporters[i] = test_sink_exporter(&sink);
    weft_sdk sdk = weft_sdk_start(WEFT_OPTIONS(weft_sdk_options, .exporters = exporters));
    assert_int_equal(told.count, 4);
    assert_int_equal(sink.frees, 4);
    weft_span span = weft_span_start("span");
    weft_span_end(&span);
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    assert_int_equal(sink.spans, 16);
    assert_int_equal(sink.frees, 20);
}

static void options_of_an_older_program(void **state)
{
    (void)state;
    test_sink sink = { 0 };
    weft_exporter *const exporters[] = { test_sink_exporter(&sink), NULL };
    /* What lies behind its size is not looked at. */
    const weft_sdk_options options = { .size = offsetof(weft_sdk_options, processors),
                                       .exporters = exporters,
                                       .processors = (weft_processor *const *)(uintptr_t)8,
                                       .diagnostics = (weft_diagnostics_fn *)(uintptr_t)8 };
    weft_sdk sdk = weft_sdk_start(&options);
    weft_span span = weft_span_start("span");
    weft_span_end(&span);
    assert_int_equal(weft_sdk_stop(sdk, SOON), WEFT_OK);
    assert_int_equal(sink.spans, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(TR_053_a_sampler_may_change_the_tracestate, start, test_teardown),
        cmocka_unit_test_setup_teardown(TR_054_a_sampler_sees_the_whole_parent, start, test_teardown),
        cmocka_unit_test_setup_teardown(decisions, start, test_teardown),
        cmocka_unit_test_setup_teardown(TR_057_ids_of_ones_own, start, test_teardown),
        cmocka_unit_test_setup_teardown(incomplete_ids_are_not_used, start, test_teardown),
        cmocka_unit_test_setup_teardown(processors_are_called_in_order, start, test_teardown),
        cmocka_unit_test_setup_teardown(a_processor_alone, start, test_teardown),
        cmocka_unit_test_setup_teardown(parts_are_taken_whatever_happens, start, test_teardown),
        cmocka_unit_test_setup_teardown(null_parts_are_the_errors_they_look_like, start, test_teardown),
        cmocka_unit_test_setup_teardown(more_parts_than_there_is_room_for, start, test_teardown),
        cmocka_unit_test_setup_teardown(options_of_an_older_program, start, test_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
