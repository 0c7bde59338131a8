/* clock.h - time: cheap ticks for records, nanoseconds for people, milliseconds for deadlines. All of it stands still
 * and moves by hand under the tests' virtual clock. */
#ifndef WEFT_SDK_BASE_CLOCK_H
#define WEFT_SDK_BASE_CLOCK_H

#include "sdk/base/base.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <x86intrin.h>
#endif

/* Where ticks come from. */
enum { WEFT__TICKS_MONOTONIC, WEFT__TICKS_TSC, WEFT__TICKS_VIRTUAL };

/* Read by the hot path, written at start and by the worker's re-check alone. */
WEFT_PRIVATE extern int weft__tick_source;

WEFT_PRIVATE uint64_t weft__ticks_slow(void);

/* A reading of the cheapest usable clock; weft__tick_time() makes it a time. */
WEFT_INLINE uint64_t weft__ticks(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    if (WEFT_LIKELY(__atomic_load_n(&weft__tick_source, __ATOMIC_RELAXED) == WEFT__TICKS_TSC))
        return __rdtsc();
#endif
    return weft__ticks_slow();
}

/* Ticks to UTC: one segment (tick, UTC, rate), made anew by each drain. */
typedef struct weft__tick_map {
    uint64_t tick, utc;
    double ns_per_tick;
} weft__tick_map;

/* Chooses the tick source and measures its rate for about a millisecond, once for the process. */
WEFT_PRIVATE void weft__clock_start(void);
/* A fresh segment, for ticks of the current source. */
WEFT_PRIVATE weft__tick_map weft__tick_map_now(void);
/* Asks the kernel whether it still trusts the TSC, and stops using it where it does not. Reads a file: once a second at
 * most, by the worker. True where the source has changed: ticks taken before must be read by an earlier map. */
WEFT_PRIVATE bool weft__clock_check(void);
/* Nanoseconds since the Unix epoch. */
static inline uint64_t weft__tick_time(const weft__tick_map *map, uint64_t tick)
{
    double ns = (double)(int64_t)(tick - map->tick) * map->ns_per_tick;
    return map->utc + (uint64_t)(int64_t)ns;
}

/* Nanoseconds since the Unix epoch, and of a clock that never jumps. */
WEFT_PRIVATE uint64_t weft__utc_ns(void);
WEFT_PRIVATE uint64_t weft__monotonic_ns(void);
static inline int64_t weft__monotonic_ms(void)
{
    return (int64_t)(weft__monotonic_ns() / 1000000);
}

/* Tests: from now on time stands at these nanoseconds since the epoch until it is advanced; 0 gives real time back. */
WEFT_PRIVATE void weft__clock_virtual(uint64_t utc_ns);
WEFT_PRIVATE void weft__clock_advance(uint64_t ns);

#endif
