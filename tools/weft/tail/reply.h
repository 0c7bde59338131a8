/* reply.h - what a client is told. */
#ifndef WEFT_TOOLS_TAIL_REPLY_H
#define WEFT_TOOLS_TAIL_REPLY_H

#include <stdbool.h>

struct MHD_Connection;

typedef struct tail_reply {
    unsigned status;
    const char *text; /**< Static; NULL: all went well. */
    bool protobuf;    /**< The client speaks protobuf: the text goes into a google.rpc.Status. */
} tail_reply;

/** Queues the reply; false makes libmicrohttpd close the connection. */
bool tail_reply_send(struct MHD_Connection *connection, const tail_reply *reply);

#endif
