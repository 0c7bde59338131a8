/* bytes.h - varints, and copying of short texts that hashes and looks for bytes above 0x7f on the way. */
#ifndef WEFT_SDK_COMMON_BYTES_H
#define WEFT_SDK_COMMON_BYTES_H

#include <string.h>

#include "sdk/base/base.h"

#define WEFT__HIGH_BITS ((uint64_t)0x8080808080808080u)

WEFT_INLINE uint32_t weft__varint_size(uint64_t value)
{
    return (uint32_t)((70 - __builtin_clzll(value | 1)) / 7);
}

WEFT_INLINE uint8_t *weft__varint_put(uint8_t *at, uint64_t value)
{
    for (; value > 127; value >>= 7)
        *at++ = (uint8_t)(value | 128);
    *at++ = (uint8_t)value;
    return at;
}

WEFT_INLINE uint64_t weft__load8(const void *from)
{
    uint64_t word;
    memcpy(&word, from, 8);
    return word;
}

WEFT_INLINE uint32_t weft__load4(const void *from)
{
    uint32_t word;
    memcpy(&word, from, 4);
    return word;
}

/* Of a text's first and last word and its size. */
WEFT_INLINE uint64_t weft__hash_words(uint64_t first, uint64_t last, uint32_t size)
{
    return (first + (last << 5 | last >> 59) + size) * 0x9e3779b97f4a7c15u;
}

WEFT_INLINE void weft__store8(void *to, uint64_t word)
{
    memcpy(to, &word, 8);
}

/* Copies like memcpy, and gathers the bits of all bytes in *bits; returns a hash of the text. Short texts are moved by
 * words that overlap: no loop, and no call. */
WEFT_INLINE uint64_t weft__copy_text(uint8_t *to, const char *from, uint32_t size, uint64_t *bits)
{
    uint64_t first = 0, last = 0;
    if (WEFT_LIKELY(size >= 8)) {
        first = weft__load8(from), last = weft__load8(from + size - 8);
        if (size > 16) {
            uint64_t second = weft__load8(from + 8), before = weft__load8(from + size - 16);
            for (uint32_t i = 16; WEFT_UNLIKELY(i + 16 < size); i += 8) {
                uint64_t word = weft__load8(from + i);
                weft__store8(to + i, word);
                *bits |= word;
            }
            weft__store8(to + 8, second);
            weft__store8(to + size - 16, before);
            *bits |= second | before;
        }
        weft__store8(to, first);
        weft__store8(to + size - 8, last);
    } else if (size >= 4) {
        uint32_t low = weft__load4(from), high = weft__load4(from + size - 4);
        memcpy(to, &low, 4);
        memcpy(to + size - 4, &high, 4);
        first = low, last = high;
    } else {
        for (uint32_t i = 0; i < size; i++) {
            to[i] = (uint8_t)from[i];
            first |= (uint64_t)to[i] << 8 * i;
        }
    }
    *bits |= first | last;
    return weft__hash_words(first, last, size);
}

/* The same hash without a copy. */
WEFT_INLINE uint64_t weft__hash_text(const void *from, size_t size)
{
    const uint8_t *text = from;
    if (size >= 8)
        return weft__hash_words(weft__load8(text), weft__load8(text + size - 8), (uint32_t)size);
    if (size >= 4)
        return weft__hash_words(weft__load4(text), weft__load4(text + size - 4), (uint32_t)size);
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++)
        word |= (uint64_t)text[i] << 8 * i;
    return weft__hash_words(word, 0, (uint32_t)size);
}

/* One bit of 64, for a set of keys that are probably there. */
WEFT_INLINE uint64_t weft__hash_bit(uint64_t hash)
{
    return (uint64_t)1 << (hash >> 58);
}

#endif
