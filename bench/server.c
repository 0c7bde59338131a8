/* server.c - a server that reads OTLP/HTTP requests on loopback and throws them away, in a process of its own. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"

static pid_t child = -1;
static char buffer[4 << 20];

/* The body's size, and where it begins; 0 where the head is not there yet. */
static size_t head_size(size_t have, size_t *body)
{
    char *end = memmem(buffer, have, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    *end = '\0';
    const char *length = strcasestr(buffer, "content-length:");
    *body = length != NULL ? strtoull(length + 15, NULL, 10) : 0;
    return (size_t)(end - buffer) + 4;
}

static void answer(int connection)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
    size_t have = 0;
    for (;;) {
        ssize_t got = read(connection, buffer + have, sizeof buffer - 1 - have);
        if (got <= 0)
            return;
        have += (size_t)got;
        buffer[have] = '\0';
        size_t body, head = head_size(have, &body);
        if (head == 0)
            continue;
        size_t left = head + body > have ? head + body - have : 0;
        while (left > 0 && (got = read(connection, buffer, left < sizeof buffer ? left : sizeof buffer)) > 0)
            left -= (size_t)got;
        if (left > 0 || write(connection, reply, sizeof reply - 1) < 0)
            return;
        have = 0;
    }
}

static void serve(int listener)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (connection < 0)
            continue;
        answer(connection);
        close(connection);
    }
}

int bench_server_start(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 16) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        return -1;
    child = fork();
    if (child == 0)
        serve(listener);
    close(listener);
    return child > 0 ? ntohs(address.sin_port) : -1;
}

void bench_server_stop(void)
{
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
}
