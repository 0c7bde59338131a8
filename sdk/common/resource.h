/* resource.h - what the telemetry of one SDK is about: a set of attributes, encoded as it grows, immutable once it is
 * given to the others. Spec: resource/sdk.md (RES). */
#ifndef WEFT_SDK_COMMON_RESOURCE_H
#define WEFT_SDK_COMMON_RESOURCE_H

#include <weft/attribute.h>
#include <weft/view.h>

#include "sdk/base/buffer.h"

/* The semantic conventions that the detectors' attributes follow. */
#define WEFT__SCHEMA_URL "https://opentelemetry.io/schemas/1.37.0"

enum {
    WEFT__RESOURCE_ATTRIBUTES = 512,
    WEFT__RESOURCE_SIZE = 256 * 1024, /* bytes, encoded */
};

/* {0} is the empty resource. */
typedef struct weft__resource {
    weft__buffer encoded;    /* the bytes of an OTLP Resource message: KeyValue fields with tag 0x0a, each key once */
    char *schema_url;        /* NULL: none */
    uint32_t attributes;     /* how many */
    weft_resource_view view; /* what span views point to, once it is sealed */
} weft__resource;

/* Adds the attribute, or replaces the one with its key. False, with a diagnostic: no key, not UTF-8, no room. */
bool weft__resource_set(weft__resource *resource, const weft_attribute *attribute);
/* An empty text is left out: what is not known is not said. */
void weft__resource_set_text(weft__resource *resource, const char *key, const char *text);
/* NULL: none. False without memory. */
bool weft__resource_set_schema(weft__resource *resource, const char *schema_url);
/* Adds what the other one has; on a clash the other one wins (RES-7). Two different schema URLs leave none. False
 * without memory, or where there is no room. */
bool weft__resource_merge(weft__resource *resource, const weft__resource *updating);
/* The text of an attribute, as long as the resource does not change; {NULL} where there is none, or it is no text. */
weft_text weft__resource_text(const weft__resource *resource, const char *key);
void weft__resource_clear(weft__resource *resource);
/* Makes its view (view.c): when it is complete, and at the place where it stays. */
void weft__resource_seal(weft__resource *resource);

typedef struct weft__resource_options {
    const char *service_name;   /* NULL or empty: as the others say */
    weft_attributes attributes; /* win over everything but service_name */
} weft__resource_options;

/* The resource of an SDK: detectors, OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME and the options, each winning over
 * those before it. resource comes empty, and is sealed; false without memory, and it is empty again. */
bool weft__resource_make(weft__resource *resource, const weft__resource_options *options);

#endif
