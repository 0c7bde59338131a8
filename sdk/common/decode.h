/* decode.h - attributes back from the bytes of OTLP. */
#ifndef WEFT_SDK_COMMON_DECODE_H
#define WEFT_SDK_COMMON_DECODE_H

#include <weft/attribute.h>

#include "sdk/base/base.h"

enum { WEFT__DECODED_MOST = 16 * 1024 * 1024 }; /* bytes of one thread's arrays and maps */

/* Reads a KeyValue message. Texts and bytes point into data; elements of arrays and maps are laid into memory of the
 * calling thread that the next call on it uses again. What makes no sense, is nested deeper than
 * WEFT__VALUE_DEPTH_MOST, or finds no memory, is the empty value. False where there is no key. */
bool weft__keyvalue_get(const uint8_t *data, size_t size, weft_attribute *attribute);

#endif
