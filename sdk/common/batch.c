/* batch.c - filling a batch: the group of the record's scope, and its bytes at the end of it. */
#include "sdk/common/batch.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_GROUPS = 4, KEPT_BYTES = 1024 * 1024 };

weft__parcel *weft__parcel_new(struct weft__destination *destination, const weft__resource *resource)
{
    weft__parcel *parcel = calloc(1, sizeof *parcel);
    if (parcel == NULL)
        return NULL;
    parcel->batch.destination = destination;
    parcel->batch.resource = resource;
    atomic_init(&parcel->holders, 1);
    return parcel;
}

static bool make_room(weft__parcel *parcel)
{
    if (parcel->batch.group_count < parcel->group_room)
        return true;
    size_t room = parcel->group_room == 0 ? FIRST_GROUPS : parcel->group_room * 2;
    weft__group *groups = realloc(parcel->batch.groups, room * sizeof *groups);
    if (groups == NULL)
        return false;
    memset(groups + parcel->group_room, 0, (room - parcel->group_room) * sizeof *groups);
    parcel->batch.groups = groups;
    parcel->group_room = room;
    return true;
}

/* The identity's group; where it is new, it is behind the last one and not counted yet. */
static weft__group *find_group(weft__parcel *parcel, const weft__identity *identity)
{
    weft_batch *batch = &parcel->batch;
    if (parcel->last_group < batch->group_count && batch->groups[parcel->last_group].identity == identity)
        return &batch->groups[parcel->last_group];
    size_t i = 0;
    while (i < batch->group_count && batch->groups[i].identity != identity)
        i++;
    if (i == batch->group_count) {
        if (!make_room(parcel))
            return NULL;
        batch->groups[i].identity = identity;
        batch->groups[i].count = 0;
    }
    parcel->last_group = i;
    return &batch->groups[i];
}

static void put_flat(weft__buffer *out, const weft__record *record)
{
    size_t bare = sizeof(weft__flat) + record->size, total = (bare + 7) & ~(size_t)7;
    uint8_t *place = weft__buffer_reserve(out, total);
    if (place == NULL)
        return;
    weft__flat flat = { .record = *record, .total = (uint32_t)total };
    flat.record.stream = NULL;
    memcpy(place, &flat, sizeof flat);
    if (record->size != 0)
        memcpy(place + sizeof flat, record->stream, record->size);
    memset(place + bare, 0, total - bare);
    out->size += total;
}

bool weft__parcel_add(weft__parcel *parcel, const weft__record *record, weft__encode_fn *encode, size_t room,
                      weft_text *shared)
{
    weft__group *group = find_group(parcel, record->identity);
    if (group == NULL)
        return false;
    weft__buffer *bytes = &group->bytes;
    size_t before = bytes->size;
    if (shared->data != NULL)
        weft__buffer_put(bytes, shared->data, shared->size);
    else if (encode != NULL)
        encode(bytes, record);
    else
        put_flat(bytes, record);
    size_t added = bytes->size - before;
    if (bytes->failed || added > room) {
        bytes->failed = false;
        bytes->size = before;
        return false;
    }
    *shared = weft_text_n(bytes->data + before, added);
    if (group->count++ == 0)
        parcel->batch.group_count++;
    parcel->batch.count++;
    parcel->batch.bytes += added;
    return true;
}

size_t weft__parcel_weight(const weft__parcel *parcel)
{
    return sizeof *parcel + parcel->group_room * sizeof *parcel->batch.groups + parcel->batch.bytes;
}

bool weft__parcel_reuse(weft__parcel *parcel)
{
    size_t kept = 0;
    for (size_t i = 0; i < parcel->group_room; i++)
        kept += parcel->batch.groups[i].bytes.capacity;
    if (kept > KEPT_BYTES || atomic_load_explicit(&parcel->holders, memory_order_acquire) != 1)
        return false;
    for (size_t i = 0; i < parcel->group_room; i++)
        weft__buffer_reset(&parcel->batch.groups[i].bytes);
    parcel->batch.group_count = parcel->batch.count = parcel->batch.bytes = 0;
    parcel->batch.request = NULL;
    parcel->batch.next = NULL;
    return true;
}

void weft__batch_hold(weft_batch *batch)
{
    weft__parcel *parcel = (weft__parcel *)(void *)batch;
    atomic_fetch_add_explicit(&parcel->holders, 1, memory_order_relaxed);
}

void weft__batch_release(weft_batch *batch)
{
    weft__parcel *parcel = (weft__parcel *)(void *)batch;
    if (atomic_fetch_sub_explicit(&parcel->holders, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < parcel->group_room; i++)
        weft__buffer_clear(&batch->groups[i].bytes);
    free(batch->groups);
    free(parcel);
}
