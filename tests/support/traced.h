/* traced.h - what tests of tracing ask all the time: a test SDK for each test, and readers of what it has recorded. */
#ifndef WEFT_TESTS_SUPPORT_TRACED_H
#define WEFT_TESTS_SUPPORT_TRACED_H

#include <weft/testing.h>

/* The SDK of the running test. */
extern weft_sdk traced_sdk;

/* Setup and teardown of a cmocka test: a test SDK with default options. */
int traced_setup(void **state);
int traced_teardown(void **state);
/* Another one in its place. */
void traced_restart(const weft_sdk_options *options);

/* Fails where the whole snapshot is another one; forgets the spans. */
void traced_is(const char *snapshot);
/* The span with that index, which must be there. */
weft_span_view traced_span(size_t index);
/* The attribute's value as weft_value_text() has it, until the next call; NULL: it is not there. */
const char *traced_value(const weft_span_view *span, const char *key);
bool traced_same(weft_text text, const char *expected);
weft_stats traced_stats(void);

#endif
