/* compact.h - looking for a key in an open record's stream, and making repeated keys one. Rare: at the limits only. */
#ifndef WEFT_SDK_TRACE_COMPACT_H
#define WEFT_SDK_TRACE_COMPACT_H

#include <weft/attribute.h>

#include "sdk/common/pool.h"

/* The bit of weft__block.keys for a KeyValue's key. */
uint64_t weft__key_bit(const uint8_t *keyvalue, size_t size);
/* Whether the locked record has an attribute with that key. */
bool weft__stream_has(weft__thread *thread, weft__block *head, const weft_attribute *attribute);
/* Rewrites the locked record's stream with each key, name and status once. Without memory it stays as it is. */
void weft__compact(weft__thread *thread, weft__block *head);

#endif
