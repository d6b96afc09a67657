/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cli.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <string.h>

#define OPTIONS_MAX 48
#define ID_HELP 0x10000
#define ID_VERSION 0x10001

const struct cli_option cli_standard_options[] = {
    { ID_HELP, 'h', "help", CLI_NO_ARG, NULL, "show this help" },
    { ID_VERSION, 'V', "version", CLI_NO_ARG, NULL, "show the version" },
    { 0 },
};

/* getopt's two tables, filled from option records. */
struct getopt_tables {
    struct option longs[OPTIONS_MAX];
    char shorts[2 + 3 * OPTIONS_MAX];
    const struct cli_option *records[OPTIONS_MAX];
    size_t n;
    size_t n_longs;
};

static void add_options(struct getopt_tables *t, const struct cli_option *options)
{
    for (; options && options->id && t->n < OPTIONS_MAX - 1; options++) {
        if (options->letter) {
            size_t len = strlen(t->shorts);

            t->shorts[len++] = options->letter;
            for (int colons = (int)options->arg; colons > 0; colons--)
                t->shorts[len++] = ':';
        }
        if (options->name)
            t->longs[t->n_longs++] = (struct option){
                .name = options->name,
                .has_arg = (int)options->arg,
                .val = options->id,
            };
        t->records[t->n++] = options;
    }
}

static const struct cli_option *find_option(const struct getopt_tables *t, int c)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->records[i]->id == c || (t->records[i]->letter && t->records[i]->letter == c))
            return t->records[i];
    return NULL;
}

static int remember(struct cli_args *args, int id, const char *value, struct err *e)
{
    if (ARRAY_GROW(args->given, args->n_given))
        return err_nomem(e);
    args->given[args->n_given++] = (struct cli_given){ id, value ? value : "" };
    return 0;
}

static void hint_help(const struct cli_program *program, const struct cli_args *args,
                      struct err *e)
{
    const struct cli_command *c = args->command;

    if (program->only)
        err_hint(e, "%s --help", program->name);
    else if (c)
        err_hint(e, "%s %s%s%s --help", program->name, c->name, c->sub ? " " : "",
                 c->sub ? c->sub : "");
    else
        err_hint(e, "%s --help lists the commands", program->name);
}

/* Reads options up to the first operand, or to the end when `all`. */
static int read_options(const struct cli_program *program, const struct cli_option *command,
                        bool all, int argc, char **argv, struct cli_args *args,
                        enum cli_verdict *verdict, struct err *e)
{
    struct getopt_tables t = { .n = 0 };
    int c;

    strcpy(t.shorts, all ? ":" : "+:");
    add_options(&t, program->options);
    add_options(&t, command);
    add_options(&t, cli_standard_options);
    opterr = 0;
    optind = 0; /* makes glibc start over on a second call */
    while ((c = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1) {
        const struct cli_option *o = find_option(&t, c);
        int r;

        if (c == ID_HELP || c == 'h') {
            *verdict = CLI_HELP;
            continue;
        }
        if (c == ID_VERSION || c == 'V') {
            *verdict = CLI_VERSION;
            continue;
        }
        if (!o) {
            const char *what = argv[optind - 1];

            if (c == ':')
                r = err_set(e, XV_USAGE, EINVAL, "option '%s' needs an argument", what);
            else if (optopt >= ' ' && optopt < 256) /* a letter, no id */
                r = err_set(e, XV_USAGE, EINVAL, "unknown option '-%c'", optopt);
            else
                r = err_set(e, XV_USAGE, EINVAL, optopt ?
                            "option '%s' takes no argument" : "unknown option '%s'", what);
            hint_help(program, args, e);
            return r;
        }
        r = remember(args, o->id, optarg, e);
        if (r)
            return r;
    }
    return 0;
}

/* Finds the command that the words at argv name; *words is how many words belong to it. */
static const struct cli_command *find_command(const struct cli_program *program, int argc,
                                              char **argv, int *words)
{
    const struct cli_command *const *c;

    for (c = program->commands; *c; c++) {
        if (strcmp((*c)->name, argv[0]))
            continue;
        *words = 1;
        if (!(*c)->sub)
            return *c;
        if (argc > 1 && !strcmp((*c)->sub, argv[1])) {
            *words = 2;
            return *c;
        }
    }
    return NULL;
}

static int no_such_command(const struct cli_program *program, int argc, char **argv,
                           struct cli_args *args, struct err *e)
{
    const struct cli_command *const *c;
    char subs[128] = "";
    int r;

    for (c = program->commands; *c; c++)
        if ((*c)->sub && !strcmp((*c)->name, argv[0]))
            snprintf(subs + strlen(subs), sizeof(subs) - strlen(subs), "%s%s",
                     *subs ? ", " : "", (*c)->sub);
    if (*subs) {
        r = err_on(e, XV_USAGE, EINVAL, argv[0], "expected one of: %s", subs);
        if (argc > 1)
            err_append(e, "; not '%s'", argv[1]);
    } else {
        r = err_set(e, XV_USAGE, EINVAL, "no such command: '%s'", argv[0]);
    }
    hint_help(program, args, e);
    return r;
}

/* Finds the command among the words after the program's own options; *first is its last word. */
static int choose_command(const struct cli_program *program, int argc, char **argv,
                          struct cli_args *args, int *first, enum cli_verdict *verdict,
                          struct err *e)
{
    const struct cli_command *command;
    int words = 0, at, r;

    r = read_options(program, NULL, false, argc, argv, args, verdict, e);
    if (r || *verdict != CLI_RUN)
        return r;
    if (optind >= argc) {
        r = err_set(e, XV_USAGE, EINVAL, "a command is missing");
        hint_help(program, args, e);
        return r;
    }
    at = optind;
    command = find_command(program, argc - at, argv + at, &words);
    if (!command) {
        /* `xvtd assignable --help` asks for help as well. */
        if (words && at + 1 < argc &&
            (!strcmp(argv[at + 1], "--help") || !strcmp(argv[at + 1], "-h"))) {
            *verdict = CLI_HELP;
            return 0;
        }
        return no_such_command(program, argc - at, argv + at, args, e);
    }
    args->command = command;
    *first = at + words - 1;
    return 0;
}

int cli_count_operands(const struct cli_args *args, struct err *e)
{
    const struct cli_command *command = args->command;

    if (args->n_operands < command->min)
        return err_set(e, XV_USAGE, EINVAL, "too few operands: expected %s", command->operands);
    if ((command->max || !command->min) && args->n_operands > command->max)
        return err_set(e, XV_USAGE, EINVAL, "'%s' is one operand too many: expected %s",
                       args->operands[command->max],
                       *command->operands ? command->operands : "none");
    return 0;
}

int cli_add_option(struct cli_args *args, const char *word, struct err *e)
{
    size_t len = strcspn(word, "=");
    const char *value = word[len] ? word + len + 1 : NULL;
    const struct cli_option *o = args->command->options;

    while (o && o->id && !(o->name && strlen(o->name) == len && !strncmp(o->name, word, len)))
        o++;
    if (!o || !o->id)
        return err_set(e, XV_USAGE, EINVAL, "unknown option '%s'", word);
    if (o->arg == CLI_ARG && !value)
        return err_set(e, XV_USAGE, EINVAL, "option '%s' needs an argument", word);
    if (o->arg == CLI_NO_ARG && value)
        return err_set(e, XV_USAGE, EINVAL, "option '%s' takes no argument", o->name);
    return remember(args, o->id, value, e);
}

int cli_parse(const struct cli_program *program, int argc, char **argv,
              struct cli_args *args, enum cli_verdict *verdict, struct err *e)
{
    const struct cli_command *command;
    int r = 0, first = 0;

    *args = (struct cli_args){ .command = program->only };
    *verdict = CLI_RUN;
    if (!program->only)
        r = choose_command(program, argc, argv, args, &first, verdict, e);
    command = args->command;
    if (r || *verdict != CLI_RUN)
        return r;
    /* getopt skips argv[0]: pass the command's last word there. */
    r = read_options(program, command->options, true, argc - first, argv + first, args,
                     verdict, e);
    if (r || *verdict != CLI_RUN)
        return r;
    args->operands = argv + first + optind;
    args->n_operands = (size_t)(argc - first - optind);
    r = cli_count_operands(args, e);
    if (r)
        hint_help(program, args, e);
    return r;
}

void cli_args_clear(struct cli_args *args)
{
    free(args->given);
    args->given = NULL;
    args->n_given = 0;
}

bool cli_has(const struct cli_args *args, int id)
{
    return cli_value(args, id) != NULL;
}

const char *cli_value(const struct cli_args *args, int id)
{
    for (size_t i = args->n_given; i > 0; i--)
        if (args->given[i - 1].id == id)
            return args->given[i - 1].value;
    return NULL;
}

int cli_number(const char *text, const char *what, long min, long max, long *ret,
               struct err *e)
{
    char *end;
    long value;

    errno = 0;
    value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < min || value > max)
        return err_set(e, XV_USAGE, EINVAL,
                       "'%s' is not a valid %s: expected a number from %ld to %ld",
                       text, what, min, max);
    *ret = value;
    return 0;
}

/* ": grub, modprobe" after the help of an option whose value is "HOW:grub|modprobe". */
enum { HELP_WIDTH = 80, HELP_COMMAND = 22, HELP_OPTION = 26 };

/* A row of help: `left`, and from the column on `text`, wrapped. */
static void help_row(const char *left, int column, const char *text, FILE *f)
{
    int at = fprintf(f, "  %-*s", column, left);

    if (at > column + 2)
        at = HELP_WIDTH;
    while (*text) {
        int word = (int)strcspn(text, " ");

        if (at + 1 + word > HELP_WIDTH)
            at = fprintf(f, "\n%*s", column + 2, "") - 1;
        at += fprintf(f, " %.*s", word, text);
        text += word + strspn(text + word, " ");
    }
    fputc('\n', f);
}

/* The help of an option, with the words that its value can be. */
static void help_text(const char *help, const char *words, char *text, size_t size)
{
    size_t n = (size_t)snprintf(text, size, "%s%s", help, *words ? ": " : "");

    for (; *words && n + 2 < size; words++) {
        text[n++] = *words == '|' ? ',' : *words;
        if (*words == '|')
            text[n++] = ' ';
        text[n] = 0;
    }
}

static void help_options(const struct cli_option *o, FILE *f)
{
    for (; o && o->id; o++) {
        const char *value = o->arg ? o->value : "";
        size_t name = strcspn(value, ":");
        char left[64], text[256];
        char letter[8] = "    ";

        if (o->letter)
            snprintf(letter, sizeof(letter), "-%c%s", o->letter, o->name ? ", " : "");
        snprintf(left, sizeof(left), "%s%s%s%s%.*s%s", letter, o->name ? "--" : "",
                 o->name ? o->name : "",
                 o->arg == CLI_OPTIONAL_ARG ? "[=" : o->arg ? (o->name ? "=" : " ") : "",
                 (int)name, value, o->arg == CLI_OPTIONAL_ARG ? "]" : "");
        help_text(o->help, value + name + (value[name] == ':'), text, sizeof(text));
        help_row(left, HELP_OPTION, text, f);
    }
}

static void help_example(const char *example, FILE *f)
{
    if (example)
        fprintf(f, "\nExample:\n  %s\n", example);
}

static void help_usage(const struct cli_program *program, const struct cli_command *c, FILE *f)
{
    fprintf(f, "Usage: %s", program->name);
    if (!program->only)
        fprintf(f, " %s%s%s", c->name, c->sub ? " " : "", c->sub ? c->sub : "");
    fprintf(f, "%s%s\n%c%s.\n", *c->operands ? " " : "", c->operands,
            toupper((unsigned char)c->summary[0]), c->summary + 1);
}

static void help_program(const struct cli_program *program, FILE *f)
{
    const struct cli_command *const *c;

    fprintf(f, "Usage: %s [OPTION]... COMMAND [ARGUMENT]...\n%s\n\nCommands:\n",
            program->name, program->summary);
    for (c = program->commands; *c; c++) {
        char left[64];

        snprintf(left, sizeof(left), "%s%s%s", (*c)->name, (*c)->sub ? " " : "",
                 (*c)->sub ? (*c)->sub : "");
        help_row(left, HELP_COMMAND, (*c)->summary, f);
    }
    fprintf(f, "\nGlobal options, before or after the command:\n");
    help_options(program->options, f);
    help_options(cli_standard_options, f);
    help_example(program->example, f);
    fprintf(f, "\n%s COMMAND --help explains one command.  The manual page is %s(8).\n",
            program->name, program->name);
}

void cli_help(const struct cli_program *program, const struct cli_command *c, FILE *f)
{
    if (!c) {
        help_program(program, f);
        return;
    }
    help_usage(program, c, f);
    if (c->details)
        fprintf(f, "\n%s", c->details);
    help_example(c->example, f);
    if (c->options && c->options->id) {
        fprintf(f, "\nOptions:\n");
        help_options(c->options, f);
    }
    fprintf(f, program->only ? "\nGeneral options:\n" : "\nGlobal options:\n");
    help_options(program->options, f);
    help_options(cli_standard_options, f);
}
