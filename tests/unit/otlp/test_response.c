/* test_response.c - what receivers answer, well or badly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "exporters/otlp/response.h"

static weft__answer answer;

static weft__response answered(int status, const char *type, const void *body, size_t size)
{
    return (
        weft__response){ .status = status, .content_type = type, .body = body, .body_size = size, .retry_after = -1 };
}

static void take(const char *type, const void *body, size_t size)
{
    weft__response response = answered(200, type, body, size);
    weft__response_taken(&response, &answer);
}

static void refuse(const char *type, const void *body, size_t size)
{
    weft__response response = answered(400, type, body, size);
    weft__response_refused(&response, &answer);
}

#define PROTOBUF "application/x-protobuf"

static void EX_021_partial_success(void **state)
{
    (void)state;
    take(PROTOBUF, "\x0a\x06\x08\x02\x12\x02no", 8);
    assert_true(answer.understood);
    assert_int_equal(answer.rejected, 2);
    assert_string_equal(answer.text, "no");
    take(PROTOBUF "; charset=none", "\x0a\x04\x12\x02hm", 6);
    assert_true(answer.understood);
    assert_int_equal(answer.rejected, 0);
    assert_string_equal(answer.text, "hm");
}

static void full_success(void **state)
{
    (void)state;
    take(NULL, NULL, 0);
    assert_true(answer.understood);
    take("text/html", "", 0);
    assert_true(answer.understood);
    take(PROTOBUF, "\x0a\x00", 2); /* an empty partial success is none */
    assert_true(answer.understood);
    assert_int_equal(answer.rejected, 0);
    assert_string_equal(answer.text, "");
}

static void odd_successes_are_not_understood_and_harmless(void **state)
{
    (void)state;
    take("text/html", "<html>", 6);
    assert_false(answer.understood);
    take("application/json", "{}", 2);
    assert_false(answer.understood);
    take(PROTOBUF, "\x0a\xff", 2);
    assert_false(answer.understood);
    uint8_t *many = calloc(1, WEFT__RESPONSE_PARSED + 2); /* field after field: what it decodes to is far larger */
    for (size_t i = 0; i < WEFT__RESPONSE_PARSED + 2; i += 2)
        many[i] = 0x0a;
    take(PROTOBUF, many, WEFT__RESPONSE_PARSED);
    assert_true(answer.understood);
    take(PROTOBUF, many, WEFT__RESPONSE_PARSED + 2);
    assert_false(answer.understood);
    free(many);
    /* A negative count. */
    take(PROTOBUF, "\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13);
    assert_true(answer.understood);
    assert_int_equal(answer.rejected, 0);
}

static void errors_say_why(void **state)
{
    (void)state;
    refuse(PROTOBUF, "\x08\x03\x12\x04oops", 8);
    assert_string_equal(answer.text, "oops");
    refuse(NULL, "\x12\x04oops", 6);
    assert_string_equal(answer.text, "oops");
    refuse("text/plain; charset=utf-8", " 405 method not allowed \r\nmore\n", 30);
    assert_string_equal(answer.text, "405 method not allowed");
    refuse("text/html", "<html>a proxy's page</html>", 27);
    assert_string_equal(answer.text, "");
    refuse(PROTOBUF, "not protobuf", 12);
    assert_string_equal(answer.text, "");
    refuse(PROTOBUF, NULL, 0);
    assert_string_equal(answer.text, "");
}

static void texts_are_made_printable_and_short(void **state)
{
    (void)state;
    char body[400] = "\x12\xac\x02";
    memset(body + 3, 'x', 300);
    memcpy(body + 3, "a\x1b[31m\nb\x7f", 9);
    refuse(PROTOBUF, body, 303);
    assert_int_equal(strlen(answer.text), WEFT__RESPONSE_TEXT - 1);
    assert_int_equal(strncmp(answer.text, "a [31m b xxx", 12), 0);
    for (size_t i = 0; i < 300; i += 2)
        memcpy(body + 3 + i, "\xc3\xa9", 2);
    refuse(PROTOBUF, body, 303); /* not cut inside a character */
    assert_int_equal(strlen(answer.text), WEFT__RESPONSE_TEXT - 2);
    refuse("text/plain", "ab\xff\xfe", 4);
    assert_string_equal(answer.text, "ab");
    refuse("text/plain", "a\0b", 3);
    assert_string_equal(answer.text, "a b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(EX_021_partial_success),
        cmocka_unit_test(full_success),
        cmocka_unit_test(odd_successes_are_not_understood_and_harmless),
        cmocka_unit_test(errors_say_why),
        cmocka_unit_test(texts_are_made_printable_and_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
