/* test_env.c - environment variables by type: valid, invalid with one diagnostic, empty. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sdk/common/env.h"
#include "tests/support/sink.h"

#define NAME "OTEL_TEST_VALUE"

/* The one diagnostic since the last call names the variable, what it holds, and what is used. */
static void assert_told(const char *text, const char *used)
{
    assert_int_equal(told.count, 1);
    assert_non_null(strstr(told.line, NAME));
    assert_non_null(strstr(told.line, text));
    assert_non_null(strstr(told.line, used));
    told.count = 0;
}

static void assert_quiet(void)
{
    assert_int_equal(told.count, 0);
}

static void empty_is_unset(void **state)
{
    (void)state;
    bool yes = true;
    uint32_t number = 7;
    double ratio = 0.5;
    size_t choice = 1;
    setenv(NAME, "", 1);
    assert_null(weft__env(NAME));
    for (int i = 0; i < 2; i++) {
        assert_false(weft__env_bool(NAME, &yes));
        assert_false(weft__env_int(NAME, 0, 10, &number));
        assert_false(weft__env_ms(NAME, &number));
        assert_false(weft__env_ratio(NAME, &ratio));
        assert_false(weft__env_enum(NAME, (const char *const[]){ "a", "b", NULL }, &choice));
        unsetenv(NAME);
    }
    assert_true(yes && number == 7 && ratio == 0.5 && choice == 1);
    assert_quiet();
}

static void booleans_are_true_and_false_in_any_case(void **state)
{
    (void)state;
    static const char *const TRUE[] = { "true", "TRUE", "True", " tRuE " };
    for (size_t i = 0; i < WEFT_COUNT_OF(TRUE); i++) {
        bool value = false;
        setenv(NAME, TRUE[i], 1);
        assert_true(weft__env_bool(NAME, &value) && value);
    }
    bool value = true;
    setenv(NAME, "FALSE", 1);
    assert_true(weft__env_bool(NAME, &value) && !value);
    assert_quiet();
}

static void other_booleans_are_false_and_diagnosed(void **state)
{
    (void)state;
    static const char *const OTHER[] = { "1", "yes", "on", "t", "truee", "0", "no" };
    for (size_t i = 0; i < WEFT_COUNT_OF(OTHER); i++) {
        bool value = true;
        setenv(NAME, OTHER[i], 1);
        weft__env_bool(NAME, &value);
        assert_false(value);
        assert_told(OTHER[i], "false is used");
    }
}

static void integers_within_their_range(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t number;
    } GOOD[] = { { "0", 0 }, { "1", 1 }, { "2147483647", INT32_MAX }, { " 42 ", 42 }, { "007", 7 } };
    for (size_t i = 0; i < WEFT_COUNT_OF(GOOD); i++) {
        uint32_t number = 99;
        setenv(NAME, GOOD[i].text, 1);
        assert_true(weft__env_int(NAME, 0, INT32_MAX, &number));
        assert_int_equal(number, GOOD[i].number);
    }
    assert_quiet();
}

static void bad_integers_are_ignored_and_diagnosed(void **state)
{
    (void)state;
    static const char *const BAD[] = { "-1",  "x",   "12x", "1.5", "0x10",       "1e3",
                                       "2 3", "+-1", "  ",  "101", "2147483648", "99999999999999999999999999" };
    for (size_t i = 0; i < WEFT_COUNT_OF(BAD); i++) {
        uint32_t number = 55;
        setenv(NAME, BAD[i], 1);
        assert_false(weft__env_int(NAME, 0, 100, &number));
        assert_int_equal(number, 55);
        assert_told(BAD[i], "55 is used");
    }
    uint32_t number = 55;
    setenv(NAME, "0", 1);
    assert_false(weft__env_int(NAME, 1, 100, &number));
    assert_told("\"0\"", "55 is used");
}

static void no_limit_is_told_as_such(void **state)
{
    (void)state;
    uint32_t number = UINT32_MAX;
    setenv(NAME, "many", 1);
    assert_false(weft__env_int(NAME, 0, INT32_MAX, &number));
    assert_told("many", "no limit is used");
}

static void milliseconds(void **state)
{
    (void)state;
    uint32_t ms = 5000;
    setenv(NAME, "0", 1);
    assert_true(weft__env_ms(NAME, &ms));
    assert_int_equal(ms, 0);
    assert_quiet();
    static const char *const BAD[] = { "-1", "5s", "1.5", "2147483648" };
    for (size_t i = 0; i < WEFT_COUNT_OF(BAD); i++) {
        ms = 5000;
        setenv(NAME, BAD[i], 1);
        assert_false(weft__env_ms(NAME, &ms));
        assert_int_equal(ms, 5000);
        assert_told(BAD[i], "5000 is used");
    }
}

static void names_in_any_case(void **state)
{
    (void)state;
    static const char *const NAMES[] = { "always_on", "traceidratio", "none", NULL };
    size_t choice = 2;
    setenv(NAME, "TraceIdRatio", 1);
    assert_true(weft__env_enum(NAME, NAMES, &choice));
    assert_int_equal(choice, 1);
    assert_quiet();
    setenv(NAME, "Sometimes", 1);
    assert_false(weft__env_enum(NAME, NAMES, &choice));
    assert_int_equal(choice, 1);
    assert_told("\"Sometimes\"", "traceidratio is used");
}

static void ratios(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double number;
    } GOOD[] = { { "0", 0 }, { "1", 1 }, { "0.25", 0.25 }, { " .5 ", 0.5 }, { "1e-3", 0.001 }, { "1.0", 1 } };
    for (size_t i = 0; i < WEFT_COUNT_OF(GOOD); i++) {
        double ratio = 0.75;
        setenv(NAME, GOOD[i].text, 1);
        assert_true(weft__env_ratio(NAME, &ratio));
        assert_true(ratio == GOOD[i].number);
    }
    assert_quiet();
    static const char *const BAD[] = {
        "-0.1", "1.01", "nan", "inf", "0x1p-1", "0,5", "half", ".", "1e", "1e999", "- 1"
    };
    for (size_t i = 0; i < WEFT_COUNT_OF(BAD); i++) {
        double ratio = 1;
        setenv(NAME, BAD[i], 1);
        assert_false(weft__env_ratio(NAME, &ratio));
        assert_true(ratio == 1);
        assert_told(BAD[i], "1 is used");
    }
}

static void the_point_is_a_point_in_every_locale(void **state)
{
    (void)state;
    static const char *const COMMA[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE" };
    for (size_t i = 0; i < WEFT_COUNT_OF(COMMA); i++)
        if (setlocale(LC_NUMERIC, COMMA[i]) != NULL)
            break;
    double ratio = 1;
    setenv(NAME, "0.5", 1);
    bool valid = weft__env_ratio(NAME, &ratio);
    setlocale(LC_NUMERIC, "C");
    assert_true(valid && ratio == 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(empty_is_unset, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(booleans_are_true_and_false_in_any_case, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(other_booleans_are_false_and_diagnosed, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(integers_within_their_range, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(bad_integers_are_ignored_and_diagnosed, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(no_limit_is_told_as_such, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(milliseconds, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(names_in_any_case, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(ratios, test_setup, test_teardown),
        cmocka_unit_test_setup_teardown(the_point_is_a_point_in_every_locale, test_setup, test_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
