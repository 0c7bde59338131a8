/* arena.h - memory that is taken in small pieces and given back all at once. */
#ifndef WEFT_TOOLS_TAIL_ARENA_H
#define WEFT_TOOLS_TAIL_ARENA_H

#include <stddef.h>

typedef struct tail_chunk tail_chunk;

/** Zero-initialised is empty. bytes: what it costs the heap. */
typedef struct tail_arena {
    tail_chunk *chunks;
    size_t bytes;
} tail_arena;

/** Zeroed, aligned for any type; NULL without memory. Lives until the clear. */
void *tail_arena_take(tail_arena *arena, size_t size);
/** A copy of the first `limit` bytes of text at most, ending in NUL; NULL without memory. NULL text is "". */
char *tail_arena_text(tail_arena *arena, const char *text, size_t limit);
void tail_arena_clear(tail_arena *arena);

#endif
