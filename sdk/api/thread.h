/* thread.h - what a thread owns: its context stack, and the SDK's magazine, counters and generator of ids.
 *
 * One structure for each thread that ever traced, mapped at its first use, recycled after its end, never unmapped: the
 * worker may still look at it. The thread alone writes it, but for the fields that say otherwise. */
#ifndef WEFT_SDK_API_THREAD_H
#define WEFT_SDK_API_THREAD_H

#include <stdatomic.h>

#include <weft/context.h>

#include "sdk/api/slab.h"
#include "sdk/base/base.h"
#include "sdk/base/random.h"

/* One level of a context stack. The entry holds references to its context's state_ and bag_ cells. */
typedef struct weft__entry {
    weft_context context;
    uint64_t serial; /* what tokens and entered spans name; bit 63, the thread's number, a count: never used twice */
    uint16_t kind;   /* WEFT__ENTRY_... */
    bool cells;      /* there are cells to let go of */
    struct weft__block *block; /* the record of a span that was entered the usual way; else NULL */
    uint64_t reserved;
} weft__entry;

/* hold_ of an entered span is the serial of its stack entry, which has this bit; without it, hold_ is a cell that the
 * context owns. */
#define WEFT__ENTERED ((uint64_t)1 << 63)

enum { WEFT__ENTRY_CONTEXT, WEFT__ENTRY_SPAN, WEFT__ENTRY_MARK };

/* A thread's own stack, or a coroutine's. entries[0 .. depth) are in use; memory is mapped ahead, so that push does not
 * allocate below WEFT__STACK_DEPTH. */
typedef struct weft_stack {
    weft__entry *entries;
    uint32_t depth, capacity;
    struct weft__thread *owner; /* where it is current; NULL: nowhere */
} weft__stack;

enum { WEFT__STACK_DEPTH = 512, WEFT__SDKS = 8, WEFT__MAGAZINE = 64, WEFT__KEPT_CELLS = 4 };

/* Counters that only the owning thread writes (relaxed load and store), and anybody reads. */
typedef struct weft__tally {
    _Atomic uint64_t created, ended, discarded, dropped_pool, truncated;
    uint64_t reserved[3]; /* a power of two: the hot path finds it by a shift */
} weft__tally;

typedef struct weft__thread {
    _Atomic uint8_t busy;             /* inside the library: a signal handler that finds it set must not go further */
    _Atomic uint8_t away;             /* inside the user's code that the library has called: depth */
    weft__stack *stack;               /* the current one: &own or a coroutine's */
    uint64_t serial;                  /* of the last entry pushed: WEFT__ENTERED | thread number << 40 | count */
    uint32_t cells[WEFT__KEPT_CELLS]; /* of each small size of sdk/api/slab.c a free one, index + 1, for the next new */

    /* The SDK's part; see sdk/common/pool.h. */
    uint32_t epoch; /* of the pool that the magazine belongs to; another one than the runtime page's: start afresh */
    uint32_t count; /* blocks in the magazine */
    weft__random random;
    _Atomic uint32_t ended; /* block number + 1 of the last ended record; the worker takes the whole list */
    _Atomic uint32_t dirty; /* 1: on the runtime's list of threads with ended records */
    int32_t until_notice;   /* records to end before the worker is told of a chunk */
    uint32_t chunk;         /* of so many, when the count began */
    struct weft__thread *next_dirty;
    struct weft__block *magazine[WEFT__MAGAZINE];
    weft__tally tally[WEFT__SDKS];
    uint64_t sampled_state; /* the last tracestate that a sampler made for a span that does not record; or 0 */
    uint8_t *scratch;       /* mapped at the first record that outgrows its block; see sdk/trace/append.h */

    /* Set up once. */
    _Alignas(WEFT_CACHE_LINE) weft__stack own;
    struct weft__thread *next_registered; /* all there ever were; append-only list */
    struct weft__thread *_Atomic next_idle;
    _Atomic bool alive;
} weft__thread;

#if defined(__GLIBC__)
#define WEFT__TLS_MODEL __attribute__((__tls_model__("initial-exec")))
#else
#define WEFT__TLS_MODEL
#endif

/* NULL until the thread's first use, and again after its end. Inside libweft-api only. */
extern _Thread_local WEFT__TLS_MODEL weft__thread *weft__self;

/* Maps and registers the calling thread's structure; NULL without memory. Keeps errno. */
WEFT_PRIVATE WEFT_COLD weft__thread *weft__thread_make(void);
/* All threads that ever were, newest first; follow next_registered. */
WEFT_PRIVATE weft__thread *weft__threads(void);
/* Set by the SDK: gives back what an ending thread holds. Called by that thread. */
WEFT_PRIVATE extern void (*_Atomic weft__thread_ends)(weft__thread *thread);
/* Threads alive that have traced. */
WEFT_PRIVATE extern _Atomic uint32_t weft__thread_count;

WEFT_INLINE weft__thread *weft__thread_self(void)
{
    weft__thread *thread = weft__self;
    return WEFT_LIKELY(thread != NULL) ? thread : weft__thread_make();
}

/* Every entry from outside: false where a signal handler interrupted the library on this thread. */
WEFT_INLINE bool weft__enter(weft__thread *thread)
{
    if (WEFT_UNLIKELY(atomic_load_explicit(&thread->busy, memory_order_relaxed) != 0))
        return false;
    atomic_store_explicit(&thread->busy, 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    return true;
}

WEFT_INLINE void weft__leave(weft__thread *thread)
{
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&thread->busy, 0, memory_order_release);
}

/* Around calls of the user's code (samplers, processors): what that calls of ours must work, and its objects must not
 * be freed meanwhile. */
static inline void weft__to_user(weft__thread *thread)
{
    atomic_store_explicit(&thread->away, (uint8_t)(atomic_load_explicit(&thread->away, memory_order_relaxed) + 1),
                          memory_order_relaxed);
    weft__leave(thread);
}

static inline void weft__from_user(weft__thread *thread)
{
    (void)weft__enter(thread);
    atomic_store_explicit(&thread->away, (uint8_t)(atomic_load_explicit(&thread->away, memory_order_relaxed) - 1),
                          memory_order_release);
}

static inline void weft__tally_add(_Atomic uint64_t *counter, uint64_t more)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more, memory_order_relaxed);
}

#endif
