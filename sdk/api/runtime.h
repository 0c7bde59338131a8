/* runtime.h - where the API finds the SDK: one table of functions on a page that a forked child finds wiped. */
#ifndef WEFT_SDK_API_RUNTIME_H
#define WEFT_SDK_API_RUNTIME_H

#include <weft/span.h>
#include <weft/view.h>

#include "sdk/api/thread.h"

/* A distinct scope (name, version, schema URL, attributes, SDK). Found once for each weft_scope, never freed. */
typedef struct weft__identity {
    weft_gate gate;   /* first: weft_scope.gate_ points here */
    uint32_t sdk;     /* the SDK that its telemetry goes to: slot, and above it how often that had been taken before;
                       * WEFT__SDK_GLOBAL: the global one */
    uint32_t number;  /* counts up from 0: an index for tables */
    weft_scope scope; /* owned copies of the texts and attributes; what weft_scope_get() hands out */
    weft_scope_view view; /* of scope, for exporters */
} weft__identity;

#define WEFT__SDK_GLOBAL UINT32_MAX
enum { WEFT__IDENTITIES = 4096 }; /* distinct scopes that a process may have; more share an unnamed one */
/* As the time of an end: now, and no misuse if the span has ended before (weft_span_leave). */
#define WEFT__END_QUIET UINT64_MAX

/* What the SDK installs. The API's calls end in a jump to these, so each enters and leaves the thread (busy) itself;
 * false from weft__enter is counted and nothing is done. span, name and lists are as the caller gave them, but never
 * NULL where they must not be; record_ of the handle is never 0; list elements may be anything. */
typedef struct weft__sdk_ops {
    /* A child of the current context, or a root where there is none. name_size SIZE_MAX: name ends in NUL. enter also
     * pushes it on the stack. The handle's hold_ becomes 0, or the serial. */
    void (*start)(weft_span *span, weft__thread *thread, const weft_gate *gate, const char *name, size_t name_size,
                  weft_span_kind kind);
    void (*enter)(weft_span *span, weft__thread *thread, const weft_gate *gate, const char *name, size_t name_size,
                  weft_span_kind kind);
    /* A child of that context (or, by the options, a root). The caller has entered the thread. */
    void (*start_under)(weft__thread *thread, const weft_gate *gate, const char *name, const weft_span_options *options,
                        const weft_context *parent, weft_span *span);
    /* time: ns since the epoch; 0: now; WEFT__END_QUIET. end_entered: the caller has entered the thread. */
    void (*end)(weft__thread *thread, const weft_span *span, uint64_t time);
    void (*end_entered)(weft__thread *thread, const weft_span *span, uint64_t time);
    /* Of an entered span: ended, and popped. What is not the top of the stack goes to weft__leave_general. */
    void (*leave)(weft__thread *thread, const weft_span *span);
    bool (*recording)(weft__thread *thread, const weft_span *span);
    void (*set)(weft__thread *thread, const weft_span *span, const weft_attribute *list, size_t count);
    void (*event)(weft__thread *thread, const weft_span *span, const char *name, uint64_t time,
                  const weft_attribute *list, size_t count);
    void (*link)(weft__thread *thread, const weft_span *span, const weft_link *link);
    void (*rename)(weft__thread *thread, const weft_span *span, const char *name);
    void (*status)(weft__thread *thread, const weft_span *span, weft_span_status status, const char *text);
    bool (*look)(weft__thread *thread, const weft_span *span, void (*look)(void *arg, const weft_span_view *view),
                 void *arg);
} weft__sdk_ops;

/* Wiped in a forked child (MADV_WIPEONFORK where there is such a thing). */
typedef struct weft__page {
    const weft__sdk_ops *_Atomic ops; /* NULL: no SDK so far, or forked */
    struct weft__pool *_Atomic pool;  /* records are taken from here */
    _Atomic uint32_t epoch;           /* counts pools and forks; 0: none */
    _Atomic uint32_t global_sdk;      /* slot of the global SDK, plus 1; 0: none */
} weft__page;

/* Never NULL: before the first use it is a static page that stays empty. */
WEFT_PRIVATE extern weft__page *_Atomic weft__runtime;
/* Maps the page; false without memory. */
WEFT_PRIVATE bool weft__runtime_make(void);

/* Misuse, counted for the process, and told to the diagnostics once in a while. */
typedef struct weft__misuse {
    _Atomic uint64_t after_end, order, thread, argument, contended;
    _Atomic uint64_t signal; /* calls refused in a signal handler that interrupted the library, or without memory */
} weft__misuse;
WEFT_PRIVATE extern weft__misuse weft__misuses;

static inline void weft__refuse(void)
{
    atomic_fetch_add_explicit(&weft__misuses.signal, 1, memory_order_relaxed);
}

/* Leaves a span that is not entered, not recording, not the top of the stack, or of another thread. */
WEFT_PRIVATE void weft__leave_general(const weft_span *span);

/* weft__enter, counting refusals. */
WEFT_INLINE bool weft__enter_counted(weft__thread *thread)
{
    if (WEFT_LIKELY(weft__enter(thread)))
        return true;
    weft__refuse();
    return false;
}

/* Gates. The SDK tells what a scope is for: called under the registry's lock for every identity, now and as they come.
 */
typedef void weft__gate_fn(weft__identity *identity);
WEFT_PRIVATE void weft__gates_refresh(weft__gate_fn *set); /* NULL: as without an SDK */
/* The identity bound to an SDK's slot; created where it is new. Never NULL. */
WEFT_PRIVATE weft__identity *weft__identity_find(const weft_scope *scope, uint32_t sdk);
/* By its number; the unnamed one where there is none. */
WEFT_PRIVATE weft__identity *weft__identity_at(uint32_t number);
/* The first context in this process: from now on spans without an SDK look for a parent. */
void weft__gates_passive(void);

WEFT_INLINE const weft__sdk_ops *weft__ops(void)
{
    return atomic_load_explicit(&atomic_load_explicit(&weft__runtime, memory_order_acquire)->ops, memory_order_acquire);
}

#endif
