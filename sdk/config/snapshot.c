/* snapshot.c - all that a test SDK has recorded, as text that is the same in every run. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <weft/testing.h>

#include "sdk/base/buffer.h"
#include "sdk/base/text.h"

enum { SNAPSHOT_MOST = 64 * 1024 * 1024, EPOCH = 1000000000 };

/* Without leading zeros: ids of tests are small. */
static void put_id(weft__buffer *out, const char *name, const uint8_t *id, size_t size)
{
    char text[33];
    weft__hex_put(text, id, size);
    text[2 * size] = '\0';
    const char *digits = text + strspn(text, "0");
    weft__buffer_printf(out, " %s=%s", name, *digits != '\0' ? digits : "0");
}

/* As JSON, strings in quotes: an array of one without its brackets. */
static void put_value(weft__buffer *out, weft_value value)
{
    weft_value one = weft_array_n(&value, 1);
    size_t size = weft_value_text(&one, NULL, 0);
    char *text = malloc(size + 1);
    if (text == NULL) {
        out->failed = true;
        return;
    }
    weft_value_text(&one, text, size + 1);
    weft__buffer_put(out, text + 1, size - 2);
    free(text);
}

static void put_attribute(weft__buffer *out, const weft_attribute *attribute)
{
    weft__buffer_puts(out, " ");
    weft__buffer_put(out, attribute->key, attribute->key_size);
    weft__buffer_puts(out, "=");
    put_value(out, attribute->value);
}

/* ns since the start of the test's time. */
static void put_time(weft__buffer *out, uint64_t time)
{
    weft__buffer_printf(out, " at=%" PRId64, (int64_t)(time - EPOCH));
}

static void put_dropped(weft__buffer *out, const char *what, uint32_t count)
{
    if (count != 0)
        weft__buffer_printf(out, " dropped_%s=%" PRIu32, what, count);
}

static void put_event(weft__buffer *out, const weft_event_view *event)
{
    weft_attribute attribute;
    weft__buffer_puts(out, "  event ");
    put_value(out, weft_string_n(event->name));
    put_time(out, event->time);
    for (weft_cursor at = { 0 }; weft_event_attribute(event, &at, &attribute);)
        put_attribute(out, &attribute);
    put_dropped(out, "attributes", event->dropped_attributes);
    weft__buffer_puts(out, "\n");
}

static void put_link(weft__buffer *out, const weft_link_view *link)
{
    weft_attribute attribute;
    weft__buffer_puts(out, "  link");
    put_id(out, "trace", link->context.trace_id, sizeof link->context.trace_id);
    put_id(out, "id", link->context.span_id, sizeof link->context.span_id);
    for (weft_cursor at = { 0 }; weft_link_attribute(link, &at, &attribute);)
        put_attribute(out, &attribute);
    put_dropped(out, "attributes", link->dropped_attributes);
    weft__buffer_puts(out, "\n");
}

static void put_status(weft__buffer *out, const weft_span_view *span)
{
    if (span->status == WEFT_STATUS_UNSET)
        return;
    weft__buffer_puts(out, span->status == WEFT_STATUS_OK ? " ok" : " error");
    if (span->status_text.size != 0) {
        weft__buffer_puts(out, "=");
        put_value(out, weft_string_n(span->status_text));
    }
}

static void put_span(weft__buffer *out, const weft_span_view *span)
{
    static const char *const kinds[] = { "internal", "server", "client", "producer", "consumer" };
    weft_attribute attribute;
    weft_event_view event = { .size = sizeof event };
    weft_link_view link = { .size = sizeof link };
    put_value(out, weft_string_n(span->name));
    weft__buffer_printf(out, " %s", (size_t)span->kind < WEFT_COUNT_OF(kinds) ? kinds[span->kind] : "unknown");
    put_id(out, "trace", span->context.trace_id, sizeof span->context.trace_id);
    put_id(out, "id", span->context.span_id, sizeof span->context.span_id);
    put_id(out, "parent", span->parent.span_id, sizeof span->parent.span_id);
    put_time(out, span->start_time);
    weft__buffer_printf(out, " ns=%" PRIu64, span->end_time - span->start_time);
    put_status(out, span);
    for (weft_cursor at = { 0 }; weft_span_attribute(span, &at, &attribute);)
        put_attribute(out, &attribute);
    put_dropped(out, "attributes", span->dropped_attributes);
    put_dropped(out, "events", span->dropped_events);
    put_dropped(out, "links", span->dropped_links);
    weft__buffer_puts(out, "\n");
    for (weft_cursor at = { 0 }; weft_span_event_at(span, &at, &event);)
        put_event(out, &event);
    for (weft_cursor at = { 0 }; weft_span_link_at(span, &at, &link);)
        put_link(out, &link);
}

size_t weft_test_snapshot(weft_sdk sdk, char *out, size_t size)
{
    weft__buffer text = { .limit = SNAPSHOT_MOST };
    weft_span_view span = { .size = sizeof span };
    for (size_t i = 0, count = weft_test_span_count(sdk); i < count && weft_test_span(sdk, i, &span); i++)
        put_span(&text, &span);
    size_t full = weft__copy_out(out, size, (const char *)text.data, text.size);
    weft__buffer_clear(&text);
    return full;
}
