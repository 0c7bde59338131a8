/* hex.h - hex digits: one byte, or the eight of an id, inline since every header is written and read with them. */
#ifndef WEFT_SDK_BASE_HEX_H
#define WEFT_SDK_BASE_HEX_H

#include <string.h>

#include "sdk/base/base.h"

/* The value of a lower-case digit; above 15: not one. */
static inline unsigned weft__hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

static inline void weft__hex_put_one(char *out, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";
    out[0] = digits[byte >> 4];
    out[1] = digits[byte & 15];
}

static inline bool weft__hex_get_one(uint8_t *out, const char *text)
{
    unsigned high = weft__hex_digit(text[0]), low = weft__hex_digit(text[1]);
    *out = (uint8_t)(high << 4 | low);
    return (high | low) <= 15;
}

/* Ids are written and read with every header, so sixteen digits go at once where the compiler has vectors. */
#if defined(__has_builtin) && defined(__BYTE_ORDER__)
#if __has_builtin(__builtin_shufflevector) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define WEFT__HAS_VECTORS
typedef uint8_t weft__row __attribute__((__vector_size__(16)));
typedef uint64_t weft__words __attribute__((__vector_size__(16)));
typedef uint16_t weft__pairs __attribute__((__vector_size__(16)));
#endif
#endif

WEFT_INLINE void weft__hex_put_eight(char *out, const uint8_t *data)
{
#ifdef WEFT__HAS_VECTORS
    uint64_t bytes;
    memcpy(&bytes, data, sizeof bytes);
    weft__row x = (weft__row)(weft__words){ bytes, 0 };
    x = __builtin_shufflevector(x >> 4, x & 15, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    x += '0' + ((weft__row)(x > 9) & ('a' - '0' - 10));
    memcpy(out, &x, sizeof x);
#else
    for (int i = 0; i < 8; i++)
        weft__hex_put_one(out + 2 * i, data[i]);
#endif
}

#ifdef WEFT__HAS_VECTORS
/* The first and third byte, and so on, of a row's half. */
static inline uint32_t weft__every_other(uint64_t x)
{
    x &= 0x00ff00ff00ff00ffu;
    x |= x >> 8;
    return (uint32_t)(x & 0xffff) | (uint32_t)(x >> 16 & 0xffff0000u);
}
#endif

WEFT_INLINE bool weft__hex_get_eight(uint64_t *out, const char *text)
{
#ifdef WEFT__HAS_VECTORS
    weft__row x;
    uint64_t valid[2], halves[2];
    memcpy(&x, text, sizeof x);
    weft__row number = x - '0', letter = x - 'a';
    weft__row is_letter = (weft__row)(letter < 6), both = is_letter | (weft__row)(number < 10);
    weft__pairs values = (weft__pairs)((x & 15) + (is_letter & 9)); /* the first digit lowest */
    values = values << 4 | values >> 8;
    memcpy(valid, &both, sizeof valid);
    memcpy(halves, &values, sizeof halves);
    *out = weft__every_other(halves[0]) | (uint64_t)weft__every_other(halves[1]) << 32;
    return (valid[0] & valid[1]) == UINT64_MAX;
#else
    bool valid = true;
    for (int i = 0; i < 8; i++)
        valid &= weft__hex_get_one((uint8_t *)out + i, text + 2 * i);
    return valid;
#endif
}

#endif
