/* server.h - a small HTTP server with a span for each request. */
#ifndef SHOP_SERVER_H
#define SHOP_SERVER_H

#include <stddef.h>
#include <stdint.h>

struct MHD_Connection;

struct request {
    struct MHD_Connection *connection;
    const char *method, *path;
};

struct reply {
    unsigned status;
    char text[512];
};

/* Runs in the request's span, on one of the server's threads. */
typedef void handler(const struct request *request, struct reply *reply);

struct route {
    const char *method, *path;
    handler *handler;
};

/* Serves until SIGINT or SIGTERM; port 0 is any free one. Prints "NAME: listening on http://127.0.0.1:PORT". Returns
 * the exit status. The list of routes ends with an empty one. */
int serve(const char *name, const char *port, const struct route *routes);

/* An argument of the query; "" where there is none. */
const char *request_argument(const struct request *request, const char *name);
void reply_with(struct reply *reply, unsigned status, const char *format, ...)
    __attribute__((__format__(__printf__, 3, 4)));

#endif
