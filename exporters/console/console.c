/* console.c - spans on the standard output, for people at work. The pump waits for the reader of a full pipe as it
 * waits for any receiver; nothing here blocks, raises SIGPIPE, or changes the descriptor that the program owns too. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>

#include "exporters/console/format.h"
#include "sdk/base/clock.h"
#include "sdk/base/diag.h"
#include "sdk/common/export.h"

enum {
    CHUNK = 4096,                 /* what a pipe that is ready takes without blocking: PIPE_BUF */
    BATCH_MOST = 16 * 1024 * 1024 /* bytes of one batch's text */
};

typedef struct console {
    weft_exporter exporter; /* first */
    bool colour;
    bool closed;                    /* there was no standard output: the number may be anybody's file by now */
    bool reported;                  /* a failure, since the last success */
    bool torn;                      /* the last batch ended within a line */
    const weft__resource *resource; /* printed last */
    weft__buffer text;
    size_t written;
    weft_batch *batch; /* under way */
} console;

static console *of(weft_exporter *exporter)
{
    return (console *)(void *)exporter;
}

static void done(console *own, weft_status status, const char *message)
{
    weft_batch *batch = own->batch;
    own->batch = NULL;
    own->torn = own->written != 0 && own->written != own->text.size;
    weft__buffer_reset(&own->text);
    if (own->text.capacity > 64 * CHUNK)
        weft__buffer_clear(&own->text);
    weft__batch_done(batch, &(weft__result){ .status = status, .message = message });
}

static void fail(console *own, int error)
{
    const char *text = strerror(error);
    own->closed = own->closed || error == EBADF;
    if (!own->reported)
        weft__diag(WEFT__WARNING, "console",
                   "the console exporter cannot write to the standard output: %s; spans are "
                   "lost until it can",
                   text);
    own->reported = true;
    done(own, WEFT_E_INVALID, text);
}

/* write() without SIGPIPE, whatever the program has made of that signal. */
static ssize_t write_quietly(const void *data, size_t size)
{
    sigset_t pipe, before, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigemptyset(&pending);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    ssize_t written = write(STDOUT_FILENO, data, size);
    int error = errno;
    if (written < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE))
        while (sigtimedwait(&pipe, NULL, &(struct timespec){ 0 }) < 0 && errno == EINTR)
            ;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return written;
}

/* Writes what can be written without waiting. */
static void push(console *own)
{
    while (own->written < own->text.size) {
        struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
        if (poll(&out, 1, 0) <= 0)
            return;
        ssize_t written = write_quietly(own->text.data + own->written, weft__min(own->text.size - own->written, CHUNK));
        if (written >= 0) {
            own->written += (size_t)written;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        } else if (errno != EINTR) {
            fail(own, errno);
            return;
        }
    }
    own->reported = false;
    done(own, WEFT_OK, NULL);
}

static void compose(console *own)
{
    weft_span_view span = { .size = sizeof span };
    own->text.limit = BATCH_MOST;
    if (own->torn)
        weft__buffer_puts(&own->text, "\n");
    for (weft_cursor at = { 0 }; weft_batch_span(own->batch, &at, &span);) {
        if (own->resource != own->batch->resource)
            weft__console_resource(&own->text, own->colour, span.resource);
        own->resource = own->batch->resource;
        weft__console_span(&own->text, own->colour, &span);
    }
}

static void send_batch(weft_exporter *exporter, weft_batch *batch, int64_t deadline)
{
    console *own = of(exporter);
    (void)deadline; /* the pump's cancel keeps it */
    own->batch = batch;
    own->written = 0;
    if (own->closed) {
        fail(own, EBADF);
        return;
    }
    compose(own);
    if (own->text.failed) {
        fail(own, ENOMEM);
        return;
    }
    push(own);
}

static void cancel(weft_exporter *exporter)
{
    console *own = of(exporter);
    if (own->batch == NULL)
        return;
    if (!own->reported)
        weft__diag(WEFT__WARNING, "console",
                   "nobody reads the standard output: spans of the console exporter are lost");
    own->reported = true;
    done(own, WEFT_E_TIMEOUT, "nobody reads the standard output");
}

static size_t get_fds(weft_exporter *exporter, struct pollfd *fds, size_t room)
{
    if (of(exporter)->batch == NULL)
        return 0;
    if (room != 0)
        fds[0] = (struct pollfd){ .fd = STDOUT_FILENO, .events = POLLOUT };
    return 1;
}

static void step(weft_exporter *exporter, const struct pollfd *fds, size_t count)
{
    (void)fds, (void)count;
    if (of(exporter)->batch != NULL)
        push(of(exporter));
}

static void free_console(weft_exporter *exporter)
{
    weft__buffer_clear(&of(exporter)->text);
    free(exporter);
}

/* https://no-color.org: any text in NO_COLOR. */
static bool wants_colour(void)
{
    const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && (no == NULL || no[0] == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

weft_exporter *weft_exporter_console(void)
{
    static const weft__exporter_class class = {
        .name = "console", .send = send_batch, .cancel = cancel, .fds = get_fds, .step = step, .free = free_console
    };
    console *own = calloc(1, sizeof *own);
    struct stat status;
    if (own == NULL)
        return NULL;
    own->exporter.class = &class;
    own->closed = fstat(STDOUT_FILENO, &status) != 0;
    own->colour = wants_colour();
    return &own->exporter;
}
