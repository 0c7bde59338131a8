/* test_text.c - hex, trimming, comparing, UTF-8, percent coding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sdk/base/text.h"

/* Every byte in this place, each wrong character in the place of one of its digits. */
static void check_hex(size_t size, size_t place)
{
    static const char digits[] = "0123456789abcdef";
    for (int byte = 0; byte < 256; byte++) {
        uint8_t data[17], back[17];
        char text[35];
        memset(data, 0x5a, sizeof data);
        data[place] = (uint8_t)byte;
        text[2 * size] = '!';
        weft__hex_put(text, data, size);
        assert_true(text[2 * place] == digits[byte >> 4] && text[2 * place + 1] == digits[byte & 15]);
        assert_true(text[2 * size] == '!');
        assert_true(weft__hex_get(back, text, size));
        assert_memory_equal(back, data, size);
        for (size_t half = 0; half < 2; half++) {
            char kept = text[2 * place + half];
            text[2 * place + half] = (char)byte;
            bool digit = byte != 0 && strchr(digits, byte) != NULL;
            assert_true(weft__hex_get(back, text, size) == digit);
            text[2 * place + half] = kept;
        }
    }
}

/* Sizes around the step of the fast loop. */
static void hex_of_any_size(void **state)
{
    (void)state;
    for (size_t size = 0; size <= 17; size++)
        for (size_t place = 0; place < size; place++)
            check_hex(size, place);
}

static weft_text text_of(const char *text)
{
    return weft_text_n(text, strlen(text));
}

static void trimming_and_comparing(void **state)
{
    (void)state;
    weft_text trimmed = weft__trim(text_of(" \t a b\t "));
    assert_true(weft__same(trimmed, "a b"));
    assert_int_equal(weft__trim(text_of(" \t ")).size, 0);
    assert_int_equal(weft__trim(text_of("")).size, 0);
    assert_false(weft__same(text_of("ab"), "abc"));
    assert_false(weft__same(text_of("abc"), "ab"));
    assert_false(weft__same((weft_text){ NULL, 0 }, ""));
    assert_false(weft__same(text_of(""), NULL));
    assert_true(weft__same_any_case(text_of("TraceParent@["), "tRACEpARENT@["));
    assert_false(weft__same_any_case(text_of("@"), "`"));
    assert_false(weft__same_any_case(text_of("["), "{"));
    assert_false(weft__same_any_case(text_of("abc"), "ab"));
    assert_false(weft__same_any_case(text_of("ab"), "abc"));
    assert_true(weft__same_any_case(text_of(""), ""));
}

static void copying_out(void **state)
{
    (void)state;
    char out[4] = "zzz";
    assert_int_equal(weft__copy_out(out, sizeof out, "abc", 3), 3);
    assert_string_equal(out, "abc");
    assert_int_equal(weft__copy_out(out, sizeof out, "abcdef", 6), 6);
    assert_string_equal(out, "abc");
    assert_int_equal(weft__copy_out(out, 1, "x", 1), 1);
    assert_string_equal(out, "");
    assert_int_equal(weft__copy_out(NULL, 0, "x", 1), 1);
    assert_int_equal(weft__copy_out(out, 0, NULL, 0), 0);
}

static const struct {
    const char *text;
    size_t valid;
    const char *repaired;
} utf8[] = {
    { "", 0, "" },
    { "plain ascii, longer than a word", 31, "plain ascii, longer than a word" },
    { "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\xbc", 14, "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\xbc" },
    { "12345678\xff", 8, "12345678\xef\xbf\xbd" },
    { "a\xc3", 1, "a\xef\xbf\xbd" },
    { "a\xc3z", 1, "a\xef\xbf\xbdz" },
    { "\xc0\x80", 0, "\xef\xbf\xbd\xef\xbf\xbd" },
    { "\xc1\xbf", 0, "\xef\xbf\xbd\xef\xbf\xbd" },
    { "\xe0\x9f\xbf", 0, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
    { "\xe0\xa0\x80", 3, "\xe0\xa0\x80" },
    { "\xed\x9f\xbf", 3, "\xed\x9f\xbf" },
    { "\xed\xa0\x80", 0, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
    { "\xf0\x8f\xbf\xbf", 0, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
    { "\xf0\x90\x80\x80", 4, "\xf0\x90\x80\x80" },
    { "\xf4\x8f\xbf\xbf", 4, "\xf4\x8f\xbf\xbf" },
    { "\xf4\x90\x80\x80", 0, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
    { "\xf5\x80\x80\x80", 0, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
    { "\xf0\x9f\x98", 0, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
};

static void utf8_checked_and_repaired(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof utf8 / sizeof utf8[0]; i++) {
        char out[64];
        size_t size = strlen(utf8[i].text);
        assert_int_equal(weft__utf8_valid(utf8[i].text, size), utf8[i].valid);
        size_t written = weft__utf8_repair(out, utf8[i].text, size);
        assert_int_equal(written, strlen(utf8[i].repaired));
        assert_memory_equal(out, utf8[i].repaired, written);
        assert_int_equal(weft__utf8_repair(NULL, utf8[i].text, size), written);
    }
}

static void percent_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *text, *decoded;
    } rows[] = {
        { "", "" },       { "abc", "abc" }, { "%41%4a%4A", "AJJ" }, { "a%20b+c", "a b+c" },
        { "%25%", NULL }, { "%4", NULL },   { "%", NULL },          { "%g0", NULL },
        { "%0G", NULL },  { "%%41", NULL }, { "%ff", "\xff" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[16];
        size_t size = strlen(rows[i].text);
        memcpy(text, rows[i].text, size);
        size_t written = weft__percent_decode(text, text, size);
        assert_int_equal(written, rows[i].decoded != NULL ? strlen(rows[i].decoded) : SIZE_MAX);
        if (rows[i].decoded != NULL)
            assert_memory_equal(text, rows[i].decoded, written);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_of_any_size), cmocka_unit_test(trimming_and_comparing),
        cmocka_unit_test(copying_out),     cmocka_unit_test(utf8_checked_and_repaired),
        cmocka_unit_test(percent_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
