/* arena.c - memory of one trace or of one request: chunks in a list, the newest first. */
#include "tools/weft/tail/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 8 * 1024 };

struct tail_chunk {
    tail_chunk *next;
    size_t used, size;
    max_align_t data[];
};

static tail_chunk *chunk_new(tail_arena *arena, size_t size)
{
    size = size > CHUNK_SIZE ? size : CHUNK_SIZE;
    if (size > SIZE_MAX - sizeof(tail_chunk))
        return NULL;
    tail_chunk *chunk = malloc(sizeof *chunk + size);
    if (chunk == NULL)
        return NULL;
    chunk->next = arena->chunks;
    chunk->used = 0;
    chunk->size = size;
    arena->chunks = chunk;
    arena->bytes += sizeof *chunk + size;
    return chunk;
}

void *tail_arena_take(tail_arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size_t rounded = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    tail_chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->size - chunk->used < rounded)
        chunk = chunk_new(arena, rounded);
    if (chunk == NULL)
        return NULL;
    char *piece = (char *)chunk->data + chunk->used;
    chunk->used += rounded;
    return memset(piece, 0, rounded);
}

char *tail_arena_text(tail_arena *arena, const char *text, size_t limit)
{
    size_t size = text != NULL ? strnlen(text, limit) : 0;
    char *copy = tail_arena_take(arena, size + 1);
    if (copy != NULL && size > 0)
        memcpy(copy, text, size);
    return copy;
}

void tail_arena_clear(tail_arena *arena)
{
    for (tail_chunk *chunk = arena->chunks; chunk != NULL;) {
        tail_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    *arena = (tail_arena){ 0 };
}
