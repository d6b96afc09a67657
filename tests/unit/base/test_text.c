/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of others: what of it reaches a terminal, and what a shell makes of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/out.h"
#include "base/table.h"
#include "base/text.h"

static void cleaned(const char *text, bool lines, const char *expected)
{
    AUTO_FREE char *copy = NULL;
    const char *is = text_clean(text, lines, &copy);

    assert_string_equal(is, expected);
    assert_true(strcmp(text, expected) ? is == copy : is == text && !copy);
}

static void test_clean(void **state)
{
    (void)state;
    cleaned("", false, "");
    cleaned("vm1 \xe2\x80\x98quoted\xe2\x80\x99 \xf0\x9f\x98\x80", false,
            "vm1 \xe2\x80\x98quoted\xe2\x80\x99 \xf0\x9f\x98\x80");
    /* control characters: C0, DEL, C1 */
    cleaned("\033]0;pwned\007\033[2J evil", false, "\\u001b]0;pwned\\u0007\\u001b[2J evil");
    cleaned("a\x7f" "b\xc2\x9b" "31m", false, "a\\u007fb\\u009b31m");
    cleaned("a\r\nhint: b\t", false, "a\\u000d\\u000ahint: b\\u0009");
    cleaned("a\r\nb\t", true, "a\\u000d\nb\t");
    /* characters that reverse the direction, or break a line like its end */
    cleaned("\xe2\x80\xae" "exe\xe2\x80\xac", false, "\\u202eexe\\u202c");
    cleaned("\xe2\x81\xa6\xe2\x81\xa9\xd8\x9c\xe2\x80\x8f\xe2\x80\xa8", true,
            "\\u2066\\u2069\\u061c\\u200f\\u2028");
    /* no UTF-8: a lone byte, one too short, an overlong one, a surrogate, above 10ffff */
    cleaned("\xff\xfe", false, "\xef\xbf\xbd\xef\xbf\xbd");
    cleaned("a\xc3", false, "a\xef\xbf\xbd");
    cleaned("\xc0\x9b", false, "\xef\xbf\xbd\xef\xbf\xbd");
    cleaned("\xed\xa0\x80", false, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    cleaned("\xf4\x90\x80\x80", false, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

/* A shell reads the quoted word as the word. */
static void shell_reads(const char *word)
{
    char command[1024], back[640] = "";
    size_t n;
    FILE *f;

    snprintf(command, sizeof(command), "printf '%%s' %s", SHELL_STR(word));
    f = popen(command, "r");
    assert_non_null(f);
    n = fread(back, 1, sizeof(back) - 1, f);
    back[n] = '\0';
    assert_int_equal(pclose(f), 0);
    assert_string_equal(back, word);
}

static void test_shell(void **state)
{
    static const char *const words[] = {
        "a b", "a;reboot", "$(reboot)", "`reboot`", "it's", "a\\b", "*", "~root", "a\"b", "#", "!1",
    };
    char longer[700];

    (void)state;
    assert_string_equal(SHELL_STR("vm1"), "vm1");
    assert_string_equal(SHELL_STR("0000:02:00.0"), "0000:02:00.0");
    assert_string_equal(SHELL_STR("/etc/xen/vm-1.cfg"), "/etc/xen/vm-1.cfg");
    assert_string_equal(SHELL_STR(""), "''");
    assert_string_equal(SHELL_STR("it's"), "'it'\\''s'");
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        shell_reads(words[i]);
    assert_string_equal(SHELL_STR("a\033[2J'\xff\n"), "$'a\\033[2J\\'\\377\\012'");
    memset(longer, 'a', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_string_equal(SHELL_STR(longer), "'(too long)'");
    memset(longer, '\'', 300);
    longer[300] = '\0';
    assert_string_equal(SHELL_STR(longer), "'(too long)'");
}

/* The text that the call prints to a descriptor. */
static char *printed(int fd, void (*call)(void))
{
    static char text[1024];
    int file = memfd_create("out", 0), was = dup(fd);
    ssize_t n;

    fflush(NULL);
    dup2(file, fd);
    call();
    fflush(NULL);
    dup2(was, fd);
    close(was);
    n = pread(file, text, sizeof(text) - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    close(file);
    return text;
}

static void print_line(void)
{
    out_line("%s: %s", "vm\033[31m", "a\nhint: reboot");
}

static void print_note(void)
{
    out_note("xvtd: %s", "\xe2\x80\xae");
}

static void print_text(void)
{
    assert_int_equal(out_text("one\n\ttwo\033\n"), 0);
}

static void print_table(void)
{
    static const struct table_column columns[] = { { "NAME", 0 }, { NULL, 0 } };
    CLEANUP(table_free_p) struct table *table = table_new(columns);
    struct err e;

    assert_int_equal(table_row(table, (const char *[]){ "vm\xe2\x80\xae\033\n" }, &e), 0);
    assert_int_equal(table_write(table, stdout, &e), 0);
}

static void print_json(void)
{
    CLEANUP(json_free_p) struct json *json = json_new_line("x/1");
    struct err e;

    json_str(json, "a", "\xe2\x80\xae\033\n\x7f");
    assert_int_equal(json_write(json, stdout, &e), 0);
}

static void test_out(void **state)
{
    (void)state;
    assert_string_equal(printed(STDOUT_FILENO, print_line),
                        "vm\\u001b[31m: a\\u000ahint: reboot\n");
    assert_string_equal(printed(STDERR_FILENO, print_note), "xvtd: \\u202e\n");
    assert_string_equal(printed(STDOUT_FILENO, print_text), "one\n\ttwo\\u001b\n");
    assert_string_equal(printed(STDOUT_FILENO, print_table), "NAME\nvm\\u202e\\u001b\\u000a\n");
    assert_string_equal(printed(STDOUT_FILENO, print_json),
                        "{\"schema\":\"x/1\",\"a\":\"\\u202e\\u001B\\n\\u007f\"}\n");
}

static void print_paragraph(void)
{
    out_paragraph(2, "%s", "one two three  four averyveryverylongword x");
}

static void print_cut_table(void)
{
    static const struct table_column columns[] = {
        { "NAME", 0 }, { "USED AS", TABLE_TRUNC_TTY }, { "DEVICE", TABLE_TRUNC }, { NULL, 0 },
    };
    CLEANUP(table_free_p) struct table *table = table_new(columns);
    struct err e;

    assert_int_equal(table_row(table, (const char *[]){ "vm", "sda, sdb, sdc", "a long name" }, &e),
                     0);
    assert_int_equal(table_write(table, stdout, &e), 0);
}

/* COLUMNS sets the width in a pipe too; without it nothing is cut or wrapped there. */
static void test_width(void **state)
{
    (void)state;
    assert_string_equal(printed(STDOUT_FILENO, print_paragraph),
                        "one two three  four averyveryverylongword x\n");
    assert_non_null(strstr(printed(STDOUT_FILENO, print_cut_table), "a long name"));
    setenv("COLUMNS", "14", 1);
    assert_string_equal(printed(STDOUT_FILENO, print_paragraph),
                        "one two three\n  four\n  averyveryverylongword\n  x\n");
    setenv("COLUMNS", "25", 1);
    assert_non_null(strstr(printed(STDOUT_FILENO, print_cut_table), "sda, sdb, sdc"));
    assert_null(strstr(printed(STDOUT_FILENO, print_cut_table), "a long name"));
    unsetenv("COLUMNS");
}

/* A reader that leaves, as in `| head`, is no failure to report; a full disk is one. */
static void test_reader_gone(void **state)
{
    struct err e;

    (void)state;
    assert_int_equal(out_error(-EPIPE, &e), -EPIPE);
    assert_true(out_reader_gone(&e));
    assert_int_equal(out_error(-ENOSPC, &e), -ENOSPC);
    assert_false(out_reader_gone(&e));
    err_sys(&e, XV_FAILED, EPIPE, "talk to QEMU");
    assert_false(out_reader_gone(&e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_shell),
        cmocka_unit_test(test_out),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_reader_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
