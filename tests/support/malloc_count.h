/* malloc_count.h - counts what a thread takes from the allocator. Include it in ONE file of a test: it defines malloc
 * and its family for the program (and so for the libraries linked into it). It stays out of the support library, where
 * it would hide the allocator of every test from valgrind. */
#ifndef WEFT_TESTS_SUPPORT_MALLOC_COUNT_H
#define WEFT_TESTS_SUPPORT_MALLOC_COUNT_H

#include <stdbool.h>
#include <stdlib.h>

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&                           \
    !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

/* Volatile: the compiler knows malloc, and that it changes no variable of ours. */
static _Thread_local volatile unsigned long malloc_calls;

// NOLINTBEGIN(readability-identifier-naming): these are glibc's names
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
// NOLINTEND(readability-identifier-naming)

void *malloc(size_t size)
{
    malloc_calls = malloc_calls + 1;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) // NOLINT(readability-inconsistent-declaration-parameter-name): ours are words
{
    malloc_calls = malloc_calls + 1;
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) // NOLINT(readability-inconsistent-declaration-parameter-name): as above
{
    malloc_calls = malloc_calls + 1;
    return __libc_realloc(memory, size);
}

/* Calls by this thread so far. */
static unsigned long malloc_count(void)
{
    return malloc_calls;
}

/* False where a sanitizer owns the allocator: then the count stays 0 and proves nothing. */
static bool malloc_is_counted(void)
{
    unsigned long before = malloc_count();
    void *volatile memory = malloc(1);
    free(memory);
    return malloc_count() != before;
}

#else

static unsigned long malloc_count(void)
{
    return 0;
}

static bool malloc_is_counted(void)
{
    return false;
}

#endif
#endif
