/* reply.c - 200 with an empty ExportTraceServiceResponse, or a google.rpc.Status; plain text for those who asked in
 * another language. */
#include "tools/weft/tail/reply.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#include "rpc.pb-c.h"

enum { BODY_SIZE = 512 };
#define PROTOBUF "application/x-protobuf"

static size_t write_body(const tail_reply *reply, char body[BODY_SIZE])
{
    Google__Rpc__Status status = GOOGLE__RPC__STATUS__INIT;
    char text[BODY_SIZE - 16]; /* room for what stands around it */
    (void)snprintf(text, sizeof text, "%s", reply->text);
    if (!reply->protobuf)
        return (size_t)snprintf(body, BODY_SIZE, "%s\n", text);
    status.message = text;
    return google__rpc__status__pack(&status, (uint8_t *)body);
}

bool tail_reply_send(struct MHD_Connection *connection, const tail_reply *reply)
{
    char body[BODY_SIZE];
    size_t size = reply->text != NULL ? write_body(reply, body) : 0;
    bool protobuf = reply->protobuf || reply->text == NULL;
    struct MHD_Response *response = MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return false;
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, protobuf ? PROTOBUF : "text/plain");
    if (reply->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "POST");
    if (reply->status == MHD_HTTP_SERVICE_UNAVAILABLE)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
    bool queued = MHD_queue_response(connection, reply->status, response) == MHD_YES;
    MHD_destroy_response(response);
    return queued;
}
