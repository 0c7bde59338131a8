/* random.h - a small fast generator of ids, seeded by the operating system. */
#ifndef WEFT_SDK_BASE_RANDOM_H
#define WEFT_SDK_BASE_RANDOM_H

#include "sdk/base/base.h"

/* xoshiro256**: 1 ns for 8 bytes. One per thread; all zero is "not seeded". */
typedef struct weft__random {
    uint64_t state[4];
} weft__random;

WEFT_INLINE uint64_t weft__random_next(weft__random *random)
{
    uint64_t *s = random->state, t = s[1] << 17, x = s[1] * 5;
    x = ((x << 7) | (x >> 57)) * 9;
    s[2] ^= s[0], s[3] ^= s[1], s[1] ^= s[2], s[0] ^= s[3];
    s[2] ^= t, s[3] = (s[3] << 45) | (s[3] >> 19);
    return x;
}

/* From getrandom, else from what the machine has; never all zero. */
WEFT_PRIVATE void weft__random_seed(weft__random *random);

#endif
