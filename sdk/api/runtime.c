/* runtime.c - the page on which the API finds the SDK, and the counters of misuse. */
#include "sdk/api/runtime.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

static weft__page none; /* what everybody reads before an SDK has ever started; stays empty */

weft__page *_Atomic weft__runtime = &none;
weft__misuse weft__misuses;

/* Only where the kernel cannot wipe the page (before 4.14). */
static void wipe_in_child(void)
{
    memset((void *)atomic_load_explicit(&weft__runtime, memory_order_relaxed), 0, sizeof(weft__page));
}

static weft__page *made; /* written under `once` alone */

static void make_page(void)
{
    weft__page *page = mmap(NULL, sizeof(weft__page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return;
    made = page;
    atomic_store_explicit(&weft__runtime, page, memory_order_release);
#ifdef MADV_WIPEONFORK
    if (madvise(page, sizeof *page, MADV_WIPEONFORK) == 0)
        return;
#endif
    pthread_atfork(NULL, NULL, wipe_in_child);
}

bool weft__runtime_make(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_page);
    return made != NULL;
}
