/* bag.c - making a new bag from an old one and a change, and letting go of what a bag refers to. */
#include "sdk/api/bag.h"

#include <string.h>

#include "sdk/api/context.h"
#include "sdk/api/copy.h"
#include "sdk/api/thread.h"

const weft__bag *weft__bag_look(uint64_t bag)
{
    bag &= ~WEFT__REF_SUPPRESSED;
    return bag != 0 ? weft__slab_data(bag, NULL) : NULL;
}

static bool same_text(weft_text a, weft_text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static bool same_key(const weft_attribute *a, const weft_attribute *b)
{
    return same_text(weft_text_n(a->key, weft__key_size(a)), weft_text_n(b->key, weft__key_size(b)));
}

/* Is the name among those set from number `from` on? */
static bool is_set(const weft__bag_change *change, weft_text name, size_t from)
{
    for (size_t i = from; i < change->set_count; i++)
        if (same_text(change->set[i].name, name))
            return true;
    return false;
}

static bool is_bound(weft_attributes fields, const weft_attribute *field, size_t from)
{
    for (size_t i = from; i < fields.count; i++)
        if (fields.list[i].key != NULL && same_key(&fields.list[i], field))
            return true;
    return false;
}

static size_t lay_entry(weft__pieces *pieces, weft_baggage_entry *list, size_t at, const weft_baggage_entry *from)
{
    weft_baggage_entry entry = *from;
    entry.name.data = weft__lay_text(pieces, from->name.data, from->name.size);
    entry.value.data = weft__lay_text(pieces, from->value.data, from->value.size);
    entry.metadata.data = weft__lay_text(pieces, from->metadata.data, from->metadata.size);
    if (list != NULL)
        list[at] = entry;
    return at + 1;
}

static void lay_baggage(weft__pieces *pieces, const weft__bag *old, const weft__bag_change *change, weft__bag *bag)
{
    size_t most = change->set_count + (change->clear ? 0 : old->baggage_count), count = 0;
    weft_baggage_entry *list = weft__lay_room(pieces, most * sizeof *list);
    for (size_t i = 0; i < old->baggage_count && !change->clear; i++) {
        const weft_baggage_entry *entry = &old->baggage[i];
        if (!is_set(change, entry->name, 0) && (change->remove.data == NULL || !same_text(change->remove, entry->name)))
            count = lay_entry(pieces, list, count, entry);
    }
    for (size_t i = 0; i < change->set_count; i++)
        if (!is_set(change, change->set[i].name, i + 1))
            count = lay_entry(pieces, list, count, &change->set[i]);
    bag->baggage = list;
    bag->baggage_count = count;
}

/* Old fields that stay, then the new ones: laid one by one into one list. */
static void lay_fields(weft__pieces *pieces, const weft__bag *old, const weft__bag_change *change, weft__bag *bag)
{
    size_t most = old->fields.count + change->fields.count, count = 0;
    weft_attribute *list = weft__lay_room(pieces, most * sizeof *list);
    for (size_t i = 0; i < most; i++) {
        bool is_old = i < old->fields.count;
        const weft_attribute *field = is_old ? &old->fields.list[i] : &change->fields.list[i - old->fields.count];
        if (field->key == NULL || is_bound(change->fields, field, is_old ? 0 : i - old->fields.count + 1))
            continue;
        weft_attributes copy = weft__lay_attributes(pieces, (weft_attributes){ field, 1 });
        if (list != NULL)
            list[count] = copy.list[0];
        count++;
    }
    bag->fields = (weft_attributes){ list, count };
}

static void lay_values(weft__pieces *pieces, const weft__bag *old, const weft__bag_change *change, weft__bag *bag)
{
    weft__bag_value *list = weft__lay_room(pieces, (old->value_count + 1) * sizeof *list);
    size_t count = 0;
    for (size_t i = 0; i < old->value_count; i++) {
        if (old->values[i].key == change->key)
            continue;
        if (list != NULL) {
            list[count] = old->values[i];
            if (!weft__slab_hold(list[count].cell))
                list[count].cell = 0;
        }
        count++;
    }
    if (change->value != 0) {
        if (list != NULL)
            list[count] = (weft__bag_value){ change->key, weft__slab_hold(change->value) ? change->value : 0 };
        count++;
    }
    bag->values = list;
    bag->value_count = count;
}

/* What a bag points to, behind it. */
static void lay(weft__pieces *pieces, const weft__bag *old, const weft__bag_change *change, weft__bag *bag)
{
    lay_baggage(pieces, old, change, bag);
    lay_fields(pieces, old, change, bag);
    lay_values(pieces, old, change, bag);
}

bool weft__bag_make(uint64_t old, const weft__bag_change *change, uint64_t *out)
{
    static const weft__bag empty;
    const weft__bag *from = weft__bag_look(old);
    weft__pieces pieces = { NULL, 0 };
    weft__bag counted;
    if (from == NULL)
        from = &empty;
    weft__lay_room(&pieces, sizeof counted);
    lay(&pieces, from, change, &counted);
    if (counted.baggage_count == 0 && counted.fields.count == 0 && counted.value_count == 0) {
        *out = old & WEFT__REF_SUPPRESSED;
        return true;
    }
    void *memory;
    weft__ref made = weft__slab_make(WEFT__CELL_BAG, pieces.used, &memory);
    if (made == 0)
        return false;
    pieces = (weft__pieces){ memory, 0 };
    lay(&pieces, from, change, weft__lay_room(&pieces, sizeof counted));
    *out = made | (old & WEFT__REF_SUPPRESSED);
    return true;
}

/* The user's function may call anything of ours. */
static void release_value(const weft__bag_held *held)
{
    weft__thread *thread = weft__self;
    uint8_t busy = 0;
    if (held->key->release == NULL)
        return;
    if (thread != NULL) {
        busy = atomic_load_explicit(&thread->busy, memory_order_relaxed);
        weft__leave(thread);
    }
    held->key->release(held->value);
    if (thread != NULL)
        atomic_store_explicit(&thread->busy, busy, memory_order_relaxed);
}

void weft__bag_free(enum weft__cell_kind kind, void *data)
{
    if (kind == WEFT__CELL_VALUE) {
        release_value(data);
    } else if (kind == WEFT__CELL_BAG) {
        const weft__bag *bag = data;
        for (size_t i = 0; i < bag->value_count; i++)
            weft__slab_drop(bag->values[i].cell);
    } else if (kind == WEFT__CELL_HOLD) {
        const weft__hold *hold = data;
        weft__slab_drop(hold->state);
        weft__slab_drop(hold->bag & ~WEFT__REF_SUPPRESSED);
    }
}
