/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hide/hide_find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "hide/cmdline.h"

bool hide_find_cmdline(const char *line, struct hide_place *ret)
{
    struct cmdline_word word;

    if (!cmdline_find(line, "xen-pciback.hide", &word))
        return false;
    *ret = (struct hide_place){ word.value, word.value_len };
    return true;
}

/* The line at text from `options xen-pciback` on; its hide=, where it has one. */
static bool find_options(const char *text, size_t start, size_t end, struct hide_place *ret)
{
    AUTO_FREE char *line = strndup(text + start, end - start);
    struct cmdline_word word;
    size_t at = 0;

    if (!line || !cmdline_next(line, &at, &word) || !cmdline_is(line, &word, "options") ||
        !cmdline_next(line, &at, &word) || !cmdline_is(line, &word, "xen-pciback") ||
        !cmdline_find(line + at, "hide", &word))
        return false;
    *ret = (struct hide_place){ start + at + word.value, word.value_len };
    return true;
}

bool hide_find_modprobe(const char *text, struct hide_place *ret)
{
    bool found = false;

    for (size_t start = 0; text[start];) {
        size_t end = start + strcspn(text + start, "\n");

        found |= find_options(text, start, end, ret);
        start = end + (text[end] == '\n');
    }
    return found;
}

/* As people and programs write it into boot files. */
static int find_anywhere(const char *text, struct hide_place **ret, size_t *n)
{
    static const char name[] = "pciback.hide=";
    AUTO_FREE struct hide_place *list = NULL;
    size_t found = 0;

    for (const char *p = text; (p = strstr(p, name));) {
        p += strlen(name);
        if (ARRAY_GROW(list, found))
            return -ENOMEM;
        list[found++] = (struct hide_place){ (size_t)(p - text), strcspn(p, " \t\r\n\"'") };
    }
    *ret = TAKE_PTR(list);
    *n = found;
    return 0;
}

int hide_find(const char *text, struct hide_place **ret, size_t *n)
{
    size_t first = strcspn(text, "\n");
    struct cmdline_word old;
    struct hide_place place;
    bool one = false;

    if (!text[first] || !text[first + 1]) { /* one line */
        one = hide_find_cmdline(text, &place);
        if (!one && cmdline_find(text, "pciback.hide", &old)) {
            place = (struct hide_place){ old.value, old.value_len };
            one = true;
        }
    }
    if (!one)
        one = hide_find_modprobe(text, &place);
    if (!one)
        return find_anywhere(text, ret, n);
    *ret = malloc(sizeof(**ret));
    if (!*ret)
        return -ENOMEM;
    **ret = place;
    *n = 1;
    return 0;
}
