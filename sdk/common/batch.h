/* batch.h - a batch while the pump fills it: records grouped by scope, in the exporter's format. */
#ifndef WEFT_SDK_COMMON_BATCH_H
#define WEFT_SDK_COMMON_BATCH_H

#include <stdatomic.h>

#include "sdk/common/export.h"

enum { WEFT__BATCH_BYTES = 4 * 1024 * 1024 }; /* a batch with this much in it is closed, and goes */

typedef void weft__encode_fn(weft__buffer *out, const weft__record *record);

/* What is behind every weft_batch. */
typedef struct weft__parcel {
    weft_batch batch; /* first */
    int64_t due;      /* monotonic ms: when its first record has waited long enough */
    size_t group_room, last_group;
    _Atomic uint32_t holders;
} weft__parcel;

/* Empty, with one hold; NULL without memory. */
weft__parcel *weft__parcel_new(struct weft__destination *destination, const weft__resource *resource);
/* Adds the record: shared is its encoding by the same function where there is one already (data NULL: there is none),
 * and becomes that. At most room more bytes of memory. False where that, or memory, does not suffice: nothing is added.
 */
bool weft__parcel_add(weft__parcel *parcel, const weft__record *record, weft__encode_fn *encode, size_t room,
                      weft_text *shared);
/* What it weighs against the budget, in bytes. */
size_t weft__parcel_weight(const weft__parcel *parcel);
/* Makes a parcel that nobody else holds empty again, with its memory; false, and nothing done, where others hold it or
 * it is too large to be kept. */
bool weft__parcel_reuse(weft__parcel *parcel);

#endif
