/* pen.h - writes lines for a terminal: the one place where text from the network becomes harmless, where colours are
 * made, and where columns are counted. */
#ifndef WEFT_TOOLS_TAIL_PEN_H
#define WEFT_TOOLS_TAIL_PEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum tail_style {
    TAIL_PLAIN,
    TAIL_BOLD,
    TAIL_DIM,
    TAIL_ERROR,
    TAIL_NOTE,
    TAIL_SERVICE, /**< And the eight that follow: see tail_pen_service(). */
} tail_style;

enum { TAIL_SERVICE_STYLES = 9 };

typedef struct tail_pen {
    FILE *out;
    bool color, unicode;
    size_t width;                           /**< Nothing is written beyond this column. */
    size_t column;                          /**< Where the next character goes, from 0. */
    uint32_t services[TAIL_SERVICE_STYLES]; /**< Hashes of the names that have a colour, in order of appearance. */
    size_t service_count;
} tail_pen;

void tail_pen_style(tail_pen *pen, tail_style style);
/** Our own words or the network's: control characters, escape sequences and invalid UTF-8 become visible signs, and
 * what needs more than `most` columns is cut and ends with an ellipsis. */
void tail_pen_text(tail_pen *pen, const char *text, size_t most);
/** Writes as much as fits into the line, without cutting words if it can, and returns the rest; "" where all of it
 * fits. */
const char *tail_pen_part(tail_pen *pen, const char *text);
/** The same as tail_pen_text() without a limit but the width of the line. */
void tail_pen_put(tail_pen *pen, const char *text);
void tail_pen_printf(tail_pen *pen, const char *format, ...) __attribute__((__format__(__printf__, 2, 3)));
/** One character that is ours: `ascii` is used where the terminal knows no Unicode. */
void tail_pen_sign(tail_pen *pen, const char *sign, const char *ascii);
/** Blanks up to the column. */
void tail_pen_to(tail_pen *pen, size_t column);
/** Ends the line. */
void tail_pen_end(tail_pen *pen);
/** The columns that text would take. */
size_t tail_pen_columns(const tail_pen *pen, const char *text);
/** The colour of a service, the same as long as the pen lives. */
tail_style tail_pen_service(tail_pen *pen, const char *service);

#endif
