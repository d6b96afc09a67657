/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line on stderr for a person who waits: what is going on, once it takes longer than
 * two seconds.  Driven by a timer signal, so that it works whatever library is waiting.
 */
#ifndef XVTD_BASE_PROGRESS_H
#define XVTD_BASE_PROGRESS_H

/* Starts (or changes) what would be said; enabled 0 says nothing from now on. */
void progress_begin(int enabled, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void progress_end(void);

#endif
