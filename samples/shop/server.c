/* server.c - libmicrohttpd with tracing: the parent and the baggage of a span come from the request's headers. */
#include "server.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <weft/weft.h>

WEFT_INSTRUMENTATION("shop.server", "1.0.0");

enum { THREADS = 4 };

/* A carrier over libmicrohttpd's headers. A header may come several times, so it is asked for by name and number. */

struct wanted {
    const char *name;
    size_t index;
    weft_text value;
};

static enum MHD_Result look_at(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct wanted *wanted = arg;
    (void)kind;
    if (value == NULL || strcasecmp(name, wanted->name) != 0 || wanted->index-- > 0)
        return MHD_YES;
    wanted->value = weft_text_n(value, strlen(value));
    return MHD_NO; /* found: no more */
}

static weft_text header_get(void *connection, const char *name, size_t index)
{
    struct wanted wanted = { name, index, { NULL, 0 } };
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, look_at, &wanted);
    return wanted.value;
}

/* The semantic conventions want names from a small set: a client must not be able to invent more. */
static const char *known_method(const char *method)
{
    static const char *const known[] = {
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(method, known[i]) == 0)
            return method;
    return NULL;
}

static void set_host(const weft_span *span, struct MHD_Connection *connection)
{
    const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
    const char *colon = host != NULL ? strrchr(host, ':') : NULL;
    if (colon != NULL)
        weft_span_set(span, weft_attr("server.address", weft_text_n(host, (size_t)(colon - host))),
                      weft_attr("server.port", strtol(colon + 1, NULL, 10)));
}

static void answer(const struct request *request, const struct route *route, struct reply *reply)
{
    const char *method = known_method(request->method);
    char name[128];
    (void)snprintf(name, sizeof name, "%s%s%s", method != NULL ? method : "HTTP", route->path != NULL ? " " : "",
                   route->path != NULL ? route->path : "");

    weft_carrier headers = { .size = sizeof headers, .self = request->connection, .get = header_get };
    WEFT_SPAN(span, name, .kind = WEFT_KIND_SERVER, .carrier = &headers,
              .attributes = WEFT_ATTRS(weft_attr("http.request.method", method != NULL ? method : "_OTHER"),
                                       weft_attr("url.scheme", "http"), weft_attr("url.path", request->path),
                                       weft_attr("network.protocol.version", "1.1")));
    set_host(&span, request->connection);
    if (route->path != NULL) {
        weft_span_set(&span, weft_attr("http.route", route->path));
        route->handler(request, reply);
    } else {
        reply_with(reply, MHD_HTTP_NOT_FOUND, "there is nothing at %s", request->path);
    }
    weft_span_set(&span, weft_attr("http.response.status_code", reply->status));
    if (reply->status >= 500) { /* what the client did wrong is no error of the server */
        char type[16];
        (void)snprintf(type, sizeof type, "%u", reply->status);
        weft_span_set(&span, weft_attr("error.type", type));
        weft_span_status_set(&span, WEFT_STATUS_ERROR, NULL);
    }
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are those of libmicrohttpd */
static enum MHD_Result on_request(void *routes, struct MHD_Connection *connection, const char *path, const char *method,
                                  const char *version, const char *data, size_t *size, void **state)
{
    (void)version, (void)data;
    if (*state == NULL) { /* the headers are here; wait for the end of the body */
        *state = routes;
        return MHD_YES;
    }
    if (*size > 0) { /* no route needs a body */
        *size = 0;
        return MHD_YES;
    }
    struct request request = { connection, method, path };
    struct reply reply = { .status = MHD_HTTP_OK };
    const struct route *route = routes;
    while (route->path != NULL && (strcmp(route->method, method) != 0 || strcmp(route->path, path) != 0))
        route++;
    answer(&request, route, &reply);

    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(reply.text), reply.text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result queued = MHD_queue_response(connection, reply.status, response);
    MHD_destroy_response(response);
    return queued;
}

static sem_t ended;

static void on_signal(int number)
{
    (void)number;
    (void)sem_post(&ended);
}

static void wait_for_end(void)
{
    while (sem_wait(&ended) != 0) /* a signal may interrupt it */
        continue;
}

int serve(const char *name, const char *port, const struct route *routes)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(port, NULL, 10)) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct sigaction action = { .sa_handler = on_signal };
    if (sem_init(&ended, 0, 0) != 0)
        return EXIT_FAILURE;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);

    struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL,
                                                 on_request, (void *)(uintptr_t)routes, MHD_OPTION_SOCK_ADDR, &address,
                                                 MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_END);
    if (daemon == NULL) {
        (void)fprintf(stderr, "%s: cannot listen on port %s\n", name, port);
        return EXIT_FAILURE;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    printf("%s: listening on http://127.0.0.1:%u\n", name, (unsigned)info->port);
    (void)fflush(stdout);
    wait_for_end();
    MHD_stop_daemon(daemon);
    return EXIT_SUCCESS;
}

const char *request_argument(const struct request *request, const char *name)
{
    const char *value = MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
    return value != NULL ? value : "";
}

void reply_with(struct reply *reply, unsigned status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reply->text, sizeof reply->text, format, arguments);
    va_end(arguments);
    reply->status = status;
}
