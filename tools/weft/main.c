/* main.c - the weft command: finds the sub-command and runs it. */
#include <weft/base.h>

#include <stdio.h>
#include <string.h>

#include "tools/weft/command.h"

static const struct {
    const char *name, *summary;
    command_fn *run;
} commands[] = {
    { "tail", "receive traces over OTLP/HTTP and draw them as they finish", tail_main },
};

enum { COMMANDS = sizeof commands / sizeof commands[0], EXIT_USAGE = 2 };

static int usage(FILE *out)
{
    (void)fputs("Usage: weft <command> [options]\n\nCommands:\n", out);
    for (size_t i = 0; i < COMMANDS; i++)
        (void)fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    (void)fputs("\nOptions:\n  --help     this text; weft <command> --help tells more\n  --version  the version\n",
                out);
    return out == stdout ? 0 : EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return usage(stdout);
    if (strcmp(argv[1], "--version") == 0)
        return printf("weft %s\n", weft_version()) < 0;
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    (void)fprintf(stderr, "weft: there is no command '%s'\n", argv[1]);
    return usage(stderr);
}
