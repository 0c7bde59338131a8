/* options.h - the command line of weft tail. */
#ifndef WEFT_TOOLS_TAIL_OPTIONS_H
#define WEFT_TOOLS_TAIL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tail_options {
    const char *host;
    uint16_t port;
    bool ascii, verbose;
    enum { TAIL_COLOR_AUTO, TAIL_COLOR_ALWAYS, TAIL_COLOR_NEVER } color;
    size_t width; /**< Columns; 0: as wide as the terminal. */
    uint32_t quiet_ms, wait_ms;
} tail_options;

typedef enum tail_parsed { TAIL_RUN, TAIL_HELP, TAIL_USAGE } tail_parsed;

/** Fills the options; TAIL_HELP where the text was asked for and printed, TAIL_USAGE after a message on stderr. */
tail_parsed tail_options_parse(tail_options *options, int argc, char **argv);

#endif
