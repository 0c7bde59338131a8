/* malloc_fail.h - lets one call of the allocator fail, counted over all threads. Include it in ONE file of a test: it
 * defines malloc and its family for the program. */
#ifndef WEFT_TESTS_SUPPORT_MALLOC_FAIL_H
#define WEFT_TESTS_SUPPORT_MALLOC_FAIL_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

/* Calls that are still to be served; the one that counts down to 0 fails. Negative: none fails any more. */
static _Atomic long malloc_left = -1;

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&                           \
    !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

// NOLINTBEGIN(readability-identifier-naming): these are glibc's names
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
// NOLINTEND(readability-identifier-naming)

static bool malloc_fails(void)
{
    if (atomic_load(&malloc_left) <= 0 || atomic_fetch_sub(&malloc_left, 1) != 1)
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return malloc_fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) // NOLINT(readability-inconsistent-declaration-parameter-name): ours are words
{
    return malloc_fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) // NOLINT(readability-inconsistent-declaration-parameter-name): as above
{
    return malloc_fails() ? NULL : __libc_realloc(memory, size);
}

#endif

/* False where somebody else owns the allocator: a sanitizer, or valgrind. */
static bool malloc_can_fail(void)
{
    atomic_store(&malloc_left, 1);
    void *volatile memory = malloc(1);
    atomic_store(&malloc_left, -1);
    bool failed = memory == NULL;
    free(memory);
    return failed;
}

#endif
