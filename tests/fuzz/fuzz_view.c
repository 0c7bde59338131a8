/* fuzz_view.c - any bytes as the stream of a record: views read nothing outside, and what they read can be written. */
#include <stdlib.h>
#include <string.h>

#include "sdk/common/anyvalue.h"
#include "sdk/common/view.h"

static const weft__value_limits limits = { .length = UINT32_MAX, .depth = 64 };

static void use(const weft_attribute *attribute)
{
    char text[64];
    bool high = false;
    weft_value_text(&attribute->value, text, sizeof text);
    size_t size = weft__keyvalue_size(attribute, &limits);
    if (size == 0 || size == SIZE_MAX)
        return;
    uint8_t *out = malloc(size);
    if (out != NULL && !weft__keyvalue_put(out, size, attribute, &limits, &high))
        abort();
    free(out);
}

static void walk(const weft__record *record)
{
    weft_span_view span;
    weft_event_view event;
    weft_link_view link;
    weft_attribute got;
    weft__view_of(record, NULL, &span);
    for (weft_cursor at = { 0 }; weft_span_attribute(&span, &at, &got);)
        use(&got);
    for (weft_cursor at = { 0 }; weft_span_event_at(&span, &at, &event);)
        for (weft_cursor in = { 0 }; weft_event_attribute(&event, &in, &got);)
            use(&got);
    for (weft_cursor at = { 0 }; weft_span_link_at(&span, &at, &link);)
        for (weft_cursor in = { 0 }; weft_link_attribute(&link, &in, &got);)
            use(&got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const weft__identity identity = { .sdk = 0 };
    uint8_t *exact = malloc(size != 0 ? size : 1); /* so that a byte too many is seen */
    if (exact == NULL || size > UINT32_MAX)
        abort();
    if (size != 0)
        memcpy(exact, data, size);
    walk(&(weft__record){ .identity = &identity, .stream = exact, .size = (uint32_t)size });
    free(exact);
    return 0;
}
