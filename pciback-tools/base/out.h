/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All output of the programs.  No other file writes to standard output or standard error, so
 * text_clean() sees everything that reaches a terminal.
 */
#ifndef XVTD_BASE_OUT_H
#define XVTD_BASE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

/* One line, without its newline.  A newline inside a value becomes \u000a. */
void out_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same to standard error. */
void out_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Text of several lines; its newlines stay.  0 or a negative errno. */
int out_text(const char *text);
int out_text_to(FILE *f, const char *text);

/*
 * A paragraph, broken between words when standard output has a width.  Every line but the first is
 * indented by `indent` blanks.
 */
void out_paragraph(size_t indent, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The width of standard output: COLUMNS, else the terminal's; 0 for a pipe or a file. */
size_t out_width(void);

/*
 * The error for output that could not be written: XV_FAILED, returns r, a negative errno.
 */
int out_error(int r, struct err *e);

/* True when the reader has closed the pipe (`| head`), which is no failure. */
bool out_reader_gone(const struct err *e);

#endif
