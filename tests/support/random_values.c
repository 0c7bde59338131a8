/* random_values.c - values of all types, as a seed gives them. */
#include "tests/support/random_values.h"

#include <stdlib.h>
#include <string.h>

#include "sdk/base/random.h"

enum { ARENA = 4 << 20 };

/* The state of one run: random numbers, and memory that all of it lives in. */
static weft__random numbers;
static _Alignas(16) uint8_t arena[ARENA];
static size_t used;

void random_start(uint64_t seed)
{
    used = 0;
    for (size_t i = 0; i < WEFT_COUNT_OF(numbers.state); i++) {
        seed += 0x9e3779b97f4a7c15u;
        numbers.state[i] = (seed ^ seed >> 30) * 0xbf58476d1ce4e5b9u;
    }
    for (int i = 0; i < 16; i++)
        weft__random_next(&numbers);
}

void *random_take(size_t size)
{
    size_t at = (used + 15) & ~(size_t)15;
    if (at + size > sizeof arena)
        abort();
    used = at + size;
    return memset(arena + at, 0, size);
}

uint64_t random_below(uint64_t bound)
{
    return weft__random_next(&numbers) % bound;
}

const char *random_text(size_t most)
{
    static const char *const pieces[] = { "a",
                                          "Z",
                                          "0",
                                          " ",
                                          ".",
                                          "\"",
                                          "\\",
                                          "\x01",
                                          "\x7f",
                                          "\xc2\x80",
                                          "\xc3\xa4",
                                          "\xdf\xbf",
                                          "\xe0\xa0\x80",
                                          "\xe2\x82\xac",
                                          "\xef\xbf\xbf",
                                          "\xf0\x90\x80\x80",
                                          "\xf0\x9f\x98\x80",
                                          "\xf4\x8f\xbf\xbf" };
    size_t count = (size_t)random_below(most + 1);
    char *text = random_take(4 * count + 1);
    char *end = text;
    for (size_t i = 0; i < count; i++)
        end = stpcpy(end, pieces[random_below(WEFT_COUNT_OF(pieces))]);
    return text;
}

int64_t random_int(void)
{
    return (int64_t)(weft__random_next(&numbers) >> random_below(64)) * (random_below(2) != 0 ? 1 : -1);
}

static double random_double(void)
{
    uint64_t bits = weft__random_next(&numbers);
    double real = (double)random_int() / 8;
    if (random_below(4) == 0)
        memcpy(&real, &bits, sizeof real);
    return real;
}

static weft_value random_array(weft_type type)
{
    size_t count = (size_t)random_below(RANDOM_LIST);
    bool *bools = random_take(count * sizeof *bools);
    int64_t *ints = random_take(count * sizeof *ints);
    double *doubles = random_take(count * sizeof *doubles);
    const char **strings = random_take(count * sizeof *strings);
    for (size_t i = 0; i < count; i++) {
        bools[i] = random_below(2) != 0;
        ints[i] = random_int();
        doubles[i] = random_double();
        strings[i] = random_below(5) != 0 ? random_text(10) : NULL;
    }
    return type == WEFT_TYPE_BOOLS     ? weft_bools(bools, count)
           : type == WEFT_TYPE_INTS    ? weft_ints(ints, count)
           : type == WEFT_TYPE_DOUBLES ? weft_doubles(doubles, count)
                                       : weft_strings(strings, count);
}

static weft_value random_bytes(void)
{
    size_t size = (size_t)random_below(30);
    uint8_t *bytes = random_take(size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)weft__random_next(&numbers);
    return weft_bytes(bytes, size);
}

static weft_value random_value(unsigned depth)
{
    weft_value *values;
    size_t count = (size_t)random_below(RANDOM_LIST);
    weft_type type = (weft_type)random_below(WEFT_TYPE_STRINGS + 1);
    if (depth > 6 && (type == WEFT_TYPE_ARRAY || type == WEFT_TYPE_MAP))
        type = WEFT_TYPE_STRING;
    switch (type) {
    case WEFT_TYPE_BOOL:
        return weft_bool(random_below(2) != 0);
    case WEFT_TYPE_INT:
        return weft_int(random_int());
    case WEFT_TYPE_UINT:
        return (weft_value){ .type = WEFT_TYPE_UINT,
                             .as.integer = (int64_t)(weft__random_next(&numbers) >> random_below(64)) };
    case WEFT_TYPE_DOUBLE:
        return weft_double(random_double());
    case WEFT_TYPE_STRING:
        return weft_string(random_text(random_below(20) != 0 ? 20 : 2000));
    case WEFT_TYPE_BYTES:
        return random_bytes();
    case WEFT_TYPE_ARRAY:
        values = random_take(count * sizeof *values);
        for (size_t i = 0; i < count; i++)
            values[i] = random_value(depth + 1);
        return weft_array_n(values, count);
    case WEFT_TYPE_MAP:
        return weft_map_n(random_list(depth + 1).list, RANDOM_LIST);
    case WEFT_TYPE_EMPTY:
        return weft_empty();
    default:
        return random_array(type);
    }
}

/* Always RANDOM_LIST long; keys repeat now and then, and some are none. */
weft_attributes random_list(unsigned depth)
{
    weft_attribute *list = random_take(RANDOM_LIST * sizeof *list);
    for (size_t i = 0; i < RANDOM_LIST; i++) {
        const char *key = random_below(3) != 0 ? random_text(12) : random_below(4) != 0 ? "often" : NULL;
        list[i] = weft_attribute_of(key, random_value(depth));
        if (key != NULL && random_below(2) != 0)
            list[i].key_size = (uint32_t)strlen(key);
    }
    return (weft_attributes){ list, RANDOM_LIST };
}
