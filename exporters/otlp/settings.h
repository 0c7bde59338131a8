/* settings.h - where and how to send: options from code, then the environment, then defaults. */
#ifndef WEFT_EXPORTERS_OTLP_SETTINGS_H
#define WEFT_EXPORTERS_OTLP_SETTINGS_H

#include <weft/exporter.h>

#include "exporters/transport/transport.h"

/* All texts are owned. */
typedef struct weft__otlp_settings {
    char *url;      /* for traces */
    char *shown;    /* the same for people: no password, no query */
    char **headers; /* "name: value", NULL after the last; all that a request needs */
    bool gzip;
    uint32_t timeout_ms; /* for a batch, with all attempts; 0: no limit */
    char *certificate, *client_certificate, *client_key;
} weft__otlp_settings;

/* options NULL: the environment alone. Bad values are told and left out. False without memory (then clear it too). */
bool weft__otlp_settings_read(weft__otlp_settings *settings, const weft_otlp_options *options);
void weft__otlp_settings_clear(weft__otlp_settings *settings);

/* The URL for one signal from an endpoint (OXC-3 to OXC-7): base, path ("v1/traces") is appended; else as it is. NULL:
 * no memory, or (*valid false) not a URL of http or https with a host. */
char *weft__otlp_url(const char *endpoint, bool base, const char *path, bool *valid);
/* Appends "name: value" to the list for each entry of "key=value,..." (OXC-10). name: of the variable or option, for
 * the diagnostic about entries that are left out. False without memory. */
bool weft__otlp_headers(char ***list, const char *text, const char *name);
/* Appends a line that is right as it is. */
bool weft__otlp_header(char ***list, const char *line);

#endif
