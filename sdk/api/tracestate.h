/* tracestate.h - the list of W3C trace context: its grammar, and the cells that hold lists (W3C-11 to 19). */
#ifndef WEFT_SDK_API_TRACESTATE_H
#define WEFT_SDK_API_TRACESTATE_H

#include "sdk/api/slab.h"

enum {
    WEFT__TRACESTATE_MEMBERS = 32,
    WEFT__TRACESTATE_KEY = 256,   /* bytes at most */
    WEFT__TRACESTATE_VALUE = 256, /* bytes at most */
};

/* Appends a header's members to a valid list (at out, *size bytes, *members members) as "k=v,k=v": blanks and empty
 * members skipped, of a key that comes again only the first. Room: *size + text.size + 1. False where the grammar is
 * broken or there are more than 32: then the whole list is void. */
bool weft__tracestate_append(char *out, size_t *size, size_t *members, weft_text text);
/* A cell that holds the valid list; 0 where the text is broken or empty. For weft_span_context.state_. */
WEFT_PRIVATE weft__ref weft__tracestate_new(weft_text text);
/* The same with the list in a cell (taken; 0: none) in front; members counts all that were read, and is SIZE_MAX where
 * a broken one made the whole list void. */
weft__ref weft__tracestate_join(weft__ref old, size_t *members, weft_text text);
/* The list in a cell, with a NUL behind it; only while the caller holds a reference. {NULL} for 0. */
WEFT_PRIVATE weft_text weft__tracestate_text(weft__ref state);
/* The value of a key in a valid list; {NULL} where there is none. */
WEFT_PRIVATE weft_text weft__tracestate_find(weft_text list, const char *key);

#endif
