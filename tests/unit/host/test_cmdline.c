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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
