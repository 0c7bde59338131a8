/* program.cpp - the words of cxx.h under -DWEFT_DISABLED. */
#include <weft/weft.h>

WEFT_INSTRUMENTATION("disabled", "1.0");

int main()
{
    WEFT_SPAN(span, "work");
    weft_span_set(&span, weft_attr("n", 1));
    weft_span_event(&span, "event");
    weft_span_error(&span, "type", "number %d", 1);
    return weft_span_recording(&span) ? 1 : 0;
}
