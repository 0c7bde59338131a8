/* test_otlp_faults.c - a whole SDK that exports over HTTP to receivers that fail in every way: whatever happens, each
 * span is accounted for, and a stop keeps its time-out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <weft/sdk.h>

#include "tests/support/server.h"

WEFT_INSTRUMENTATION("weft.tests.otlp_faults", "1");

enum { SPANS = 10, PATIENT = 60000, IMPATIENT = 200, SLACK = 10000 };

/* Name servers that are silent until the program ends; for libcurl too, since the executable's functions come first. */
static pthread_mutex_t silence = PTHREAD_MUTEX_INITIALIZER;

int getaddrinfo(const char *name, const char *service, const struct addrinfo *req, struct addrinfo **pai)
{
    (void)name, (void)service, (void)req, (void)pai;
    pthread_mutex_lock(&silence);
    pthread_mutex_unlock(&silence);
    return EAI_AGAIN;
}

static void quiet(void *data, weft_importance importance, const char *line)
{
    (void)importance;
    if (strstr(line, "127.0.0.1") != NULL || strstr(line, "name.test") != NULL)
        ++*(int *)data; /* names the destination */
}

static int told;

static weft_sdk start(const char *endpoint, uint32_t timeout_ms)
{
    weft_exporter *exporters[] = {
        weft_exporter_otlp(WEFT_OPTIONS(weft_otlp_options, .endpoint = endpoint, .timeout_ms = timeout_ms)),
        NULL,
    };
    told = 0;
    return weft_sdk_start(WEFT_OPTIONS(weft_sdk_options, .service_name = "faults", .exporters = exporters,
                                       .ignore_environment = true, .diagnostics = quiet, .diagnostics_data = &told));
}

static void make_spans(void)
{
    for (int i = 0; i < SPANS; i++) {
        weft_span span = weft_span_start("work");
        weft_span_set(&span, weft_attr("number", i));
        weft_span_end(&span);
    }
}

/* Spans, a flush, and what became of them; all of them are somewhere. */
static weft_destination_stats export_to(const char *endpoint, uint32_t timeout_ms)
{
    weft_destination_stats stats = { .size = sizeof(stats) };
    weft_stats all = { .size = sizeof(all) };
    weft_sdk sdk = start(endpoint, timeout_ms);
    make_spans();
    assert_int_not_equal(weft_sdk_flush(sdk, PATIENT), WEFT_E_TIMEOUT);
    assert_true(weft_sdk_destination(sdk, 0, &stats));
    weft_sdk_stats(sdk, &all);
    assert_int_equal(all.spans.created, SPANS);
    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(stats.exported + stats.dropped_rejected + stats.dropped_failed, SPANS);
    assert_int_equal(stats.batches, 1);
    weft_sdk_stop(sdk, PATIENT);
    return stats;
}

static weft_destination_stats export_by(const test_step *steps, size_t count, uint32_t timeout_ms)
{
    test_server *server = server_start(steps, count);
    weft_destination_stats stats = export_to(server_url(server), timeout_ms);
    server_stop(server);
    return stats;
}

static void taken(void **state)
{
    (void)state;
    assert_int_equal(export_by(NULL, 0, PATIENT).exported, SPANS);
    assert_int_equal(told, 0);
}

static void busy_receivers_get_it_later(void **state)
{
    (void)state;
    const test_step steps[] = {
        { .status = 429, .headers = "Retry-After: 0\r\n" },
        { .status = 503, .headers = "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n" },
        { .status = 200 },
    };
    weft_destination_stats stats = export_by(steps, 3, PATIENT);
    assert_int_equal(stats.exported, SPANS);
    assert_int_equal(stats.retries, 2);
    assert_int_equal(told, 2);
}

static void connections_that_break_are_tried_again(void **state)
{
    (void)state;
    const test_step bad[] = {
        { .early = true, .end = SERVER_RESET },
        { .status = 200, .body = "half", .body_size = 4, .missing = 4, .end = SERVER_RESET },
        { .status = 200, .body = "half", .body_size = 4, .chunked = true, .unfinished = true, .end = SERVER_CLOSE },
    };
    for (size_t i = 0; i < 3; i++) {
        const test_step steps[] = { bad[i], { .status = 200 } };
        weft_destination_stats stats = export_by(steps, 2, PATIENT);
        assert_int_equal(stats.exported, SPANS);
        assert_int_equal(stats.retries, 1);
    }
}

static void refusals_are_final(void **state)
{
    (void)state;
    const test_step steps[] = {
        { .status = 400 },
        { .status = 413 },
        { .status = 307, .headers = "Location: http://127.0.0.1:1/\r\n" },
        { .status = 500, .headers = "Content-Type: text/html\r\n", .body = "<html>", .body_size = 6 },
    };
    for (size_t i = 0; i < 4; i++) {
        weft_destination_stats stats = export_by(&steps[i], 1, PATIENT);
        assert_int_equal(stats.dropped_rejected, SPANS);
        assert_int_equal(stats.retries, 0);
        assert_true(told >= 1);
    }
}

static void partial_success_is_counted(void **state)
{
    (void)state;
    const test_step step = { .status = 200,
                             .headers = "Content-Type: application/x-protobuf\r\n",
                             .body = "\x0a\x06\x08\x02\x12\x02no",
                             .body_size = 8 };
    weft_destination_stats stats = export_by(&step, 1, PATIENT);
    assert_int_equal(stats.exported, SPANS - 2);
    assert_int_equal(stats.dropped_rejected, 2);
    assert_true(told >= 1);
}

static void large_answers_are_final(void **state)
{
    (void)state;
    static const char mib[1024 * 1024];
    const test_step step = { .status = 200, .body = mib, .body_size = sizeof(mib), .repeat = 5 };
    weft_destination_stats stats = export_by(&step, 1, PATIENT);
    assert_int_equal(stats.dropped_failed, SPANS);
    assert_int_equal(stats.retries, 0);
}

static void receivers_that_are_not_there(void **state)
{
    (void)state;
    char url[64];
    test_server *server = server_start(NULL, 0);
    snprintf(url, sizeof(url), "%s", server_url(server));
    server_stop(server);
    assert_int_equal(export_to(url, IMPATIENT).dropped_failed, SPANS); /* refused */
    server = server_start_deaf();
    assert_int_equal(export_to(server_url(server), IMPATIENT).dropped_failed, SPANS); /* never accepted */
    server_stop(server);
    assert_int_equal(export_by(&(test_step){ .end = SERVER_HANG }, 1, IMPATIENT).dropped_failed, SPANS);
    assert_true(told >= 1);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* With slack, on the real clock: without the limit each of these would take a minute. */
static void stops_keep_their_time(const char *endpoint)
{
    weft_sdk sdk = start(endpoint, PATIENT);
    make_spans();
    int64_t begin = now_ms();
    assert_int_equal(weft_sdk_flush(sdk, IMPATIENT), WEFT_E_TIMEOUT);
    assert_int_not_equal(weft_sdk_stop(sdk, IMPATIENT), WEFT_OK);
    assert_in_range(now_ms() - begin, IMPATIENT, 2 * IMPATIENT + SLACK);
}

static void flush_and_stop_keep_their_time_out(void **state)
{
    (void)state;
    test_server *server = server_start_deaf();
    stops_keep_their_time(server_url(server));
    server_stop(server);
    server = server_start(&(test_step){ .status = 503, .headers = "Retry-After: 20\r\n" }, 1);
    stops_keep_their_time(server_url(server));
    server_stop(server);
}

static void name_servers_that_never_answer(void **state)
{
    (void)state;
    pthread_mutex_lock(&silence);
    assert_int_equal(export_to("http://name.test:4318", IMPATIENT).dropped_failed, SPANS);
    assert_true(told >= 1);
    stops_keep_their_time("http://name.test:4318");
    pthread_mutex_unlock(&silence);
}

int main(void)
{
    unsetenv("http_proxy");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taken),
        cmocka_unit_test(busy_receivers_get_it_later),
        cmocka_unit_test(connections_that_break_are_tried_again),
        cmocka_unit_test(refusals_are_final),
        cmocka_unit_test(partial_success_is_counted),
        cmocka_unit_test(large_answers_are_final),
        cmocka_unit_test(receivers_that_are_not_there),
        cmocka_unit_test(flush_and_stop_keep_their_time_out),
        cmocka_unit_test(name_servers_that_never_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
