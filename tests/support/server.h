/* server.h - a scripted HTTP server on loopback for tests of clients: answers as told, well or badly, and remembers
 * what it was sent. Every request is answered by the next step of the script; the last one stays. */
#ifndef WEFT_TESTS_SUPPORT_SERVER_H
#define WEFT_TESTS_SUPPORT_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What happens after the part of the answer that is sent. */
typedef enum test_end { SERVER_KEEP, SERVER_CLOSE, SERVER_RESET, SERVER_HANG } test_end;

typedef struct test_step {
    int status;          /* 0: nothing is sent at all */
    const char *headers; /* whole lines, each with CR LF; NULL: none */
    const void *body;
    size_t body_size;
    size_t repeat;   /* the body is sent so many times; 0: once */
    size_t missing;  /* Content-Length promises so many bytes more than are sent */
    bool chunked;    /* in chunks of the body's size, in place of Content-Length */
    bool unfinished; /* chunked: without the last chunk */
    bool held;       /* only after server_release() */
    bool early;      /* the end comes before the request's body has been read, and nothing is sent */
    test_end end;
} test_step;

typedef struct test_request {
    char head[8192]; /* request line and headers, as they came */
    uint8_t *body;   /* gzip undone */
    size_t body_size;
    size_t sent_size;  /* as it came */
    size_t connection; /* 0, 1, 2 ... */
} test_request;

typedef struct test_server test_server;

test_server *server_start(const test_step *steps, size_t count);
/* Listens, but a connection is never established. */
test_server *server_start_deaf(void);
void server_stop(test_server *server);

const char *server_url(const test_server *server); /* http://127.0.0.1:port */
int server_port(const test_server *server);
/* Lets one held answer go, now or when it comes. */
void server_release(test_server *server);
/* Blocks until so many requests have come in whole. */
void server_wait(test_server *server, size_t requests);
size_t server_requests(test_server *server);
size_t server_connections(test_server *server);
/* The request with this number; NULL: there is none. Lives until the stop. */
const test_request *server_get(test_server *server, size_t index);
/* Copies the value of a header; false: there is none. */
bool server_header(const test_request *request, const char *name, char *out, size_t size);

#endif
