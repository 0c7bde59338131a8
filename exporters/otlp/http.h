/* http.h - the OTLP exporter over HTTP, from its parts. */
#ifndef WEFT_EXPORTERS_OTLP_HTTP_H
#define WEFT_EXPORTERS_OTLP_HTTP_H

#include "exporters/otlp/settings.h"
#include "sdk/common/export.h"

enum { WEFT__REQUEST_LIMIT = 64 * 1024 * 1024 }; /* OXC-13: bytes before compression */

/* Takes both (the settings are moved out of), also where it returns NULL: no memory, or transport is NULL. Tests give
 * it a simulated network; weft_exporter_otlp() gives it libcurl. */
weft_exporter *weft__otlp_exporter(weft__otlp_settings *settings, weft__transport *transport);

#endif
