/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel command line, split as the kernel splits it (lib/cmdline.c, next_arg()). */
#ifndef XVTD_CMDLINE_H
#define XVTD_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

/* One word: `name` or `name=value`, quotes around the value taken away. */
struct cmdline_word {
    size_t start, end;      /* all of it in the line, quotes included */
    size_t name, name_len;
    bool has_value;
    size_t value, value_len;
};

/*
 * The next word at or after *at, which moves behind it; false at the end, and at the word
 * `--`: what follows is for init.
 */
bool cmdline_next(const char *line, size_t *at, struct cmdline_word *ret);

/* True for the word's name; `-` and `_` are one (kernel/params.c, parameq()). */
bool cmdline_is(const char *line, const struct cmdline_word *word, const char *name);

/*
 * The value that counts of a parameter that may be given several times: the last.  False
 * where there is none.
 */
bool cmdline_find(const char *line, const char *name, struct cmdline_word *ret);

#endif
