/* random.h - a small fast generator of ids, seeded by the operating system. */
#ifndef WEFT_SDK_BASE_RANDOM_H
#define WEFT_SDK_BASE_RANDOM_H

#include <stdatomic.h>

#include "sdk/base/base.h"

/* xoshiro256**: 1 ns for 8 bytes. One per thread; all zero is "not seeded". */
typedef struct weft__random {
    uint64_t state[4];
    uint64_t weyl, step; /* of span ids; step is odd, and another one for each seed */
} weft__random;

WEFT_INLINE uint64_t weft__random_next(weft__random *random)
{
    uint64_t *s = random->state, t = s[1] << 17, x = s[1] * 5;
    x = ((x << 7) | (x >> 57)) * 9;
    s[2] ^= s[0], s[3] ^= s[1], s[1] ^= s[2], s[0] ^= s[3];
    s[2] ^= t, s[3] = (s[3] << 45) | (s[3] >> 19);
    return x;
}

/* Span ids: they must differ within a trace, and need no more; a Weyl sequence through one wide multiplication takes a
 * third of the time. Never 0. */
WEFT_INLINE uint64_t weft__random_span_id(weft__random *random)
{
#if defined(__SIZEOF_INT128__)
    __extension__ typedef unsigned __int128 wide;
    random->weyl += random->step;
    wide product = (wide)random->weyl * (random->weyl ^ 0xe7037ed1a0b428dbu);
    uint64_t id = (uint64_t)(product >> 64) ^ (uint64_t)product;
#else
    uint64_t id = weft__random_next(random);
#endif
    return id + (id == 0);
}

/* From getrandom, else from what the machine has; never all zero. */
WEFT_PRIVATE void weft__random_seed(weft__random *random);
/* Tests: while this is not 0, every seed is made from it, and counts it up: the same runs give the same numbers. */
extern _Atomic uint64_t weft__random_fixed;

#endif
