/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel command line split as next_arg() in the kernel's lib/cmdline.c splits it, and
 * where the hide parameter stands in it and in other boot files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "hide/cmdline.h"
#include "hide/hide_find.h"

/* "name=value|name|...", as read. */
static const char *words(const char *line)
{
    static char text[512];
    struct cmdline_word w;
    size_t at = 0, len = 0;

    text[0] = '\0';
    while (cmdline_next(line, &at, &w)) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s", len ? "|" : "",
                                (int)w.name_len, line + w.name);
        if (w.has_value)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "=%.*s", (int)w.value_len,
                                    line + w.value);
    }
    return text;
}

static void test_words(void **state)
{
    static const char *const cases[][2] = {
        { "", "" },
        { "  \t\n", "" },
        { "quiet ro", "quiet|ro" },
        { " root=/dev/vda\tquiet\n", "root=/dev/vda|quiet" },
        { "a=b=c", "a=b=c" },
        { "a=", "a=" },
        { "=a b", "=a|b" },
        { "a=\"b c\" d", "a=b c|d" },
        { "a=\"b c", "a=b c" },
        { "a=b\" c\"d e", "a=b\" c\"d|e" },
        { "\"a=b c\" d", "a=b c|d" },
        { "\"a b\" c", "a b|c" },
        { "a=\"\" b", "a=|b" },
        { "a=\"", "a=" },
        { "\"", "" },
        { "a\xa0" "b", "a|b" },
        { "a -- b=c", "a" },
        { "a=(02:00.0)(0000:03:00.*) b", "a=(02:00.0)(0000:03:00.*)|b" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (strcmp(words(cases[i][0]), cases[i][1]))
            fail_msg("'%s' reads as '%s'", cases[i][0], words(cases[i][0]));
}

static void test_find(void **state)
{
    static const char *const cases[][2] = {
        /* command lines: the last counts, - and _ are one */
        { "ro xen-pciback.hide=(02:00.0) quiet\n", "(02:00.0)" },
        { "xen_pciback.hide=(02:00.0) xen-pciback.hide=(03:00.0)", "(03:00.0)" },
        { "xen-pciback.hide=\"(02: 00.0)\" quiet", "(02: 00.0)" },
        { "xen-pciback.hide= quiet", "" },
        { "pciback.hide=(02:00.0) quiet", "(02:00.0)" },
        { "pciback.hide=(02:00.0) xen-pciback.hide=(03:00.0)", "(03:00.0)" },
        { "quiet", NULL },
        { "xen-pciback.hide", NULL },
        { "", NULL },
        /* modprobe.d */
        { "# ours\noptions xen-pciback hide=(02:00.0)\nsoftdep a pre: b\n", "(02:00.0)" },
        { "options xen_pciback passthrough=1 hide=(02:00.0)", "(02:00.0)" },
        { "options xen-pciback hide=(02:00.0)\noptions xen-pciback hide=(03:00.0)\n",
          "(03:00.0)" },
        { "options other hide=(02:00.0)\noptions xen-pciback passthrough=1\n", NULL },
        { "alias xen-pciback hide=(02:00.0)\n", NULL },
        { "# options xen-pciback hide=(02:00.0)\n", NULL },
        /* other boot files: all of them */
        { "set a=b\n\tlinux /vmlinuz xen-pciback.hide=(02:00.0) ro\n\tmodule2 /v "
          "xen-pciback.hide=(03:00.0)\n", "(02:00.0)|(03:00.0)" },
        { "GRUB_CMDLINE_LINUX=\"quiet xen-pciback.hide=(02:00.0)\"\n", "(02:00.0)" },
        { "# a\nGRUB_CMDLINE_LINUX='xen-pciback.hide=(02:00.0)'", "(02:00.0)" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO_FREE struct hide_place *places = NULL;
        char text[256] = "";
        size_t n;

        assert_int_equal(hide_find(cases[i][0], &places, &n), 0);
        for (size_t p = 0; p < n; p++)
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.*s", p ? "|" : "",
                     (int)places[p].len, cases[i][0] + places[p].at);
        if (!cases[i][1] != !n || (n && strcmp(text, cases[i][1])))
            fail_msg("'%s' holds %zu: '%s'", cases[i][0], n, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_find),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
