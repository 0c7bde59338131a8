/* curl_setup.c - starts libcurl and sets the options that are the same for every request. */
#include "exporters/transport/curl.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sdk/base/diag.h"

enum { OLDEST = 0x075800, PEM_LIMIT = 4 * 1024 * 1024 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool usable; /* written once, by start */

static void start(void)
{
    tzset(); /* now, and not when a date is first formatted, in the middle of the program's own setenv calls */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        weft__diag(WEFT__ERROR, "curl", "libcurl cannot be initialised: nothing will be sent over HTTP");
        return;
    }
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    if (info->version_num < OLDEST) {
        weft__diag(WEFT__ERROR, "curl", "libcurl %s is too old, 7.88.0 is needed: nothing will be sent over HTTP",
                   info->version);
        return;
    }
    if ((info->features & CURL_VERSION_ASYNCHDNS) == 0)
        weft__diag(WEFT__WARNING, "curl",
                   "this libcurl looks names up synchronously: a slow name server delays flush "
                   "and stop; use a numeric address or localhost");
    usable = true;
}

bool weft__curl_usable(void)
{
    pthread_once(&once, start);
    return usable;
}

/* The first of the variables that is set, copied; "" where none is: libcurl then does not look itself. */
static char *first_set(const char *const *names)
{
    const char *value = NULL;
    for (; *names != NULL && value == NULL; names++)
        value = getenv(*names);
    return strdup(value != NULL ? value : "");
}

/* As libcurl does it, HTTP_PROXY in capitals left out for its reason (CGI), but once and not on each request. */
static bool read_proxies(weft__curl *curl)
{
    curl->http_proxy = first_set((const char *const[]){ "http_proxy", "all_proxy", "ALL_PROXY", NULL });
    curl->https_proxy =
        first_set((const char *const[]){ "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL });
    curl->no_proxy = first_set((const char *const[]){ "no_proxy", "NO_PROXY", NULL });
    return curl->http_proxy != NULL && curl->https_proxy != NULL && curl->no_proxy != NULL &&
           curl_easy_setopt(curl->easy, CURLOPT_NOPROXY, curl->no_proxy) == CURLE_OK;
}

static bool read_file(const char *path, weft__buffer *out)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    out->limit = PEM_LIMIT;
    enum { PART = 4096 };
    size_t got;
    do {
        uint8_t *room = weft__buffer_reserve(out, PART);
        got = room != NULL ? fread(room, 1, PART, file) : 0;
        out->size += got;
    } while (got == PART);
    bool read = !ferror(file) && !out->failed && out->size != 0;
    fclose(file);
    return read;
}

/* From memory: after a chroot, or with fewer rights, the files may be out of reach. */
static bool set_pem(weft__curl *curl, CURLoption option, const char *what, const char *path)
{
    if (path == NULL)
        return true;
    weft__buffer pem = { 0 };
    bool set = true;
    if (read_file(path, &pem)) {
        struct curl_blob blob = { .data = pem.data, .len = pem.size, .flags = CURL_BLOB_COPY };
        set = curl_easy_setopt(curl->easy, option, &blob) == CURLE_OK;
    } else {
        weft__diag(WEFT__ERROR, "tls", "%s \"%s\" cannot be read: going on without it", what, path);
    }
    weft__buffer_clear(&pem);
    return set;
}

static size_t on_body(char *data, size_t one, size_t size, void *arg)
{
    (void)one;
    weft__curl *curl = arg;
    curl->oversize = size > curl->response_limit - curl->body.size;
    if (curl->oversize)
        return CURL_WRITEFUNC_ERROR;
    weft__buffer_put(&curl->body, data, size);
    return curl->body.failed ? CURL_WRITEFUNC_ERROR : size;
}

/* libcurl gives the type. NOLINTNEXTLINE(readability-non-const-parameter) */
static size_t on_header(char *data, size_t one, size_t size, void *arg)
{
    (void)data, (void)one;
    weft__curl *curl = arg;
    curl->header_bytes += size;
    curl->oversize = curl->header_bytes > WEFT__CURL_HEADER_LIMIT;
    return curl->oversize ? CURL_WRITEFUNC_ERROR : size;
}

bool weft__curl_setup(weft__curl *curl, const weft__tls *tls)
{
    CURL *easy = curl->easy;
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        { CURLOPT_NOSIGNAL, 1 },      { CURLOPT_QUICK_EXIT, 1 },
        { CURLOPT_POST, 1 },          { CURLOPT_NOPROGRESS, 1 },
        { CURLOPT_TCP_KEEPALIVE, 1 }, { CURLOPT_FOLLOWLOCATION, 0 },
        { CURLOPT_TCP_NODELAY, 1 },   { CURLOPT_SUPPRESS_CONNECT_HEADERS, 1 },
    };
    bool set = true;
    for (size_t i = 0; i < WEFT_COUNT_OF(numbers); i++)
        set &= curl_easy_setopt(easy, numbers[i].option, numbers[i].value) == CURLE_OK;
    set &= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
    set &= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, curl->error) == CURLE_OK;
    set &= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK;
    set &= curl_easy_setopt(easy, CURLOPT_WRITEDATA, curl) == CURLE_OK;
    set &= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK;
    set &= curl_easy_setopt(easy, CURLOPT_HEADERDATA, curl) == CURLE_OK;
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip"); /* may be missing from a build: then plain */
    if (tls != NULL) {
        set &= set_pem(curl, CURLOPT_CAINFO_BLOB, "the certificate", tls->certificate);
        if (tls->certificate != NULL)
            curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* else the system's would be trusted as well */
        set &= set_pem(curl, CURLOPT_SSLCERT_BLOB, "the client certificate", tls->client_certificate);
        set &= set_pem(curl, CURLOPT_SSLKEY_BLOB, "the client key", tls->client_key);
        curl_easy_setopt(easy, CURLOPT_KEYPASSWD, ""); /* else OpenSSL asks for one on the terminal, and waits */
    }
    return set && read_proxies(curl);
}
