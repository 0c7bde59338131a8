/* buffer.c - growing bytes: doubled as they fill, never past their ceiling. */
#include "sdk/base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

static bool grow(weft__buffer *buffer, size_t needed)
{
    size_t capacity = buffer->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : buffer->capacity;
    while (capacity < needed)
        capacity = capacity <= SIZE_MAX / 2 ? capacity * 2 : needed;
    if (buffer->limit != 0 && capacity > buffer->limit)
        capacity = buffer->limit;
    uint8_t *data = realloc(buffer->data, capacity);
    if (data == NULL)
        return false;
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

uint8_t *weft__buffer_reserve(weft__buffer *buffer, size_t more)
{
    if (WEFT_UNLIKELY(buffer->failed))
        return NULL;
    size_t ceiling = buffer->limit != 0 ? buffer->limit : SIZE_MAX;
    /* A buffer without memory grows even for nothing, so that NULL always means failure. */
    bool fits = buffer->size <= ceiling && more <= ceiling - buffer->size;
    if (WEFT_UNLIKELY(!fits || ((buffer->data == NULL || more > buffer->capacity - buffer->size) &&
                                !grow(buffer, buffer->size + more)))) {
        buffer->failed = true;
        return NULL;
    }
    return buffer->data + buffer->size;
}

void weft__buffer_put(weft__buffer *buffer, const void *data, size_t size)
{
    if (size == 0)
        return;
    uint8_t *out = weft__buffer_reserve(buffer, size);
    if (out == NULL)
        return;
    memcpy(out, data, size);
    buffer->size += size;
}

void weft__buffer_puts(weft__buffer *buffer, const char *text)
{
    weft__buffer_put(buffer, text, strlen(text));
}

void weft__buffer_printf(weft__buffer *buffer, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size < 0) {
        buffer->failed = true;
        return;
    }
    if ((size_t)size < sizeof text) {
        weft__buffer_put(buffer, text, (size_t)size);
        return;
    }
    /* vsnprintf writes a NUL, which the buffer has room for but does not count. */
    uint8_t *out = weft__buffer_reserve(buffer, (size_t)size + 1);
    if (out == NULL)
        return;
    va_start(arguments, format);
    vsnprintf((char *)out, (size_t)size + 1, format, arguments);
    va_end(arguments);
    buffer->size += (size_t)size;
}

void weft__buffer_reset(weft__buffer *buffer)
{
    buffer->size = 0;
    buffer->failed = false;
}

void weft__buffer_clear(weft__buffer *buffer)
{
    free(buffer->data);
    buffer->data = NULL;
    buffer->size = buffer->capacity = 0;
    buffer->failed = false;
}
