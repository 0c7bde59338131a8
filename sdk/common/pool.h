/* pool.h - the record pool: fixed-size blocks of one mapping, handed out by per-thread magazines.
 *
 * A record (an open or ended span) is a head block and a chain of continuation blocks. Its attributes, events and links
 * are an append-only stream of the bytes that OTLP will carry; no block holds a pointer. One 64-bit control word per
 * head says generation, state and lock, so that one compare-and-swap checks all three. Blocks are never unmapped. */
#ifndef WEFT_SDK_COMMON_POOL_H
#define WEFT_SDK_COMMON_POOL_H

#include <stdatomic.h>

#include "sdk/api/thread.h"
#include "sdk/base/base.h"

enum {
    WEFT__BLOCK_SIZE = 512,
    WEFT__HEAD_SIZE = 128,                                /* of a head block's header */
    WEFT__MORE_SIZE = 32,                                 /* of a continuation's header */
    WEFT__HEAD_ROOM = WEFT__BLOCK_SIZE - WEFT__HEAD_SIZE, /* stream bytes in a head block */
    WEFT__MORE_ROOM = WEFT__BLOCK_SIZE - WEFT__MORE_SIZE, /* ... in a continuation */
    WEFT__RECORD_CAP = 64 * 1024,                         /* stream bytes of one record */
    WEFT__POOLS = 8,                                      /* mappings of different sizes that one process may have */
    WEFT__POOL_INDEX_BITS = 21,
    WEFT__OPENINGS = 1 << 20, /* epochs: how often a pool was opened, and above that how often the process was forked */
    WEFT__GROUP = 32,         /* blocks that move between depot and magazine at once */
};

/* A handle's record_: generation << 24 | block number (pool << 21 | index). Control words: the same generation bits,
 * state below. */
#define WEFT__NUMBER_MASK ((uint64_t)0xffffff)
#define WEFT__GENERATION_MASK (~WEFT__NUMBER_MASK)
#define WEFT__GENERATION_ONE ((uint64_t)1 << 24)
enum {
    WEFT__FREE = 0,
    WEFT__OPEN = 1,
    WEFT__ENDING = 2, /* times fixed, on_ending runs; only the ending thread may change it */
    WEFT__ENDED = 3,
    WEFT__MORE = 4, /* a continuation */
    WEFT__STATE_MASK = 0xf,
    WEFT__LOCKED = 0x10,
    WEFT__END_PENDING = 0x20, /* somebody ended it while it was locked: the holder completes that */
};

/* What the stream needs before it may be sent as it is. */
enum {
    WEFT__FIX_KEYS = 1,     /* a key may be there twice: the last one counts */
    WEFT__FIX_TEXT = 2,     /* a text has bytes above 0x7f: check, and repair, its UTF-8 */
    WEFT__FIX_REPLACED = 4, /* name or status is there twice: the last one counts */
    WEFT__FIX_EVENTS = 8,   /* events whose time is in ticks */
    WEFT__CUT = 16,         /* something was cut at the cap per record */
    WEFT__START_UTC = 32,   /* start is ns since the epoch, not ticks */
    WEFT__END_UTC = 64,
    WEFT__PARENT_REMOTE = 128,
    WEFT__UNSENT = 256,  /* processors see it, exporters do not (record only) */
    WEFT__CELLS = 1024,  /* state or bag is held */
    WEFT__WATCHED = 512, /* a processor wants to see its end */
};

typedef struct weft__block {
    _Atomic uint64_t control;
    _Atomic uint32_t next; /* number + 1 of the next ended record, or of the next free block of the group */
    uint32_t number;       /* its own, from the first use on */
    uint32_t chain;        /* number + 1 of the first, or next, continuation */
    uint32_t tail;         /* head: number of the last block of the chain */
    _Atomic uint32_t used; /* head: bytes in the whole stream, published last; in the depot: the next group */
    uint32_t identity;     /* head: number of the scope */
    /* From here on in head blocks alone. */
    uint8_t trace_id[16], span_id[8], parent_id[8];
    uint64_t start; /* ticks, or ns (WEFT__START_UTC) */
    _Atomic uint64_t end;
    uint64_t state, bag; /* cells held while it is open */
    uint64_t keys;       /* which hashes of attribute keys there are */
    uint16_t attributes, events, links, fix;
    uint32_t dropped_attributes, dropped_events, dropped_links;
    uint8_t sdk;                 /* slot, and above its 3 bits how often the slot had been taken, modulo 32 */
    uint8_t kind, status, flags; /* kind and status with OTLP's numbers; flags: W3C's */
    uint8_t stream[WEFT__HEAD_ROOM];
} weft__block;

_Static_assert(sizeof(weft__block) == WEFT__BLOCK_SIZE, "a block fits");
_Static_assert(offsetof(weft__block, trace_id) == WEFT__MORE_SIZE, "a continuation's header");
_Static_assert(offsetof(weft__block, stream) == WEFT__HEAD_SIZE, "a head's header");

/* What a record says of its SDK: the slot, and how often it had been taken before, so that a span that outlives its SDK
 * is not taken for the next one's. */
#define WEFT__SDK_TAG(slot, times) ((uint8_t)((slot) | ((times) & 31) << 3))
#define WEFT__SDK_SLOT(tag) ((uint32_t)(tag) & 7)

typedef struct weft__pool weft__pool;

/* Makes the pool of about that many bytes the current one (an earlier one of the same size is taken up again; after a
 * fork it is made anew) and counts the epoch up. WEFT_E_MEMORY, or WEFT_E_INVALID when WEFT__POOLS sizes are in use. */
weft_status weft__pool_open(size_t bytes);
/* No new records from now on; the mapping stays. */
void weft__pool_close(void);

/* Blocks in use at most so far, and in all, in bytes. */
void weft__pool_usage(uint64_t *bytes, uint64_t *most);

/* The block with that number, which must be one that the pool has given out. */
typedef struct weft__mapping {
    uint8_t *base;
    uint32_t blocks; /* 0: not mapped */
} weft__mapping;
extern weft__mapping weft__pool_map[WEFT__POOLS];
WEFT_INLINE weft__block *weft__block_at(uint32_t number)
{
    return (weft__block *)(void *)(weft__pool_map[number >> WEFT__POOL_INDEX_BITS].base +
                                   (size_t)(number & ((1u << WEFT__POOL_INDEX_BITS) - 1)) * WEFT__BLOCK_SIZE);
}

/* The block that a handle names, or NULL for numbers that none of ours has (memory that never was a handle). */
WEFT_INLINE weft__block *weft__block_find(uint64_t record)
{
    uint32_t number = (uint32_t)(record & WEFT__NUMBER_MASK), index = number & ((1u << WEFT__POOL_INDEX_BITS) - 1);
    const weft__mapping *mapping = &weft__pool_map[number >> WEFT__POOL_INDEX_BITS];
    if (WEFT_UNLIKELY(index >= mapping->blocks))
        return NULL;
    weft__block *block = (weft__block *)(void *)(mapping->base + (size_t)index * WEFT__BLOCK_SIZE);
    WEFT_ASSUME(block != NULL);
    return block;
}

/* Takes every record that has ended since the last call, oldest first for each thread, and calls each() with the head
 * (ended: nobody else touches it). The worker alone; one caller at a time. Returns how many there were. */
size_t weft__pool_drain(void (*each)(void *arg, weft__block *head), void *arg);
/* The records that each() is to see: those of the SDK that has the slot now. Others are given back unseen. */
extern _Atomic uint8_t weft__pool_tags[WEFT__SDKS];
/* Gives a drained record's blocks back. The worker alone. */
void weft__pool_free(weft__block *head);
/* Hands what weft__pool_free has gathered to the depot: at the end of a drain. */
void weft__pool_free_done(void);

/* Called on a tracing thread when the worker may have to look: WEFT__NOTICE_FIRST (a thread's list of ended records was
 * empty before), WEFT__NOTICE_LOW (more than a quarter of the pool is in use), else the number of records that this
 * thread has ended since its last such notice. Set by the pump; must be cheap, must not block or call into weft. */
typedef void weft__notify_fn(uint32_t notice);
#define WEFT__NOTICE_FIRST 0
#define WEFT__NOTICE_LOW UINT32_MAX
extern weft__notify_fn *_Atomic weft__pool_notify;
/* How many ended records a thread may gather before it notifies; the pump sets it from the smallest batch. */
extern _Atomic uint32_t weft__pool_chunk;

#endif
