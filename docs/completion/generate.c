/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes what bash is to complete after a program's name: `generate PROGRAM` prints its
 * command records as tables for the functions of completion.bash.  Runs at build time only.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "session/xvtd.h"
#include "tools/cmd_bind.h"
#include "tools/cmd_hide.h"

static const struct cli_program *const programs[] = {
    &xvtd_program, &hide_program, &bind_program, &unbind_program,
};

/* "grub|modprobe" of "HOW:grub|modprobe"; "S" of "S". */
static const char *words_of(const char *value)
{
    const char *words = strchr(value, ':');

    return words ? words + 1 : value;
}

static void print_options(const struct cli_option *o)
{
    for (; o && o->id; o++) {
        if (o->letter && o->arg == CLI_ARG)
            printf(" -%c=%s", o->letter, words_of(o->value));
        else if (o->letter)
            printf(" -%c", o->letter);
        if (o->name)
            printf(" --%s", o->name);
        if (o->name && o->arg)
            printf(o->arg == CLI_ARG ? "=%s" : "[=%s", words_of(o->value));
    }
}

/* One entry each of the tables `operands` and `options`. */
static void print_command(const char *name, const char *sub, const struct cli_command *c)
{
    printf("\toperands['%s%s%s']='%s'\n", name, sub ? " " : "", sub ? sub : "", c->operands);
    if (!c->options)
        return;
    printf("\toptions['%s%s%s']='", name, sub ? " " : "", sub ? sub : "");
    print_options(c->options);
    printf("'\n");
}

static void print_program(const struct cli_program *p)
{
    printf("_xvtd_complete_%s() {\n\tlocal -A operands=() options=()\n", p->name);
    printf("\toptions['.']='");
    print_options(program_options);
    print_options(cli_standard_options);
    printf("'\n");
    if (p->only)
        print_command("-", NULL, p->only);
    for (const struct cli_command *const *c = p->commands; c && *c; c++)
        print_command((*c)->name, (*c)->sub, *c);
    printf("\t_xvtd_complete\n}\ncomplete -F _xvtd_complete_%s %s\n", p->name, p->name);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < ARRAY_LEN(programs); i++) {
        if (strcmp(programs[i]->name, argv[1]))
            continue;
        print_program(programs[i]);
        return fflush(stdout) || ferror(stdout);
    }
    fprintf(stderr, "generate: expected the name of a program with command records\n");
    return 2;
}
