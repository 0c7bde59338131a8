/* formats.h - the formats that are built in. They work on drafts (sdk/api/context.h), so that several in a row make one
 * owned context. */
#ifndef WEFT_PROPAGATION_FORMATS_H
#define WEFT_PROPAGATION_FORMATS_H

#include <weft/propagator.h>

#include "sdk/base/base.h"

typedef struct weft__format {
    const char *name;
    const char *const *fields;
    void (*extract)(weft_context *draft, const weft_carrier *carrier);
    /* span and bag lie in the draft: its cells are held. */
    void (*inject)(const weft_context *draft, const weft_carrier *carrier);
} weft__format;

extern const weft__format weft__format_trace_context, weft__format_baggage;

/* Whether weft_propagators_set() knows the name, in any case; "none" is known. */
WEFT_PRIVATE bool weft__propagator_known(weft_text name);

/* W3C traceparent: 55 characters of version 00. span is written only where the header is valid. */
bool weft__traceparent_parse(weft_text header, weft_span_context *span);
/* With a NUL: WEFT_TRACEPARENT_SIZE bytes. */
void weft__traceparent_put(char *out, const weft_span_context *span);

/* W3C baggage: the valid members of header after header. */
typedef struct weft__baggage_reader {
    weft_baggage_entry *list; /* room for `most` */
    size_t count, most;
    char *bytes; /* `room` of them, for what is decoded */
    size_t used, room;
    size_t seen; /* bytes of all headers so far, at most room */
    bool full;   /* a member went beyond: it and all after it are dropped */
} weft__baggage_reader;
void weft__baggage_parse(weft__baggage_reader *reader, weft_text header);
/* Appends one member to the header; false (unchanged) where it does not fit in or cannot be sent. */
bool weft__baggage_put(char *out, size_t room, size_t *size, const weft_baggage_entry *entry);

/* A header's name as that of an environment variable (ENC-2): the character at `at`; '\0' behind the last. */
char weft__environment_char(const char *name, size_t at);

#endif
