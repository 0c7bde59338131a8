/* test_curl_host.c - what the transport may not do to the program it lives in: wait for name servers, leak descriptors,
 * hand them to other programs, be killed by SIGPIPE, run its signal handlers, read its environment late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sdk/base/clock.h"
#include "tests/support/http_client.h"
#include "tests/support/server.h"

enum { PATIENT = 60000, IMPATIENT = 50 };

static const char *program;
static weft__transport *transport;
static client_outcome outcome;

/* The name server: silent until it is told to answer, and it always answers 127.0.0.1. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool silent, signals_open;
    unsigned begun;
} resolver = { .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER };

/* In place of libc's, for libcurl too: the executable's functions come first. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *req, struct addrinfo **pai)
{
    (void)req;
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    struct found {
        struct addrinfo info;
        struct sockaddr_in address;
    } *found = calloc(1, sizeof(*found));
    if (found == NULL)
        return EAI_MEMORY;
    found->address.sin_family = AF_INET;
    found->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    found->address.sin_port = htons((uint16_t)atoi(service != NULL ? service : "0"));
    found->info.ai_family = AF_INET;
    found->info.ai_socktype = SOCK_STREAM;
    found->info.ai_addrlen = sizeof(found->address);
    found->info.ai_addr = (struct sockaddr *)&found->address;
    *pai = &found->info;
    pthread_mutex_lock(&resolver.lock);
    resolver.signals_open = sigismember(&mask, SIGUSR1) == 0;
    resolver.begun++;
    pthread_cond_broadcast(&resolver.moved);
    while (resolver.silent)
        pthread_cond_wait(&resolver.moved, &resolver.lock);
    pthread_mutex_unlock(&resolver.lock);
    if (strcmp(name, "unknown.test") != 0)
        return 0;
    free(found);
    return EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *ai)
{
    free(ai);
}

static void be_silent(bool silent)
{
    pthread_mutex_lock(&resolver.lock);
    resolver.silent = silent;
    pthread_cond_broadcast(&resolver.moved);
    pthread_mutex_unlock(&resolver.lock);
}

static unsigned lookups(void)
{
    pthread_mutex_lock(&resolver.lock);
    unsigned begun = resolver.begun;
    pthread_mutex_unlock(&resolver.lock);
    return begun;
}

static int make(void **state)
{
    (void)state;
    be_silent(false);
    pthread_mutex_lock(&resolver.lock);
    resolver.begun = 0;
    pthread_mutex_unlock(&resolver.lock);
    transport = weft__transport_curl(NULL);
    return transport == NULL;
}

static int unmake(void **state)
{
    (void)state;
    transport->ops->free(transport);
    return 0;
}

static void post_to_name(const test_server *server, const char *name, int64_t timeout_ms)
{
    char url[128];
    snprintf(url, sizeof(url), "http://%s:%d/", name, server_port(server));
    client_post(transport, url, "body", 4, timeout_ms, &outcome);
    assert_int_equal(outcome.times, 1);
}

static void numbers_and_localhost_need_no_lookup(void **state)
{
    (void)state;
    test_server *server = server_start(NULL, 0);
    post_to_name(server, "127.0.0.1", PATIENT);
    assert_int_equal(outcome.response.failure, WEFT__ANSWERED);
    post_to_name(server, "localhost", PATIENT);
    assert_int_equal(outcome.response.failure, WEFT__ANSWERED);
    assert_int_equal(lookups(), 0);
    post_to_name(server, "name.test", PATIENT);
    assert_int_equal(outcome.response.failure, WEFT__ANSWERED);
    assert_int_equal(lookups(), 1);
    server_stop(server);
}

static void unknown_names_are_unreachable(void **state)
{
    (void)state;
    client_post(transport, "http://unknown.test/", "body", 4, PATIENT, &outcome);
    assert_int_equal(outcome.response.failure, WEFT__UNREACHABLE);
    assert_non_null(strstr(outcome.message, "unknown.test"));
}

/* The lookup hangs from before the first step until after the last: whatever waited for it would never return. */
static void silent_name_servers_hold_nothing_up(void **state)
{
    (void)state;
    test_server *server = server_start(NULL, 0);
    be_silent(true);
    post_to_name(server, "name.test", IMPATIENT);
    assert_int_equal(outcome.response.failure, WEFT__EXPIRED);
    for (int i = 0; i < 3; i++) {
        post_to_name(server, "name.test", IMPATIENT);
        assert_int_equal(outcome.response.failure, WEFT__EXPIRED);
        assert_string_equal(outcome.message, "an earlier name lookup has not ended");
    }
    assert_int_equal(lookups(), 1); /* one at a time */
    be_silent(false);
    post_to_name(server, "name.test", PATIENT); /* waits for the lookup's end, then begins another */
    assert_int_equal(outcome.response.failure, WEFT__ANSWERED);
    assert_int_equal(lookups(), 2);
    server_stop(server);
}

/* Lookup threads go on for a moment after their result is there. */
static void wait_for_descriptors(size_t count)
{
    while (client_count_descriptors(false) > count)
        poll(NULL, 0, 1);
    assert_int_equal(client_count_descriptors(false), count);
}

static void free_and_cancel_during_a_lookup(void **state)
{
    (void)state;
    size_t before = client_count_descriptors(false);
    weft__request request = { .url = "http://name.test/", .response_limit = 1, .deadline = INT64_MAX };
    make(NULL);
    be_silent(true);
    assert_int_equal(transport->ops->send(transport, &request, client_done, &outcome), WEFT_OK);
    while (lookups() == 0)
        client_turn(transport);
    transport->ops->cancel(transport);
    assert_int_equal(transport->ops->send(transport, &request, client_done, &outcome), WEFT_OK);
    transport->ops->free(transport);
    make(NULL);
    be_silent(true);
    assert_int_equal(transport->ops->send(transport, &request, client_done, &outcome), WEFT_OK);
    while (lookups() == 0)
        client_turn(transport);
    transport->ops->free(transport);
    be_silent(false);
    wait_for_descriptors(before);
}

static void descriptors_are_given_back(void **state)
{
    (void)state;
    size_t before = client_count_descriptors(false);
    for (int i = 0; i < 10; i++) {
        const test_step steps[] = { { .status = 200 }, { .end = SERVER_RESET }, { .end = SERVER_HANG } };
        make(NULL);
        test_server *server = server_start(steps, 3);
        post_to_name(server, "127.0.0.1", PATIENT);
        post_to_name(server, "name.test", PATIENT);
        post_to_name(server, "localhost", IMPATIENT);
        server_stop(server);
        unmake(NULL);
    }
    wait_for_descriptors(before);
}

/* How many a program sees that is started now. */
static int inherited(void)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        execl(program, program, "--count", (char *)NULL);
        _exit(255);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 255);
    return WEXITSTATUS(status);
}

static void other_programs_inherit_nothing(void **state)
{
    (void)state;
    test_server *server = server_start(&(test_step){ .status = 200, .held = true }, 1);
    int before = inherited();
    make(NULL);
    assert_int_equal(inherited(), before);
    char url[64];
    snprintf(url, sizeof(url), "http://name.test:%d/", server_port(server));
    weft__request request = { .url = url, .response_limit = 1, .deadline = INT64_MAX };
    be_silent(true);
    memset(&outcome, 0, sizeof(outcome));
    assert_int_equal(transport->ops->send(transport, &request, client_done, &outcome), WEFT_OK);
    while (lookups() == 0)
        client_turn(transport);
    assert_int_equal(inherited(), before); /* a lookup */
    be_silent(false);
    while (server_requests(server) == 0)
        client_turn(transport);
    assert_int_equal(inherited(), before); /* a connection */
    server_release(server);
    client_drive(transport, &outcome);
    assert_int_equal(outcome.response.status, 200);
    assert_int_equal(inherited(), before); /* one that is kept alive */
    unmake(NULL);
    server_stop(server);
}

/* As if a library under libcurl had written to a connection that is gone. */
static void raise_pipe(void *arg, const weft__response *response)
{
    (void)response;
    pthread_kill(pthread_self(), SIGPIPE);
    *(bool *)arg = true;
}

static void broken_pipes_do_not_kill(void **state)
{
    (void)state;
    bool over = false;
    sigset_t pending, mask;
    test_server *server = server_start(NULL, 0);
    weft__request request = { .url = server_url(server), .response_limit = 1, .deadline = INT64_MAX };
    signal(SIGPIPE, SIG_DFL);
    assert_int_equal(transport->ops->send(transport, &request, raise_pipe, &over), WEFT_OK);
    while (!over)
        client_turn(transport);
    sigpending(&pending);
    assert_false(sigismember(&pending, SIGPIPE));
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    assert_false(sigismember(&mask, SIGPIPE));
    server_stop(server);
}

static void the_programs_own_pending_signal_stays(void **state)
{
    (void)state;
    sigset_t pipe, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, NULL);
    pthread_kill(pthread_self(), SIGPIPE);
    test_server *server = server_start(NULL, 0);
    post_to_name(server, "127.0.0.1", PATIENT);
    server_stop(server);
    sigpending(&pending);
    assert_true(sigismember(&pending, SIGPIPE));
    signal(SIGPIPE, SIG_IGN); /* throws it away */
    pthread_sigmask(SIG_UNBLOCK, &pipe, NULL);
    signal(SIGPIPE, SIG_DFL);
}

static void lookup_threads_run_no_handlers(void **state)
{
    (void)state;
    test_server *server = server_start(NULL, 0);
    post_to_name(server, "name.test", PATIENT);
    assert_int_equal(lookups(), 1);
    assert_false(resolver.signals_open);
    server_stop(server);
}

static void proxies_are_read_at_the_start(void **state)
{
    (void)state;
    test_server *proxy = server_start(NULL, 0);
    setenv("http_proxy", server_url(proxy), 1);
    setenv("no_proxy", "direct.test", 1);
    make(NULL);
    unsetenv("http_proxy");
    unsetenv("no_proxy");
    client_post(transport, "http://somewhere.test/v1/traces", "body", 4, PATIENT, &outcome);
    assert_int_equal(outcome.response.status, 200);
    assert_int_equal(strncmp(server_get(proxy, 0)->head, "POST http://somewhere.test/v1/traces HTTP/1.1\r\n", 47), 0);
    assert_int_equal(lookups(), 0);
    test_server *direct = server_start(NULL, 0);
    post_to_name(direct, "direct.test", PATIENT);
    assert_int_equal(server_requests(direct), 1);
    assert_int_equal(server_requests(proxy), 1);
    unmake(NULL);
    server_stop(direct);
    server_stop(proxy);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--count") == 0)
        return (int)client_count_descriptors(false);
    program = argv[0];
    unsetenv("http_proxy");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers_and_localhost_need_no_lookup, make, unmake),
        cmocka_unit_test_setup_teardown(unknown_names_are_unreachable, make, unmake),
        cmocka_unit_test_setup_teardown(silent_name_servers_hold_nothing_up, make, unmake),
        cmocka_unit_test(free_and_cancel_during_a_lookup),
        cmocka_unit_test(descriptors_are_given_back),
        cmocka_unit_test(other_programs_inherit_nothing),
        cmocka_unit_test_setup_teardown(broken_pipes_do_not_kill, make, unmake),
        cmocka_unit_test_setup_teardown(the_programs_own_pending_signal_stays, make, unmake),
        cmocka_unit_test_setup_teardown(lookup_threads_run_no_handlers, make, unmake),
        cmocka_unit_test(proxies_are_read_at_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
