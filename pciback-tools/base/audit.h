/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line in the host's log for each change: who had what changed, by which command, and the result. */
#ifndef XVTD_BASE_AUDIT_H
#define XVTD_BASE_AUDIT_H

#include "base/program.h"

struct audit {
    const char *guest;      /* its name, or NULL */
    const char *device;     /* a BDF, or NULL */
    const char *file;       /* one that was edited, or NULL */
    const char *host;       /* the other one of a migration, or NULL */
    const char *result;     /* the JSON documents' "status" */
    const char *message;    /* what a person is told */
};

/*
 * Tells journald, in its native protocol
 * (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/), or else the socket of syslog(3).  Neither waits
 * nor fails: what the log does not take at once is dropped.  Nothing is told of a dry run, of
 * a captured machine, or of what was so already.
 */
void audit(const struct xvtd *x, const struct audit *what);

#endif
