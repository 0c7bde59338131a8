/* screen.h - standard output: what it can show, and whether anybody still reads it. */
#ifndef WEFT_TOOLS_TAIL_SCREEN_H
#define WEFT_TOOLS_TAIL_SCREEN_H

#include "tools/weft/tail/options.h"
#include "tools/weft/tail/store.h"
#include "tools/weft/tail/waterfall.h"

typedef struct tail_screen {
    tail_pen pen;
    tail_view view;
    size_t width; /**< 0: ask the terminal each time. */
    bool closed;  /**< Nobody reads any more; writes do nothing. */
} tail_screen;

void tail_screen_init(tail_screen *screen, const tail_options *options);
/** Writes a text that is ours. */
void tail_screen_say(tail_screen *screen, const char *text);
void tail_screen_draw(tail_screen *screen, const tail_trace *trace);

#endif
