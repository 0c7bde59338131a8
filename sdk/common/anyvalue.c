/* anyvalue.c - attributes as KeyValue messages. Sizes are taken once from the leaves up; the bytes are then written
 * from the last to the first, so that each length is known when it is due and nothing is measured twice. */
#include "sdk/common/anyvalue.h"

#include <inttypes.h>
#include <stdio.h>

#include "sdk/base/text.h"
#include "sdk/common/wire.h"

/* What has been counted so far. It stops looking at things when the ceiling is passed. */
struct sizing {
    weft__value_limits limits;
    size_t left;
    bool over;
};

/* Goes down from the end. */
struct writing {
    weft__value_limits limits;
    const uint8_t *floor;
    uint8_t *at;
    uint8_t high; /* all bytes of texts, or-ed */
    bool failed;
};

/* Keys seen so far, roughly: most keys of a map need not be compared with any other. */
struct seen {
    uint64_t bits[16];
};

static weft__value_limits effective(const weft__value_limits *limits)
{
    weft__value_limits own = *limits;
    own.depth = own.depth < WEFT__VALUE_DEPTH_MOST ? own.depth : WEFT__VALUE_DEPTH_MOST;
    own.most = own.most != 0 ? own.most : WEFT__VALUE_MOST;
    return own;
}

static size_t bounded_length(const char *text, size_t most)
{
    const char *end = memchr(text, '\0', most);
    return end != NULL ? (size_t)(end - text) : most;
}

static weft_text key_of(const weft_attribute *attribute, const weft__value_limits *limits)
{
    if (attribute->key == NULL)
        return (weft_text){ NULL, 0 };
    size_t size = attribute->key_size;
    return weft_text_n(attribute->key, size != WEFT_NUL ? size : bounded_length(attribute->key, limits->most + 1));
}

/* Bytes of a string after the limit of length. */
static uint32_t cut_string(const weft_value *value, const weft__value_limits *limits)
{
    size_t size = value->size;
    size_t most = limits->length != UINT32_MAX ? weft__min(limits->most, (size_t)limits->length * 4) : limits->most;
    if (size == WEFT_NUL)
        size = bounded_length(value->as.string, most + 1);
    if (size > limits->length)
        size = weft__utf8_prefix(value->as.string, size, limits->length);
    return (uint32_t)weft__min(size, WEFT_NUL - 1);
}

/* The value as it will be written: one of EMPTY, BOOL, INT, UINT (above INT64_MAX), DOUBLE, STRING and BYTES with their
 * final size, or an array or map that is there. */
static weft_value final_form(const weft_value *value, uint32_t depth, const weft__value_limits *limits)
{
    weft_value out = *value;
    switch ((weft_type)out.type) {
    case WEFT_TYPE_BOOL:
    case WEFT_TYPE_INT:
    case WEFT_TYPE_DOUBLE:
        return out;
    case WEFT_TYPE_UINT:
        return weft_uint((uint64_t)out.as.integer);
    case WEFT_TYPE_STRING:
        if (out.as.string == NULL)
            return weft_empty();
        out.size = cut_string(value, limits);
        return out;
    case WEFT_TYPE_BYTES:
        if (out.as.bytes == NULL && out.size != 0)
            return weft_empty();
        out.size = out.size < limits->length ? out.size : limits->length;
        return out;
    case WEFT_TYPE_ARRAY:
    case WEFT_TYPE_MAP:
    case WEFT_TYPE_BOOLS:
    case WEFT_TYPE_INTS:
    case WEFT_TYPE_DOUBLES:
    case WEFT_TYPE_STRINGS:
        if (depth > limits->depth || (out.as.bytes == NULL && out.size != 0))
            return weft_empty();
        return out;
    case WEFT_TYPE_EMPTY:
        break;
    }
    return weft_empty();
}

weft_value weft__element(const weft_value *array, uint32_t index)
{
    switch ((weft_type)array->type) {
    case WEFT_TYPE_BOOLS:
        return weft_bool(array->as.bools[index]);
    case WEFT_TYPE_INTS:
        return weft_int(array->as.ints[index]);
    case WEFT_TYPE_DOUBLES:
        return weft_double(array->as.doubles[index]);
    case WEFT_TYPE_STRINGS:
        return weft_string(array->as.strings[index]);
    default:
        return array->as.array[index];
    }
}

static size_t text_size(const char *text, size_t size, const weft__value_limits *limits)
{
    return limits->repair ? weft__utf8_repair(NULL, text, size) : size;
}

static bool same_key(weft_text key, const weft_attribute *other)
{
    if (other->key == NULL)
        return false;
    size_t size = other->key_size != WEFT_NUL ? other->key_size : bounded_length(other->key, key.size + 1);
    return size == key.size && memcmp(other->key, key.data, size) == 0;
}

/* Whether an entry behind it has the same key, so that this one does not count. To be asked from the last one down. */
static bool replaced(struct seen *seen, weft_text key, weft_attributes list, size_t index)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < key.size && i < 32; i++)
        hash = (hash ^ (uint8_t)key.data[i]) * 16777619u;
    hash = (hash ^ (uint32_t)key.size) * 16777619u;
    hash ^= hash >> 16;
    uint64_t *word = &seen->bits[hash >> 6 & 15], bit = (uint64_t)1 << (hash & 63);
    bool maybe = (*word & bit) != 0;
    *word |= bit;
    for (size_t i = index + 1; maybe && i < list.count; i++)
        if (same_key(key, &list.list[i]))
            return true;
    return false;
}

static size_t charge(struct sizing *sizing, size_t size)
{
    if (size > sizing->left)
        sizing->over = true;
    else
        sizing->left -= size;
    return size;
}

static size_t key_size(struct sizing *sizing, weft_text key)
{
    return weft__bytes_size(text_size(key.data, charge(sizing, key.size), &sizing->limits));
}

static size_t value_size(struct sizing *sizing, const weft_value *value, uint32_t depth);

static size_t list_size(struct sizing *sizing, weft_attributes list, uint32_t depth)
{
    struct seen seen = { { 0 } };
    size_t size = 0;
    if (list.count > WEFT__MAP_MOST)
        sizing->over = true;
    for (size_t i = list.count; i-- > 0 && !sizing->over;) {
        weft_text key = key_of(&list.list[i], &sizing->limits);
        if (key.size == 0 || replaced(&seen, key, list, i))
            continue;
        size_t value = value_size(sizing, &list.list[i].value, depth);
        size += weft__bytes_size(key_size(sizing, key) + weft__bytes_size(value));
    }
    return size;
}

static size_t array_size(struct sizing *sizing, const weft_value *array, uint32_t depth)
{
    size_t size = 0;
    for (uint32_t i = 0; i < array->size && !sizing->over; i++) {
        weft_value value = weft__element(array, i);
        size += weft__bytes_size(value_size(sizing, &value, depth));
    }
    return size;
}

static size_t big_text(char text[24], const weft_value *value)
{
    return (size_t)snprintf(text, 24, "%" PRIu64, (uint64_t)value->as.integer);
}

/* The bytes of an AnyValue. */
static size_t value_size(struct sizing *sizing, const weft_value *value, uint32_t depth)
{
    char text[24];
    charge(sizing, 2); /* so that endless empty values end too */
    weft_value out = final_form(value, depth, &sizing->limits);
    switch ((weft_type)out.type) {
    case WEFT_TYPE_EMPTY:
        return 0;
    case WEFT_TYPE_BOOL:
        return 2;
    case WEFT_TYPE_INT:
        return 1 + weft__varint_size((uint64_t)out.as.integer);
    case WEFT_TYPE_UINT:
        return 2 + big_text(text, &out);
    case WEFT_TYPE_DOUBLE:
        return 9;
    case WEFT_TYPE_STRING:
        return weft__bytes_size(text_size(out.as.string, charge(sizing, out.size), &sizing->limits));
    case WEFT_TYPE_BYTES:
        return weft__bytes_size(charge(sizing, out.size));
    case WEFT_TYPE_MAP:
        return weft__bytes_size(list_size(sizing, (weft_attributes){ out.as.map, out.size }, depth + 1));
    default:
        return weft__bytes_size(array_size(sizing, &out, depth + 1));
    }
}

static struct sizing sizing_start(const weft__value_limits *limits)
{
    struct sizing sizing = { .limits = effective(limits) };
    sizing.left = sizing.limits.most;
    return sizing;
}

static size_t sizing_result(const struct sizing *sizing, size_t size)
{
    return sizing->over || size > sizing->limits.most ? SIZE_MAX : size;
}

size_t weft__keyvalue_size(const weft_attribute *attribute, const weft__value_limits *limits)
{
    struct sizing sizing = sizing_start(limits);
    weft_text key = key_of(attribute, &sizing.limits);
    if (key.size == 0)
        return 0;
    size_t value = value_size(&sizing, &attribute->value, 1);
    return sizing_result(&sizing, key_size(&sizing, key) + weft__bytes_size(value));
}

size_t weft__keyvalues_size(weft_attributes list, const weft__value_limits *limits)
{
    struct sizing sizing = sizing_start(limits);
    size_t size = list.list != NULL ? list_size(&sizing, list, 1) : 0;
    return sizing_result(&sizing, size);
}

/* Room for size bytes in front of what is written; NULL: the value has grown since it was measured. */
static uint8_t *room(struct writing *writing, size_t size)
{
    if (writing->failed || size > (size_t)(writing->at - writing->floor)) {
        writing->failed = true;
        return NULL;
    }
    return writing->at -= size;
}

static void put_head(struct writing *writing, uint8_t tag, size_t size)
{
    uint8_t *out = room(writing, 1 + weft__varint_size(size));
    if (out != NULL)
        weft__bytes_head(out, tag, size);
}

static void put_bytes(struct writing *writing, uint8_t tag, const void *data, size_t size)
{
    uint8_t *out = room(writing, size);
    if (out != NULL && size != 0)
        memcpy(out, data, size);
    put_head(writing, tag, size);
}

static void put_text(struct writing *writing, uint8_t tag, const char *text, size_t size)
{
    uint8_t all = 0;
    if (writing->limits.repair) {
        size_t repaired = text_size(text, size, &writing->limits);
        uint8_t *out = room(writing, repaired);
        if (out != NULL)
            weft__utf8_repair((char *)out, text, size);
        put_head(writing, tag, repaired);
        return;
    }
    put_bytes(writing, tag, text, size);
    for (size_t i = 0; i < size; i++)
        all |= (uint8_t)text[i];
    writing->high |= all;
}

static void put_varint(struct writing *writing, uint8_t tag, uint64_t value)
{
    uint8_t *out = room(writing, 1 + weft__varint_size(value));
    if (out != NULL)
        weft__bytes_head(out, tag, value);
}

static void put_double(struct writing *writing, double real)
{
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    uint8_t *out = room(writing, 9);
    if (out != NULL) {
        *out = WEFT__ANY_DOUBLE;
        weft__fixed64_put(out + 1, bits);
    }
}

static void put_value(struct writing *writing, const weft_value *value, uint32_t depth);

/* What lies between end and the place reached, as a field. */
static void put_around(struct writing *writing, uint8_t tag, const uint8_t *end)
{
    put_head(writing, tag, (size_t)(end - writing->at));
}

static void put_keyvalue(struct writing *writing, weft_text key, const weft_value *value, uint32_t depth)
{
    const uint8_t *end = writing->at;
    put_value(writing, value, depth);
    put_around(writing, WEFT__ANY_VALUE, end);
    put_text(writing, WEFT__ANY_KEY, key.data, key.size);
}

static void put_list(struct writing *writing, uint8_t tag, weft_attributes list, uint32_t depth)
{
    struct seen seen = { { 0 } };
    for (size_t i = list.count; i-- > 0 && !writing->failed;) {
        weft_text key = key_of(&list.list[i], &writing->limits);
        const uint8_t *end = writing->at;
        if (key.size == 0 || replaced(&seen, key, list, i))
            continue;
        put_keyvalue(writing, key, &list.list[i].value, depth);
        put_around(writing, tag, end);
    }
}

static void put_array(struct writing *writing, const weft_value *array, uint32_t depth)
{
    for (uint32_t i = array->size; i-- > 0 && !writing->failed;) {
        const uint8_t *end = writing->at;
        weft_value value = weft__element(array, i);
        put_value(writing, &value, depth);
        put_around(writing, WEFT__ANY_ELEMENT, end);
    }
}

static void put_value(struct writing *writing, const weft_value *value, uint32_t depth)
{
    char text[24];
    const uint8_t *end = writing->at;
    weft_value out = final_form(value, depth, &writing->limits);
    switch ((weft_type)out.type) {
    case WEFT_TYPE_EMPTY:
        break;
    case WEFT_TYPE_BOOL:
        put_varint(writing, WEFT__ANY_BOOL, out.as.boolean);
        break;
    case WEFT_TYPE_INT:
        put_varint(writing, WEFT__ANY_INT, (uint64_t)out.as.integer);
        break;
    case WEFT_TYPE_UINT:
        put_bytes(writing, WEFT__ANY_STRING, text, big_text(text, &out));
        break;
    case WEFT_TYPE_DOUBLE:
        put_double(writing, out.as.real);
        break;
    case WEFT_TYPE_STRING:
        put_text(writing, WEFT__ANY_STRING, out.as.string, out.size);
        break;
    case WEFT_TYPE_BYTES:
        put_bytes(writing, WEFT__ANY_BYTES, out.as.bytes, out.size);
        break;
    case WEFT_TYPE_MAP:
        put_list(writing, WEFT__ANY_ELEMENT, (weft_attributes){ out.as.map, out.size }, depth + 1);
        put_around(writing, WEFT__ANY_MAP, end);
        break;
    default:
        put_array(writing, &out, depth + 1);
        put_around(writing, WEFT__ANY_ARRAY, end);
    }
}

static struct writing writing_start(uint8_t *out, size_t size, const weft__value_limits *limits)
{
    return (struct writing){ .limits = effective(limits), .floor = out, .at = out + size };
}

static bool writing_result(const struct writing *writing, bool *high)
{
    *high |= writing->high > 0x7f;
    return !writing->failed && writing->at == writing->floor;
}

bool weft__keyvalue_put(uint8_t *out, size_t size, const weft_attribute *attribute, const weft__value_limits *limits,
                        bool *high)
{
    struct writing writing = writing_start(out, size, limits);
    put_keyvalue(&writing, key_of(attribute, &writing.limits), &attribute->value, 1);
    return writing_result(&writing, high);
}

bool weft__keyvalues_put(uint8_t *out, size_t size, uint8_t tag, weft_attributes list, const weft__value_limits *limits,
                         bool *high)
{
    struct writing writing = writing_start(out, size, limits);
    if (list.list != NULL)
        put_list(&writing, tag, list, 1);
    return writing_result(&writing, high);
}
