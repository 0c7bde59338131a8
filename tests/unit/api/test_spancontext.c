/* test_spancontext.c - ids as text, valid or not, version and status texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <weft/weft.h>

static void TR_016_valid_with_both_ids(void **state)
{
    (void)state;
    weft_span_context span = { .flags = 1 };
    assert_false(weft_span_context_valid(&span));
    for (size_t i = 0; i < sizeof span.trace_id; i++) {
        span = (weft_span_context){ .flags = 1 };
        span.trace_id[i] = 1;
        assert_false(weft_span_context_valid(&span));
        for (size_t j = 0; j < sizeof span.span_id; j++) {
            memset(span.span_id, 0, sizeof span.span_id);
            span.span_id[j] = 0x80;
            assert_true(weft_span_context_valid(&span));
        }
        span.trace_id[i] = 0;
        assert_false(weft_span_context_valid(&span));
    }
    assert_false(weft_span_context_valid(NULL)); /* of the current span: none */
}

static void TR_017_remote_is_what_was_extracted(void **state)
{
    (void)state;
    weft_headers headers = { .list = NULL };
    weft_carrier carrier = weft_headers_carrier(&headers);
    carrier.set(carrier.self, "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    weft_propagators_set("tracecontext");
    weft_context remote = weft_extract(NULL, &carrier);
    assert_true(remote.span.remote);
    const weft_span_context own = { .trace_id = { 1 }, .span_id = { 1 } };
    weft_context local = weft_context_with_span(&remote, &own, NULL);
    assert_false(local.span.remote);
    weft_context_release(&remote), weft_context_release(&local);
    weft_headers_clear(&headers);
}

static void TR_018_ids_are_lower_case_hex(void **state)
{
    (void)state;
    weft_span_context span = { .flags = 1 };
    char trace[WEFT_TRACE_ID_SIZE], id[WEFT_SPAN_ID_SIZE];
    for (size_t i = 0; i < 16; i++)
        span.trace_id[i] = (uint8_t)(i * 16 + i);
    for (size_t i = 0; i < 8; i++)
        span.span_id[i] = (uint8_t)(0xfe - i * 13);
    assert_string_equal(weft_trace_id(&span, trace), "00112233445566778899aabbccddeeff");
    assert_string_equal(weft_span_id(&span, id), "fef1e4d7cabdb0a3");
    assert_string_equal(weft_trace_id(NULL, trace), "00000000000000000000000000000000");
    assert_string_equal(weft_span_id(NULL, id), "0000000000000000");
    assert_null(weft_trace_id(&span, NULL));
    assert_null(weft_span_id(&span, NULL));
}

static void version_and_status_texts(void **state)
{
    (void)state;
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", WEFT_VERSION_MAJOR, WEFT_VERSION_MINOR, WEFT_VERSION_PATCH);
    assert_string_equal(weft_version(), version);
    assert_string_equal(weft_status_text(WEFT_OK), "ok");
    assert_string_equal(weft_status_text(WEFT_E_TIMEOUT), "timed out");
    assert_string_equal(weft_status_text((weft_status)-1000), "unknown status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(TR_016_valid_with_both_ids),
        cmocka_unit_test(TR_017_remote_is_what_was_extracted),
        cmocka_unit_test(TR_018_ids_are_lower_case_hex),
        cmocka_unit_test(version_and_status_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
