/* stream.h - making a record's stream final: each key once, name and status once, times mapped, texts valid UTF-8. */
#ifndef WEFT_SDK_COMMON_STREAM_H
#define WEFT_SDK_COMMON_STREAM_H

#include "sdk/base/clock.h"
#include "sdk/common/record.h"

/* Fields that a stream of the cap can have: the least attribute takes 8 bytes. */
enum { WEFT__FIELDS_MOST = WEFT__RECORD_CAP / 8 + 1, WEFT__SLOTS_MOST = 32768 };

/* Working memory of weft__stream_merge: some 180 KiB, of which only what is needed is touched. */
typedef struct weft__merge {
    uint32_t slots[WEFT__SLOTS_MOST]; /* hash table: index of a field, plus 1 */
    uint16_t at[WEFT__FIELDS_MOST];   /* of the fields that stay: where they begin in the stream */
    uint16_t later[WEFT__FIELDS_MOST];
} weft__merge;

typedef struct weft__merged {
    uint32_t size;
    uint16_t attributes;
    uint64_t keys; /* as in weft__block.keys */
} weft__merged;

/* Copies a stream, with the last value of each attribute's key, and of name (first in the result) and status. out has
 * room for size bytes. */
weft__merged weft__stream_merge(const uint8_t *stream, uint32_t size, uint8_t *out, weft__merge *work);

/* The key of a KeyValue; size 0 where there is none. */
weft_text weft__key_of(const uint8_t *keyvalue, size_t size);

/* Whether all texts are valid UTF-8. */
bool weft__stream_valid(const uint8_t *stream, uint32_t size);
/* Copies with every invalid byte of a text made U+FFFD. False without memory. */
bool weft__stream_repair(const uint8_t *stream, uint32_t size, weft__buffer *out);

#endif
