/* decode.h - an OTLP trace request to spans. Any bytes are allowed: a bad request is refused, never trusted. */
#ifndef WEFT_TOOLS_TAIL_DECODE_H
#define WEFT_TOOLS_TAIL_DECODE_H

#include "tools/weft/tail/span.h"

typedef enum tail_result {
    TAIL_TAKEN,
    TAIL_MALFORMED,
    TAIL_TOO_LARGE, /**< Or nested too deeply. */
    TAIL_NO_MEMORY,
} tail_result;

/** The span and all it points to are borrowed for the length of the call. */
typedef void tail_span_fn(void *arg, const tail_span *span);

/** Decodes an ExportTraceServiceRequest whole, then calls `take` for each span of it; only TAIL_TAKEN calls it. */
tail_result tail_decode(const uint8_t *data, size_t size, tail_span_fn *take, void *arg);

#endif
