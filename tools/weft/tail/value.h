/* value.h - an OTLP attribute value of any type as text. */
#ifndef WEFT_TOOLS_TAIL_VALUE_H
#define WEFT_TOOLS_TAIL_VALUE_H

#include "tools/weft/tail/arena.h"

struct Opentelemetry__Proto__Common__V1__AnyValue;

/** Strings as they are, arrays and maps in brackets, bytes as their number; "" for none. Cut where it gets long. The
 * text lives as long as the arena and the value do; NULL without memory. */
const char *tail_value_text(tail_arena *arena, const struct Opentelemetry__Proto__Common__V1__AnyValue *value);

#endif
