/* copy.h - deep copies of texts and attributes, laid into one piece of memory. */
#ifndef WEFT_SDK_API_COPY_H
#define WEFT_SDK_API_COPY_H

#include <weft/attribute.h>

enum { WEFT__COPY_DEPTH = 16 }; /* levels of nested attribute values; deeper ones are empty */

/* Lay everything twice: with memory NULL only the size is counted, and what the functions return is not to be read. */
typedef struct weft__pieces {
    uint8_t *memory; /* aligned to 8 */
    size_t used;
} weft__pieces;

/* Room for size bytes, aligned to 8; NULL while counting. */
void *weft__lay_room(weft__pieces *pieces, size_t size);
/* A text with a NUL behind it; NULL is the empty text. */
const char *weft__lay_text(weft__pieces *pieces, const char *text, size_t size);
/* Attributes without a key are left out. */
weft_attributes weft__lay_attributes(weft__pieces *pieces, weft_attributes from);

/* Sizes in bytes of what may not have been measured yet. */
size_t weft__key_size(const weft_attribute *attribute);
size_t weft__string_size(const weft_value *value);
/* The bytes of one element of an array of this type. */
size_t weft__element_size(uint32_t type);

#endif
