/* options.c - reads the command line with getopt_long. */
#include "tools/weft/tail/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASCII = 256, COLOR, HOST, PORT, QUIET, WAIT, WIDTH };

static const char help[] =
    "Usage: weft tail [options]\n"
    "\n"
    "Receives traces over OTLP/HTTP (protobuf, gzip or not) and draws each one as it finishes. It listens where\n"
    "OpenTelemetry SDKs send by default, so start it and then your services; Ctrl-C ends it.\n"
    "\n"
    "  --port N        port to listen on (4318); 0: any free one, see the first line of the output\n"
    "  --host ADDRESS  address to listen on (127.0.0.1)\n"
    "  --color WHEN    auto (on a terminal, unless NO_COLOR is set), always or never\n"
    "  --ascii         no characters beyond ASCII\n"
    "  --width N       columns (those of the terminal, else 80)\n"
    "  --quiet-ms N    a trace is finished when nothing came for so long (400)\n"
    "  --wait-ms N     the same while a parent or the other side of a call is missing (6000)\n"
    "  -v, --verbose   everything that the spans hold, uncut\n"
    "  -h, --help      this text\n";

static bool read_number(const char *name, const char *text, unsigned long most, unsigned long *number)
{
    char *end = NULL;
    errno = 0;
    *number = strtoul(text, &end, 10);
    bool good = text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *number <= most;
    if (!good)
        (void)fprintf(stderr, "weft tail: --%s must be a number from 0 to %lu, not '%s'\n", name, most, text);
    return good;
}

static bool read_color(tail_options *options, const char *text)
{
    static const char *const words[] = { "auto", "always", "never" };
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) == 0) {
            options->color = i;
            return true;
        }
    }
    (void)fprintf(stderr, "weft tail: --color must be auto, always or never, not '%s'\n", text);
    return false;
}

static bool read_option(tail_options *options, int option, const char *name, const char *text)
{
    unsigned long number = 0;
    switch (option) {
    case ASCII:
        options->ascii = true;
        return true;
    case 'v':
        options->verbose = true;
        return true;
    case COLOR:
        return read_color(options, text);
    case HOST:
        options->host = text;
        return true;
    case PORT:
        if (!read_number(name, text, UINT16_MAX, &number))
            return false;
        options->port = (uint16_t)number;
        return true;
    case WIDTH:
        if (!read_number(name, text, 10000, &number))
            return false;
        options->width = number;
        return true;
    case QUIET:
    case WAIT:
        if (!read_number(name, text, 3600000, &number))
            return false;
        *(option == QUIET ? &options->quiet_ms : &options->wait_ms) = (uint32_t)number;
        return true;
    default:
        return false; /* getopt_long has told why */
    }
}

tail_parsed tail_options_parse(tail_options *options, int argc, char **argv)
{
    static const struct option known[] = {
        { "ascii", no_argument, NULL, ASCII },       { "color", required_argument, NULL, COLOR },
        { "help", no_argument, NULL, 'h' },          { "host", required_argument, NULL, HOST },
        { "port", required_argument, NULL, PORT },   { "quiet-ms", required_argument, NULL, QUIET },
        { "verbose", no_argument, NULL, 'v' },       { "wait-ms", required_argument, NULL, WAIT },
        { "width", required_argument, NULL, WIDTH }, { NULL, 0, NULL, 0 },
    };
    static char name[] = "weft tail";
    *options = (tail_options){ .host = "127.0.0.1", .port = 4318, .quiet_ms = 400, .wait_ms = 6000 };
    argv[0] = name; /* for getopt's messages */
    int option, at = 0;
    while ((option = getopt_long(argc, argv, "hv", known, &at)) != -1) {
        if (option == 'h') {
            (void)fputs(help, stdout);
            return TAIL_HELP;
        }
        if (!read_option(options, option, known[at].name, optarg))
            return TAIL_USAGE;
    }
    if (optind < argc) {
        (void)fprintf(stderr, "weft tail: there is nothing to do with '%s'\n", argv[optind]);
        return TAIL_USAGE;
    }
    return TAIL_RUN;
}
