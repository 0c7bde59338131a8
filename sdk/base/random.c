/* random.c - seeding the generator of ids from the operating system. */
#include "sdk/base/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "sdk/base/clock.h"

_Atomic uint64_t weft__random_fixed;

/* Fills it from one number. */
static void spread(weft__random *random, uint64_t mix)
{
    uint64_t words[6] = { 0 };
    for (int i = 0; i < 6; i++) {
        mix += 0x9e3779b97f4a7c15u;
        uint64_t z = (mix ^ (mix >> 30)) * 0xbf58476d1ce4e5b9u;
        words[i] ^= z ^ (z >> 27);
    }
    memcpy(random, words, sizeof words);
}

void weft__random_seed(weft__random *random)
{
    int kept = errno;
    if (atomic_load_explicit(&weft__random_fixed, memory_order_relaxed) != 0) {
        spread(random, atomic_fetch_add_explicit(&weft__random_fixed, 1, memory_order_relaxed));
    } else if (getrandom(random, sizeof *random, GRND_NONBLOCK) != (ssize_t)sizeof *random) {
        /* Early boot, or a sandbox without the call: distinct is all that can be had. */
        spread(random, weft__monotonic_ns() ^ ((uint64_t)getpid() << 32) ^ (uint64_t)(uintptr_t)random);
    }
    random->state[0] |= 1;
    random->step |= 1;
    errno = kept;
}
