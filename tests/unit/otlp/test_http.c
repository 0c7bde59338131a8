/* test_http.c - the OTLP exporter on a simulated network and a virtual clock: every kind of answer, retries, deadlines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exporters/otlp/http.h"
#include "sdk/base/clock.h"
#include "sdk/base/diag.h"
#include "tests/support/batch.h"
#include "trace_service.pb-c.h"

enum { MOST = 64 };
#define REQUEST(name) opentelemetry__proto__collector__trace__v1__export_trace_service_request__##name

/* The network: one answer after the other; the last one stays. */
typedef struct network {
    weft__transport base;
    const weft__response *script;
    size_t count, sends, cancels, frees;
    weft__request request; /* the last one */
    int64_t times[MOST];   /* of each send, in ms since the first */
    weft__done_fn *done;
    void *arg;
} network;

enum { SILENT = 100 }; /* in place of a failure: no answer, ever */

static weft_status net_send(weft__transport *transport, const weft__request *request, weft__done_fn *done, void *arg)
{
    network *net = (network *)transport;
    assert_null(net->done);
    assert_in_range(net->sends, 0, MOST - 1);
    net->times[net->sends++] = weft__monotonic_ms();
    net->request = *request;
    net->done = done;
    net->arg = arg;
    return WEFT_OK;
}

static void net_cancel(weft__transport *transport)
{
    ((network *)transport)->done = NULL;
    ((network *)transport)->cancels++;
}

static size_t net_fds(weft__transport *transport, struct pollfd *fds, size_t room)
{
    (void)transport, (void)fds, (void)room;
    return 0;
}

static const weft__response *net_answer(const network *net)
{
    return &net->script[net->sends <= net->count ? net->sends - 1 : net->count - 1];
}

static int64_t net_deadline(weft__transport *transport)
{
    const network *net = (const network *)transport;
    if (net->done == NULL)
        return INT64_MAX;
    return (int)net_answer(net)->failure == SILENT ? net->request.deadline : 0;
}

static void net_step(weft__transport *transport, const struct pollfd *fds, size_t count)
{
    (void)fds, (void)count;
    network *net = (network *)transport;
    weft__done_fn *done = net->done;
    if (done == NULL || weft__monotonic_ms() < net_deadline(transport))
        return;
    weft__response response = *net_answer(net);
    if ((int)response.failure == SILENT)
        response = (weft__response){ .failure = WEFT__EXPIRED, .message = "no answer in time", .retry_after = -1 };
    net->done = NULL;
    done(net->arg, &response);
}

static void net_free(weft__transport *transport)
{
    ((network *)transport)->frees++;
}

static const weft__transport_ops net_ops = { net_send, net_cancel, net_fds, net_deadline, net_step, net_free };

static network net;
static weft_exporter *exporter;
static test_batch sample;
static weft__result last;
static size_t results;
static char message[300], said[4096];

/* In place of the pump's. */
void weft__batch_done(weft_batch *batch, const weft__result *result)
{
    assert_ptr_equal(batch, &sample.batch);
    last = *result;
    snprintf(message, sizeof(message), "%s", result->message != NULL ? result->message : "");
    results++;
}

static void listen(void *data, weft_importance importance, const char *line)
{
    (void)data, (void)importance;
    size_t used = strlen(said);
    snprintf(said + used, sizeof(said) - used, "%s\n", line);
}

static int make(void **state)
{
    (void)state;
    weft__otlp_settings settings;
    weft__clock_virtual(UINT64_C(1700000000000000000));
    weft__diag_set(listen, NULL);
    said[0] = '\0';
    net = (network){ .base.ops = &net_ops };
    results = 0;
    if (!weft__otlp_settings_read(&settings, NULL))
        return 1;
    exporter = weft__otlp_exporter(&settings, &net.base);
    return exporter == NULL;
}

static int unmake(void **state)
{
    (void)state;
    if (exporter != NULL)
        exporter->class->free(exporter);
    test_batch_clear(&sample);
    weft__clock_virtual(0);
    return net.frees != 1;
}

/* Steps from deadline to deadline until the batch has ended; the ms that it took. */
static int64_t drive(void)
{
    int64_t start = weft__monotonic_ms();
    while (results == 0) {
        exporter->class->step(exporter, NULL, 0);
        int64_t next = exporter->class->deadline(exporter), now = weft__monotonic_ms();
        if (results == 0 && next > now) {
            assert_true(next != INT64_MAX);
            weft__clock_advance((uint64_t)(next - now) * 1000000);
        }
    }
    return weft__monotonic_ms() - start;
}

static void begin(size_t spans, int64_t timeout)
{
    test_batch_clear(&sample);
    results = 0;
    exporter->class->send(exporter, test_batch_fill(&sample, spans, 20), weft__monotonic_ms() + timeout);
}

static int64_t export_with(const weft__response *script, size_t count, int64_t timeout)
{
    net.script = script;
    net.count = count;
    net.sends = 0;
    begin(10, timeout);
    return drive();
}

static weft__response status(int number)
{
    return (weft__response){ .status = number, .retry_after = -1 };
}

static weft__response failed(weft__failure failure)
{
    return (weft__response){ .failure = failure, .retry_after = -1, .message = "it broke" };
}

static void EX_006_a_batch_is_one_request(void **state)
{
    (void)state;
    weft__response good = status(200);
    assert_int_equal(export_with(&good, 1, 30000), 0);
    assert_int_equal(last.status, WEFT_OK);
    assert_int_equal(last.retries, 0);
    assert_int_equal(net.sends, 1);
    assert_string_equal(net.request.url, "http://localhost:4318/v1/traces");
    Opentelemetry__Proto__Collector__Trace__V1__ExportTraceServiceRequest *request =
        REQUEST(unpack)(NULL, net.request.body_size, net.request.body);
    assert_non_null(request);
    assert_int_equal(request->resource_spans[0]->scope_spans[0]->n_spans, 10);
    assert_string_equal(request->resource_spans[0]->scope_spans[0]->scope->name, "test");
    REQUEST(free_unpacked)(request, NULL);
}

static void empty_batches_are_not_sent(void **state)
{
    (void)state;
    begin(0, 30000);
    assert_int_equal(results, 1);
    assert_int_equal(last.status, WEFT_OK);
    assert_int_equal(net.sends, 0);
}

static void EX_013_final_answers_end_the_batch(void **state)
{
    (void)state;
    static const int numbers[] = { 301, 307, 400, 401, 403, 404, 413, 500, 501, 505 };
    for (size_t i = 0; i < WEFT_COUNT_OF(numbers); i++) {
        weft__response answer = status(numbers[i]);
        answer.content_type = "application/x-protobuf";
        answer.body = (const uint8_t *)"\x12\x04oops";
        answer.body_size = 6;
        char expected[128];
        snprintf(expected, sizeof(expected), "http://localhost:4318/v1/traces: HTTP %d: oops", numbers[i]);
        assert_int_equal(export_with(&answer, 1, 30000), 0);
        assert_int_equal(net.sends, 1);
        assert_int_equal(last.status, WEFT_E_INVALID);
        assert_string_equal(message, expected);
    }
    weft__response broken = failed(WEFT__OVERSIZE);
    export_with(&broken, 1, 30000);
    assert_int_equal(net.sends, 1);
    assert_int_equal(last.status, WEFT_E_FAILED);
    assert_string_equal(message, "http://localhost:4318/v1/traces: it broke");
    broken = failed(WEFT__UNUSABLE);
    export_with(&broken, 1, 30000);
    assert_int_equal(net.sends, 1);
}

static void EX_012_transient_failures_are_retried(void **state)
{
    (void)state;
    const weft__response script[] = { failed(WEFT__UNREACHABLE), status(502), failed(WEFT__BROKEN), status(200) };
    for (size_t failures = 1; failures <= 3; failures++) { /* four waits may be longer than the ten seconds */
        assert_true(export_with(script + 3 - failures, failures + 1, 30000) >= 500);
        assert_int_equal(last.status, WEFT_OK);
        assert_int_equal(last.retries, failures);
        assert_int_equal(net.sends, failures + 1);
        for (size_t i = 1; i <= failures; i++)
            assert_true(net.times[i] - net.times[i - 1] >= 500);
    }
    const weft__response throttled[] = { status(429), status(504), status(200) };
    assert_true(export_with(throttled, 3, 30000) >= 1000);
    assert_int_equal(last.status, WEFT_OK);
    assert_int_equal(last.retries, 2);
    assert_non_null(strstr(said, "http://localhost:4318/v1/traces: HTTP 502; 10 spans are sent again in "));
    assert_non_null(strstr(said, "http://localhost:4318/v1/traces: it broke; 10 spans are sent again in "));
}

static void EX_012_retries_stay_inside_the_time_out(void **state)
{
    (void)state;
    weft__response busy = status(503);
    for (int i = 0; i < 20; i++) {
        int64_t took = export_with(&busy, 1, 30000);
        assert_true(took < 10000); /* OTEL_EXPORTER_OTLP_TIMEOUT */
        assert_int_equal(last.status, WEFT_E_FAILED);
        assert_true(net.sends >= 3);
        assert_int_equal(last.retries, net.sends - 1);
        took = export_with(&busy, 1, 3000); /* OTEL_BSP_EXPORT_TIMEOUT is less */
        assert_true(took < 3000);
    }
    const weft__response silent = { .failure = (weft__failure)SILENT };
    assert_int_equal(export_with(&silent, 1, 30000), 10000);
    assert_int_equal(last.status, WEFT_E_TIMEOUT);
    assert_int_equal(export_with(&silent, 1, 700), 700);
}

static void EX_014_retry_after_is_obeyed(void **state)
{
    (void)state;
    weft__response script[] = { status(503), status(200) };
    script[0].retry_after = 4000;
    assert_int_equal(export_with(script, 2, 30000), 4000);
    assert_int_equal(last.status, WEFT_OK);
    assert_int_equal(last.retries, 1);
    script[0].retry_after = 60000; /* beyond the time-out: the batch fails at once ... */
    assert_int_equal(export_with(script, 2, 30000), 0);
    assert_int_equal(last.status, WEFT_E_FAILED);
    assert_int_equal(net.sends, 1);
    /* ... and the next ones do not go out before it is over: each waits as long as it may. */
    net.script = &script[1];
    net.count = 1;
    for (int i = 0; i < 5; i++) {
        begin(10, 30000);
        assert_int_equal(drive(), 10000);
        assert_int_equal(last.status, WEFT_E_TIMEOUT);
    }
    assert_int_equal(net.sends, 1);
    weft__clock_advance(UINT64_C(9000000000));
    begin(10, 30000);
    assert_int_equal(drive(), 1000);
    assert_int_equal(last.status, WEFT_OK);
    assert_int_equal(net.sends, 2);
}

static void pauses_are_not_obeyed_for_ever(void **state)
{
    (void)state;
    weft__response script[] = { status(503), status(200) };
    script[0].retry_after = INT64_C(4000000000000);
    export_with(script, 2, 30000);
    assert_int_equal(last.status, WEFT_E_FAILED);
    weft__clock_advance(UINT64_C(300000000000));
    begin(10, 30000);
    drive();
    assert_int_equal(last.status, WEFT_OK);
}

static void a_stop_makes_one_last_attempt(void **state)
{
    (void)state;
    weft__response busy = status(503);
    net.script = &busy;
    net.count = 1;
    begin(10, 30000);
    exporter->class->step(exporter, NULL, 0);
    assert_int_equal(net.sends, 1);
    assert_int_equal(results, 0);
    exporter->class->hurry(exporter);
    assert_int_equal(drive(), 0);
    assert_int_equal(net.sends, 2);
    assert_int_equal(last.status, WEFT_E_FAILED);
    assert_int_equal(last.retries, 1);
    begin(10, 30000); /* later batches too */
    assert_int_equal(drive(), 0);
    assert_int_equal(net.sends, 3);
    assert_int_equal(last.status, WEFT_E_FAILED);
    exporter->class->hurry(exporter); /* without a batch */
    assert_int_equal(net.sends, 3);
}

static void a_stop_does_not_wait_for_a_pause(void **state)
{
    (void)state;
    weft__response script[] = { status(503), status(200) };
    script[0].retry_after = 60000;
    export_with(script, 2, 30000);
    begin(10, 30000);
    assert_int_equal(net.sends, 1);
    exporter->class->hurry(exporter);
    assert_int_equal(drive(), 0);
    assert_int_equal(last.status, WEFT_OK);
}

static void cancel_ends_the_batch_at_once(void **state)
{
    (void)state;
    const weft__response script[] = { { .failure = (weft__failure)SILENT }, status(503) };
    net.script = script;
    net.count = 1;
    exporter->class->cancel(exporter);
    assert_int_equal(results, 0);
    begin(10, 30000);
    exporter->class->cancel(exporter);
    assert_int_equal(results, 1);
    assert_int_equal(last.status, WEFT_E_TIMEOUT);
    assert_int_equal(net.cancels, 1);
    net.script = script + 1;
    begin(10, 30000);
    exporter->class->step(exporter, NULL, 0); /* waits now */
    assert_int_equal(results, 0);
    exporter->class->cancel(exporter);
    assert_int_equal(results, 1);
    assert_true(exporter->class->deadline(exporter) == INT64_MAX);
}

static void EX_021_partial_success_is_counted_and_told(void **state)
{
    (void)state;
    weft__response partial = status(200);
    partial.content_type = "application/x-protobuf";
    partial.body = (const uint8_t *)"\x0a\x06\x08\x02\x12\x02no";
    partial.body_size = 8;
    export_with(&partial, 1, 30000);
    assert_int_equal(last.status, WEFT_OK);
    assert_int_equal(last.rejected, 2);
    assert_int_equal(net.sends, 1);
    assert_non_null(strstr(said, "2 of 10 spans were refused and are lost: no"));
    partial.body = (const uint8_t *)"\x0a\x03\x08\xe8\x07"; /* 1000 of 10 */
    partial.body_size = 5;
    export_with(&partial, 1, 30000);
    assert_int_equal(last.rejected, 10);
    partial.body = (const uint8_t *)"\x0a\x04\x12\x02hm";
    partial.body_size = 6;
    export_with(&partial, 1, 30000);
    assert_int_equal(last.rejected, 0);
    assert_non_null(strstr(said, "with a warning: hm"));
}

static void an_odd_success_is_a_success(void **state)
{
    (void)state;
    weft__response odd = status(200);
    odd.content_type = "text/html";
    odd.body = (const uint8_t *)"<html>";
    odd.body_size = 6;
    export_with(&odd, 1, 30000);
    assert_int_equal(last.status, WEFT_OK);
    assert_non_null(strstr(said, "the answer (text/html, 6 bytes) is not OTLP's"));
}

static void EX_009_large_requests_are_not_sent(void **state)
{
    (void)state;
    weft__response good = status(200);
    net.script = &good;
    net.count = 1;
    size_t fit = (WEFT__REQUEST_LIMIT - 100) / 100;
    exporter->class->send(exporter, test_batch_fill(&sample, fit, 100), INT64_MAX);
    drive();
    assert_int_equal(last.status, WEFT_OK);
    test_batch_clear(&sample);
    results = 0;
    exporter->class->send(exporter, test_batch_fill(&sample, fit + 2, 100), INT64_MAX);
    assert_int_equal(results, 1);
    assert_int_equal(last.status, WEFT_E_INVALID);
    assert_non_null(strstr(message, "64 MiB"));
    assert_int_equal(net.sends, 1);
}

static void without_a_transport_there_is_no_exporter(void **state)
{
    (void)state;
    weft__otlp_settings settings;
    assert_true(weft__otlp_settings_read(&settings, NULL));
    assert_null(weft__otlp_exporter(&settings, NULL));
    assert_null(settings.url);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(EX_006_a_batch_is_one_request),
        TEST(empty_batches_are_not_sent),
        TEST(EX_013_final_answers_end_the_batch),
        TEST(EX_012_transient_failures_are_retried),
        TEST(EX_012_retries_stay_inside_the_time_out),
        TEST(EX_014_retry_after_is_obeyed),
        TEST(pauses_are_not_obeyed_for_ever),
        TEST(a_stop_makes_one_last_attempt),
        TEST(a_stop_does_not_wait_for_a_pause),
        TEST(cancel_ends_the_batch_at_once),
        TEST(EX_021_partial_success_is_counted_and_told),
        TEST(an_odd_success_is_a_success),
        TEST(EX_009_large_requests_are_not_sent),
        TEST(without_a_transport_there_is_no_exporter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
