/* test_baggage.c - the baggage header: grammar, percent coding, metadata, limits; and baggage in contexts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weft/weft.h>

/* Several headers; lives until the end of the test. */
typedef struct headers {
    const char *list[4];
} headers;

static weft_text get(void *self, const char *name, size_t index)
{
    const headers *from = self;
    if (strcmp(name, "baggage") != 0)
        return weft_text_n(NULL, 0);
    for (size_t i = 0; i < index; i++)
        if (from->list[i] == NULL)
            return weft_text_n(NULL, 0);
    return weft_text_n(from->list[index], from->list[index] != NULL ? strlen(from->list[index]) : 0);
}

static weft_context extract(const weft_context *base, headers *from)
{
    const weft_carrier carrier = { .size = sizeof carrier, .self = from, .get = get };
    return weft_extract(base, &carrier);
}

/* What a context holds, as "name=value;metadata" with a bar between. */
static void print(void *arg, const weft_baggage_entry *entry)
{
    char *out = arg;
    size_t used = strlen(out);
    snprintf(out + used, 512 - used, "%s%.*s=%.*s%s%.*s", used != 0 ? "|" : "", (int)entry->name.size, entry->name.data,
             (int)entry->value.size, entry->value.data, entry->metadata.size != 0 ? ";" : "", (int)entry->metadata.size,
             entry->metadata.data);
}

static void holds(const weft_context *context, const char *expected)
{
    char text[512] = "";
    weft_baggage_each(context, print, text);
    assert_string_equal(text, expected);
}

static int start(void **state)
{
    (void)state;
    return weft_propagators_set("baggage") == WEFT_OK ? 0 : -1;
}

static const struct {
    const char *header, *entries;
} rows[] = {
    { "a=1", "a=1" },
    { "a=1,b=2", "a=1|b=2" },
    { " a = 1 ,\tb\t=\t2 ", "a=1|b=2" },
    { ",a=1,, ,b=2,", "a=1|b=2" },
    { "a=", "a=" },
    { "a=1=2==", "a=1=2==" },
    { "!#$%&'*+-.^_`|~09azAZ=1", "!#$%&'*+-.^_`|~09azAZ=1" },
    { "a=!#$&'()*+-./:<=>?@[]^_`{|}~", "a=!#$&'()*+-./:<=>?@[]^_`{|}~" },
    { "a=1+2", "a=1+2" }, /* a plus is no blank */
    { "a=1,a=2", "a=2" },
    { "a=1,b=2,A=3", "a=1|b=2|A=3" },
    /* percent coding */
    { "a=%20%2C%3b%25%22%5c", "a= ,;%\"\\" },
    { "a=caf%C3%A9,b=%F0%9F%98%BC", "a=caf\xc3\xa9|b=\xf0\x9f\x98\xbc" },
    { "a=%ff,b=2", "a=\xef\xbf\xbd|b=2" },
    { "a=x%C3y%C3%A9%A9z", "a=x\xef\xbf\xbdy\xc3\xa9\xef\xbf\xbdz" },
    { "a=%ff%fe%fd", "a=\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
    { "a=%ed%a0%80", "a=\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
    { "a=%4,b=2", "b=2" },
    { "a=%,b=2", "b=2" },
    { "a=%zz,b=2", "b=2" },
    { "a=100%,b=2", "b=2" },
    { "%61=1", "%61=1" }, /* names are not decoded */
    /* metadata */
    { "a=1;p", "a=1;p" },
    { "a=1;p=2;q=%2C , b=2", "a=1;p=2;q=%2C|b=2" },
    { "a=1 ; p = 2 ;q", "a=1;p = 2 ;q" },
    { "a=1;", "a=1" },
    { "a=1;p=\"x y\"", "a=1;p=\"x y\"" },
    /* one broken member takes nobody with it */
    { "a,b=2", "b=2" },
    { "a ;p,b=2", "b=2" },
    { "=1,b=2", "b=2" },
    { " =1,b=2", "b=2" },
    { ";p=1,b=2", "b=2" },
    { "a b=1,c=2", "c=2" },
    { "a@b=1,c=2", "c=2" },
    { "a\"=1,c=2", "c=2" },
    { "a(=1,b/=1,c:=1,d<=1,e?=1,f[=1,g{=1,h\\=1,z=2", "z=2" },
    { "\xc3\xa4=1,c=2", "c=2" },
    { "a=x y,c=2", "c=2" },
    { "a=\"x\",c=2", "c=2" },
    { "a=\\,c=2", "c=2" },
    { "a=\xc3\xa4,c=2", "c=2" },
    { "a=\x7f,b=\x01,c=2", "c=2" },
    { "", "" },
    { ",", "" },
    { "nothing", "" },
};

static void BG_001_BG_002_header_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        headers from = { { rows[i].header } };
        weft_context context = extract(NULL, &from);
        char text[512] = "";
        weft_baggage_each(&context, print, text);
        if (strcmp(text, rows[i].entries) != 0)
            fail_msg("%s: %s", rows[i].header, text);
        weft_context_release(&context);
    }
}

static void several_headers_are_one_list(void **state)
{
    (void)state;
    headers from = { { "a=1,b=2;m", "", "c=3,a=4" } };
    weft_context context = extract(NULL, &from);
    holds(&context, "b=2;m|c=3|a=4");
    weft_context_release(&context);
}

static void what_is_there_survives_what_cannot_be_read(void **state)
{
    (void)state;
    headers none = { { NULL } }, bad = { { "?" } }, good = { { "b=2" } };
    weft_context base = weft_baggage_set(NULL, "a", "1", NULL);
    weft_context one = extract(&base, &none), two = extract(&base, &bad), three = extract(&base, &good);
    holds(&one, "a=1");
    holds(&two, "a=1");
    holds(&three, "b=2");
    weft_context_release(&base), weft_context_release(&one), weft_context_release(&two), weft_context_release(&three);
}

static void count_entry(void *arg, const weft_baggage_entry *entry)
{
    (void)entry;
    ++*(size_t *)arg;
}

static size_t count(const weft_context *context)
{
    size_t found = 0;
    weft_baggage_each(context, count_entry, &found);
    return found;
}

static void sixty_four_members_are_read(void **state)
{
    (void)state;
    char header[1024] = "";
    for (int i = 0; i < 70; i++)
        snprintf(header + strlen(header), 32, "k%d=%d,", i, i);
    headers from = { { header } };
    weft_context context = extract(NULL, &from);
    assert_int_equal(count(&context), 64);
    char text[8];
    assert_int_equal(weft_baggage_get(&context, "k63", text, sizeof text), 2);
    assert_int_equal(weft_baggage_get(&context, "k64", text, sizeof text), SIZE_MAX);
    weft_context_release(&context);
}

static void whole_members_up_to_8192_bytes_are_read(void **state)
{
    (void)state;
    static char header[8300];
    memset(header, 'x', sizeof header - 1);
    memcpy(header, "a=", 2);
    header[4095] = ',';
    memcpy(header + 4096, "b=", 2);
    header[8192] = '\0';
    headers from = { { header } };
    weft_context context = extract(NULL, &from);
    assert_int_equal(weft_baggage_get(&context, "a", NULL, 0), 4093);
    assert_int_equal(weft_baggage_get(&context, "b", NULL, 0), 4094);
    weft_context_release(&context);
    header[8192] = 'x';
    header[8193] = '\0';
    context = extract(NULL, &from);
    assert_int_equal(weft_baggage_get(&context, "a", NULL, 0), 4093);
    assert_int_equal(weft_baggage_get(&context, "b", NULL, 0), SIZE_MAX);
    weft_context_release(&context);
    /* All headers count together. */
    from = (headers){ { "c=3", header } };
    header[4095] = 'x';
    header[8192] = '\0';
    context = extract(NULL, &from);
    assert_int_equal(count(&context), 1);
    weft_context_release(&context);
}

typedef struct turncoat {
    headers first, then;
    int asked;
} turncoat;

static weft_text get_other(void *self, const char *name, size_t index)
{
    turncoat *from = self;
    weft_text text = get(from->asked < 2 ? &from->first : &from->then, name, index);
    from->asked++;
    return text;
}

static void a_carrier_that_changes_its_mind_is_harmless(void **state)
{
    (void)state;
    turncoat from = { { { "a=1,b=2" } }, { { "a=1,b=2,c=3,d=4,e=a much longer text than before" } }, 0 };
    const weft_carrier carrier = { .size = sizeof carrier, .self = &from, .get = get_other };
    weft_context context = weft_extract(NULL, &carrier);
    holds(&context, "a=1|b=2");
    weft_context_release(&context);
}

static char sent[9000];

static void set(void *self, const char *name, const char *value)
{
    (void)self;
    assert_string_equal(name, "baggage");
    snprintf(sent, sizeof sent, "%s", value);
}

static const char *inject(const weft_context *context)
{
    const weft_carrier carrier = { .size = sizeof carrier, .set = set };
    sent[0] = '\0';
    weft_inject(context, &carrier);
    return sent;
}

static void BG_001_BG_002_header_is_written(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *metadata, *header;
    } sends[] = {
        { "a", "1", NULL, "a=1" },
        { "a", "", "", "a=" },
        { "a", "x y,z;\"\\%", NULL, "a=x%20y%2Cz%3B%22%5C%25" },
        { "a", "1+2=3", NULL, "a=1+2=3" },
        { "a", "caf\xc3\xa9\t\x7f", NULL, "a=caf%C3%A9%09%7F" },
        { "a", "1", "p=2;q", "a=1;p=2;q" },
        { "a", "1", "p=\r\nx-evil: 1,b=2", "a=1;p=%0D%0Ax-evil: 1%2Cb=2" },
        { "not a token", "1", NULL, "" },
        { "\xc3\xa4", "1", NULL, "" },
        { "a,b", "1", NULL, "" },
    };
    for (size_t i = 0; i < sizeof sends / sizeof sends[0]; i++) {
        weft_context context = weft_baggage_set(NULL, sends[i].name, sends[i].value, sends[i].metadata);
        assert_string_equal(inject(&context), sends[i].header);
        weft_context_release(&context);
    }
}

static void what_was_read_is_written_again(void **state)
{
    (void)state;
    headers from = { { "a=caf%C3%A9;p=1 , b=%2C;q=%20;r" } };
    weft_context context = extract(NULL, &from);
    assert_string_equal(inject(&context), "a=caf%C3%A9;p=1,b=%2C;q=%20;r");
    weft_context_release(&context);
}

static weft_context add(weft_context base, const char *name, const char *value)
{
    weft_context next = weft_baggage_set(&base, name, value, NULL);
    weft_context_release(&base);
    return next;
}

static void limits_drop_whole_members(void **state)
{
    (void)state;
    weft_context context = { .hold_ = 0 };
    char name[16];
    for (int i = 0; i < 70; i++) {
        snprintf(name, sizeof name, "k%d", i);
        context = add(context, name, "v");
    }
    assert_int_equal(count(&context), 70);
    assert_null(strstr(inject(&context), "k64"));
    assert_string_equal(strrchr(sent, ','), ",k63=v");
    weft_context_release(&context);
    /* 8192 bytes exactly; then one that does not fit, and one more that does. */
    static char value[8192];
    memset(value, 'x', sizeof value - 1);
    value[8186] = '\0';
    context = add(add((weft_context){ .hold_ = 0 }, "a", value), "b", "1");
    assert_int_equal(strlen(inject(&context)), 8192);
    context = add(add(add(context, "c", "1"), "b", "22"), "d", "1");
    assert_int_equal(strlen(inject(&context)), 8192);
    assert_string_equal(strrchr(sent, ','), ",c=1");
    weft_context_release(&context);
}

static void BG_001_set_get_remove_clear(void **state)
{
    (void)state;
    char text[8];
    weft_context one = weft_baggage_set(NULL, "a name, of any text", "\xff\xfe any value", "m");
    weft_context two = weft_baggage_set(&one, "b", "2", NULL);
    weft_context three = weft_baggage_set(&two, "b", "3", "new");
    weft_context four = weft_baggage_remove(&three, "a name, of any text");
    weft_context five = weft_baggage_clear(&three);
    weft_context six = weft_baggage_remove(&four, "B");
    holds(&one, "a name, of any text=\xff\xfe any value;m");
    holds(&two, "a name, of any text=\xff\xfe any value;m|b=2");
    holds(&three, "a name, of any text=\xff\xfe any value;m|b=3;new");
    holds(&four, "b=3;new");
    holds(&five, "");
    holds(&six, "b=3;new");
    assert_int_equal(five.bag_, 0);
    assert_int_equal(weft_baggage_get(&one, "a name, of any text", text, sizeof text), 12);
    assert_string_equal(text, "\xff\xfe any ");
    assert_int_equal(weft_baggage_get(&one, "B", text, sizeof text), SIZE_MAX);
    assert_string_equal(text, "");
    weft_context_release(&one), weft_context_release(&two), weft_context_release(&three);
    weft_context_release(&four), weft_context_release(&five), weft_context_release(&six);
}

static void visit_and_attach(void *arg, const weft_baggage_entry *entry)
{
    (void)entry;
    char text[8];
    weft_token token = weft_baggage_attach("inner", "2");
    *(bool *)arg = weft_baggage_get(NULL, "inner", text, sizeof text) == 1;
    weft_context_detach(token);
}

static void visits_may_use_contexts(void **state)
{
    (void)state;
    bool worked = false;
    weft_token token = weft_baggage_attach("outer", "1");
    weft_baggage_each(NULL, visit_and_attach, &worked);
    assert_true(worked);
    assert_int_equal(weft_context_detach(token), WEFT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(BG_001_BG_002_header_grammar),
        cmocka_unit_test(several_headers_are_one_list),
        cmocka_unit_test(what_is_there_survives_what_cannot_be_read),
        cmocka_unit_test(sixty_four_members_are_read),
        cmocka_unit_test(whole_members_up_to_8192_bytes_are_read),
        cmocka_unit_test(a_carrier_that_changes_its_mind_is_harmless),
        cmocka_unit_test(BG_001_BG_002_header_is_written),
        cmocka_unit_test(what_was_read_is_written_again),
        cmocka_unit_test(limits_drop_whole_members),
        cmocka_unit_test(BG_001_set_get_remove_clear),
        cmocka_unit_test(visits_may_use_contexts),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
