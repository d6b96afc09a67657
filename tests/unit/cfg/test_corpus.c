/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cfgs as people write them, corpus/NAME.cfg, each with its verdict in corpus/expected:
 *
 *   NAME xl|- [KIND:E|W:LINE:COLUMN]... [> [KIND:E|W:LINE:COLUMN]...]
 *
 * xl: libxlutil takes the text.  Behind > what is left after a fix that changes something.
 */
#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cfg/cfg_check.h"
#include "cfg/xlu_check.h"

#define CASES_MIN 60

static FILE *open_corpus(const char *name)
{
    const char *slash = strrchr(__FILE__, '/');
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%.*s/corpus/%s", (int)(slash - __FILE__), __FILE__, name);
    return fopen(path, "r");
}

static char *read_corpus(const char *name, size_t *len)
{
    FILE *f = open_corpus(name);
    char *text = malloc(1 << 16);

    if (!f || !text)
        fail_msg("corpus/%s cannot be read", name);
    *len = fread(text, 1, (1 << 16) - 1, f);
    text[*len] = '\0';
    fclose(f);
    return text;
}

static void print_findings(FILE *f, const char *text, size_t len)
{
    CLEANUP(check_clear) struct check_cfg cfg = { .file = NULL };
    struct err e;

    assert_int_equal(check_read(&cfg, "corpus", text, len, &e), 0);
    for (size_t i = 0; i < cfg.notes.n; i++) {
        const struct note *n = &cfg.notes.v[i];
        size_t line, column;

        doc_position(cfg.doc, n->offset, &line, &column);
        fprintf(f, " %s:%c:%zu:%zu", n->kind, n->severity == SEVERITY_ERROR ? 'E' : 'W', line,
                column);
    }
}

/* libxlutil reads from the text, and from each item, what we do. */
static void ask_xl(const char *name, const char *text, size_t len)
{
    CLEANUP(check_clear) struct check_cfg cfg = { .file = NULL };
    CLEANUP(xlu_reading_clear) struct xlu_reading xl = { .accepted = false };
    struct err e;

    assert_int_equal(check_read(&cfg, name, text, len, &e), 0);
    assert_int_equal(xlu_read(text, len, &xl, &e), 0);
    if (cfg.doc->accepted != xl.accepted)
        fail_msg("%s: libxlutil %s it", name, xl.accepted ? "accepts" : "refuses");
    for (size_t i = 0; xl.accepted && i < xl.n; i++) {
        AUTO_NOTES struct notes notes = { NULL, 0 };
        AUTO_SPEC struct spec spec = { .has_bdf = false };
        bool accepted;

        assert_string_equal(xl.items[i], doc_item(cfg.doc, i)->value);
        assert_int_equal(spec_read(xl.items[i], &spec, &accepted, &notes), 0);
        if (accepted != !xlu_verify_spec(xl.items[i], &spec, &e))
            fail_msg("%s: '%s': %s", name, xl.items[i], e.message);
    }
}

/* The line of expected that the cfg makes. */
static char *judge(const char *name, const char *text, size_t len)
{
    CLEANUP(xlu_reading_clear) struct xlu_reading xl = { .accepted = false };
    AUTO_FREE char *fixed = NULL;
    char *line = NULL;
    size_t size, n;
    FILE *f = open_memstream(&line, &size);
    struct err e;

    assert_non_null(f);
    assert_int_equal(xlu_read(text, len, &xl, &e), 0);
    fprintf(f, "%s %s", name, xl.accepted ? "xl" : "-");
    print_findings(f, text, len);
    if (check_fix(name, text, len, &fixed, &n, &e))
        fail_msg("%s: %s", name, e.message);
    if (n != len || memcmp(fixed, text, n)) {
        fprintf(f, " >");
        print_findings(f, fixed, n);
        ask_xl(name, fixed, n);
    }
    fprintf(f, "\n");
    fclose(f);
    return line;
}

static size_t count_files(void)
{
    const char *slash = strrchr(__FILE__, '/');
    char path[PATH_MAX];
    struct dirent *entry;
    size_t n = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "%.*s/corpus", (int)(slash - __FILE__), __FILE__);
    dir = opendir(path);
    assert_non_null(dir);
    while ((entry = readdir(dir)))
        n += strlen(entry->d_name) > 4 &&
             !strcmp(entry->d_name + strlen(entry->d_name) - 4, ".cfg");
    closedir(dir);
    return n;
}

static void test_corpus(void **state)
{
    FILE *f = open_corpus("expected");
    AUTO_FREE char *line = NULL;
    size_t size = 0, n = 0, bad = 0;

    (void)state;
    assert_non_null(f);
    while (getline(&line, &size, f) > 0) {
        char name[NAME_MAX - 4], file[NAME_MAX];
        AUTO_FREE char *text = NULL, *now = NULL;
        size_t len;

        if (sscanf(line, "%249s", name) != 1)
            continue;
        snprintf(file, sizeof(file), "%s.cfg", name);
        text = read_corpus(file, &len);
        ask_xl(name, text, len);
        now = judge(name, text, len);
        if (strcmp(now, line)) {
            print_error("expected %sfound    %s", line, now);
            bad++;
        }
        n++;
    }
    fclose(f);
    assert_int_equal(bad, 0);
    assert_int_equal(n, count_files());
    assert_true(n >= CASES_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
