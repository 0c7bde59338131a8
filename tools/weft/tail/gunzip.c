/* gunzip.c - inflates by zlib into memory that doubles until the limit. */
#include "tools/weft/tail/gunzip.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum { FIRST_SIZE = 64 * 1024, GZIP = 16 };

typedef struct output {
    uint8_t *data;
    size_t size, capacity, limit;
} output;

static tail_result grow(output *out)
{
    if (out->capacity >= out->limit)
        return TAIL_TOO_LARGE;
    size_t capacity = out->capacity == 0 ? FIRST_SIZE : out->capacity * 2;
    capacity = capacity < out->limit ? capacity : out->limit;
    uint8_t *data = realloc(out->data, capacity);
    if (data == NULL)
        return TAIL_NO_MEMORY;
    out->data = data;
    out->capacity = capacity;
    return TAIL_TAKEN;
}

/* Of a gzip file with several members all are read, as its specification wants. */
static tail_result inflate_all(z_stream *stream, output *out)
{
    for (;;) {
        if (out->size == out->capacity) {
            tail_result grown = grow(out);
            if (grown != TAIL_TAKEN)
                return grown;
        }
        size_t room = out->capacity - out->size;
        stream->next_out = out->data + out->size;
        stream->avail_out = (uInt)room;
        int code = inflate(stream, Z_NO_FLUSH);
        out->size += room - stream->avail_out;
        if (code == Z_STREAM_END && stream->avail_in == 0)
            return TAIL_TAKEN;
        if (code == Z_MEM_ERROR)
            return TAIL_NO_MEMORY;
        if (code == Z_STREAM_END ? inflateReset(stream) != Z_OK : code != Z_OK)
            return TAIL_MALFORMED;
    }
}

tail_result tail_gunzip(const uint8_t *data, size_t size, size_t limit, uint8_t **out, size_t *out_size)
{
    z_stream stream = { 0 };
    output inflated = { .limit = limit };
    if (size > UINT_MAX || limit > UINT_MAX)
        return TAIL_TOO_LARGE;
    stream.next_in = (z_const Bytef *)(uintptr_t)data;
    stream.avail_in = (uInt)size;
    if (inflateInit2(&stream, MAX_WBITS + GZIP) != Z_OK)
        return TAIL_NO_MEMORY;
    tail_result result = inflate_all(&stream, &inflated);
    (void)inflateEnd(&stream);
    if (result != TAIL_TAKEN) {
        free(inflated.data);
        return result;
    }
    *out = inflated.data;
    *out_size = inflated.size;
    return TAIL_TAKEN;
}
