/* fuzz_traceparent.c - a traceparent that is taken comes out as version 00 with the same ids, and is taken again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "propagation/formats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    weft_span_context span, again;
    char text[WEFT_TRACEPARENT_SIZE];
    if (!weft__traceparent_parse(weft_text_n(data, size), &span))
        return 0;
    weft__traceparent_put(text, &span);
    if (!weft_span_context_valid(&span) || strlen(text) != WEFT_TRACEPARENT_SIZE - 1 ||
        !weft__traceparent_parse((weft_text){ text, strlen(text) }, &again) || memcmp(&span, &again, sizeof span) != 0)
        abort();
    return 0;
}
