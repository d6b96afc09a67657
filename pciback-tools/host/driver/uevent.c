/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "driver/uevent.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"

/* The kernel's limit for one message (UEVENT_BUFFER_SIZE), and the path before it. */
#define MESSAGE_MAX 8192

int uevent_open(int *ret, struct err *e)
{
    struct sockaddr_nl kernel = { .nl_family = AF_NETLINK, .nl_groups = 1 };
    AUTO_CLOSE int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                               NETLINK_KOBJECT_UEVENT);

    if (fd < 0 || bind(fd, (struct sockaddr *)&kernel, sizeof(kernel)))
        return err_sys(e, XV_CANNOT, errno, "listen to the kernel's events");
    *ret = fd;
    fd = -1;
    return 0;
}

int uevent_read(int fd, struct uevent *ret, struct err *e)
{
    for (;;) {
        char text[MESSAGE_MAX];
        struct sockaddr_nl from = { .nl_pid = 0 };
        struct iovec iov = { text, sizeof(text) };
        struct msghdr msg = { .msg_name = &from, .msg_namelen = sizeof(from),
                              .msg_iov = &iov, .msg_iovlen = 1 };
        ssize_t len = recvmsg(fd, &msg, 0);

        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0 && errno == EAGAIN)
            return 0;
        if (len < 0)
            return err_sys(e, XV_CANNOT, errno, "listen to the kernel's events");
        /* Any user may write to the socket; messages of the kernel come from port 0. */
        if (!from.nl_pid && !(msg.msg_flags & MSG_TRUNC) && uevent_parse(text, (size_t)len, ret))
            return 1;
    }
}

static const char *value_of(const char *text, size_t len, const char *key)
{
    size_t n = strlen(key);

    for (const char *p = text; p < text + len; p += strnlen(p, (size_t)(text + len - p)) + 1)
        if ((size_t)(text + len - p) > n && !strncmp(p, key, n) && p[n] == '=')
            return p + n + 1;
    return NULL;
}

/* Errors come as "change" with a key of their own; other changes are of no concern here. */
static bool find_action(const char *action, const char *error, enum uevent_action *ret)
{
    static const struct {
        const char *action, *error;
    } actions[] = {
        [UEVENT_ADD] = { "add", "" },
        [UEVENT_REMOVE] = { "remove", "" },
        [UEVENT_BIND] = { "bind", "" },
        [UEVENT_UNBIND] = { "unbind", "" },
        [UEVENT_ERROR] = { "change", "BEGIN_RECOVERY" },
        [UEVENT_RECOVERED] = { "change", "SUCCESSFUL_RECOVERY" },
        [UEVENT_FAILED] = { "change", "FAILED_RECOVERY" },
    };
    size_t i = 0;

    while (i < ARRAY_LEN(actions) &&
           (strcmp(action, actions[i].action) ||
            (*actions[i].error && (!error || strcmp(error, actions[i].error)))))
        i++;
    *ret = (enum uevent_action)i;
    return i < ARRAY_LEN(actions);
}

bool uevent_parse(const char *text, size_t len, struct uevent *ret)
{
    const char *action, *subsystem, *slot, *driver;
    struct uevent event = { .driver = "" };
    struct err ignored;

    if (!len || text[len - 1])
        return false;
    action = value_of(text, len, "ACTION");
    subsystem = value_of(text, len, "SUBSYSTEM");
    slot = value_of(text, len, "PCI_SLOT_NAME");
    driver = value_of(text, len, "DRIVER");
    if (!action || !subsystem || !slot || strcmp(subsystem, "pci") ||
        bdf_parse(slot, &event.bdf, &ignored) ||
        !find_action(action, value_of(text, len, "ERROR_EVENT"), &event.action))
        return false;
    if (event.action == UEVENT_BIND &&
        (!driver || snprintf(event.driver, sizeof(event.driver), "%s", driver) >=
                        (int)sizeof(event.driver)))
        return false;
    *ret = event;
    return true;
}
