/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's messages behind uevent.h. */
#ifndef XVTD_FAKE_UEVENT_H
#define XVTD_FAKE_UEVENT_H

#include "driver/uevent.h"

/* None wait to be read. */
void uevents_begin(void);

/* One more; driver "" for none. */
void uevents_add(enum uevent_action action, const char *bdf, const char *driver);

/* After those that wait some are lost. */
void uevents_lose(void);

#endif
