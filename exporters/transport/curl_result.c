/* curl_result.c - what came out of a transfer: an answer, or which kind of failure. */
#include "exporters/transport/curl.h"

#include <string.h>

#include "sdk/base/clock.h"

static weft__failure failure_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return WEFT__ANSWERED;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_INTERFACE_FAILED:
        return WEFT__UNREACHABLE;
    case CURLE_OPERATION_TIMEDOUT:
        return WEFT__EXPIRED;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_NOT_BUILT_IN:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return WEFT__UNUSABLE;
    default:
        return WEFT__BROKEN;
    }
}

/* Both forms of RFC 9110: seconds, or a date. -1 for neither, or none. */
static int64_t retry_after(CURL *easy)
{
    struct curl_header *header = NULL;
    if (curl_easy_header(easy, "Retry-After", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return -1;
    const char *value = header->value;
    size_t size = strlen(value);
    if (size != 0 && strspn(value, "0123456789") == size) {
        int64_t seconds = 0;
        for (; *value != '\0' && seconds < INT32_MAX; value++)
            seconds = seconds * 10 + (*value - '0');
        return seconds * 1000;
    }
    time_t date = curl_getdate(value, NULL);
    if (date == -1)
        return -1;
    int64_t wait = (int64_t)date * 1000 - (int64_t)(weft__utc_ns() / 1000000);
    return wait > 0 ? wait : 0;
}

void weft__curl_result(weft__curl *curl, CURLcode code, weft__response *response)
{
    long status = 0;
    char *type = NULL;
    curl_easy_getinfo(curl->easy, CURLINFO_RESPONSE_CODE, &status);
    *response = (weft__response){
        .failure = curl->oversize ? WEFT__OVERSIZE : failure_of(code),
        .status = (int)status,
        .retry_after = -1,
    };
    /* An answer whose body cannot be decoded is still the answer: what was sent has been taken, or not. */
    if (code == CURLE_BAD_CONTENT_ENCODING && status != 0 && !curl->oversize)
        response->failure = WEFT__ANSWERED;
    if (response->failure != WEFT__ANSWERED) {
        response->message = curl->oversize           ? "the response is too large"
                            : curl->error[0] != '\0' ? curl->error
                                                     : curl_easy_strerror(code);
        return;
    }
    curl_easy_getinfo(curl->easy, CURLINFO_CONTENT_TYPE, &type);
    response->retry_after = retry_after(curl->easy);
    response->content_type = type;
    response->body = curl->body.data;
    response->body_size = code == CURLE_OK ? curl->body.size : 0;
}
