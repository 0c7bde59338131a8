/* value.c - values to text, in a buffer of fixed size: what does not fit is not shown. */
#include "tools/weft/tail/value.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common.pb-c.h"

typedef Opentelemetry__Proto__Common__V1__AnyValue any_value;
typedef Opentelemetry__Proto__Common__V1__KeyValue key_value;

enum { TEXT_SIZE = 1024, DEPTH = 6 };

typedef struct writer {
    char text[TEXT_SIZE];
    size_t used; /* at most TEXT_SIZE - 1 */
} writer;

__attribute__((__format__(__printf__, 2, 3))) static void put(writer *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(w->text + w->used, TEXT_SIZE - w->used, format, arguments);
    va_end(arguments);
    if (size > 0)
        w->used += (size_t)size < TEXT_SIZE - w->used ? (size_t)size : TEXT_SIZE - 1 - w->used;
}

static bool full(const writer *w)
{
    return w->used == TEXT_SIZE - 1;
}

static void put_value(writer *w, const any_value *value, unsigned depth);

static void put_array(writer *w, const Opentelemetry__Proto__Common__V1__ArrayValue *array, unsigned depth)
{
    put(w, "[");
    for (size_t i = 0; array != NULL && i < array->n_values && !full(w); i++) {
        put(w, "%s", i > 0 ? ", " : "");
        put_value(w, array->values[i], depth + 1);
    }
    put(w, "]");
}

static void put_map(writer *w, const Opentelemetry__Proto__Common__V1__KeyValueList *map, unsigned depth)
{
    put(w, "{");
    for (size_t i = 0; map != NULL && i < map->n_values && !full(w); i++) {
        put(w, "%s%s: ", i > 0 ? ", " : "", map->values[i]->key);
        put_value(w, map->values[i]->value, depth + 1);
    }
    put(w, "}");
}

static void put_value(writer *w, const any_value *value, unsigned depth)
{
    if (value == NULL || depth > DEPTH) {
        put(w, "%s", value == NULL ? "" : "...");
        return;
    }
    switch (value->value_case) {
    case OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_STRING_VALUE:
        put(w, "%s", value->string_value);
        break;
    case OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_BOOL_VALUE:
        put(w, "%s", value->bool_value ? "true" : "false");
        break;
    case OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_INT_VALUE:
        put(w, "%" PRId64, value->int_value);
        break;
    case OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_DOUBLE_VALUE:
        put(w, "%.6g", value->double_value);
        break;
    case OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_ARRAY_VALUE:
        put_array(w, value->array_value, depth);
        break;
    case OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_KVLIST_VALUE:
        put_map(w, value->kvlist_value, depth);
        break;
    case OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_BYTES_VALUE:
        put(w, "(%zu bytes)", value->bytes_value.len);
        break;
    default:
        break;
    }
}

const char *tail_value_text(tail_arena *arena, const any_value *value)
{
    /* The usual case needs no copy: the span's own copy cuts it. */
    if (value != NULL && value->value_case == OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_STRING_VALUE)
        return value->string_value;
    writer w = { .used = 0 };
    put_value(&w, value, 0);
    return tail_arena_text(arena, w.text, w.used);
}
