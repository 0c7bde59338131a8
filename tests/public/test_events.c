/* test_events.c - events, links and statuses of spans, and errors, which are all of them at once. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/traced.h"

WEFT_INSTRUMENTATION("events", "1.0");

enum { ENORMOUS = 10 * 1024 * 1024 };

static const weft_span_context far = { { 9 }, { 7 }, WEFT_FLAG_SAMPLED, true, { 0 }, 0 };

static char *letters(size_t size)
{
    char *text = malloc(size + 1);
    assert_non_null(text);
    memset(text, 'v', size);
    text[size] = '\0';
    return text;
}

static weft_event_view event_at(const weft_span_view *span, size_t index)
{
    weft_cursor at = { 0 };
    weft_event_view event;
    for (size_t i = 0; i <= index; i++)
        assert_true(weft_span_event_at(span, &at, &event));
    return event;
}

static weft_link_view link_at(const weft_span_view *span, size_t index)
{
    weft_cursor at = { 0 };
    weft_link_view link;
    for (size_t i = 0; i <= index; i++)
        assert_true(weft_span_link_at(span, &at, &link));
    return link;
}

static void TR_048_TR_049_events_in_order(void **state)
{
    (void)state;
    weft_span span = weft_span_start("span");
    weft_span_event(&span, "first");
    weft_test_advance(traced_sdk, 3);
    weft_span_event(&span, "second", weft_attr("a", 1), weft_attr("b", "two"));
    weft_span_event_list(&span, "before the start", 5, NULL, 0);
    weft_test_advance(traced_sdk, 3);
    weft_span_event(&span, "");
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    assert_int_equal(event_at(&view, 2).time, 5);
    assert_int_equal(event_at(&view, 1).time, 1000000003);
    assert_int_equal(event_at(&view, 3).name.size, 0);
    assert_int_equal(view.event_count, 4);
    weft_test_reset(traced_sdk);
}

static void events_without_a_name_or_a_key(void **state)
{
    (void)state;
    uint64_t misuses = traced_stats().misuse_argument;
    weft_span span = weft_span_start("span");
    weft_span_event(&span, NULL);
    weft_span_event_list(&span, "list", 0, NULL, 5);
    assert_int_equal(traced_stats().misuse_argument, misuses + 2);
    weft_span_event(&span, "keys", weft_attr((const char *)NULL, 1), weft_attr("", 2), weft_attr("a", 3));
    assert_int_equal(traced_stats().misuse_argument, misuses + 4);
    weft_span_end(&span);
    traced_is("\"span\" internal trace=1 id=2 parent=0 at=0 ns=0\n"
              "  event \"unnamed\" at=0\n  event \"list\" at=0\n  event \"keys\" at=0 a=3\n");
}

static void TR_033_more_events_than_the_limit(void **state)
{
    (void)state;
    weft_span span = weft_span_start("span");
    for (int i = 0; i < 1000; i++)
        weft_span_event(&span, "event", weft_attr("i", i));
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    assert_int_equal(view.event_count, 128);
    assert_int_equal(view.dropped_events, 872);
}

static void limits_of_events_and_links(void **state)
{
    (void)state;
    const weft_limits limits = { .size = sizeof limits,
                                 .events = 2,
                                 .links = 1,
                                 .event_attributes = 2,
                                 .link_attributes = WEFT_ZERO,
                                 .value_length = 3 };
    traced_restart(WEFT_OPTIONS(weft_sdk_options, .limits = &limits));
    weft_span span = weft_span_start("span");
    weft_span_event(&span, "name of any length", weft_attr("a", "12345"), weft_attr("b", 2), weft_attr("c", 3));
    weft_span_event(&span, "twice", weft_attr("a", 1), weft_attr("a", 2), weft_attr("b", 3), weft_attr("b", 4));
    weft_span_event(&span, "third");
    weft_span_link(&span, &(weft_link){ .context = far, .attributes = WEFT_ATTRS(weft_attr("a", 1)) });
    weft_span_link(&span, &(weft_link){ .context = far });
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    assert_int_equal(view.dropped_events, 1);
    assert_int_equal(view.dropped_links, 1);
    assert_int_equal(event_at(&view, 0).dropped_attributes, 1);
    assert_int_equal(event_at(&view, 1).dropped_attributes, 0); /* again is no addition (LIM-3) */
    assert_int_equal(link_at(&view, 0).dropped_attributes, 1);
    traced_is("\"span\" internal trace=1 id=2 parent=0 at=0 ns=0 dropped_events=1 dropped_links=1\n"
              "  event \"name of any length\" at=0 a=\"123\" b=2 dropped_attributes=1\n  event \"twice\" at=0 a=2 b=4\n"
              "  link trace=9000000000000000000000000000000 id=700000000000000 dropped_attributes=1\n");
}

static void keys_twice_in_one_event(void **state)
{
    (void)state;
    weft_span span = weft_span_start("span");
    weft_span_event(&span, "event", weft_attr("a", 1), weft_attr("b", 2), weft_attr("a", "three"));
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    assert_int_equal(event_at(&view, 0).attribute_count, 2);
    traced_is("\"span\" internal trace=1 id=2 parent=0 at=0 ns=0\n  event \"event\" at=0 b=2 a=\"three\"\n");
}

static void events_of_every_size(void **state)
{
    (void)state;
    char *text = letters(1200);
    for (size_t size = 0; size < 1200; size++) {
        char *name = text + 1200 - size;
        weft_span span = weft_span_start("sized");
        weft_span_event(&span, name, weft_attr("text", weft_text_n(text, size)), weft_attr("n", 1));
        weft_span_event(&span, "list", weft_attr("list", weft_array(weft_string(name))));
        weft_span_link(&span,
                       &(weft_link){ .context = far, .attributes = WEFT_ATTRS(weft_attr("s", weft_string(name))) });
        weft_span_event(&span, "last");
        weft_span_end(&span);
        weft_span_view view = traced_span(0);
        weft_event_view event = event_at(&view, 0);
        weft_cursor at = { 0 };
        weft_attribute attribute;
        assert_int_equal(event.name.size, size);
        assert_memory_equal(event.name.data, text, size);
        assert_true(weft_event_attribute(&event, &at, &attribute));
        assert_int_equal(attribute.value.size, size);
        assert_memory_equal(attribute.value.as.string, text, size);
        assert_true(weft_event_attribute(&event, &at, &attribute));
        assert_false(weft_event_attribute(&event, &at, &attribute));
        weft_link_view link = link_at(&view, 0);
        at = (weft_cursor){ 0 };
        assert_true(weft_link_attribute(&link, &at, &attribute));
        assert_int_equal(attribute.value.size, size);
        assert_true(traced_same(event_at(&view, 2).name, "last"));
        weft_test_reset(traced_sdk);
    }
    free(text);
}

static void enormous_events_and_links(void **state)
{
    (void)state;
    char *text = letters(ENORMOUS);
    weft_span span = weft_span_start("name");
    weft_span_event(&span, text, weft_attr("a", 1));
    weft_span_end(&span);
    span = weft_span_start("attribute");
    weft_span_event(&span, "event", weft_attr("large", (const char *)text));
    weft_span_end(&span);
    span = weft_span_start("link");
    weft_span_link(&span,
                   &(weft_link){ .context = far, .attributes = WEFT_ATTRS(weft_attr("large", (const char *)text)) });
    weft_span_end(&span);
    span = weft_span_start("status");
    weft_span_status_set(&span, WEFT_STATUS_ERROR, text);
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    assert_true(event_at(&view, 0).name.size > 60000);
    assert_string_equal(traced_value(&view, "weft.truncated"), "true");
    view = traced_span(1);
    assert_true(traced_same(event_at(&view, 0).name, "event"));
    assert_int_equal(event_at(&view, 0).dropped_attributes, 1);
    assert_string_equal(traced_value(&view, "weft.truncated"), "true");
    assert_int_equal(traced_span(2).dropped_links + traced_span(2).link_count, 1);
    assert_true(traced_span(3).status_text.size > 60000);
    assert_int_equal(traced_span(3).status, WEFT_STATUS_ERROR);
    free(text);
}

static void TR_045_TR_046_TR_047_links_in_order(void **state)
{
    (void)state;
    weft_context with = weft_context_with_span(NULL, &far, "a=1");
    const weft_span_context other = { { 1 }, { 2 }, WEFT_FLAG_RANDOM, false, { 0 }, 0 };
    weft_span span = weft_span_start(
        "span", .links = WEFT_LINKS({ .context = with.span, .attributes = WEFT_ATTRS(weft_attr("a", 1)) },
                                    { .context = other }));
    weft_span_link(&span, &(weft_link){ .context = far });
    weft_span_link(&span, NULL);
    weft_context_release(&with);
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    assert_int_equal(view.link_count, 3);
    weft_link_view link = link_at(&view, 0);
    assert_memory_equal(link.context.trace_id, far.trace_id, 16);
    assert_memory_equal(link.context.span_id, far.span_id, 8);
    assert_true(traced_same(link.tracestate, "a=1"));
    assert_int_equal(link.context.flags, WEFT_FLAG_SAMPLED);
    assert_true(link.context.remote);
    assert_int_equal(link.attribute_count, 1);
    link = link_at(&view, 1);
    assert_memory_equal(link.context.span_id, other.span_id, 8);
    assert_int_equal(link.context.flags, WEFT_FLAG_RANDOM);
    assert_false(link.context.remote);
    assert_null(link.tracestate.data);
    assert_memory_equal(link_at(&view, 2).context.span_id, far.span_id, 8);
}

/* Links without ids say something by their attributes or tracestate (LNK-2). */
static void links_without_ids(void **state)
{
    (void)state;
    const weft_span_context zero = { .flags = 0 };
    weft_context with = weft_context_with_span(NULL, &zero, "a=1");
    weft_span span = weft_span_start("span");
    weft_span_link(&span, &(weft_link){ .context = zero });
    weft_span_link(&span, &(weft_link){ .context = zero, .attributes = { NULL, 3 } });
    weft_span_link(&span, &(weft_link){ .context = zero, .attributes = WEFT_ATTRS(weft_attr("a", 1)) });
    weft_span_link(&span, &(weft_link){ .context = with.span });
    weft_context_release(&with);
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    assert_int_equal(view.link_count, 2);
    assert_int_equal(view.dropped_links, 0);
    assert_int_equal(link_at(&view, 0).attribute_count, 1);
    assert_true(traced_same(link_at(&view, 1).tracestate, "a=1"));
}

static void TR_035_more_links_than_the_limit(void **state)
{
    (void)state;
    weft_span span = weft_span_start("span");
    for (int i = 0; i < 1000; i++)
        weft_span_link(&span, &(weft_link){ .context = far });
    weft_span_end(&span);
    assert_int_equal(traced_span(0).link_count, 128);
    assert_int_equal(traced_span(0).dropped_links, 872);
}

typedef struct step {
    weft_span_status status;
    const char *text;
} step;

static void is_status(const step *steps, size_t count, weft_span_status status, const char *text)
{
    weft_span span = weft_span_start("span");
    for (size_t i = 0; i < count; i++)
        weft_span_status_set(&span, steps[i].status, steps[i].text);
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    assert_int_equal(view.status, status);
    if (text != NULL)
        assert_true(traced_same(view.status_text, text));
    else
        assert_int_equal(view.status_text.size, 0);
    weft_test_reset(traced_sdk);
}

/* Ok over error over unset; a text only with an error (STS-1 to 3). */
static void TR_031_statuses(void **state)
{
    (void)state;
    const step unset = { WEFT_STATUS_UNSET, "no" }, ok = { WEFT_STATUS_OK, "no" }, error = { WEFT_STATUS_ERROR, "one" };
    const step other = { WEFT_STATUS_ERROR, "two" }, empty = { WEFT_STATUS_ERROR, "" },
               null = { WEFT_STATUS_ERROR, NULL };
    is_status(NULL, 0, WEFT_STATUS_UNSET, NULL);
    is_status(&unset, 1, WEFT_STATUS_UNSET, NULL);
    is_status(&ok, 1, WEFT_STATUS_OK, NULL);
    is_status(&error, 1, WEFT_STATUS_ERROR, "one");
    is_status(&null, 1, WEFT_STATUS_ERROR, NULL);
    is_status(&empty, 1, WEFT_STATUS_ERROR, NULL);
    is_status((step[]){ error, unset }, 2, WEFT_STATUS_ERROR, "one");
    is_status((step[]){ error, other }, 2, WEFT_STATUS_ERROR, "two");
    is_status((step[]){ error, null }, 2, WEFT_STATUS_ERROR, NULL);
    is_status((step[]){ error, ok }, 2, WEFT_STATUS_OK, NULL);
    is_status((step[]){ ok, error, unset }, 3, WEFT_STATUS_OK, NULL);
    uint64_t misuses = traced_stats().misuse_argument;
    is_status((step[]){ error, { (weft_span_status)9, "x" } }, 2, WEFT_STATUS_ERROR, "one");
    assert_int_equal(traced_stats().misuse_argument, misuses + 1);
}

static void ten_thousand_statuses(void **state)
{
    (void)state;
    char text[32];
    weft_span span = weft_span_start("span");
    for (int i = 0; i < 10000; i++) {
        snprintf(text, sizeof text, "error %d", i);
        weft_span_status_set(&span, WEFT_STATUS_ERROR, text);
    }
    weft_span_end(&span);
    traced_is("\"span\" internal trace=1 id=2 parent=0 at=0 ns=0 error=\"error 9999\"\n");
}

static void TR_051_TR_052_exceptions(void **state)
{
    (void)state;
    weft_span span = weft_span_start("all");
    weft_span_exception(
        &span, WEFT_OPTIONS(weft_exception, .type = "Timeout", .message = "too late", .stacktrace = "at x",
                            .attributes = WEFT_ATTRS(weft_attr("extra", 1), weft_attr("exception.type", "Mine"))));
    weft_span_end(&span);
    span = weft_span_start("type");
    weft_span_exception(&span, WEFT_OPTIONS(weft_exception, .type = "Timeout"));
    weft_span_end(&span);
    span = weft_span_start("message");
    weft_span_exception(&span, WEFT_OPTIONS(weft_exception, .message = "too late", .attributes = { NULL, 7 }));
    weft_span_end(&span);
    traced_is("\"all\" internal trace=1 id=2 parent=0 at=0 ns=0 error=\"too late\" error.type=\"Timeout\"\n"
              "  event \"exception\" at=0 exception.message=\"too late\" exception.stacktrace=\"at x\" extra=1 "
              "exception.type=\"Mine\"\n"
              "\"type\" internal trace=3 id=4 parent=0 at=0 ns=0 error=\"Timeout\" error.type=\"Timeout\"\n"
              "  event \"exception\" at=0 exception.type=\"Timeout\"\n"
              "\"message\" internal trace=5 id=6 parent=0 at=0 ns=0 error=\"too late\"\n"
              "  event \"exception\" at=0 exception.message=\"too late\"\n");
}

static void exceptions_with_many_attributes(void **state)
{
    (void)state;
    weft_attribute list[100];
    char keys[100][8];
    for (int i = 0; i < 100; i++) {
        keys[i][0] = (char)('a' + i / 10), keys[i][1] = (char)('0' + i % 10), keys[i][2] = '\0';
        list[i] = weft_attr((const char *)keys[i], i);
    }
    weft_span span = weft_span_start("many");
    weft_span_exception(&span, WEFT_OPTIONS(weft_exception, .type = "T", .attributes = { list, 100 }));
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    assert_int_equal(event_at(&view, 0).attribute_count + event_at(&view, 0).dropped_attributes, 101);
}

static void exceptions_that_say_nothing(void **state)
{
    (void)state;
    uint64_t misuses = traced_stats().misuse_argument;
    weft_span span = weft_span_start("nothing");
    weft_span_exception(&span, NULL);
    weft_span_exception(&span, WEFT_OPTIONS(weft_exception, .stacktrace = "at x"));
    weft_span_error(&span, NULL, NULL);
    weft_span_end(&span);
    assert_int_equal(traced_stats().misuse_argument, misuses + 3);
    traced_is("\"nothing\" internal trace=1 id=2 parent=0 at=0 ns=0 error\n"
              "  event \"exception\" at=0 exception.stacktrace=\"at x\"\n");
}

static void errors_in_one_line(void **state)
{
    (void)state;
    char *text = letters(5000);
    weft_span span = weft_span_start("formatted");
    errno = EBUSY;
    weft_span_error(&span, "Refused", "after %d tries", 3);
    weft_span_errno(&span, ENOENT, "open %s", "/etc/x");
    assert_int_equal(errno, EBUSY);
    weft_span_end(&span);
    span = weft_span_start("bare");
    weft_span_errno(&span, EAGAIN, NULL);
    weft_span_end(&span);
    traced_is("\"formatted\" internal trace=1 id=2 parent=0 at=0 ns=0 error=\"open /etc/x: No such file or directory\" "
              "error.type=\"ENOENT\"\n"
              "  event \"exception\" at=0 exception.type=\"Refused\" exception.message=\"after 3 tries\"\n"
              "  event \"exception\" at=0 exception.type=\"ENOENT\" "
              "exception.message=\"open /etc/x: No such file or directory\"\n"
              "\"bare\" internal trace=3 id=4 parent=0 at=0 ns=0 error=\"Resource temporarily unavailable\" "
              "error.type=\"EAGAIN\"\n"
              "  event \"exception\" at=0 exception.type=\"EAGAIN\" "
              "exception.message=\"Resource temporarily unavailable\"\n");
    span = weft_span_start("odd");
    weft_span_errno(&span, 99999, "%s", text);
    weft_span_errno(&span, -1, NULL);
    weft_span_end(&span);
    weft_span_view view = traced_span(0);
    assert_string_equal(traced_value(&view, "error.type"), "errno -1");
    assert_int_equal(view.event_count, 2);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(TR_048_TR_049_events_in_order, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(events_without_a_name_or_a_key, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_033_more_events_than_the_limit, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(limits_of_events_and_links, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(keys_twice_in_one_event, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(events_of_every_size, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(enormous_events_and_links, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_045_TR_046_TR_047_links_in_order, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(links_without_ids, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_035_more_links_than_the_limit, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_031_statuses, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(ten_thousand_statuses, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(TR_051_TR_052_exceptions, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(exceptions_with_many_attributes, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(exceptions_that_say_nothing, traced_setup, traced_teardown),
        cmocka_unit_test_setup_teardown(errors_in_one_line, traced_setup, traced_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
