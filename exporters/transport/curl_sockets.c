/* curl_sockets.c - libcurl's descriptors: which are open, what to poll for, and that no child program inherits them.
 *
 * libcurl 7.88 makes two socket pairs that an exec would inherit: one for each multi handle (to wake a poll that we do
 * not use), and one for each name lookup. Neither can be asked for, so their ends are found by what they do: a byte
 * written into one end shows up in the other. */
#include "exporters/transport/curl.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sdk/base/clock.h"

enum { RANGE = 512 }; /* descriptors that are looked at: new ones are the lowest that are free */

static weft__curl_socket *find(weft__curl *curl, int fd)
{
    for (size_t i = 0; i < WEFT__CURL_SOCKETS; i++)
        if (curl->sockets[i].fd == fd)
            return &curl->sockets[i];
    return NULL;
}

static int unread(int fd)
{
    int bytes = 0;
    return ioctl(fd, FIONREAD, &bytes) == 0 ? bytes : -1;
}

/* An end of a socket pair that a program started by exec would inherit. */
static bool may_leak(int fd)
{
    int flags = fcntl(fd, F_GETFD), domain = 0;
    socklen_t size = sizeof(domain);
    return flags >= 0 && (flags & FD_CLOEXEC) == 0 && getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
           domain == AF_UNIX;
}

/* Two bytes, one after the other, so that a socket of the program's that is written to meanwhile is not mistaken. */
static int find_reader(int lowest, void (*write_one)(void *arg), void *arg)
{
    bool candidate[RANGE];
    for (int i = 0; i < RANGE; i++)
        candidate[i] = may_leak(lowest + i) && unread(lowest + i) == 0;
    for (int bytes = 1; bytes <= 2; bytes++) {
        write_one(arg);
        for (int i = 0; i < RANGE; i++)
            candidate[i] = candidate[i] && unread(lowest + i) == bytes;
    }
    int found = -1, count = 0;
    for (int i = 0; i < RANGE; i++)
        if (candidate[i])
            found = lowest + i, count++;
    return count == 1 ? found : -1;
}

/* And takes out again what was written to find it. */
static void hide(int fd)
{
    uint8_t bytes[2];
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
        ;
}

static void write_one(void *fd)
{
    (void)!send(*(int *)fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void wake(void *multi)
{
    curl_multi_wakeup(multi);
}

int weft__curl_lowest_free(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        close(fd);
    return fd;
}

void weft__curl_hide_wakeup(CURLM *multi, int lowest)
{
    int reader = lowest >= 0 ? find_reader(lowest, wake, multi) : -1;
    if (reader < 0)
        return; /* a libcurl that does it itself, or in another way */
    hide(reader);
    int writer = find_reader(lowest, write_one, &reader);
    if (writer >= 0)
        hide(writer);
}

/* A descriptor of libcurl's own: a name lookup has begun, on a thread that may outlive the request. The thread keeps
 * the other end open for as long as it runs, so that a copy of this end tells when it is gone. */
static void begin_lookup(weft__curl *curl, int fd)
{
    if (!may_leak(fd))
        return;
    fcntl(fd, F_SETFD, FD_CLOEXEC); /* the result may be in it already: nothing is taken out */
    int writer = find_reader(fd, write_one, &fd);
    if (writer >= 0)
        hide(writer);
    if (curl->lookup < 0)
        curl->lookup = fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

bool weft__curl_lookup_ended(weft__curl *curl)
{
    struct pollfd other = { .fd = curl->lookup };
    if (curl->lookup >= 0 && poll(&other, 1, 0) == 0)
        return false;
    if (curl->lookup >= 0)
        close(curl->lookup);
    curl->lookup = -1;
    return true;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    weft__curl *curl = arg;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    weft__curl_socket *place = fd >= 0 ? find(curl, -1) : NULL;
    if (place != NULL)
        *place = (weft__curl_socket){ .fd = fd, .ours = true };
    return fd >= 0 ? fd : CURL_SOCKET_BAD;
}

static int on_close(void *arg, curl_socket_t fd)
{
    weft__curl_socket *place = find(arg, fd);
    if (place != NULL)
        place->fd = -1;
    return close(fd);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *own)
{
    (void)easy, (void)own;
    weft__curl *curl = arg;
    weft__curl_socket *place = find(curl, fd);
    if (place == NULL && what != CURL_POLL_REMOVE && (place = find(curl, -1)) != NULL) {
        *place = (weft__curl_socket){ .fd = fd };
        begin_lookup(curl, fd);
    }
    if (place == NULL)
        return 0;
    place->events = (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0));
    if (what == CURL_POLL_REMOVE) {
        place->events = 0;
        if (!place->ours)
            place->fd = -1;
    }
    return 0;
}

/* One millisecond late rather than one early: libcurl does not repeat a timer that came too soon. */
static int on_timer(CURLM *multi, long ms, void *arg)
{
    (void)multi;
    weft__curl *curl = arg;
    curl->timer = ms < 0 ? INT64_MAX : weft__monotonic_ms() + ms + (ms != 0);
    return 0;
}

bool weft__curl_watch(weft__curl *curl)
{
    for (size_t i = 0; i < WEFT__CURL_SOCKETS; i++)
        curl->sockets[i].fd = -1;
    return curl_easy_setopt(curl->easy, CURLOPT_OPENSOCKETFUNCTION, on_open) == CURLE_OK &&
           curl_easy_setopt(curl->easy, CURLOPT_OPENSOCKETDATA, curl) == CURLE_OK &&
           curl_easy_setopt(curl->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close) == CURLE_OK &&
           curl_easy_setopt(curl->easy, CURLOPT_CLOSESOCKETDATA, curl) == CURLE_OK &&
           curl_multi_setopt(curl->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
           curl_multi_setopt(curl->multi, CURLMOPT_SOCKETDATA, curl) == CURLM_OK &&
           curl_multi_setopt(curl->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
           curl_multi_setopt(curl->multi, CURLMOPT_TIMERDATA, curl) == CURLM_OK &&
           curl_multi_setopt(curl->multi, CURLMOPT_MAXCONNECTS, 1L) == CURLM_OK;
}
