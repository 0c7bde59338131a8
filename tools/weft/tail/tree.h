/* tree.h - the spans of one trace as a tree, in the order in which they are drawn. */
#ifndef WEFT_TOOLS_TAIL_TREE_H
#define WEFT_TOOLS_TAIL_TREE_H

#include "tools/weft/tail/span.h"

#define TAIL_NO_NODE SIZE_MAX

typedef struct tail_node {
    const tail_span *span;
    size_t parent; /**< Index of its node, or TAIL_NO_NODE. */
    size_t depth;  /**< 0: a root. */
    bool first_child, last_child;
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

#endif
