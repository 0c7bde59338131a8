/* depot.h - groups of free blocks, between the magazines of threads and the worker: a lock-free stack of groups. */
#ifndef WEFT_SDK_COMMON_DEPOT_H
#define WEFT_SDK_COMMON_DEPOT_H

#include "sdk/common/pool.h"

enum { WEFT__POOL_LEAST = 64 }; /* blocks */

struct weft__pool {
    uint32_t slot, blocks;                            /* blocks 0: not mapped */
    _Alignas(WEFT_CACHE_LINE) _Atomic uint64_t depot; /* changes << 32 | number + 1 of the first group's first block */
    _Atomic uint32_t fresh;                           /* blocks that were ever handed out: low ones first */
    _Atomic uint32_t out;                             /* blocks outside the depot: in magazines and records */
    uint64_t first;                                   /* the generation that fresh blocks begin with */
};

weft__pool *weft__pool_of(uint32_t number);

/* Gives a group of at most WEFT__GROUP free blocks of that pool. */
void weft__depot_push(weft__pool *pool, weft__block *const *blocks, uint32_t count);
/* Takes at most `most` blocks; returns how many. */
uint32_t weft__depot_take(weft__pool *pool, weft__block **blocks, uint32_t most);

#endif
