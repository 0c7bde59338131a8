/* sink.h - for tests of the SDK as a whole: an exporter that counts, diagnostics that are kept, a clean environment. */
#ifndef WEFT_TESTS_SINK_H
#define WEFT_TESTS_SINK_H

#include <stdatomic.h>

#include <weft/sdk.h>

/* What an exporter has seen. */
typedef struct test_sink {
    _Atomic int spans, batches, flushes, stops, frees;
    weft_status answer; /* of every call */
} test_sink;

weft_exporter *test_sink_exporter(test_sink *sink);

/* Diagnostics from now on; those that are only for information are kept apart. */
typedef struct test_told {
    _Atomic int count, infos;
    char line[1024]; /* the last one that counted */
} test_told;

void test_told_start(test_told *here);

/* Removes every OTEL_ variable. */
void test_environment_clear(void);

/* For cmocka: both of these before a test, in which told says what was diagnosed; and stderr again after it. */
extern test_told told;
int test_setup(void **state);
int test_teardown(void **state);

#endif
