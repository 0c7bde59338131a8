/* test_tracestate.c - every row of the tracestate grammar (Level 2), its limits, and edits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <weft/context.h>

#include "sdk/api/tracestate.h"

#define X16 "xxxxxxxxxxxxxxxx"
#define X256 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16

/* NULL: the list is void. */
static const struct {
    const char *header, *list;
} rows[] = {
    { "a=1", "a=1" },
    { "foo=1,bar=2", "foo=1,bar=2" },
    { " foo=1 , bar=2\t", "foo=1,bar=2" },
    { "foo=1,\tbar=2", "foo=1,bar=2" },
    { ",foo=1,, ,bar=2,", "foo=1,bar=2" },
    { "", NULL },
    { " , ,", NULL },
    /* keys */
    { "0a=1", "0a=1" },
    { "a_-*/@9=1", "a_-*/@9=1" },
    { "foo@=1,foo@@bar=2,tenant@system=3", "foo@=1,foo@@bar=2,tenant@system=3" },
    { X256 "=1", X256 "=1" },
    { X256 "x=1", NULL },
    { "@foo=1", NULL },
    { "_a=1", NULL },
    { "-a=1", NULL },
    { "*a=1", NULL },
    { "/a=1", NULL },
    { "A=1", NULL },
    { "aA=1", NULL },
    { "a b=1", NULL },
    { "a =1", NULL },
    { "a.b=1", NULL },
    { "a:b=1", NULL },
    { "a\xc3\xa4=1", NULL },
    { "=1", NULL },
    /* values */
    { "a=" X256, "a=" X256 },
    { "a=" X256 "x", NULL },
    { "a=  1", "a=  1" },
    { "a= 1 2 ", "a= 1 2" },
    { "a=!\"#$%&'()*+-./:;<>?@[\\]^_`{|}~", "a=!\"#$%&'()*+-./:;<>?@[\\]^_`{|}~" },
    { "a=1=2", NULL },
    { "a=", NULL },
    { "a=  ", NULL },
    { "a", NULL },
    { "a=1\t2", NULL },
    { "a=\x7f", NULL },
    { "a=\xc3\xa4", NULL },
    { "a=1,b=\x01", NULL },
    { "a=1,B=2", NULL },
    /* the same key again */
    { "a=1,b=2,a=3", "a=1,b=2" },
    { "a=1,ab=2,a=3", "a=1,ab=2" },
};

static void TR_018_tracestate_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        weft__ref ref = weft__tracestate_new(weft_text_n(rows[i].header, strlen(rows[i].header)));
        if ((ref != 0) != (rows[i].list != NULL))
            fail_msg("%s", rows[i].header);
        if (ref == 0 || rows[i].list == NULL)
            continue;
        assert_string_equal(weft__tracestate_text(ref).data, rows[i].list);
        assert_int_equal(weft__tracestate_text(ref).size, strlen(rows[i].list));
        weft__slab_drop(ref);
    }
    /* A NUL is no end of it. */
    assert_int_equal(weft__tracestate_new((weft_text){ "a=1\0", 4 }), 0);
}

static size_t numbered(char *out, size_t size, int count)
{
    size_t used = 0;
    for (int i = 0; i < count; i++)
        used += (size_t)snprintf(out + used, size - used, "%sk%d=%d", i != 0 ? "," : "", i, i);
    return used;
}

static void thirty_two_members_and_no_more(void **state)
{
    (void)state;
    char list[1024];
    weft__ref ref = weft__tracestate_new((weft_text){ list, numbered(list, sizeof list, 32) });
    assert_true(ref != 0);
    assert_string_equal(weft__tracestate_text(ref).data, list);
    weft__slab_drop(ref);
    assert_int_equal(weft__tracestate_new((weft_text){ list, numbered(list, sizeof list, 33) }), 0);
}

static void several_headers_are_one_list(void **state)
{
    (void)state;
    size_t members = 0;
    weft__ref ref = weft__tracestate_join(0, &members, (weft_text){ "a=1,b=2", 7 });
    ref = weft__tracestate_join(ref, &members, (weft_text){ "", 0 });
    ref = weft__tracestate_join(ref, &members, (weft_text){ "c=3,a=4", 7 });
    assert_string_equal(weft__tracestate_text(ref).data, "a=1,b=2,c=3");
    ref = weft__tracestate_join(ref, &members, (weft_text){ "C=3", 3 });
    assert_true(ref == 0 && members == SIZE_MAX);
}

static void the_longest_list_is_kept(void **state)
{
    (void)state;
    static char list[32 * 514 + 1];
    size_t used = 0;
    for (int i = 0; i < 32; i++) {
        memset(list + used, 'a', 513);
        list[used] = (char)('0' + i % 10);
        list[used + 1] = (char)('a' + i / 10);
        list[used + 256] = '=';
        list[used + 513] = ',';
        used += 514;
    }
    weft__ref ref = weft__tracestate_new((weft_text){ list, used - 1 });
    assert_int_equal(weft__tracestate_text(ref).size, used - 1);
    weft__slab_drop(ref);
}

/* Rule by rule; after NULL: refused, the list as it was. */
static const struct {
    const char *list, *key, *value, *result;
    size_t room; /* 0: plenty */
} edits[] = {
    { "", "a", "1", "a=1", 0 },
    { "a=1,b=2", "c", "3", "c=3,a=1,b=2", 0 },
    { "a=1,b=2", "b", "3", "b=3,a=1", 0 },
    { "a=1,b=2", "a", "3", "a=3,b=2", 0 },
    { "a=1,b=2,c=3", "b", NULL, "a=1,c=3", 0 },
    { "a=1,b=2", "a", NULL, "b=2", 0 },
    { "a=1,b=2", "b", NULL, "a=1", 0 },
    { "a=1", "a", NULL, "", 0 },
    { "a=1", "b", NULL, "a=1", 0 },
    { "ab=1,b=2", "b", NULL, "ab=1", 0 },
    { " a=1 , b=2", "c", " 3", "c= 3,a=1,b=2", 0 },
    { "a=1", "A", "1", NULL, 0 },
    { "a=1", "", "1", NULL, 0 },
    { "a=1", NULL, "1", NULL, 0 },
    { "a=1", "b=2,c", "1", NULL, 0 },
    { "a=1", "b", "1,c=2", NULL, 0 },
    { "a=1", "b", "", NULL, 0 },
    { "a=1", "b", "1 ", NULL, 0 },
    { "a=1", "b", "\n", NULL, 0 },
    { "a=1,B=2", "c", "1", NULL, 0 },
    { "a=1", X256, X256, X256 "=" X256 ",a=1", 0 },
    { "a=1", X256 "x", "1", NULL, 0 },
    { "a=1,b=2", "c", "3", "c=3,a=1,b=2", 12 },
    { "a=1,b=2", "c", "3", NULL, 11 },
    { "a=1", "b", "2", NULL, 3 },
};

static void TR_018_tracestate_edits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        char list[1024];
        snprintf(list, sizeof list, "%s", edits[i].list);
        size_t room = edits[i].room != 0 ? edits[i].room : sizeof list;
        weft_status status = weft_tracestate_set(list, room, edits[i].key, edits[i].value);
        assert_int_equal(status, edits[i].result != NULL ? WEFT_OK : WEFT_E_INVALID);
        assert_string_equal(list, edits[i].result != NULL ? edits[i].result : edits[i].list);
    }
    assert_int_equal(weft_tracestate_set(NULL, 10, "a", "1"), WEFT_E_INVALID);
}

static void a_33rd_member_pushes_out_the_last(void **state)
{
    (void)state;
    char list[1024], expected[1024] = "new=1,";
    numbered(list, sizeof list, 32);
    numbered(expected + 6, sizeof expected - 6, 31);
    assert_int_equal(weft_tracestate_set(list, sizeof list, "new", "1"), WEFT_OK);
    assert_string_equal(list, expected);
    assert_int_equal(weft_tracestate_set(list, sizeof list, "k5", "x"), WEFT_OK);
    assert_memory_equal(list, "k5=x,new=1,k0=0", 15);
    assert_non_null(strstr(list, "k30=30"));
}

static void read_by_key_or_whole(void **state)
{
    (void)state;
    char text[16];
    const weft_span_context span = { { 1 }, { 1 }, 0, false, { 0 }, 0 };
    weft_context context = weft_context_with_span(NULL, &span, "ab=1,b=22,c=333");
    assert_int_equal(weft_tracestate(&context.span, "b", text, sizeof text), 2);
    assert_string_equal(text, "22");
    assert_int_equal(weft_tracestate(&context.span, "c", text, 3), 3);
    assert_string_equal(text, "33");
    assert_int_equal(weft_tracestate(&context.span, "a", text, sizeof text), SIZE_MAX);
    assert_string_equal(text, "");
    assert_int_equal(weft_tracestate(&context.span, NULL, NULL, 0), 15);
    assert_int_equal(weft_tracestate(&span, NULL, text, sizeof text), 0);
    assert_int_equal(weft_tracestate(&span, "b", text, sizeof text), SIZE_MAX);
    weft_context_release(&context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(TR_018_tracestate_grammar),    cmocka_unit_test(thirty_two_members_and_no_more),
        cmocka_unit_test(several_headers_are_one_list), cmocka_unit_test(the_longest_list_is_kept),
        cmocka_unit_test(TR_018_tracestate_edits),      cmocka_unit_test(a_33rd_member_pushes_out_the_last),
        cmocka_unit_test(read_by_key_or_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
