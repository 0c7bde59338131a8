/* attribute.h - typed values and attributes. Plain data: nothing here allocates or fails, everything is borrowed for
 * the length of the call that it is given to. Spec: common/README.md (CMN). */
#ifndef WEFT_ATTRIBUTE_H
#define WEFT_ATTRIBUTE_H

#include <weft/base.h>

typedef enum weft_type {
    WEFT_TYPE_EMPTY,
    WEFT_TYPE_BOOL,
    WEFT_TYPE_INT,
    WEFT_TYPE_UINT, /* recorded as int; as decimal text above INT64_MAX (CMN-14) */
    WEFT_TYPE_DOUBLE,
    WEFT_TYPE_STRING,
    WEFT_TYPE_BYTES,
    WEFT_TYPE_ARRAY, /* of weft_value */
    WEFT_TYPE_MAP,   /* of weft_attribute */
    WEFT_TYPE_BOOLS, /* one-type arrays, straight from C arrays */
    WEFT_TYPE_INTS,
    WEFT_TYPE_DOUBLES,
    WEFT_TYPE_STRINGS,
} weft_type;

/** size of a string that ends in NUL and has not been measured. */
#define WEFT_NUL UINT32_MAX

/** 16 bytes, passed in registers. */
typedef struct weft_value {
    uint32_t type; /* weft_type */
    uint32_t size; /* bytes of a string, elements of an array; else 0 */
    union {
        bool boolean;
        int64_t integer;
        double real;
        const char *string;
        const void *bytes;
        const struct weft_value *array;
        const struct weft_attribute *map;
        const bool *bools;
        const int64_t *ints;
        const double *doubles;
        const char *const *strings;
    } as;
} weft_value;

/** 32 bytes on 64-bit machines; fixed for ever (arrays of them cross the ABI). */
typedef struct weft_attribute {
    weft_value value;
    const char *key;
    uint32_t key_size; /* WEFT_NUL: ends in NUL */
    uint32_t reserved_;
} weft_attribute;

/** A run of attributes, by value. {0} is none. */
typedef struct weft_attributes {
    const weft_attribute *list;
    size_t count;
} weft_attributes;

WEFT_STATIC_ASSERT(sizeof(weft_value) == 16, "weft_value is ABI");
WEFT_STATIC_ASSERT(sizeof(void *) != 8 || sizeof(weft_attribute) == 32, "weft_attribute is ABI");

/* Constructors of values. weft_attr() chooses among the first six by the type of its argument. */

static inline weft_value weft_sized_(weft_type type, size_t size)
{
    weft_value value;
    value.type = (uint32_t)type;
    value.size = size < WEFT_NUL ? (uint32_t)size : WEFT_NUL - 1;
    value.as.integer = 0;
    return value;
}

static inline weft_value weft_empty(void)
{
    return weft_sized_(WEFT_TYPE_EMPTY, 0);
}

/** For true, false and comparisons, which are ints in C11: weft_attr("hit", weft_bool(n > 0)). */
static inline weft_value weft_bool(bool boolean)
{
    weft_value value = weft_sized_(WEFT_TYPE_BOOL, 0);
    value.as.boolean = boolean;
    return value;
}

static inline weft_value weft_int(int64_t integer)
{
    weft_value value = weft_sized_(WEFT_TYPE_INT, 0);
    value.as.integer = integer;
    return value;
}

static inline weft_value weft_uint(uint64_t integer)
{
    weft_value value = weft_sized_(integer <= INT64_MAX ? WEFT_TYPE_INT : WEFT_TYPE_UINT, 0);
    value.as.integer = (int64_t)integer;
    return value;
}

static inline weft_value weft_double(double real)
{
    weft_value value = weft_sized_(WEFT_TYPE_DOUBLE, 0);
    value.as.real = real;
    return value;
}

/** NULL is the empty value: recorded, not lost (CMN-3). */
static inline weft_value weft_string(const char *string)
{
    weft_value value = weft_sized_(string != NULL ? WEFT_TYPE_STRING : WEFT_TYPE_EMPTY, 0);
    value.size = string != NULL ? (uint32_t)WEFT_LITERAL_SIZE_(string) : 0;
    value.as.string = string;
    return value;
}

static inline weft_value weft_string_n(weft_text text)
{
    weft_value value = weft_sized_(text.data != NULL ? WEFT_TYPE_STRING : WEFT_TYPE_EMPTY, text.size);
    value.as.string = text.data;
    return value;
}

static inline weft_value weft_bytes(const void *data, size_t size)
{
    weft_value value = weft_sized_(WEFT_TYPE_BYTES, size);
    value.as.bytes = data;
    return value;
}

static inline weft_value weft_bools(const bool *list, size_t count)
{
    weft_value value = weft_sized_(WEFT_TYPE_BOOLS, count);
    value.as.bools = list;
    return value;
}

static inline weft_value weft_ints(const int64_t *list, size_t count)
{
    weft_value value = weft_sized_(WEFT_TYPE_INTS, count);
    value.as.ints = list;
    return value;
}

static inline weft_value weft_doubles(const double *list, size_t count)
{
    weft_value value = weft_sized_(WEFT_TYPE_DOUBLES, count);
    value.as.doubles = list;
    return value;
}

static inline weft_value weft_strings(const char *const *list, size_t count)
{
    weft_value value = weft_sized_(WEFT_TYPE_STRINGS, count);
    value.as.strings = list;
    return value;
}

static inline weft_value weft_array_n(const weft_value *list, size_t count)
{
    weft_value value = weft_sized_(WEFT_TYPE_ARRAY, count);
    value.as.array = list;
    return value;
}

static inline weft_value weft_map_n(const weft_attribute *list, size_t count)
{
    weft_value value = weft_sized_(WEFT_TYPE_MAP, count);
    value.as.map = list;
    return value;
}

static inline weft_value weft_same_(weft_value value)
{
    return value;
}

static inline weft_attribute weft_attribute_of(const char *key, weft_value value)
{
    weft_attribute attribute;
    attribute.value = value;
    attribute.key = key;
    attribute.key_size = key != NULL ? (uint32_t)WEFT_LITERAL_SIZE_(key) : WEFT_NUL;
    attribute.reserved_ = 0;
    return attribute;
}

#ifndef __cplusplus

/** A value of the argument's own type. There is deliberately no default: pointers to anything but char, long double
 * and structs do not compile. Cast bit-fields. char arrays and literals decay and must end in NUL, else weft_text_n().
 */
#define weft_value_of(v)                                                                                               \
    _Generic((v),                                                                                                      \
        bool: weft_bool,                                                                                               \
        char: weft_int,                                                                                                \
        signed char: weft_int,                                                                                         \
        unsigned char: weft_int,                                                                                       \
        short: weft_int,                                                                                               \
        unsigned short: weft_int,                                                                                      \
        int: weft_int,                                                                                                 \
        unsigned int: weft_int,                                                                                        \
        long: weft_int,                                                                                                \
        unsigned long: weft_uint,                                                                                      \
        long long: weft_int,                                                                                           \
        unsigned long long: weft_uint,                                                                                 \
        float: weft_double,                                                                                            \
        double: weft_double,                                                                                           \
        char *: weft_string,                                                                                           \
        const char *: weft_string,                                                                                     \
        weft_text: weft_string_n,                                                                                      \
        weft_value: weft_same_)(v)

/** THE attribute: weft_attr("order.id", order->id). Key and value are evaluated once. */
#define weft_attr(key, v) weft_attribute_of((key), weft_value_of(v))

/** Nested values: weft_attr("cart", weft_map(weft_attr("sku", sku), weft_attr("n", 2))). */
#define weft_array(...)                                                                                                \
    weft_array_n((const weft_value[]){ __VA_ARGS__ }, sizeof((const weft_value[]){ __VA_ARGS__ }) / sizeof(weft_value))
#define weft_map(...)                                                                                                  \
    weft_map_n((const weft_attribute[]){ __VA_ARGS__ },                                                                \
               sizeof((const weft_attribute[]){ __VA_ARGS__ }) / sizeof(weft_attribute))

/** A run of attributes for an options field: .attributes = WEFT_ATTRS(weft_attr(...), ...). It lives to the end of the
 * enclosing block, so never store it in something that outlives that (a list filled in a loop: use an array). */
#define WEFT_ATTRS(...)                                                                                                \
    { (const weft_attribute[]){ __VA_ARGS__ },                                                                         \
      sizeof((const weft_attribute[]){ __VA_ARGS__ }) / sizeof(weft_attribute) }

/* The arguments after the first, as "list, count"; none gives a count of 0. */
#define WEFT_ATTRS_AFTER_FIRST_(...)                                                                                   \
    (const weft_attribute[]){ WEFT_REST_(__VA_ARGS__, { .key = NULL }) },                                              \
        sizeof((const weft_attribute[]){ WEFT_REST_(__VA_ARGS__, { .key = NULL }) }) / sizeof(weft_attribute) - 1
#endif
#endif
