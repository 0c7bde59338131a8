/* format.c - a span as lines for people. */
#include "exporters/console/format.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sdk/base/text.h"

typedef struct pen {
    weft__buffer *out;
    bool colour;
} pen;

enum { BOLD = 1, DIM = 2, RED = 31, GREEN = 32, YELLOW = 33, CYAN = 36 }; /* SGR codes */

static void style(const pen *to, int code)
{
    if (to->colour)
        weft__buffer_printf(to->out, "\033[%dm", code);
}

static void plain(const pen *to)
{
    if (to->colour)
        weft__buffer_puts(to->out, "\033[0m");
}

static bool is_control(const char *at, size_t left)
{
    uint8_t first = (uint8_t)at[0], second = left > 1 ? (uint8_t)at[1] : 0;
    return first < 0x20 || first == 0x7f || (first == 0xc2 && second >= 0x80 && second < 0xa0); /* C0, DEL, C1 */
}

/* Line breaks stay, indented, for the sake of stack traces; other control characters are spelled out. */
static void put_control(const pen *to, const char **at)
{
    *at += (uint8_t)**at == 0xc2;
    if (**at == '\n')
        weft__buffer_puts(to->out, "\n        ");
    else
        weft__buffer_printf(to->out, "\\x%02x", (uint8_t)**at);
    ++*at;
}

static void put_text(const pen *to, const char *data, size_t size)
{
    char fixed[3 * 68];
    size_t shown = weft__utf8_prefix(data, size, WEFT__CONSOLE_CHARACTERS);
    for (const char *at = data, *end = data + shown; at < end;) {
        size_t run = 0;
        while (run < 64 && at + run < end && !is_control(at + run, (size_t)(end - at) - run))
            run += weft__utf8_prefix(at + run, (size_t)(end - at) - run, 1);
        weft__buffer_put(to->out, fixed, weft__utf8_repair(fixed, at, run));
        at += run;
        if (run == 0)
            put_control(to, &at);
    }
    if (shown < size)
        weft__buffer_printf(to->out, "... (%zu bytes)", size);
}

static void put_view(const pen *to, weft_text text)
{
    put_text(to, text.data, text.size);
}

static void put_value(const pen *to, const weft_value *value)
{
    char small[256], *text = small;
    size_t size = weft_value_text(value, small, sizeof small);
    if (value->type == WEFT_TYPE_STRING && value->size != WEFT_NUL) {
        put_text(to, value->as.string, value->size);
        return;
    }
    if (size >= sizeof small && (text = malloc(size + 1)) != NULL)
        weft_value_text(value, text, size + 1);
    if (text != NULL)
        put_text(to, text, size);
    if (text != small)
        free(text);
}

static void put_attribute(const pen *to, const weft_attribute *attribute, const char *between)
{
    size_t size = attribute->key_size != WEFT_NUL ? attribute->key_size : strlen(attribute->key);
    style(to, CYAN);
    put_text(to, attribute->key, size);
    plain(to);
    weft__buffer_puts(to->out, between);
    put_value(to, &attribute->value);
}

static void put_id(const pen *to, const char *name, const uint8_t *id, size_t size)
{
    char text[33];
    weft__hex_put(text, id, size);
    weft__buffer_printf(to->out, "%s%.*s", name, (int)(2 * size), text);
}

static void put_duration(const pen *to, uint64_t ns)
{
    if (ns < 1000)
        weft__buffer_printf(to->out, "%" PRIu64 " ns", ns);
    else if (ns < 1000000)
        weft__buffer_printf(to->out, "%" PRIu64 ".%" PRIu64 " us", ns / 1000, ns / 100 % 10);
    else if (ns < 1000000000)
        weft__buffer_printf(to->out, "%" PRIu64 ".%02" PRIu64 " ms", ns / 1000000, ns / 10000 % 100);
    else
        weft__buffer_printf(to->out, "%" PRIu64 ".%02" PRIu64 " s", ns / 1000000000, ns / 10000000 % 100);
}

static void put_time(const pen *to, uint64_t ns)
{
    time_t seconds = (time_t)(ns / 1000000000);
    struct tm utc = { 0 };
    gmtime_r(&seconds, &utc);
    weft__buffer_printf(to->out, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                        utc.tm_hour, utc.tm_min, utc.tm_sec, (int)(ns / 1000 % 1000000));
}

static void put_head(const pen *to, const weft_span_view *span)
{
    static const char *const kinds[] = { "", "  server", "  client", "  producer", "  consumer" };
    style(to, BOLD);
    put_view(to, span->name);
    plain(to);
    if ((size_t)span->kind < WEFT_COUNT_OF(kinds))
        weft__buffer_puts(to->out, kinds[span->kind]);
    weft__buffer_puts(to->out, "  ");
    style(to, YELLOW);
    put_duration(to, span->end_time > span->start_time ? span->end_time - span->start_time : 0);
    plain(to);
    if (span->status != WEFT_STATUS_UNSET) {
        weft__buffer_puts(to->out, "  ");
        style(to, span->status == WEFT_STATUS_ERROR ? RED : GREEN);
        weft__buffer_puts(to->out, span->status == WEFT_STATUS_ERROR ? "error" : "ok");
        if (span->status_text.size != 0) {
            weft__buffer_puts(to->out, ": ");
            put_view(to, span->status_text);
        }
        plain(to);
    }
    weft__buffer_puts(to->out, "\n");
}

static void put_origin(const pen *to, const weft_span_view *span)
{
    style(to, DIM);
    put_id(to, "    trace ", span->context.trace_id, sizeof span->context.trace_id);
    put_id(to, "  span ", span->context.span_id, sizeof span->context.span_id);
    if (weft_span_context_valid(&span->parent))
        put_id(to, span->parent.remote ? "  remote parent " : "  parent ", span->parent.span_id,
               sizeof span->parent.span_id);
    weft__buffer_puts(to->out, "\n    at ");
    put_time(to, span->start_time);
    if (span->scope->name.size != 0) {
        weft__buffer_puts(to->out, "  scope ");
        put_view(to, span->scope->name);
        weft__buffer_puts(to->out, span->scope->version.size != 0 ? " " : "");
        put_view(to, span->scope->version);
    }
    if (span->tracestate.size != 0) {
        weft__buffer_puts(to->out, "  tracestate ");
        put_view(to, span->tracestate);
    }
    plain(to);
    weft__buffer_puts(to->out, "\n");
}

static void put_event(const pen *to, const weft_span_view *span, const weft_event_view *event)
{
    weft_attribute attribute;
    bool before = event->time < span->start_time;
    weft__buffer_puts(to->out, before ? "    -" : "    +");
    put_duration(to, before ? span->start_time - event->time : event->time - span->start_time);
    weft__buffer_puts(to->out, "  ");
    put_view(to, event->name);
    weft__buffer_puts(to->out, "\n");
    for (weft_cursor at = { 0 }; weft_event_attribute(event, &at, &attribute);) {
        weft__buffer_puts(to->out, "      ");
        put_attribute(to, &attribute, " = ");
        weft__buffer_puts(to->out, "\n");
    }
}

static void put_link(const pen *to, const weft_link_view *link)
{
    weft_attribute attribute;
    put_id(to, "    linked to trace ", link->context.trace_id, sizeof link->context.trace_id);
    put_id(to, "  span ", link->context.span_id, sizeof link->context.span_id);
    for (weft_cursor at = { 0 }; weft_link_attribute(link, &at, &attribute);) {
        weft__buffer_puts(to->out, "  ");
        put_attribute(to, &attribute, "=");
    }
    weft__buffer_puts(to->out, "\n");
}

static void put_dropped(const pen *to, const weft_span_view *span)
{
    if ((span->dropped_attributes | span->dropped_events | span->dropped_links) != 0)
        weft__buffer_printf(to->out, "    dropped: %" PRIu32 " attributes, %" PRIu32 " events, %" PRIu32 " links\n",
                            span->dropped_attributes, span->dropped_events, span->dropped_links);
}

void weft__console_span(weft__buffer *out, bool colour, const weft_span_view *span)
{
    pen to = { out, colour };
    weft_attribute attribute;
    weft_event_view event = { .size = sizeof event };
    weft_link_view link = { .size = sizeof link };
    put_head(&to, span);
    put_origin(&to, span);
    for (weft_cursor at = { 0 }; weft_span_attribute(span, &at, &attribute);) {
        weft__buffer_puts(out, "    ");
        put_attribute(&to, &attribute, " = ");
        weft__buffer_puts(out, "\n");
    }
    for (weft_cursor at = { 0 }; weft_span_event_at(span, &at, &event);)
        put_event(&to, span, &event);
    for (weft_cursor at = { 0 }; weft_span_link_at(span, &at, &link);)
        put_link(&to, &link);
    put_dropped(&to, span);
}

void weft__console_resource(weft__buffer *out, bool colour, const weft_resource_view *resource)
{
    pen to = { out, colour };
    weft_attribute attribute;
    style(&to, BOLD);
    weft__buffer_puts(out, "resource\n");
    plain(&to);
    for (weft_cursor at = { 0 }; weft_resource_attribute(resource, &at, &attribute);) {
        weft__buffer_puts(out, "    ");
        put_attribute(&to, &attribute, " = ");
        weft__buffer_puts(out, "\n");
    }
}
