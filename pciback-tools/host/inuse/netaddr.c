/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inuse/netaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct list {
    const struct root *root;
    struct netaddr *all;
    size_t n;
    struct in_addr local[64];   /* from fib_trie, without their interface */
    size_t n_local;
};

static int add(struct list *l, enum netaddr_kind kind, const char *ifname, const char *text,
               struct err *e)
{
    struct netaddr *a;

    if (ARRAY_GROW(l->all, l->n))
        return err_nomem(e);
    a = &l->all[l->n++];
    a->kind = kind;
    snprintf(a->ifname, sizeof(a->ifname), "%.*s", IFNAMSIZ - 1, ifname);
    snprintf(a->text, sizeof(a->text), "%.*s", (int)sizeof(a->text) - 1, text);
    return 0;
}

/* 169.254.0.0/16: an interface assigns itself one when it gets no other address. */
static bool ipv4_is_own(struct in_addr in)
{
    return ntohl(in.s_addr) >> 16 == 0xa9fe;
}

static bool ipv6_is_own(const struct in6_addr *in6)
{
    return IN6_IS_ADDR_LINKLOCAL(in6) || IN6_IS_ADDR_MULTICAST(in6);
}

static int add_ipv4(struct list *l, const char *ifname, struct in_addr in, struct err *e)
{
    char text[INET_ADDRSTRLEN] = "";

    if (ipv4_is_own(in))
        return 0;
    inet_ntop(AF_INET, &in, text, sizeof(text));
    return add(l, NETADDR_ADDRESS, ifname, text, e);
}

static int add_ipv6(struct list *l, const char *ifname, const struct in6_addr *in6,
                    struct err *e)
{
    char text[INET6_ADDRSTRLEN] = "";

    if (ipv6_is_own(in6))
        return 0;
    inet_ntop(AF_INET6, in6, text, sizeof(text));
    return add(l, NETADDR_ADDRESS, ifname, text, e);
}

static int from_kernel(struct list *l, struct err *e)
{
    struct ifaddrs *all, *a;
    int r = 0;

    if (getifaddrs(&all))
        return err_sys(e, XV_CANNOT, errno, "read dom0's network addresses");
    for (a = all; !r && a; a = a->ifa_next) {
        if (!a->ifa_addr)
            continue;
        if (a->ifa_addr->sa_family == AF_INET)
            r = add_ipv4(l, a->ifa_name, ((const struct sockaddr_in *)a->ifa_addr)->sin_addr, e);
        else if (a->ifa_addr->sa_family == AF_INET6)
            r = add_ipv6(l, a->ifa_name, &((const struct sockaddr_in6 *)a->ifa_addr)->sin6_addr,
                         e);
    }
    freeifaddrs(all);
    return r;
}

/* "20010db8000000000000000000000001" */
static bool parse_ipv6(const char *hex, struct in6_addr *ret)
{
    for (size_t i = 0; i < sizeof(ret->s6_addr); i++) {
        unsigned byte;

        if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
            return false;
        ret->s6_addr[i] = (uint8_t)byte;
    }
    return true;
}

/* Calls `line` for each line of a file.  A missing file has no lines. */
static int each_line(struct list *l, const char *path,
                     int (*line)(struct list *l, const char *text, struct err *e),
                     struct err *e)
{
    int fd = root_openf(l->root, O_RDONLY, "%s", path), r = 0;
    char text[512];
    FILE *f;

    if (fd == -ENOENT)
        return 0;
    f = fd < 0 ? NULL : fdopen(fd, "r");
    if (!f)
        return err_sys(e, XV_CANNOT, fd < 0 ? -fd : errno, "read /%s", path);
    while (!r && fgets(text, sizeof(text), f))
        r = line(l, text, e);
    if (!r && ferror(f))
        r = err_sys(e, XV_CANNOT, EIO, "read /%s", path);
    fclose(f);
    return r;
}

/* net/ipv6/addrconf.c, if6_seq_show() */
static int if_inet6_line(struct list *l, const char *text, struct err *e)
{
    char address[40], ifname[64];
    struct in6_addr in6;

    if (sscanf(text, "%32s %*s %*s %*s %*s %63s", address, ifname) != 2 ||
        strlen(address) != 32 || !parse_ipv6(address, &in6) || !strcmp(ifname, "lo"))
        return 0;
    return add_ipv6(l, ifname, &in6, e);
}

/* net/ipv4/fib_trie.c, fib_trie_seq_show(): "|-- 192.0.2.1", then "/32 host LOCAL". */
static int fib_trie_line(struct list *l, const char *text, struct err *e)
{
    struct in_addr *last = &l->local[l->n_local];
    char address[64];

    (void)e;
    if (l->n_local == ARRAY_LEN(l->local))
        return 0;
    if (sscanf(text, " |-- %63s", address) == 1) {
        if (!inet_aton(address, last))
            last->s_addr = 0;
    } else if (strstr(text, "/32 host LOCAL") && last->s_addr) {
        l->n_local++;
        if (l->n_local < ARRAY_LEN(l->local))
            l->local[l->n_local].s_addr = 0;
    }
    return 0;
}

static int add_route(struct list *l, const char *ifname, const char *dest, int prefix,
                     struct err *e)
{
    char text[64];

    if (!prefix)
        return add(l, NETADDR_DEFAULT, ifname, "default route", e);
    snprintf(text, sizeof(text), "route to %.45s/%d", dest, prefix);
    return add(l, NETADDR_ROUTE, ifname, text, e);
}

/* net/ipv4/fib_trie.c, fib_route_seq_show(): addresses are numbers in host order. */
static int route_line(struct list *l, const char *text, struct err *e)
{
    unsigned dest, gateway, mask, flags;
    char ifname[64], address[INET_ADDRSTRLEN] = "";
    struct in_addr in;
    int r = 0;

    if (sscanf(text, "%63s %x %x %x %*d %*u %*d %x", ifname, &dest, &gateway, &flags, &mask) != 5)
        return 0;
    in.s_addr = dest;
    if (ipv4_is_own(in))
        return 0;
    for (size_t i = 0; !r && !gateway && mask && i < l->n_local; i++)
        if ((l->local[i].s_addr & mask) == dest)
            r = add_ipv4(l, ifname, l->local[i], e);
    inet_ntop(AF_INET, &in, address, sizeof(address));
    return r ? r : add_route(l, ifname, address, __builtin_popcount(mask), e);
}

/* net/ipv6/route.c, rt6_fill_node(); the flags are of linux/route.h and ipv6_route.h. */
static int ipv6_route_line(struct list *l, const char *text, struct err *e)
{
    enum { RTF_REJECT_ = 0x0200, RTF_ANYCAST_ = 0x00100000 };
    char dest[40], ifname[64], address[INET6_ADDRSTRLEN] = "";
    unsigned prefix, flags;
    struct in6_addr in6;

    if (sscanf(text, "%32s %x %*s %*s %*s %*s %*s %*s %x %63s", dest, &prefix, &flags,
               ifname) != 4 ||
        !parse_ipv6(dest, &in6) || !strcmp(ifname, "lo"))
        return 0;
    /* RTF_LOCAL routes repeat the interface's own addresses. */
    if (ipv6_is_own(&in6) || flags & (RTF_REJECT_ | RTF_ANYCAST_ | 0x80000000u))
        return 0;
    inet_ntop(AF_INET6, &in6, address, sizeof(address));
    return add_route(l, ifname, address, (int)prefix, e);
}

int netaddr_list(const struct root *root, struct netaddr **ret, size_t *n, struct err *e)
{
    struct list l = { .root = root };
    int r;

    if (root_is_host(root)) {
        r = from_kernel(&l, e);
    } else {
        r = each_line(&l, "proc/net/fib_trie", fib_trie_line, e);
        if (!r)
            r = each_line(&l, "proc/net/if_inet6", if_inet6_line, e);
    }
    if (!r)
        r = each_line(&l, "proc/net/route", route_line, e);
    if (!r)
        r = each_line(&l, "proc/net/ipv6_route", ipv6_route_line, e);
    if (r) {
        free(l.all);
        return r;
    }
    *ret = l.all;
    *n = l.n;
    return 0;
}

/* Asks the kernel as `ip route get ADDRESS` does (rtnetlink(7)). */
int netaddr_route_to(const char *address, char ifname[IFNAMSIZ])
{
    struct {
        struct nlmsghdr head;
        struct rtmsg route;
        struct rtattr dst;
        unsigned char to[16];
    } ask = {
        .head.nlmsg_type = RTM_GETROUTE,
        .head.nlmsg_flags = NLM_F_REQUEST,
        .route.rtm_family = strchr(address, ':') ? AF_INET6 : AF_INET,
        .dst.rta_type = RTA_DST,
    };
    char answer[4096] __attribute__((aligned(8)));
    const struct nlmsghdr *head = (const struct nlmsghdr *)answer;
    const struct rtmsg *route = NLMSG_DATA(head);
    AUTO_CLOSE int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    size_t size = ask.route.rtm_family == AF_INET6 ? 16 : 4;
    ssize_t len;
    int left;

    if (fd < 0)
        return -errno;
    if (inet_pton(ask.route.rtm_family, address, ask.to) != 1)
        return -EINVAL;
    ask.route.rtm_dst_len = (unsigned char)(8 * size);
    ask.dst.rta_len = (unsigned short)RTA_LENGTH(size);
    ask.head.nlmsg_len = (unsigned)(offsetof(__typeof__(ask), to) + size);
    if (send(fd, &ask, ask.head.nlmsg_len, 0) < 0)
        return -errno;
    len = recv(fd, answer, sizeof(answer), 0);
    if (len < 0)
        return -errno;
    if (!NLMSG_OK(head, (size_t)len) || head->nlmsg_type != RTM_NEWROUTE)
        return -ENETUNREACH;
    left = (int)RTM_PAYLOAD(head);
    for (const struct rtattr *a = RTM_RTA(route); RTA_OK(a, left); a = RTA_NEXT(a, left))
        if (a->rta_type == RTA_OIF) {
            unsigned index;

            memcpy(&index, RTA_DATA(a), sizeof(index));
            return if_indextoname(index, ifname) ? 0 : -errno;
        }
    return -ENETUNREACH;
}
