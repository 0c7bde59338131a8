/* identity.c - what makes two scopes the same: comparing and copying names and attributes. */
#include "sdk/api/identity.h"

#include <stdlib.h>
#include <string.h>

#include "sdk/api/copy.h"

static size_t text_size(const char *text)
{
    return text != NULL ? strlen(text) : 0;
}

/* An absent text equals an empty one (SCP-2). */
static bool same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static bool same_attributes(weft_attributes a, weft_attributes b, int depth);

static bool same_value(const weft_value *a, const weft_value *b, int depth)
{
    if (a->type != b->type || depth > WEFT__COPY_DEPTH)
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
        return weft__string_size(a) == weft__string_size(b) &&
               (weft__string_size(a) == 0 || memcmp(a->as.bytes, b->as.bytes, weft__string_size(a)) == 0);
    case WEFT_TYPE_MAP:
        return same_attributes((weft_attributes){ a->as.map, a->size }, (weft_attributes){ b->as.map, b->size },
                               depth + 1);
    default:
        break;
    }
    if (a->size != b->size)
        return false;
    if (a->type != WEFT_TYPE_ARRAY && a->type != WEFT_TYPE_STRINGS)
        return a->size == 0 || memcmp(a->as.bytes, b->as.bytes, a->size * weft__element_size(a->type)) == 0;
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
        size_t size = weft__key_size(&a.list[i]), j = 0;
        while (j < b.count && (weft__key_size(&b.list[j]) != size || memcmp(a.list[i].key, b.list[j].key, size) != 0 ||
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

static void put_scope(weft__pieces *arena, const weft_scope *from, weft_scope *scope)
{
    scope->size = sizeof *scope;
    scope->name = weft__lay_text(arena, from->name, text_size(from->name));
    scope->version = weft__lay_text(arena, from->version, text_size(from->version));
    scope->schema_url = weft__lay_text(arena, from->schema_url, text_size(from->schema_url));
    scope->attributes = weft__lay_attributes(arena, from->attributes);
}

bool weft__scope_copy(const weft_scope *from, weft_scope *scope)
{
    weft__pieces arena = { NULL, 0 };
    put_scope(&arena, from, scope);
    arena.memory = calloc(1, arena.used + 8);
    if (arena.memory == NULL)
        return false;
    arena.used = 0;
    put_scope(&arena, from, scope);
    return true;
}

bool weft__attribute_hidden(weft_attributes list, size_t index)
{
    const weft_attribute *one = &list.list[index];
    for (size_t i = index + 1; i < list.count && one->key_size != 0; i++)
        if (list.list[i].key_size == one->key_size && memcmp(list.list[i].key, one->key, one->key_size) == 0)
            return true;
    return one->key_size == 0;
}
