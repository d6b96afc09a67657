/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that others wrote: a guest's name, QEMU's answer, a process, a line of a cfg.  On a
 * terminal it must not act, and in a command that a person pastes it must be one word.
 *
 * Control characters, and what turns the direction of text around, become \uXXXX as in JSON;
 * a byte that is no UTF-8 becomes U+FFFD.
 */
#ifndef XVTD_BASE_TEXT_H
#define XVTD_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* For the strspn() of an alphabet. */
#define TEXT_ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* Which of n words (each may be NULL) this one is; n for none of them, and for NULL. */
size_t text_word(const char *const *words, size_t n, const char *word);

/* The bytes of the UTF-8 sequence at p (RFC 3629, section 4), or 0 when it is none. */
size_t utf8_length(const unsigned char *p);

/*
 * The text as it can be printed: itself when nothing is wrong with it, else a copy in *copy,
 * which the caller frees in any case.  lines: newlines and tabs may stay.  When memory is short,
 * "".
 */
const char *text_clean(const char *text, bool lines, char **copy);

/* A word for bash, quoted when it has to be; what is too long becomes "(too long)". */
struct shell_text {
    char s[640];
};

struct shell_text shell_text(const char *word);
#define SHELL_STR(word) shell_text(word).s

#endif
