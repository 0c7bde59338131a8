/* resource.h - what the telemetry of one SDK is about: an immutable set of attributes, encoded once. */
#ifndef WEFT_SDK_COMMON_RESOURCE_H
#define WEFT_SDK_COMMON_RESOURCE_H

#include <weft/attribute.h>

#include "sdk/base/buffer.h"

typedef struct weft__resource {
    weft__buffer encoded; /* the bytes of an OTLP Resource message: KeyValue fields with tag 0x0a */
    char *schema_url;     /* NULL: none */
    uint32_t attributes;  /* how many */
} weft__resource;

#endif
