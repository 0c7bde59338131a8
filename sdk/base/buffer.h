/* buffer.h - growing bytes with a ceiling and a sticky failure: write everything, ask once. */
#ifndef WEFT_SDK_BASE_BUFFER_H
#define WEFT_SDK_BASE_BUFFER_H

#include "sdk/base/base.h"

typedef struct weft__buffer {
    uint8_t *data;
    size_t size, capacity;
    size_t limit; /* ceiling in bytes; 0: none */
    bool failed;  /* out of memory or over the ceiling; nothing was written from then on */
} weft__buffer;

/* Room for `more` bytes behind size, or NULL (and failed). The caller then adds to size what it wrote. */
WEFT_PRIVATE uint8_t *weft__buffer_reserve(weft__buffer *buffer, size_t more);
WEFT_PRIVATE void weft__buffer_put(weft__buffer *buffer, const void *data, size_t size);
WEFT_PRIVATE void weft__buffer_puts(weft__buffer *buffer, const char *text);
WEFT_PRIVATE void weft__buffer_printf(weft__buffer *buffer, const char *format, ...) WEFT_PRINTF(2, 3);
/* Empties it and keeps the memory; a failure is forgotten. */
WEFT_PRIVATE void weft__buffer_reset(weft__buffer *buffer);
/* Frees the memory. The zero-initialised buffer is empty and needs no clear. */
WEFT_PRIVATE void weft__buffer_clear(weft__buffer *buffer);

#endif
