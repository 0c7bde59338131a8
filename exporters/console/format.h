/* format.h - a span as lines for people. Free form: it may change at any time (CON-1); programs read OTLP. */
#ifndef WEFT_EXPORTERS_CONSOLE_FORMAT_H
#define WEFT_EXPORTERS_CONSOLE_FORMAT_H

#include <weft/view.h>

#include "sdk/base/buffer.h"

enum { WEFT__CONSOLE_CHARACTERS = 2000 }; /* of one text; the rest is left out, and said to be */

/* Whatever a text holds, it cannot steer the terminal. */
void weft__console_span(weft__buffer *out, bool colour, const weft_span_view *span);
void weft__console_resource(weft__buffer *out, bool colour, const weft_resource_view *resource);

#endif
