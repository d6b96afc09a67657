/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command records: one per command, beside its code.  A record holds the command's name, operands,
 * options and help; it drives getopt_long(3) and every --help.
 */
#ifndef XVTD_BASE_CLI_H
#define XVTD_BASE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/err.h"

enum cli_arg { CLI_NO_ARG, CLI_ARG, CLI_OPTIONAL_ARG };

struct cli_option {
    int id;             /* what cli_value() is asked for; unique in program and command;
                           below 32 or above 255: no letter */
    char letter;        /* the short form, or 0 */
    const char *name;   /* the long form, or NULL when there is only a letter */
    enum cli_arg arg;
    const char *value;  /* the argument's name in the help ("S"), the words that it can be
                           ("strict|relaxed"), or both ("HOW:grub|modprobe") */
    const char *help;
};

struct cli_args {
    const struct cli_command *command;
    char **operands;
    size_t n_operands;
    struct cli_given {
        int id;
        const char *value;
    } *given;
    size_t n_given;
};

struct cli_command {
    const char *name;
    const char *sub;            /* the second word of "assignable add", or NULL */
    const char *operands;       /* "DOMAIN BDF [VSLOT]" */
    const char *summary;        /* one line, no capital, no full stop */
    const char *details;        /* whole lines for the command's own help, or NULL */
    const char *example;        /* a command line, for the command's own help */
    size_t min, max;            /* operands; max 0: no limit, but none when min is 0 */
    const struct cli_option *options; /* ends with id 0, or NULL */
    unsigned flags;             /* defined by the program */
    int (*run)(void *program, const struct cli_args *args, struct err *e);
};

struct cli_program {
    const char *name;
    const char *summary;
    const char *example;                        /* as of a command; not read with `only` */
    const struct cli_option *options;           /* global ones, ends with id 0 */
    const struct cli_command *const *commands;  /* ends with NULL */
    const struct cli_command *only;             /* or, instead: a program without commands;
                                                   its name is not read */
};

/* The options of every program, --help and --version; ends with id 0. */
extern const struct cli_option cli_standard_options[];

/* What the command line asks for: a command, its help, or the version. */
enum cli_verdict { CLI_RUN, CLI_HELP, CLI_VERSION };

/*
 * Reads the command line.  Options may stand before or after operands, the global
 * ones also after the command.  On CLI_RUN args->command is set; on CLI_HELP it
 * may be NULL (the program's help).  On failure args holds the options read so far, so that --json
 * is known.  Call cli_args_clear() in any case.  Errors: XV_USAGE.
 */
int cli_parse(const struct cli_program *program, int argc, char **argv,
              struct cli_args *args, enum cli_verdict *verdict, struct err *e);
void cli_args_clear(struct cli_args *args);

/*
 * The same for words from another source, with args->command set.  cli_add_option() adds one
 * option, "NAME" or "NAME=VALUE"; the word must live as long as args.  cli_count_operands() checks
 * the number of operands.  Errors: XV_USAGE.
 */
int cli_add_option(struct cli_args *args, const char *word, struct err *e);
int cli_count_operands(const struct cli_args *args, struct err *e);

/* cli_has(): the option was given.  cli_value(): its last value, "" when it takes none. */
bool cli_has(const struct cli_args *args, int id);
const char *cli_value(const struct cli_args *args, int id);

/* The value of a `what` (for messages) from min to max, in decimal. Errors: XV_USAGE. */
int cli_number(const char *text, const char *what, long min, long max, long *ret,
               struct err *e);

void cli_help(const struct cli_program *program, const struct cli_command *command, FILE *f);

#endif
