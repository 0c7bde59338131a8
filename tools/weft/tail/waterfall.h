/* waterfall.h - draws one trace: a header, and a line or more for each span. */
#ifndef WEFT_TOOLS_TAIL_WATERFALL_H
#define WEFT_TOOLS_TAIL_WATERFALL_H

#include "tools/weft/tail/pen.h"
#include "tools/weft/tail/store.h"

typedef struct tail_view {
    bool verbose;     /**< All attributes, events and links, uncut. */
    size_t most_rows; /**< Spans drawn of one trace; the others are counted. */
} tail_view;

/** Writes to the pen, beginning and ending at the start of a line. False, and nothing drawn, without memory. */
bool tail_waterfall(tail_pen *pen, const tail_view *view, const tail_trace *trace);

#endif
