/* response.h - what a receiver says about a request, for the counters and for people. Hostile input: sizes are capped,
 * texts are made printable. */
#ifndef WEFT_EXPORTERS_OTLP_RESPONSE_H
#define WEFT_EXPORTERS_OTLP_RESPONSE_H

#include "exporters/transport/transport.h"

enum {
    WEFT__RESPONSE_LIMIT = 4 * 1024 * 1024, /* OXC-14 */
    WEFT__RESPONSE_PARSED = 64 * 1024, /* larger bodies are not decoded: protobuf-c takes up to 40 times the size */
    WEFT__RESPONSE_TEXT = 120,
};

typedef struct weft__answer {
    bool understood;                /* the body is what OTLP says it is, or empty */
    uint64_t rejected;              /* items */
    char text[WEFT__RESPONSE_TEXT]; /* the receiver's words; may be empty */
} weft__answer;

/* Of a request that was taken: ExportTraceServiceResponse. */
void weft__response_taken(const weft__response *response, weft__answer *answer);
/* Of one that was not: google.rpc.Status, or a line of plain text. */
void weft__response_refused(const weft__response *response, weft__answer *answer);

#endif
