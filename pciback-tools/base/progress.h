/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line on stderr that says what the program waits for, once that takes longer than two seconds.
 * A timer signal prints it, so it also works while a library waits.
 */
#ifndef XVTD_BASE_PROGRESS_H
#define XVTD_BASE_PROGRESS_H

/* Sets the line; enabled 0 prints nothing from now on. */
void progress_begin(int enabled, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void progress_end(void);

#endif
