/* anyvalue.h - attributes as the bytes of OTLP's KeyValue: sized exactly, then written, within the limits.
 *
 * What cannot be said otherwise becomes the empty value: NULL strings, arrays deeper than the limit, types that are
 * not known. Unsigned numbers above INT64_MAX become decimal text. */
#ifndef WEFT_SDK_COMMON_ANYVALUE_H
#define WEFT_SDK_COMMON_ANYVALUE_H

#include <weft/attribute.h>

#include "sdk/base/base.h"

enum {
    WEFT__VALUE_DEPTH_MOST = 128,   /* whatever the limit says: it is recursive, and values may be cyclic */
    WEFT__VALUE_MOST = 1024 * 1024, /* bytes, where the caller names no ceiling */
    WEFT__MAP_MOST = 4096,          /* entries of one map or list: its keys are compared with each other */
};

/* Tags of KeyValue, AnyValue and what is in them. */
enum {
    WEFT__ANY_KEY = 0x0a,
    WEFT__ANY_VALUE = 0x12,
    WEFT__ANY_ELEMENT = 0x0a,
    WEFT__ANY_STRING = 0x0a,
    WEFT__ANY_BOOL = 0x10,
    WEFT__ANY_INT = 0x18,
    WEFT__ANY_DOUBLE = 0x21,
    WEFT__ANY_ARRAY = 0x2a,
    WEFT__ANY_MAP = 0x32,
    WEFT__ANY_BYTES = 0x3a,
};

typedef struct weft__value_limits {
    uint32_t length; /* code points of a string, bytes of a byte array (LIM-4); UINT32_MAX: none */
    uint32_t depth;  /* of arrays and maps; that of an attribute is 1 (LIM-5) */
    size_t most;     /* bytes of the whole, beyond which it is refused and not looked at further; 0: WEFT__VALUE_MOST */
    bool repair;     /* write U+FFFD for invalid bytes of texts, which nobody may change meanwhile; else they are
                      * copied, and reported by *high */
} weft__value_limits;

/* The bytes of the KeyValue message, without tag and length in front. 0: key NULL or empty; SIZE_MAX: over a
 * ceiling. */
size_t weft__keyvalue_size(const weft_attribute *attribute, const weft__value_limits *limits);
/* Writes exactly size bytes, which the call above has returned. False where the attribute has changed in between; then
 * out holds nothing of use, but nothing outside was written. *high is set, never cleared, where a text has a byte above
 * 0x7f. */
bool weft__keyvalue_put(uint8_t *out, size_t size, const weft_attribute *attribute, const weft__value_limits *limits,
                        bool *high);

/* The same for a list, as fields with that tag; each key once, with its last value; bad keys left out. */
size_t weft__keyvalues_size(weft_attributes list, const weft__value_limits *limits);
bool weft__keyvalues_put(uint8_t *out, size_t size, uint8_t tag, weft_attributes list, const weft__value_limits *limits,
                         bool *high);
/* One element of an array of any kind. */
weft_value weft__element(const weft_value *array, uint32_t index);

#endif
