/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that others wrote: a guest's name, QEMU's answer, a command line, a line of a cfg.  It must
 * not act on a terminal.  In a command to be pasted it must be one word.
 *
 * Control characters and those that change the direction of text become \uXXXX as in JSON; a byte
 * that is not UTF-8 becomes U+FFFD.
 */
#ifndef XVTD_BASE_TEXT_H
#define XVTD_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The alphabet of strspn() calls. */
#define TEXT_ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* Which of n words (each may be NULL) this one is; n for none of them, and for NULL. */
size_t text_word(const char *const *words, size_t n, const char *word);

/* The length of the UTF-8 sequence at p (RFC 3629, section 4), or 0 when it is invalid. */
size_t utf8_length(const unsigned char *p);

/*
 * The text in a form that can be printed: itself when it is harmless, else a copy.  The caller
 * frees *copy in any case.  lines: newlines and tabs may stay.  Returns "" when memory is short.
 */
const char *text_clean(const char *text, bool lines, char **copy);

/* A word for bash, quoted when necessary; "(too long)" when it does not fit. */
struct shell_text {
    char s[640];
};

struct shell_text shell_text(const char *word);
#define SHELL_STR(word) shell_text(word).s

#endif
