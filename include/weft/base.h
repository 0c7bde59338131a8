/* base.h - what every other header needs. No telemetry in it. */
#ifndef WEFT_BASE_H
#define WEFT_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The version of these headers; weft_version() tells that of the library that runs. */
#define WEFT_VERSION_MAJOR 0
#define WEFT_VERSION_MINOR 1
#define WEFT_VERSION_PATCH 0
/** For comparisons: #if WEFT_VERSION >= WEFT_VERSION_NUMBER(0, 2, 0). */
#define WEFT_VERSION_NUMBER(major, minor, patch) ((major) * 10000 + (minor) * 100 + (patch))
#define WEFT_VERSION WEFT_VERSION_NUMBER(WEFT_VERSION_MAJOR, WEFT_VERSION_MINOR, WEFT_VERSION_PATCH)

#ifdef __cplusplus
#define WEFT_BEGIN extern "C" {
#define WEFT_END }
#define WEFT_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define WEFT_BEGIN
#define WEFT_END
#define WEFT_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

/* Extensions, each spelled once. WEFT_PORTABLE is for builds that want to see that they use none of those that change
 * what the macros can do (the scope macros); the others only help the compiler. */
#if defined(__GNUC__)
#define WEFT_API __attribute__((__visibility__("default")))
#define WEFT_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))
#define WEFT_UNUSED __attribute__((__unused__))
#define WEFT_LOAD_(place) __atomic_load_n(&(place), __ATOMIC_ACQUIRE)
#define WEFT_PEEK_(place) __atomic_load_n(&(place), __ATOMIC_RELAXED)
/* The size of a literal, where the compiler sees one. */
#define WEFT_LITERAL_SIZE_(text)                                                                                       \
    ((text) != NULL && __builtin_constant_p(__builtin_strlen(text)) ? __builtin_strlen(text) : SIZE_MAX)
#ifndef WEFT_PORTABLE
#define WEFT_CLEANUP(function) __attribute__((__cleanup__(function)))
#endif
#else
#define WEFT_API
#define WEFT_PRINTF(text, first)
#define WEFT_UNUSED
#define WEFT_LOAD_(place) (*(volatile __typeof__(place) *)&(place))
#define WEFT_PEEK_(place) WEFT_LOAD_(place)
#define WEFT_LITERAL_SIZE_(text) SIZE_MAX
#endif

/* The list macros: first argument, all others (with `last` after them, since C11 has no empty __VA_ARGS__), and whether
 * there are others. Public macros take everything after the fixed part as one list, so none is ever called without. */
#define WEFT_FIRST_(...) WEFT_FIRST__(__VA_ARGS__, ~)
#define WEFT_FIRST__(first, ...) first
#define WEFT_REST_(first, ...) __VA_ARGS__
#define WEFT_MORE_(...) /* ONE or MANY, up to 24 */                                                                    \
    WEFT_PICK_(__VA_ARGS__, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY,  \
               MANY, MANY, MANY, MANY, MANY, MANY, MANY, MANY, ONE, ~)
#define WEFT_PICK_(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, picked, ...) picked
#define WEFT_JOIN_(a, b) WEFT_JOIN__(a, b)
#define WEFT_JOIN__(a, b) a##b

/** The options of a call: WEFT_OPTIONS(weft_sdk_options, .service_name = "shop"). NULL means all defaults; a size of
 * 0 (macro not used) means the first published layout. Only ever grown at the end. C only. */
#define WEFT_OPTIONS(type, ...) (&(const type){ .size = sizeof(type), __VA_ARGS__ })

/** In 32-bit options where 0 means "the default": the number 0 itself (keep no events, no time limit). */
#define WEFT_ZERO UINT32_MAX

/** Every code once. Negative ones are failures; new ones are appended. */
#define WEFT_STATUSES(X)                                                                                               \
    X(OK, 0, "ok")                                                                                                     \
    X(PENDING, 1, "not finished yet")                                                                                  \
    X(E_INVALID, -1, "invalid argument")                                                                               \
    X(E_MEMORY, -2, "out of memory")                                                                                   \
    X(E_TIMEOUT, -3, "timed out")                                                                                      \
    X(E_STOPPED, -4, "stopped")                                                                                        \
    X(E_MISUSE, -5, "called in the wrong order or on the wrong thread")                                                \
    X(E_FAILED, -6, "failed")                                                                                          \
    X(E_RETRY, -7, "failed, worth another try")                                                                        \
    X(E_CONFIG, -8, "invalid configuration")

/** What functions that can fail return: WEFT_OK (0), WEFT_PENDING, or one of the negative WEFT_E_ codes. */
typedef enum weft_status {
#define WEFT_STATUS_ENUM_(name, number, text) WEFT_##name = (number),
    WEFT_STATUSES(WEFT_STATUS_ENUM_)
#undef WEFT_STATUS_ENUM_
} weft_status;

/** A run of bytes, usually text; need not end in NUL. Borrowed for the length of the call. {NULL, 0} is none. */
typedef struct weft_text {
    const char *data; /**< NULL: no text at all, which is not the empty text. */
    size_t size;      /**< Bytes. */
} weft_text;

WEFT_BEGIN

/** The text of a status, in English; never NULL, also for numbers that are no status. Static; any thread. */
WEFT_API const char *weft_status_text(weft_status status);
/** The version of the library that runs, "major.minor.patch". Static; any thread. */
WEFT_API const char *weft_version(void);

/** A text of a pointer and a length in bytes, for strings without a NUL. Borrows data. */
static inline weft_text weft_text_n(const void *data, size_t size)
{
    weft_text text;
    text.data = (const char *)data;
    text.size = data != NULL ? size : 0;
    return text;
}

WEFT_END
#endif
