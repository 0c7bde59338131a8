/* test_waterfall.c - whole pictures of traces, compared with what they should look like. */
#include <locale.h>
#include <stdio.h>

#include "tests/unit/tail/spans.h"
#include "tools/weft/tail/waterfall.h"

enum { ROWS = 100 };

typedef struct look {
    size_t width;
    bool unicode, color, verbose;
    size_t rows;
} look;

/* To be freed. */
static char *draw_trace(look how, const tail_trace *trace)
{
    char *text = NULL;
    size_t size = 0;
    tail_pen pen = { .width = how.width, .unicode = how.unicode, .color = how.color };
    tail_view view = { how.verbose, how.rows != 0 ? how.rows : ROWS };
    pen.out = open_memstream(&text, &size);
    assert_non_null(pen.out);
    assert_true(tail_waterfall(&pen, &view, trace));
    assert_int_equal(fclose(pen.out), 0);
    return text;
}

static char *draw(look how, tail_span *spans, size_t count)
{
    tail_trace trace = { .first = spans_link(spans, count), .count = count };
    trace.id[TAIL_TRACE_ID - 1] = 0xab;
    return draw_trace(how, &trace);
}

static void expect(look how, tail_span *spans, size_t count, const char *picture)
{
    char *text = draw(how, spans, count);
    assert_string_equal(text, picture);
    free(text);
}

static void expect_part(look how, tail_span *spans, size_t count, const char *part)
{
    char *text = draw(how, spans, count);
    if (strstr(text, part) == NULL)
        fail_msg("no '%s' in:\n%s", part, text);
    free(text);
}

static void expect_no(look how, tail_span *spans, size_t count, const char *part)
{
    char *text = draw(how, spans, count);
    if (strstr(text, part) != NULL)
        fail_msg("'%s' in:\n%s", part, text);
    free(text);
}

static const look wide = { .width = 80, .unicode = true }, ascii = { .width = 80 };

static void a_trace_through_two_services(void **state)
{
    (void)state;
    tail_span spans[] = {
        span_of(1, 0, "POST /buy", 0, 100),       span_of(2, 1, "POST", 10, 90),
        span_of(3, 2, "POST /orders", 20, 80),    span_of(4, 3, "price", 20, 25),
        span_of(5, 3, "INSERT payments", 50, 80),
    };
    spans[0].kind = spans[2].kind = TAIL_KIND_SERVER;
    spans[1].kind = spans[4].kind = TAIL_KIND_CLIENT;
    spans[2].service = spans[3].service = spans[4].service = "checkout";
    spans[0].attributes = (tail_attributes)ATTRIBUTES({ "http.request.method", "POST" }, { "http.route", "/buy" },
                                                      { "http.response.status_code", "200" }, { "tenant", "acme" });
    spans[4].attributes = (tail_attributes)ATTRIBUTES({ "db.system.name", "sqlite" });
    expect(wide, spans, 5,
           "trace 000000000000000000000000000000ab  100 ms  5 spans  shop  checkout\n"
           "  shop      ← POST /buy              ████████████████████████████████     100 ms\n"
           "            │ status=200  tenant=acme\n"
           "  shop      └─→ POST                    █████████████████████████▊       80.0 ms\n"
           "  checkout    └─← POST /orders             ▐██████████████████▌          60.0 ms\n"
           "  checkout      ├─· price                  ▐█                            5.00 ms\n"
           "  checkout      └─→ INSERT payments                  █████████▌          30.0 ms\n"
           "                    db=sqlite\n"
           "\n");
    expect(ascii, spans, 5,
           "trace 000000000000000000000000000000ab  100 ms  5 spans  shop  checkout\n"
           "  shop      < POST /buy              ================================     100 ms\n"
           "            | status=200  tenant=acme\n"
           "  shop      `-> POST                    ==========================       80.0 ms\n"
           "  checkout    `-< POST /orders             ====================          60.0 ms\n"
           "  checkout      |-. price                  ==                            5.00 ms\n"
           "  checkout      `-> INSERT payments                  ==========          30.0 ms\n"
           "                    db=sqlite\n"
           "\n");
}

static void an_error_is_told_once_with_its_type(void **state)
{
    (void)state;
    tail_event exception = {
        .name = "exception",
        .time = epoch + 3 * MS,
        .attributes = ATTRIBUTES({ "exception.type", "card_declined" }, { "exception.message", "no" }),
    };
    tail_span span = span_of(1, 0, "charge", 0, 10);
    span.status = TAIL_STATUS_ERROR;
    span.status_message = "no";
    span.attributes = (tail_attributes)ATTRIBUTES({ "error.type", "card_declined" });
    span.events = &exception;
    span.event_count = 1;
    expect(wide, &span, 1,
           "trace 000000000000000000000000000000ab  10.0 ms  1 span  1 error  shop\n"
           "  shop  · charge      ███████████████████████████████████████████████    10.0 ms\n"
           "          ✖ card_declined: no  at 3.00 ms\n"
           "\n");
    span.event_count = 0;
    expect_part(wide, &span, 1, "          ✖ card_declined: no\n");
    span.status_message = "";
    expect_part(wide, &span, 1, "          ✖ card_declined\n");
    span.attributes.count = 0;
    expect_part(wide, &span, 1, "          ✖ error\n");
    expect_part(ascii, &span, 1, "          x error\n");
}

static void long_messages_are_wrapped_not_cut(void **state)
{
    (void)state;
    tail_span span = span_of(1, 0, "op", 0, 10);
    span.status = TAIL_STATUS_ERROR;
    span.status_message = "the quick brown fox jumps over the lazy dog again and again and again";
    expect_part((look){ .width = 40 }, &span, 1,
                "          x the quick brown fox jumps\n"
                "          over the lazy dog again and\n"
                "          again and again\n");
}

static void services_that_do_not_fit_go_on_the_next_line(void **state)
{
    (void)state;
    tail_span spans[] = { span_of(1, 0, "a", 0, 100), span_of(2, 1, "b", 0, 1), span_of(3, 1, "c", 1, 2) };
    spans[1].service = "checkout", spans[2].service = "payment";
    expect_part((look){ .width = 65 }, spans, 3,
                "trace 000000000000000000000000000000ab  100 ms  3 spans  shop\n"
                "      checkout  payment\n");
}

static void events_links_and_what_was_dropped(void **state)
{
    (void)state;
    tail_event events[] = {
        { "cache miss", epoch + 1 * MS, ATTRIBUTES({ "key", "k" }) },
        { "early", epoch - 1 * MS, { .dropped = 2 } },
    };
    tail_link link = { .trace_id = { 1 }, .span_id = { 2 } };
    tail_span span = span_of(1, 0, "op", 0, 10);
    span.events = events, span.event_count = 2;
    span.links = &link, span.link_count = 1;
    span.attributes.dropped = 1, span.dropped_events = 3;
    expect_part(wide, &span, 1, "◆ cache miss  at 1.00 ms  key=k\n");
    expect_part(wide, &span, 1, "◆ early  1.00 ms before the start  +2 dropped attributes\n");
    expect_part(wide, &span, 1, "↗ link to trace 01000000000000000000000000000000 span 0200000000000000\n");
    expect_part(wide, &span, 1, "(dropped: 1 attribute, 3 events)\n");
}

static void many_events_and_links_are_counted(void **state)
{
    (void)state;
    tail_event events[20];
    tail_link links[20];
    memset(links, 0, sizeof links);
    for (size_t i = 0; i < 20; i++)
        events[i] = (tail_event){ .name = i == 19 ? "exception" : "tick", .time = epoch };
    tail_span span = span_of(1, 0, "op", 0, 10);
    span.events = events, span.event_count = 20;
    span.links = links, span.link_count = 20;
    expect_part(wide, &span, 1, "✖ error  at 0 ns\n");
    expect_part(wide, &span, 1, "+13 events\n");
    expect_part(wide, &span, 1, "+17 links\n");
    look all = wide;
    all.verbose = true;
    expect_no(all, &span, 1, "+");
}

static void a_missing_parent_is_told(void **state)
{
    (void)state;
    tail_span span = span_of(1, 9, "op", 0, 10);
    expect_part(wide, &span, 1, "(parent 0900000000000000 not seen)\n");
}

static void what_is_common_is_left_out_unless_asked_for(void **state)
{
    (void)state;
    tail_span span = span_of(1, 0, "GET", 0, 10);
    span.attributes = (tail_attributes)ATTRIBUTES({ "network.protocol.version", "1.1" }, { "order", "7" });
    expect_part(wide, &span, 1, "          order=7\n");
    look all = wide;
    all.verbose = true;
    expect_part(all, &span, 1, "          network.protocol.version=1.1  order=7\n");
}

static void nothing_from_the_network_controls_the_terminal(void **state)
{
    (void)state;
    static const char evil[] = "\033]0;x\007\033[2J\n\302\233\377\342\200\256";
    tail_attribute attribute = { evil, evil };
    tail_event event = { evil, epoch, { .list = &attribute, .count = 1 } };
    tail_link link = { .attributes = { .list = &attribute, .count = 1 } };
    tail_span span = span_of(1, 0, evil, 0, 10);
    span.service = span.status_message = span.scope = evil;
    span.status = TAIL_STATUS_ERROR;
    span.attributes = event.attributes;
    span.events = &event, span.event_count = 1;
    span.links = &link, span.link_count = 1;
    for (int verbose = 0; verbose < 2; verbose++) {
        for (int unicode = 0; unicode < 2; unicode++) {
            char *text = draw((look){ 80, unicode, false, verbose, 0 }, &span, 1);
            for (const char *s = text; *s != '\0'; s++)
                assert_true(*s == '\n' || ((unsigned char)*s >= 0x20 && *s != 0x7F));
            assert_null(strstr(text, "\302\233"));
            assert_null(strstr(text, "\342\200\256"));
            free(text);
        }
    }
}

static void no_line_is_wider_than_the_terminal(void **state)
{
    (void)state;
    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    tail_attribute attributes[] = { { "key", name }, { name, "value" } };
    tail_span spans[30];
    for (uint8_t i = 0; i < 30; i++) {
        spans[i] = span_of((uint8_t)(i + 1), i, name, i, 100);
        spans[i].service = name;
        spans[i].attributes = (tail_attributes){ .list = attributes, .count = 2 };
    }
    tail_pen ruler = { .unicode = true, .width = SIZE_MAX };
    for (size_t width = 1; width < 200; width += 7) {
        char *text = draw((look){ .width = width, .unicode = true, .verbose = width % 2 }, spans, 30);
        for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
            assert_true(tail_pen_columns(&ruler, line) <= width);
        free(text);
    }
}

static void times_from_nowhere_are_drawn(void **state)
{
    (void)state;
    tail_span spans[] = { span_of(1, 0, "a", 0, 0), span_of(2, 1, "b", 0, 0), span_of(3, 1, "c", 0, 0) };
    spans[0].start = 0, spans[0].end = UINT64_MAX;
    spans[1].start = UINT64_MAX, spans[1].end = 1;
    spans[2].end = 0;
    expect_part(wide, spans, 3, "213503 d");
    expect_part(wide, spans, 3, "negative\n");
    expect_part(wide, spans, 3, "no end\n");
}

static void a_huge_trace_is_shown_in_part(void **state)
{
    (void)state;
    tail_span spans[] = { span_of(1, 0, "a", 0, 9), span_of(2, 1, "b", 0, 1), span_of(3, 1, "c", 2, 3) };
    look few = wide;
    few.rows = 1;
    expect_part(few, spans, 3, "  (2 more spans)\n");
    expect_part(few, spans, 3, "  3 spans");
}

static void what_is_odd_about_a_trace_is_noted(void **state)
{
    (void)state;
    tail_span spans[] = { span_of(1, 0, "a", 0, 9), span_of(1, 0, "a", 0, 9) };
    tail_trace trace = { .first = spans_link(spans, 2), .count = 2, .early = true, .continued = true };
    char *text = draw_trace(wide, &trace);
    assert_non_null(strstr(text, "(more of a trace that was shown above)"));
    assert_non_null(strstr(text, "(shown before it was finished, to make room)"));
    assert_non_null(strstr(text, "(1 span came twice)"));
    free(text);
}

static void colours_do_not_change_the_text(void **state)
{
    (void)state;
    tail_span spans[] = { span_of(1, 0, "a", 0, 9), span_of(2, 1, "b", 3, 5) };
    spans[1].status = TAIL_STATUS_ERROR;
    char *plain = draw(wide, spans, 2), *colored = draw((look){ 80, true, true, false, 0 }, spans, 2), *to = colored;
    assert_non_null(strstr(colored, "\033[0;1;31m"));
    for (const char *from = colored; *from != '\0';) {
        if (*from == '\033')
            from = strchr(from, 'm') + 1;
        else
            *to++ = *from++;
    }
    *to = '\0';
    assert_string_equal(colored, plain);
    free(plain);
    free(colored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_through_two_services),
        cmocka_unit_test(an_error_is_told_once_with_its_type),
        cmocka_unit_test(long_messages_are_wrapped_not_cut),
        cmocka_unit_test(services_that_do_not_fit_go_on_the_next_line),
        cmocka_unit_test(events_links_and_what_was_dropped),
        cmocka_unit_test(many_events_and_links_are_counted),
        cmocka_unit_test(a_missing_parent_is_told),
        cmocka_unit_test(what_is_common_is_left_out_unless_asked_for),
        cmocka_unit_test(nothing_from_the_network_controls_the_terminal),
        cmocka_unit_test(no_line_is_wider_than_the_terminal),
        cmocka_unit_test(times_from_nowhere_are_drawn),
        cmocka_unit_test(a_huge_trace_is_shown_in_part),
        cmocka_unit_test(what_is_odd_about_a_trace_is_noted),
        cmocka_unit_test(colours_do_not_change_the_text),
    };
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
