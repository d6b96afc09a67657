/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ctrl-C and SIGTERM.  The handlers only note the signal.  Callers look between steps and while
 * they wait, so the current step is finished or undone before the program ends.
 */
#ifndef XVTD_BASE_STOP_H
#define XVTD_BASE_STOP_H

#include <stdbool.h>

/* Installs the handlers, without SA_RESTART: a blocking call ends with EINTR. */
void stop_catch_signals(void);

/* The signal that asked for a stop, or 0. */
int stop_signal(void);

static inline bool stop_requested(void)
{
    return stop_signal() != 0;
}

/* From here on no stop is asked for: what it was about has ended. */
void stop_forget(void);

/*
 * While on hold, stop_signal() returns 0, so that an undo is not interrupted.  Returns the old
 * value, for the caller to restore.
 */
bool stop_hold(bool hold);

/* Milliseconds of CLOCK_MONOTONIC, for deadlines. */
long long stop_now_ms(void);

/* Sleeps ms milliseconds; returns early, with true, when a stop is requested. */
bool stop_sleep_ms(int ms);

#endif
