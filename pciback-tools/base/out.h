/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs print.  Nothing else writes to standard output or standard error, so that
 * nothing reaches a terminal that text_clean() has not seen.
 */
#ifndef XVTD_BASE_OUT_H
#define XVTD_BASE_OUT_H

#include <stdio.h>

/* One line, without its newline.  A newline that a value brings along becomes \u000a. */
void out_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same to standard error. */
void out_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Text of many lines, as it is.  0 or a negative errno. */
int out_text(const char *text);
int out_text_to(FILE *f, const char *text);

#endif
