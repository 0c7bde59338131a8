/* store.c - a hash table of open traces, and a list of them by age. */
#include "tools/weft/tail/store.h"

#include <stdlib.h>
#include <string.h>

#include "tools/weft/tail/arena.h"
#include "tools/weft/tail/tree.h"

enum { BUCKETS = 1024, REMEMBERED = 256 };

typedef struct group {
    tail_trace trace;
    tail_span **end; /* where the next span is hung */
    tail_arena arena;
    int64_t first_ms, last_ms;
    uint64_t start;          /* of the earliest span */
    bool examined, complete; /* complete is right where it was examined since the last span */
    struct group *chain;     /* in its bucket */
    struct group *newer;
} group;

struct tail_store {
    tail_store_options options;
    group *buckets[BUCKETS];
    group *oldest, **newest;
    size_t traces, spans, bytes;
    tail_counts counts;
    uint8_t shown[REMEMBERED][TAIL_TRACE_ID]; /* a ring of ids */
    size_t shown_count;
};

tail_store *tail_store_new(const tail_store_options *options)
{
    tail_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return NULL;
    store->options = *options;
    store->newest = &store->oldest;
    return store;
}

static group **bucket_of(tail_store *store, const uint8_t *id)
{
    uint32_t hash;
    memcpy(&hash, id + TAIL_TRACE_ID - sizeof hash, sizeof hash);
    return &store->buckets[(hash ^ hash >> 16) % BUCKETS];
}

static bool was_shown(const tail_store *store, const uint8_t *id)
{
    size_t known = store->shown_count < REMEMBERED ? store->shown_count : REMEMBERED;
    for (size_t i = 0; i < known; i++)
        if (memcmp(store->shown[i], id, TAIL_TRACE_ID) == 0)
            return true;
    return false;
}

static group *group_find(tail_store *store, const uint8_t *id)
{
    for (group *g = *bucket_of(store, id); g != NULL; g = g->chain)
        if (memcmp(g->trace.id, id, TAIL_TRACE_ID) == 0)
            return g;
    return NULL;
}

static group *group_new(tail_store *store, const uint8_t *id, int64_t now_ms)
{
    group *g = calloc(1, sizeof *g);
    if (g == NULL)
        return NULL;
    memcpy(g->trace.id, id, TAIL_TRACE_ID);
    g->trace.continued = was_shown(store, id);
    g->end = &g->trace.first;
    g->start = UINT64_MAX;
    g->first_ms = now_ms;
    group **bucket = bucket_of(store, id);
    g->chain = *bucket;
    *bucket = g;
    *store->newest = g;
    store->newest = &g->newer;
    store->traces++;
    return g;
}

/* place: the pointer to it in the list by age. */
static void group_remove(tail_store *store, group **place)
{
    group *g = *place, **link = bucket_of(store, g->trace.id);
    while (*link != g)
        link = &(*link)->chain;
    *link = g->chain;
    *place = g->newer;
    if (store->newest == &g->newer)
        store->newest = place;
    store->traces--;
    store->spans -= g->trace.count;
    store->bytes -= g->arena.bytes;
    tail_arena_clear(&g->arena);
    free(g);
}

static void group_show(tail_store *store, group **place)
{
    group *g = *place;
    if (g->trace.count > 0) {
        store->counts.traces++;
        store->counts.spans += g->trace.count;
        memcpy(store->shown[store->shown_count++ % REMEMBERED], g->trace.id, TAIL_TRACE_ID);
        store->options.show(store->options.arg, &g->trace);
    }
    group_remove(store, place);
}

static void make_room(tail_store *store)
{
    const tail_store_options *most = &store->options;
    while (store->oldest != NULL &&
           (store->traces > most->traces || store->spans > most->spans || store->bytes > most->bytes)) {
        store->oldest->trace.early = true;
        store->counts.early++;
        group_show(store, &store->oldest);
    }
}

static bool is_zero(const uint8_t *id, size_t size)
{
    static const uint8_t none[TAIL_TRACE_ID];
    return memcmp(id, none, size) == 0;
}

void tail_store_add(tail_store *store, const tail_span *span, int64_t now_ms)
{
    if (is_zero(span->trace_id, TAIL_TRACE_ID) || is_zero(span->span_id, TAIL_SPAN_ID)) {
        store->counts.invalid++;
        return;
    }
    group *g = group_find(store, span->trace_id);
    if (g == NULL)
        g = group_new(store, span->trace_id, now_ms);
    if (g == NULL) {
        store->counts.lost++;
        return;
    }
    size_t before = g->arena.bytes;
    tail_span *copy = tail_span_copy(&g->arena, span);
    store->bytes += g->arena.bytes - before;
    g->last_ms = now_ms;
    g->examined = false;
    if (copy == NULL) {
        store->counts.lost++;
    } else {
        *g->end = copy;
        g->end = &copy->next;
        g->start = copy->start < g->start ? copy->start : g->start;
        g->trace.count++;
        store->spans++;
    }
    make_room(store);
}

static void examine(group *g)
{
    tail_tree tree;
    g->complete = tail_tree_build(&tree, g->trace.first, g->trace.count) && tree.complete;
    g->examined = true;
    tail_tree_clear(&tree);
}

/* When it is to be shown, or to be looked at again. */
static int64_t due_at(const tail_store *store, const group *g)
{
    bool hurry = !g->examined || g->complete;
    int64_t due = g->last_ms + (hurry ? store->options.quiet_ms : store->options.wait_ms);
    int64_t latest = g->first_ms + store->options.longest_ms;
    return due < latest ? due : latest;
}

/* Of the traces that are due, the place of the one that began first: people expect the order of their requests. */
static group **first_due(tail_store *store, int64_t now_ms)
{
    group **first = NULL;
    for (group **place = &store->oldest; *place != NULL; place = &(*place)->newer)
        if (due_at(store, *place) <= now_ms && (first == NULL || (*place)->start < (*first)->start))
            first = place;
    return first;
}

int64_t tail_store_tick(tail_store *store, int64_t now_ms)
{
    int64_t next = -1;
    for (group *g = store->oldest; g != NULL; g = g->newer)
        if (due_at(store, g) <= now_ms && !g->examined)
            examine(g);
    for (group **place; (place = first_due(store, now_ms)) != NULL;)
        group_show(store, place);
    for (const group *g = store->oldest; g != NULL; g = g->newer) {
        int64_t left = due_at(store, g) - now_ms;
        next = next < 0 || left < next ? left : next;
    }
    return next;
}

void tail_store_flush(tail_store *store)
{
    while (store->oldest != NULL)
        group_show(store, &store->oldest);
}

tail_counts tail_store_counts(const tail_store *store)
{
    return store->counts;
}

void tail_store_free(tail_store *store)
{
    if (store == NULL)
        return;
    while (store->oldest != NULL)
        group_remove(store, &store->oldest);
    free(store);
}
