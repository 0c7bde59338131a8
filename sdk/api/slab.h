/* slab.h - where contexts keep what does not fit into 64 bytes: tracestate, baggage, bound fields, user values.
 *
 * A cell is immutable once it is published, has a reference count and a generation, and lies in memory that is never
 * unmapped. A reference to it is a number, so that a handle that outlives its cell reads as empty, never as another's.
 */
#ifndef WEFT_SDK_API_SLAB_H
#define WEFT_SDK_API_SLAB_H

#include "sdk/base/base.h"

/* bit 63: the context is suppressed (only in weft_context.bag_); 60-62: size class; 40-59: index; 0-39: generation,
 * never 0. The number 0, with or without bit 63, refers to nothing. */
typedef uint64_t weft__ref;
#define WEFT__REF_SUPPRESSED ((uint64_t)1 << 63)

/* A new cell of size bytes with one reference, its memory in *data (not wiped); 0 where there is no room (bounded by
 * the class: about 4 MiB each) or size is above 64 KiB. No malloc; any thread, not from signal handlers. */
WEFT_PRIVATE weft__ref weft__slab_new(size_t size, void **data);
/* One more reference; false where the cell is gone (and for 0). */
WEFT_PRIVATE bool weft__slab_hold(weft__ref ref);
/* One reference less; the last one frees the cell; false where it was gone before. What bags refer to in turn is let go
 * of by weft__bag_free: that may call a user's weft_key.release, with the thread not busy. So drop last, in a state in
 * which any other call may come. */
WEFT_PRIVATE bool weft__slab_drop(weft__ref ref);
/* The cell's bytes and size; only while the caller holds a reference, and written only before it is published. */
WEFT_PRIVATE void *weft__slab_data(weft__ref ref, size_t *size);

/* Inside libweft-api: what is to be done with the contents of a cell when the last reference goes. */
enum weft__cell_kind { WEFT__CELL_BYTES, WEFT__CELL_HOLD, WEFT__CELL_BAG, WEFT__CELL_VALUE };
weft__ref weft__slab_make(enum weft__cell_kind kind, size_t size, void **data);

#endif
