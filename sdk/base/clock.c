/* clock.c - the tick source, its rate, and the virtual clock of the tests. */
#include "sdk/base/clock.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

int weft__tick_source = WEFT__TICKS_MONOTONIC;

/* The one place of state: where the rate was first taken from, and the virtual time. */
static struct {
    pthread_once_t once;
    uint64_t tick, monotonic; /* a pair read together at the start */
    int real_source;
    _Atomic uint64_t virtual_utc;
} state = { .once = PTHREAD_ONCE_INIT };

static uint64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool kernel_trusts_tsc(void)
{
    char name[16] = "";
    int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t size = read(fd, name, sizeof name - 1);
    close(fd);
    return size >= 3 && strncmp(name, "tsc", 3) == 0 && (size == 3 || name[3] == '\n');
}

#if defined(__x86_64__)
static bool tsc_usable(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & (1u << 8)) != 0 && kernel_trusts_tsc();
}

/* Ticks and monotonic time as close together as can be had: the tightest of a few tries. */
static uint64_t read_pair(uint64_t *other, clockid_t id)
{
    uint64_t best = UINT64_MAX, tick = 0;
    for (int i = 0; i < 5; i++) {
        uint64_t before = __rdtsc(), ns = read_clock(id), after = __rdtsc();
        if (after - before < best) {
            best = after - before;
            tick = before + (after - before) / 2;
            *other = ns;
        }
    }
    return tick;
}
#else
static bool tsc_usable(void)
{
    return false;
}

static uint64_t read_pair(uint64_t *other, clockid_t id)
{
    *other = read_clock(id);
    return read_clock(CLOCK_MONOTONIC);
}
#endif

static void start_once(void)
{
    if (!tsc_usable())
        return;
    state.tick = read_pair(&state.monotonic, CLOCK_MONOTONIC);
    while (read_clock(CLOCK_MONOTONIC) - state.monotonic < 1000000) {
        /* One millisecond gives a first rate good to some 50 ppm; each drain has a longer base. */
    }
    state.real_source = WEFT__TICKS_TSC;
    if (__atomic_load_n(&weft__tick_source, __ATOMIC_RELAXED) != WEFT__TICKS_VIRTUAL)
        __atomic_store_n(&weft__tick_source, WEFT__TICKS_TSC, __ATOMIC_RELAXED);
}

void weft__clock_start(void)
{
    pthread_once(&state.once, start_once);
}

uint64_t weft__ticks_slow(void)
{
    return weft__monotonic_ns();
}

weft__tick_map weft__tick_map_now(void)
{
    weft__tick_map map = { .ns_per_tick = 1 };
    int source = __atomic_load_n(&weft__tick_source, __ATOMIC_RELAXED);
    if (source == WEFT__TICKS_VIRTUAL) {
        map.tick = map.utc = weft__utc_ns();
    } else if (source == WEFT__TICKS_TSC) {
        uint64_t monotonic = 0;
        uint64_t tick = read_pair(&monotonic, CLOCK_MONOTONIC);
        map.ns_per_tick = (double)(monotonic - state.monotonic) / (double)(tick - state.tick);
        map.tick = read_pair(&map.utc, CLOCK_REALTIME);
    } else {
        map.tick = weft__monotonic_ns();
        map.utc = weft__utc_ns();
    }
    return map;
}

bool weft__clock_check(void)
{
    if (__atomic_load_n(&weft__tick_source, __ATOMIC_RELAXED) != WEFT__TICKS_TSC || kernel_trusts_tsc())
        return false;
    state.real_source = WEFT__TICKS_MONOTONIC;
    __atomic_store_n(&weft__tick_source, WEFT__TICKS_MONOTONIC, __ATOMIC_RELAXED);
    return true;
}

uint64_t weft__utc_ns(void)
{
    uint64_t set = atomic_load_explicit(&state.virtual_utc, memory_order_acquire);
    return set != 0 ? set : read_clock(CLOCK_REALTIME);
}

uint64_t weft__monotonic_ns(void)
{
    uint64_t set = atomic_load_explicit(&state.virtual_utc, memory_order_acquire);
    return set != 0 ? set : read_clock(CLOCK_MONOTONIC);
}

void weft__clock_virtual(uint64_t utc_ns)
{
    atomic_store_explicit(&state.virtual_utc, utc_ns, memory_order_release);
    __atomic_store_n(&weft__tick_source, utc_ns != 0 ? WEFT__TICKS_VIRTUAL : state.real_source, __ATOMIC_RELAXED);
}

void weft__clock_advance(uint64_t ns)
{
    atomic_fetch_add_explicit(&state.virtual_utc, ns, memory_order_acq_rel);
}
