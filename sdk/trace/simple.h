/* simple.h - the fast way of a short string, number or truth value into a KeyValue field. Everything else goes through
 * sdk/common/anyvalue.h, with the same result. */
#ifndef WEFT_SDK_TRACE_SIMPLE_H
#define WEFT_SDK_TRACE_SIMPLE_H

#include <string.h>

#include <weft/attribute.h>

#include "sdk/common/bytes.h"

WEFT_INLINE void weft__store4(uint8_t *to, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint32_t word = a | b << 8 | c << 16 | d << 24;
    memcpy(to, &word, 4);
#else
    to[0] = (uint8_t)a, to[1] = (uint8_t)b, to[2] = (uint8_t)c, to[3] = (uint8_t)d;
#endif
}

enum {
    WEFT__SIMPLE_TEXT = 108, /* bytes of key and value together: every length in the field is one byte */
    WEFT__SIMPLE_MOST = 128, /* bytes of the whole field */
};

/* What a run of attributes adds up to. */
typedef struct weft__run {
    uint64_t keys;  /* one bit for each key */
    uint64_t bits;  /* of all bytes of all texts */
    uint64_t twice; /* bits that two keys share: perhaps one is there twice */
} weft__run;

/* The size of a text that may end in NUL; more than WEFT__SIMPLE_TEXT where it is longer. */
WEFT_INLINE uint32_t weft__simple_text(const char *text, uint32_t size)
{
    if (WEFT_LIKELY(size != WEFT_NUL))
        return size;
    return (uint32_t)strnlen(text, WEFT__SIMPLE_TEXT + 1);
}

/* The value's field of a KeyValue, tag 0x12, at `at`; NULL where it is not simple. room: bytes for a text. */
WEFT_INLINE uint8_t *weft__simple_value(uint8_t *at, const weft_value *value, uint32_t room, uint64_t *bits)
{
    uint32_t type = value->type;
    if (type == WEFT_TYPE_STRING) {
        const char *text = value->as.string;
        uint32_t size = weft__simple_text(text, value->size);
        if (WEFT_UNLIKELY(size > room))
            return NULL;
        weft__store4(at, 0x12, size + 2, 0x0a, size);
        weft__copy_text(at + 4, text, size, bits);
        return at + 4 + size;
    }
    if (WEFT_UNLIKELY(type == WEFT_TYPE_DOUBLE)) {
        weft__store4(at, 0x12, 9, 0x21, 0);
        memcpy(at + 3, &value->as.real, 8);
        return at + 11;
    }
    if (WEFT_UNLIKELY(type - WEFT_TYPE_BOOL > WEFT_TYPE_INT - WEFT_TYPE_BOOL))
        return NULL;
    /* A bool is its one byte, an int a varint; their tags are 0x10 and 0x18. */
    uint64_t number = type == WEFT_TYPE_BOOL ? value->as.boolean : (uint64_t)value->as.integer;
    uint32_t tag = 0x10 + 8 * (type - WEFT_TYPE_BOOL);
    if (WEFT_LIKELY(number < 128)) {
        weft__store4(at, 0x12, 2, tag, (uint32_t)number);
        return at + 4;
    }
    if (WEFT_LIKELY(number < 128 * 128)) {
        weft__store4(at, 0x12, 3, tag, (uint32_t)number | 128);
        at[4] = (uint8_t)(number >> 7);
        return at + 5;
    }
    uint8_t *end = weft__varint_put(at + 3, number);
    at[0] = 0x12, at[1] = (uint8_t)(end - at - 2), at[2] = (uint8_t)tag;
    return end;
}

/* Writes the whole field, at most WEFT__SIMPLE_MOST bytes; its end, or NULL where the slow way must be taken (what was
 * written then does not count). */
WEFT_INLINE uint8_t *weft__simple_put(uint8_t *at, uint8_t tag, const weft_attribute *attribute, weft__run *run)
{
    const char *key = attribute->key;
    if (WEFT_UNLIKELY(key == NULL || (attribute->value.type == WEFT_TYPE_STRING && attribute->value.as.string == NULL)))
        return NULL;
    uint32_t size = weft__simple_text(key, attribute->key_size);
    if (WEFT_UNLIKELY(size - 1 >= WEFT__SIMPLE_TEXT))
        return NULL;
    uint64_t bit = weft__hash_bit(weft__copy_text(at + 4, key, size, &run->bits));
    uint8_t *end = weft__simple_value(at + 4 + size, &attribute->value, WEFT__SIMPLE_TEXT - size, &run->bits);
    if (WEFT_UNLIKELY(end == NULL))
        return NULL;
    weft__store4(at, tag, (uint32_t)(end - at - 2), 0x0a, size);
    run->twice |= run->keys & bit;
    run->keys |= bit;
    return end;
}

#endif
