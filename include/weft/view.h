/* view.h - reading records: what exporters, processors and tests see.
 *
 * A view borrows: what it and its texts, scope and resource point to lives until the call that gave it returns (a
 * weft_batch_span() view: until the batch is done; one of weft/testing.h: until reset or stop). Copy what is needed for
 * longer. Texts do not end in NUL, and are valid UTF-8. Views grow at their end; size is set to what the library knows.
 *
 * Attributes read through a cursor point into the record, but for the elements of arrays and maps: these lie in memory
 * of the calling thread, which its next reading of an attribute uses again. So deal with one such value before the
 * next.
 *
 * Threads: any, several at once, each with cursors of its own. Nothing here fails but for running out of items; bytes
 * that make no sense end a list early, and a value that finds no memory reads as the empty one. NULL arguments are no
 * items. */
#ifndef WEFT_VIEW_H
#define WEFT_VIEW_H

#include <weft/span.h>

/** Walks a batch or a list inside a record; starts at {0}. */
typedef struct weft_cursor {
    uint64_t position_;
    uint64_t reserved_;
} weft_cursor;

/** The instrumentation scope (SCP). Lives until the process ends. */
typedef struct weft_scope_view {
    size_t size;
    weft_text name, version, schema_url; /**< As they were given: nobody has checked their UTF-8. */
    uint32_t attribute_count, dropped_attributes;
    const void *source_;
} weft_scope_view;

/** What the telemetry is about (RES). Lives as long as its SDK. */
typedef struct weft_resource_view {
    size_t size;
    weft_text schema_url;
    uint32_t attribute_count, dropped_attributes;
    const void *source_;
} weft_resource_view;

/** A span (SPN, STS). */
typedef struct weft_span_view {
    size_t size;
    weft_span_context context; /**< Ids and flags; the tracestate is below. */
    weft_span_context parent;  /**< Ids, and whether it was remote; its flags are not kept. All zero: a root. */
    weft_text name;
    weft_span_kind kind;
    weft_span_status status;
    weft_text status_text;                                      /**< {NULL, 0}: none. */
    weft_text tracestate;                                       /**< As in the header; {NULL, 0}: none. */
    uint64_t start_time, end_time;                              /**< ns since the epoch; end 0: not ended. */
    uint32_t attribute_count, event_count, link_count;          /**< What is here to be read. */
    uint32_t dropped_attributes, dropped_events, dropped_links; /**< What a limit kept out (LIM-10). */
    const weft_scope_view *scope;                               /**< Never NULL. */
    const weft_resource_view *resource;                         /**< Never NULL. */
    const void *source_;
} weft_span_view;

typedef struct weft_event_view {
    size_t size;
    weft_text name;
    uint64_t time; /**< ns since the epoch. */
    uint32_t attribute_count, dropped_attributes;
    const void *source_;
} weft_event_view;

typedef struct weft_link_view {
    size_t size;
    weft_span_context context; /**< Of the span that is linked to; its tracestate is below. */
    weft_text tracestate;      /**< {NULL, 0}: none. */
    uint32_t attribute_count, dropped_attributes;
    const void *source_;
} weft_link_view;

/** What an exporter is given: ended spans of one resource. Immutable; see weft/exporter.h for how long it lives. */
typedef struct weft_batch weft_batch;

WEFT_BEGIN

/** The next span of the batch, those of a scope one after the other: while (weft_batch_span(batch, &at, &span)) ...
 * False, and nothing of use in *span, behind the last one. */
WEFT_API bool weft_batch_span(const weft_batch *batch, weft_cursor *at, weft_span_view *span);
/** How many there are. */
WEFT_API size_t weft_batch_count(const weft_batch *batch);

/* The next item of a list; false behind the last one. Each attribute's key is there once (CMN-8). Values are of the
 * types EMPTY, BOOL, INT, DOUBLE, STRING, BYTES, ARRAY and MAP (those of a scope: as they were given). */

WEFT_API bool weft_span_attribute(const weft_span_view *span, weft_cursor *at, weft_attribute *attribute);
WEFT_API bool weft_span_event_at(const weft_span_view *span, weft_cursor *at, weft_event_view *event);
WEFT_API bool weft_span_link_at(const weft_span_view *span, weft_cursor *at, weft_link_view *link);
WEFT_API bool weft_event_attribute(const weft_event_view *event, weft_cursor *at, weft_attribute *attribute);
WEFT_API bool weft_link_attribute(const weft_link_view *link, weft_cursor *at, weft_attribute *attribute);
WEFT_API bool weft_resource_attribute(const weft_resource_view *resource, weft_cursor *at, weft_attribute *attribute);
WEFT_API bool weft_scope_attribute(const weft_scope_view *scope, weft_cursor *at, weft_attribute *attribute);

/** Looks at an open span while nothing else can change it; false when it has ended. Short, and no calls on the span. */
WEFT_API bool weft_span_look(const weft_span *span, void (*look)(void *arg, const weft_span_view *view), void *arg);

/** One value as text (CMN-11): strings as they are, numbers as in JSON, bytes in base64, arrays and maps as JSON, the
 * empty value as "". Copies like snprintf: at most size bytes with the NUL; returns the full size without it. In JSON,
 * what lies deeper than 128 levels or behind the first megabyte is null. NULL value: the empty one. */
WEFT_API size_t weft_value_text(const weft_value *value, char *out, size_t size);

WEFT_END
#endif
