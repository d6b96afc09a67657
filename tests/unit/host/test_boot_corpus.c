/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot files and boot lines as people write them, in boot/, each with its verdict:
 * boot/expected has `NAME: VERDICT` for a file, and `N: VERDICT` for the N-th of boot/lines.
 * A verdict is KIND:E|W:LINE..., then = and the values that the kernel gets, | between them,
 * and for a value that it refuses > and what was meant.
 */
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "hide/hide.h"
#include "hide/hide_findings.h"

#define LINES_MIN 60
#define FILES_MIN 20

static FILE *open_boot(const char *name)
{
    const char *slash = strrchr(__FILE__, '/');
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%.*s/boot/%s", (int)(slash - __FILE__), __FILE__, name);
    return fopen(path, "r");
}

static char *judge(const char *name, const char *text)
{
    AUTO_FREE struct hide_finding *findings = NULL;
    struct hide_given *given = NULL;
    char *line = NULL;
    size_t size, n = 0, found = 0;
    FILE *f = open_memstream(&line, &size);
    bool any = false;

    assert_non_null(f);
    assert_int_equal(hide_given_read(text, &given, &n), 0);
    assert_int_equal(hide_findings(given, n, &findings, &found), 0);
    fprintf(f, "%s:", name);
    for (size_t i = 0; i < found; i++)
        fprintf(f, " %s:%c:%u", findings[i].kind, findings[i].error ? 'E' : 'W',
                findings[i].line);
    for (size_t i = 0; i < n; i++) {
        AUTO_FREE struct hide_entry *entries = NULL;
        AUTO_FREE char *mended = NULL;
        struct hide_fault fault;
        size_t count;

        if (given[i].state != HIDE_COUNTS)
            continue;
        fprintf(f, "%s%s", any ? "|" : " = ", given[i].value);
        any = true;
        if (hide_check(given[i].value, &entries, &count, &fault))
            mended = hide_mend(given[i].value);
        if (mended)
            fprintf(f, " > %s", mended);
    }
    fprintf(f, "\n");
    fclose(f);
    hide_given_free(given, n);
    return line;
}

static char *read_all(const char *name)
{
    FILE *f = open_boot(name);
    char *text = malloc(1 << 16);

    if (!f || !text)
        fail_msg("boot/%s cannot be read", name);
    text[fread(text, 1, (1 << 16) - 1, f)] = '\0';
    fclose(f);
    return text;
}

/* The n-th line of a text, as a text of its own. */
static char *nth_line(const char *text, unsigned n)
{
    while (--n && *text)
        text += strcspn(text, "\n") + 1;
    return strndup(text, strcspn(text, "\n"));
}

static void test_corpus(void **state)
{
    FILE *f = open_boot("expected");
    AUTO_FREE char *lines = read_all("lines"), *line = NULL;
    size_t size = 0, n_lines = 0, n_files = 0, bad = 0;

    (void)state;
    assert_non_null(f);
    while (getline(&line, &size, f) > 0) {
        AUTO_FREE char *name = strndup(line, strcspn(line, ":\n")), *text = NULL, *now = NULL;
        bool numbered = isdigit((unsigned char)*name);

        n_lines += numbered;
        n_files += !numbered;
        text = numbered ? nth_line(lines, (unsigned)atoi(name)) : read_all(name);
        now = judge(name, text);
        if (strcmp(now, line)) {
            print_error("expected %sfound    %s", line, now);
            bad++;
        }
    }
    fclose(f);
    assert_int_equal(bad, 0);
    assert_true(n_lines >= LINES_MIN && n_files >= FILES_MIN);
}

/* Both forms in one line that continues in the next: findings keep the order of the file. */
static void test_order(void **state)
{
    static const struct { unsigned line; const char *value; } want[] = {
        { 1, "(01:00.0)" }, { 2, "(02:00.0)" }, { 2, "(03:00.0)" },
    };
    struct hide_given *given;
    size_t n;

    (void)state;
    assert_int_equal(hide_given_read("options xen-pciback xen-pciback.hide=(01:00.0) \\\n"
                                     "hide=(02:00.0) xen-pciback.hide=(03:00.0)\n", &given, &n), 0);
    assert_int_equal(n, ARRAY_LEN(want));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(given[i].line, want[i].line);
        assert_string_equal(given[i].value, want[i].value);
    }
    hide_given_free(given, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus),
        cmocka_unit_test(test_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
