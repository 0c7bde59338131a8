/* program.c - every word of span.h under -DWEFT_DISABLED: nothing is evaluated, nothing is called, contexts still flow.
 */
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

WEFT_INSTRUMENTATION("disabled", "1.0");

static int evaluated;
static int count(void)
{
    return ++evaluated;
}

static void record(void)
{
    const weft_context parent = weft_context_current();
    WEFT_SPAN(span, "work", .kind = WEFT_KIND_CLIENT, .parent = &parent);
    weft_span_set(&span, weft_attr("n", count()), weft_attr("text", "value"));
    weft_span_event(&span, "bare");
    weft_span_event(&span, "full", weft_attr("n", count()));
    weft_span_status_set(&span, WEFT_STATUS_ERROR, "text");
    weft_span_error(&span, "type", "number %d", count());
    weft_span_errno(&span, 2, "open %s", "x");
    weft_span_rename(&span, "other");
    weft_span_set(WEFT_CURRENT, weft_attr("n", count()));
    weft_span other = weft_span_start("other", .links = WEFT_LINKS({ .context = parent.span }));
    if (weft_span_recording(&other) || weft_span_enabled_in(WEFT_HERE))
        abort();
    weft_span_end(&other);
    WEFT_SPAN_BLOCK(block, "block") {
        weft_span_set(&block, weft_attr("n", count()));
    }
}

int main(void)
{
    weft_headers in = { 0 }, out = { 0 };
    weft_carrier from = weft_headers_carrier(&in), to = weft_headers_carrier(&out);
    const char *traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    from.set(from.self, "traceparent", traceparent);
    weft_propagators_set("tracecontext,baggage");
    weft_context remote = weft_extract(NULL, &from);
    weft_token token = weft_context_attach(&remote);
    record();
    weft_inject(NULL, &to);
    if (evaluated != 0 || out.count == 0 || strcmp(out.list[0].value.data, traceparent) != 0)
        abort();
    weft_context_detach(token);
    weft_context_release(&remote);
    weft_headers_clear(&in);
    weft_headers_clear(&out);
    return 0;
}
