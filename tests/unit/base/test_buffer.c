/* test_buffer.c - growing bytes: what is written is there, and nothing after a failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sdk/base/buffer.h"

static void everything_written_is_there(void **state)
{
    (void)state;
    weft__buffer buffer = { 0 };
    weft__buffer_puts(&buffer, "ab");
    weft__buffer_put(&buffer, NULL, 0);
    weft__buffer_printf(&buffer, "%03d", 7);
    assert_int_equal(buffer.size, 5);
    assert_memory_equal(buffer.data, "ab007", 5);
    weft__buffer_printf(&buffer, "%01000d", 1); /* larger than any buffer on the stack */
    assert_int_equal(buffer.size, 1005);
    assert_int_equal(buffer.data[1004], '1');
    assert_int_equal(buffer.data[1003], '0');
    weft__buffer_reset(&buffer);
    assert_int_equal(buffer.size, 0);
    assert_true(buffer.capacity >= 1005);
    weft__buffer_clear(&buffer);
    assert_null(buffer.data);
    weft__buffer_clear(&buffer);
}

static void the_ceiling_is_exact_and_failure_sticks(void **state)
{
    (void)state;
    weft__buffer buffer = { .limit = 300 };
    char block[300];
    memset(block, 'x', sizeof block);
    weft__buffer_put(&buffer, block, 300);
    assert_false(buffer.failed);
    assert_int_equal(buffer.size, 300);
    weft__buffer_put(&buffer, block, 1);
    assert_true(buffer.failed);
    assert_int_equal(buffer.size, 300);
    assert_null(weft__buffer_reserve(&buffer, 0));
    weft__buffer_reset(&buffer);
    assert_false(buffer.failed);
    assert_non_null(weft__buffer_reserve(&buffer, 300));
    assert_null(weft__buffer_reserve(&buffer, SIZE_MAX));
    assert_true(buffer.failed);
    weft__buffer_clear(&buffer);
}

static void no_room_asked_for_is_not_a_failure(void **state)
{
    (void)state;
    weft__buffer buffer = { 0 };
    assert_non_null(weft__buffer_reserve(&buffer, 0));
    assert_false(buffer.failed);
    weft__buffer_clear(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_written_is_there),
        cmocka_unit_test(the_ceiling_is_exact_and_failure_sticks),
        cmocka_unit_test(no_room_asked_for_is_not_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
