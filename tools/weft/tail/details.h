/* details.h - the lines below a span: errors, attributes, events, links, and what is missing. */
#ifndef WEFT_TOOLS_TAIL_DETAILS_H
#define WEFT_TOOLS_TAIL_DETAILS_H

#include "tools/weft/tail/pen.h"
#include "tools/weft/tail/tree.h"

/** How every line of the details begins: `draw` leaves the pen in the column `left`. */
typedef struct tail_margin {
    void (*draw)(tail_pen *pen, const struct tail_margin *margin);
    const tail_tree *tree;
    size_t node;
    size_t column; /**< Where the tree begins. */
    size_t levels; /**< How many levels of the tree are drawn. */
    size_t left;
} tail_margin;

void tail_details(tail_pen *pen, const tail_margin *margin, bool verbose);

#endif
