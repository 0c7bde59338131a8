/* response.c - decodes what receivers answer. */
#include "exporters/otlp/response.h"

#include <string.h>
#include <strings.h>

#include "rpc.pb-c.h"
#include "sdk/base/text.h"
#include "trace_service.pb-c.h"

/* Printable, in one line, cut where it gets too long but not inside a character. */
static void put_text(weft__answer *answer, const char *text, size_t size)
{
    char line[WEFT__RESPONSE_TEXT];
    size_t used = weft__min(size, sizeof(line) - 1);
    used = weft__utf8_valid(text, used);
    memcpy(line, text, used);
    for (size_t i = 0; i < used; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = ' ';
    weft_text trimmed = weft__trim(weft_text_n(line, used));
    memcpy(answer->text, trimmed.data, trimmed.size);
    answer->text[trimmed.size] = '\0';
}

static bool has_type(const weft__response *response, const char *type)
{
    const char *actual = response->content_type;
    size_t size = strlen(type);
    return actual != NULL && strncasecmp(actual, type, size) == 0 && strchr("; ", actual[size]) != NULL;
}

static bool may_be_protobuf(const weft__response *response)
{
    return response->body_size <= WEFT__RESPONSE_PARSED &&
           (response->content_type == NULL || has_type(response, "application/x-protobuf") ||
            has_type(response, "application/octet-stream"));
}

void weft__response_taken(const weft__response *response, weft__answer *answer)
{
    *answer = (weft__answer){ .understood = response->body_size == 0 };
    if (response->body_size == 0 || !may_be_protobuf(response))
        return;
    Opentelemetry__Proto__Collector__Trace__V1__ExportTraceServiceResponse *decoded =
        opentelemetry__proto__collector__trace__v1__export_trace_service_response__unpack(NULL, response->body_size,
                                                                                          response->body);
    if (decoded == NULL)
        return;
    answer->understood = true;
    if (decoded->partial_success != NULL) {
        int64_t rejected = decoded->partial_success->rejected_spans;
        const char *text = decoded->partial_success->error_message;
        answer->rejected = rejected > 0 ? (uint64_t)rejected : 0;
        put_text(answer, text, strlen(text));
    }
    opentelemetry__proto__collector__trace__v1__export_trace_service_response__free_unpacked(decoded, NULL);
}

void weft__response_refused(const weft__response *response, weft__answer *answer)
{
    *answer = (weft__answer){ .understood = response->body_size == 0 };
    if (response->body_size == 0)
        return;
    if (has_type(response, "text/plain")) {
        const char *body = (const char *)response->body;
        const char *end = memchr(body, '\n', response->body_size);
        put_text(answer, body, end != NULL ? (size_t)(end - body) : response->body_size);
        return;
    }
    Google__Rpc__Status *status =
        may_be_protobuf(response) ? google__rpc__status__unpack(NULL, response->body_size, response->body) : NULL;
    if (status == NULL)
        return;
    answer->understood = true;
    put_text(answer, status->message, strlen(status->message));
    google__rpc__status__free_unpacked(status, NULL);
}
