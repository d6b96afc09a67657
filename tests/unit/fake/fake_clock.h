/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stop.h with a clock that stands still until somebody sleeps, so that a guest that
 * takes 30 s costs nothing; and signals that come when the test says so.
 */
#ifndef XVTD_FAKE_CLOCK_H
#define XVTD_FAKE_CLOCK_H

/* No signal, and the clock at a round time. */
void clock_begin(void);
void clock_pass_ms(long long ms);

/* From then on each look at the clock takes as long, for what is busy and never sleeps. */
void clock_tick_ms(long long ms);

/* What stop_signal() returns from now on. */
void clock_signal(int sig);

#endif
