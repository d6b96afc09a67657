/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/stop.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t caught;
static bool held;

static void note_signal(int sig)
{
    caught = sig;
}

void stop_catch_signals(void)
{
    struct sigaction sa = { .sa_handler = note_signal };

    sigemptyset(&sa.sa_mask);
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGHUP, &sa, NULL);
    signal(SIGPIPE, SIG_IGN); /* a closed stdout must not interrupt a change */
}

int stop_signal(void)
{
    return held ? 0 : caught;
}

void stop_forget(void)
{
    caught = 0;
}

bool stop_hold(bool hold)
{
    bool was = held;

    held = hold;
    return was;
}

long long stop_now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

bool stop_sleep_ms(int ms)
{
    if (!stop_requested())
        poll(NULL, 0, ms);
    return stop_requested();
}
