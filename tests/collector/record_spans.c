/* record_spans.c - records spans with everything that a span can have, through the public API alone, and says their ids
 * and the SDK's counters on stdout. check_collector.py knows what each of them must look like in the Collector. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/sdk.h>
#include <weft/weft.h>

WEFT_INSTRUMENTATION("collector.test", "1.2.3", .schema_url = "https://example.org/schema/1");

enum { OVER_LIMIT = 130, MANY = 1000, BIG = 100 * 1024 };
static const uint64_t START_TIME = 1700000000123456789, END_TIME = 1700000001987654321;

/* "span", what the checker calls it, and its ids. */
static void tell(const char *tag, const weft_span *span)
{
    char trace_id[WEFT_TRACE_ID_SIZE], span_id[WEFT_SPAN_ID_SIZE];
    printf("span\t%s\t%s\t%s\n", tag, weft_trace_id(&span->context.span, trace_id),
           weft_span_id(&span->context.span, span_id));
}

static void end(const char *tag, weft_span span)
{
    tell(tag, &span);
    weft_span_end(&span);
}

static void plain_values(void)
{
    const uint64_t beyond = (uint64_t)INT64_MAX + 1;
    weft_span span = weft_span_start("plain values", .attributes = WEFT_ATTRS(weft_attr("at.start", "yes")));
    weft_span_set(&span, weft_attr("string", "text"), weft_attr("string.empty", ""), weft_attr("bool", weft_bool(true)),
                  weft_attr("bool.false", weft_bool(false)), weft_attr("int", -42), weft_attr("int.least", INT64_MIN),
                  weft_attr("int.most", INT64_MAX), weft_attr("int.beyond", beyond), weft_attr("double", 2.5),
                  weft_attr("double.tiny", DBL_TRUE_MIN), weft_attr("double.whole", 3.0));
    weft_span_set(&span, weft_attr("double.nan", (double)NAN), weft_attr("double.infinite", (double)INFINITY),
                  weft_attr("bytes", weft_bytes("\0\1\xfe\xff", 4)), weft_attr("bytes.empty", weft_bytes("", 0)),
                  weft_attr("empty", weft_empty()), weft_attr("string.zero", weft_string_n(weft_text_n("a\0b", 3))));
    end("plain values", span);
}

static void nested_values(void)
{
    const bool bools[] = { true, false };
    const int64_t ints[] = { 1, -2, INT64_MAX };
    const double doubles[] = { 0.5, -1.25 };
    const char *const strings[] = { "one", NULL, "drei\xc3\x9f" };
    weft_span span = weft_span_start("nested values");
    weft_span_set(&span, weft_attr("bools", weft_bools(bools, 2)), weft_attr("ints", weft_ints(ints, 3)),
                  weft_attr("doubles", weft_doubles(doubles, 2)), weft_attr("strings", weft_strings(strings, 3)),
                  weft_attr("none", weft_strings(NULL, 0)));
    weft_span_set(&span, weft_attr("mixed", weft_array(weft_int(1), weft_string("two"), weft_array(weft_bool(true)))),
                  weft_attr("map", weft_map(weft_attr("sku", "x-1"), weft_attr("n", 2),
                                            weft_attr("more", weft_map(weft_attr("deep", weft_empty()))))));
    end("nested values", span);
}

static void unicode(void)
{
    weft_span span = weft_span_start("bestellung \xc3\xbc \xe4\xb8\x96\xe7\x95\x8c \xf0\x9f\xa7\xb5");
    weft_span_set(&span, weft_attr("schl\xc3\xbcssel", "\xe4\xb8\x96\xe7\x95\x8c"),
                  weft_attr("emoji", "\xf0\x9f\xa7\xb5"));
    weft_span_event(&span, "ereignis \xc3\xa4", weft_attr("k\xc3\xa9", "\xc3\xa9"));
    end("unicode", span);
}

static void invalid_utf8(void)
{
    weft_span span = weft_span_start("bad \xff name");
    weft_span_set(&span,
                  weft_attr("value", "a\xff\xfe"
                                     "b"),
                  weft_attr("key\xc0", 1), weft_attr("good", "untouched"));
    weft_span_event(&span, "bad \xfe event", weft_attr("in.event", "\x80"));
    weft_span_status_set(&span, WEFT_STATUS_ERROR, "bad \xf5 status");
    end("invalid utf-8", span);
}

static void events(void)
{
    weft_span span = weft_span_start("events");
    weft_span_event(&span, "plain");
    weft_span_event(&span, "with attributes", weft_attr("n", 1), weft_attr("s", "x"));
    weft_span_event_list(&span, "timed", START_TIME, NULL, 0);
    weft_span_error(&span, "shop.out_of_stock", "no %s left", "thread");
    end("events", span);
}

static void links(void)
{
    weft_context other = weft_context_with_span(
        NULL,
        &(const weft_span_context){
            .trace_id = { 1, 2, 3 }, .span_id = { 4, 5, 6 }, .flags = WEFT_FLAG_SAMPLED, .remote = true },
        "vendor=value");
    weft_span span = weft_span_start(
        "links", .links = WEFT_LINKS({ .context = other.span, .attributes = WEFT_ATTRS(weft_attr("why", "start")) }));
    weft_span_link(&span, &(const weft_link){ .context = { .trace_id = { 7 }, .span_id = { 8 } },
                                              .attributes = WEFT_ATTRS(weft_attr("why", "later")) });
    end("links", span);
    weft_context_release(&other);
}

static void beyond_limits(void)
{
    char key[32];
    weft_span span = weft_span_start("beyond limits");
    for (int i = 0; i < OVER_LIMIT; i++) {
        snprintf(key, sizeof key, "key.%d", i);
        weft_span_set(&span, weft_attr(key, i));
        weft_span_event(&span, "event", weft_attr("i", i));
        weft_span_link(&span, &(const weft_link){ .context = { .trace_id = { 9 }, .span_id = { (uint8_t)(i + 1) } } });
    }
    weft_span_set(&span, weft_attr("key.0", "replaced"));
    end("beyond limits", span);
}

static void big_value(void)
{
    char *big = malloc(BIG + 1);
    if (big == NULL)
        abort();
    memset(big, 'b', BIG);
    big[BIG] = '\0';
    weft_span span = weft_span_start("big value");
    weft_span_set(&span, weft_attr("small", 1), weft_attr("big", big));
    end("big value", span);
    free(big);
}

static weft_text remote_header(void *self, const char *name, size_t index)
{
    (void)self;
    if (index == 0 && strcmp(name, "traceparent") == 0)
        return weft_text_n("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03", 55);
    if (index == 0 && strcmp(name, "tracestate") == 0)
        return weft_text_n("a=1,b=2", 7);
    return weft_text_n(NULL, 0);
}

static void parents(void)
{
    const weft_carrier carrier = { .size = sizeof carrier, .get = remote_header };
    weft_span server = weft_span_enter("remote parent", .kind = WEFT_KIND_SERVER, .carrier = &carrier);
    tell("remote parent", &server);
    {
        WEFT_SPAN(child, "child of current", .kind = WEFT_KIND_CLIENT);
        tell("child of current", &child);
        end("new root", weft_span_start("new root", .root = true, .kind = WEFT_KIND_CONSUMER));
    }
    end("child by handle", weft_span_start("child by handle", .parent = &server.context, .kind = WEFT_KIND_PRODUCER));
    weft_span_leave(&server);
}

static void edges(void)
{
    weft_span timed = weft_span_start("timed", .start_time = START_TIME);
    tell("timed", &timed);
    weft_span_end_at(&timed, END_TIME);
    weft_span_set(&timed, weft_attr("after.end", 1));

    weft_span renamed = weft_span_start("before");
    weft_span_rename(&renamed, "after");
    weft_span_set(&renamed, weft_attr("twice", 1), weft_attr("twice", "last"));
    weft_span_status_set(&renamed, WEFT_STATUS_ERROR, "first");
    weft_span_status_set(&renamed, WEFT_STATUS_OK, "not kept");
    weft_span_status_set(&renamed, WEFT_STATUS_ERROR, "too late");
    end("renamed", renamed);

    static WEFT_SCOPE(other, "other.scope", "9");
    end("other scope", weft_span_start_in(&other, "other scope", NULL));
    end("bare", weft_span_start("bare"));
    weft_span failed = weft_span_start("failed");
    weft_span_status_set(&failed, WEFT_STATUS_ERROR, "it broke");
    end("failed", failed);
}

static void many(void)
{
    for (int i = 0; i < MANY; i++) {
        WEFT_SPAN(span, "one of many");
        weft_span_set(&span, weft_attr("i", i));
    }
}

static void tell_counters(weft_sdk sdk)
{
    weft_stats stats = { .size = sizeof stats };
    weft_destination_stats to = { .size = sizeof to };
    weft_sdk_stats(sdk, &stats);
    if (!weft_sdk_destination(sdk, 0, &to))
        return;
    printf("count\tdestinations\t%" PRIu32 "\n", stats.destinations);
    printf("count\tcreated\t%" PRIu64 "\n", stats.spans.created);
    printf("count\topen\t%" PRIu64 "\n", stats.spans.open);
    printf("count\tdropped_pool\t%" PRIu64 "\n", stats.spans.dropped_pool);
    printf("count\ttruncated\t%" PRIu64 "\n", stats.truncated_records);
    printf("count\tafter_end\t%" PRIu64 "\n", stats.misuse_after_end);
    printf("count\texported\t%" PRIu64 "\n", to.exported);
    printf("count\tin_flight\t%" PRIu64 "\n", to.in_flight);
    printf("count\tdropped\t%" PRIu64 "\n",
           to.dropped_queue + to.dropped_memory + to.dropped_rejected + to.dropped_failed + to.dropped_stop);
    printf("count\tretries\t%" PRIu64 "\n", to.retries);
}

int main(void)
{
    weft_sdk sdk = weft_sdk_start(NULL);
    plain_values();
    nested_values();
    unicode();
    invalid_utf8();
    events();
    links();
    beyond_limits();
    big_value();
    parents();
    edges();
    many();
    weft_status status = weft_sdk_flush(sdk, 20000);
    tell_counters(sdk);
    if (status != WEFT_OK)
        fprintf(stderr, "flush: %s\n", weft_status_text(status));
    return weft_sdk_stop(sdk, 20000) == WEFT_OK && status == WEFT_OK ? 0 : 1;
}
