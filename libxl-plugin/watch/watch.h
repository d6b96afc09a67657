/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports passthrough events: waits for xenstore's and the kernel's events, looks, reports. */
#ifndef XVTD_WATCH_H
#define XVTD_WATCH_H

#include "base/root.h"
#include "watch/events.h"
#include "watch/hook.h"
#include "xen/xs.h"

struct watch;

/* Takes the first look; later changes are reported.  The caller keeps xs.  Errors: XV_CANNOT. */
int watch_open(struct watch **ret, const struct root *root, struct xs *xs, struct err *e);
struct watch *watch_close(struct watch *watch);

/*
 * Reports until a signal asks for a stop.  hook: NULL for none; its failures go to complain.
 * Errors: tell's, XV_CANNOT.
 */
int watch_run(struct watch *watch, struct hook *hook, event_fn *tell,
              void (*complain)(const struct err *e, void *user), void *user, struct err *e);

#endif
