/* random.c - seeding the generator of ids from the operating system. */
#include "sdk/base/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "sdk/base/clock.h"

void weft__random_seed(weft__random *random)
{
    int kept = errno;
    ssize_t got = getrandom(random, sizeof *random, GRND_NONBLOCK);
    if (got != (ssize_t)sizeof *random) {
        /* Early boot, or a sandbox without the call: distinct is all that can be had. */
        uint64_t words[6] = { 0 };
        uint64_t mix = weft__monotonic_ns() ^ ((uint64_t)getpid() << 32) ^ (uint64_t)(uintptr_t)random;
        for (int i = 0; i < 6; i++) {
            mix += 0x9e3779b97f4a7c15u;
            uint64_t z = (mix ^ (mix >> 30)) * 0xbf58476d1ce4e5b9u;
            words[i] ^= z ^ (z >> 27);
        }
        memcpy(random, words, sizeof words);
    }
    random->state[0] |= 1;
    random->step |= 1;
    errno = kept;
}
