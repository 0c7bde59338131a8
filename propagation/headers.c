/* headers.c - a list of headers that owns its texts, as a carrier. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <weft/propagation.h>

#include "sdk/base/text.h"

enum { HEADERS_MOST = 1 << 16 };

static weft_text get(void *self, const char *name, size_t index)
{
    const weft_headers *headers = self;
    size_t size = strlen(name);
    for (const weft_header *header = headers->list; header < headers->list + headers->count; header++)
        if (header->name.size == size &&
            (memcmp(header->name.data, name, size) == 0 || weft__same_any_case(header->name, name)) && index-- == 0)
            return header->value.data != NULL ? header->value : (weft_text){ "", 0 };
    return (weft_text){ NULL, 0 };
}

static weft_text key(void *self, size_t index)
{
    const weft_headers *headers = self;
    return index < headers->count ? headers->list[index].name : (weft_text){ NULL, 0 };
}

/* Name and value in one piece of memory that begins with the name. */
static bool make(weft_header *header, weft_text name, weft_text value)
{
    char *memory = malloc(name.size + value.size + 2);
    if (memory == NULL)
        return false;
    header->name = (weft_text){ memory, name.size };
    header->value = (weft_text){ memory + name.size + 1, value.size };
    weft__copy_out(memory, name.size + 1, name.data, name.size);
    weft__copy_out(memory + name.size + 1, value.size + 1, value.data, value.size);
    return true;
}

static void free_list(weft_header *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free((void *)(uintptr_t)list[i].name.data);
    free(list);
}

/* Room for one more. A list that the caller made himself is copied first: it is not ours to change. */
static bool grow(weft_headers *headers)
{
    if (headers->count < headers->capacity_)
        return true;
    size_t capacity = headers->count < 4 ? 8 : 2 * headers->count, copied = 0;
    weft_header *list = capacity <= HEADERS_MOST ? calloc(capacity, sizeof *list) : NULL;
    if (list == NULL)
        return false;
    if (headers->capacity_ != 0) {
        memcpy(list, headers->list, headers->count * sizeof *list);
        free(headers->list);
    } else {
        while (copied < headers->count && make(&list[copied], headers->list[copied].name, headers->list[copied].value))
            copied++;
        if (copied < headers->count) {
            free_list(list, copied);
            return false;
        }
    }
    headers->list = list;
    headers->capacity_ = capacity;
    return true;
}

static void remove_others(weft_headers *headers, size_t kept, const char *name)
{
    for (size_t i = headers->count; i > kept + 1; i--) {
        if (!weft__same_any_case(headers->list[i - 1].name, name))
            continue;
        free((void *)(uintptr_t)headers->list[i - 1].name.data);
        memmove(&headers->list[i - 1], &headers->list[i], (headers->count - i) * sizeof *headers->list);
        headers->count--;
    }
}

static void set(void *self, const char *name, const char *text)
{
    weft_headers *headers = self;
    weft_text value = { text, strlen(text) };
    size_t i = 0;
    if (headers->capacity_ == 0 && !grow(headers))
        return;
    while (i < headers->count && !weft__same_any_case(headers->list[i].name, name))
        i++;
    if (i < headers->count && value.size <= headers->list[i].value.size) {
        /* What is as long as before, a traceparent, needs no memory. */
        memcpy((char *)(uintptr_t)headers->list[i].value.data, text, value.size + 1);
        headers->list[i].value.size = value.size;
        remove_others(headers, i, name);
        return;
    }
    weft_header made;
    if ((i == headers->count && !grow(headers)) || !make(&made, (weft_text){ name, strlen(name) }, value))
        return;
    if (i < headers->count)
        free((void *)(uintptr_t)headers->list[i].name.data);
    else
        headers->count++;
    headers->list[i] = made;
    remove_others(headers, i, name);
}

weft_carrier weft_headers_carrier(weft_headers *headers)
{
    weft_carrier carrier = { .size = sizeof carrier, .self = headers };
    if (headers != NULL) {
        carrier.get = get;
        carrier.key = key;
        carrier.set = set;
    }
    return carrier;
}

void weft_headers_clear(weft_headers *headers)
{
    if (headers == NULL)
        return;
    if (headers->capacity_ != 0)
        free_list(headers->list, headers->count);
    *headers = (weft_headers){ .list = NULL };
}
