/* Losses are told when they begin and when they end, and not more often than once a minute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sdk/base/diag.h"
#include "sdk/common/loss.h"

static char last_line[1024];
static size_t lines;

static void note_line(void *data, weft_importance importance, const char *line)
{
    (void)data;
    assert_int_equal(importance, WEFT_DIAGNOSTIC_WARNING);
    snprintf(last_line, sizeof last_line, "%s", line);
    lines++;
}

static weft__loss losses[WEFT__LOSSES];

static int begin(void **state)
{
    (void)state;
    memset(losses, 0, sizeof losses);
    lines = 0;
    weft__diag_set(note_line, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    weft__diag_set(NULL, NULL);
    return 0;
}

static void lose(weft__cause cause, uint64_t count)
{
    atomic_fetch_add(&losses[cause].count, count);
}

static void tell(int64_t now, bool last)
{
    weft__loss_tell(losses, "probe", "connection refused", now, last);
}

static void a_loss_is_told_at_its_beginning_and_its_end(void **state)
{
    (void)state;
    tell(1000, false);
    assert_int_equal(lines, 0);
    lose(WEFT__LOST_FAILED, 512);
    tell(2000, false);
    assert_int_equal(lines, 1);
    assert_non_null(strstr(last_line, "probe"));
    assert_non_null(strstr(last_line, "connection refused"));
    lose(WEFT__LOST_FAILED, 488);
    tell(70000, false); /* still under way */
    assert_int_equal(lines, 1);
    weft__loss_over(&losses[WEFT__LOST_FAILED]);
    tell(71000, false);
    assert_int_equal(lines, 2);
    assert_non_null(strstr(last_line, "1000 records"));
}

static void it_is_told_at_most_once_a_minute(void **state)
{
    (void)state;
    for (int64_t now = 0; now < 600000; now += 1000) {
        lose(WEFT__LOST_QUEUE, 1);
        tell(now, false);
        weft__loss_over(&losses[WEFT__LOST_QUEUE]);
        tell(now + 500, false);
    }
    assert_in_range(lines, 8, 10);
}

static void each_cause_has_its_own_line(void **state)
{
    (void)state;
    lose(WEFT__LOST_QUEUE, 1);
    lose(WEFT__LOST_MEMORY, 1);
    tell(1, false);
    assert_int_equal(lines, 2);
}

static void at_the_stop_every_number_is_told(void **state)
{
    (void)state;
    lose(WEFT__LOST_QUEUE, 3);
    tell(1, false);
    lose(WEFT__LOST_QUEUE, 4);
    lose(WEFT__LOST_STOP, 5);
    tell(2, true);
    assert_int_equal(lines, 3);
    assert_non_null(strstr(last_line, "5 records"));
    tell(3, true);
    assert_int_equal(lines, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_loss_is_told_at_its_beginning_and_its_end, begin, end),
        cmocka_unit_test_setup_teardown(it_is_told_at_most_once_a_minute, begin, end),
        cmocka_unit_test_setup_teardown(each_cause_has_its_own_line, begin, end),
        cmocka_unit_test_setup_teardown(at_the_stop_every_number_is_told, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
