/* The smallest program with a trace: one span with an attribute and an event. */
#include <weft/sdk.h>

WEFT_INSTRUMENTATION("hello", "1.0.0");

int main(void)
{
    weft_sdk sdk = weft_sdk_start(NULL); /* reads the OTEL_* variables */
    {
        WEFT_SPAN(span, "say hello"); /* ends with the block */
        weft_span_set(&span, weft_attr("to", "world"));
        weft_span_event(&span, "said", weft_attr("words", 2));
    }
    return weft_sdk_stop(sdk, 5000) == WEFT_OK ? 0 : 1; /* sends what is left, for 5 seconds at most */
}
