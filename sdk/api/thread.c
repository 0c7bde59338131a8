/* thread.c - the structures of threads: mapped at first use, recycled after the thread's end, never unmapped. */
#include "sdk/api/thread.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

#include "sdk/api/stack.h"

_Thread_local WEFT__TLS_MODEL weft__thread *weft__self;
void (*_Atomic weft__thread_ends)(weft__thread *thread);
_Atomic uint32_t weft__thread_count;

/* The one place of state. The idle list is guarded by a flag that is only ever tried, so that a child forked while it
 * was held, or a signal handler, goes on with a new structure instead of waiting. */
static struct {
    pthread_once_t once;
    pthread_key_t key;
    bool keyed;
    weft__thread *_Atomic all;
    _Atomic uint32_t numbers;
    atomic_flag idle_held;
    weft__thread *idle;
} registry = { .once = PTHREAD_ONCE_INIT, .idle_held = ATOMIC_FLAG_INIT };

static void thread_ended(void *value)
{
    weft__thread *thread = value;
    weft__self = thread;
    atomic_store_explicit(&thread->busy, 1, memory_order_relaxed);
    void (*ends)(weft__thread *) = atomic_load_explicit(&weft__thread_ends, memory_order_acquire);
    if (ends != NULL)
        ends(thread);
    weft__stack_let_go(thread);
    while (thread->own.depth != 0)
        weft__stack_pop(thread);
    weft__self = NULL;
    atomic_store_explicit(&thread->busy, 0, memory_order_relaxed);
    atomic_store_explicit(&thread->alive, false, memory_order_release);
    atomic_fetch_sub_explicit(&weft__thread_count, 1, memory_order_relaxed);
    for (int tries = 0; atomic_flag_test_and_set_explicit(&registry.idle_held, memory_order_acquire); tries++)
        if (tries == 10000)
            return; /* its holder is gone (a fork) or starved: this structure is not recycled, which costs two pages */
    thread->next_idle = registry.idle;
    registry.idle = thread;
    atomic_flag_clear_explicit(&registry.idle_held, memory_order_release);
}

static void make_key(void)
{
    registry.keyed = pthread_key_create(&registry.key, thread_ended) == 0;
}

static weft__thread *take_idle(void)
{
    if (atomic_flag_test_and_set_explicit(&registry.idle_held, memory_order_acquire))
        return NULL;
    weft__thread *thread = registry.idle;
    if (thread != NULL)
        registry.idle = thread->next_idle;
    atomic_flag_clear_explicit(&registry.idle_held, memory_order_release);
    return thread;
}

static weft__thread *map_new(void)
{
    size_t stack_at = (sizeof(weft__thread) + WEFT_CACHE_LINE - 1) & ~(size_t)(WEFT_CACHE_LINE - 1);
    size_t size = stack_at + WEFT__STACK_DEPTH * sizeof(weft__entry);
    uint8_t *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    weft__thread *thread = (weft__thread *)(void *)memory;
    thread->own.entries = (weft__entry *)(void *)(memory + stack_at);
    thread->own.capacity = WEFT__STACK_DEPTH;
    thread->own.owner = thread;
    thread->stack = &thread->own;
    thread->serial = WEFT__ENTERED | (uint64_t)(atomic_fetch_add(&registry.numbers, 1) + 1) << 40;
    thread->next_registered = atomic_load(&registry.all);
    while (!atomic_compare_exchange_weak(&registry.all, &thread->next_registered, thread)) {
        /* next_registered has been refreshed */
    }
    return thread;
}

weft__thread *weft__thread_make(void)
{
    int kept = errno;
    pthread_once(&registry.once, make_key);
    weft__thread *thread = take_idle();
    if (thread == NULL)
        thread = map_new();
    if (thread != NULL) {
        atomic_store_explicit(&thread->alive, true, memory_order_relaxed);
        atomic_fetch_add_explicit(&weft__thread_count, 1, memory_order_relaxed);
        /* Without a key the structure is simply not recycled. */
        if (registry.keyed)
            pthread_setspecific(registry.key, thread);
        weft__self = thread;
    }
    errno = kept;
    return thread;
}

weft__thread *weft__threads(void)
{
    return atomic_load_explicit(&registry.all, memory_order_acquire);
}
