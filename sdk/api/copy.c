/* copy.c - deep copies of texts and attributes, laid into one piece of memory. */
#include "sdk/api/copy.h"

#include <string.h>

size_t weft__string_size(const weft_value *value)
{
    if (value->as.string == NULL)
        return 0;
    return value->size == WEFT_NUL ? strlen(value->as.string) : value->size;
}

size_t weft__key_size(const weft_attribute *attribute)
{
    if (attribute->key == NULL)
        return 0;
    return attribute->key_size == WEFT_NUL ? strlen(attribute->key) : attribute->key_size;
}

size_t weft__element_size(uint32_t type)
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

void *weft__lay_room(weft__pieces *pieces, size_t size)
{
    size_t at = (pieces->used + 7) & ~(size_t)7;
    pieces->used = at + size;
    return pieces->memory != NULL ? pieces->memory + at : NULL;
}

const char *weft__lay_text(weft__pieces *pieces, const char *text, size_t size)
{
    if (text == NULL)
        size = 0;
    char *copy = weft__lay_room(pieces, size + 1);
    if (copy != NULL) {
        if (size != 0)
            memcpy(copy, text, size);
        copy[size] = '\0';
    }
    return copy;
}

static weft_attributes lay_attributes(weft__pieces *pieces, weft_attributes from, int depth);

static weft_value lay_value(weft__pieces *pieces, const weft_value *from, int depth)
{
    weft_value value = *from;
    if (from->type < WEFT_TYPE_STRING)
        return value;
    if (depth > WEFT__COPY_DEPTH)
        return weft_empty();
    if (from->as.bytes == NULL) {
        value.size = 0;
        return value;
    }
    if (from->type == WEFT_TYPE_STRING || from->type == WEFT_TYPE_BYTES) {
        value.size = (uint32_t)weft__string_size(from);
        value.as.string = weft__lay_text(pieces, from->as.string, value.size);
        return value;
    }
    if (from->type == WEFT_TYPE_MAP) {
        weft_attributes map = lay_attributes(pieces, (weft_attributes){ from->as.map, from->size }, depth + 1);
        value.as.map = map.list;
        value.size = (uint32_t)map.count;
        return value;
    }
    void *list = weft__lay_room(pieces, from->size * weft__element_size(from->type));
    if (list != NULL && from->size != 0)
        memcpy(list, from->as.bytes, from->size * weft__element_size(from->type));
    for (uint32_t i = 0; i < from->size; i++) {
        if (from->type == WEFT_TYPE_ARRAY) {
            weft_value element = lay_value(pieces, &from->as.array[i], depth + 1);
            if (list != NULL)
                ((weft_value *)list)[i] = element;
        } else if (from->type == WEFT_TYPE_STRINGS && from->as.strings[i] != NULL) {
            const char *element = weft__lay_text(pieces, from->as.strings[i], strlen(from->as.strings[i]));
            if (list != NULL)
                ((const char **)list)[i] = element;
        }
    }
    value.as.bytes = list;
    return value;
}

static weft_attributes lay_attributes(weft__pieces *pieces, weft_attributes from, int depth)
{
    size_t count = 0;
    for (size_t i = 0; from.list != NULL && i < from.count; i++)
        count += from.list[i].key != NULL;
    weft_attribute *list = weft__lay_room(pieces, count * sizeof *from.list);
    for (size_t i = 0, at = 0; at < count; i++) {
        if (from.list[i].key == NULL)
            continue;
        size_t size = weft__key_size(&from.list[i]);
        const char *key = weft__lay_text(pieces, from.list[i].key, size);
        weft_value value = lay_value(pieces, &from.list[i].value, depth);
        if (list != NULL)
            list[at] = (weft_attribute){ .value = value, .key = key, .key_size = (uint32_t)size };
        at++;
    }
    return (weft_attributes){ list, count };
}

weft_attributes weft__lay_attributes(weft__pieces *pieces, weft_attributes from)
{
    return lay_attributes(pieces, from, 0);
}
