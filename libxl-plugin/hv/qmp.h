/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection of our own to a guest's QEMU, on the second monitor, which libxl gives every
 * device model for observers (the one of libxenstat).  libxl opens a new connection for every
 * question.  This one is kept, and QEMU reports on it when a device has gone, so that no
 * caller has to poll.  Callers have another way too: errors are plain negative errnos.
 */
#ifndef XVTD_QMP_H
#define XVTD_QMP_H

#include <stdbool.h>
#include <stdint.h>

struct qmp;

/*
 * Connects to the QMP socket and enters command mode.  timeout_ms is for the whole: QEMU serves
 * one client of a monitor at a time, and may serve another one now.  Errors: -ENOENT,
 * -ECONNREFUSED, -ETIMEDOUT, -EPROTO, ...
 */
int qmp_open(struct qmp **ret, const char *path, int timeout_ms);

/*
 * The same on a connected, non-blocking socket.  It is closed with the connection, and on
 * failure.
 */
int qmp_begin(struct qmp **ret, int fd, int timeout_ms);

/* Accepts NULL. */
struct qmp *qmp_close(struct qmp *q);

/*
 * The human monitor's output for a command of letters, digits and `-_./ `; the caller frees it.
 * After a requested stop the time limit is a second.  After any error but -EINVAL (other
 * characters) the connection is unusable.
 */
int qmp_monitor(struct qmp *q, const char *command, char **ret, int timeout_ms);

/*
 * Waits until QEMU has reported, since the last call, that n devices are gone (DEVICE_DELETED), or
 * time is up, or a signal comes.  Returns true if QEMU has reported it.
 */
bool qmp_wait_deleted(struct qmp *q, unsigned n, int timeout_ms);

#endif
