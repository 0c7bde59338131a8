/* waterfall.c - columns: service | tree, kind and name | bar | duration. */
#include "tools/weft/tail/waterfall.h"

#include <string.h>

#include "tools/weft/tail/details.h"
#include "tools/weft/tail/figure.h"
#include "tools/weft/tail/tree.h"

enum {
    LEFT = 2, /* blanks before everything */
    GAP = 2,  /* between columns */
    SERVICE_MOST = 16,
    NAME_LEAST = 12,
    BAR_LEAST = 10,
    DURATION = 9,
    LEVELS_MOST = 12, /* of the tree; deeper spans are drawn at this level with a sign */
    INDENT = 2,       /* columns for each level */
};

typedef struct layout {
    size_t service, name, bar; /* widths */
    size_t name_at, bar_at, duration_at;
    size_t levels;
} layout;

static const char *service_of(const tail_span *span)
{
    return span->service[0] != '\0' ? span->service : "unknown";
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* The names get what they need, but not more than leaves the bars a third of the line. */
static layout layout_of(const tail_pen *pen, const tail_tree *tree)
{
    layout l = { 0 };
    size_t name = NAME_LEAST, width = most(pen->width, 40);
    l.levels = least(LEVELS_MOST, width / 10);
    for (size_t i = 0; i < tree->count; i++) {
        const tail_node *node = &tree->nodes[i];
        size_t needed = least(node->depth, l.levels) * INDENT + 2 + tail_pen_columns(pen, node->span->name);
        l.service = most(l.service, tail_pen_columns(pen, service_of(node->span)));
        name = most(name, needed);
    }
    l.service = least(l.service, least(SERVICE_MOST, width / 5));
    l.name_at = LEFT + l.service + GAP;
    size_t rest = width - l.name_at - 2 * GAP - DURATION;
    l.name = least(name, most(rest - rest / 3, NAME_LEAST));
    l.bar_at = l.name_at + l.name + GAP;
    l.bar = rest > l.name ? rest - l.name : 0;
    if (l.bar < BAR_LEAST)
        l.bar = 0;
    l.duration_at = l.bar_at + l.bar + GAP;
    return l;
}

static void hex(char *out, const uint8_t *id, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        *out++ = digits[id[i] >> 4];
        *out++ = digits[id[i] & 15];
    }
    *out = '\0';
}

static void draw_services(tail_pen *pen, const tail_tree *tree)
{
    size_t drawn = 0;
    for (size_t i = 0; i < tree->count; i++) {
        const char *service = service_of(tree->nodes[i].span);
        bool new = true;
        for (size_t j = i; j-- > 0 && i - j < 64 && new;)
            new = strcmp(service, service_of(tree->nodes[j].span)) != 0;
        tail_style style = tail_pen_service(pen, service);
        if (!new || (drawn & 1U << (style - TAIL_SERVICE)) != 0)
            continue;
        drawn |= 1U << (style - TAIL_SERVICE);
        if (pen->column + GAP + tail_pen_columns(pen, service) > pen->width) {
            tail_pen_end(pen);
            tail_pen_to(pen, LEFT + GAP);
        }
        tail_pen_put(pen, "  ");
        tail_pen_style(pen, style);
        tail_pen_put(pen, service);
        tail_pen_style(pen, TAIL_PLAIN);
    }
}

static void draw_header(tail_pen *pen, const tail_trace *trace, const tail_tree *tree)
{
    char id[2 * TAIL_TRACE_ID + 1], duration[TAIL_DURATION_SIZE];
    hex(id, trace->id, TAIL_TRACE_ID);
    tail_pen_style(pen, TAIL_BOLD);
    tail_pen_put(pen, "trace ");
    tail_pen_put(pen, id);
    tail_pen_printf(pen, "  %s", tail_duration(tree->end - tree->start, pen->unicode, duration));
    tail_pen_style(pen, TAIL_PLAIN);
    tail_pen_printf(pen, "  %zu span%s", tree->count, tree->count == 1 ? "" : "s");
    if (tree->errors > 0) {
        tail_pen_style(pen, TAIL_ERROR);
        tail_pen_printf(pen, "  %zu error%s", tree->errors, tree->errors == 1 ? "" : "s");
        tail_pen_style(pen, TAIL_PLAIN);
    }
    draw_services(pen, tree);
    tail_pen_end(pen);
}

static void draw_notes(tail_pen *pen, const tail_trace *trace, const tail_tree *tree)
{
    tail_pen_style(pen, TAIL_NOTE);
    if (trace->continued)
        tail_pen_put(pen, "  (more of a trace that was shown above)"), tail_pen_end(pen);
    if (trace->early)
        tail_pen_put(pen, "  (shown before it was finished, to make room)"), tail_pen_end(pen);
    if (tree->duplicates > 0)
        tail_pen_printf(pen, "  (%zu span%s came twice)", tree->duplicates, tree->duplicates == 1 ? "" : "s"),
            tail_pen_end(pen);
    tail_pen_style(pen, TAIL_PLAIN);
}

/* The lines of the tree left of a span, or, below it, of its details. */
static void draw_branches(tail_pen *pen, const tail_tree *tree, size_t index, size_t levels, bool below)
{
    const tail_node *node = &tree->nodes[index];
    tail_pen_style(pen, TAIL_DIM);
    for (size_t depth = 1; depth <= least(node->depth, levels); depth++) {
        bool own = depth == node->depth;
        if (own && !below)
            tail_pen_sign(pen, tail_node_is_last(node, depth) ? "└" : "├", tail_node_is_last(node, depth) ? "`" : "|");
        else if (tail_node_is_last(node, depth))
            tail_pen_put(pen, " ");
        else
            tail_pen_sign(pen, "│", "|");
        if (own && !below)
            tail_pen_sign(pen, "─", "-");
        else if (depth == levels && !own && !below)
            tail_pen_sign(pen, "…", "~");
        else
            tail_pen_put(pen, " ");
    }
    if (below && node->depth < levels && node->has_children)
        tail_pen_sign(pen, "│", "|");
    tail_pen_style(pen, TAIL_PLAIN);
}

static void draw_margin(tail_pen *pen, const tail_margin *margin)
{
    tail_pen_to(pen, margin->column);
    draw_branches(pen, margin->tree, margin->node, margin->levels, true);
    tail_pen_to(pen, margin->left);
}

static void draw_kind(tail_pen *pen, tail_kind kind)
{
    static const char *const signs[][2] = {
        { "·", "." }, { "·", "." }, { "←", "<" }, { "→", ">" }, { "⇢", "}" }, { "⇠", "{" },
    };
    size_t at = (size_t)kind < sizeof signs / sizeof signs[0] ? (size_t)kind : 0;
    tail_pen_sign(pen, signs[at][0], signs[at][1]);
    tail_pen_put(pen, " ");
}

static void draw_bar(tail_pen *pen, const layout *l, const tail_tree *tree, const tail_span *span)
{
    double all = (double)(tree->end - tree->start);
    double from = (double)(span->start - tree->start);
    double to = span->end > span->start ? (double)(span->end - tree->start) : from;
    tail_pen_to(pen, l->bar_at);
    if (all > 0)
        tail_bar(pen, l->bar, from / all, to / all);
    else
        tail_bar(pen, l->bar, 0, 0);
}

static void draw_duration(tail_pen *pen, const layout *l, const tail_span *span)
{
    char text[TAIL_DURATION_SIZE];
    if (span->end >= span->start)
        tail_duration(span->end - span->start, pen->unicode, text);
    else
        (void)snprintf(text, sizeof text, "%s", span->end == 0 ? "no end" : "negative");
    size_t columns = tail_pen_columns(pen, text);
    tail_pen_to(pen, l->duration_at + (columns < DURATION ? DURATION - columns : 0));
    tail_pen_put(pen, text);
}

static void draw_span(tail_pen *pen, const layout *l, const tail_tree *tree, size_t index)
{
    const tail_span *span = tree->nodes[index].span;
    tail_style service = tail_pen_service(pen, service_of(span));
    bool failed = span->status == TAIL_STATUS_ERROR;
    tail_pen_to(pen, LEFT);
    tail_pen_style(pen, service);
    tail_pen_text(pen, service_of(span), l->service);
    tail_pen_style(pen, TAIL_PLAIN);
    tail_pen_to(pen, l->name_at);
    draw_branches(pen, tree, index, l->levels, false);
    tail_pen_style(pen, failed ? TAIL_ERROR : TAIL_PLAIN);
    draw_kind(pen, span->kind);
    size_t used = pen->column - l->name_at;
    tail_pen_text(pen, span->name[0] != '\0' ? span->name : "(no name)", l->name > used ? l->name - used : 0);
    tail_pen_style(pen, failed ? TAIL_ERROR : service);
    draw_bar(pen, l, tree, span);
    tail_pen_style(pen, failed ? TAIL_ERROR : TAIL_PLAIN);
    draw_duration(pen, l, span);
    tail_pen_style(pen, TAIL_PLAIN);
    tail_pen_end(pen);
}

bool tail_waterfall(tail_pen *pen, const tail_view *view, const tail_trace *trace)
{
    tail_tree tree;
    if (!tail_tree_build(&tree, trace->first, trace->count))
        return false;
    layout l = layout_of(pen, &tree);
    draw_header(pen, trace, &tree);
    draw_notes(pen, trace, &tree);
    size_t rows = least(tree.count, view->most_rows);
    for (size_t i = 0; i < rows; i++) {
        draw_span(pen, &l, &tree, i);
        size_t left = l.name_at + least(tree.nodes[i].depth, l.levels) * INDENT + 2;
        tail_margin margin = { draw_margin, &tree, i, l.name_at, l.levels, left };
        tail_details(pen, &margin, view->verbose);
    }
    if (rows < tree.count) {
        tail_pen_style(pen, TAIL_NOTE);
        tail_pen_printf(pen, "  (%zu more spans)", tree.count - rows);
        tail_pen_style(pen, TAIL_PLAIN);
        tail_pen_end(pen);
    }
    tail_pen_end(pen);
    tail_tree_clear(&tree);
    return true;
}
