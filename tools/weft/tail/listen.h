/* listen.h - a listening socket and its address. */
#ifndef WEFT_TOOLS_TAIL_LISTEN_H
#define WEFT_TOOLS_TAIL_LISTEN_H

#include <stddef.h>
#include <stdint.h>

/** Returns the socket, and "http://address:port" in url; or -1, and the reason in url. */
int tail_listen(const char *host, uint16_t port, char *url, size_t size);

#endif
