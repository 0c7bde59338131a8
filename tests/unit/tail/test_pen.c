/* test_pen.c - whatever the network sends, what comes out is text that prints, in the columns that were counted. */
#include <locale.h>

#include "tests/unit/tail/spans.h"
#include "tools/weft/tail/pen.h"

typedef struct page {
    tail_pen pen;
    char *text;
    size_t size;
} page;

static void page_open(page *p, size_t width, bool unicode)
{
    *p = (page){ .pen = { .width = width, .unicode = unicode } };
    p->pen.out = open_memstream(&p->text, &p->size);
    assert_non_null(p->pen.out);
}

static void page_expect(page *p, const char *expected)
{
    assert_int_equal(fclose(p->pen.out), 0);
    assert_string_equal(p->text, expected);
    free(p->text);
}

static void hostile_text_becomes_visible_signs(void **state)
{
    (void)state;
    static const struct {
        const char *text, *unicode, *ascii;
    } cases[] = {
        { "plain", "plain", "plain" },
        { "\033[31mred\033]0;title\007", "␛[31mred␛]0;title␇", "?[31mred?]0;title?" },
        { "\302\2335m", "\357\277\2755m", "?5m" }, /* C1: CSI in one character */
        { "a\tb\nc\rd", "a b c d", "a b c d" },
        { "\177\001", "␡␁", "??" },
        { "\377\376", "\357\277\275\357\277\275", "??" },                  /* no UTF-8 */
        { "\300\257", "\357\277\275\357\277\275", "??" },                  /* overlong slash */
        { "\340\200\257", "\357\277\275\357\277\275\357\277\275", "???" }, /* the same in three bytes */
        { "\355\240\200", "\357\277\275\357\277\275\357\277\275", "???" }, /* a surrogate */
        { "\364\220\200\200", "\357\277\275\357\277\275\357\277\275\357\277\275", "????" },
        { "cut\342\202", "cut\357\277\275\357\277\275", "cut??" }, /* ends within a character */
        { "a\342\200\256b\342\201\246c", "abc", "abc" },           /* right-to-left override, isolate */
        { "a\342\200\213b\357\273\277c", "abc", "abc" },           /* zero-width space, byte order mark */
        { "caf\303\251 \346\227\245\346\234\254", "café 日本", "caf? ??" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        page p;
        page_open(&p, 80, true);
        tail_pen_put(&p.pen, cases[i].text);
        assert_int_equal(p.pen.column, tail_pen_columns(&p.pen, cases[i].text));
        page_expect(&p, cases[i].unicode);
        page_open(&p, 80, false);
        tail_pen_put(&p.pen, cases[i].text);
        page_expect(&p, cases[i].ascii);
    }
}

static void every_byte_pair_stays_printable(void **state)
{
    (void)state;
    for (unsigned a = 1; a < 256; a++) {
        for (unsigned b = 1; b < 256; b++) {
            char text[] = { (char)a, (char)b, '\0' };
            page p;
            page_open(&p, 80, true);
            tail_pen_put(&p.pen, text);
            (void)fclose(p.pen.out);
            for (const char *s = p.text; *s != '\0'; s++)
                assert_true((unsigned char)*s >= 0x20 && *s != 0x7F);
            assert_null(strstr(p.text, "\302\233"));
            free(p.text);
        }
    }
}

static void columns_count_wide_and_combining_characters(void **state)
{
    (void)state;
    tail_pen pen = { .unicode = true, .width = 80 };
    assert_int_equal(tail_pen_columns(&pen, "日本"), 4);
    assert_int_equal(tail_pen_columns(&pen, "e\314\201"), 1);
    assert_int_equal(tail_pen_columns(&pen, ""), 0);
}

static void marks_do_not_pile_up(void **state)
{
    (void)state;
    page p;
    page_open(&p, 80, true);
    tail_pen_put(&p.pen, "z\314\201\314\201\314\201\314\201\314\201y");
    page_expect(&p, "z\314\201\314\201y");
}

static void what_does_not_fit_is_cut_with_an_ellipsis(void **state)
{
    (void)state;
    page p;
    page_open(&p, 80, true);
    tail_pen_text(&p.pen, "abcdef", 4);
    assert_int_equal(p.pen.column, 4);
    tail_pen_text(&p.pen, "|日本語", 4); /* a wide character does not fit into the last column but one */
    assert_int_equal(p.pen.column, 8);
    tail_pen_text(&p.pen, "gone", 0);
    page_expect(&p, "abc…|日…");
    page_open(&p, 80, false);
    tail_pen_text(&p.pen, "abcdef", 4);
    page_expect(&p, "abc~");
}

static void nothing_is_written_beyond_the_width(void **state)
{
    (void)state;
    page p;
    page_open(&p, 5, true);
    tail_pen_put(&p.pen, "abcdefgh");
    tail_pen_put(&p.pen, "more");
    tail_pen_sign(&p.pen, "█", "#");
    tail_pen_to(&p.pen, 50);
    tail_pen_end(&p.pen);
    tail_pen_put(&p.pen, "x");
    page_expect(&p, "abcd…\nx");
}

static void parts_break_between_words(void **state)
{
    (void)state;
    page p;
    page_open(&p, 10, true);
    const char *rest = tail_pen_part(&p.pen, "the card was declined");
    assert_string_equal(rest, "was declined");
    tail_pen_end(&p.pen);
    rest = tail_pen_part(&p.pen, "unbreakable-text");
    assert_string_equal(rest, "e-text");
    tail_pen_end(&p.pen);
    rest = tail_pen_part(&p.pen, "short");
    assert_string_equal(rest, "");
    page_expect(&p, "the card\nunbreakabl\nshort");
}

static void colours_only_when_asked_for(void **state)
{
    (void)state;
    page p;
    page_open(&p, 80, true);
    tail_pen_style(&p.pen, TAIL_ERROR);
    page_expect(&p, "");
    page_open(&p, 80, true);
    p.pen.color = true;
    for (tail_style style = TAIL_PLAIN; style < TAIL_SERVICE + TAIL_SERVICE_STYLES; style++)
        tail_pen_style(&p.pen, style);
    assert_int_equal(p.pen.column, 0);
    (void)fflush(p.pen.out);
    assert_int_equal(p.text[0], '\033');
    (void)fclose(p.pen.out);
    free(p.text);
}

static void services_keep_their_colours(void **state)
{
    (void)state;
    tail_pen pen = { .width = 80 };
    char name[16];
    tail_style first = tail_pen_service(&pen, "gateway"), second = tail_pen_service(&pen, "checkout");
    assert_int_not_equal(first, second);
    for (int i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof name, "s%d", i);
        tail_style style = tail_pen_service(&pen, name);
        assert_true(style >= TAIL_SERVICE && style < TAIL_SERVICE + TAIL_SERVICE_STYLES);
    }
    assert_int_equal(tail_pen_service(&pen, "gateway"), first);
    assert_int_equal(tail_pen_service(&pen, "checkout"), second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_text_becomes_visible_signs),
        cmocka_unit_test(every_byte_pair_stays_printable),
        cmocka_unit_test(columns_count_wide_and_combining_characters),
        cmocka_unit_test(marks_do_not_pile_up),
        cmocka_unit_test(what_does_not_fit_is_cut_with_an_ellipsis),
        cmocka_unit_test(nothing_is_written_beyond_the_width),
        cmocka_unit_test(parts_break_between_words),
        cmocka_unit_test(colours_only_when_asked_for),
        cmocka_unit_test(services_keep_their_colours),
    };
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 77; /* the widths of characters are the locale's */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
