/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs print.  Nothing else writes to standard output or standard error, so that
 * nothing reaches a terminal that text_clean() has not seen.
 */
#ifndef XVTD_BASE_OUT_H
#define XVTD_BASE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

/* One line, without its newline.  A newline that a value brings along becomes \u000a. */
void out_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same to standard error. */
void out_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Text of many lines, as it is.  0 or a negative errno. */
int out_text(const char *text);
int out_text_to(FILE *f, const char *text);

/*
 * A paragraph, broken between words where standard output has a width; what follows the first
 * line begins with `indent` blanks.
 */
void out_paragraph(size_t indent, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* How wide standard output is: COLUMNS, else the terminal's width; 0 for a pipe or a file. */
size_t out_width(void);

/*
 * The error for what could not be printed: XV_FAILED, returns r, a negative errno.
 */
int out_error(int r, struct err *e);

/* Is that error about a reader that has gone away (`| head`)?  It has what it wants. */
bool out_reader_gone(const struct err *e);

#endif
