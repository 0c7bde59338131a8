/* cases.c - the operations that ./dev bench measures, through the public API alone. */
#include <string.h>

#include <weft/sdk.h>

#include "bench/bench.h"

WEFT_INSTRUMENTATION("bench", "1.0");

static _Thread_local weft_span parent;
static _Thread_local weft_token attached;
static _Thread_local weft_context remote;

/* The floor of a span: two reads of the fastest usable clock, and 192 bytes written to a ring that stays in cache. */
static uint8_t ring[64][192];
static volatile uint64_t sink;

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

static uint64_t read_clock(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#else
    return bench_ns();
#endif
}

static void floor_run(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t *line = (uint64_t *)(void *)ring[i % 64];
        line[0] = read_clock();
        for (size_t w = 1; w < 23; w++)
            line[w] = i + w;
        line[23] = read_clock();
        __asm__ volatile("" ::"r"(line) : "memory");
    }
    sink = ring[0][0];
}

static void parent_before(void)
{
    parent = weft_span_start("parent", .root = true);
    attached = weft_context_attach(&parent.context);
}

static void parent_after(void)
{
    weft_context_detach(attached);
    weft_span_end(&parent);
}

static void w1_run(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        WEFT_SPAN(span, "GET /cart/:id", .kind = WEFT_KIND_CLIENT);
    }
}

static void w2_run(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        WEFT_SPAN(span, "GET /cart/:id", .kind = WEFT_KIND_CLIENT);
        weft_span_set(&span, weft_attr("http.request.method", "GET-abcdefgh"), weft_attr("url.path", "/cart/123456"),
                      weft_attr("http.response.status_code", 200), weft_attr("app.cached", weft_bool(true)));
        weft_span_status_set(&span, WEFT_STATUS_OK, NULL);
    }
}

static void w2_calls_run(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        WEFT_SPAN(span, "GET /cart/:id", .kind = WEFT_KIND_CLIENT);
        weft_span_set(&span, weft_attr("http.request.method", "GET-abcdefgh"));
        weft_span_set(&span, weft_attr("url.path", "/cart/123456"));
        weft_span_set(&span, weft_attr("http.response.status_code", 200));
        weft_span_set(&span, weft_attr("app.cached", weft_bool(true)));
        weft_span_status_set(&span, WEFT_STATUS_OK, NULL);
    }
}

static void w3_run(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        WEFT_SPAN(span, "GET /cart/:id", .kind = WEFT_KIND_CLIENT);
        weft_span_event(&span, "cache miss", weft_attr("cache.key", "cart/123456"), weft_attr("cache.size", 17));
    }
}

/* A parent that is not sampled: the default sampler leaves its children out. */
static void unsampled_before(void)
{
    weft_span_context context = { .trace_id = { 1 }, .span_id = { 1 }, .remote = true };
    remote = weft_context_with_span(NULL, &context, NULL);
    attached = weft_context_attach(&remote);
}

static void remote_after(void)
{
    weft_context_detach(attached);
    weft_context_release(&remote);
}

static void start_end_run(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        WEFT_SPAN(span, "GET /cart/:id");
    }
}

static void no_sdk_active_before(void)
{
    weft_span_context context = { .trace_id = { 1 }, .span_id = { 1 }, .flags = 1, .remote = true };
    remote = weft_context_with_span(NULL, &context, NULL);
    attached = weft_context_attach(&remote);
}

static char injected[3][600];

static void injected_set(void *self, const char *name, const char *value)
{
    (void)self;
    size_t which = name[0] == 'b' ? 2 : name[5] == 's';
    memccpy(injected[which], value, '\0', sizeof injected[0]);
}

static void inject_run(size_t n)
{
    const weft_carrier carrier = { .size = sizeof carrier, .set = injected_set };
    for (size_t i = 0; i < n; i++)
        weft_inject(NULL, &carrier);
}

static void inject_before(void)
{
    weft_span_context context = { .trace_id = { 1, 2 }, .span_id = { 1, 2 }, .flags = 1, .remote = true };
    weft_propagators_set("tracecontext,baggage");
    remote = weft_context_with_span(NULL, &context, "vendor=1,other=two");
    attached = weft_context_attach(&remote);
}

static weft_text header(void *self, const char *name, size_t index)
{
    (void)self;
    static const char traceparent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    static const char tracestate[] = "vendor=1,other=two";
    if (index != 0 || name[0] != 't')
        return (weft_text){ NULL, 0 };
    return name[5] == 'p' ? weft_text_n(traceparent, sizeof traceparent - 1)
                          : weft_text_n(tracestate, sizeof tracestate - 1);
}

static void extract_before(void)
{
    weft_propagators_set("tracecontext,baggage");
}

static void extract_run(size_t n)
{
    const weft_carrier carrier = { .size = sizeof carrier, .get = header };
    for (size_t i = 0; i < n; i++) {
        weft_context context = weft_extract(NULL, &carrier);
        sink = context.span.flags;
        weft_context_release(&context);
    }
}

const bench_case bench_cases[] = {
    { "floor", false, NULL, floor_run, NULL },
    { "w1", true, parent_before, w1_run, parent_after },
    { "w2", true, parent_before, w2_run, parent_after },
    { "w2_calls", true, parent_before, w2_calls_run, parent_after },
    { "w3", true, parent_before, w3_run, parent_after },
    { "unsampled", true, unsampled_before, start_end_run, remote_after },
    { "no_sdk", false, NULL, start_end_run, NULL },
    { "no_sdk_active", false, no_sdk_active_before, start_end_run, remote_after },
    { "inject", false, inject_before, inject_run, remote_after },
    { "extract", false, extract_before, extract_run, NULL },
};
const size_t bench_case_count = sizeof bench_cases / sizeof bench_cases[0];
