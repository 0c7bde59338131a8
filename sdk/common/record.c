/* record.c - reading an ended block: its chain in one piece, and its stream made final where that is needed. */
#include "sdk/common/record.h"

#include <stdlib.h>
#include <string.h>

#include "sdk/common/stream.h"

enum { FLAG_REMOTE_KNOWN = 0x100, FLAG_REMOTE = 0x200 };

/* What a marked record gets: attribute weft.truncated = true. */
static const uint8_t truncated[] = { WEFT__TAG_ATTRIBUTE,
                                     20,
                                     0x0a,
                                     14,
                                     'w',
                                     'e',
                                     'f',
                                     't',
                                     '.',
                                     't',
                                     'r',
                                     'u',
                                     'n',
                                     'c',
                                     'a',
                                     't',
                                     'e',
                                     'd',
                                     0x12,
                                     2,
                                     0x10,
                                     1 };

void weft__record_linearise(const weft__block *head, uint32_t size, uint8_t *out)
{
    size_t part = weft__min(size, WEFT__HEAD_ROOM);
    memcpy(out, head->stream, part);
    uint32_t next = head->chain;
    for (size_t at = part; at < size && next != 0; at += part) {
        const weft__block *block = weft__block_at(next - 1);
        part = weft__min(size - at, WEFT__MORE_ROOM);
        memcpy(out + at, (const uint8_t *)block + WEFT__MORE_SIZE, part);
        next = block->chain;
    }
}

/* In a copy of ours, times of events become ns since the epoch. */
static void map_events(uint8_t *stream, uint32_t size, const weft__tick_map *map)
{
    weft__field field;
    for (uint32_t at = 0, begins = 0; weft__field_next(stream, size, &at, &field); begins = at) {
        if (field.tag != WEFT__TAG_EVENT_TICKS || field.size < 9)
            continue;
        uint64_t time;
        uint8_t *where = stream + (field.data - stream) + 1;
        memcpy(&time, where, 8);
        time = weft__tick_time(map, time);
        memcpy(where, &time, 8);
        stream[begins] = WEFT__TAG_EVENT;
    }
}

static bool merge(const uint8_t *stream, weft__buffer *scratch, weft__record *record)
{
    uint8_t *out = weft__buffer_reserve(scratch, record->size);
    weft__merge *work = out != NULL ? malloc(sizeof *work) : NULL;
    if (work == NULL)
        return false;
    weft__merged merged = weft__stream_merge(stream, record->size, out, work);
    free(work);
    scratch->size += merged.size;
    record->stream = out;
    record->size = merged.size;
    record->attributes = merged.attributes;
    return true;
}

/* The stream in a piece of memory of ours, final. Everything in scratch lies behind what is there already: reserve may
 * move it, so that offsets are kept until the end. */
static bool make_final(const weft__block *head, const weft__tick_map *map, weft__buffer *scratch, weft__record *record)
{
    weft__buffer_reset(scratch);
    /* Room for the linear copy and the merged one at once, so that neither moves. */
    uint8_t *out = weft__buffer_reserve(scratch, 2 * (size_t)record->size + sizeof truncated);
    if (out == NULL)
        return false;
    weft__record_linearise(head, record->size, out);
    scratch->size = record->size;
    record->stream = out;
    if ((head->fix & WEFT__FIX_EVENTS) != 0)
        map_events(out, record->size, map);
    if ((head->fix & (WEFT__FIX_KEYS | WEFT__FIX_REPLACED)) != 0 && !merge(out, scratch, record))
        return false;
    if ((head->fix & WEFT__CUT) != 0) {
        memcpy(scratch->data + scratch->size, truncated, sizeof truncated);
        scratch->size += sizeof truncated;
        record->size += (uint32_t)sizeof truncated;
        record->attributes++;
    }
    if ((head->fix & WEFT__FIX_TEXT) == 0 || weft__stream_valid(record->stream, record->size))
        return true;
    weft__buffer repaired = { .limit = 4 * (size_t)WEFT__RECORD_CAP };
    bool done = weft__stream_repair(record->stream, record->size, &repaired);
    if (done) {
        weft__buffer_reset(scratch);
        weft__buffer_put(scratch, repaired.data, repaired.size);
        record->stream = scratch->data;
        record->size = (uint32_t)repaired.size;
        done = !scratch->failed;
    }
    weft__buffer_clear(&repaired);
    return done;
}

static void read_times(const weft__block *head, const weft__tick_map *map, weft__record *record)
{
    uint64_t end = atomic_load_explicit(&head->end, memory_order_relaxed);
    bool start_utc = (head->fix & WEFT__START_UTC) != 0, end_utc = (head->fix & WEFT__END_UTC) != 0;
    record->start = start_utc ? head->start : weft__tick_time(map, head->start);
    if (end_utc)
        record->end = end;
    else if (start_utc)
        record->end = weft__tick_time(map, end);
    else if (end > head->start) /* start + difference, whatever the wall clock did */
        record->end = record->start + (uint64_t)((double)(end - head->start) * map->ns_per_tick);
    else /* never negative, also where two cores' ticks differ */
        record->end = record->start;
    if (record->end < record->start)
        record->end = record->start;
}

bool weft__record_read(const weft__block *head, const weft__tick_map *map, weft__buffer *scratch, weft__record *record)
{
    enum { FIX = WEFT__FIX_KEYS | WEFT__FIX_TEXT | WEFT__FIX_REPLACED | WEFT__FIX_EVENTS | WEFT__CUT };
    memcpy(record->trace_id, head->trace_id, sizeof record->trace_id);
    memcpy(record->span_id, head->span_id, sizeof record->span_id);
    memcpy(record->parent_id, head->parent_id, sizeof record->parent_id);
    read_times(head, map, record);
    record->identity = weft__identity_at(head->identity);
    record->flags = head->flags | FLAG_REMOTE_KNOWN | ((head->fix & WEFT__PARENT_REMOTE) != 0 ? FLAG_REMOTE : 0u);
    record->dropped_attributes = head->dropped_attributes;
    record->dropped_events = head->dropped_events;
    record->dropped_links = head->dropped_links;
    record->attributes = head->attributes;
    record->events = head->events;
    record->links = head->links;
    record->kind = head->kind;
    record->status = head->status;
    record->sdk = head->sdk & 7;
    record->size = atomic_load_explicit(&head->used, memory_order_acquire);
    record->stream = head->stream;
    if ((head->fix & FIX) == 0 && record->size <= WEFT__HEAD_ROOM)
        return true;
    return make_final(head, map, scratch, record);
}
