/* tail.c - weft tail: one loop around the server, the store and the screen. */
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/weft/command.h"
#include "tools/weft/tail/options.h"
#include "tools/weft/tail/screen.h"
#include "tools/weft/tail/server.h"
#include "tools/weft/tail/store.h"

enum { LONGEST_MS = 60000, TRACES = 1024, SPANS = 100000 };
static const size_t store_bytes = (size_t)256 * 1024 * 1024;

typedef struct tail {
    tail_server *server;
    tail_store *store;
    tail_screen screen;
} tail;

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static int64_t now_ms(void)
{
    struct timespec now = { 0 };
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void on_span(void *arg, const tail_span *span)
{
    tail *t = arg;
    tail_store_add(t->store, span, now_ms());
}

static tail_result on_body(void *arg, const uint8_t *data, size_t size)
{
    return tail_decode(data, size, on_span, arg);
}

static void on_trace(void *arg, const tail_trace *trace)
{
    tail *t = arg;
    tail_screen_draw(&t->screen, trace);
}

/* The signals that end us are let in while we wait, and while we write, but not between the look at the flag and the
 * wait: one that came there would be overslept. */
static void catch_signals(sigset_t *ending)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action = { .sa_handler = on_signal };
    (void)sigemptyset(&action.sa_mask);
    (void)sigemptyset(ending);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        (void)sigaddset(ending, numbers[i]);
        (void)sigaction(numbers[i], &action, NULL);
    }
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* False when somebody told us to stop, or nobody reads what we write. */
static bool wait_for_work(tail *t, int64_t timeout, const sigset_t *ending)
{
    /* No events are asked for on standard output: an error there means that its reader has gone. */
    struct pollfd fds[] = { { .fd = tail_server_fd(t->server), .events = POLLIN }, { .fd = STDOUT_FILENO } };
    struct timespec limit = { .tv_sec = timeout / 1000, .tv_nsec = timeout % 1000 * 1000000 };
    sigset_t before;
    (void)sigprocmask(SIG_BLOCK, ending, &before);
    int ready = stopped ? -1 : ppoll(fds, 2, timeout >= 0 ? &limit : NULL, &before);
    int reason = errno;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (stopped || (ready < 0 && reason != EINTR))
        return false;
    return ready <= 0 || (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}

static void run(tail *t)
{
    sigset_t ending;
    catch_signals(&ending);
    int64_t timeout;
    do {
        tail_server_run(t->server);
        timeout = sooner(tail_store_tick(t->store, now_ms()), tail_server_timeout(t->server));
    } while (!t->screen.closed && wait_for_work(t, timeout, &ending));
}

/* Names in the singular end where the plural "s" goes. */
static void say_count(tail_screen *screen, const char *before, uint64_t count, const char *what, const char *more)
{
    char text[128];
    (void)snprintf(text, sizeof text, "%s%" PRIu64 " %s%s%s", before, count, what, count == 1 ? "" : "s", more);
    tail_screen_say(screen, text);
}

static void summarise(tail *t)
{
    tail_counts counts = tail_store_counts(t->store);
    uint64_t refused = tail_server_refused(t->server);
    say_count(&t->screen, "weft tail: ", counts.traces, "trace", "");
    say_count(&t->screen, ", ", counts.spans, "span", "");
    if (counts.early > 0)
        say_count(&t->screen, ", ", counts.early, "trace", " shown before the end, to make room");
    if (counts.lost > 0)
        say_count(&t->screen, ", ", counts.lost, "span", " lost for lack of memory");
    if (counts.invalid > 0)
        say_count(&t->screen, ", ", counts.invalid, "span", " without a valid id");
    if (refused > 0)
        say_count(&t->screen, ", ", refused, "request", " refused");
    tail_screen_say(&t->screen, "\n");
}

static void greet(tail *t)
{
    char text[256];
    (void)snprintf(text, sizeof text, "weft tail: listening on %s\n", tail_server_url(t->server));
    tail_screen_say(&t->screen, text);
    if (!isatty(STDOUT_FILENO))
        return;
    (void)snprintf(text, sizeof text, "Services send here with OTEL_EXPORTER_OTLP_ENDPOINT=%s; Ctrl-C ends.\n\n",
                   tail_server_url(t->server));
    tail_screen_say(&t->screen, text);
}

static bool start(tail *t, const tail_options *options)
{
    char error[TAIL_URL_SIZE];
    tail_screen_init(&t->screen, options);
    t->store = tail_store_new(&(tail_store_options){
        .quiet_ms = options->quiet_ms,
        .wait_ms = options->wait_ms,
        .longest_ms = LONGEST_MS,
        .traces = TRACES,
        .spans = SPANS,
        .bytes = store_bytes,
        .show = on_trace,
        .arg = t,
    });
    if (t->store == NULL) {
        (void)fputs("weft tail: out of memory\n", stderr);
        return false;
    }
    t->server = tail_server_new(options->host, options->port, on_body, t, error, sizeof error);
    if (t->server == NULL)
        (void)fprintf(stderr, "weft tail: cannot listen on %s (see --port and --host)\n", error);
    return t->server != NULL;
}

int tail_main(int argc, char **argv)
{
    tail t = { 0 };
    tail_options options;
    switch (tail_options_parse(&options, argc, argv)) {
    case TAIL_HELP:
        return 0;
    case TAIL_USAGE:
        return 2;
    case TAIL_RUN:
        break;
    }
    (void)setlocale(LC_CTYPE, "");
    bool started = start(&t, &options);
    if (started) {
        greet(&t);
        run(&t);
        tail_store_flush(t.store);
        summarise(&t);
    }
    tail_server_free(t.server);
    tail_store_free(t.store);
    return started ? 0 : 1;
}
