/* command.h - the sub-commands of weft. */
#ifndef WEFT_TOOLS_COMMAND_H
#define WEFT_TOOLS_COMMAND_H

/** argv[0] is the sub-command's name; returns the exit status. */
typedef int command_fn(int argc, char **argv);

command_fn tail_main;

#endif
