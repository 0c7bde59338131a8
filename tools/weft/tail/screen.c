/* screen.c - draws a trace into memory and writes it in one piece, so that it is never torn. */
#include "tools/weft/tail/screen.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { DEFAULT_WIDTH = 80, MOST_ROWS = 1000 };

static bool wants_color(const tail_options *options)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    if (options->color != TAIL_COLOR_AUTO)
        return options->color == TAIL_COLOR_ALWAYS;
    return isatty(STDOUT_FILENO) && (no_color == NULL || no_color[0] == '\0') &&
           (term == NULL || strcmp(term, "dumb") != 0);
}

void tail_screen_init(tail_screen *screen, const tail_options *options)
{
    *screen = (tail_screen){
        .pen = { .color = wants_color(options),
                 .unicode = !options->ascii && strcmp(nl_langinfo(CODESET), "UTF-8") == 0 },
        .view = { .verbose = options->verbose, .most_rows = options->verbose ? SIZE_MAX : MOST_ROWS },
        .width = options->width,
    };
}

static size_t width_of(const tail_screen *screen)
{
    struct winsize size = { 0 };
    if (screen->width > 0)
        return screen->width;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return DEFAULT_WIDTH;
}

static void write_all(tail_screen *screen, const char *text, size_t size)
{
    while (size > 0 && !screen->closed) {
        ssize_t written = write(STDOUT_FILENO, text, size);
        if (written >= 0) {
            text += written;
            size -= (size_t)written;
        } else if (errno == EAGAIN) {
            struct pollfd ready = { .fd = STDOUT_FILENO, .events = POLLOUT };
            screen->closed = poll(&ready, 1, -1) < 0;
        } else {
            /* Also EINTR: a terminal that was stopped must not keep us from ending. */
            screen->closed = true;
        }
    }
}

void tail_screen_say(tail_screen *screen, const char *text)
{
    write_all(screen, text, strlen(text));
}

void tail_screen_draw(tail_screen *screen, const tail_trace *trace)
{
    char *text = NULL;
    size_t size = 0;
    if (screen->closed)
        return;
    screen->pen.out = open_memstream(&text, &size);
    if (screen->pen.out == NULL)
        return;
    screen->pen.width = width_of(screen);
    bool drawn = tail_waterfall(&screen->pen, &screen->view, trace);
    if (fclose(screen->pen.out) == 0 && drawn)
        write_all(screen, text, size);
    screen->pen.out = NULL;
    free(text);
}
