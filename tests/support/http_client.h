/* http_client.h - drives a transport by poll, as the pump does, and keeps a copy of what came of a request. */
#ifndef WEFT_TESTS_SUPPORT_HTTP_CLIENT_H
#define WEFT_TESTS_SUPPORT_HTTP_CLIENT_H

#include "exporters/transport/transport.h"

typedef struct client_outcome {
    size_t times; /* that done was called */
    weft__response response;
    char body[256], content_type[128], message[300];
} client_outcome;

/* The done function; arg is a client_outcome. */
void client_done(void *arg, const weft__response *response);
/* Polls and steps until done has been called, or at most so many times. */
void client_drive(weft__transport *transport, client_outcome *outcome);
void client_turn(weft__transport *transport);
/* A POST of these bytes, to its end, within timeout_ms. */
void client_post(weft__transport *transport, const char *url, const void *body, size_t size, int64_t timeout_ms,
                 client_outcome *outcome);
/* The descriptors that are open; with only_inherited, those that a program started by exec would get. */
size_t client_count_descriptors(bool only_inherited);

#endif
