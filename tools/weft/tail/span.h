/* span.h - a received span in plain structs. All texts end in NUL and are as the network sent them: nothing here is fit
 * for a terminal before it went through a pen. */
#ifndef WEFT_TOOLS_TAIL_SPAN_H
#define WEFT_TOOLS_TAIL_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TAIL_TRACE_ID = 16, TAIL_SPAN_ID = 8 };

/** OTLP's numbers. */
typedef enum tail_kind {
    TAIL_KIND_UNSPECIFIED,
    TAIL_KIND_INTERNAL,
    TAIL_KIND_SERVER,
    TAIL_KIND_CLIENT,
    TAIL_KIND_PRODUCER,
    TAIL_KIND_CONSUMER,
} tail_kind;

/** OTLP's numbers. */
typedef enum tail_status { TAIL_STATUS_UNSET, TAIL_STATUS_OK, TAIL_STATUS_ERROR } tail_status;

typedef struct tail_attribute {
    const char *key;
    const char *value; /**< Of any type, as text. */
} tail_attribute;

typedef struct tail_attributes {
    tail_attribute *list;
    size_t count;
    uint32_t dropped; /**< By the sender, which says so. */
    size_t omitted;   /**< By the limits of this tool. */
} tail_attributes;

typedef struct tail_event {
    const char *name;
    uint64_t time; /**< Nanoseconds since the epoch. */
    tail_attributes attributes;
} tail_event;

typedef struct tail_link {
    uint8_t trace_id[TAIL_TRACE_ID], span_id[TAIL_SPAN_ID];
    tail_attributes attributes;
} tail_link;

typedef struct tail_span {
    struct tail_span *next; /**< In its trace, in the order of arrival. */
    uint8_t trace_id[TAIL_TRACE_ID], span_id[TAIL_SPAN_ID];
    uint8_t parent_id[TAIL_SPAN_ID]; /**< All zero: a root. */
    const char *service;             /**< Of the resource; "" where it has none. */
    const char *name, *scope, *status_message;
    tail_kind kind;
    tail_status status;
    uint64_t start, end; /**< Nanoseconds since the epoch. */
    tail_attributes attributes;
    tail_event *events;
    tail_link *links;
    size_t event_count, link_count;
    size_t omitted_events, omitted_links;
    uint32_t dropped_events, dropped_links;
} tail_span;

/** The value of an attribute, or NULL. */
const char *tail_attribute_find(const tail_attributes *attributes, const char *key);
bool tail_span_is_root(const tail_span *span);
/** A deep copy in the arena, with long texts and lists cut; NULL without memory. */
struct tail_arena;
tail_span *tail_span_copy(struct tail_arena *arena, const tail_span *span);

#endif
