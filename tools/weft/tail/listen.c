/* listen.c - resolves, binds, listens, and asks which port it became. */
#include "tools/weft/tail/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 64 };

static int bind_and_listen(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int reason = errno;
    (void)close(fd);
    errno = reason;
    return -1;
}

static int port_of(int fd)
{
    struct sockaddr_storage address = { 0 };
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return 0;
    return address.ss_family == AF_INET6 ? ntohs(((const struct sockaddr_in6 *)&address)->sin6_port)
                                         : ntohs(((const struct sockaddr_in *)&address)->sin_port);
}

int tail_listen(const char *host, uint16_t port, char *url, size_t size)
{
    char service[8];
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *found = NULL;
    (void)snprintf(service, sizeof service, "%u", (unsigned)port);
    int code = getaddrinfo(host, service, &hints, &found);
    if (code != 0) {
        (void)snprintf(url, size, "%s: %s", host, gai_strerror(code));
        return -1;
    }
    int fd = bind_and_listen(found);
    if (fd < 0)
        (void)snprintf(url, size, "%s:%u: %s", host, (unsigned)port, strerror(errno));
    else if (found->ai_family == AF_INET6)
        (void)snprintf(url, size, "http://[%s]:%d", host, port_of(fd));
    else
        (void)snprintf(url, size, "http://%s:%d", host, port_of(fd));
    freeaddrinfo(found);
    return fd;
}
