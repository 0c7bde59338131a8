/* pool.c - the mappings, and the depot through which blocks move between threads and the worker. */
#include "sdk/common/pool.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sdk/api/runtime.h"
#include "sdk/base/random.h"
#include "sdk/common/depot.h"

weft__mapping weft__pool_map[WEFT__POOLS];
_Atomic uint8_t weft__pool_tags[WEFT__SDKS];
weft__notify_fn *_Atomic weft__pool_notify;
_Atomic uint32_t weft__pool_chunk = WEFT__GROUP;

/* The one place of state. Pools are made under the lock and never go away. */
static weft__pool pools[WEFT__POOLS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

weft__pool *weft__pool_of(uint32_t number)
{
    return &pools[number >> WEFT__POOL_INDEX_BITS];
}

static bool map_pool(weft__pool *pool, uint32_t slot, uint32_t blocks)
{
    size_t size = (size_t)blocks * WEFT__BLOCK_SIZE;
    uint8_t *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return false;
#ifdef MADV_WIPEONFORK
    /* Without it a child shares the pages by copy-on-write, which costs the parent its speed, not its safety. */
    (void)madvise(base, size, MADV_WIPEONFORK);
#endif
#ifdef MADV_DONTDUMP
    (void)madvise(base, size, MADV_DONTDUMP);
#endif
    weft__pool_map[slot] = (weft__mapping){ base, blocks };
    pool->blocks = blocks;
    pool->first = WEFT__GENERATION_ONE;
    pool->slot = slot;
    return true;
}

static weft__pool *find_pool(uint32_t blocks, weft_status *status)
{
    for (uint32_t slot = 0; slot < WEFT__POOLS; slot++) {
        if (pools[slot].blocks == blocks)
            return &pools[slot];
        if (pools[slot].blocks == 0) {
            *status = WEFT_E_MEMORY;
            return map_pool(&pools[slot], slot, blocks) ? &pools[slot] : NULL;
        }
    }
    *status = WEFT_E_INVALID;
    return NULL;
}

/* In a forked child the blocks are wiped, but not what stands here. Generations begin somewhere else, so that a handle
 * from before the fork is stale. */
static void forget_parent(void)
{
    weft__random random;
    weft__random_seed(&random);
    for (uint32_t slot = 0; slot < WEFT__POOLS; slot++) {
        atomic_store(&pools[slot].depot, 0);
        atomic_store(&pools[slot].fresh, 0);
        atomic_store(&pools[slot].out, 0);
        pools[slot].first = (weft__random_next(&random) >> 1 & WEFT__GENERATION_MASK) | WEFT__GENERATION_ONE;
    }
}

/* The page was wiped by a fork where it has no epoch although there has been one. */
static uint32_t next_epoch(uint32_t last)
{
    static uint32_t openings, forks;
    if (last == 0 && openings != 0) {
        forks++;
        forget_parent();
    }
    openings = openings % (WEFT__OPENINGS - 1) + 1;
    return forks * WEFT__OPENINGS | openings;
}

weft_status weft__pool_open(size_t bytes)
{
    size_t most = (size_t)1 << WEFT__POOL_INDEX_BITS, blocks = bytes / WEFT__BLOCK_SIZE;
    blocks = blocks < WEFT__POOL_LEAST ? WEFT__POOL_LEAST : blocks > most ? most : blocks;
    if (!weft__runtime_make())
        return WEFT_E_MEMORY;
    weft_status status = WEFT_OK;
    pthread_mutex_lock(&lock);
    weft__page *page = atomic_load(&weft__runtime);
    weft__pool *pool = find_pool((uint32_t)blocks, &status);
    if (pool != NULL) {
        status = WEFT_OK;
        uint32_t epoch = next_epoch(atomic_load(&page->epoch));
        atomic_store(&page->pool, pool);
        atomic_store(&page->epoch, epoch);
    }
    pthread_mutex_unlock(&lock);
    return status;
}

void weft__pool_close(void)
{
    weft__page *page = atomic_load(&weft__runtime);
    if (atomic_load(&page->pool) != NULL)
        atomic_store(&page->pool, NULL);
}

void weft__pool_usage(uint64_t *bytes, uint64_t *most)
{
    const weft__pool *pool = atomic_load(&atomic_load(&weft__runtime)->pool);
    *bytes = pool != NULL ? (uint64_t)pool->blocks * WEFT__BLOCK_SIZE : 0;
    *most = pool != NULL ? (uint64_t)weft__min(atomic_load(&pool->fresh), pool->blocks) * WEFT__BLOCK_SIZE : 0;
}
