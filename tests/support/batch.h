/* batch.h - a batch of spans made by hand, for tests of exporters without the pump. */
#ifndef WEFT_TESTS_SUPPORT_BATCH_H
#define WEFT_TESTS_SUPPORT_BATCH_H

#include <string.h>

#include "sdk/common/export.h"

typedef struct test_batch {
    weft_batch batch;
    weft__identity identity;
    weft__resource resource;
    weft__group group;
} test_batch;

/* count spans of one scope, each as one field of size bytes in all (2 to 129); they decode as spans with a name. */
static inline weft_batch *test_batch_fill(test_batch *test, size_t count, size_t size)
{
    memset(test, 0, sizeof(*test));
    test->identity.scope.name = "test";
    test->group.identity = &test->identity;
    test->group.count = count;
    for (size_t i = 0; i < count; i++) {
        uint8_t *at = weft__buffer_reserve(&test->group.bytes, size);
        memset(at, 'n', size);
        at[0] = 0x12;
        at[1] = (uint8_t)(size - 2);
        if (size > 2) {
            at[2] = 0x2a;
            at[3] = (uint8_t)(size - 4);
        }
        test->group.bytes.size += size;
    }
    test->batch.resource = &test->resource;
    test->batch.groups = &test->group;
    test->batch.group_count = 1;
    test->batch.count = count;
    test->batch.bytes = test->group.bytes.size;
    return &test->batch;
}

static inline void test_batch_clear(test_batch *test)
{
    weft__buffer_clear(&test->group.bytes);
}

#endif
