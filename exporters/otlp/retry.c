/* retry.c - exponential back-off with jitter, inside the batch's deadline. */
#include "exporters/otlp/retry.h"

weft__verdict weft__retry_judge(const weft__response *response)
{
    switch (response->failure) {
    case WEFT__UNREACHABLE:
    case WEFT__BROKEN:
        return WEFT__AGAIN;
    case WEFT__ANSWERED:
        break;
    default:
        return WEFT__FINAL;
    }
    switch (response->status) {
    case 429:
    case 502:
    case 503:
    case 504:
        return WEFT__AGAIN;
    default:
        return response->status >= 200 && response->status <= 299 ? WEFT__TAKEN : WEFT__FINAL;
    }
}

int64_t weft__retry_next(weft__retry *retry, int64_t now, int64_t deadline, int64_t retry_after, uint64_t random)
{
    retry->wait = retry->attempts == 0 ? WEFT__RETRY_FIRST_MS : retry->wait + retry->wait / 2;
    if (retry->wait > WEFT__RETRY_MOST_MS)
        retry->wait = WEFT__RETRY_MOST_MS;
    retry->attempts++;
    /* Half as long to half as long again, so that clients that failed together do not come back together. */
    int64_t wait = retry->wait / 2 + (int64_t)(random % ((uint64_t)retry->wait + 1));
    if (retry_after >= 0) {
        wait = retry_after > WEFT__RETRY_LEAST_MS ? retry_after : WEFT__RETRY_LEAST_MS;
        if (wait > retry->wait) /* later waits grow from here */
            retry->wait = wait < WEFT__RETRY_MOST_MS ? wait : WEFT__RETRY_MOST_MS;
    }
    return wait < deadline - now ? now + wait : -1;
}
