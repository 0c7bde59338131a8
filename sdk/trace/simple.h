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

typedef struct weft__simple {
    const char *key;
    uint32_t key_size;
    uint32_t value_size; /* of the AnyValue's payload: text, varint or double */
    uint64_t number;     /* int as it is, bool, or the double's bits */
    const char *text;
    uint8_t tag; /* the AnyValue's field; 0: not simple */
} weft__simple;

/* What of the attribute is written how; tag 0 where the slow way must be taken. text_limit: most bytes of a value. */
WEFT_INLINE weft__simple weft__simple_measure(const weft_attribute *attribute, uint32_t text_limit)
{
    weft__simple simple;
    const weft_value *value = &attribute->value;
    simple.tag = 0;
    simple.key = attribute->key;
    simple.text = NULL;
    simple.number = 0;
    if (WEFT_UNLIKELY(attribute->key == NULL))
        return simple;
    simple.key_size = attribute->key_size;
    if (simple.key_size == WEFT_NUL)
        simple.key_size = (uint32_t)strnlen(attribute->key, WEFT__SIMPLE_TEXT + 1);
    if (WEFT_UNLIKELY(simple.key_size - 1 >= WEFT__SIMPLE_TEXT))
        return simple;
    switch (value->type) {
    case WEFT_TYPE_STRING:
        if (WEFT_UNLIKELY(value->as.string == NULL))
            return simple;
        simple.text = value->as.string;
        simple.value_size = value->size;
        if (simple.value_size == WEFT_NUL)
            simple.value_size = (uint32_t)strnlen(value->as.string, WEFT__SIMPLE_TEXT + 1);
        if (simple.value_size <= text_limit && simple.value_size + simple.key_size <= WEFT__SIMPLE_TEXT)
            simple.tag = 0x0a;
        return simple;
    case WEFT_TYPE_BOOL:
        simple.number = value->as.boolean;
        simple.value_size = 1;
        simple.tag = 0x10;
        return simple;
    case WEFT_TYPE_INT:
        simple.number = (uint64_t)value->as.integer;
        simple.value_size = weft__varint_size(simple.number);
        simple.tag = 0x18;
        return simple;
    case WEFT_TYPE_DOUBLE:
        memcpy(&simple.number, &value->as.real, 8);
        simple.value_size = 8;
        simple.tag = 0x21;
        return simple;
    default:
        return simple;
    }
}

/* Bytes of the whole field, with its own tag and length. */
WEFT_INLINE uint32_t weft__simple_size(const weft__simple *simple)
{
    return (simple->tag == 0x0a ? 8 : 7) + simple->key_size + simple->value_size;
}

/* Writes the field, at most WEFT__SIMPLE_MOST bytes; returns its end. *keys gets one bit for the key, and *twice is
 * set where it had it. */
WEFT_INLINE uint8_t *weft__simple_put(uint8_t *at, uint8_t tag, const weft__simple *simple, uint64_t *keys, bool *twice,
                                      uint64_t *bits)
{
    uint32_t text = simple->tag == 0x0a, value = simple->value_size + 1 + text;
    weft__store4(at, tag, 4 + simple->key_size + value, 0x0a, simple->key_size);
    uint64_t hash = weft__copy_text(at + 4, simple->key, simple->key_size, bits);
    uint64_t bit = weft__hash_bit(hash);
    *twice |= (*keys & bit) != 0;
    *keys |= bit;
    at += 4 + simple->key_size;
    weft__store4(at, 0x12, value, simple->tag, simple->value_size);
    if (text != 0) {
        weft__copy_text(at + 4, simple->text, simple->value_size, bits);
        return at + 4 + simple->value_size;
    }
    at += 3;
    if (WEFT_LIKELY(simple->number < 128 && simple->tag != 0x21)) {
        *at = (uint8_t)simple->number;
        return at + 1;
    }
    if (simple->tag == 0x21) {
        memcpy(at, &simple->number, 8);
        return at + 8;
    }
    return weft__varint_put(at, simple->number);
}

#endif
