/* test_http_server.c - the OTLP exporter through libcurl to a scripted server: what a receiver really gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/exporter.h>

#include "sdk/base/clock.h"
#include "tests/support/batch.h"
#include "tests/support/server.h"
#include "trace_service.pb-c.h"

enum { PATIENT = 60000, SPANS = 512, SPAN_BYTES = 110 };
#define REQUEST(name) opentelemetry__proto__collector__trace__v1__export_trace_service_request__##name

static test_batch sample;
static weft__result last;
static size_t results;

/* In place of the pump's. */
void weft__batch_done(weft_batch *batch, const weft__result *result)
{
    assert_ptr_equal(batch, &sample.batch);
    last = *result;
    results++;
}

static void turn(weft_exporter *exporter)
{
    struct pollfd fds[8];
    size_t count = exporter->class->fds(exporter, fds, 8);
    int64_t left = exporter->class->deadline(exporter) - weft__monotonic_ms();
    poll(fds, (nfds_t)count, left < 0 ? 0 : left > 20 ? 20 : (int)left);
    exporter->class->step(exporter, fds, count);
}

static void export_batch(weft_exporter *exporter)
{
    results = 0;
    exporter->class->send(exporter, test_batch_fill(&sample, SPANS, SPAN_BYTES), weft__monotonic_ms() + PATIENT);
    while (results == 0)
        turn(exporter);
    test_batch_clear(&sample);
}

static size_t count_spans(const test_request *request)
{
    Opentelemetry__Proto__Collector__Trace__V1__ExportTraceServiceRequest *decoded =
        REQUEST(unpack)(NULL, request->body_size, request->body);
    assert_non_null(decoded);
    size_t count = decoded->resource_spans[0]->scope_spans[0]->n_spans;
    REQUEST(free_unpacked)(decoded, NULL);
    return count;
}

static weft_exporter *exporter_for(const test_server *server, const char *compression)
{
    weft_exporter *exporter =
        weft_exporter_otlp(WEFT_OPTIONS(weft_otlp_options, .endpoint = server_url(server), .headers = "tenant=a%20b",
                                        .compression = compression, .timeout_ms = PATIENT));
    assert_non_null(exporter);
    return exporter;
}

static void EX_006_EX_019_requests_are_otlp(void **state)
{
    (void)state;
    char value[128], expected[128];
    test_server *server = server_start(NULL, 0);
    weft_exporter *exporter = exporter_for(server, "none");
    for (size_t i = 0; i < 20; i++) {
        export_batch(exporter);
        assert_int_equal(last.status, WEFT_OK);
        const test_request *request = server_get(server, i);
        assert_int_equal(strncmp(request->head, "POST /v1/traces HTTP/1.1\r\n", 26), 0);
        assert_int_equal(count_spans(request), SPANS);
        assert_true(server_header(request, "content-type", value, sizeof(value)));
        assert_string_equal(value, "application/x-protobuf");
        assert_true(server_header(request, "user-agent", value, sizeof(value)));
        snprintf(expected, sizeof(expected), "Weft/%s OTel-OTLP-Exporter-C/%s", weft_version(), weft_version());
        assert_string_equal(value, expected);
        assert_true(server_header(request, "tenant", value, sizeof(value)));
        assert_string_equal(value, "a b");
        assert_false(server_header(request, "content-encoding", value, sizeof(value)));
    }
    assert_int_equal(server_connections(server), 1);
    exporter->class->free(exporter);
    server_stop(server);
}

static void EX_008_gzip(void **state)
{
    (void)state;
    char value[128];
    test_server *server = server_start(NULL, 0);
    weft_exporter *exporter = exporter_for(server, "gzip");
    for (size_t i = 0; i < 3; i++) {
        export_batch(exporter);
        assert_int_equal(last.status, WEFT_OK);
        const test_request *request = server_get(server, i);
        assert_true(server_header(request, "content-encoding", value, sizeof(value)));
        assert_string_equal(value, "gzip");
        assert_true(request->sent_size < request->body_size / 4);
        assert_int_equal(count_spans(request), SPANS);
    }
    exporter->class->free(exporter);
    server_stop(server);
}

static void EX_012_EX_014_a_busy_receiver_gets_it_later(void **state)
{
    (void)state;
    const test_step steps[] = {
        { .status = 200, .body = "half", .body_size = 4, .missing = 4, .end = SERVER_CLOSE },
        { .status = 503, .headers = "Retry-After: 0\r\n", .body = "<html>", .body_size = 6 },
        { .status = 429, .headers = "Retry-After: 0\r\n" },
        { .status = 200 },
    };
    test_server *server = server_start(steps, 4);
    weft_exporter *exporter = exporter_for(server, NULL);
    export_batch(exporter);
    assert_int_equal(last.status, WEFT_OK);
    assert_int_equal(last.retries, 3);
    assert_int_equal(server_requests(server), 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(count_spans(server_get(server, i)), SPANS);
    exporter->class->free(exporter);
    server_stop(server);
}

static void EX_013_EX_021_answers_that_end_it(void **state)
{
    (void)state;
    const test_step steps[] = {
        { .status = 400, .headers = "Content-Type: application/x-protobuf\r\n", .body = "\x12\x02no", .body_size = 4 },
        { .status = 413 },
        { .status = 301, .headers = "Location: http://127.0.0.1:1/\r\n" },
        { .status = 200,
          .headers = "Content-Type: application/x-protobuf\r\n",
          .body = "\x0a\x06\x08\x02\x12\x02no",
          .body_size = 8 },
    };
    test_server *server = server_start(steps, 4);
    weft_exporter *exporter = exporter_for(server, NULL);
    for (int i = 0; i < 3; i++) {
        export_batch(exporter);
        assert_int_equal(last.status, WEFT_E_INVALID);
        assert_int_equal(last.retries, 0);
    }
    export_batch(exporter);
    assert_int_equal(last.status, WEFT_OK);
    assert_int_equal(last.rejected, 2);
    assert_int_equal(server_requests(server), 4);
    exporter->class->free(exporter);
    server_stop(server);
}

static void EX_010_large_answers_are_final(void **state)
{
    (void)state;
    static const char mib[1024 * 1024];
    const test_step step = { .status = 503, .body = mib, .body_size = sizeof(mib), .repeat = 5 };
    test_server *server = server_start(&step, 1);
    weft_exporter *exporter = exporter_for(server, NULL);
    export_batch(exporter);
    assert_int_equal(last.status, WEFT_E_FAILED);
    assert_int_equal(server_requests(server), 1);
    exporter->class->free(exporter);
    server_stop(server);
}

int main(void)
{
    unsetenv("http_proxy");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(EX_006_EX_019_requests_are_otlp),
        cmocka_unit_test(EX_008_gzip),
        cmocka_unit_test(EX_012_EX_014_a_busy_receiver_gets_it_later),
        cmocka_unit_test(EX_013_EX_021_answers_that_end_it),
        cmocka_unit_test(EX_010_large_answers_are_final),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
