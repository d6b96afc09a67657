/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netaddr.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static bool from_kernel(const char *ifname, char *buf, size_t size)
{
    struct ifaddrs *all, *a;
    bool found = false;

    if (getifaddrs(&all))
        return false;
    for (a = all; a && !found; a = a->ifa_next) {
        if (!a->ifa_addr || strcmp(a->ifa_name, ifname))
            continue;
        if (a->ifa_addr->sa_family == AF_INET) {
            const struct sockaddr_in *in = (const struct sockaddr_in *)a->ifa_addr;

            found = inet_ntop(AF_INET, &in->sin_addr, buf, (socklen_t)size);
        } else if (a->ifa_addr->sa_family == AF_INET6) {
            const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)a->ifa_addr;

            found = !IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr) &&
                    inet_ntop(AF_INET6, &in6->sin6_addr, buf, (socklen_t)size);
        }
    }
    freeifaddrs(all);
    return found;
}

static FILE *open_file(const struct root *root, const char *path)
{
    int fd = root_openf(root, O_RDONLY, "%s", path);

    return fd < 0 ? NULL : fdopen(fd, "r");
}

/* "20010db8000000000000000000000001" as text, unless it is link-local. */
static bool global_address(const char *hex, char *buf, size_t size)
{
    struct in6_addr in6;

    for (size_t i = 0; i < sizeof(in6.s6_addr); i++) {
        unsigned byte;

        if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
            return false;
        in6.s6_addr[i] = (uint8_t)byte;
    }
    return !IN6_IS_ADDR_LINKLOCAL(&in6) && inet_ntop(AF_INET6, &in6, buf, (socklen_t)size);
}

static bool from_files(const struct root *root, const char *ifname, char *buf, size_t size)
{
    char line[512], name[64], address[40];
    bool found = false;
    FILE *f;

    f = open_file(root, "proc/net/if_inet6");
    while (f && !found && fgets(line, sizeof(line), f))
        found = sscanf(line, "%32s %*s %*s %*s %*s %63s", address, name) == 2 &&
                strlen(address) == 32 && !strcmp(name, ifname) &&
                global_address(address, buf, size);
    if (f)
        fclose(f);
    f = found ? NULL : open_file(root, "proc/net/route");
    while (f && !found && fgets(line, sizeof(line), f))
        if (sscanf(line, "%63s", name) == 1 && !strcmp(name, ifname)) {
            snprintf(buf, size, "an IPv4 route");
            found = true;
        }
    if (f)
        fclose(f);
    return found;
}

bool netaddr_first(const struct root *root, const char *ifname, char *buf, size_t size)
{
    return root_is_host(root) ? from_kernel(ifname, buf, size)
                              : from_files(root, ifname, buf, size);
}
