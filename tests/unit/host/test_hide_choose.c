/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parameter for chosen functions: sorted, exact, short where nothing else is taken. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_kernel.h"
#include "../fake/fake_tree.h"
#include "hide/hide_choose.h"

#define NIC { 0x8086, 0x10d3, 0x020000 }

static struct root *root;
static struct inventory *inv;
static struct hide_host host;

/*
 * 00:03.0; a port 00:1c.0 with 02:00.0, 02:00.1; a port 00:1c.1 with 03:00.0 and 03:01.0;
 * a device whose function 1 is a bridge (05:00.1) with 06:00.0 behind; 07:00.0 to .2;
 * 08:00.0, a virtual function of 03:00.0 on a bus of its own; 0001:02:00.0.
 */
static int setup(void **state)
{
    static const char *const functions[][2] = {
        { "0000:00:03.0", NULL }, { "0000:00:1c.0", NULL }, { "0000:00:1c.1", NULL },
        { "0000:02:00.0", "0000:00:1c.0" }, { "0000:02:00.1", "0000:00:1c.0" },
        { "0000:03:00.0", "0000:00:1c.1" }, { "0000:03:01.0", "0000:00:1c.1" },
        { "0000:05:00.0", NULL }, { "0000:05:00.1", NULL }, { "0000:06:00.0", "0000:05:00.1" },
        { "0000:07:00.0", NULL }, { "0000:07:00.1", NULL }, { "0000:07:00.2", NULL },
        { "0000:08:00.0", "0000:00:1c.1" }, { "0001:02:00.0", NULL },
    };
    char link[PATH_MAX + 16];
    struct err e;

    (void)state;
    kernel_begin();
    for (size_t i = 0; i < ARRAY_LEN(functions); i++)
        kernel_add_device(functions[i][0], functions[i][1], (struct fake_ids)NIC, "");
    snprintf(link, sizeof(link), "%s/physfn", kernel_path("0000:08:00.0"));
    tree_sys_link(link, kernel_path("0000:03:00.0"));
    root = tree_root();
    assert_int_equal(inventory_open(&inv, root, &e), 0);
    assert_int_equal(hide_host_read(&host, root, inv, &e), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hide_host_clear(&host);
    inventory_close(inv);
    root_close(root);
    kernel_end();
    return 0;
}

static struct hide_choice choose(const char *words)
{
    struct bdf_pattern patterns[32];
    struct hide_choice choice;
    char text[512], *save = NULL;
    struct err e;
    size_t n = 0;

    snprintf(text, sizeof(text), "%s", words);
    for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
        assert_int_equal(bdf_parse_pattern(w, &patterns[n++], &e), 0);
    assert_int_equal(hide_choose(patterns, n, &choice, &e), 0);
    return choice;
}

static void test_choose(void **state)
{
    static const struct {
        const char *words, *full, *brief;
    } cases[] = {
        { "2:0.0", "(0000:02:00.0)", "(02:00.0)" },
        { "3:0.0 2:0.0 3:0.0", "(0000:02:00.0)(0000:03:00.0)", "(02:00.0)(03:00.0)" },
        { "1:2:0.0", "(0001:02:00.0)", "(0001:02:00.0)" },
        /* a wildcard stays one, and covers its functions */
        { "2:0.*", "(0000:02:00.*)", "(02:00.*)" },
        { "2:0.1 2:0.* 2:0.0", "(0000:02:00.*)", "(02:00.*)" },
        /* all of a slot, all of a bus */
        { "2:0.0 2:0.1", "(0000:02:00.0)(0000:02:00.1)", "(02:00.*)" },
        { "3:0.0 3:1.0", "(0000:03:00.0)(0000:03:01.0)", "(03:*.*)" },
        { "2:0.0 2:0.1 3:1.0 3:0.0", "(0000:02:00.0)(0000:02:00.1)(0000:03:00.0)(0000:03:01.0)",
          "(02:00.*)(03:*.*)" },
        /* no wildcard if it would take another function, or a bridge */
        { "2:0.1", "(0000:02:00.1)", "(02:00.1)" },
        { "7:0.0 7:0.1", "(0000:07:00.0)(0000:07:00.1)", "(07:00.0)(07:00.1)" },
        { "5:0.0", "(0000:05:00.0)", "(05:00.0)" },
        { "5:0.0 6:0.0", "(0000:05:00.0)(0000:06:00.0)", "(05:00.0)(06:00.0)" },
        /* unless the user names the bridge */
        { "5:0.0 5:0.1", "(0000:05:00.0)(0000:05:00.1)", "(05:00.*)" },
        /* absent functions: with present ones, and alone */
        { "3:0.0 3:1.0 3:2.0", "(0000:03:00.0)(0000:03:01.0)(0000:03:02.0)", "(03:*.*)" },
        { "9:0.0 9:0.1", "(0000:09:00.0)(0000:09:00.1)", "(09:00.0)(09:00.1)" },
        { "", "", "" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct hide_choice choice = choose(cases[i].words), brief;
        AUTO_FREE char *full = hide_text(&choice, false), *text = NULL;
        AUTO_FREE bool *taken = hide_taken(&host, &choice), *again = NULL;
        struct hide_entry *entries = NULL;
        size_t n, offset;
        struct err e;

        assert_int_equal(hide_shorten(&host, &choice, &brief, &e), 0);
        text = hide_text(&brief, true);
        if (strcmp(full, cases[i].full) || strcmp(text, cases[i].brief))
            fail_msg("'%s' makes %s, %s", cases[i].words, full, text);
        /* both forms take the same functions, and the driver reads them as written */
        again = hide_taken(&host, &brief);
        assert_memory_equal(taken, again, host.n * sizeof(*taken));
        assert_int_equal(hide_parse(text, &entries, &n, &offset), 0);
        for (size_t f = 0; f < host.n; f++) {
            bool now = false;

            for (size_t k = 0; k < n; k++)
                now |= hide_host_takes(&host, &entries[k], f);
            assert_int_equal(now, taken[f]);
        }
        free(entries);
        hide_choice_clear(&choice);
        hide_choice_clear(&brief);
    }
}

static void test_subtree(void **state)
{
    struct hide_choice choice = choose("0:1c.0");
    AUTO_FREE bool *taken = hide_taken(&host, &choice);
    unsigned bits = 0;

    (void)state;
    for (size_t i = 0; i < host.n; i++)
        bits |= (unsigned)taken[i] << i;
    assert_int_equal(bits, 1u << 1 | 1u << 3 | 1u << 4);
    hide_choice_clear(&choice);
    free(taken);
    /* A bus of virtual functions has no bridge for the kernel, whatever the folder says. */
    choice = choose("0:1c.1");
    taken = hide_taken(&host, &choice);
    bits = 0;
    for (size_t i = 0; i < host.n; i++)
        bits |= (unsigned)taken[i] << i;
    assert_int_equal(bits, 1u << 2 | 1u << 5 | 1u << 6);
    hide_choice_clear(&choice);
}

static void test_segment(void **state)
{
    struct bdf_pattern vmd = { .bdf = { 0x10000, 0xe1, 0, 0 } };
    struct hide_choice choice;
    struct err e;

    (void)state;
    assert_int_equal(hide_choose(&vmd, 1, &choice, &e), -EINVAL);
    assert_int_equal(e.code, XV_CANNOT);
}

/* To the character: 1024 of the value, 1023 of the line. */
static void test_fit(void **state)
{
    static const char name[] = "xen-pciback.hide";
    char full[1100], brief[1100];
    size_t rest = 1 + strlen(name) + 1;

    (void)state;
#define TEXT(buf, len) (memset(buf, '(', len), (buf)[len] = '\0')
    TEXT(full, 1024), TEXT(brief, 700);
    assert_int_equal(hide_fit(full, brief, name, SIZE_MAX), HIDE_FITS);
    TEXT(full, 1025);
    assert_int_equal(hide_fit(full, brief, name, SIZE_MAX), HIDE_FITS_BRIEF);
    TEXT(full, 800);
    assert_int_equal(hide_fit(full, brief, name, 1023 - rest - 800), HIDE_FITS);
    assert_int_equal(hide_fit(full, brief, name, 1023 - rest - 799), HIDE_FITS_BRIEF);
    assert_int_equal(hide_fit(full, brief, name, 1023 - rest - 700), HIDE_FITS_BRIEF);
    assert_int_equal(hide_fit(full, brief, name, 1023 - rest - 699), HIDE_OVER_LINE);
    TEXT(brief, 1025);
    assert_int_equal(hide_fit(full, brief, name, SIZE_MAX), HIDE_OVER_VALUE);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_choose), RUN(test_subtree), RUN(test_segment), RUN(test_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
