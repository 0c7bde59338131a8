/* test_anyvalue.c - attributes as KeyValue bytes: every type, and every limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sdk/base/text.h"
#include "sdk/common/anyvalue.h"
#include "sdk/common/wire.h"

#define LONG 4096

static const weft__value_limits unlimited = { .length = UINT32_MAX, .depth = 64 };

/* The bytes as hex, in a static buffer; "refused" and "too large" for what has none. */
static const char *hex(const weft_attribute *attribute, const weft__value_limits *limits, bool *high)
{
    static char text[2 * LONG + 1];
    bool unused = false;
    size_t size = weft__keyvalue_size(attribute, limits);
    if (size == 0 || size == SIZE_MAX)
        return size == 0 ? "refused" : "too large";
    assert_true(size <= LONG);
    uint8_t *out = malloc(size); /* exact, so that a sanitizer sees a byte too many */
    assert_non_null(out);
    assert_true(weft__keyvalue_put(out, size, attribute, limits, high != NULL ? high : &unused));
    weft__hex_put(text, out, size);
    text[2 * size] = '\0';
    free(out);
    return text;
}

static const char *hex_of(weft_attribute attribute, bool *high)
{
    return hex(&attribute, &unlimited, high);
}

static void is(weft_value value, const char *expected)
{
    weft_attribute attribute = weft_attribute_of("k", value);
    const char *got = hex(&attribute, &unlimited, NULL);
    assert_memory_equal(got, "0a016b12", 8);
    assert_string_equal(got + 8, expected);
}

static void TR_038_TR_039_TR_040_TR_041_plain_values(void **state)
{
    (void)state;
    is(weft_string("abc"), "050a03616263");
    is(weft_string(""), "020a00");
    is(weft_string_n(weft_text_n("a\0b", 3)), "050a03610062");
    is(weft_bool(true), "021001");
    is(weft_bool(false), "021000");
    is(weft_int(0), "021800");
    is(weft_int(127), "02187f");
    is(weft_int(128), "03188001");
    is(weft_int(-1), "0b18ffffffffffffffffff01");
    is(weft_int(INT64_MIN), "0b1880808080808080808001");
    is(weft_int(INT64_MAX), "0a18ffffffffffffffff7f");
    is(weft_double(1.5), "0921000000000000f83f");
    is(weft_double(-0.0), "09210000000000000080");
    is(weft_bytes("\x00\xff", 2), "043a0200ff");
    is(weft_bytes(NULL, 0), "023a00");
}

static void values_that_are_none_become_the_empty_value(void **state)
{
    (void)state;
    is(weft_empty(), "00");
    is(weft_string(NULL), "00");
    is(weft_bytes(NULL, 5), "00");
    is(weft_ints(NULL, 5), "00");
    is(weft_map_n(NULL, 5), "00");
    weft_value odd = { .type = WEFT_TYPE_STRING, .size = 4 };
    is(odd, "00");
    odd.type = 99;
    is(odd, "00");
}

static void unsigned_values_above_int64_become_text(void **state)
{
    (void)state;
    weft_value small = { .type = WEFT_TYPE_UINT, .as.integer = 5 };
    is(small, "021805");
    is(weft_uint((uint64_t)INT64_MAX + 1), "150a1339323233333732303336383534373735383038");
    is(weft_uint(UINT64_MAX), "160a143138343436373434303733373039353531363135");
}

static void TR_042_arrays_of_one_type(void **state)
{
    (void)state;
    const bool bools[] = { true, false };
    const int64_t ints[] = { 1, -1 };
    const double doubles[] = { 1.5 };
    const char *const strings[] = { "x", NULL, "" };
    is(weft_bools(bools, 2), "0a2a080a0210010a021000");
    is(weft_ints(ints, 2), "132a110a0218010a0b18ffffffffffffffffff01");
    is(weft_doubles(doubles, 1), "0d2a0b0a0921000000000000f83f");
    is(weft_strings(strings, 3), "0d2a0b0a030a01780a000a020a00");
    is(weft_strings(NULL, 0), "022a00");
    is(weft_array_n(NULL, 0), "022a00");
}

static void nested_values(void **state)
{
    (void)state;
    is(weft_map_n(NULL, 0), "023200");
    is(weft_map(weft_attr("a", 1)), "0b32090a070a016112021801");
    is(weft_array(weft_int(1), weft_map(weft_attr("a", weft_array(weft_bool(true))))),
       "172a150a0218010a0f320d0a0b0a016112062a040a021001");
}

static void map_keys_are_there_once_with_their_last_value(void **state)
{
    (void)state;
    is(weft_map(weft_attr("a", 1), weft_attr("b", 2), weft_attr("a", 3)), "1432120a070a0162120218020a070a016112021803");
    const char *volatile none = NULL;
    is(weft_map(weft_attr("", 1), weft_attr(none, 2)), "023200");
    /* The same text, measured and not. */
    weft_attribute twice[2] = { weft_attr("ab", 1), weft_attr("ab", 2) };
    twice[0].key_size = WEFT_NUL;
    is(weft_map_n(twice, 2), "0c320a0a080a02616212021802");
    /* A key with a NUL inside is another key. */
    twice[1].key = "ab\0c", twice[1].key_size = 4;
    is(weft_map_n(twice, 2), "1832160a080a026162120218010a0a0a046162006312021802");
}

static void many_keys_of_a_map_are_compared(void **state)
{
    (void)state;
    enum { KEYS = 300 };
    static char keys[KEYS][8];
    static weft_attribute list[2 * KEYS];
    for (int i = 0; i < 2 * KEYS; i++) {
        snprintf(keys[i % KEYS], sizeof keys[0], "k%03d", i % KEYS);
        list[i] = weft_attribute_of(keys[i % KEYS], weft_int(i));
    }
    weft_attributes all = { list, 2 * KEYS }, last = { list + KEYS, KEYS };
    size_t size = weft__keyvalues_size(all, &unlimited);
    assert_int_equal(size, weft__keyvalues_size(last, &unlimited));
    uint8_t *a = malloc(size), *b = malloc(size);
    bool high = false;
    assert_true(weft__keyvalues_put(a, size, 0x4a, all, &unlimited, &high));
    assert_true(weft__keyvalues_put(b, size, 0x4a, last, &unlimited, &high));
    assert_memory_equal(a, b, size);
    assert_false(high);
    assert_int_equal(a[0], 0x4a);
    free(a), free(b);
}

static void keys_that_are_none_are_refused(void **state)
{
    (void)state;
    assert_string_equal(hex_of(weft_attr("", 1), NULL), "refused");
    weft_attribute none = weft_attribute_of("", weft_int(1));
    none.key = NULL, none.key_size = 5;
    assert_string_equal(hex(&none, &unlimited, NULL), "refused");
    assert_int_equal(weft__keyvalues_size((weft_attributes){ NULL, 0 }, &unlimited), 0);
}

static void cut(uint32_t length, weft_value value, const char *expected)
{
    weft__value_limits limits = { .length = length, .depth = 64 };
    weft_attribute attribute = weft_attribute_of("key is never cut", value);
    const char *got = hex(&attribute, &limits, NULL);
    assert_string_equal(got + 2 * (2 + 16 + 1), expected);
}

static void lengths_are_cut_in_characters(void **state)
{
    (void)state;
    const char *const words[] = { "abc", "d" };
    cut(2, weft_string("abc"), "040a026162");
    cut(3, weft_string("abc"), "050a03616263");
    cut(0, weft_string("abc"), "020a00");
    cut(2, weft_string("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z"), "070a05c3a4e282ac");
    cut(3, weft_string("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z"), "0b0a09c3a4e282acf09f9880");
    cut(2, weft_string("\xff\xfez"), "040a02fffe"); /* invalid bytes: each will be one character */
    cut(2,
        weft_string("\xe2\x82"
                    "az"),
        "040a02e282");
    cut(1, weft_string_n(weft_text_n("\xe2\x82\xac!", 4)), "050a03e282ac");
    cut(2, weft_bytes("abc", 3), "043a026162");
    cut(2, weft_strings(words, 2), "0d2a0b0a040a0261620a030a0164");
    cut(1, weft_map(weft_attr("long", weft_array(weft_string("xyz")))), "1332110a0f0a046c6f6e6712072a050a030a0178");
}

static void deep(uint32_t depth, weft_value value, const char *expected)
{
    weft__value_limits limits = { .length = UINT32_MAX, .depth = depth };
    weft_attribute attribute = weft_attribute_of("k", value);
    assert_string_equal(hex(&attribute, &limits, NULL) + 8, expected);
}

static void arrays_deeper_than_the_limit_become_empty(void **state)
{
    (void)state;
    const bool yes[] = { true };
    weft_value inner = weft_bools(yes, 1);
    weft_value middle = weft_array(inner, weft_int(1));
    deep(3, weft_array(middle), "122a100a0e2a0c0a062a040a0210010a021801");
    deep(2, weft_array(middle), "0c2a0a0a082a060a000a021801");
    deep(1, weft_array(middle, weft_int(1)), "082a060a000a021801");
    deep(1, weft_map(weft_attr("m", weft_map(weft_attr("a", 1)))), "0932070a050a016d1200");
    deep(0, weft_array(middle), "00");
    deep(0, weft_int(1), "021801");
}

/* A value that contains itself has no end but the ceilings. */
static void cyclic_values_end(void **state)
{
    (void)state;
    weft_value chain = { .type = WEFT_TYPE_ARRAY, .size = 1 }, bush = { .type = WEFT_TYPE_ARRAY, .size = 8 }, many[8];
    weft__value_limits deepest = { .length = UINT32_MAX, .depth = UINT32_MAX };
    weft_attribute attribute = weft_attribute_of("k", chain);
    chain.as.array = &attribute.value;
    attribute.value = chain;
    assert_true(strlen(hex(&attribute, &deepest, NULL)) < LONG);
    for (int i = 0; i < 8; i++)
        many[i] = (weft_value){ .type = WEFT_TYPE_ARRAY, .size = 8, .as.array = many };
    bush.as.array = many;
    attribute.value = bush;
    assert_string_equal(hex(&attribute, &deepest, NULL), "too large");
}

static void what_is_over_a_ceiling_is_refused(void **state)
{
    (void)state;
    weft__value_limits limits = { .length = UINT32_MAX, .depth = 64, .most = 16 };
    weft_attribute attribute = weft_attr("key", "12345678");
    assert_true(weft__keyvalue_size(&attribute, &limits) == SIZE_MAX);
    attribute.value.size = 7;
    assert_int_equal(weft__keyvalue_size(&attribute, &limits), 16);
    static char huge[10 * 1024 * 1024];
    memset(huge, 'x', sizeof huge - 1);
    attribute = weft_attr("key", weft_string(huge));
    assert_string_equal(hex(&attribute, &limits, NULL), "too large");
    attribute = weft_attribute_of("k", weft_int(1));
    attribute.key = huge, attribute.key_size = WEFT_NUL;
    assert_string_equal(hex(&attribute, &limits, NULL), "too large");
    static weft_attribute entries[WEFT__MAP_MOST + 1];
    attribute = weft_attr("key", weft_map_n(entries, WEFT__MAP_MOST));
    assert_string_equal(hex(&attribute, &unlimited, NULL), "0a036b65791202"
                                                           "3200");
    attribute.value.size++;
    assert_string_equal(hex(&attribute, &unlimited, NULL), "too large");
}

static void TR_044_bytes_above_ascii_are_reported(void **state)
{
    (void)state;
    bool high = false;
    hex_of(weft_attr("k", weft_map(weft_attr("a", "b"), weft_attr("c", weft_bytes("\xff", 1)))), &high);
    assert_false(high);
    assert_string_equal(hex_of(weft_attr("\xc3\xa4", 1), &high), "0a02c3a412021801");
    assert_true(high);
    high = false;
    hex_of(weft_attr("k", weft_map(weft_attr("\xc3\xa4", "b"))), &high);
    assert_true(high);
    high = false;
    assert_string_equal(hex_of(weft_attr("k", "\xe2\x82\xac\xff"), &high), "0a016b12060a04e282acff");
    assert_true(high);
    hex_of(weft_attr("k", 1), &high);
    assert_true(high); /* never cleared */
}

/* Another thread changes a text under the call: refused, and nothing is written outside. */
static void a_value_that_changes_in_between_is_refused(void **state)
{
    (void)state;
    char text[] = "abcdef";
    bool high = false;
    uint8_t out[64];
    weft_attribute attribute = weft_attribute_of("k", weft_array(weft_string(text)));
    weft__value_limits limits = unlimited;
    text[3] = '\0';
    size_t size = weft__keyvalue_size(&attribute, &limits);
    text[3] = 'd';
    memset(out, 0xee, sizeof out);
    assert_false(weft__keyvalue_put(out + 8, size, &attribute, &limits, &high));
    assert_int_equal(out[7], 0xee);
    assert_int_equal(out[8 + size], 0xee);
    text[1] = '\0';
    assert_false(weft__keyvalue_put(out + 8, size, &attribute, &limits, &high));
}

static void varints_are_read_defensively(void **state)
{
    (void)state;
    const struct {
        const char *bytes;
        size_t size;
        bool good;
        uint64_t value;
    } rows[] = {
        { "\x00", 1, true, 0 },
        { "\x7f", 1, true, 127 },
        { "\x80\x01", 2, true, 128 },
        { "\x80\x00", 2, true, 0 },
        { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, true, UINT64_MAX },
        { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, false, 0 },
        { "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11, false, 0 },
        { "\x80", 1, false, 0 },
        { "", 0, false, 0 },
    };
    for (size_t i = 0; i < WEFT_COUNT_OF(rows); i++) {
        const uint8_t *at = (const uint8_t *)rows[i].bytes, *end = at + rows[i].size;
        uint64_t value = 0;
        assert_int_equal(weft__varint_get(&at, end, &value), rows[i].good);
        if (rows[i].good) {
            assert_int_equal(value, rows[i].value);
            assert_ptr_equal(at, end);
        }
    }
    for (int bit = 0; bit < 64; bit++) {
        uint8_t out[WEFT__VARINT_MOST];
        uint64_t number = (uint64_t)1 << bit, value = 0;
        for (uint64_t n = number - 1; n != number + 1; n++) {
            const uint8_t *at = out, *end = weft__varint_put(out, n);
            assert_int_equal(end - out, weft__varint_size(n));
            assert_true(weft__varint_get(&at, end, &value));
            assert_true(value == n);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(TR_038_TR_039_TR_040_TR_041_plain_values),
        cmocka_unit_test(values_that_are_none_become_the_empty_value),
        cmocka_unit_test(unsigned_values_above_int64_become_text),
        cmocka_unit_test(TR_042_arrays_of_one_type),
        cmocka_unit_test(nested_values),
        cmocka_unit_test(map_keys_are_there_once_with_their_last_value),
        cmocka_unit_test(many_keys_of_a_map_are_compared),
        cmocka_unit_test(keys_that_are_none_are_refused),
        cmocka_unit_test(lengths_are_cut_in_characters),
        cmocka_unit_test(arrays_deeper_than_the_limit_become_empty),
        cmocka_unit_test(cyclic_values_end),
        cmocka_unit_test(what_is_over_a_ceiling_is_refused),
        cmocka_unit_test(TR_044_bytes_above_ascii_are_reported),
        cmocka_unit_test(a_value_that_changes_in_between_is_refused),
        cmocka_unit_test(varints_are_read_defensively),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
