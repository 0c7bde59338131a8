/* test_value_text.c - values as text, row by row. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <weft/view.h>

static void is(weft_value value, const char *expected)
{
    char text[400];
    size_t size = weft_value_text(&value, text, sizeof text);
    assert_string_equal(text, expected);
    assert_int_equal(size, strlen(expected));
}

static void plain_values(void **state)
{
    (void)state;
    is(weft_empty(), "");
    is(weft_string("as \"is\"\n"), "as \"is\"\n");
    is(weft_string(NULL), "");
    is(weft_bool(false), "false");
    is(weft_int(INT64_MIN), "-9223372036854775808");
    is(weft_uint(UINT64_MAX), "18446744073709551615");
    is((weft_value){ .type = WEFT_TYPE_UINT, .as.integer = 5 }, "5");
    is((weft_value){ .type = 77 }, "");
    is((weft_value){ .type = WEFT_TYPE_STRING, .size = 3 }, "");
    is((weft_value){ .type = WEFT_TYPE_MAP, .size = 3 }, "");
}

static void doubles_read_back_the_same(void **state)
{
    (void)state;
    is(weft_double(0.0), "0");
    is(weft_double(-0.0), "-0");
    is(weft_double(1.0), "1");
    is(weft_double(0.1), "0.1");
    is(weft_double(0.1 + 0.2), "0.30000000000000004");
    is(weft_double(1e300), "1e+300");
    is(weft_double(5e-324), "4.94065645841247e-324");
    is(weft_double(NAN), "NaN");
    is(weft_double(INFINITY), "Infinity");
    is(weft_double(-INFINITY), "-Infinity");
}

static void bytes_are_base64(void **state)
{
    (void)state;
    is(weft_bytes("", 0), "");
    is(weft_bytes("f", 1), "Zg==");
    is(weft_bytes("fo", 2), "Zm8=");
    is(weft_bytes("foo", 3), "Zm9v");
    is(weft_bytes("foob", 4), "Zm9vYg==");
    is(weft_bytes("\xff\xfe\xfd\xfb\xff", 5), "//79+/8=");
}

static void arrays_and_maps_are_json(void **state)
{
    (void)state;
    const double doubles[] = { 1.5, NAN, -INFINITY };
    is(weft_array_n(NULL, 0), "[]");
    is(weft_map_n(NULL, 0), "{}");
    is(weft_doubles(doubles, 3), "[1.5,\"NaN\",\"-Infinity\"]");
    is(weft_array(weft_empty(), weft_bytes("f", 1), weft_uint(UINT64_MAX), weft_string(NULL)),
       "[null,\"Zg==\",\"18446744073709551615\",null]");
    is(weft_map(weft_attr("a\"b", weft_map(weft_attr("c", 1))), weft_attr("d", weft_array(weft_bool(true)))),
       "{\"a\\\"b\":{\"c\":1},\"d\":[true]}");
}

static void json_strings_are_escaped(void **state)
{
    (void)state;
    is(weft_array(weft_string("\"\\/\b\f\n\r\t\x01\x1f\x7f")), "[\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"]");
    is(weft_array(weft_string_n(weft_text_n("a\0b", 3))), "[\"a\\u0000b\"]");
    is(weft_array(weft_string("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80")), "[\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80\"]");
    is(weft_array(weft_string("\xff\"\xc3")), "[\"\xef\xbf\xbd\\\"\xef\xbf\xbd\"]");
}

static void copies_like_snprintf(void **state)
{
    (void)state;
    char text[8] = "1234567";
    weft_value value = weft_array(weft_int(1), weft_int(22));
    assert_int_equal(weft_value_text(&value, text, 4), 6);
    assert_string_equal(text, "[1,");
    assert_int_equal(text[4], '5');
    assert_int_equal(weft_value_text(&value, text, 7), 6);
    assert_string_equal(text, "[1,22]");
    assert_int_equal(weft_value_text(&value, text, 1), 6);
    assert_string_equal(text, "");
    assert_int_equal(weft_value_text(&value, NULL, 100), 6);
    assert_int_equal(weft_value_text(&value, text, 0), 6);
    assert_int_equal(weft_value_text(NULL, text, sizeof text), 0);
}

static void cyclic_values_end(void **state)
{
    (void)state;
    weft_value many[8];
    for (int i = 0; i < 8; i++)
        many[i] = (weft_value){ .type = WEFT_TYPE_ARRAY, .size = 8, .as.array = many };
    assert_true(weft_value_text(many, NULL, 0) > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_values),
        cmocka_unit_test(doubles_read_back_the_same),
        cmocka_unit_test(bytes_are_base64),
        cmocka_unit_test(arrays_and_maps_are_json),
        cmocka_unit_test(json_strings_are_escaped),
        cmocka_unit_test(copies_like_snprintf),
        cmocka_unit_test(cyclic_values_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
