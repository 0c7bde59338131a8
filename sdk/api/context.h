/* context.h - contexts in the making: a value that owns references to its cells, before it gets its hold. */
#ifndef WEFT_SDK_API_CONTEXT_H
#define WEFT_SDK_API_CONTEXT_H

#include <string.h>

#include <weft/context.h>

#include "sdk/api/bag.h"
#include "sdk/api/slab.h"

/* What the cell behind an owned context's hold_ has in it: the references that release gives back. */
typedef struct weft__hold {
    uint64_t state, bag;
} weft__hold;

/* hold_ of an owned context that refers to no cell: release empties it, as any other. No cell has this number. */
#define WEFT__HOLD_NOTHING ((uint64_t)7 << 60 | (uint64_t)0xfffff << 40 | 1)

/* A draft of a context (NULL: of the current one): it owns references to its state_ and bag_, and hold_ is 0. */
void weft__context_draft(weft_context *draft, const weft_context *context);
/* The draft as a context that weft_context_release() gives back, in place of the draft; without memory its cells are
 * lost. By value, since a context that is stored word by word is slow to copy at once. */
weft_context weft__context_finish(weft_context *draft);
/* Gives up a draft. */
void weft__context_discard(const weft_context *draft);
/* Changes the draft's bag; false (as it was, and counted) where the new one does not fit. */
bool weft__context_change(weft_context *draft, const weft__bag_change *change);
/* Exchanges the tracestate of the draft; takes the reference. */
void weft__context_set_state(weft_context *draft, weft__ref state);

static inline bool weft__ids_valid(const weft_span_context *span)
{
    uint64_t words[3];
    memcpy(words, span->trace_id, sizeof span->trace_id);
    memcpy(words + 2, span->span_id, sizeof span->span_id);
    return (words[0] | words[1]) != 0 && words[2] != 0;
}

#endif
