/* diag.c - diagnostics: which of them are told, and to whom. Lock-free, so that it works in a forked child. */
#include "sdk/base/diag.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sdk/base/clock.h"

enum { LINE_SIZE = 1024, CAUSES = 128, WAIT_MS = 1000 };

static const uint64_t INTERVAL = (uint64_t)60 * 1000000000; /* ns between two lines of one cause */

typedef struct handler {
    _Atomic uint32_t callers; /* threads that are between reading the fields and the handler's return */
    weft_diagnostics_fn *_Atomic fn;
    void *_Atomic data;
} handler;

typedef struct cause {
    const char *_Atomic name;
    _Atomic uint64_t next; /* ns of the monotonic clock: not before */
    _Atomic uint64_t more; /* left out since the last line */
} cause;

/* The one place of state. */
static struct {
    handler handlers[2]; /* one is current; the other is what set fills next */
    _Atomic uint32_t current;
    pthread_mutex_t setting;
    _Atomic int least;
    cause causes[CAUSES];
} state = { .setting = PTHREAD_MUTEX_INITIALIZER };

static _Thread_local volatile sig_atomic_t inside;

/* The cause's slot; causes beyond the last slot share it. */
static cause *find_cause(const char *name)
{
    for (size_t i = 0; i < CAUSES - 1; i++) {
        const char *there = atomic_load(&state.causes[i].name);
        if (there == NULL && atomic_compare_exchange_strong(&state.causes[i].name, &there, name))
            return &state.causes[i];
        if (strcmp(there, name) == 0)
            return &state.causes[i];
    }
    return &state.causes[CAUSES - 1];
}

/* Whether the cause may print now, and how many times it could not since it last did. */
static bool may_print(const char *name, uint64_t *more)
{
    cause *slot = find_cause(name);
    uint64_t now = weft__monotonic_ns(), next = atomic_load(&slot->next);
    /* Far ahead of now: set under another clock (tests). */
    bool early = now < next && next - now <= INTERVAL;
    if (early || !atomic_compare_exchange_strong(&slot->next, &next, now + INTERVAL)) {
        atomic_fetch_add(&slot->more, 1);
        return false;
    }
    *more = atomic_exchange(&slot->more, 0);
    return true;
}

/* Writes without waiting, and without the SIGPIPE that a closed pipe would send to the host. */
static void write_stderr(const char *line, size_t size)
{
    struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };
    if (poll(&ready, 1, 0) != 1 || (ready.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
        return;
    sigset_t pipe_alone, kept, pending;
    sigemptyset(&pipe_alone);
    sigaddset(&pipe_alone, SIGPIPE);
    if (pthread_sigmask(SIG_BLOCK, &pipe_alone, &kept) != 0)
        return;
    sigpending(&pending);
    ssize_t written = write(STDERR_FILENO, line, size);
    if (written < 0 && errno == EPIPE && sigismember(&pending, SIGPIPE) == 0)
        sigtimedwait(&pipe_alone, NULL, &(struct timespec){ 0 });
    pthread_sigmask(SIG_SETMASK, &kept, NULL);
}

/* One line stays one line, whatever was in the bad value; a cut one ends in dots, at the start of a character. */
static size_t clean(char *text, size_t size, bool cut)
{
    if (cut) {
        size -= 3;
        while (size > 0 && ((uint8_t)text[size] & 0xc0) == 0x80)
            size--;
        memcpy(text + size, "...", 4);
        size += 3;
    }
    for (size_t i = 0; i < size; i++)
        if ((uint8_t)text[i] < ' ' || text[i] == 0x7f)
            text[i] = '?';
    return size;
}

static void print(weft__importance importance, const char *name, const char *text)
{
    uint64_t more = 0;
    if (importance < WEFT__WARNING || !may_print(name, &more))
        return;
    char line[LINE_SIZE + 64], rest[40] = "";
    if (more != 0)
        snprintf(rest, sizeof rest, " (%llu more like this)", (unsigned long long)more);
    const char *kind = importance == WEFT__WARNING ? "warning" : "error";
    int size = snprintf(line, sizeof line, "weft: %s: %s%s\n", kind, text, rest);
    write_stderr(line, weft__min((size_t)size, sizeof line - 1));
}

/* The current handler, kept from being replaced under its callers' feet; NULL: none. */
static handler *hold_handler(void)
{
    for (int tries = 0; tries < 100; tries++) {
        uint32_t current = atomic_load(&state.current);
        handler *found = &state.handlers[current];
        atomic_fetch_add(&found->callers, 1);
        if (atomic_load(&state.current) == current)
            return found;
        atomic_fetch_sub(&found->callers, 1);
    }
    return NULL;
}

static bool tell_handler(weft__importance importance, const char *text)
{
    handler *found = hold_handler();
    if (found == NULL)
        return false;
    weft_diagnostics_fn *fn = atomic_load(&found->fn);
    if (fn != NULL)
        fn(atomic_load(&found->data), (weft_importance)importance, text);
    atomic_fetch_sub(&found->callers, 1);
    return fn != NULL;
}

void weft__diag(weft__importance importance, const char *name, const char *format, ...)
{
    if (inside != 0 || (int)importance < atomic_load_explicit(&state.least, memory_order_relaxed))
        return;
    int kept = errno;
    inside = 1;
    char text[LINE_SIZE];
    va_list list;
    va_start(list, format);
    int size = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (size >= 0) {
        clean(text, weft__min((size_t)size, sizeof text - 1), (size_t)size >= sizeof text);
        if (!tell_handler(importance, text))
            print(importance, name, text);
    }
    inside = 0;
    errno = kept;
}

static void wait_for_callers(handler *old, uint32_t own)
{
    for (int ms = 0; ms < WAIT_MS && atomic_load(&old->callers) > own; ms++)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

void weft__diag_set(weft_diagnostics_fn *fn, void *data)
{
    pthread_mutex_lock(&state.setting);
    uint32_t current = atomic_load(&state.current);
    handler *old = &state.handlers[current], *next = &state.handlers[1 - current];
    uint32_t own = inside != 0 ? 1 : 0; /* a handler that replaces itself */
    wait_for_callers(next, own);
    atomic_store(&next->fn, fn);
    atomic_store(&next->data, data);
    atomic_store(&state.current, 1 - current);
    wait_for_callers(old, own);
    pthread_mutex_unlock(&state.setting);
}

void weft__diag_least(weft__importance least)
{
    atomic_store_explicit(&state.least, (int)least, memory_order_relaxed);
}
