/* transport.h - a request in; a response, a failure or a deadline out. libcurl behind it in programs, a simulated
 * network in tests. One transport serves one exporter; it is driven by the pump, on one thread at a time. */
#ifndef WEFT_EXPORTERS_TRANSPORT_TRANSPORT_H
#define WEFT_EXPORTERS_TRANSPORT_TRANSPORT_H

#include <poll.h>

#include "sdk/base/buffer.h"

typedef struct weft__request {
    const char *url;
    const char *const *headers; /* "name: value", NULL after the last */
    const uint8_t *body;        /* borrowed until done */
    size_t body_size;
    size_t response_limit; /* bytes, after decompression */
    int64_t deadline;      /* monotonic ms; INT64_MAX: none */
} weft__request;

/* Why there is no response. */
typedef enum weft__failure {
    WEFT__ANSWERED,    /* there is one */
    WEFT__UNREACHABLE, /* not resolved, refused, not connected, no TLS: worth another try */
    WEFT__BROKEN,      /* the connection ended before the response did: worth another try */
    WEFT__EXPIRED,     /* the deadline came first */
    WEFT__OVERSIZE,    /* the response is larger than its limit: final */
    WEFT__UNUSABLE,    /* the request cannot be made (bad URL, refused certificate): final */
} weft__failure;

typedef struct weft__response {
    weft__failure failure;
    int status;          /* of HTTP */
    int64_t retry_after; /* ms, from Retry-After in either form; -1: none */
    const uint8_t *body; /* borrowed for the call */
    size_t body_size;
    const char *content_type;
    const char *message; /* with a failure: the cause, for people */
} weft__response;

typedef struct weft__transport weft__transport;
typedef void weft__done_fn(void *arg, const weft__response *response);

typedef struct weft__transport_ops {
    /* Starts the one request that may be under way; done follows from step (never from inside send or cancel). */
    weft_status (*send)(weft__transport *transport, const weft__request *request, weft__done_fn *done, void *arg);
    void (*cancel)(weft__transport *transport); /* no done for it any more */
    size_t (*fds)(weft__transport *transport, struct pollfd *fds, size_t room);
    int64_t (*deadline)(weft__transport *transport);
    void (*step)(weft__transport *transport, const struct pollfd *fds, size_t count);
    void (*free)(weft__transport *transport);
} weft__transport_ops;

/* The public head of each kind's own struct. */
struct weft__transport {
    const weft__transport_ops *ops;
};

/* Files in PEM; NULL: what libcurl uses by default. They are read when the transport is made, and not kept open. */
typedef struct weft__tls {
    const char *certificate;                     /* trust anchors, in place of the system's */
    const char *client_certificate, *client_key; /* who we are */
} weft__tls;

/* libcurl. NULL without memory or where libcurl is too old. tls NULL: all by default. */
weft__transport *weft__transport_curl(const weft__tls *tls);

#endif
