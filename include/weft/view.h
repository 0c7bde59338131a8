/* view.h - reading records: what exporters, processors and tests see. Everything a view points to is borrowed until the
 * call that gave it returns; texts do not end in NUL. Views grow at the end; the reader's size says what it knows. */
#ifndef WEFT_VIEW_H
#define WEFT_VIEW_H

#include <weft/span.h>

/** Walks a batch or a list inside a record; starts at {0}. */
typedef struct weft_cursor {
    uint64_t position_;
    uint64_t reserved_;
} weft_cursor;

typedef struct weft_scope_view {
    size_t size;
    weft_text name, version, schema_url;
    uint32_t attribute_count, dropped_attributes;
    const void *source_;
} weft_scope_view;

typedef struct weft_resource_view {
    size_t size;
    weft_text schema_url;
    uint32_t attribute_count, dropped_attributes;
    const void *source_;
} weft_resource_view;

typedef struct weft_span_view {
    size_t size;
    weft_span_context context;
    weft_span_context parent; /* all zero: root */
    weft_text name;
    weft_span_kind kind;
    weft_span_status status;
    weft_text status_text;
    weft_text tracestate;
    uint64_t start_time, end_time; /* ns since the epoch; end 0: not ended */
    uint32_t attribute_count, event_count, link_count;
    uint32_t dropped_attributes, dropped_events, dropped_links;
    const weft_scope_view *scope;
    const weft_resource_view *resource;
    const void *source_;
} weft_span_view;

typedef struct weft_event_view {
    size_t size;
    weft_text name;
    uint64_t time;
    uint32_t attribute_count, dropped_attributes;
    const void *source_;
} weft_event_view;

typedef struct weft_link_view {
    size_t size;
    weft_span_context context;
    weft_text tracestate;
    uint32_t attribute_count, dropped_attributes;
    const void *source_;
} weft_link_view;

typedef struct weft_batch weft_batch;

WEFT_BEGIN

/* while (weft_batch_span(batch, &at, &span)) ... */
WEFT_API bool weft_batch_span(const weft_batch *batch, weft_cursor *at, weft_span_view *span);
WEFT_API size_t weft_batch_count(const weft_batch *batch);

WEFT_API bool weft_span_attribute(const weft_span_view *span, weft_cursor *at, weft_attribute *attribute);
WEFT_API bool weft_span_event_at(const weft_span_view *span, weft_cursor *at, weft_event_view *event);
WEFT_API bool weft_span_link_at(const weft_span_view *span, weft_cursor *at, weft_link_view *link);
WEFT_API bool weft_event_attribute(const weft_event_view *event, weft_cursor *at, weft_attribute *attribute);
WEFT_API bool weft_link_attribute(const weft_link_view *link, weft_cursor *at, weft_attribute *attribute);
WEFT_API bool weft_resource_attribute(const weft_resource_view *resource, weft_cursor *at, weft_attribute *attribute);

/** Looks at an open span while nothing else can change it; false when it has ended. Short, and no calls on the span. */
WEFT_API bool weft_span_look(const weft_span *span, void (*look)(void *arg, const weft_span_view *view), void *arg);

/** One value as text by CMN-11; copies like snprintf. */
WEFT_API size_t weft_value_text(const weft_value *value, char *out, size_t size);

WEFT_END
#endif
