/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hide/cmdline.h"

#include <ctype.h>
#include <string.h>

/* The kernel's isspace(), which includes Latin-1's no-break space. */
static bool blank(char c)
{
    return isspace((unsigned char)c) || c == '\xa0';
}

bool cmdline_next(const char *line, size_t *at, struct cmdline_word *ret)
{
    struct cmdline_word w = { .has_value = false };
    bool in_quote = false, quoted = false;
    size_t i = *at, end;

    while (line[i] && blank(line[i]))
        i++;
    if (!line[i])
        return false;
    w.start = i;
    if (line[i] == '"') {
        in_quote = quoted = true;
        i++;
    }
    w.name = i;
    for (; line[i] && (in_quote || !blank(line[i])); i++) {
        /* the kernel takes a `=` in the first place as part of the name */
        if (line[i] == '=' && !w.has_value && i > w.name) {
            w.has_value = true;
            w.name_len = i - w.name;
            w.value = i + 1;
        }
        if (line[i] == '"')
            in_quote = !in_quote;
    }
    w.end = end = i;
    if (quoted && end > w.name && line[end - 1] == '"')
        end--;
    if (!w.has_value) {
        w.name_len = end - w.name;
    } else if (line[w.value] == '"' && end > w.value) {
        w.value++;
        if (end > w.value && line[end - 1] == '"')
            end--;
    }
    if (w.has_value)
        w.value_len = end > w.value ? end - w.value : 0;
    *at = w.end;
    if (!w.has_value && w.name_len == 2 && !strncmp(line + w.name, "--", 2))
        return false;
    *ret = w;
    return true;
}

bool cmdline_is(const char *line, const struct cmdline_word *word, const char *name)
{
    if (strlen(name) != word->name_len)
        return false;
    for (size_t i = 0; i < word->name_len; i++) {
        char a = line[word->name + i], b = name[i];

        if ((a == '_' ? '-' : a) != (b == '_' ? '-' : b))
            return false;
    }
    return true;
}

bool cmdline_find(const char *line, const char *name, struct cmdline_word *ret)
{
    struct cmdline_word word;
    bool found = false;
    size_t at = 0;

    while (cmdline_next(line, &at, &word))
        if (word.has_value && cmdline_is(line, &word, name)) {
            *ret = word;
            found = true;
        }
    return found;
}
