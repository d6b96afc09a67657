/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inuse/netif.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

bool netif_is_up(const struct root *root, struct bdf bdf)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, "sys/bus/pci/devices/%s/net", BDF_STR(bdf));
    struct dirent *de;
    char flags[32];

    while (dir && (de = root_readdir(dir)))
        if (root_readf(root, flags, sizeof(flags), "sys/class/net/%s/flags", de->d_name) > 0 &&
            strtoul(flags, NULL, 16) & IFF_UP)
            return true;
    return false;
}

void netif_bring_up(const struct root *root, struct bdf bdf)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, "sys/bus/pci/devices/%s/net", BDF_STR(bdf));
    AUTO_CLOSE int fd = root_is_host(root) ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    struct dirent *de;

    while (fd >= 0 && dir && (de = root_readdir(dir))) {
        struct ifreq ifr = { .ifr_flags = 0 };

        snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%.*s", IFNAMSIZ - 1, de->d_name);
        if (ioctl(fd, SIOCGIFFLAGS, &ifr))
            continue;
        ifr.ifr_flags |= IFF_UP;
        ioctl(fd, SIOCSIFFLAGS, &ifr);
    }
}
