/* server.c - the scripted server: a thread that accepts, and one for each connection. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "tests/support/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

enum { MOST_CONNECTIONS = 64, MOST_REQUESTS = 4096, MOST_BODY = 1 << 28 };

typedef struct test_connection {
    test_server *server;
    pthread_t thread;
    size_t number;
    int fd;
} test_connection;

struct test_server {
    int listener, port, fillers[4];
    char url[64];
    const test_step *steps;
    size_t count;
    pthread_t thread;
    bool accepting;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool stopping;
    size_t begun, released, connection_count, request_count;
    test_connection connections[MOST_CONNECTIONS];
    test_request *requests[MOST_REQUESTS];
};

static void check(bool fine, const char *what)
{
    if (!fine) {
        perror(what);
        abort();
    }
}

static bool send_all(int fd, const void *data, size_t size)
{
    const char *at = data;
    while (size != 0) {
        ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
        size -= (size_t)sent;
    }
    return true;
}

/* Reads up to the blank line; what came behind it moves to the front of rest. */
static bool read_head(int fd, char *head, size_t room, char *rest, size_t *rest_size)
{
    size_t size = *rest_size;
    memcpy(head, rest, size);
    for (;;) {
        head[size] = '\0';
        char *end = strstr(head, "\r\n\r\n");
        if (end != NULL) {
            end += 4;
            *rest_size = size - (size_t)(end - head);
            memcpy(rest, end, *rest_size);
            *end = '\0';
            return true;
        }
        ssize_t got = size + 1 < room ? recv(fd, head + size, room - size - 1, 0) : 0;
        if (got <= 0)
            return false;
        size += (size_t)got;
    }
}

bool server_header(const test_request *request, const char *name, char *out, size_t size)
{
    const char *line = strstr(request->head, "\r\n");
    for (size_t length = strlen(name); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) != 0 || line[length] != ':')
            continue;
        line += length + 1;
        line += strspn(line, " ");
        snprintf(out, size, "%.*s", (int)strcspn(line, "\r"), line);
        return true;
    }
    return false;
}

static void gunzip(test_request *request)
{
    z_stream stream = { .next_in = request->body, .avail_in = (uInt)request->body_size };
    size_t room = 64 * request->body_size + 65536;
    uint8_t *out = malloc(room);
    check(out != NULL && inflateInit2(&stream, 16 + 15) == Z_OK, "gunzip");
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    int status = inflate(&stream, Z_FINISH);
    request->body_size = status == Z_STREAM_END ? stream.total_out : 0;
    inflateEnd(&stream);
    free(request->body);
    request->body = out;
}

static bool read_body(int fd, test_request *request, char *rest, size_t *rest_size)
{
    char value[32] = "0";
    server_header(request, "Content-Length", value, sizeof(value));
    size_t size = (size_t)strtoull(value, NULL, 10), have = *rest_size < size ? *rest_size : size;
    check(size <= MOST_BODY, "the size of a request");
    request->body = malloc(size + 1);
    check(request->body != NULL, "malloc");
    memcpy(request->body, rest, have);
    memmove(rest, rest + have, *rest_size -= have);
    while (have < size) {
        ssize_t got = recv(fd, request->body + have, size - have, 0);
        if (got <= 0)
            return false;
        have += (size_t)got;
    }
    request->body_size = request->sent_size = size;
    if (server_header(request, "Content-Encoding", value, sizeof(value)) && strcmp(value, "gzip") == 0)
        gunzip(request);
    return true;
}

static bool send_chunked(int fd, const test_step *step, size_t times)
{
    char line[32];
    snprintf(line, sizeof(line), "%zx\r\n", step->body_size);
    for (size_t i = 0; i < times && step->body_size != 0; i++)
        if (!send_all(fd, line, strlen(line)) || !send_all(fd, step->body, step->body_size) || !send_all(fd, "\r\n", 2))
            return false;
    return step->unfinished || send_all(fd, "0\r\n\r\n", 5);
}

static bool answer(int fd, const test_step *step)
{
    char head[2048], length[64] = "Transfer-Encoding: chunked\r\n";
    size_t times = step->repeat != 0 ? step->repeat : 1;
    if (step->status == 0)
        return true;
    if (!step->chunked)
        snprintf(length, sizeof(length), "Content-Length: %zu\r\n", step->body_size * times + step->missing);
    snprintf(head, sizeof(head), "HTTP/1.1 %d Scripted\r\n%s%s\r\n", step->status, length,
             step->headers != NULL ? step->headers : "");
    if (!send_all(fd, head, strlen(head)))
        return false;
    if (step->chunked)
        return send_chunked(fd, step, times);
    for (size_t i = 0; i < times && step->body_size != 0; i++)
        if (!send_all(fd, step->body, step->body_size))
            return false;
    return true;
}

static test_step next_step(test_server *server)
{
    static const test_step good = { .status = 200 };
    pthread_mutex_lock(&server->lock);
    size_t at = server->begun++;
    pthread_mutex_unlock(&server->lock);
    if (server->count == 0)
        return good;
    return server->steps[at < server->count ? at : server->count - 1];
}

static void keep(test_server *server, test_request *request)
{
    pthread_mutex_lock(&server->lock);
    check(server->request_count < MOST_REQUESTS, "too many requests");
    server->requests[server->request_count++] = request;
    pthread_cond_broadcast(&server->moved);
    pthread_mutex_unlock(&server->lock);
}

/* Until a release, or for a hang the stop. */
static void hold(test_server *server, bool for_ever)
{
    pthread_mutex_lock(&server->lock);
    while (!server->stopping && (for_ever || server->released == 0))
        pthread_cond_wait(&server->moved, &server->lock);
    if (!for_ever && server->released != 0)
        server->released--;
    pthread_mutex_unlock(&server->lock);
}

/* False: the connection is over. */
static bool serve_one(test_connection *connection, char *rest, size_t *rest_size)
{
    test_server *server = connection->server;
    test_request *request = calloc(1, sizeof(*request));
    check(request != NULL, "calloc");
    request->connection = connection->number;
    if (!read_head(connection->fd, request->head, sizeof(request->head), rest, rest_size)) {
        free(request);
        return false;
    }
    test_step step = next_step(server);
    bool whole = !step.early && read_body(connection->fd, request, rest, rest_size);
    keep(server, request);
    if (step.held)
        hold(server, false);
    bool sent = whole && answer(connection->fd, &step);
    if (step.end == SERVER_HANG)
        hold(server, true);
    if (step.end == SERVER_RESET) {
        struct linger now = { .l_onoff = 1 };
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    }
    return sent && step.end == SERVER_KEEP;
}

static void *serve(void *arg)
{
    test_connection *connection = arg;
    char rest[8192];
    size_t rest_size = 0;
    while (serve_one(connection, rest, &rest_size))
        ;
    pthread_mutex_lock(&connection->server->lock);
    close(connection->fd);
    connection->fd = -1;
    pthread_mutex_unlock(&connection->server->lock);
    return NULL;
}

static void *accept_all(void *arg)
{
    test_server *server = arg;
    for (;;) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return NULL;
        pthread_mutex_lock(&server->lock);
        check(server->connection_count < MOST_CONNECTIONS, "too many connections");
        size_t number = server->connection_count++;
        test_connection *connection = &server->connections[number];
        connection->server = server;
        connection->number = number;
        connection->fd = fd;
        check(pthread_create(&connection->thread, NULL, serve, connection) == 0, "pthread_create");
        pthread_mutex_unlock(&server->lock);
    }
}

static test_server *listen_on_loopback(int backlog)
{
    test_server *server = calloc(1, sizeof(*server));
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    check(server != NULL, "calloc");
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(server->listener >= 0 && bind(server->listener, (struct sockaddr *)&address, size) == 0 &&
              listen(server->listener, backlog) == 0 &&
              getsockname(server->listener, (struct sockaddr *)&address, &size) == 0,
          "listen");
    server->port = ntohs(address.sin_port);
    snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%d", server->port);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->moved, NULL);
    for (size_t i = 0; i < sizeof(server->fillers) / sizeof(server->fillers[0]); i++)
        server->fillers[i] = -1;
    return server;
}

test_server *server_start(const test_step *steps, size_t count)
{
    test_server *server = listen_on_loopback(64);
    server->steps = steps;
    server->count = count;
    server->accepting = true;
    check(pthread_create(&server->thread, NULL, accept_all, server) == 0, "pthread_create");
    return server;
}

test_server *server_start_deaf(void)
{
    test_server *server = listen_on_loopback(0);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                   .sin_port = htons((uint16_t)server->port) };
    for (size_t i = 0; i < sizeof(server->fillers) / sizeof(server->fillers[0]); i++) {
        server->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)!connect(server->fillers[i], (struct sockaddr *)&address, sizeof(address));
    }
    return server;
}

void server_stop(test_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_cond_broadcast(&server->moved);
    pthread_mutex_unlock(&server->lock);
    shutdown(server->listener, SHUT_RDWR);
    if (server->accepting)
        pthread_join(server->thread, NULL);
    for (size_t i = 0; i < server->connection_count; i++) {
        pthread_mutex_lock(&server->lock);
        if (server->connections[i].fd >= 0)
            shutdown(server->connections[i].fd, SHUT_RDWR);
        pthread_mutex_unlock(&server->lock);
        pthread_join(server->connections[i].thread, NULL);
    }
    for (size_t i = 0; i < server->request_count; i++) {
        free(server->requests[i]->body);
        free(server->requests[i]);
    }
    for (size_t i = 0; i < sizeof(server->fillers) / sizeof(server->fillers[0]); i++)
        if (server->fillers[i] >= 0)
            close(server->fillers[i]);
    close(server->listener);
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->moved);
    free(server);
}

const char *server_url(const test_server *server)
{
    return server->url;
}

int server_port(const test_server *server)
{
    return server->port;
}

void server_release(test_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->released++;
    pthread_cond_broadcast(&server->moved);
    pthread_mutex_unlock(&server->lock);
}

void server_wait(test_server *server, size_t requests)
{
    pthread_mutex_lock(&server->lock);
    while (server->request_count < requests)
        pthread_cond_wait(&server->moved, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

size_t server_requests(test_server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t count = server->request_count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

size_t server_connections(test_server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t count = server->connection_count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

const test_request *server_get(test_server *server, size_t index)
{
    pthread_mutex_lock(&server->lock);
    const test_request *request = index < server->request_count ? server->requests[index] : NULL;
    pthread_mutex_unlock(&server->lock);
    return request;
}
