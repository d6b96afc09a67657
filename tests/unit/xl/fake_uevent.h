/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's messages behind uevent.h. */
#ifndef XVTD_FAKE_UEVENT_H
#define XVTD_FAKE_UEVENT_H

#include "driver/uevent.h"

/* Removes all waiting messages. */
void uevents_begin(void);

/* Adds a message; driver "" for none. */
void uevents_add(enum uevent_action action, const char *bdf, const char *driver);

/* After the waiting messages some are lost. */
void uevents_lose(void);

#endif
