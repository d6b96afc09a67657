/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_clock.h"

#include "base/stop.h"

static long long now, tick;
static int caught;
static bool held;

void clock_begin(void)
{
    now = 1000000;
    tick = 0;
    caught = 0;
    held = false;
}

void clock_pass_ms(long long ms)
{
    now += ms;
}

void clock_signal(int sig)
{
    caught = sig;
}

void stop_catch_signals(void)
{
}

void stop_forget(void)
{
    caught = 0;
}

int stop_signal(void)
{
    return held ? 0 : caught;
}

bool stop_hold(bool hold)
{
    bool was = held;

    held = hold;
    return was;
}

void clock_tick_ms(long long ms)
{
    tick = ms;
}

long long stop_now_ms(void)
{
    now += tick;
    return now;
}

bool stop_sleep_ms(int ms)
{
    if (!stop_requested())
        now += ms;
    return stop_requested();
}
