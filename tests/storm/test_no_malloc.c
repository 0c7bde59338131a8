/* test_no_malloc.c - after a thread's first use of it, no call on the hot path takes anything from the allocator:
 * spans, attributes of all sizes, events, links, propagation, contexts, baggage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weft/weft.h>

#include "tests/support/malloc_count.h"
#include "tests/support/storm.h"

WEFT_INSTRUMENTATION("storm.no_malloc", "1");

static char large[4000];

static weft_text get(void *self, const char *name, size_t index)
{
    (void)self;
    const char *value = NULL;
    if (strcmp(name, "traceparent") == 0)
        value = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03";
    else if (strcmp(name, "tracestate") == 0)
        value = "vendor=1,ot=th:8";
    else if (strcmp(name, "baggage") == 0)
        value = "tenant=acme,user=caf%C3%A9;p=1";
    return index == 0 && value != NULL ? weft_text_n(value, strlen(value)) : weft_text_n(NULL, 0);
}

static void set(void *self, const char *name, const char *value)
{
    *(size_t *)self += strlen(name) + strlen(value);
}

static const weft_carrier from = { .size = sizeof from, .get = get };

static void start_and_end(void)
{
    const weft_span root = weft_span_start("root", .root = true), child = weft_span_enter("child");
    weft_span_leave(&child);
    weft_span_end_at(&root, 5000);
    const weft_span full = weft_span_start("full", .kind = WEFT_KIND_SERVER, .carrier = &from, .start_time = 1000,
                                           .attributes = WEFT_ATTRS(weft_attr("key", "value")),
                                           .links = WEFT_LINKS({ .context = root.context.span }));
    weft_span_end(&full);
    const weft_span under = weft_span_start(large, .parent = &full.context);
    weft_span_end(&under);
    WEFT_SPAN(scoped, "scoped");
    weft_span_set(WEFT_CURRENT, weft_attr("key", 1));
}

static void set_attributes(void)
{
    static const bool bools[] = { true, false };
    static const int64_t ints[] = { 1, 2, 3 };
    static const double doubles[] = { 0.5 };
    static const char *const strings[] = { "a", "\xff\xfe" };
    const weft_span span = weft_span_enter("attributes");
    weft_span_set(&span, weft_attr("bool", weft_bool(true)), weft_attr("int", -1), weft_attr("double", 1.5),
                  weft_attr("text", "text"), weft_attr("bytes", weft_bytes(large, 100)),
                  weft_attr("empty", weft_empty()));
    weft_span_set(&span, weft_attr("bools", weft_bools(bools, 2)), weft_attr("ints", weft_ints(ints, 3)),
                  weft_attr("doubles", weft_doubles(doubles, 1)), weft_attr("strings", weft_strings(strings, 2)));
    weft_span_set(&span, weft_attr("map", weft_map(weft_attr("a", 1), weft_attr("b", weft_array(weft_int(1))))));
    for (int i = 0; i < 10; i++)
        weft_span_set(&span, weft_attr("large", (const char *)large));
    for (int i = 0; i < 200; i++)
        weft_span_set(&span, weft_attr("same", i));
    weft_span_leave(&span);
}

static void record_more(void)
{
    const weft_span span = weft_span_enter("more");
    weft_span_event(&span, "event");
    weft_span_event(&span, "event", weft_attr("key", "value"), weft_attr("large", (const char *)large));
    weft_span_event_list(&span, "event", 1000, NULL, 0);
    weft_link link = { .context = span.context.span };
    weft_span_link(&span, &link);
    weft_span_rename(&span, "renamed");
    weft_span_rename(&span, large);
    weft_span_status_set(&span, WEFT_STATUS_ERROR, "text");
    weft_span_status_set(&span, WEFT_STATUS_ERROR, large);
    weft_span_error(&span, "type", "message %d", 1);
    weft_span_errno(&span, 2, "open %s", "/etc/x");
    weft_span_status_set(&span, WEFT_STATUS_OK, NULL);
    weft_span_leave(&span);
    weft_span_set(&span, weft_attr("late", 1));
}

static void propagate(void)
{
    size_t written = 0;
    char text[600], id[WEFT_TRACE_ID_SIZE], parent[WEFT_TRACEPARENT_SIZE];
    const weft_carrier to = { .size = sizeof to, .self = &written, .set = set };
    weft_context remote = weft_extract(NULL, &from);
    weft_token token = weft_context_attach(&remote);
    const weft_span span = weft_span_enter("child of a remote one");
    weft_inject(NULL, &to);
    assert_true(written > 100);
    (void)weft_trace_id(NULL, id);
    (void)weft_traceparent(NULL, parent);
    assert_int_equal(weft_tracestate(NULL, "vendor", text, sizeof text), 1);
    strcpy(text, "a=1,b=2");
    assert_int_equal(weft_tracestate_set(text, sizeof text, "c", "3"), WEFT_OK);
    weft_span_leave(&span);
    assert_int_equal(weft_context_detach(token), WEFT_OK);
    weft_context_release(&remote);
}

static void hand_over(void)
{
    static const weft_key key = { .size = sizeof key, .name = "key" };
    char text[64];
    const weft_span span = weft_span_enter("hand over");
    weft_token baggage = weft_baggage_attach("step", "2");
    weft_token fields = weft_fields_attach(&(weft_attribute){ weft_string("v"), "k", WEFT_NUL, 0 }, 1);
    weft_token mark = weft_context_mark();
    weft_context kept = weft_context_capture(NULL), valued = weft_context_with_value(&kept, &key, text);
    weft_context quiet = weft_context_suppressed(&valued), bare = weft_baggage_clear(&valued);
    assert_ptr_equal(weft_context_value(&valued, &key), text);
    assert_int_equal(weft_baggage_get(&valued, "step", text, sizeof text), 1);
    (void)weft_context_attach(&quiet);
    weft_context_unwind(mark);
    weft_context_release(&bare);
    weft_context_release(&quiet);
    weft_context_release(&valued);
    weft_context_release(&kept);
    assert_int_equal(weft_context_detach(fields), WEFT_OK);
    assert_int_equal(weft_context_detach(baggage), WEFT_OK);
    weft_span_leave(&span);
}

static void assert_no_malloc(void (*body)(void))
{
    if (!malloc_is_counted())
        skip();
    memset(large, 'x', sizeof large - 1);
    const storm_options options = { .max_queue = 1 << 20 };
    weft_sdk sdk = storm_start(&options);
    assert_int_equal(weft_propagators_set("tracecontext,baggage"), WEFT_OK);
    body();
    unsigned long before = malloc_count();
    for (int i = 0; i < 1000; i++)
        body();
    assert_int_equal(malloc_count(), before);
    storm_finish(sdk);
    /* Nor does the handle of a stopped SDK, nor a span without any. */
    body();
    before = malloc_count();
    for (int i = 0; i < 100; i++)
        body();
    assert_int_equal(malloc_count(), before);
}

static void spans_take_nothing(void **state)
{
    (void)state;
    assert_no_malloc(start_and_end);
}

static void attributes_take_nothing(void **state)
{
    (void)state;
    assert_no_malloc(set_attributes);
}

static void events_links_names_and_errors_take_nothing(void **state)
{
    (void)state;
    assert_no_malloc(record_more);
}

static void propagation_takes_nothing(void **state)
{
    (void)state;
    assert_no_malloc(propagate);
}

static void contexts_take_nothing(void **state)
{
    (void)state;
    assert_no_malloc(hand_over);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_take_nothing),
        cmocka_unit_test(attributes_take_nothing),
        cmocka_unit_test(events_links_names_and_errors_take_nothing),
        cmocka_unit_test(propagation_takes_nothing),
        cmocka_unit_test(contexts_take_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
