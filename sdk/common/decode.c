/* decode.c - attributes back from the bytes of OTLP. The elements of arrays and maps need room of their own: they are
 * counted first, so that one piece of memory holds them all and never moves. */
#include "sdk/common/decode.h"

#include <pthread.h>
#include <stdlib.h>

#include "sdk/common/anyvalue.h"
#include "sdk/common/wire.h"

/* The state of this part: one piece of memory for each thread that has read an array or a map. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;

struct arena {
    size_t used, size;
    _Alignas(16) uint8_t data[];
};

static void make_key(void)
{
    has_key = pthread_key_create(&key, free) == 0;
}

/* The thread's memory, emptied, with room for so many bytes; NULL: there is none. */
static struct arena *take_arena(size_t size)
{
    pthread_once(&once, make_key);
    struct arena *old = has_key ? pthread_getspecific(key) : NULL;
    if (!has_key || size > WEFT__DECODED_MOST)
        return NULL;
    if (old == NULL || old->size < size) {
        struct arena *fresh = malloc(sizeof *fresh + size);
        if (fresh == NULL)
            return NULL;
        fresh->size = size;
        if (pthread_setspecific(key, fresh) != 0) {
            free(fresh);
            return NULL;
        }
        free(old);
        old = fresh;
    }
    old->used = 0;
    return old;
}

static void *take(struct arena *arena, size_t size)
{
    void *data = arena->data + arena->used;
    arena->used += size;
    return data;
}

/* The last field of a message that is known; false: none, or the message is broken. */
static bool chosen(const uint8_t *data, size_t size, weft__wire *field)
{
    if (data == NULL)
        return false;
    const uint8_t *at = data, *end = data + size;
    weft__wire next;
    bool found = false;
    while (weft__wire_next(&at, end, &next)) {
        *field = next;
        found = true;
    }
    return found && at == end;
}

static size_t elements(const weft__wire *list)
{
    const uint8_t *at = list->data, *end = at + list->size;
    weft__wire field;
    size_t count = 0;
    while (weft__wire_next(&at, end, &field))
        count += field.tag == WEFT__ANY_ELEMENT;
    return count;
}

/* Key and value of an entry; the last ones, where there are several. */
static void split(const weft__wire *entry, weft__wire *name, weft__wire *value)
{
    const uint8_t *at = entry->data, *end = at + entry->size;
    weft__wire field;
    *name = *value = (weft__wire){ 0 };
    while (weft__wire_next(&at, end, &field)) {
        if (field.tag == WEFT__ANY_KEY)
            *name = field;
        else if (field.tag == WEFT__ANY_VALUE)
            *value = field;
    }
}

/* Bytes that the elements below a value need. */
static size_t room_below(const weft__wire *value, unsigned depth)
{
    weft__wire list, element, name, inner;
    if (depth > WEFT__VALUE_DEPTH_MOST || !chosen(value->data, value->size, &list) ||
        (list.tag != WEFT__ANY_ARRAY && list.tag != WEFT__ANY_MAP))
        return 0;
    size_t room = elements(&list) * (list.tag == WEFT__ANY_ARRAY ? sizeof(weft_value) : sizeof(weft_attribute));
    const uint8_t *at = list.data, *end = at + list.size;
    while (weft__wire_next(&at, end, &element)) {
        if (element.tag != WEFT__ANY_ELEMENT)
            continue;
        inner = element;
        if (list.tag == WEFT__ANY_MAP)
            split(&element, &name, &inner);
        room += room_below(&inner, depth + 1);
    }
    return room;
}

static weft_value read_value(struct arena *arena, const weft__wire *value, unsigned depth);

static weft_attribute read_entry(struct arena *arena, const weft__wire *entry, unsigned depth)
{
    weft__wire name, value;
    split(entry, &name, &value);
    return (weft_attribute){
        .value = read_value(arena, &value, depth),
        .key = name.data != NULL ? (const char *)name.data : "",
        .key_size = (uint32_t)name.size,
    };
}

static weft_value read_array(struct arena *arena, const weft__wire *list, unsigned depth)
{
    size_t count = elements(list), i = 0;
    weft_value *values = take(arena, count * sizeof *values);
    const uint8_t *at = list->data, *end = at + list->size;
    weft__wire element;
    while (i < count && weft__wire_next(&at, end, &element))
        if (element.tag == WEFT__ANY_ELEMENT)
            values[i++] = read_value(arena, &element, depth);
    return weft_array_n(values, count);
}

static weft_value read_map(struct arena *arena, const weft__wire *list, unsigned depth)
{
    size_t count = elements(list), i = 0;
    weft_attribute *entries = take(arena, count * sizeof *entries);
    const uint8_t *at = list->data, *end = at + list->size;
    weft__wire element;
    while (i < count && weft__wire_next(&at, end, &element))
        if (element.tag == WEFT__ANY_ELEMENT)
            entries[i++] = read_entry(arena, &element, depth);
    return weft_map_n(entries, count);
}

/* arena NULL: arrays and maps are read as empty values. */
static weft_value read_value(struct arena *arena, const weft__wire *value, unsigned depth)
{
    weft__wire field;
    double real;
    if (!chosen(value->data, value->size, &field))
        return weft_empty();
    switch (field.tag) {
    case WEFT__ANY_STRING:
        return weft_string_n(weft_text_n(field.data, field.size));
    case WEFT__ANY_BYTES:
        return weft_bytes(field.data, field.size);
    case WEFT__ANY_BOOL:
        return weft_bool(field.number != 0);
    case WEFT__ANY_INT:
        return weft_int((int64_t)field.number);
    case WEFT__ANY_DOUBLE:
        memcpy(&real, &field.number, sizeof real);
        return weft_double(real);
    case WEFT__ANY_ARRAY:
    case WEFT__ANY_MAP:
        if (arena == NULL || depth > WEFT__VALUE_DEPTH_MOST)
            return weft_empty();
        return field.tag == WEFT__ANY_ARRAY ? read_array(arena, &field, depth + 1) : read_map(arena, &field, depth + 1);
    default:
        return weft_empty();
    }
}

bool weft__keyvalue_get(const uint8_t *data, size_t size, weft_attribute *attribute)
{
    weft__wire entry = { .data = data, .size = size }, name, value, field;
    split(&entry, &name, &value);
    if (name.size == 0)
        return false;
    bool nested =
        chosen(value.data, value.size, &field) && (field.tag == WEFT__ANY_ARRAY || field.tag == WEFT__ANY_MAP);
    *attribute = read_entry(nested ? take_arena(room_below(&value, 1)) : NULL, &entry, 1);
    return true;
}
