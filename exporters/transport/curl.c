/* curl.c - the transport over libcurl's multi socket interface: it never waits, its driver does.
 *
 * All calls come from the pump. A host that drives the pump on a thread of its own has signals open there, while
 * libcurl creates threads and writes to sockets: every entry blocks them (see enter). */
#include "exporters/transport/curl.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "sdk/base/clock.h"

enum { UPLOAD_LEAST = 64 * 1024, UPLOAD_MOST = 2 * 1024 * 1024 };

/* What was so before. */
typedef struct signals {
    sigset_t mask;
    bool pipe_was_pending;
} signals;

/* Threads that libcurl starts (name lookups) inherit the mask and shall not run the program's handlers; and a SIGPIPE
 * from the TLS library's depths must not end the program. */
static void enter(signals *before)
{
    sigset_t all, pending;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before->mask);
    before->pipe_was_pending =
        sigismember(&before->mask, SIGPIPE) == 1 && sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

static void leave(const signals *before)
{
    sigset_t pending;
    if (!before->pipe_was_pending && sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1) {
        sigset_t pipe;
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        sigtimedwait(&pipe, NULL, &(struct timespec){ 0 });
    }
    pthread_sigmask(SIG_SETMASK, &before->mask, NULL);
}

static bool set_headers(weft__curl *curl, const char *const *headers)
{
    for (; headers != NULL && *headers != NULL; headers++) {
        struct curl_slist *more = curl_slist_append(curl->headers, *headers);
        if (more == NULL)
            return false;
        curl->headers = more;
    }
    /* Without it libcurl asks for permission before it sends a large body: a round trip for each batch. */
    struct curl_slist *more = curl_slist_append(curl->headers, "Expect:");
    if (more == NULL)
        return false;
    curl->headers = more;
    return curl_easy_setopt(curl->easy, CURLOPT_HTTPHEADER, curl->headers) == CURLE_OK;
}

/* libcurl copies the body in pieces of this size; it allocates the buffer for each request. */
static long upload_size(size_t body)
{
    long size = UPLOAD_LEAST;
    while (size < UPLOAD_MOST && (size_t)size < body)
        size *= 2;
    return size;
}

static bool prepare(weft__curl *curl, const weft__request *request)
{
    int64_t left = request->deadline == INT64_MAX ? INT32_MAX : request->deadline - weft__monotonic_ms();
    long connect = left > INT32_MAX ? INT32_MAX : left < 1 ? 1 : (long)left;
    const char *proxy = strncasecmp(request->url, "https:", 6) == 0 ? curl->https_proxy : curl->http_proxy;
    CURL *easy = curl->easy;
    return set_headers(curl, request->headers) && curl_easy_setopt(easy, CURLOPT_URL, request->url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, proxy) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body != NULL ? (const char *)request->body : "") ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, upload_size(request->body_size)) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect) == CURLE_OK;
}

/* Ends the request on libcurl's side. */
static void release(weft__curl *curl)
{
    if (curl->added)
        curl_multi_remove_handle(curl->multi, curl->easy);
    curl->added = false;
    curl_easy_setopt(curl->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(curl->headers);
    curl->headers = NULL;
    curl->done = NULL;
    curl->timer = curl->deadline = INT64_MAX;
    weft__curl_lookup_ended(curl);
}

/* One name lookup at a time: the thread of one that was given up lingers for as long as the name servers are silent,
 * and each new request would add another. */
static bool begin(weft__curl *curl)
{
    if (!weft__curl_lookup_ended(curl))
        return true;
    curl->added = curl_multi_add_handle(curl->multi, curl->easy) == CURLM_OK;
    return curl->added;
}

static weft_status send_request(weft__transport *transport, const weft__request *request, weft__done_fn *done,
                                void *arg)
{
    weft__curl *curl = (weft__curl *)transport;
    if (request == NULL || request->url == NULL || done == NULL)
        return WEFT_E_INVALID;
    if (curl->done != NULL)
        return WEFT_E_MISUSE;
    signals before;
    enter(&before);
    curl->response_limit = request->response_limit;
    curl->header_bytes = 0;
    curl->oversize = false;
    curl->error[0] = '\0';
    weft__buffer_reset(&curl->body);
    bool begun = prepare(curl, request) && begin(curl);
    if (begun) {
        curl->done = done;
        curl->arg = arg;
        curl->deadline = request->deadline;
    } else {
        release(curl);
    }
    leave(&before);
    return begun ? WEFT_OK : WEFT_E_MEMORY;
}

static void cancel(weft__transport *transport)
{
    weft__curl *curl = (weft__curl *)transport;
    if (curl->done == NULL)
        return;
    signals before;
    enter(&before);
    release(curl);
    leave(&before);
}

static size_t fds(weft__transport *transport, struct pollfd *fds, size_t room)
{
    weft__curl *curl = (weft__curl *)transport;
    size_t count = 0;
    if (curl->done == NULL)
        return 0;
    for (size_t i = 0; i < WEFT__CURL_SOCKETS; i++) {
        const weft__curl_socket *socket = &curl->sockets[i];
        if (socket->fd < 0 || socket->events == 0)
            continue;
        if (count++ < room)
            fds[count - 1] = (struct pollfd){ .fd = socket->fd, .events = socket->events };
    }
    if (!curl->added && curl->lookup >= 0 && count++ < room)
        fds[count - 1] = (struct pollfd){ .fd = curl->lookup };
    return count;
}

static int64_t deadline(weft__transport *transport)
{
    weft__curl *curl = (weft__curl *)transport;
    if (curl->done == NULL)
        return INT64_MAX;
    return curl->timer < curl->deadline ? curl->timer : curl->deadline;
}

/* Lets libcurl work on one descriptor, or on its timers. */
static void act(weft__curl *curl, curl_socket_t fd, int bits)
{
    int running;
    curl_multi_socket_action(curl->multi, fd, bits, &running);
}

static void act_on_sockets(weft__curl *curl, const struct pollfd *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool watched = false;
        for (size_t at = 0; at < WEFT__CURL_SOCKETS && !watched; at++)
            watched = curl->sockets[at].fd == fds[i].fd && curl->sockets[at].events != 0;
        int bits = (fds[i].revents & (POLLIN | POLLHUP) ? CURL_CSELECT_IN : 0) |
                   (fds[i].revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
                   (fds[i].revents & (POLLERR | POLLNVAL) ? CURL_CSELECT_ERR : 0);
        if (watched && bits != 0)
            act(curl, fds[i].fd, bits);
    }
}

static void act_on_timer(weft__curl *curl)
{
    if (weft__monotonic_ms() < curl->timer)
        return;
    curl->timer = INT64_MAX;
    act(curl, CURL_SOCKET_TIMEOUT, 0);
    long ms = -1;
    if (curl->timer == INT64_MAX && curl_multi_timeout(curl->multi, &ms) == CURLM_OK && ms >= 0)
        curl->timer = weft__monotonic_ms() + ms + 1; /* a timer that stays the same is not announced again */
}

/* True where the request is over. */
static bool ended(weft__curl *curl, weft__response *response)
{
    int left;
    const CURLMsg *message = curl_multi_info_read(curl->multi, &left);
    if (message != NULL && message->msg == CURLMSG_DONE) {
        weft__curl_result(curl, message->data.result, response);
        return true;
    }
    if (weft__monotonic_ms() < curl->deadline)
        return false;
    *response = (weft__response){
        .failure = WEFT__EXPIRED,
        .retry_after = -1,
        .message = !curl->added        ? "an earlier name lookup has not ended"
                   : curl->lookup >= 0 ? "no answer in time (the name lookup may hang)"
                                       : "no answer in time",
    };
    return true;
}

/* The response lives in copies, so that done may begin the next request. */
static void finish(weft__curl *curl, weft__response *response)
{
    weft__done_fn *done = curl->done;
    void *arg = curl->arg;
    weft__buffer body = curl->body;
    char error[CURL_ERROR_SIZE];
    memcpy(error, curl->error, sizeof(error));
    if (response->message == curl->error)
        response->message = error;
    char *type = response->content_type != NULL ? strdup(response->content_type) : NULL;
    response->content_type = type;
    curl->body = (weft__buffer){ 0 };
    release(curl);
    done(arg, response);
    weft__buffer_clear(&body);
    free(type);
}

static void step(weft__transport *transport, const struct pollfd *fds, size_t count)
{
    weft__curl *curl = (weft__curl *)transport;
    weft__response response;
    if (curl->done == NULL)
        return;
    signals before;
    enter(&before);
    if (curl->added || begin(curl)) {
        act_on_sockets(curl, fds, count);
        act_on_timer(curl);
        if (ended(curl, &response))
            finish(curl, &response);
    } else {
        response = (weft__response){ .failure = WEFT__BROKEN, .retry_after = -1, .message = "out of memory" };
        finish(curl, &response);
    }
    leave(&before);
}

static void free_transport(weft__transport *transport)
{
    weft__curl *curl = (weft__curl *)transport;
    if (curl == NULL)
        return;
    signals before;
    enter(&before);
    if (curl->easy != NULL)
        release(curl);
    curl_easy_cleanup(curl->easy);
    curl_multi_cleanup(curl->multi);
    if (curl->lookup >= 0)
        close(curl->lookup);
    leave(&before);
    weft__buffer_clear(&curl->body);
    free(curl->http_proxy);
    free(curl->https_proxy);
    free(curl->no_proxy);
    free(curl);
}

static const weft__transport_ops ops = {
    .send = send_request,
    .cancel = cancel,
    .fds = fds,
    .deadline = deadline,
    .step = step,
    .free = free_transport,
};

weft__transport *weft__transport_curl(const weft__tls *tls)
{
    weft__curl *curl = weft__curl_usable() ? calloc(1, sizeof(*curl)) : NULL;
    if (curl == NULL)
        return NULL;
    int lowest = weft__curl_lowest_free();
    curl->base.ops = &ops;
    curl->lookup = -1;
    curl->timer = curl->deadline = INT64_MAX;
    curl->multi = curl_multi_init();
    if (curl->multi != NULL)
        weft__curl_hide_wakeup(curl->multi, lowest);
    curl->easy = curl_easy_init();
    if (curl->multi == NULL || curl->easy == NULL || !weft__curl_watch(curl) || !weft__curl_setup(curl, tls)) {
        free_transport(&curl->base);
        return NULL;
    }
    return &curl->base;
}
