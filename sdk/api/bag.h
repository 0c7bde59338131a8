/* bag.h - what a context carries besides its span: baggage, bound fields and user values, in one immutable cell. */
#ifndef WEFT_SDK_API_BAG_H
#define WEFT_SDK_API_BAG_H

#include <weft/context.h>

#include "sdk/api/slab.h"

/* A user's value: a cell of its own, since several bags may share it, and its release is called once. */
typedef struct weft__bag_value {
    const weft_key *key;
    weft__ref cell; /* WEFT__CELL_VALUE: weft__bag_held */
} weft__bag_value;

typedef struct weft__bag_held {
    const weft_key *key;
    void *value;
} weft__bag_held;

/* How the cell begins; everything it points to lies behind it, in the same cell. */
typedef struct weft__bag {
    const weft_baggage_entry *baggage;
    const weft__bag_value *values;
    weft_attributes fields;
    size_t baggage_count, value_count;
} weft__bag;

/* What becomes different in a new bag. */
typedef struct weft__bag_change {
    const weft_baggage_entry *set; /* replaces those of the same name; the last one of a name counts */
    size_t set_count;
    weft_text remove;       /* a name of baggage */
    bool clear;             /* all old baggage */
    weft_attributes fields; /* replace those of the same key */
    const weft_key *key;    /* its value is replaced */
    weft__ref value;        /* by this; the caller keeps its reference; 0: by none */
} weft__bag_change;

/* The contents of weft_context.bag_; NULL where there are none. Only while the caller holds a reference. */
WEFT_PRIVATE const weft__bag *weft__bag_look(uint64_t bag);
/* A new bag, with one reference, as weft_context.bag_: the old one, which the caller holds, with the change.
 * Suppression stays. False (*out unchanged) without memory, or over the size of a cell. */
bool weft__bag_make(uint64_t old, const weft__bag_change *change, uint64_t *out);
/* Called by the slab when the last reference to a cell has gone. */
void weft__bag_free(enum weft__cell_kind kind, void *data);

#endif
