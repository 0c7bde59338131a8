/* server.c - libmicrohttpd in the caller's loop. A request is judged by its headers, its body is read to the end in any
 * case (within limits: the client would not see an answer that comes before), and answered then. */
#include "tools/weft/tail/server.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/weft/tail/gunzip.h"
#include "tools/weft/tail/listen.h"
#include "tools/weft/tail/reply.h"

enum { CONNECTIONS = 128, IDLE_SECONDS = 30 };
static const size_t body_limit = (size_t)64 * 1024 * 1024;
/* Of all bodies that are on their way at once. */
static const size_t bodies_limit = (size_t)192 * 1024 * 1024;

struct tail_server {
    struct MHD_Daemon *daemon;
    int fd;
    tail_body_fn *take;
    void *arg;
    size_t bodies;
    uint64_t refused;
    char url[TAIL_URL_SIZE];
};

typedef struct request {
    tail_reply reply; /* text set: refused */
    bool gzip;
    uint8_t *body;
    size_t size, capacity, skipped;
} request;

static void refuse(request *r, unsigned status, const char *text)
{
    if (r->reply.text == NULL) {
        r->reply.status = status;
        r->reply.text = text;
    }
}

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value != NULL ? value : "";
}

/* The media type without its parameters. */
static bool is_type(const char *header, const char *type)
{
    size_t size = strcspn(header, "; \t");
    return size == strlen(type) && strncasecmp(header, type, size) == 0;
}

static void judge(request *r, struct MHD_Connection *connection, const char *path, const char *method)
{
    const char *type = header_of(connection, MHD_HTTP_HEADER_CONTENT_TYPE);
    const char *coding = header_of(connection, MHD_HTTP_HEADER_CONTENT_ENCODING);
    r->reply.protobuf = is_type(type, "application/x-protobuf");
    r->gzip = strcasecmp(coding, "gzip") == 0;
    if (strcmp(path, "/v1/metrics") == 0 || strcmp(path, "/v1/logs") == 0)
        refuse(r, MHD_HTTP_NOT_FOUND, "weft tail takes traces alone: POST them to /v1/traces");
    if (strcmp(path, "/v1/traces") != 0)
        refuse(r, MHD_HTTP_NOT_FOUND, "nothing here: POST traces to /v1/traces");
    if (strcmp(method, MHD_HTTP_METHOD_POST) != 0)
        refuse(r, MHD_HTTP_METHOD_NOT_ALLOWED, "the method must be POST");
    if (is_type(type, "application/json"))
        refuse(r, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
               "JSON is not understood here: set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf");
    if (!r->reply.protobuf)
        refuse(r, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "the content type must be application/x-protobuf");
    if (!r->gzip && coding[0] != '\0' && strcasecmp(coding, "identity") != 0)
        refuse(r, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "the content encoding must be gzip or none");
    const char *length = header_of(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (strtoull(length, NULL, 10) > body_limit)
        refuse(r, MHD_HTTP_CONTENT_TOO_LARGE, "the body is larger than 64 MiB");
}

static void drop_body(tail_server *server, request *r)
{
    server->bodies -= r->capacity;
    free(r->body);
    r->body = NULL;
    r->size = r->capacity = 0;
}

static bool make_room(tail_server *server, request *r, size_t more)
{
    size_t needed = r->size + more, capacity = r->capacity == 0 ? 16 * 1024 : r->capacity;
    while (capacity < needed)
        capacity *= 2;
    capacity = capacity < body_limit ? capacity : body_limit;
    if (capacity == r->capacity)
        return true;
    if (server->bodies + (capacity - r->capacity) > bodies_limit)
        return false;
    uint8_t *body = realloc(r->body, capacity);
    if (body == NULL)
        return false;
    server->bodies += capacity - r->capacity;
    r->body = body;
    r->capacity = capacity;
    return true;
}

/* False: the client goes on and on, close the connection. */
static bool receive(tail_server *server, request *r, const char *data, size_t size)
{
    if (r->reply.text == NULL && size > body_limit - r->size)
        refuse(r, MHD_HTTP_CONTENT_TOO_LARGE, "the body is larger than 64 MiB");
    if (r->reply.text == NULL && !make_room(server, r, size))
        refuse(r, MHD_HTTP_SERVICE_UNAVAILABLE, "too many requests at once");
    if (r->reply.text != NULL) {
        drop_body(server, r);
        r->skipped += size;
        return r->skipped <= body_limit;
    }
    memcpy(r->body + r->size, data, size);
    r->size += size;
    return true;
}

static void refuse_result(request *r, tail_result result, const char *malformed, const char *too_large)
{
    switch (result) {
    case TAIL_TAKEN:
        break;
    case TAIL_MALFORMED:
        refuse(r, MHD_HTTP_BAD_REQUEST, malformed);
        break;
    case TAIL_TOO_LARGE:
        refuse(r, MHD_HTTP_CONTENT_TOO_LARGE, too_large);
        break;
    case TAIL_NO_MEMORY:
        refuse(r, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
        break;
    }
}

static void process(tail_server *server, request *r)
{
    if (r->reply.text == NULL && r->gzip) {
        uint8_t *plain = NULL;
        size_t size = 0;
        refuse_result(r, tail_gunzip(r->body, r->size, body_limit, &plain, &size), "the body is not valid gzip",
                      "the body is larger than 64 MiB uncompressed");
        drop_body(server, r);
        r->body = plain;
        r->size = size;
    }
    if (r->reply.text == NULL)
        refuse_result(r, server->take(server->arg, r->body, r->size),
                      "the body is not a valid ExportTraceServiceRequest", "the body is too large or too deep");
    server->refused += r->reply.text != NULL;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are those of libmicrohttpd */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path, const char *method,
                                  const char *version, const char *data, size_t *size, void **state)
{
    (void)version;
    tail_server *server = arg;
    request *r = *state;
    if (r == NULL) {
        *state = r = calloc(1, sizeof *r);
        if (r == NULL)
            return MHD_NO;
        r->reply.status = MHD_HTTP_OK;
        judge(r, connection, path, method);
        /* The one refusal that does not wait for the body. */
        if (r->reply.status != MHD_HTTP_CONTENT_TOO_LARGE)
            return MHD_YES;
    }
    if (*size > 0) {
        bool more = receive(server, r, data, *size);
        *size = 0;
        return more ? MHD_YES : MHD_NO;
    }
    process(server, r);
    return tail_reply_send(connection, &r->reply) ? MHD_YES : MHD_NO;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    (void)connection, (void)code;
    request *r = *state;
    if (r == NULL)
        return;
    drop_body(arg, r);
    free(r);
    *state = NULL;
}

static void on_message(void *arg, const char *format, va_list arguments)
{
    (void)arg, (void)format, (void)arguments; /* about broken connections: nothing that a user could act on */
}

tail_server *tail_server_new(const char *host, uint16_t port, tail_body_fn *take, void *arg, char *error, size_t size)
{
    tail_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        (void)snprintf(error, size, "out of memory");
        return NULL;
    }
    server->take = take;
    server->arg = arg;
    int fd = tail_listen(host, port, server->url, sizeof server->url);
    if (fd >= 0)
        server->daemon =
            MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, server,
                             MHD_OPTION_EXTERNAL_LOGGER, on_message, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
                             MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
                             (unsigned)IDLE_SECONDS, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_END);
    if (server->daemon == NULL) {
        (void)snprintf(error, size, "%s", fd < 0 ? server->url : "the HTTP server does not start");
        free(server);
        return NULL;
    }
    server->fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    return server;
}

const char *tail_server_url(const tail_server *server)
{
    return server->url;
}

int tail_server_fd(const tail_server *server)
{
    return server->fd;
}

int64_t tail_server_timeout(const tail_server *server)
{
    MHD_UNSIGNED_LONG_LONG timeout;
    return MHD_get_timeout(server->daemon, &timeout) == MHD_YES ? (int64_t)timeout : -1;
}

void tail_server_run(tail_server *server)
{
    (void)MHD_run(server->daemon);
}

uint64_t tail_server_refused(const tail_server *server)
{
    return server->refused;
}

void tail_server_free(tail_server *server)
{
    if (server == NULL)
        return;
    MHD_stop_daemon(server->daemon);
    free(server);
}
