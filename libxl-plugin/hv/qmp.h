/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection of our own to a guest's QEMU, on the second monitor that libxl gives every
 * device model for tools that only look (the one of libxenstat).  libxl opens a new
 * connection for every question; this one is kept, and QEMU tells on it when a device has
 * gone, so that nobody has to ask again and again.  Whoever uses it has another way, too:
 * errors are plain negative errnos.
 */
#ifndef XVTD_QMP_H
#define XVTD_QMP_H

#include <stdbool.h>
#include <stdint.h>

struct qmp;

/*
 * Connects to the QMP socket and enters command mode.  timeout_ms bounds the whole: QEMU
 * serves one client of a monitor at a time, another one may have it now.  Errors: -ENOENT,
 * -ECONNREFUSED, -ETIMEDOUT, -EPROTO, ...
 */
int qmp_open(struct qmp **ret, const char *path, int timeout_ms);

/*
 * The same on a socket that is connected and does not block; it is closed with the connection, and
 * on failure.
 */
int qmp_begin(struct qmp **ret, int fd, int timeout_ms);

/* qmp_close(NULL) is fine. */
struct qmp *qmp_close(struct qmp *q);

/*
 * What the human monitor prints for a command of letters, digits and `-_./ `, to be freed.  Once a
 * stop is requested the time is a second.
 * After any error but -EINVAL (other characters) the connection is of no further use.
 */
int qmp_monitor(struct qmp *q, const char *command, char **ret, int timeout_ms);

/*
 * Waits until QEMU has told, since the last call, that a device is gone (DEVICE_DELETED),
 * or the time is up, or a signal comes.  True when it has told.
 */
bool qmp_wait_deleted(struct qmp *q, int timeout_ms);

#endif
