/* wake.c - an eventfd that is written only while the worker sleeps, and the rule for what is worth a write. */
#include "sdk/common/wake.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sdk/common/pool.h"

enum { AWAKE, ASLEEP, TOLD };

/* The one place of state; all of it is read by tracing threads. */
static struct {
    _Atomic int fd;
    _Atomic int mode;
    _Atomic bool idle;      /* the first record wakes */
    _Atomic uint32_t batch; /* else that many do */
    _Atomic uint32_t ended; /* told since the last step began */
    _Atomic uint64_t wakes;
    pid_t process;
} state = { .fd = -1 };

/* True where the worker was asleep and has been woken. */
static bool tell(void)
{
    if (atomic_load_explicit(&state.mode, memory_order_acquire) == TOLD ||
        atomic_exchange_explicit(&state.mode, TOLD, memory_order_seq_cst) != ASLEEP)
        return false;
    int kept = errno;
    uint64_t one = 1;
    /* A full counter is readable too, so that a failing write loses nothing. */
    ssize_t written = write(atomic_load_explicit(&state.fd, memory_order_relaxed), &one, sizeof one);
    (void)written;
    errno = kept;
    return true;
}

static bool worth_it(uint32_t notice)
{
    if (notice == WEFT__NOTICE_LOW)
        return true;
    if (notice == WEFT__NOTICE_FIRST)
        return atomic_load_explicit(&state.idle, memory_order_relaxed);
    uint32_t before = atomic_fetch_add_explicit(&state.ended, notice, memory_order_relaxed);
    return before + notice >= atomic_load_explicit(&state.batch, memory_order_relaxed);
}

static void notice(uint32_t what)
{
    if (worth_it(what) && tell())
        atomic_fetch_add_explicit(&state.wakes, 1, memory_order_relaxed);
}

weft_status weft__wake_start(void)
{
    if (atomic_load(&state.fd) < 0 || state.process != getpid()) {
        int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (fd < 0)
            return WEFT_E_FAILED;
        if (atomic_load(&state.fd) >= 0)
            close(atomic_load(&state.fd)); /* shared with the parent, whose worker it wakes */
        atomic_store(&state.fd, fd);
        state.process = getpid();
    }
    atomic_store(&state.mode, AWAKE);
    weft__wake_expect(true, 1, WEFT__GROUP);
    atomic_store(&weft__pool_notify, notice);
    return WEFT_OK;
}

void weft__wake_renew(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd >= 0)
        atomic_store_explicit(&state.fd, fd, memory_order_relaxed);
}

int weft__wake_fd(void)
{
    return atomic_load_explicit(&state.fd, memory_order_relaxed);
}

void weft__wake(void)
{
    tell();
}

void weft__wake_begin(void)
{
    atomic_store_explicit(&state.ended, 0, memory_order_relaxed);
    if (atomic_exchange_explicit(&state.mode, AWAKE, memory_order_seq_cst) == TOLD) {
        uint64_t count;
        ssize_t size = read(atomic_load_explicit(&state.fd, memory_order_relaxed), &count, sizeof count);
        (void)size;
    }
}

void weft__wake_expect(bool idle, uint32_t batch, uint32_t chunk)
{
    atomic_store_explicit(&state.batch, batch, memory_order_relaxed);
    atomic_store_explicit(&weft__pool_chunk, chunk, memory_order_relaxed);
    atomic_store_explicit(&state.idle, idle, memory_order_seq_cst);
}

bool weft__wake_sleep(void)
{
    int awake = AWAKE;
    return atomic_compare_exchange_strong(&state.mode, &awake, ASLEEP);
}

bool weft__wake_told(void)
{
    return atomic_load_explicit(&state.mode, memory_order_acquire) == TOLD;
}

uint64_t weft__wake_count(void)
{
    return atomic_load_explicit(&state.wakes, memory_order_relaxed);
}
