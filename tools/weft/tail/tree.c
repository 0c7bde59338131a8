/* tree.c - finds parents by span id, breaks cycles (ids come from the network), and puts the nodes in drawing order. No
 * recursion: a trace may be as deep as it has spans. */
#include "tools/weft/tail/tree.h"

#include <stdlib.h>
#include <string.h>

/* One span while the tree is built; the indices are places in the array of entries, which is sorted by span id. */
typedef struct entry {
    const tail_span *span;
    size_t arrival;
    size_t parent, child, sibling; /* child: the first one; sibling: the next one */
    size_t place;                  /* of its node in the finished tree */
    uint8_t mark;
    bool orphan;
} entry;

#define NONE SIZE_MAX /* no index */
enum { NEW, ON_PATH, DONE };

static int by_id(const void *a, const void *b)
{
    const entry *one = a, *other = b;
    int order = memcmp(one->span->span_id, other->span->span_id, TAIL_SPAN_ID);
    if (order != 0)
        return order;
    return one->arrival < other->arrival ? -1 : one->arrival > other->arrival;
}

static int by_start(const void *a, const void *b)
{
    const entry *one = *(const entry *const *)a, *other = *(const entry *const *)b;
    if (one->span->start != other->span->start)
        return one->span->start < other->span->start ? -1 : 1;
    return one->arrival < other->arrival ? -1 : one->arrival > other->arrival;
}

static int id_against_entry(const void *id, const void *at)
{
    return memcmp(id, ((const entry *)at)->span->span_id, TAIL_SPAN_ID);
}

/* Sorted by id, without the spans that were sent twice; returns how many are left. */
static size_t fill(entry *entries, const tail_span *first, size_t count)
{
    size_t filled = 0, kept = 0;
    for (const tail_span *span = first; span != NULL && filled < count; span = span->next, filled++)
        entries[filled] = (entry){ .span = span, .arrival = filled };
    if (filled > 0)
        qsort(entries, filled, sizeof *entries, by_id);
    for (size_t i = 0; i < filled; i++)
        if (kept == 0 || memcmp(entries[kept - 1].span->span_id, entries[i].span->span_id, TAIL_SPAN_ID) != 0)
            entries[kept++] = entries[i];
    return kept;
}

static void find_parents(entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        entry *e = &entries[i];
        e->parent = e->child = e->sibling = NONE;
        if (tail_span_is_root(e->span))
            continue;
        const entry *parent = bsearch(e->span->parent_id, entries, count, sizeof *entries, id_against_entry);
        if (parent != NULL)
            e->parent = (size_t)(parent - entries);
        e->orphan = parent == NULL;
    }
}

/* Walks up from every span; where the way comes back to itself, it is cut there. */
static void break_cycles(entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i, last = NONE;
        for (; at != NONE && entries[at].mark == NEW; last = at, at = entries[at].parent)
            entries[at].mark = ON_PATH;
        if (at != NONE && last != NONE && entries[at].mark == ON_PATH) {
            entries[last].parent = NONE;
            entries[last].orphan = true;
        }
        for (at = i; at != NONE && entries[at].mark == ON_PATH; at = entries[at].parent)
            entries[at].mark = DONE;
    }
}

/* Hangs every entry into its parent's list, each list in order of start; returns the first root. */
static size_t hang(entry *entries, entry **order, size_t count)
{
    size_t roots = NONE;
    for (size_t i = 0; i < count; i++)
        order[i] = &entries[i];
    if (count > 0)
        qsort(order, count, sizeof *order, by_start);
    for (size_t i = count; i-- > 0;) {
        entry *e = order[i];
        size_t *head = e->parent == NONE ? &roots : &entries[e->parent].child;
        e->sibling = *head;
        *head = (size_t)(e - entries);
    }
    return roots;
}

/* The next entry in drawing order: the first child, else the next sibling of the nearest one that has any. */
static size_t next_entry(const entry *entries, size_t at)
{
    if (entries[at].child != NONE)
        return entries[at].child;
    while (at != NONE && entries[at].sibling == NONE)
        at = entries[at].parent;
    return at != NONE ? entries[at].sibling : NONE;
}

static void draw_order(tail_tree *tree, entry *entries, size_t roots)
{
    for (size_t at = roots; at != NONE; at = next_entry(entries, at)) {
        entry *e = &entries[at];
        const tail_node *parent = e->parent != NONE ? &tree->nodes[entries[e->parent].place] : NULL;
        size_t depth = parent != NULL ? parent->depth + 1 : 0;
        e->place = tree->count++;
        tree->nodes[e->place] = (tail_node){
            .span = e->span,
            .depth = depth,
            .last = (parent != NULL ? parent->last : 0) |
                    (e->sibling == NONE && depth < TAIL_BRANCHES ? UINT32_C(1) << depth : 0),
            .has_children = e->child != NONE,
            .orphan = e->orphan,
        };
    }
}

/* A call that went to another process whose side of it is not here (yet): databases and failed calls have none. */
static bool is_unanswered(const tail_node *node)
{
    const tail_attributes *attributes = &node->span->attributes;
    return node->span->kind == TAIL_KIND_CLIENT && !node->has_children && node->span->status != TAIL_STATUS_ERROR &&
           tail_attribute_find(attributes, "db.system.name") == NULL &&
           tail_attribute_find(attributes, "db.system") == NULL;
}

static void sum_up(tail_tree *tree)
{
    bool root = false, lacking = false;
    for (size_t i = 0; i < tree->count; i++) {
        const tail_node *node = &tree->nodes[i];
        const tail_span *span = node->span;
        uint64_t end = span->end > span->start ? span->end : span->start;
        tree->start = i == 0 || span->start < tree->start ? span->start : tree->start;
        tree->end = end > tree->end ? end : tree->end;
        tree->errors += span->status == TAIL_STATUS_ERROR;
        root = root || tail_span_is_root(span);
        lacking = lacking || node->orphan || is_unanswered(node);
    }
    tree->complete = root && !lacking;
}

bool tail_tree_build(tail_tree *tree, const tail_span *first, size_t count)
{
    *tree = (tail_tree){ 0 };
    entry *entries = calloc(count + 1, sizeof *entries);
    entry **order = calloc(count + 1, sizeof(entry *));
    tree->nodes = calloc(count + 1, sizeof *tree->nodes);
    bool ready = entries != NULL && order != NULL && tree->nodes != NULL;
    if (ready) {
        size_t kept = fill(entries, first, count);
        tree->duplicates = count - kept;
        find_parents(entries, kept);
        break_cycles(entries, kept);
        draw_order(tree, entries, hang(entries, order, kept));
        sum_up(tree);
    } else {
        tail_tree_clear(tree);
    }
    free(entries);
    free(order);
    return ready;
}

void tail_tree_clear(tail_tree *tree)
{
    free(tree->nodes);
    *tree = (tail_tree){ 0 };
}
