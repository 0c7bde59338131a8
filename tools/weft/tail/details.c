/* details.c - what a span says beside its name and its time, short unless all is asked for. */
#include "tools/weft/tail/details.h"

#include <string.h>

#include "tools/weft/tail/figure.h"

/* Without verbose: how much of each, and how wide a value may be. */
enum { ATTRIBUTES = 12, EVENTS = 6, LINKS = 3, VALUE_COLUMNS = 48 };

/* Attributes with long names that everybody knows get short ones; those that seldom matter are left out (NULL). */
static const struct {
    const char *key, *label;
} well_known[] = {
    { "client.address", NULL },
    { "client.port", NULL },
    { "code.file.path", NULL },
    { "code.function.name", NULL },
    { "code.line.number", NULL },
    { "db.collection.name", NULL },
    { "db.namespace", NULL },
    { "db.operation.name", NULL },
    { "db.query.text", "query" },
    { "db.response.status_code", "db.status" },
    { "db.system.name", "db" },
    { "error.type", "error" },
    { "exception.stacktrace", NULL },
    { "http.request.method", "method" },
    { "http.response.status_code", "status" },
    { "http.route", "route" },
    { "network.peer.address", NULL },
    { "network.peer.port", NULL },
    { "network.protocol.name", NULL },
    { "network.protocol.version", NULL },
    { "server.address", NULL },
    { "server.port", NULL },
    { "thread.id", NULL },
    { "thread.name", NULL },
    { "url.full", "url" },
    { "url.path", "path" },
    { "url.query", NULL },
    { "url.scheme", NULL },
    { "user_agent.original", NULL },
};

/* The label of a key, or NULL where it is not shown. */
static const char *label_of(const char *key, bool verbose)
{
    for (size_t i = 0; !verbose && i < sizeof well_known / sizeof well_known[0]; i++)
        if (strcmp(well_known[i].key, key) == 0)
            return well_known[i].label;
    return key;
}

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Said already, by the name or by another attribute. */
static bool is_repeated(const tail_span *span, const tail_attribute *attribute)
{
    const tail_attributes *all = &span->attributes;
    if (strcmp(attribute->key, "error.type") == 0)
        return span->status == TAIL_STATUS_ERROR;
    if (strcmp(attribute->key, "url.path") == 0)
        return same(attribute->value, tail_attribute_find(all, "http.route"));
    const char *found = strcmp(attribute->key, "http.route") == 0 || strcmp(attribute->key, "http.request.method") == 0
                            ? strstr(span->name, attribute->value)
                            : NULL;
    return found != NULL && attribute->value[0] != '\0';
}

static void begin(tail_pen *pen, const tail_margin *margin)
{
    margin->draw(pen, margin);
}

/* Writes a text on as many lines as it needs. */
static void draw_wrapped(tail_pen *pen, const tail_margin *margin, const char *text, tail_style style)
{
    tail_pen_style(pen, style);
    for (text = tail_pen_part(pen, text); *text != '\0';) {
        tail_pen_style(pen, TAIL_PLAIN);
        tail_pen_end(pen);
        begin(pen, margin);
        tail_pen_style(pen, style);
        const char *rest = tail_pen_part(pen, text);
        if (rest == text) /* the line has no room at all */
            break;
        text = rest;
    }
    tail_pen_style(pen, TAIL_PLAIN);
}

/* Makes room for so many columns, after a gap or on the next line. */
static void separate(tail_pen *pen, const tail_margin *margin, size_t columns)
{
    enum { GAP = 2 };
    if (pen->column <= margin->left)
        return;
    if (pen->column + GAP + columns <= pen->width) {
        tail_pen_to(pen, pen->column + GAP);
        return;
    }
    tail_pen_end(pen);
    begin(pen, margin);
}

/* "key=value"; most: columns of the value. */
static void draw_attribute(tail_pen *pen, const tail_margin *margin, const char *label, const char *value, size_t most)
{
    size_t columns = tail_pen_columns(pen, value);
    separate(pen, margin, tail_pen_columns(pen, label) + 1 + (columns < most ? columns : most));
    tail_pen_style(pen, TAIL_DIM);
    tail_pen_put(pen, label);
    tail_pen_put(pen, "=");
    tail_pen_style(pen, TAIL_PLAIN);
    if (most == SIZE_MAX)
        draw_wrapped(pen, margin, value, TAIL_PLAIN);
    else
        tail_pen_text(pen, value, most);
}

/* "+3 events", where there are more. */
static void draw_more(tail_pen *pen, const tail_margin *margin, size_t more, const char *what)
{
    if (more == 0)
        return;
    separate(pen, margin, 24);
    tail_pen_style(pen, TAIL_DIM);
    tail_pen_printf(pen, "+%zu %s%s", more, what, more == 1 ? "" : "s");
    tail_pen_style(pen, TAIL_PLAIN);
}

static void draw_attributes(tail_pen *pen, const tail_margin *margin, const tail_span *span, bool verbose)
{
    size_t drawn = 0, more = span->attributes.omitted;
    for (size_t i = 0; i < span->attributes.count; i++) {
        const tail_attribute *attribute = &span->attributes.list[i];
        const char *label = label_of(attribute->key, verbose);
        if (label == NULL || (!verbose && is_repeated(span, attribute)))
            continue;
        if (!verbose && drawn == ATTRIBUTES) {
            more++;
            continue;
        }
        if (drawn++ == 0)
            begin(pen, margin);
        draw_attribute(pen, margin, label, attribute->value, verbose ? SIZE_MAX : VALUE_COLUMNS);
    }
    if (drawn == 0)
        return;
    draw_more(pen, margin, more, "attribute");
    tail_pen_end(pen);
}

static bool is_exception(const tail_event *event)
{
    return strcmp(event->name, "exception") == 0;
}

/* "✖ type: message", either of which may be missing. */
static void draw_error(tail_pen *pen, const tail_margin *margin, const char *type, const char *message)
{
    bool has_type = type != NULL && type[0] != '\0', has_message = message != NULL && message[0] != '\0';
    tail_pen_style(pen, TAIL_ERROR);
    tail_pen_sign(pen, "✖", "x");
    tail_pen_put(pen, " ");
    if (has_type)
        tail_pen_put(pen, type);
    if (has_type && has_message)
        tail_pen_put(pen, ": ");
    draw_wrapped(pen, margin, has_message ? message : has_type ? "" : "error", TAIL_ERROR);
}

/* The status, unless an exception says the same. */
static void draw_status(tail_pen *pen, const tail_margin *margin, const tail_span *span)
{
    const char *type = tail_attribute_find(&span->attributes, "error.type");
    if (span->status != TAIL_STATUS_ERROR)
        return;
    for (size_t i = 0; i < span->event_count; i++) {
        const char *message = tail_attribute_find(&span->events[i].attributes, "exception.message");
        if (is_exception(&span->events[i]) && (span->status_message[0] == '\0' || same(message, span->status_message)))
            return;
    }
    begin(pen, margin);
    draw_error(pen, margin, type, span->status_message);
    tail_pen_end(pen);
}

static void draw_event_time(tail_pen *pen, const tail_margin *margin, const tail_span *span, const tail_event *event)
{
    char text[TAIL_DURATION_SIZE];
    bool early = event->time < span->start;
    if (event->time == 0)
        return;
    tail_duration(early ? span->start - event->time : event->time - span->start, pen->unicode, text);
    separate(pen, margin, early ? 24 : 12);
    tail_pen_style(pen, TAIL_DIM);
    tail_pen_printf(pen, early ? "%s before the start" : "at %s", text);
    tail_pen_style(pen, TAIL_PLAIN);
}

static void draw_event_name(tail_pen *pen, const tail_margin *margin, const tail_event *event)
{
    if (is_exception(event)) {
        draw_error(pen, margin, tail_attribute_find(&event->attributes, "exception.type"),
                   tail_attribute_find(&event->attributes, "exception.message"));
        return;
    }
    tail_pen_sign(pen, "◆", "*");
    tail_pen_put(pen, " ");
    draw_wrapped(pen, margin, event->name, TAIL_PLAIN);
}

/* Said already, by the first line of the event. */
static bool is_said(const tail_event *event, const tail_attribute *attribute)
{
    return is_exception(event) &&
           (strcmp(attribute->key, "exception.type") == 0 || strcmp(attribute->key, "exception.message") == 0);
}

static void draw_event(tail_pen *pen, const tail_margin *margin, const tail_event *event, bool verbose)
{
    const tail_span *span = margin->tree->nodes[margin->node].span;
    begin(pen, margin);
    draw_event_name(pen, margin, event);
    draw_event_time(pen, margin, span, event);
    for (size_t i = 0; i < event->attributes.count; i++) {
        const tail_attribute *attribute = &event->attributes.list[i];
        const char *label = label_of(attribute->key, verbose);
        if (!is_said(event, attribute) && label != NULL)
            draw_attribute(pen, margin, label, attribute->value, verbose ? SIZE_MAX : VALUE_COLUMNS);
    }
    draw_more(pen, margin, event->attributes.omitted, "attribute");
    draw_more(pen, margin, event->attributes.dropped, "dropped attribute");
    tail_pen_end(pen);
}

static void draw_exceptions(tail_pen *pen, const tail_margin *margin, const tail_span *span, bool verbose)
{
    for (size_t i = 0; i < span->event_count; i++)
        if (is_exception(&span->events[i]))
            draw_event(pen, margin, &span->events[i], verbose);
}

static void draw_events(tail_pen *pen, const tail_margin *margin, const tail_span *span, bool verbose)
{
    size_t drawn = 0, more = span->omitted_events;
    for (size_t i = 0; i < span->event_count; i++) {
        if (is_exception(&span->events[i]))
            continue;
        if (verbose || drawn < EVENTS)
            draw_event(pen, margin, &span->events[i], verbose), drawn++;
        else
            more++;
    }
    if (more == 0)
        return;
    begin(pen, margin);
    draw_more(pen, margin, more, "event");
    tail_pen_end(pen);
}

static void draw_id(tail_pen *pen, const char *word, const uint8_t *id, size_t size)
{
    tail_pen_put(pen, word);
    for (size_t i = 0; i < size; i++)
        tail_pen_printf(pen, "%02x", id[i]);
}

static void draw_links(tail_pen *pen, const tail_margin *margin, const tail_span *span, bool verbose)
{
    size_t drawn = !verbose && span->link_count > LINKS ? LINKS : span->link_count;
    for (size_t i = 0; i < drawn; i++) {
        const tail_link *link = &span->links[i];
        begin(pen, margin);
        tail_pen_sign(pen, "↗", "@");
        draw_id(pen, " link to trace ", link->trace_id, TAIL_TRACE_ID);
        draw_id(pen, " span ", link->span_id, TAIL_SPAN_ID);
        for (size_t j = 0; j < link->attributes.count; j++)
            draw_attribute(pen, margin, link->attributes.list[j].key, link->attributes.list[j].value,
                           verbose ? SIZE_MAX : VALUE_COLUMNS);
        tail_pen_end(pen);
    }
    size_t more = span->link_count - drawn + span->omitted_links;
    if (more == 0)
        return;
    begin(pen, margin);
    draw_more(pen, margin, more, "link");
    tail_pen_end(pen);
}

static void draw_dropped(tail_pen *pen, const char **comma, uint32_t count, const char *what)
{
    if (count == 0)
        return;
    tail_pen_printf(pen, "%s%u %s%s", *comma, count, what, count == 1 ? "" : "s");
    *comma = ", ";
}

static void draw_notes(tail_pen *pen, const tail_margin *margin)
{
    const tail_node *node = &margin->tree->nodes[margin->node];
    const tail_span *span = node->span;
    if (node->orphan) {
        begin(pen, margin);
        tail_pen_style(pen, TAIL_NOTE);
        draw_id(pen, "(parent ", span->parent_id, TAIL_SPAN_ID);
        tail_pen_put(pen, " not seen)");
        tail_pen_style(pen, TAIL_PLAIN);
        tail_pen_end(pen);
    }
    if (span->attributes.dropped == 0 && span->dropped_events == 0 && span->dropped_links == 0)
        return;
    const char *comma = "(dropped: ";
    begin(pen, margin);
    tail_pen_style(pen, TAIL_NOTE);
    draw_dropped(pen, &comma, span->attributes.dropped, "attribute");
    draw_dropped(pen, &comma, span->dropped_events, "event");
    draw_dropped(pen, &comma, span->dropped_links, "link");
    tail_pen_put(pen, ")");
    tail_pen_style(pen, TAIL_PLAIN);
    tail_pen_end(pen);
}

void tail_details(tail_pen *pen, const tail_margin *margin, bool verbose)
{
    const tail_span *span = margin->tree->nodes[margin->node].span;
    draw_status(pen, margin, span);
    draw_exceptions(pen, margin, span, verbose); /* what went wrong comes first */
    draw_attributes(pen, margin, span, verbose);
    draw_events(pen, margin, span, verbose);
    draw_links(pen, margin, span, verbose);
    draw_notes(pen, margin);
}
