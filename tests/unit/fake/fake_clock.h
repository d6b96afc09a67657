/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stop.h with a clock that moves only when the program sleeps, so a guest that takes 30 s costs
 * no time.  Signals come when the test says so.
 */
#ifndef XVTD_FAKE_CLOCK_H
#define XVTD_FAKE_CLOCK_H

/* Clears the signal, and sets the clock to a round time. */
void clock_begin(void);
void clock_pass_ms(long long ms);

/* From now on each look at the clock takes this long, for code that is busy and never sleeps. */
void clock_tick_ms(long long ms);

/* What stop_signal() returns from now on. */
void clock_signal(int sig);

#endif
