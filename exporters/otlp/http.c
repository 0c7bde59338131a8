/* http.c - the OTLP exporter over HTTP: one batch at a time becomes one request, sent again while that makes sense. */
#include "exporters/otlp/http.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exporters/otlp/encode.h"
#include "exporters/otlp/gzip.h"
#include "exporters/otlp/response.h"
#include "exporters/otlp/retry.h"
#include "sdk/base/clock.h"
#include "sdk/base/diag.h"
#include "sdk/base/random.h"

/* Buffers that one very large batch has blown up are not kept. */
enum { KEPT = 1024 * 1024 };

typedef struct otlp {
    weft_exporter base;
    weft__otlp_settings settings;
    weft__transport *transport;
    weft__random random;
    weft__buffer body, packed;
    weft__gzip gzip;
    weft_batch *batch; /* NULL: none is under way */
    int64_t deadline;  /* of the batch; monotonic ms */
    int64_t wake;      /* of the next attempt; INT64_MAX: one is being made */
    int64_t calm;      /* the receiver wants nothing before that, from its last Retry-After */
    weft__retry retry;
    uint32_t sent; /* requests for this batch */
    bool hurried;  /* the SDK stops: no more waiting */
    char message[256];
} otlp;

static void finish(otlp *exporter, weft_status status, uint64_t rejected, const char *message)
{
    weft__result result = {
        .status = status,
        .rejected = rejected,
        .retries = exporter->sent > 1 ? exporter->sent - 1 : 0,
        .message = message,
    };
    weft_batch *batch = exporter->batch;
    exporter->batch = NULL;
    exporter->wake = INT64_MAX;
    if (exporter->body.capacity > KEPT)
        weft__buffer_clear(&exporter->body);
    if (exporter->packed.capacity > KEPT)
        weft__buffer_clear(&exporter->packed);
    weft__batch_done(batch, &result);
}

static void describe(otlp *exporter, const weft__response *response)
{
    const char *url = exporter->settings.shown;
    weft__answer answer;
    if (response->failure != WEFT__ANSWERED) {
        snprintf(exporter->message, sizeof(exporter->message), "%s: %s", url,
                 response->message != NULL ? response->message : "no connection");
        return;
    }
    weft__response_refused(response, &answer);
    snprintf(exporter->message, sizeof(exporter->message), "%s: HTTP %d%s%s", url, response->status,
             answer.text[0] != '\0' ? ": " : "", answer.text);
}

static void taken(otlp *exporter, const weft__response *response)
{
    const char *url = exporter->settings.shown;
    size_t count = exporter->batch->count;
    weft__answer answer;
    weft__response_taken(response, &answer);
    if (answer.rejected > count)
        answer.rejected = count;
    if (!answer.understood)
        weft__diag(WEFT__WARNING, "otlp-answer",
                   "%s: the spans were taken, but the answer (%.40s, %zu bytes) is not OTLP's", url,
                   response->content_type != NULL ? response->content_type : "no content type", response->body_size);
    else if (answer.rejected != 0)
        weft__diag(WEFT__WARNING, "otlp-partial", "%s: %" PRIu64 " of %zu spans were refused and are lost: %s", url,
                   answer.rejected, count, answer.text[0] != '\0' ? answer.text : "no reason given");
    else if (answer.text[0] != '\0')
        weft__diag(WEFT__WARNING, "otlp-warning", "%s: all spans were taken, with a warning: %s", url, answer.text);
    finish(exporter, WEFT_OK, answer.rejected, NULL);
}

/* A failure that time may mend: waits, or gives up where there is no time. */
static void wait_or_fail(otlp *exporter, const weft__response *response)
{
    int64_t now = weft__monotonic_ms();
    int64_t next = weft__retry_next(&exporter->retry, now, exporter->deadline, response->retry_after,
                                    weft__random_next(&exporter->random));
    if (response->retry_after > 0)
        exporter->calm =
            now + (response->retry_after < WEFT__RETRY_OBEYED_MS ? response->retry_after : WEFT__RETRY_OBEYED_MS);
    describe(exporter, response);
    if (next < 0 || exporter->hurried) {
        finish(exporter, WEFT_E_FAILED, 0, exporter->message);
        return;
    }
    exporter->wake = next;
    weft__diag(WEFT__WARNING, "otlp-retry", "%s; %zu spans are sent again in %" PRId64 ".%" PRId64 " s",
               exporter->message, exporter->batch->count, (next - now) / 1000, (next - now) / 100 % 10);
}

static void on_response(void *arg, const weft__response *response)
{
    otlp *exporter = arg;
    switch (weft__retry_judge(response)) {
    case WEFT__TAKEN:
        taken(exporter, response);
        return;
    case WEFT__AGAIN:
        wait_or_fail(exporter, response);
        return;
    default:
        break;
    }
    describe(exporter, response);
    finish(exporter,
           response->failure == WEFT__ANSWERED  ? WEFT_E_INVALID
           : response->failure == WEFT__EXPIRED ? WEFT_E_TIMEOUT
                                                : WEFT_E_FAILED,
           0, exporter->message);
}

static void attempt(otlp *exporter)
{
    const weft__buffer *body = exporter->settings.gzip ? &exporter->packed : &exporter->body;
    weft__request request = {
        .url = exporter->settings.url,
        .headers = (const char *const *)exporter->settings.headers,
        .body = body->data,
        .body_size = body->size,
        .response_limit = WEFT__RESPONSE_LIMIT,
        .deadline = exporter->deadline,
    };
    exporter->wake = INT64_MAX;
    exporter->sent++;
    if (exporter->transport->ops->send(exporter->transport, &request, on_response, exporter) != WEFT_OK)
        finish(exporter, WEFT_E_FAILED, 0, "the request cannot be made: out of memory");
}

/* True where the request is ready; else the batch has been finished. */
static bool build(otlp *exporter)
{
    weft__buffer_reset(&exporter->body);
    if (!weft__otlp_traces_request(&exporter->body, exporter->batch)) {
        finish(exporter, WEFT_E_FAILED, 0, "out of memory for the request");
        return false;
    }
    if (exporter->body.size > WEFT__REQUEST_LIMIT) {
        finish(exporter, WEFT_E_INVALID, 0, "the request is above 64 MiB and is not sent");
        return false;
    }
    if (exporter->settings.gzip &&
        !weft__gzip_pack(&exporter->gzip, &exporter->packed, exporter->body.data, exporter->body.size)) {
        finish(exporter, WEFT_E_FAILED, 0, "out of memory for the compressed request");
        return false;
    }
    return true;
}

static void send_batch(weft_exporter *base, weft_batch *batch, int64_t deadline)
{
    otlp *exporter = (otlp *)base;
    int64_t now = weft__monotonic_ms(), timeout = exporter->settings.timeout_ms;
    exporter->batch = batch;
    exporter->retry = (weft__retry){ 0 };
    exporter->sent = 0;
    exporter->deadline = timeout != 0 && now + timeout < deadline ? now + timeout : deadline;
    if (batch->count == 0) {
        finish(exporter, WEFT_OK, 0, NULL);
        return;
    }
    if (!build(exporter))
        return;
    if (now < exporter->calm && !exporter->hurried)
        exporter->wake = exporter->calm < exporter->deadline ? exporter->calm : exporter->deadline;
    else
        attempt(exporter);
}

static void cancel(weft_exporter *base)
{
    otlp *exporter = (otlp *)base;
    if (exporter->batch == NULL)
        return;
    exporter->transport->ops->cancel(exporter->transport);
    finish(exporter, WEFT_E_TIMEOUT, 0, "given up: there was no more time");
}

static void hurry(weft_exporter *base)
{
    otlp *exporter = (otlp *)base;
    exporter->hurried = true;
    if (exporter->batch != NULL && exporter->wake != INT64_MAX)
        attempt(exporter);
}

static size_t fds(weft_exporter *base, struct pollfd *fds, size_t room)
{
    otlp *exporter = (otlp *)base;
    return exporter->transport->ops->fds(exporter->transport, fds, room);
}

static int64_t deadline(weft_exporter *base)
{
    otlp *exporter = (otlp *)base;
    int64_t own = exporter->transport->ops->deadline(exporter->transport);
    return own < exporter->wake ? own : exporter->wake;
}

static void step(weft_exporter *base, const struct pollfd *fds, size_t count)
{
    otlp *exporter = (otlp *)base;
    int64_t now = weft__monotonic_ms();
    if (exporter->batch != NULL && now >= exporter->wake) {
        if (now < exporter->calm)
            finish(exporter, WEFT_E_TIMEOUT, 0, "the receiver asked for a pause that is longer than the time-out");
        else
            attempt(exporter);
    }
    exporter->transport->ops->step(exporter->transport, fds, count);
}

static weft_status nothing_to_do(weft_exporter *base, uint32_t timeout_ms)
{
    (void)base, (void)timeout_ms;
    return WEFT_OK; /* all batches have been finished by then */
}

static void free_exporter(weft_exporter *base)
{
    otlp *exporter = (otlp *)base;
    if (exporter == NULL)
        return;
    exporter->transport->ops->free(exporter->transport);
    weft__otlp_settings_clear(&exporter->settings);
    weft__buffer_clear(&exporter->body);
    weft__buffer_clear(&exporter->packed);
    weft__gzip_clear(&exporter->gzip);
    free(exporter);
}

static const weft__exporter_class class = {
    .name = "otlp",
    .encode = weft__otlp_encode_span,
    .send = send_batch,
    .cancel = cancel,
    .hurry = hurry,
    .fds = fds,
    .deadline = deadline,
    .step = step,
    .flush = nothing_to_do,
    .stop = nothing_to_do,
    .free = free_exporter,
};

weft_exporter *weft__otlp_exporter(weft__otlp_settings *settings, weft__transport *transport)
{
    otlp *exporter = transport != NULL ? calloc(1, sizeof(*exporter)) : NULL;
    if (exporter == NULL) {
        weft__otlp_settings_clear(settings);
        if (transport != NULL)
            transport->ops->free(transport);
        return NULL;
    }
    exporter->base.class = &class;
    exporter->settings = *settings;
    *settings = (weft__otlp_settings){ 0 };
    exporter->transport = transport;
    exporter->wake = INT64_MAX;
    weft__random_seed(&exporter->random);
    return &exporter->base;
}

weft_exporter *weft_exporter_otlp(const weft_otlp_options *options)
{
    weft__otlp_settings settings;
    if (!weft__otlp_settings_read(&settings, options)) {
        weft__otlp_settings_clear(&settings);
        return NULL;
    }
    weft__tls tls = { settings.certificate, settings.client_certificate, settings.client_key };
    return weft__otlp_exporter(&settings, weft__transport_curl(&tls));
}
