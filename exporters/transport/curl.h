/* curl.h - the parts of the libcurl transport: its state, its options, its descriptors. For exporters/transport alone.
 */
#ifndef WEFT_EXPORTERS_TRANSPORT_CURL_H
#define WEFT_EXPORTERS_TRANSPORT_CURL_H

#include <curl/curl.h>

#include "exporters/transport/transport.h"

#if LIBCURL_VERSION_NUM < 0x075800
#error "Weft needs the headers of libcurl 7.88 or newer"
#endif

/* libcurl has at most 5 sockets for one transfer; more are not watched, and the deadline ends the request. */
enum { WEFT__CURL_SOCKETS = 8, WEFT__CURL_HEADER_LIMIT = 64 * 1024 };

typedef struct weft__curl_socket {
    int fd;       /* -1: a free place */
    short events; /* for poll; 0: open, but not watched */
    bool ours;    /* made by the open callback; else libcurl's own, of a name lookup */
} weft__curl_socket;

typedef struct weft__curl {
    weft__transport base;
    CURLM *multi;
    CURL *easy; /* one for all requests */
    struct curl_slist *headers;
    weft__done_fn *done; /* NULL: no request is under way */
    void *arg;
    bool added;                                    /* the easy handle is in the multi handle */
    int64_t timer, deadline;                       /* monotonic ms; INT64_MAX: none */
    weft__curl_socket sockets[WEFT__CURL_SOCKETS]; /* all that are open: what a forked child has to close */
    int lookup;                                    /* reports the end of a name lookup that was begun; -1: none */
    weft__buffer body;
    size_t response_limit, header_bytes;
    bool oversize;
    char error[CURL_ERROR_SIZE];
    char *http_proxy, *https_proxy, *no_proxy; /* read once: the program may change its environment later */
} weft__curl;

/* curl_setup.c: all that is the same for every request. */
bool weft__curl_usable(void); /* starts libcurl, once for the process; false (told once) where it is too old */
bool weft__curl_setup(weft__curl *curl, const weft__tls *tls);

/* curl_sockets.c: which descriptors there are, and that no other program inherits them. */
bool weft__curl_watch(weft__curl *curl); /* sets the callbacks on both handles */
int weft__curl_lowest_free(void);
void weft__curl_hide_wakeup(CURLM *multi, int lowest); /* lowest: from before the handle was made */
bool weft__curl_lookup_ended(weft__curl *curl);        /* true also where there was none */

/* curl_result.c: what came out of a transfer. */
void weft__curl_result(weft__curl *curl, CURLcode code, weft__response *response);

#endif
