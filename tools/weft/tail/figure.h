/* figure.h - quantities as people read them: durations, and bars on a time axis. */
#ifndef WEFT_TOOLS_TAIL_FIGURE_H
#define WEFT_TOOLS_TAIL_FIGURE_H

#include "tools/weft/tail/pen.h"

enum { TAIL_DURATION_SIZE = 32 };

/** "48.2 µs", "12.4 ms", "1.25 s", "2 m 03 s", "1 h 02 m", "3 d 04 h"; returns out. */
char *tail_duration(uint64_t ns, bool unicode, char out[TAIL_DURATION_SIZE]);
/** A bar from `from` to `to`, both parts of 0 to 1 of an axis that is `columns` wide; at least a sliver is drawn. */
void tail_bar(tail_pen *pen, size_t columns, double from, double to);

#endif
