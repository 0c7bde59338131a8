/* detect.h - resource detectors: what a process can find out about itself without asking anybody. */
#ifndef WEFT_SDK_COMMON_DETECT_H
#define WEFT_SDK_COMMON_DETECT_H

#include "sdk/common/resource.h"

/* Adds what it finds; what it does not find it leaves out. Must not block: files of the machine alone. */
typedef struct weft__detector {
    const char *name; /* as reserved by the specification (RES-14) */
    const char *schema_url;
    void (*detect)(weft__resource *resource);
} weft__detector;

/* Ends with a NULL name. */
extern const weft__detector weft__detectors[];

#endif
