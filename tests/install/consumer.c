/* consumer.c - somebody else's instrumented library, which knows an installed Weft alone. */
#include <stdio.h>

#include <weft/weft.h>

WEFT_INSTRUMENTATION("consumer", "1.0");

int main(void)
{
    WEFT_SPAN(span, "work");
    weft_span_set(&span, weft_attr("n", 1));
    puts(weft_version());
    return weft_span_recording(&span) ? 1 : 0;
}
