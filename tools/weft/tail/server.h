/* server.h - receives OTLP/HTTP: everything about the protocol, nothing about spans. One thread: the caller's loop. */
#ifndef WEFT_TOOLS_TAIL_SERVER_H
#define WEFT_TOOLS_TAIL_SERVER_H

#include "tools/weft/tail/decode.h"

enum { TAIL_URL_SIZE = 128 };

/** The body of one request, uncompressed; borrowed. */
typedef tail_result tail_body_fn(void *arg, const uint8_t *data, size_t size);

typedef struct tail_server tail_server;

/** Listens on a numeric address or "localhost"; port 0: any free one. On failure NULL, and the reason in `error`. */
tail_server *tail_server_new(const char *host, uint16_t port, tail_body_fn *take, void *arg, char *error, size_t size);
/** "http://127.0.0.1:4318". */
const char *tail_server_url(const tail_server *server);
/** Readable when there is something to do. */
int tail_server_fd(const tail_server *server);
/** Milliseconds until there is something to do without that, -1 for never. */
int64_t tail_server_timeout(const tail_server *server);
/** Does what there is to do. Never waits. */
void tail_server_run(tail_server *server);
/** Requests that were refused. */
uint64_t tail_server_refused(const tail_server *server);
void tail_server_free(tail_server *server);

#endif
