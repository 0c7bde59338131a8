/* value_text.c - one value as text, for people and for formats that know nothing but text (CMN-11, CMN-12). */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/view.h>

#include "sdk/base/text.h"
#include "sdk/common/anyvalue.h"

/* Counts everything, keeps what fits. */
typedef struct sink {
    char *out;
    size_t room, size;
} sink;

static void put(sink *to, const char *data, size_t size)
{
    if (to->size < to->room && size != 0)
        memcpy(to->out + to->size, data, weft__min(size, to->room - to->size));
    to->size += size;
}

static void put_text(sink *to, const char *text)
{
    put(to, text, strlen(text));
}

static void put_escaped(sink *to, char c)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = c != '\0' ? strchr(plain, c) : NULL;
    char text[8];
    int size = found != NULL ? snprintf(text, sizeof text, "\\%c", letters[found - plain])
                             : snprintf(text, sizeof text, "\\u%04x", (unsigned char)c);
    put(to, text, (size_t)size);
}

/* A JSON string. Invalid bytes become U+FFFD: there is no other way to write them. */
static void put_json_string(sink *to, const char *data, size_t size)
{
    put_text(to, "\"");
    while (size != 0) {
        size_t valid = weft__utf8_valid(data, size), plain = 0;
        while (plain < valid && (unsigned char)data[plain] >= 0x20 && data[plain] != '"' && data[plain] != '\\')
            plain++;
        put(to, data, plain);
        if (plain < valid)
            put_escaped(to, data[plain++]);
        else if (plain < size)
            put_text(to, "\xef\xbf\xbd"), plain++;
        data += plain, size -= plain;
    }
    put_text(to, "\"");
}

static void put_base64(sink *to, const uint8_t *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        uint32_t bits = (uint32_t)data[i] << 16;
        bits |= i + 1 < size ? (uint32_t)data[i + 1] << 8 : 0;
        bits |= i + 2 < size ? data[i + 2] : 0;
        char text[4] = { digits[bits >> 18], digits[bits >> 12 & 63], i + 1 < size ? digits[bits >> 6 & 63] : '=',
                         i + 2 < size ? digits[bits & 63] : '=' };
        put(to, text, sizeof text);
    }
}

/* As few digits as read back as the same number. The locale may have another decimal point than JSON. */
static void put_double(sink *to, double real)
{
    char text[40], clean[40];
    size_t size = 0;
    if (isnan(real) || isinf(real)) {
        put_text(to, isnan(real) ? "NaN" : real > 0 ? "Infinity" : "-Infinity");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, real);
        if (strtod(text, NULL) == real)
            break;
    }
    for (const char *c = text; *c != '\0'; c++)
        if (strchr("0123456789+-e", *c) != NULL)
            clean[size++] = *c;
        else if (size == 0 || clean[size - 1] != '.')
            clean[size++] = '.';
    put(to, clean, size);
}

static void put_integer(sink *to, const weft_value *value)
{
    char text[24];
    if (value->type == WEFT_TYPE_INT)
        snprintf(text, sizeof text, "%" PRId64, value->as.integer);
    else
        snprintf(text, sizeof text, "%" PRIu64, (uint64_t)value->as.integer);
    put_text(to, text);
}

static size_t text_size(const char *text, uint32_t size)
{
    return size == WEFT_NUL ? strlen(text) : size;
}

static void put_json(sink *to, const weft_value *value, unsigned depth);

static void put_json_array(sink *to, const weft_value *array, unsigned depth)
{
    put_text(to, "[");
    for (uint32_t i = 0; i < array->size; i++) {
        weft_value element = weft__element(array, i);
        put_text(to, i != 0 ? "," : "");
        put_json(to, &element, depth);
    }
    put_text(to, "]");
}

static void put_json_map(sink *to, const weft_value *map, unsigned depth)
{
    put_text(to, "{");
    for (uint32_t i = 0; i < map->size; i++) {
        const weft_attribute *entry = &map->as.map[i];
        const char *key = entry->key != NULL ? entry->key : "";
        put_text(to, i != 0 ? "," : "");
        put_json_string(to, key, text_size(key, entry->key != NULL ? entry->key_size : 0));
        put_text(to, ":");
        put_json(to, &entry->value, depth);
    }
    put_text(to, "}");
}

/* Whether a value that needs a pointer has none; such a value is empty. */
static bool is_missing(const weft_value *value)
{
    return value->type >= WEFT_TYPE_STRING && value->as.bytes == NULL &&
           (value->size != 0 || value->type == WEFT_TYPE_STRING);
}

/* What reads the same inside JSON and outside; false: something else. */
static bool put_common(sink *to, const weft_value *value, unsigned depth)
{
    switch ((weft_type)value->type) {
    case WEFT_TYPE_BOOL:
        put_text(to, value->as.boolean ? "true" : "false");
        return true;
    case WEFT_TYPE_INT:
        put_integer(to, value);
        return true;
    case WEFT_TYPE_ARRAY:
    case WEFT_TYPE_BOOLS:
    case WEFT_TYPE_INTS:
    case WEFT_TYPE_DOUBLES:
    case WEFT_TYPE_STRINGS:
        put_json_array(to, value, depth + 1);
        return true;
    case WEFT_TYPE_MAP:
        put_json_map(to, value, depth + 1);
        return true;
    default:
        return false;
    }
}

static void put_json(sink *to, const weft_value *value, unsigned depth)
{
    if (is_missing(value) || depth > WEFT__VALUE_DEPTH_MOST || to->size > WEFT__VALUE_MOST)
        put_text(to, "null");
    else if (put_common(to, value, depth))
        return;
    else if (value->type == WEFT_TYPE_STRING)
        put_json_string(to, value->as.string, text_size(value->as.string, value->size));
    else if (value->type == WEFT_TYPE_DOUBLE && isfinite(value->as.real))
        put_double(to, value->as.real);
    else if (value->type == WEFT_TYPE_DOUBLE)
        put_text(to, "\""), put_double(to, value->as.real), put_text(to, "\"");
    else if (value->type == WEFT_TYPE_UINT)
        put_text(to, "\""), put_integer(to, value), put_text(to, "\"");
    else if (value->type == WEFT_TYPE_BYTES)
        put_text(to, "\""), put_base64(to, value->as.bytes, value->size), put_text(to, "\"");
    else
        put_text(to, "null");
}

size_t weft_value_text(const weft_value *value, char *out, size_t size)
{
    sink to = { .out = out, .room = out != NULL && size != 0 ? size - 1 : 0 };
    weft_value own = value != NULL ? *value : weft_empty();
    if (own.type == WEFT_TYPE_UINT)
        own = weft_uint((uint64_t)own.as.integer);
    if (is_missing(&own))
        own = weft_empty();
    if (own.type == WEFT_TYPE_STRING)
        put(&to, own.as.string, text_size(own.as.string, own.size));
    else if (own.type == WEFT_TYPE_BYTES)
        put_base64(&to, own.as.bytes, own.size);
    else if (own.type == WEFT_TYPE_DOUBLE)
        put_double(&to, own.as.real);
    else if (own.type == WEFT_TYPE_UINT)
        put_integer(&to, &own);
    else
        put_common(&to, &own, 0);
    if (out != NULL && size != 0)
        out[weft__min(to.size, to.room)] = '\0';
    return to.size;
}
