/* tail_client.c - for test_tail.sh: sends one kind of request to a URL, well-formed or not, and prints the status and
 * the text of the answer. */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "rpc.pb-c.h"
#include "trace_service.pb-c.h"

typedef Opentelemetry__Proto__Collector__Trace__V1__ExportTraceServiceRequest trace_request;
typedef Opentelemetry__Proto__Trace__V1__Span otlp_span;

enum { ID_SIZE = 16, TOO_LARGE = 64 * 1024 * 1024 + 1 };

typedef struct body {
    uint8_t *data;
    size_t size;
} body;

typedef struct answer {
    uint8_t data[4096];
    size_t size;
} answer;

static void *need(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

/* A root of one service, and below it a failed call in another one. */
static body pack_trace(uint32_t number, const char *name)
{
    char root_name[] = "GET /", gateway[] = "gateway", checkout[] = "checkout", key[] = "service.name",
         reason[] = "refused";
    uint8_t trace_id[ID_SIZE] = { 0xaa }, ids[2][8] = { { 1 }, { 2 } };
    char *child_name = need(strdup(name));
    memcpy(trace_id + 8, &number, sizeof number);

    otlp_span root = OPENTELEMETRY__PROTO__TRACE__V1__SPAN__INIT, child = root, *spans[] = { &root, &child };
    root.trace_id = child.trace_id = (ProtobufCBinaryData){ sizeof trace_id, trace_id };
    root.span_id = child.parent_span_id = (ProtobufCBinaryData){ 8, ids[0] };
    child.span_id = (ProtobufCBinaryData){ 8, ids[1] };
    root.name = root_name, child.name = child_name;
    root.kind = OPENTELEMETRY__PROTO__TRACE__V1__SPAN__SPAN_KIND__SPAN_KIND_SERVER;
    root.start_time_unix_nano = 1000000000, root.end_time_unix_nano = 1012000000;
    child.start_time_unix_nano = 1004000000, child.end_time_unix_nano = 1008000000;
    Opentelemetry__Proto__Trace__V1__Status status = OPENTELEMETRY__PROTO__TRACE__V1__STATUS__INIT;
    status.code = OPENTELEMETRY__PROTO__TRACE__V1__STATUS__STATUS_CODE__STATUS_CODE_ERROR;
    status.message = reason;
    child.status = &status;

    Opentelemetry__Proto__Common__V1__AnyValue services[2];
    Opentelemetry__Proto__Common__V1__KeyValue pairs[2], *attributes[2];
    Opentelemetry__Proto__Resource__V1__Resource resources[2];
    Opentelemetry__Proto__Trace__V1__ScopeSpans scopes[2], *scope_lists[2];
    Opentelemetry__Proto__Trace__V1__ResourceSpans parts[2], *part_list[] = { &parts[0], &parts[1] };
    for (size_t i = 0; i < 2; i++) {
        opentelemetry__proto__common__v1__any_value__init(&services[i]);
        services[i].value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_STRING_VALUE;
        services[i].string_value = i == 0 ? gateway : checkout;
        opentelemetry__proto__common__v1__key_value__init(&pairs[i]);
        pairs[i].key = key, pairs[i].value = &services[i], attributes[i] = &pairs[i];
        opentelemetry__proto__resource__v1__resource__init(&resources[i]);
        resources[i].attributes = &attributes[i], resources[i].n_attributes = 1;
        opentelemetry__proto__trace__v1__scope_spans__init(&scopes[i]);
        scopes[i].spans = &spans[i], scopes[i].n_spans = 1, scope_lists[i] = &scopes[i];
        opentelemetry__proto__trace__v1__resource_spans__init(&parts[i]);
        parts[i].resource = &resources[i], parts[i].scope_spans = &scope_lists[i], parts[i].n_scope_spans = 1;
    }
    trace_request request = OPENTELEMETRY__PROTO__COLLECTOR__TRACE__V1__EXPORT_TRACE_SERVICE_REQUEST__INIT;
    request.resource_spans = part_list, request.n_resource_spans = 2;
    body packed = { need(malloc(protobuf_c_message_get_packed_size(&request.base))), 0 };
    packed.size = protobuf_c_message_pack(&request.base, packed.data);
    free(child_name);
    return packed;
}

static body zeros(size_t size)
{
    return (body){ need(calloc(1, size)), size };
}

static body gzip(body plain)
{
    z_stream stream = { 0 };
    if (deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    size_t room = deflateBound(&stream, plain.size);
    body packed = { need(malloc(room)), 0 };
    stream.next_in = plain.data, stream.avail_in = (uInt)plain.size;
    stream.next_out = packed.data, stream.avail_out = (uInt)room;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        abort();
    packed.size = stream.total_out;
    (void)deflateEnd(&stream);
    free(plain.data);
    return packed;
}

static size_t keep(char *data, size_t one, size_t size, void *arg)
{
    answer *all = arg;
    size_t room = sizeof all->data - all->size, kept = size < room ? size : room;
    (void)one;
    memcpy(all->data + all->size, data, kept);
    all->size += kept;
    return size;
}

static void print_answer(CURL *curl, const answer *got)
{
    long status = 0;
    const char *type = NULL;
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    printf("%ld %s ", status, type != NULL ? type : "-");
    if (type != NULL && strcmp(type, "application/x-protobuf") == 0 && status != 200) {
        Google__Rpc__Status *error = google__rpc__status__unpack(NULL, got->size, got->data);
        printf("%s\n", error != NULL ? error->message : "(no google.rpc.Status)");
        google__rpc__status__free_unpacked(error, NULL);
    } else {
        printf("%.*s\n", (int)got->size, (const char *)got->data);
    }
}

/* type, coding: NULL for none. */
static int post(const char *url, const char *path, const char *type, const char *coding, body sent)
{
    char full[256], line[128];
    answer got = { .size = 0 };
    CURL *curl = need(curl_easy_init());
    (void)snprintf(full, sizeof full, "%s%s", url, path);
    (void)snprintf(line, sizeof line, "Content-Type:%s%s", type != NULL ? " " : "", type != NULL ? type : "");
    struct curl_slist *headers = curl_slist_append(NULL, line);
    (void)snprintf(line, sizeof line, "Content-Encoding:%s%s", coding != NULL ? " " : "", coding != NULL ? coding : "");
    headers = curl_slist_append(headers, line);
    (void)curl_easy_setopt(curl, CURLOPT_URL, full);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, sent.data);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)sent.size);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &got);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    if (sent.data == NULL)
        (void)curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK)
        print_answer(curl, &got);
    else
        printf("0 - %s\n", curl_easy_strerror(code));
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    free(sent.data);
    return code != CURLE_OK;
}

static int post_many(const char *url, uint32_t count)
{
    int failed = 0;
    for (uint32_t i = 0; i < count && !failed; i++)
        failed = post(url, "/v1/traces", "application/x-protobuf", NULL, pack_trace(i + 1, "many"));
    return failed;
}

/* name: of a span; NULL: so many zero bytes. */
static const struct {
    const char *kind, *path, *type, *coding, *name;
    size_t zeros;
    bool gzip;
} requests[] = {
    { "trace", "/v1/traces", "application/x-protobuf; charset=x", NULL, "call", 0, false },
    { "gzip", "/v1/traces", "application/x-protobuf", "gzip", "zipped", 0, true },
    { "hostile", "/v1/traces", "application/x-protobuf", NULL, "\033]0;owned\007\033[2J\302\233", 0, false },
    { "empty", "/v1/traces", "application/x-protobuf", NULL, NULL, 0, false },
    { "malformed", "/v1/traces", "application/x-protobuf", NULL, NULL, 100, false },
    { "no-gzip", "/v1/traces", "application/x-protobuf", "gzip", "x", 0, false },
    { "deflate", "/v1/traces", "application/x-protobuf", "deflate", "x", 0, false },
    { "large", "/v1/traces", "application/x-protobuf", NULL, NULL, TOO_LARGE, false },
    { "bomb", "/v1/traces", "application/x-protobuf", "gzip", NULL, TOO_LARGE, true },
    { "json", "/v1/traces", "application/json", NULL, "x", 0, false },
    { "no-type", "/v1/traces", NULL, NULL, "x", 0, false },
    { "logs", "/v1/logs", "application/x-protobuf", NULL, "x", 0, false },
    { "elsewhere", "/", "application/x-protobuf", NULL, "x", 0, false },
};

static int post_kind(const char *url, const char *kind)
{
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        if (strcmp(requests[i].kind, kind) != 0)
            continue;
        body sent = requests[i].name != NULL ? pack_trace((uint32_t)i + 1, requests[i].name) : zeros(requests[i].zeros);
        return post(url, requests[i].path, requests[i].type, requests[i].coding, requests[i].gzip ? gzip(sent) : sent);
    }
    return 2;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    if (strcmp(argv[2], "get") == 0)
        return post(argv[1], "/v1/traces", NULL, NULL, (body){ NULL, 0 });
    if (strcmp(argv[2], "many") == 0)
        return post_many(argv[1], 1100);
    return post_kind(argv[1], argv[2]);
}
