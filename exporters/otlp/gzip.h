/* gzip.h - compresses request bodies, with one stream for all of them. */
#ifndef WEFT_EXPORTERS_OTLP_GZIP_H
#define WEFT_EXPORTERS_OTLP_GZIP_H

#include <zlib.h>

#include "sdk/base/buffer.h"

typedef struct weft__gzip {
    z_stream stream;
    bool ready;
} weft__gzip;

/* Replaces what out has. False without memory. */
bool weft__gzip_pack(weft__gzip *gzip, weft__buffer *out, const uint8_t *data, size_t size);
void weft__gzip_clear(weft__gzip *gzip);

#endif
