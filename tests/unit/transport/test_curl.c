/* test_curl.c - the libcurl transport against a scripted server: good answers, and each way of being bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "sdk/base/clock.h"
#include "tests/support/http_client.h"
#include "tests/support/server.h"

enum { PATIENT = 60000, IMPATIENT = 100 };

static weft__transport *transport;
static client_outcome outcome;

static int make(void **state)
{
    (void)state;
    transport = weft__transport_curl(NULL);
    return transport == NULL;
}

static int unmake(void **state)
{
    (void)state;
    transport->ops->free(transport);
    return 0;
}

/* One request to a server with a script of its own. */
static void post_to(const test_step *steps, size_t count, int64_t timeout_ms)
{
    test_server *server = server_start(steps, count);
    client_post(transport, server_url(server), "body", 4, timeout_ms, &outcome);
    server_stop(server);
    assert_int_equal(outcome.times, 1);
}

static void answer_is_handed_over(void **state)
{
    (void)state;
    const test_step step = {
        .status = 200, .headers = "Content-Type: application/x-protobuf\r\n", .body = "hello", .body_size = 5
    };
    post_to(&step, 1, PATIENT);
    assert_int_equal(outcome.response.failure, WEFT__ANSWERED);
    assert_int_equal(outcome.response.status, 200);
    assert_int_equal(outcome.response.body_size, 5);
    assert_int_equal(outcome.response.retry_after, -1);
    assert_string_equal(outcome.body, "hello");
    assert_string_equal(outcome.content_type, "application/x-protobuf");
}

static void request_is_sent_as_given(void **state)
{
    (void)state;
    char value[128];
    test_server *server = server_start(NULL, 0);
    client_post(transport, server_url(server), "a\0b", 3, PATIENT, &outcome);
    const test_request *request = server_get(server, 0);
    assert_int_equal(strncmp(request->head, "POST / HTTP/1.1\r\n", 17), 0);
    assert_int_equal(request->body_size, 3);
    assert_memory_equal(request->body, "a\0b", 3);
    assert_true(server_header(request, "content-type", value, sizeof(value)));
    assert_string_equal(value, "application/x-protobuf");
    assert_true(server_header(request, "user-agent", value, sizeof(value)));
    assert_string_equal(value, "test/1");
    assert_false(server_header(request, "expect", value, sizeof(value)));
    server_stop(server);
}

static void one_connection_serves_many_requests(void **state)
{
    (void)state;
    test_server *server = server_start(NULL, 0);
    for (int i = 0; i < 50; i++) {
        client_post(transport, server_url(server), "body", 4, PATIENT, &outcome);
        assert_int_equal(outcome.response.status, 200);
    }
    assert_int_equal(server_requests(server), 50);
    assert_int_equal(server_connections(server), 1);
    server_stop(server);
}

static void large_bodies_arrive_whole(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 65535, 65536, 91136, 3 * 1024 * 1024 };
    char value[64];
    uint8_t *body = malloc(3 * 1024 * 1024);
    for (size_t i = 0; i < 3 * 1024 * 1024; i++)
        body[i] = (uint8_t)(i * 2654435761u >> 13);
    test_server *server = server_start(NULL, 0);
    for (size_t i = 0; i < WEFT_COUNT_OF(sizes); i++) {
        client_post(transport, server_url(server), body, sizes[i], PATIENT, &outcome);
        assert_int_equal(outcome.response.status, 200);
        assert_int_equal(server_get(server, i)->body_size, sizes[i]);
        assert_int_equal(memcmp(server_get(server, i)->body, body, sizes[i]), 0);
        assert_false(server_header(server_get(server, i), "expect", value, sizeof(value)));
    }
    assert_int_equal(server_connections(server), 1);
    server_stop(server);
    free(body);
}

static void refused_is_unreachable(void **state)
{
    (void)state;
    test_server *server = server_start(NULL, 0);
    char url[64];
    snprintf(url, sizeof(url), "%s", server_url(server));
    server_stop(server);
    client_post(transport, url, "body", 4, PATIENT, &outcome);
    assert_int_equal(outcome.response.failure, WEFT__UNREACHABLE);
    assert_non_null(strstr(outcome.message, "onnect"));
}

static void hanging_accept_expires(void **state)
{
    (void)state;
    test_server *server = server_start_deaf();
    int64_t start = weft__monotonic_ms();
    client_post(transport, server_url(server), "body", 4, IMPATIENT, &outcome);
    assert_int_equal(outcome.response.failure, WEFT__EXPIRED);
    assert_true(weft__monotonic_ms() - start >= IMPATIENT - 1);
    server_stop(server);
}

static void silent_server_expires(void **state)
{
    (void)state;
    post_to(&(test_step){ .end = SERVER_HANG }, 1, IMPATIENT);
    assert_int_equal(outcome.response.failure, WEFT__EXPIRED);
    assert_string_equal(outcome.message, "no answer in time");
}

static void retry_after_in_seconds(void **state)
{
    (void)state;
    post_to(&(test_step){ .status = 429, .headers = "Retry-After: 7\r\n" }, 1, PATIENT);
    assert_int_equal(outcome.response.status, 429);
    assert_int_equal(outcome.response.retry_after, 7000);
    post_to(&(test_step){ .status = 503, .headers = "Retry-After: 0\r\n" }, 1, PATIENT);
    assert_int_equal(outcome.response.retry_after, 0);
    post_to(&(test_step){ .status = 503, .headers = "Retry-After: 99999999999999999999\r\n" }, 1, PATIENT);
    assert_true(outcome.response.retry_after >= INT32_MAX * INT64_C(1000));
    post_to(&(test_step){ .status = 503, .headers = "Retry-After: -7\r\n" }, 1, PATIENT);
    assert_int_equal(outcome.response.retry_after, -1);
    post_to(&(test_step){ .status = 503, .headers = "Retry-After: soon\r\n" }, 1, PATIENT);
    assert_int_equal(outcome.response.retry_after, -1);
}

static void retry_after_as_a_date(void **state)
{
    (void)state;
    char headers[128];
    time_t later = time(NULL) + 3600;
    struct tm utc;
    strftime(headers, sizeof(headers), "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime_r(&later, &utc));
    post_to(&(test_step){ .status = 503, .headers = headers }, 1, PATIENT);
    assert_in_range(outcome.response.retry_after, 3000000, 3600000);
    post_to(&(test_step){ .status = 503, .headers = "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n" }, 1, PATIENT);
    assert_int_equal(outcome.response.retry_after, 0);
}

static void redirects_are_not_followed(void **state)
{
    (void)state;
    test_server *server = server_start(&(test_step){ .status = 307, .headers = "Location: /elsewhere\r\n" }, 1);
    client_post(transport, server_url(server), "body", 4, PATIENT, &outcome);
    assert_int_equal(outcome.response.status, 307);
    assert_int_equal(server_requests(server), 1);
    server_stop(server);
}

static void resets_and_truncation_are_broken(void **state)
{
    (void)state;
    const test_step steps[] = {
        { .early = true, .end = SERVER_RESET },
        { .early = true, .end = SERVER_CLOSE },
        { .end = SERVER_RESET },
        { .end = SERVER_CLOSE },
        { .status = 200, .body = "half", .body_size = 4, .missing = 4, .end = SERVER_CLOSE },
        { .status = 200, .body = "half", .body_size = 4, .missing = 4, .end = SERVER_RESET },
        { .status = 200, .body = "half", .body_size = 4, .chunked = true, .unfinished = true, .end = SERVER_CLOSE },
    };
    for (size_t i = 0; i < WEFT_COUNT_OF(steps); i++) {
        post_to(&steps[i], 1, PATIENT);
        assert_int_equal(outcome.response.failure, WEFT__BROKEN);
        assert_true(outcome.message[0] != '\0');
    }
}

static void chunked_answers_are_read(void **state)
{
    (void)state;
    post_to(&(test_step){ .status = 200, .body = "ab", .body_size = 2, .repeat = 3, .chunked = true }, 1, PATIENT);
    assert_int_equal(outcome.response.failure, WEFT__ANSWERED);
    assert_string_equal(outcome.body, "ababab");
}

static void EX_010_oversized_answers_are_final(void **state)
{
    (void)state;
    static const char kib[1024];
    post_to(&(test_step){ .status = 200, .body = kib, .body_size = 1024, .repeat = 64 }, 1, PATIENT);
    assert_int_equal(outcome.response.failure, WEFT__ANSWERED);
    assert_int_equal(outcome.response.body_size, 64 * 1024);
    post_to(&(test_step){ .status = 200, .body = kib, .body_size = 1024, .repeat = 65 }, 1, PATIENT);
    assert_int_equal(outcome.response.failure, WEFT__OVERSIZE);
    assert_null(outcome.response.body);
    post_to(&(test_step){ .status = 503, .body = kib, .body_size = 1024, .repeat = 100000, .chunked = true }, 1,
            PATIENT);
    assert_int_equal(outcome.response.failure, WEFT__OVERSIZE);
}

static void EX_010_the_limit_counts_after_decompression(void **state)
{
    (void)state;
    uLong size = 16 * 1024 * 1024;
    uint8_t *zeros = calloc(1, size), *bomb = malloc(size);
    z_stream stream = { .next_in = zeros, .avail_in = (uInt)size, .next_out = bomb, .avail_out = (uInt)size };
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_true(stream.total_out < 32 * 1024);
    post_to(
        &(test_step){
            .status = 200, .headers = "Content-Encoding: gzip\r\n", .body = bomb, .body_size = stream.total_out },
        1, PATIENT);
    assert_int_equal(outcome.response.failure, WEFT__OVERSIZE);
    deflateEnd(&stream);
    free(zeros);
    free(bomb);
}

static void a_wrong_encoding_is_still_an_answer(void **state)
{
    (void)state;
    post_to(&(test_step){ .status = 200, .headers = "Content-Encoding: gzip\r\n", .body = "no gzip", .body_size = 7 },
            1, PATIENT);
    assert_int_equal(outcome.response.failure, WEFT__ANSWERED);
    assert_int_equal(outcome.response.status, 200);
    assert_int_equal(outcome.response.body_size, 0);
}

static void endless_headers_are_oversize(void **state)
{
    (void)state;
    static char headers[1800];
    memset(headers, 'h', sizeof(headers));
    memcpy(headers, "A: ", 3);
    memcpy(headers + sizeof(headers) - 3, "\r\n", 3);
    /* Interim answers, each with headers of its own, more of them than the limit allows. */
    static char flood[200 * 1024];
    size_t size = 0;
    while (size + 2048 < sizeof(flood))
        size += (size_t)sprintf(flood + size, "HTTP/1.1 100 Go on\r\n%s\r\n", headers);
    post_to(&(test_step){ .status = 100, .headers = headers, .body = flood, .body_size = size }, 1, PATIENT);
    assert_int_equal(outcome.response.failure, WEFT__OVERSIZE);
}

static void bad_urls_are_unusable(void **state)
{
    (void)state;
    static const char *const urls[] = { "http://", "gopher://127.0.0.1/", "file:///etc/passwd", "http://[::1", "" };
    for (size_t i = 0; i < WEFT_COUNT_OF(urls); i++) {
        client_post(transport, urls[i], "body", 4, PATIENT, &outcome);
        assert_int_equal(outcome.times, 1);
        assert_int_equal(outcome.response.failure, WEFT__UNUSABLE);
    }
}

static void cancel_ends_without_done(void **state)
{
    (void)state;
    test_server *server = server_start(&(test_step){ .status = 200, .held = true }, 1);
    weft__request request = { .url = server_url(server), .response_limit = 1, .deadline = INT64_MAX };
    memset(&outcome, 0, sizeof(outcome));
    assert_int_equal(transport->ops->send(transport, &request, client_done, &outcome), WEFT_OK);
    while (server_requests(server) == 0)
        client_turn(transport);
    transport->ops->cancel(transport);
    assert_int_equal(transport->ops->fds(transport, NULL, 0), 0);
    assert_true(transport->ops->deadline(transport) == INT64_MAX);
    client_turn(transport);
    assert_int_equal(outcome.times, 0);
    server_release(server);
    server_release(server);
    client_post(transport, server_url(server), "body", 4, PATIENT, &outcome);
    assert_int_equal(outcome.response.status, 200);
    server_stop(server);
}

static void misuse_is_refused(void **state)
{
    (void)state;
    test_server *server = server_start(&(test_step){ .held = true, .status = 200 }, 1);
    weft__request request = { .url = server_url(server), .response_limit = 1, .deadline = INT64_MAX };
    assert_int_equal(transport->ops->send(transport, NULL, client_done, &outcome), WEFT_E_INVALID);
    assert_int_equal(transport->ops->send(transport, &request, NULL, &outcome), WEFT_E_INVALID);
    assert_int_equal(transport->ops->send(transport, &request, client_done, &outcome), WEFT_OK);
    assert_int_equal(transport->ops->send(transport, &request, client_done, &outcome), WEFT_E_MISUSE);
    transport->ops->cancel(transport);
    transport->ops->cancel(transport);
    server_stop(server);
}

/* done may begin the next request. */
static void again(void *arg, const weft__response *response)
{
    weft__request *request = arg;
    assert_int_equal(response->status, 200);
    client_outcome *next = &outcome;
    assert_int_equal(transport->ops->send(transport, request, client_done, next), WEFT_OK);
    assert_memory_equal(response->body, "hello", 5); /* still there */
}

static void done_may_send(void **state)
{
    (void)state;
    test_server *server = server_start(&(test_step){ .status = 200, .body = "hello", .body_size = 5 }, 1);
    weft__request request = { .url = server_url(server), .response_limit = 100, .deadline = INT64_MAX };
    memset(&outcome, 0, sizeof(outcome));
    assert_int_equal(transport->ops->send(transport, &request, again, &request), WEFT_OK);
    client_drive(transport, &outcome);
    assert_int_equal(server_requests(server), 2);
    server_stop(server);
}

int main(void)
{
    unsetenv("http_proxy");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answer_is_handed_over, make, unmake),
        cmocka_unit_test_setup_teardown(request_is_sent_as_given, make, unmake),
        cmocka_unit_test_setup_teardown(one_connection_serves_many_requests, make, unmake),
        cmocka_unit_test_setup_teardown(large_bodies_arrive_whole, make, unmake),
        cmocka_unit_test_setup_teardown(refused_is_unreachable, make, unmake),
        cmocka_unit_test_setup_teardown(hanging_accept_expires, make, unmake),
        cmocka_unit_test_setup_teardown(silent_server_expires, make, unmake),
        cmocka_unit_test_setup_teardown(retry_after_in_seconds, make, unmake),
        cmocka_unit_test_setup_teardown(retry_after_as_a_date, make, unmake),
        cmocka_unit_test_setup_teardown(redirects_are_not_followed, make, unmake),
        cmocka_unit_test_setup_teardown(resets_and_truncation_are_broken, make, unmake),
        cmocka_unit_test_setup_teardown(chunked_answers_are_read, make, unmake),
        cmocka_unit_test_setup_teardown(EX_010_oversized_answers_are_final, make, unmake),
        cmocka_unit_test_setup_teardown(EX_010_the_limit_counts_after_decompression, make, unmake),
        cmocka_unit_test_setup_teardown(a_wrong_encoding_is_still_an_answer, make, unmake),
        cmocka_unit_test_setup_teardown(endless_headers_are_oversize, make, unmake),
        cmocka_unit_test_setup_teardown(bad_urls_are_unusable, make, unmake),
        cmocka_unit_test_setup_teardown(cancel_ends_without_done, make, unmake),
        cmocka_unit_test_setup_teardown(misuse_is_refused, make, unmake),
        cmocka_unit_test_setup_teardown(done_may_send, make, unmake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
