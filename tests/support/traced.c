/* traced.c - a test SDK for each test, and readers of what it has recorded. */
#include "tests/support/traced.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { STOP_MS = 10000 };

weft_sdk traced_sdk;

int traced_setup(void **state)
{
    (void)state;
    traced_sdk = weft_test_start(NULL);
    return 0;
}

int traced_teardown(void **state)
{
    (void)state;
    return weft_sdk_stop(traced_sdk, STOP_MS) == WEFT_OK ? 0 : -1;
}

void traced_restart(const weft_sdk_options *options)
{
    assert_int_equal(weft_sdk_stop(traced_sdk, STOP_MS), WEFT_OK);
    traced_sdk = weft_test_start(options);
}

void traced_is(const char *snapshot)
{
    char text[8192];
    weft_test_snapshot(traced_sdk, text, sizeof text);
    assert_string_equal(text, snapshot);
    weft_test_reset(traced_sdk);
}

weft_span_view traced_span(size_t index)
{
    weft_span_view view;
    assert_true(weft_test_span(traced_sdk, index, &view));
    return view;
}

const char *traced_value(const weft_span_view *span, const char *key)
{
    static char text[128 * 1024];
    weft_attribute attribute;
    if (!weft_test_attribute(span, key, &attribute))
        return NULL;
    weft_value_text(&attribute.value, text, sizeof text);
    return text;
}

bool traced_same(weft_text text, const char *expected)
{
    return text.data != NULL && text.size == strlen(expected) && memcmp(text.data, expected, text.size) == 0;
}

weft_stats traced_stats(void)
{
    weft_stats stats = { .size = sizeof stats };
    weft_sdk_stats(traced_sdk, &stats);
    return stats;
}
