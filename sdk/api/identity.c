/* identity.c - what makes two scopes the same: comparing and copying names and attributes. */
#include "sdk/api/identity.h"

#include <stdlib.h>
#include <string.h>

static size_t text_size(const char *text)
{
    return text != NULL ? strlen(text) : 0;
}

/* An absent text equals an empty one (SCP-2). */
static bool same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static size_t string_size(const weft_value *value)
{
    return value->size == WEFT_NUL ? text_size(value->as.string) : value->size;
}

static size_t key_size(const weft_attribute *attribute)
{
    return attribute->key_size == WEFT_NUL ? text_size(attribute->key) : attribute->key_size;
}

static size_t element_size(uint32_t type)
{
    switch (type) {
    case WEFT_TYPE_ARRAY:
        return sizeof(weft_value);
    case WEFT_TYPE_MAP:
        return sizeof(weft_attribute);
    case WEFT_TYPE_BOOLS:
        return sizeof(bool);
    case WEFT_TYPE_INTS:
        return sizeof(int64_t);
    case WEFT_TYPE_DOUBLES:
        return sizeof(double);
    case WEFT_TYPE_STRINGS:
        return sizeof(char *);
    default:
        return 1;
    }
}

static bool same_attributes(weft_attributes a, weft_attributes b, int depth);

static bool same_value(const weft_value *a, const weft_value *b, int depth)
{
    if (a->type != b->type || depth > WEFT__IDENTITY_DEPTH)
        return false;
    switch (a->type) {
    case WEFT_TYPE_EMPTY:
        return true;
    case WEFT_TYPE_BOOL:
        return a->as.boolean == b->as.boolean;
    case WEFT_TYPE_INT:
    case WEFT_TYPE_UINT:
    case WEFT_TYPE_DOUBLE:
        return a->as.integer == b->as.integer;
    case WEFT_TYPE_STRING:
    case WEFT_TYPE_BYTES:
        return string_size(a) == string_size(b) &&
               (string_size(a) == 0 || memcmp(a->as.bytes, b->as.bytes, string_size(a)) == 0);
    case WEFT_TYPE_MAP:
        return same_attributes((weft_attributes){ a->as.map, a->size }, (weft_attributes){ b->as.map, b->size },
                               depth + 1);
    default:
        break;
    }
    if (a->size != b->size)
        return false;
    if (a->type != WEFT_TYPE_ARRAY && a->type != WEFT_TYPE_STRINGS)
        return a->size == 0 || memcmp(a->as.bytes, b->as.bytes, a->size * element_size(a->type)) == 0;
    for (uint32_t i = 0; i < a->size; i++)
        if (a->type == WEFT_TYPE_ARRAY ? !same_value(&a->as.array[i], &b->as.array[i], depth + 1)
                                       : !same_text(a->as.strings[i], b->as.strings[i]))
            return false;
    return true;
}

/* In any order (CMN-7). */
static bool same_attributes(weft_attributes a, weft_attributes b, int depth)
{
    if (a.count != b.count)
        return false;
    for (size_t i = 0; i < a.count; i++) {
        size_t size = key_size(&a.list[i]), j = 0;
        while (j < b.count && (key_size(&b.list[j]) != size || memcmp(a.list[i].key, b.list[j].key, size) != 0 ||
                               !same_value(&a.list[i].value, &b.list[j].value, depth)))
            j++;
        if (j == b.count)
            return false;
    }
    return true;
}

bool weft__scope_same(const weft_scope *a, const weft_scope *b)
{
    return same_text(a->name, b->name) && same_text(a->version, b->version) &&
           same_text(a->schema_url, b->schema_url) && same_attributes(a->attributes, b->attributes, 0);
}

/* A copy is laid into one piece of memory: with memory NULL only its size is counted. */
typedef struct pieces {
    uint8_t *memory;
    size_t used;
} pieces;

static void *put(pieces *arena, const void *data, size_t size)
{
    size_t at = (arena->used + 7) & ~(size_t)7;
    arena->used = at + size;
    if (arena->memory == NULL)
        return NULL;
    if (size != 0)
        memcpy(arena->memory + at, data, size);
    return arena->memory + at;
}

static const char *put_text(pieces *arena, const char *text, size_t size)
{
    char *copy = put(arena, text, size);
    put(arena, "", 1); /* every text ends in a NUL, wherever its end falls: the padding below is zero */
    return copy;
}

static weft_attributes put_attributes(pieces *arena, weft_attributes from, int depth);

static weft_value put_value(pieces *arena, const weft_value *from, int depth)
{
    weft_value value = *from;
    if (from->type < WEFT_TYPE_STRING)
        return value;
    if (depth > WEFT__IDENTITY_DEPTH)
        return weft_empty();
    if (from->type == WEFT_TYPE_STRING || from->type == WEFT_TYPE_BYTES) {
        value.size = (uint32_t)string_size(from);
        value.as.string = put_text(arena, from->as.string, value.size);
    } else if (from->type == WEFT_TYPE_MAP) {
        value.as.map = put_attributes(arena, (weft_attributes){ from->as.map, from->size }, depth + 1).list;
    } else {
        void *list = put(arena, from->as.bytes, from->size * element_size(from->type));
        for (uint32_t i = 0; i < from->size; i++) {
            if (from->type == WEFT_TYPE_ARRAY) {
                weft_value element = put_value(arena, &from->as.array[i], depth + 1);
                if (list != NULL)
                    ((weft_value *)list)[i] = element;
            } else if (from->type == WEFT_TYPE_STRINGS) {
                const char *element = put_text(arena, from->as.strings[i], text_size(from->as.strings[i]));
                if (list != NULL)
                    ((const char **)list)[i] = element;
            }
        }
        value.as.bytes = list;
    }
    return value;
}

static weft_attributes put_attributes(pieces *arena, weft_attributes from, int depth)
{
    weft_attribute *list = put(arena, from.list, from.count * sizeof *from.list);
    for (size_t i = 0; i < from.count; i++) {
        size_t size = key_size(&from.list[i]);
        const char *key = put_text(arena, from.list[i].key, size);
        weft_value value = put_value(arena, &from.list[i].value, depth);
        if (list != NULL)
            list[i] = (weft_attribute){ .value = value, .key = key, .key_size = (uint32_t)size };
    }
    return (weft_attributes){ list, from.count };
}

static void put_scope(pieces *arena, const weft_scope *from, weft_scope *scope)
{
    scope->size = sizeof *scope;
    scope->name = put_text(arena, from->name, text_size(from->name));
    scope->version = put_text(arena, from->version, text_size(from->version));
    scope->schema_url = put_text(arena, from->schema_url, text_size(from->schema_url));
    scope->attributes = put_attributes(arena, from->attributes, 0);
}

bool weft__scope_copy(const weft_scope *from, weft_scope *scope)
{
    pieces arena = { NULL, 0 };
    put_scope(&arena, from, scope);
    arena.memory = calloc(1, arena.used + 8);
    if (arena.memory == NULL)
        return false;
    arena.used = 0;
    put_scope(&arena, from, scope);
    return true;
}
