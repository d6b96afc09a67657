/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line in the host's log for each change: the user, the command, the object and the result. */
#ifndef XVTD_BASE_AUDIT_H
#define XVTD_BASE_AUDIT_H

#include "base/program.h"

struct audit {
    const char *guest;      /* the guest's name, or NULL */
    const char *device;     /* a BDF, or NULL */
    const char *file;       /* an edited file's path, or NULL */
    const char *host;       /* the other host of a migration, or NULL */
    const char *result;     /* the JSON documents' "status" */
    const char *message;    /* the text shown to a person */
};

/*
 * Sends the line to journald in its native protocol
 * (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/), or else to the socket of syslog(3).  Never waits
 * and never fails: a line that the log does not take at once is dropped.  A dry run, a captured
 * machine, and a change that was already made are not logged.
 */
void audit(const struct xvtd *x, const struct audit *what);

#endif
