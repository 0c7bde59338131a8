/* client.c - libcurl with tracing: the context of the span goes into the request's headers. */
#include "client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weft/weft.h>

WEFT_INSTRUMENTATION("shop.client", "1.0.0");

enum { TIMEOUT_MS = 5000 };

/* A carrier over a list of libcurl's headers. */
static void header_set(void *self, const char *name, const char *value)
{
    struct curl_slist **list = self;
    size_t size = strlen(name) + strlen(value) + sizeof ": ";
    char *line = malloc(size);
    if (line == NULL)
        return;
    (void)snprintf(line, size, "%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(*list, line);
    *list = longer != NULL ? longer : *list;
    free(line);
}

static size_t keep_text(char *data, size_t one, size_t size, void *self)
{
    struct answer *answer = self;
    size_t used = strlen(answer->text), room = sizeof answer->text - 1 - used;
    memcpy(answer->text + used, data, size < room ? size : room);
    (void)one;
    return size;
}

static void add_arguments(CURLU *url, const struct argument *arguments)
{
    for (; arguments->name != NULL; arguments++) {
        char pair[256];
        (void)snprintf(pair, sizeof pair, "%s=%s", arguments->name, arguments->value);
        (void)curl_url_set(url, CURLUPART_QUERY, pair, CURLU_APPENDQUERY | CURLU_URLENCODE);
    }
}

/* Whom the span is about. */
static void set_peer(const weft_span *span, CURLU *url)
{
    static const struct {
        CURLUPart part;
        const char *key;
    } parts[] = { { CURLUPART_URL, "url.full" }, { CURLUPART_HOST, "server.address" } };
    char *text = NULL;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (curl_url_get(url, parts[i].part, &text, 0) != CURLUE_OK)
            continue;
        weft_span_set(span, weft_attr(parts[i].key, text));
        curl_free(text);
    }
    if (curl_url_get(url, CURLUPART_PORT, &text, CURLU_DEFAULT_PORT) == CURLUE_OK) {
        weft_span_set(span, weft_attr("server.port", strtol(text, NULL, 10)));
        curl_free(text);
    }
}

/* A few types instead of hundreds of messages: error.type is for counting. */
static const char *type_of(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return "name_resolution_error";
    case CURLE_COULDNT_CONNECT:
        return "connection_error";
    case CURLE_OPERATION_TIMEDOUT:
        return "timeout";
    default:
        return "transfer_error";
    }
}

static void set_outcome(const weft_span *span, CURLcode code, long status)
{
    if (code != CURLE_OK) {
        weft_span_error(span, type_of(code), "%s", curl_easy_strerror(code));
        return;
    }
    weft_span_set(span, weft_attr("http.response.status_code", status));
    if (status >= 400) { /* to a client also 4xx is a failure */
        char type[24];
        (void)snprintf(type, sizeof type, "%ld", status);
        weft_span_set(span, weft_attr("error.type", type));
        weft_span_status_set(span, WEFT_STATUS_ERROR, NULL);
    }
}

static void send_request(CURL *curl, CURLU *url, struct answer *answer)
{
    struct curl_slist *headers = NULL;
    WEFT_SPAN(span, "POST", .kind = WEFT_KIND_CLIENT,
              .attributes = WEFT_ATTRS(weft_attr("http.request.method", "POST")));
    set_peer(&span, url);
    weft_carrier carrier = { .size = sizeof carrier, .self = &headers, .set = header_set };
    weft_inject(NULL, &carrier); /* NULL: the current context, which is that of the span */

    (void)curl_easy_setopt(curl, CURLOPT_CURLU, url);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_text);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    CURLcode code = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
    set_outcome(&span, code, answer->status);
    curl_slist_free_all(headers);
}

void client_start(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

void post(const char *base, const char *path, const struct argument *arguments, struct answer *answer)
{
    *answer = (struct answer){ 0 };
    CURL *curl = curl_easy_init();
    CURLU *url = curl_url();
    if (curl != NULL && url != NULL && curl_url_set(url, CURLUPART_URL, base, 0) == CURLUE_OK &&
        curl_url_set(url, CURLUPART_PATH, path, 0) == CURLUE_OK) {
        add_arguments(url, arguments);
        send_request(curl, url, answer);
    }
    curl_url_cleanup(url);
    curl_easy_cleanup(curl);
}
