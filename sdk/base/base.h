/* base.h - attributes and small helpers that every file of the library may want. No telemetry in it. */
#ifndef WEFT_SDK_BASE_BASE_H
#define WEFT_SDK_BASE_BASE_H

#include <weft/base.h>

/* Shared between the two libraries (version node WEFT_PRIVATE), and for nobody else. */
#define WEFT_PRIVATE WEFT_API

#if defined(__GNUC__)
#define WEFT_LIKELY(x) __builtin_expect(!!(x), 1)
#define WEFT_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define WEFT_COLD __attribute__((__cold__, __noinline__))
#define WEFT_INLINE static inline __attribute__((__always_inline__))
/* For an address (a number; any will do) that is to be written. gcc's builtin asks x86-64 for reading, after which the
 * write has to wait again. */
#if defined(__x86_64__)
#define WEFT_PREFETCH(place) __asm__ volatile("prefetchw %0" : : "m"(*(const char *)(place)))
#else
#define WEFT_PREFETCH(place) __builtin_prefetch((const void *)(place), 1)
#endif
/* What the compiler may rely on. */
#define WEFT_ASSUME(x) ((x) ? (void)0 : __builtin_unreachable())
#else
#define WEFT_LIKELY(x) (x)
#define WEFT_UNLIKELY(x) (x)
#define WEFT_COLD
#define WEFT_INLINE static inline
#define WEFT_PREFETCH(place) ((void)(place))
#define WEFT_ASSUME(x) ((void)0)
#endif

#define WEFT_CACHE_LINE 64
#define WEFT_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static inline size_t weft__min(size_t a, size_t b)
{
    return a < b ? a : b;
}

#endif
