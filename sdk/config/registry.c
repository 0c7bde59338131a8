/* registry.c - the slots, under a lock that is held for moments only and never while anybody else's code runs. */
#include "sdk/config/registry.h"

#include <time.h>
#include <unistd.h>

#include "sdk/base/clock.h"
#include "sdk/common/pool.h"

enum { SLOT_BITS = 3, TIMES_MOST = (1 << 28) - 1 };
_Static_assert(1 << SLOT_BITS == WEFT__SDKS, "a slot fits into its bits");

/* The one place of state. */
static struct {
    _Atomic int lock;    /* process id of the holder; 0: free */
    _Atomic int process; /* whose SDKs these are; 0: there are none */
    weft__sdk sdks[WEFT__SDKS];
    weft__build *kept;
    /* For gates, which are set on any thread: */
    _Atomic uint32_t live[WEFT__SDKS]; /* key + 1; 0: none that takes spans */
    _Atomic uint32_t global;           /* the same of the global one */
} state;

static _Thread_local bool starting;

static void nap(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* False in a forked child: what it inherited belongs to threads that are not there, perhaps in the middle of a change.
 */
static bool lock(void)
{
    int own = (int)getpid();
    for (;;) {
        int holder = 0, owner = atomic_load(&state.process);
        if (owner != 0 && owner != own)
            return false;
        if (atomic_compare_exchange_strong(&state.lock, &holder, own))
            return true;
        if (holder != own)
            return false;
        nap();
    }
}

static void unlock(void)
{
    atomic_store(&state.lock, 0);
}

static uint32_t key_of(const weft__sdk *sdk)
{
    return sdk->slot | sdk->times << SLOT_BITS;
}

uint64_t weft__sdk_id(const weft__sdk *sdk)
{
    return (uint64_t)key_of(sdk) + 1;
}

uint32_t weft__registry_key(uint64_t id)
{
    return id == 0 ? WEFT__SDK_GLOBAL : id <= WEFT__SDK_GLOBAL ? (uint32_t)(id - 1) : WEFT__SDK_GLOBAL - 1;
}

static bool is_global(const weft__sdk *sdk)
{
    return !sdk->local && (sdk->state == WEFT__SDK_STARTING || sdk->state == WEFT__SDK_RUNNING);
}

static weft__sdk *find_global(void)
{
    for (uint32_t i = 0; i < WEFT__SDKS; i++)
        if (is_global(&state.sdks[i]))
            return &state.sdks[i];
    return NULL;
}

static void add_tally(weft__tally *sum, const weft__tally *one)
{
    _Atomic uint64_t *into = (_Atomic uint64_t *)sum;
    const _Atomic uint64_t *from = (const _Atomic uint64_t *)one;
    for (size_t i = 0; i < sizeof *sum / sizeof *into; i++)
        weft__tally_add(&into[i], atomic_load_explicit(&from[i], memory_order_relaxed));
}

/* Takes the slot that was taken least often, so that late calls on a stopped SDK find nothing rather than the next one.
 */
static weft__sdk *take_slot(bool local)
{
    weft__sdk *best = NULL;
    for (uint32_t i = 0; i < WEFT__SDKS; i++) {
        weft__sdk *sdk = &state.sdks[i];
        if (sdk->state == WEFT__SDK_FREE && (best == NULL || sdk->times < best->times)) {
            best = sdk;
            best->slot = i;
        }
    }
    if (best == NULL)
        return NULL;
    uint32_t times = best->times < TIMES_MOST ? best->times + 1 : 1;
    *best =
        (weft__sdk){ .state = WEFT__SDK_STARTING, .slot = best->slot, .times = times, .references = 1, .local = local };
    /* From here on the ends of spans of an earlier SDK in the slot are not counted. */
    atomic_store(&weft__pool_tags[best->slot], WEFT__SDK_TAG(best->slot, times));
    for (const weft__thread *thread = weft__threads(); thread != NULL; thread = thread->next_registered)
        add_tally(&best->base, &thread->tally[best->slot]);
    atomic_store(&state.process, (int)getpid());
    return best;
}

weft__sdk *weft__registry_claim(bool local, bool *shared, uint64_t *id)
{
    *shared = false;
    if (starting || !lock())
        return NULL;
    weft__sdk *global = local ? NULL : find_global();
    while (global != NULL && global->state == WEFT__SDK_STARTING) {
        unlock();
        nap();
        if (!lock())
            return NULL;
        global = find_global();
    }
    *shared = global != NULL;
    if (global != NULL)
        global->references++;
    else
        global = take_slot(local);
    starting = global != NULL && !*shared;
    *id = global != NULL ? weft__sdk_id(global) : 0;
    unlock();
    return global;
}

static bool pool_in_use(void)
{
    for (uint32_t i = 0; i < WEFT__SDKS; i++)
        if (state.sdks[i].pool)
            return true;
    return false;
}

weft_status weft__registry_open_pool(weft__sdk *sdk, size_t budget)
{
    if (!lock())
        return WEFT_E_STOPPED;
    weft_status status = pool_in_use() ? WEFT_OK : weft__pool_open(budget);
    sdk->pool = status == WEFT_OK;
    unlock();
    return status;
}

/* Any thread, at any time. */
static void set_gate(weft__identity *identity)
{
    uint32_t key = identity->sdk;
    bool on = key == WEFT__SDK_GLOBAL ? atomic_load(&state.global) != 0
                                      : atomic_load(&state.live[key & (WEFT__SDKS - 1)]) == key + 1;
    __atomic_store_n(&identity->gate.spans, on ? WEFT_SPANS_ON : WEFT_SPANS_PASSIVE, __ATOMIC_RELAXED);
}

void weft__registry_publish(weft__sdk *sdk)
{
    starting = false;
    if (!lock())
        return;
    weft__build *build = sdk->build;
    if (build != NULL && (build->provider.exports || build->provider.processor_count != 0)) {
        weft__page *page = atomic_load(&weft__runtime);
        weft__provider_publish(&build->provider);
        atomic_store(&state.live[sdk->slot], key_of(sdk) + 1);
        if (!sdk->local) {
            atomic_store(&state.global, key_of(sdk) + 1);
            atomic_store(&page->global_sdk, sdk->slot + 1);
        }
        atomic_store_explicit(&page->ops, &weft__trace_ops, memory_order_release);
        weft__gates_refresh(set_gate);
    }
    sdk->state = WEFT__SDK_RUNNING;
    unlock();
}

static void unpublish(weft__sdk *sdk)
{
    weft__page *page = atomic_load(&weft__runtime);
    uint32_t key = key_of(sdk) + 1, slot = sdk->slot + 1, others = 0;
    atomic_store(&state.live[sdk->slot], 0);
    for (uint32_t i = 0; i < WEFT__SDKS; i++)
        others |= atomic_load(&state.live[i]);
    atomic_compare_exchange_strong(&state.global, &key, 0);
    weft__gates_refresh(others != 0 ? set_gate : NULL);
    atomic_compare_exchange_strong(&page->global_sdk, &slot, 0);
    atomic_store(&weft__providers[sdk->slot], NULL);
    if (others == 0)
        atomic_store_explicit(&page->ops, &weft__trace_rest_ops, memory_order_release);
}

static weft__sdk *find_running(uint64_t id)
{
    for (uint32_t i = 0; i < WEFT__SDKS; i++) {
        weft__sdk *sdk = &state.sdks[i];
        if (sdk->state == WEFT__SDK_RUNNING && (id == 0 ? !sdk->local : id == weft__sdk_id(sdk)))
            return sdk;
    }
    return NULL;
}

weft__sdk *weft__registry_enter(uint64_t id)
{
    if (!lock())
        return NULL;
    weft__sdk *sdk = find_running(id);
    if (sdk != NULL)
        sdk->callers++;
    unlock();
    return sdk;
}

static void clear(weft__sdk *sdk)
{
    *sdk = (weft__sdk){ .slot = sdk->slot, .times = sdk->times };
    if (!pool_in_use())
        weft__pool_close();
    for (uint32_t i = 0; i < WEFT__SDKS; i++)
        if (state.sdks[i].state != WEFT__SDK_FREE)
            return;
    atomic_store(&state.process, 0);
}

void weft__registry_leave(weft__sdk *sdk)
{
    if (!lock())
        return;
    if (--sdk->callers == 0 && sdk->leftover)
        clear(sdk);
    unlock();
}

weft_status weft__registry_drop(uint64_t id, weft__sdk **last)
{
    *last = NULL;
    if (!lock())
        return WEFT_E_STOPPED;
    weft__sdk *sdk = find_running(id);
    if (sdk != NULL && --sdk->references == 0) {
        sdk->state = WEFT__SDK_STOPPING;
        if (sdk->build != NULL)
            unpublish(sdk);
        *last = sdk;
    }
    unlock();
    return sdk != NULL ? WEFT_OK : WEFT_E_STOPPED;
}

bool weft__registry_wait(weft__sdk *sdk, int64_t deadline)
{
    for (;;) {
        if (!lock())
            return false;
        bool alone = sdk->callers == 0;
        unlock();
        if (alone || weft__monotonic_ms() >= deadline)
            return alone;
        nap();
    }
}

void weft__registry_free(weft__sdk *sdk, weft__build *build)
{
    if (!lock())
        return;
    if (build != NULL) {
        build->next = state.kept;
        state.kept = build;
    }
    sdk->leftover = sdk->callers != 0;
    if (!sdk->leftover)
        clear(sdk);
    unlock();
}
