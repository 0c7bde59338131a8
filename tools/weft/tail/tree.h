/* tree.h - the spans of one trace as a tree, in the order in which they are drawn. */
#ifndef WEFT_TOOLS_TAIL_TREE_H
#define WEFT_TOOLS_TAIL_TREE_H

#include "tools/weft/tail/span.h"

enum { TAIL_BRANCHES = 32 };

typedef struct tail_node {
    const tail_span *span;
    size_t depth; /**< 0: a root. */
    /** Bit n: its ancestor (or itself) at depth n is the last child; for the first TAIL_BRANCHES depths. */
    uint32_t last;
    bool has_children;
    bool orphan; /**< It names a parent that is not here. */
} tail_node;

typedef struct tail_tree {
    tail_node *nodes; /**< Each parent before its children; children by start time. */
    size_t count;
    uint64_t start, end; /**< Of all spans. */
    size_t errors, duplicates;
    bool complete; /**< A root, every parent, and an answer to every call that left a service. */
} tail_tree;

/** Builds it from a list of `count` spans, which must outlive it; false, and an empty tree, without memory. */
bool tail_tree_build(tail_tree *tree, const tail_span *first, size_t count);
void tail_tree_clear(tail_tree *tree);

static inline bool tail_node_is_last(const tail_node *node, size_t depth)
{
    return depth < TAIL_BRANCHES && (node->last >> depth & 1) != 0;
}

#endif
