/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines against command records: where words may stand, and each way to be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cli.h"

enum { G_JSON = 0x100, G_ROOT, G_VERBOSE };
enum { O_FORCE = 1, O_TIMEOUT, O_SAVE, O_HOW, O_MAP, O_POLICY };

static const struct cli_option globals[] = {
    { G_JSON, 0, "json", CLI_NO_ARG, NULL, "print JSON" },
    { G_ROOT, 0, "root", CLI_ARG, "DIR", "read below DIR" },
    { G_VERBOSE, 'v', "verbose", CLI_NO_ARG, NULL, "say more" },
    { 0 },
};

static const struct cli_option detach_options[] = {
    { O_FORCE, 'f', "force", CLI_NO_ARG, NULL, "take it" },
    { O_TIMEOUT, 't', "timeout", CLI_ARG, "S", "seconds" },
    { O_SAVE, 0, "save", CLI_OPTIONAL_ARG, "FILE", "save it" },
    { O_HOW, 0, "how", CLI_ARG, "HOW:fast|slowly", "the way" },
    { O_MAP, 0, "map", CLI_ARG, "OLD=NEW", "elsewhere" },
    { O_POLICY, 0, "longer", CLI_ARG, "than|its|column", "a help text that is too long for what is left of its line" },
    { 0 },
};

static const struct cli_command detach = { .name = "detach", .operands = "DOMAIN BDF...",
    .summary = "hot-remove", .details = "In detail.\n", .example = "prog detach vm1 2:0.0", .min = 2, .options = detach_options };
static const struct cli_command one = { .name = "one", .operands = "[X]", .summary = "one",
    .max = 1 };
static const struct cli_command none = { .name = "none", .operands = "", .summary = "none" };
static const struct cli_command a_list = { .name = "assignable", .sub = "list", .operands = "",
    .summary = "list them" };
static const struct cli_command a_add = { .name = "assignable", .sub = "add",
    .operands = "BDF...", .summary = "add some", .min = 1 };
static const struct cli_command *const commands[] = { &detach, &one, &none, &a_list, &a_add,
                                                      NULL };
static const struct cli_program program = { .name = "prog", .summary = "A program.",
    .options = globals, .commands = commands };

/* A command line in words; what it is read as, as text in the same form. */
static struct cli_args args;
static enum cli_verdict verdict;
static struct err e;
static char words[256];
static char *argv[32];

static int parse(const char *line)
{
    int argc = 1;

    argv[0] = (char *)"prog";
    snprintf(words, sizeof(words), "%s", line);
    for (char *w = strtok(words, " "); w; w = strtok(NULL, " "))
        argv[argc++] = !strcmp(w, "''") ? (char *)"" : w;
    argv[argc] = NULL;
    cli_args_clear(&args);
    return cli_parse(&program, argc, argv, &args, &verdict, &e);
}

static int setup(void **state)
{
    (void)state;
    memset(&args, 0, sizeof(args));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    cli_args_clear(&args);
    return 0;
}

/* Options may be anywhere; operands keep their order. */
static void test_anywhere(void **state)
{
    static const char *const lines[] = {
        "detach vm1 02:00.0 --force --timeout=5 --json",
        "detach vm1 02:00.0 --force --timeout 5 --json",
        "detach --force vm1 --timeout=5 02:00.0 --json",
        "--json detach -f -t5 vm1 02:00.0",
        "--json detach -ft 5 vm1 02:00.0",
        "--json detach vm1 -f 02:00.0 -t 5",
        "detach --json --timeout 9 --timeout 5 --force vm1 02:00.0",
        "detach -f --json --timeout=5 -- vm1 02:00.0",
        "detach -f --json --timeo=5 vm1 02:00.0",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        if (parse(lines[i]))
            fail_msg("%s: %s", lines[i], e.message);
        assert_int_equal(verdict, CLI_RUN);
        assert_ptr_equal(args.command, &detach);
        assert_int_equal(args.n_operands, 2);
        assert_string_equal(args.operands[0], "vm1");
        assert_string_equal(args.operands[1], "02:00.0");
        assert_true(cli_has(&args, O_FORCE) && cli_has(&args, G_JSON));
        assert_false(cli_has(&args, O_SAVE) || cli_has(&args, G_ROOT));
        assert_string_equal(cli_value(&args, O_TIMEOUT), "5");
    }
    assert_int_equal(parse("detach vm1 -- -f --json"), 0);
    assert_int_equal(args.n_operands, 3);
    assert_string_equal(args.operands[2], "--json");
    assert_false(cli_has(&args, O_FORCE) || cli_has(&args, G_JSON));
}

static void test_values(void **state)
{
    (void)state;
    assert_int_equal(parse("detach vm1 b --save"), 0);
    assert_true(cli_has(&args, O_SAVE));
    assert_string_equal(cli_value(&args, O_SAVE), "");
    assert_int_equal(parse("detach vm1 b --save=x.cfg"), 0);
    assert_string_equal(cli_value(&args, O_SAVE), "x.cfg");
    assert_int_equal(parse("detach vm1 b --save x.cfg"), 0);
    assert_string_equal(cli_value(&args, O_SAVE), "");
    assert_int_equal(args.n_operands, 3);
    assert_int_equal(parse("--root=/a one --root /b"), 0);
    assert_string_equal(cli_value(&args, G_ROOT), "/b");
    assert_null(cli_value(&args, O_FORCE));
    assert_int_equal(parse("one ''"), 0);
    assert_int_equal(args.n_operands, 1);
}

static void test_subcommands(void **state)
{
    (void)state;
    assert_int_equal(parse("assignable list"), 0);
    assert_ptr_equal(args.command, &a_list);
    assert_int_equal(args.n_operands, 0);
    assert_int_equal(parse("-v assignable add 02:00.0 --json 03:00.0"), 0);
    assert_ptr_equal(args.command, &a_add);
    assert_int_equal(args.n_operands, 2);
    assert_string_equal(args.operands[1], "03:00.0");
    assert_true(cli_has(&args, G_VERBOSE) && cli_has(&args, G_JSON));
}

static void test_wrong(void **state)
{
    static const struct {
        const char *line, *message, *hint;
    } cases[] = {
        { "", "a command is missing", "prog --help lists the commands" },
        { "--json", "a command is missing", "prog --help lists the commands" },
        { "nonsense", "no such command: 'nonsense'", "prog --help lists the commands" },
        { "det vm1 b", "no such command: 'det'", "prog --help lists the commands" },
        { "Detach vm1 b", "no such command: 'Detach'", "prog --help" },
        { "list", "no such command: 'list'", "prog --help" },
        { "''", "no such command: ''", "prog --help" },
        { "assignable", "assignable: expected one of: list, add", "prog --help" },
        { "assignable remove", "assignable: expected one of: list, add; not 'remove'", "prog" },
        { "assignable --json list", "assignable: expected one of: list, add; not '--json'", "" },
        { "detach", "too few operands: expected DOMAIN BDF...", "prog detach --help" },
        { "detach vm1", "too few operands: expected DOMAIN BDF...", "prog detach --help" },
        { "assignable add", "too few operands: expected BDF...", "prog assignable add --help" },
        { "one a b", "'b' is one operand too many: expected [X]", "prog one --help" },
        { "none a", "'a' is one operand too many: expected none", "prog none --help" },
        { "assignable list a", "'a' is one operand too many: expected none", "" },
        { "--nonsense", "unknown option '--nonsense'", "prog --help lists the commands" },
        { "-x", "unknown option '-x'", "prog --help" },
        { "detach vm1 b --nonsense", "unknown option '--nonsense'", "prog detach --help" },
        { "detach vm1 b -fx", "unknown option '-x'", "prog detach --help" },
        { "--force detach vm1 b", "unknown option '--force'", "prog --help" },
        { "detach vm1 b --timeout", "option '--timeout' needs an argument", "prog detach" },
        { "detach vm1 b -t", "option '-t' needs an argument", "prog detach --help" },
        { "detach vm1 b --force=yes", "option '--force=yes' takes no argument", "prog detach" },
        { "one --json=1", "option '--json=1' takes no argument", "prog one --help" },
        { "--root", "option '--root' needs an argument", "prog --help" },
        { "one -f", "unknown option '-f'", "prog one --help" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (!parse(cases[i].line))
            fail_msg("'%s' is taken", cases[i].line);
        if (e.code != XV_USAGE || strcmp(e.message, cases[i].message))
            fail_msg("'%s': %s", cases[i].line, e.message);
        if (strncmp(e.hint, cases[i].hint, strlen(cases[i].hint)))
            fail_msg("'%s': hint: %s", cases[i].line, e.hint);
    }
    /* Options before the mistake count: --json decides how the error is printed. */
    assert_int_not_equal(parse("--json detach"), 0);
    assert_true(cli_has(&args, G_JSON));
    assert_int_not_equal(parse("detach vm1 --json -x"), 0);
    assert_true(cli_has(&args, G_JSON));
}

static void test_help(void **state)
{
    static const struct {
        const char *line;
        enum cli_verdict verdict;
        const struct cli_command *command;
    } cases[] = {
        { "--help", CLI_HELP, NULL },
        { "-h", CLI_HELP, NULL },
        { "--json --help", CLI_HELP, NULL },
        { "detach --help", CLI_HELP, &detach },
        { "detach -h", CLI_HELP, &detach },
        { "detach vm1 --help", CLI_HELP, &detach },
        { "assignable add --help", CLI_HELP, &a_add },
        { "assignable --help", CLI_HELP, NULL },
        { "assignable -h", CLI_HELP, NULL },
        { "--version", CLI_VERSION, NULL },
        { "-V", CLI_VERSION, NULL },
        { "none --version", CLI_VERSION, &none },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (parse(cases[i].line))
            fail_msg("'%s': %s", cases[i].line, e.message);
        assert_int_equal(verdict, cases[i].verdict);
        assert_ptr_equal(args.command, cases[i].command);
    }
}

/* The help of a command names its operands, its options and the global ones. */
static void test_help_text(void **state)
{
    static const char *const texts[] = {
        "Usage: prog detach DOMAIN BDF...\nHot-remove.\n\nIn detail.\n\nExample:\n  prog detach vm1 2:0.0\n", "-f, --force",
        ("--longer=than|its|column\n                             a help text that is too long for what is left of\n"
         "                             its line\n"),
        "-t, --timeout=S", "    --save[=FILE]",
        "--how=HOW              the way: fast, slowly\n", "--map=OLD=NEW          elsewhere\n", "--json", "-v, --verbose", "-h, --help",
        "-V, --version",
    };
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    (void)state;
    cli_help(&program, &detach, f);
    fflush(f);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (!strstr(text, texts[i]))
            fail_msg("no '%s' in\n%s", texts[i], text);
    rewind(f);
    cli_help(&program, NULL, f);
    fclose(f);
    for (size_t i = 0; commands[i]; i++)
        assert_non_null(strstr(text, commands[i]->summary));
    assert_non_null(strstr(text, "\n  assignable add "));
    free(text);
}

/* A program that has options and operands, but no commands. */
static void test_only(void **state)
{
    static const struct cli_command one_command = {
        .operands = "BDF...", .summary = "does it", .options = detach_options, .max = 2,
    };
    static const struct cli_program small = {
        .name = "small", .options = globals, .only = &one_command,
    };
    char *line[] = { (char *)"small", (char *)"2:0.0", (char *)"-f", (char *)"--json",
                     (char *)"3:0.0", (char *)"4:0.0", NULL };
    char *text = NULL;
    size_t size;
    FILE *f;

    (void)state;
    assert_int_equal(cli_parse(&small, 5, line, &args, &verdict, &e), 0);
    assert_ptr_equal(args.command, &one_command);
    assert_int_equal(args.n_operands, 2);
    assert_string_equal(args.operands[0], "2:0.0");
    assert_true(cli_has(&args, O_FORCE) && cli_has(&args, G_JSON));
    cli_args_clear(&args);
    assert_int_equal(cli_parse(&small, 1, line, &args, &verdict, &e), 0);
    assert_int_equal(args.n_operands, 0);
    cli_args_clear(&args);
    assert_int_not_equal(cli_parse(&small, 6, line, &args, &verdict, &e), 0);
    assert_string_equal(e.message, "'4:0.0' is one operand too many: expected BDF...");
    assert_string_equal(e.hint, "small --help");
    line[1] = (char *)"--help";
    cli_args_clear(&args);
    assert_int_equal(cli_parse(&small, 2, line, &args, &verdict, &e), 0);
    assert_int_equal(verdict, CLI_HELP);
    f = open_memstream(&text, &size);
    cli_help(&small, args.command, f);
    fclose(f);
    assert_non_null(strstr(text, "Usage: small BDF...\nDoes it.\n"));
    assert_non_null(strstr(text, "--force"));
    free(text);
}

static void test_number(void **state)
{
    static const char *const bad[] = { "", " ", "x", "5x", "0", "101", "-5", "1e1", "0x5",
                                       "99999999999999999999", "5 " };
    long value = 42;

    (void)state;
    assert_int_equal(cli_number("1", "timeout", 1, 100, &value, &e), 0);
    assert_int_equal(value, 1);
    assert_int_equal(cli_number("100", "timeout", 1, 100, &value, &e), 0);
    assert_int_equal(value, 100);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char message[128];

        assert_int_not_equal(cli_number(bad[i], "timeout", 1, 100, &value, &e), 0);
        assert_int_equal(e.code, XV_USAGE);
        snprintf(message, sizeof(message),
                 "'%s' is not a valid timeout: expected a number from 1 to 100", bad[i]);
        assert_string_equal(e.message, message);
        assert_int_equal(value, 100);
    }
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_anywhere),
        RUN(test_values),
        RUN(test_subcommands),
        RUN(test_wrong),
        RUN(test_help),
        RUN(test_help_text),
        RUN(test_only),
        RUN(test_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
