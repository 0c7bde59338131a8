/* http_client.c - a driver for one transport. */
#include "tests/support/http_client.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "sdk/base/clock.h"

void client_done(void *arg, const weft__response *response)
{
    client_outcome *outcome = arg;
    outcome->times++;
    outcome->response = *response;
    snprintf(outcome->body, sizeof(outcome->body), "%.*s", (int)weft__min(response->body_size, 255),
             response->body != NULL ? (const char *)response->body : "");
    snprintf(outcome->content_type, sizeof(outcome->content_type), "%s",
             response->content_type != NULL ? response->content_type : "");
    snprintf(outcome->message, sizeof(outcome->message), "%s", response->message != NULL ? response->message : "");
}

void client_turn(weft__transport *transport)
{
    struct pollfd fds[8];
    size_t count = transport->ops->fds(transport, fds, 8);
    int64_t left = transport->ops->deadline(transport) - weft__monotonic_ms();
    poll(fds, (nfds_t)count, left < 0 ? 0 : left > 20 ? 20 : (int)left);
    transport->ops->step(transport, fds, count);
}

void client_drive(weft__transport *transport, client_outcome *outcome)
{
    while (outcome->times == 0)
        client_turn(transport);
}

void client_post(weft__transport *transport, const char *url, const void *body, size_t size, int64_t timeout_ms,
                 client_outcome *outcome)
{
    const char *const headers[] = { "Content-Type: application/x-protobuf", "User-Agent: test/1", NULL };
    weft__request request = {
        .url = url,
        .headers = headers,
        .body = body,
        .body_size = size,
        .response_limit = 64 * 1024,
        .deadline = weft__monotonic_ms() + timeout_ms,
    };
    memset(outcome, 0, sizeof(*outcome));
    if (transport->ops->send(transport, &request, client_done, outcome) == WEFT_OK)
        client_drive(transport, outcome);
}

size_t client_count_descriptors(bool only_inherited)
{
    size_t count = 0;
    for (int fd = 3; fd < 1024; fd++) {
        int flags = fcntl(fd, F_GETFD);
        count += flags >= 0 && (!only_inherited || (flags & FD_CLOEXEC) == 0);
    }
    return count;
}
