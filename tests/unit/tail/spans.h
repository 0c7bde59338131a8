/* spans.h - spans for tests of weft tail, in few words. */
#ifndef WEFT_TESTS_TAIL_SPANS_H
#define WEFT_TESTS_TAIL_SPANS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/weft/tail/span.h"

#define ATTRIBUTES(...)                                                                                                \
    { .list = (tail_attribute[]){ __VA_ARGS__ },                                                                       \
      .count = sizeof((tail_attribute[]){ __VA_ARGS__ }) / sizeof(tail_attribute) }

enum { MS = 1000000 };
static const uint64_t epoch = 1700000000000000000;

/* A span of one service with a one-byte id; parent 0: a root. Times in milliseconds. */
static inline tail_span span_of(uint8_t id, uint8_t parent, const char *name, uint64_t from, uint64_t to)
{
    tail_span span = { .name = name, .service = "shop", .scope = "", .status_message = "", .kind = TAIL_KIND_INTERNAL };
    span.trace_id[TAIL_TRACE_ID - 1] = 1;
    span.span_id[0] = id;
    span.parent_id[0] = parent;
    span.start = epoch + from * MS;
    span.end = epoch + to * MS;
    return span;
}

/* Links an array of spans into the list that a trace is. */
static inline tail_span *spans_link(tail_span *spans, size_t count)
{
    for (size_t i = 0; i < count; i++)
        spans[i].next = i + 1 < count ? &spans[i + 1] : NULL;
    return spans;
}

#endif
