/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/progress.h"

#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

#define FIRST_S 2
#define THEN_S 10

static char line[320];
static volatile size_t line_len;

static void tell(int sig)
{
    (void)sig;
    if (line_len && write(STDERR_FILENO, line, line_len) < 0)
        line_len = 0; /* stderr is closed */
}

static void set_timer(int first, int then)
{
    struct itimerval timer = { .it_value.tv_sec = first, .it_interval.tv_sec = then };

    setitimer(ITIMER_REAL, &timer, NULL);
}

void progress_begin(int enabled, const char *fmt, ...)
{
    struct sigaction sa = { .sa_handler = tell, .sa_flags = SA_RESTART };
    AUTO_FREE char *copy = NULL;
    char text[sizeof(line)];
    va_list ap;
    int n;

    progress_end();
    if (!enabled)
        return;
    va_start(ap, fmt);
    n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    snprintf(line, sizeof(line) - 1, "%s", text_clean(text, false, &copy));
    strcat(line, "\n");
    line_len = strlen(line);
    sigemptyset(&sa.sa_mask);
    sigaction(SIGALRM, &sa, NULL);
    set_timer(FIRST_S, THEN_S);
}

void progress_end(void)
{
    set_timer(0, 0);
    line_len = 0;
}
