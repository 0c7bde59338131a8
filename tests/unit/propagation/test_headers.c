/* test_headers.c - the list of headers: lookup, replacing, what it owns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <weft/weft.h>

static void value_is(weft_carrier *carrier, const char *name, size_t index, const char *expected)
{
    weft_text value = carrier->get(carrier->self, name, index);
    if (expected == NULL) {
        assert_null(value.data);
        return;
    }
    assert_int_equal(value.size, strlen(expected));
    assert_memory_equal(value.data, expected, value.size);
}

static void CP_016_set_replaces(void **state)
{
    (void)state;
    weft_headers headers = { .list = NULL };
    weft_carrier carrier = weft_headers_carrier(&headers);
    carrier.set(carrier.self, "Name", "first");
    carrier.set(carrier.self, "other", "");
    carrier.set(carrier.self, "name", "2nd");
    assert_int_equal(headers.count, 2);
    value_is(&carrier, "NAME", 0, "2nd");
    carrier.set(carrier.self, "name", "a longer value");
    value_is(&carrier, "name", 0, "a longer value");
    value_is(&carrier, "other", 0, "");
    value_is(&carrier, "name", 1, NULL);
    /* Values that were set end in a NUL. */
    assert_string_equal(headers.list[0].value.data, "a longer value");
    weft_headers_clear(&headers);
    assert_true(headers.count == 0 && headers.list == NULL);
    weft_headers_clear(&headers);
    weft_headers_clear(NULL);
}

static void CP_017_CP_018_get_by_index_and_keys(void **state)
{
    (void)state;
    weft_header list[] = {
        { { "Accept", 6 }, { "text/html", 4 } }, { { "X-A", 3 }, { "1", 1 } }, { { "x-a", 3 }, { NULL, 0 } },
        { { "X-AB", 4 }, { "3", 1 } },           { { "X-a", 3 }, { "4", 1 } },
    };
    weft_headers headers = { .list = list, .count = 5 };
    weft_carrier carrier = weft_headers_carrier(&headers);
    value_is(&carrier, "accept", 0, "text");
    value_is(&carrier, "x-a", 0, "1");
    value_is(&carrier, "x-a", 1, "");
    value_is(&carrier, "x-a", 2, "4");
    value_is(&carrier, "x-a", 3, NULL);
    value_is(&carrier, "x", 0, NULL);
    value_is(&carrier, "", 0, NULL);
    for (size_t i = 0; i < 5; i++)
        assert_ptr_equal(carrier.key(carrier.self, i).data, list[i].name.data);
    assert_null(carrier.key(carrier.self, 5).data);
}

static void a_borrowed_list_is_copied_before_it_changes(void **state)
{
    (void)state;
    weft_header list[] = { { { "x-a", 3 }, { "one", 3 } },
                           { { "x-b", 3 }, { "two", 3 } },
                           { { "X-A", 3 }, { "3", 1 } } };
    weft_headers headers = { .list = list, .count = 3 };
    weft_carrier carrier = weft_headers_carrier(&headers);
    carrier.set(carrier.self, "X-A", "new");
    value_is(&carrier, "x-a", 0, "new");
    value_is(&carrier, "x-a", 1, NULL); /* replaced, all of them */
    value_is(&carrier, "x-b", 0, "two");
    assert_memory_equal(list[0].value.data, "one", 3);
    assert_true(headers.list != list);
    weft_headers_clear(&headers);
}

static void many_headers(void **state)
{
    (void)state;
    weft_headers headers = { .list = NULL };
    weft_carrier carrier = weft_headers_carrier(&headers);
    char name[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "h%d", i);
        carrier.set(carrier.self, name, name + 1);
    }
    value_is(&carrier, "H999", 0, "999");
    assert_int_equal(headers.count, 1000);
    weft_headers_clear(&headers);
    carrier = weft_headers_carrier(NULL);
    assert_true(carrier.get == NULL && carrier.set == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(CP_016_set_replaces),
        cmocka_unit_test(CP_017_CP_018_get_by_index_and_keys),
        cmocka_unit_test(a_borrowed_list_is_copied_before_it_changes),
        cmocka_unit_test(many_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
