/* memory.c - an exporter that keeps its batches, for tests. */
#include "exporters/memory/memory.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct memory {
    weft_exporter exporter; /* first */
    weft_batch **batches;
    size_t count, room, bytes;
    void (*freed)(void);
    struct memory *next;
} memory;

/* The one place of state: all memory exporters there are. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static memory *first;

static void let_go(memory *own)
{
    for (size_t i = 0; i < own->count; i++)
        weft__batch_release(own->batches[i]);
    free(own->batches);
    own->batches = NULL;
    own->count = own->room = own->bytes = 0;
}

static bool keep(memory *own, weft_batch *batch)
{
    if (batch->bytes > WEFT__MEMORY_MOST - own->bytes)
        return false;
    if (own->count == own->room) {
        size_t room = own->room != 0 ? own->room * 2 : 64;
        weft_batch **batches = realloc(own->batches, room * sizeof(weft_batch *));
        if (batches == NULL)
            return false;
        own->batches = batches;
        own->room = room;
    }
    weft__batch_hold(batch);
    own->batches[own->count++] = batch;
    own->bytes += batch->bytes;
    return true;
}

static void send_batch(weft_exporter *exporter, weft_batch *batch, int64_t deadline)
{
    (void)deadline;
    pthread_mutex_lock(&lock);
    bool kept = keep((memory *)(void *)exporter, batch);
    pthread_mutex_unlock(&lock);
    weft__batch_done(batch, &(weft__result){ .status = kept ? WEFT_OK : WEFT_E_INVALID,
                                             .message = kept ? NULL : "the memory exporter is full" });
}

/* Every batch is done before send_batch returns. */
static void cancel(weft_exporter *exporter)
{
    (void)exporter;
}

static void free_memory(weft_exporter *exporter)
{
    memory *own = (memory *)(void *)exporter;
    pthread_mutex_lock(&lock);
    memory **place = &first;
    while (*place != own)
        place = &(*place)->next;
    *place = own->next;
    pthread_mutex_unlock(&lock);
    let_go(own);
    if (own->freed != NULL)
        own->freed();
    free(own);
}

weft_exporter *weft__memory_new(void (*freed)(void))
{
    static const weft__exporter_class class = {
        .name = "memory", .send = send_batch, .cancel = cancel, .free = free_memory
    };
    memory *own = calloc(1, sizeof *own);
    if (own == NULL)
        return NULL;
    own->exporter.class = &class;
    own->freed = freed;
    pthread_mutex_lock(&lock);
    own->next = first;
    first = own;
    pthread_mutex_unlock(&lock);
    return &own->exporter;
}

weft_exporter *weft_exporter_memory(void)
{
    return weft__memory_new(NULL);
}

/* One resource has one exporter here as a rule; of several, each counts. */
static memory *next_of(const weft__resource *resource, memory *from)
{
    while (from != NULL && (from->count == 0 || from->batches[0]->resource != resource))
        from = from->next;
    return from;
}

size_t weft__memory_count(const weft__resource *resource)
{
    size_t count = 0;
    pthread_mutex_lock(&lock);
    for (memory *own = next_of(resource, first); own != NULL; own = next_of(resource, own->next))
        for (size_t i = 0; i < own->count; i++)
            count += own->batches[i]->count;
    pthread_mutex_unlock(&lock);
    return count;
}

static bool span_of(const weft_batch *batch, size_t index, weft_span_view *view)
{
    weft_cursor at = { 0 };
    bool found = weft_batch_span(batch, &at, view);
    while (found && index-- != 0)
        found = weft_batch_span(batch, &at, view);
    return found;
}

bool weft__memory_span(const weft__resource *resource, size_t index, weft_span_view *view)
{
    bool found = false;
    pthread_mutex_lock(&lock);
    for (memory *own = next_of(resource, first); own != NULL && !found; own = next_of(resource, own->next)) {
        for (size_t i = 0; i < own->count && !found; i++) {
            if (index < own->batches[i]->count)
                found = span_of(own->batches[i], index, view);
            else
                index -= own->batches[i]->count;
        }
    }
    pthread_mutex_unlock(&lock);
    return found;
}

void weft__memory_reset(const weft__resource *resource)
{
    pthread_mutex_lock(&lock);
    for (memory *own = next_of(resource, first); own != NULL; own = next_of(resource, own->next))
        let_go(own);
    pthread_mutex_unlock(&lock);
}
