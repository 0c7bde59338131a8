/* span.c - look-ups in a span, and the copy that a trace keeps of it. */
#include "tools/weft/tail/span.h"

#include <string.h>

#include "tools/weft/tail/arena.h"

/* What one span may cost at most; a viewer needs no more. Bytes and elements. */
enum { NAME_LIMIT = 256, VALUE_LIMIT = 1024, LIST_LIMIT = 128 };

const char *tail_attribute_find(const tail_attributes *attributes, const char *key)
{
    for (size_t i = 0; i < attributes->count; i++)
        if (strcmp(attributes->list[i].key, key) == 0)
            return attributes->list[i].value;
    return NULL;
}

bool tail_span_is_root(const tail_span *span)
{
    static const uint8_t none[TAIL_SPAN_ID];
    return memcmp(span->parent_id, none, sizeof none) == 0;
}

static size_t keep(size_t count, size_t *omitted)
{
    size_t kept = count < LIST_LIMIT ? count : LIST_LIMIT;
    *omitted += count - kept;
    return kept;
}

/* Replaces a borrowed text by a copy. */
static bool own(tail_arena *arena, const char **text, size_t limit)
{
    *text = tail_arena_text(arena, *text, limit);
    return *text != NULL;
}

static bool own_attributes(tail_arena *arena, tail_attributes *attributes)
{
    const tail_attribute *from = attributes->list;
    attributes->count = keep(attributes->count, &attributes->omitted);
    attributes->list = tail_arena_take(arena, attributes->count * sizeof *attributes->list);
    if (attributes->list == NULL)
        return false;
    for (size_t i = 0; i < attributes->count; i++) {
        tail_attribute *to = &attributes->list[i];
        *to = from[i];
        if (!own(arena, &to->key, NAME_LIMIT) || !own(arena, &to->value, VALUE_LIMIT))
            return false;
    }
    return true;
}

static bool own_events(tail_arena *arena, tail_span *span)
{
    const tail_event *from = span->events;
    span->event_count = keep(span->event_count, &span->omitted_events);
    span->events = tail_arena_take(arena, span->event_count * sizeof *span->events);
    if (span->events == NULL)
        return false;
    for (size_t i = 0; i < span->event_count; i++) {
        tail_event *to = &span->events[i];
        *to = from[i];
        if (!own(arena, &to->name, NAME_LIMIT) || !own_attributes(arena, &to->attributes))
            return false;
    }
    return true;
}

static bool own_links(tail_arena *arena, tail_span *span)
{
    const tail_link *from = span->links;
    span->link_count = keep(span->link_count, &span->omitted_links);
    span->links = tail_arena_take(arena, span->link_count * sizeof *span->links);
    if (span->links == NULL)
        return false;
    for (size_t i = 0; i < span->link_count; i++) {
        span->links[i] = from[i];
        if (!own_attributes(arena, &span->links[i].attributes))
            return false;
    }
    return true;
}

tail_span *tail_span_copy(tail_arena *arena, const tail_span *span)
{
    tail_span *copy = tail_arena_take(arena, sizeof *copy);
    if (copy == NULL)
        return NULL;
    *copy = *span;
    copy->next = NULL;
    bool owned = own(arena, &copy->service, NAME_LIMIT) && own(arena, &copy->name, NAME_LIMIT) &&
                 own(arena, &copy->scope, NAME_LIMIT) && own(arena, &copy->status_message, VALUE_LIMIT) &&
                 own_attributes(arena, &copy->attributes) && own_events(arena, copy) && own_links(arena, copy);
    return owned ? copy : NULL;
}
