/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_uevent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "fake_xen.h"

static struct uevent waiting[16];
static size_t n, next;
static bool lost;

void uevents_begin(void)
{
    n = next = 0;
    lost = false;
}

void uevents_add(enum uevent_action action, const char *bdf, const char *driver)
{
    struct uevent event = { .action = action, .bdf = xen_bdf(bdf) };

    snprintf(event.driver, sizeof(event.driver), "%s", driver);
    waiting[n++] = event;
}

void uevents_lose(void)
{
    lost = true;
}

int uevent_open(int *ret, struct err *e)
{
    (void)e;
    *ret = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    return 0;
}

int uevent_read(int fd, struct uevent *ret, struct err *e)
{
    (void)fd;
    if (next < n) {
        *ret = waiting[next++];
        return 1;
    }
    if (!lost)
        return 0;
    lost = false;
    return err_sys(e, XV_CANNOT, ENOBUFS, "listen to the kernel's events");
}
