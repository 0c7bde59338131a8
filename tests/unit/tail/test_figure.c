/* test_figure.c - durations and bars. */
#include <locale.h>

#include "tests/unit/tail/spans.h"
#include "tools/weft/tail/figure.h"

static void durations_have_sensible_units(void **state)
{
    (void)state;
    static const struct {
        uint64_t ns;
        const char *text;
    } cases[] = {
        { 0, "0 ns" },
        { 999, "999 ns" },
        { 1000, "1.00 µs" },
        { 48200, "48.2 µs" },
        { 999999, "999 µs" },
        { 12400000, "12.4 ms" },
        { 999999999, "999 ms" },
        { 1250000000, "1.25 s" },
        { 59999999999, "59.9 s" },
        { 123000000000, "2 m 03 s" },
        { 3720000000000, "1 h 02 m" },
        { 273600000000000, "3 d 04 h" },
        { UINT64_MAX, "213503 d 23 h" },
    };
    char text[TAIL_DURATION_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(tail_duration(cases[i].ns, true, text), cases[i].text);
    assert_string_equal(tail_duration(48200, false, text), "48.2 us");
}

static void bars_show_where_and_how_long(void **state)
{
    (void)state;
    static const struct {
        double from, to;
        const char *unicode, *ascii;
    } cases[] = {
        { 0, 1, "████████", "========" },         { 0, 0.5, "████    ", "====    " },
        { 0.5, 1, "    ████", "    ====" },       { 0, 0, "▏       ", "|       " },
        { 1, 1, "       ▕", "       |" },         { 0.25, 0.3, "  ▍     ", "  |     " },
        { 0.0625, 0.25, "▐█      ", "==      " }, { -1, 2, "████████", "========" },
        { 0.9, 0.1, "       ▏", "       |" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int unicode = 0; unicode < 2; unicode++) {
            char *text = NULL;
            size_t size = 0;
            tail_pen pen = { .width = 80, .unicode = unicode, .out = open_memstream(&text, &size) };
            assert_non_null(pen.out);
            tail_bar(&pen, 8, cases[i].from, cases[i].to);
            assert_int_equal(pen.column, 8);
            (void)fclose(pen.out);
            assert_string_equal(text, unicode ? cases[i].unicode : cases[i].ascii);
            free(text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_have_sensible_units),
        cmocka_unit_test(bars_show_where_and_how_long),
    };
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
