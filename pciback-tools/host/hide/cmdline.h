/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Splits a kernel command line as the kernel does (lib/cmdline.c, next_arg()). */
#ifndef XVTD_CMDLINE_H
#define XVTD_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

/* One word: `name` or `name=value`, without quotes around the value. */
struct cmdline_word {
    size_t start, end;      /* all of it in the line, quotes included */
    size_t name, name_len;
    bool has_value;
    size_t value, value_len;
};

/*
 * The next word at or after *at; moves *at past it.  False at the end, and at the word `--`, after
 * which all words are for init.
 */
bool cmdline_next(const char *line, size_t *at, struct cmdline_word *ret);

/* True when this is the word's name; `-` and `_` are equal (kernel/params.c, parameq()). */
bool cmdline_is(const char *line, const struct cmdline_word *word, const char *name);

/*
 * Finds the last value of a parameter, which is the one that counts.  False when it is not given.
 */
bool cmdline_find(const char *line, const char *name, struct cmdline_word *ret);

#endif
