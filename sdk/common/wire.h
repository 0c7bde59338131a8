/* wire.h - the few forms of the protobuf wire format that OTLP needs: varints, fixed numbers, fields with a length. */
#ifndef WEFT_SDK_COMMON_WIRE_H
#define WEFT_SDK_COMMON_WIRE_H

#include <string.h>

#include "sdk/base/base.h"

/* The low three bits of a tag. */
enum { WEFT__WIRE_VARINT = 0, WEFT__WIRE_FIXED64 = 1, WEFT__WIRE_BYTES = 2, WEFT__WIRE_FIXED32 = 5 };

enum { WEFT__VARINT_MOST = 10 }; /* bytes */

WEFT_INLINE size_t weft__varint_size(uint64_t value)
{
#if defined(__GNUC__)
    return (size_t)(70 - __builtin_clzll(value | 1)) / 7;
#else
    size_t size = 1;
    for (; value > 127; value >>= 7)
        size++;
    return size;
#endif
}

/* Returns the place behind what it wrote, as all of these do. */
WEFT_INLINE uint8_t *weft__varint_put(uint8_t *out, uint64_t value)
{
    for (; value > 127; value >>= 7)
        *out++ = (uint8_t)(value | 0x80);
    *out++ = (uint8_t)value;
    return out;
}

/* Least significant byte first, on any machine; one store where that is the machine's own order. */
WEFT_INLINE uint8_t *weft__fixed32_put(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> (8 * i));
    return out + 4;
}

WEFT_INLINE uint8_t *weft__fixed64_put(uint8_t *out, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(value >> (8 * i));
    return out + 8;
}

WEFT_INLINE uint64_t weft__fixed_get(const uint8_t *data, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)data[i] << (8 * i);
    return value;
}

/* The bytes of a field with a length and a tag of one byte. */
WEFT_INLINE size_t weft__bytes_size(size_t size)
{
    return 1 + weft__varint_size(size) + size;
}

/* Tag and length; the bytes follow. */
WEFT_INLINE uint8_t *weft__bytes_head(uint8_t *out, uint8_t tag, size_t size)
{
    *out++ = tag;
    return weft__varint_put(out, size);
}

WEFT_INLINE uint8_t *weft__bytes_put(uint8_t *out, uint8_t tag, const void *data, size_t size)
{
    out = weft__bytes_head(out, tag, size);
    if (size != 0)
        memcpy(out, data, size);
    return out + size;
}

/* Moves *at behind the varint; false where it runs over the end or past 64 bits. */
static inline bool weft__varint_get(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    uint64_t sum = 0;
    for (unsigned shift = 0; shift < 64 && *at < end; shift += 7) {
        uint8_t byte = *(*at)++;
        sum |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = sum;
            return shift < 63 || byte <= 1;
        }
    }
    return false;
}

/* One field of a message, of any type. */
typedef struct weft__wire {
    uint32_t tag;        /* number << 3 | wire type */
    uint64_t number;     /* of a varint or fixed field */
    const uint8_t *data; /* of a field with a length; NULL in others */
    size_t size;
} weft__wire;

/* Moves *at behind the next field; false at the end, and where the bytes make no sense (then *at is not end). */
bool weft__wire_next(const uint8_t **at, const uint8_t *end, weft__wire *field);

#endif
