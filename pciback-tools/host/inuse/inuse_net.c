/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network interfaces: what is built on one (bridge, bond, VLAN, ...), up to addresses,
 * routes and guests.
 */
#include "inuse/inuse_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "inuse/netaddr.h"

struct nets {
    struct netaddr *addresses;
    size_t n;
    char ssh_from[64];              /* the other end of this ssh connection, or "" */
    char ssh_ifname[2][IFNAMSIZ];   /* the interface with its local address; the route back */
};

struct nets *nets_close(struct nets *n)
{
    if (n)
        free(n->addresses);
    free(n);
    return NULL;
}

/*
 * sshd(8)'s "192.0.2.9 50022 192.0.2.1 22", from our environment or that of an ancestor process,
 * since sudo and su may not pass it on.
 */
static bool find_ssh(const struct root *root, char *buf, size_t size)
{
    const char *own = getenv("SSH_CONNECTION");
    pid_t pid = getppid();

    if (own) {
        snprintf(buf, size, "%s", own);
        return true;
    }
    for (unsigned depth = 0; pid > 1 && depth < 64; depth++) {
        char text[16384], *paren;
        int len = root_readf(root, text, sizeof(text), "proc/%d/environ", (int)pid);

        for (const char *p = text; len > 0 && p < text + len; p += strlen(p) + 1)
            if (!strncmp(p, "SSH_CONNECTION=", 15)) {
                snprintf(buf, size, "%s", p + 15);
                return true;
            }
        if (root_readf(root, text, sizeof(text), "proc/%d/stat", (int)pid) < 0)
            return false;
        paren = strrchr(text, ')'); /* the name before it may contain any character */
        if (!paren || sscanf(paren + 1, " %*c %d", &pid) != 1)
            return false;
    }
    return false;
}

static void read_ssh(struct nets *nets, const struct root *root)
{
    char text[256], from[64], to[64];

    if (!root_is_host(root) || !find_ssh(root, text, sizeof(text)) ||
        sscanf(text, "%63s %*s %63s", from, to) != 2)
        return;
    snprintf(nets->ssh_from, sizeof(nets->ssh_from), "%s", from);
    for (size_t i = 0; i < nets->n; i++)
        if (nets->addresses[i].kind == NETADDR_ADDRESS && !strcmp(nets->addresses[i].text, to))
            memcpy(nets->ssh_ifname[0], nets->addresses[i].ifname, IFNAMSIZ);
    from[strcspn(from, "%")] = '\0'; /* cut the interface off a link-local address */
    if (netaddr_route_to(from, nets->ssh_ifname[1]))
        nets->ssh_ifname[1][0] = '\0';
}

static int nets_open(struct inuse *u, struct err *e)
{
    struct nets *nets;
    int r;

    if (u->nets)
        return 0;
    nets = calloc(1, sizeof(*nets));
    if (!nets)
        return err_nomem(e);
    r = netaddr_list(u->root, &nets->addresses, &nets->n, e);
    if (r) {
        nets_close(nets);
        return r;
    }
    read_ssh(nets, u->root);
    u->nets = nets;
    return 0;
}

/* The kind of an interface that sysfs does not classify, by its driver. */
static const char *kind_by_driver(const struct root *root, const char *ifname)
{
    static const struct {
        const char *driver, *kind;
    } drivers[] = {
        { "macvlan", "macvlan" }, { "ipvlan", "ipvlan" }, { "team", "team" },
        { "openvswitch", "Open vSwitch" },
    };
    AUTO_CLOSE int fd = root_is_host(root) ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
    struct ifreq ifr = { .ifr_data = (char *)&info };

    snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%.*s", IFNAMSIZ - 1, ifname);
    if (fd >= 0 && !ioctl(fd, SIOCETHTOOL, &ifr))
        for (size_t i = 0; i < ARRAY_LEN(drivers); i++)
            if (!strcmp(info.driver, drivers[i].driver))
                return drivers[i].kind;
    return strcmp(ifname, "ovs-system") ? "stacked interface" : "Open vSwitch";
}

/* The kind of an interface that is built on others. */
static const char *kind_of(const struct root *root, const char *ifname)
{
    static const char *const kinds[] = { "bridge", "bond", "vlan", "vxlan" };
    char uevent[512];

    if (root_existsf(root, "sys/class/net/%s/bridge", ifname))
        return "bridge";
    if (root_existsf(root, "sys/class/net/%s/bonding", ifname))
        return "bond";
    if (root_readf(root, uevent, sizeof(uevent), "sys/class/net/%s/uevent", ifname) > 0) {
        const char *type = strstr(uevent, "DEVTYPE=");
        size_t len = type ? strcspn(type + 8, "\n") : 0;

        for (size_t i = 0; type && i < ARRAY_LEN(kinds); i++)
            if (strlen(kinds[i]) == len && !strncmp(type + 8, kinds[i], len))
                return kinds[i];
    }
    return kind_by_driver(root, ifname);
}

/* Adds dom0's own uses of an interface; h: the chain up to it. */
static int add_addresses(struct inuse *u, const char *ifname, const struct holder *h,
                         struct holders *all, struct err *e)
{
    const struct nets *nets = u->nets;
    const struct netaddr *route = NULL;
    bool addressed = false;
    int r = 0;

    if (*nets->ssh_from &&
        (!strcmp(nets->ssh_ifname[0], ifname) || !strcmp(nets->ssh_ifname[1], ifname))) {
        struct holder chain = *h;

        holder_push(&chain, nets->ssh_from, "your ssh connection");
        r = holders_add(all, "ssh", &chain, e);
    }
    for (size_t i = 0; !r && i < nets->n; i++) {
        const struct netaddr *a = &nets->addresses[i];
        struct holder chain = *h;

        if (strcmp(a->ifname, ifname))
            continue;
        if (a->kind != NETADDR_ADDRESS) {
            if (!route || a->kind == NETADDR_DEFAULT)
                route = a;
            continue;
        }
        addressed = true;
        holder_push(&chain, a->text, NULL);
        r = holders_add(all, "address", &chain, e);
    }
    /* an address implies the route to its network */
    if (!r && route && (route->kind == NETADDR_DEFAULT || !addressed)) {
        struct holder chain = *h;

        holder_push(&chain, route->text, NULL);
        r = holders_add(all, "route", &chain, e);
    }
    return r;
}

/* Adds guests' interfaces in a bridge or an Open vSwitch: vif7.0 is domain 7's. */
static int add_guests(struct inuse *u, const char *ifname, const struct holder *h,
                      struct holders *all, struct err *e)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(u->root, "sys/class/net/%s", ifname);
    struct dirent *de;
    int r = 0;

    while (!r && dir && (de = root_readdir(dir))) {
        struct holder chain = *h;
        unsigned domid, devid;
        struct xs *xs = NULL;
        char domain[128];
        int end = 0;

        if (sscanf(de->d_name, "lower_vif%u.%u%n", &domid, &devid, &end) != 2 ||
            de->d_name[end])
            continue;
        r = inuse_xs(u, &xs, e);
        if (!r)
            r = inuse_domain(xs, domid, domain, sizeof(domain), e);
        if (r)
            break;
        holder_push(&chain, de->d_name + strlen("lower_"), NULL);
        holder_push(&chain, domain, NULL);
        r = holders_add(all, "guest's network", &chain, e);
    }
    return r;
}

static int add_interface(struct inuse *u, const char *ifname, const struct holder *below,
                         unsigned depth, struct holders *all, struct err *e);

/* Adds interfaces built on this one: upper_NAME links (net/core/dev.c), and the master. */
static int add_uppers(struct inuse *u, const char *ifname, const struct holder *h,
                      unsigned depth, struct holders *all, struct err *e)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(u->root, "sys/class/net/%s", ifname);
    char master[IFNAMSIZ + 1];
    struct dirent *de;
    int r = 0;

    if (!dir && errno != ENOENT)
        return err_sys(e, XV_CANNOT, errno, "read /sys/class/net/%s", ifname);
    root_link_name(u->root, master, sizeof(master), "sys/class/net/%s/master", ifname);
    while (!r && dir && (de = root_readdir(dir))) {
        const char *upper = de->d_name + strlen("upper_");

        if (strncmp(de->d_name, "upper_", strlen("upper_")))
            continue;
        if (!strcmp(upper, master))
            master[0] = '\0';
        r = add_interface(u, upper, h, depth, all, e);
    }
    /* A name too long for the link, or one of a bridge in another namespace. */
    return r || !*master ? r : add_interface(u, master, h, depth, all, e);
}

/* Adds all uses of an interface; below: the chain without it. */
static int add_interface(struct inuse *u, const char *ifname, const struct holder *below,
                         unsigned depth, struct holders *all, struct err *e)
{
    struct holder h = *below;
    size_t before = all->n;
    const char *name;
    int r;

    if (depth > INUSE_DEPTH_MAX)
        return 0;
    for (size_t i = 0; (name = holder_link(below, i, NULL)); i++)
        if (!strcmp(name, ifname))
            return 0; /* a loop, on a made-up machine */
    holder_push(&h, ifname, NULL);
    r = add_addresses(u, ifname, &h, all, e);
    if (!r)
        r = add_uppers(u, ifname, &h, depth + 1, all, e);
    if (!r && depth)
        r = add_guests(u, ifname, &h, all, e);
    /* Without users it still uses the interface below: somebody created it. */
    if (!r && depth && all->n == before)
        r = holders_add(all, kind_of(u->root, ifname), &h, e);
    return r;
}

int inuse_net(struct inuse *u, struct bdf bdf, struct holders *all, struct err *e)
{
    const struct kdev *dev;
    size_t i = 0;
    int r = 0;

    while (!r && (dev = inuse_next(u, bdf, KDEV_NET, &i))) {
        const struct holder none = { .len = 0 };

        r = nets_open(u, e);
        if (!r)
            r = add_interface(u, dev->name, &none, 0, all, e);
    }
    return r;
}
