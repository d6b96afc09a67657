/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vf/vf_link.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* An attribute ends at 64 KiB, and so does the list of all virtual functions. */
#define ANSWER_MAX (256u << 10)
#define ASK_MAX 1024

/* rtnl_fill_vfinfo() writes it where the driver has no such setting. */
#define UNSUPPORTED UINT32_MAX

static void close_socket(struct mnl_socket **socket)
{
    if (*socket)
        mnl_socket_close(*socket);
}

/* Sends a request, and gives each message of its answer to `take`; 0 or a negative errno. */
static int talk(struct nlmsghdr *ask, mnl_cb_t take, void *user)
{
    CLEANUP(close_socket) struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    AUTO_FREE char *answer = malloc(ANSWER_MAX);
    ssize_t len;
    int r;

    if (!answer)
        return -ENOMEM;
    if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) ||
        mnl_socket_sendto(socket, ask, ask->nlmsg_len) < 0)
        return -errno;
    do {
        len = mnl_socket_recvfrom(socket, answer, ANSWER_MAX);
        if (len < 0)
            return -errno;
        r = mnl_cb_run(answer, (size_t)len, ask->nlmsg_seq, mnl_socket_get_portid(socket), take,
                       user);
    } while (r > 0);
    return r < 0 ? -errno : 0;
}

static struct nlmsghdr *begin(char *buf, uint16_t type, uint16_t flags, const char *ifname)
{
    struct nlmsghdr *ask = mnl_nlmsg_put_header(buf);
    struct ifinfomsg *link;

    ask->nlmsg_type = type;
    ask->nlmsg_flags = NLM_F_REQUEST | flags;
    ask->nlmsg_seq = 1;
    link = mnl_nlmsg_put_extra_header(ask, sizeof(*link));
    link->ifi_family = AF_UNSPEC;
    link->ifi_index = (int)if_nametoindex(ifname);
    return ask;
}

struct reading {
    unsigned index;
    bool found;
    struct vf_settings s;
};

static bool holds(const struct nlattr *attr, size_t size)
{
    return mnl_attr_get_payload_len(attr) >= size;
}

static bool read_switch(const void *data, bool *ret)
{
    const struct ifla_vf_spoofchk *v = data; /* ifla_vf_trust is the same */

    *ret = v->setting == 1;
    return v->setting != UNSUPPORTED;
}

/* One attribute of IFLA_VF_INFO. */
static void read_attr(const struct nlattr *attr, struct vf_settings *s)
{
    const void *data = mnl_attr_get_payload(attr);

    switch (mnl_attr_get_type(attr)) {
    case IFLA_VF_MAC:
        if (holds(attr, sizeof(struct ifla_vf_mac))) {
            memcpy(s->mac, ((const struct ifla_vf_mac *)data)->mac, sizeof(s->mac));
            s->has |= VF_MAC;
        }
        break;
    case IFLA_VF_VLAN:
        if (holds(attr, sizeof(struct ifla_vf_vlan))) {
            s->vlan = (uint16_t)((const struct ifla_vf_vlan *)data)->vlan;
            s->has |= VF_VLAN;
        }
        break;
    case IFLA_VF_RATE:
        if (holds(attr, sizeof(struct ifla_vf_rate))) {
            s->rate = ((const struct ifla_vf_rate *)data)->max_tx_rate;
            s->has |= VF_RATE;
        }
        break;
    case IFLA_VF_SPOOFCHK:
        if (holds(attr, sizeof(struct ifla_vf_spoofchk)) && read_switch(data, &s->spoofchk))
            s->has |= VF_SPOOFCHK;
        break;
    case IFLA_VF_TRUST:
        if (holds(attr, sizeof(struct ifla_vf_trust)) && read_switch(data, &s->trust))
            s->has |= VF_TRUST;
        break;
    default:
        break;
    }
}

/* The number of the virtual function; each of its attributes begins with it. */
static bool is_of(const struct nlattr *info, unsigned index)
{
    const struct nlattr *attr;

    mnl_attr_for_each_nested(attr, info)
        if (mnl_attr_get_type(attr) == IFLA_VF_MAC && holds(attr, sizeof(struct ifla_vf_mac)))
            return ((const struct ifla_vf_mac *)mnl_attr_get_payload(attr))->vf == index;
    return false;
}

static int take_link(const struct nlmsghdr *head, void *user)
{
    struct reading *reading = user;
    const struct nlattr *attr, *info, *setting;

    mnl_attr_for_each(attr, head, sizeof(struct ifinfomsg)) {
        if (mnl_attr_get_type(attr) != IFLA_VFINFO_LIST)
            continue;
        mnl_attr_for_each_nested(info, attr) {
            if (!is_of(info, reading->index))
                continue;
            reading->found = true;
            mnl_attr_for_each_nested(setting, info)
                read_attr(setting, &reading->s);
        }
    }
    return MNL_CB_STOP;
}

int vf_link_read(const struct vf_place *place, struct vf_settings *ret, struct err *e)
{
    struct reading reading = { .index = place->index };
    char buf[ASK_MAX];
    struct nlmsghdr *ask = begin(buf, RTM_GETLINK, 0, place->ifname);
    int r;

    mnl_attr_put_u32(ask, IFLA_EXT_MASK, RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS);
    r = talk(ask, take_link, &reading);
    if (r)
        return err_sys(e, XV_REFUSED, -r, "%s: read the settings of its virtual function %u",
                       place->ifname, place->index);
    if (!reading.found) {
        r = err_set(e, XV_REFUSED, EOPNOTSUPP, "%s: its driver tells no settings of virtual "
                    "function %u", place->ifname, place->index);
        err_kind(e, "vf-settings");
        err_hint(e, "`ip link show %s` lists what the driver tells", place->ifname);
        return r;
    }
    *ret = reading.s;
    return 0;
}

/* The attribute for one setting.  IFLA_VF_TX_RATE leaves the least rate alone. */
static void put(struct nlmsghdr *ask, unsigned vf, enum vf_setting what,
                const struct vf_settings *s)
{
    struct ifla_vf_mac mac = { .vf = vf };
    struct ifla_vf_vlan vlan = { .vf = vf, .vlan = s->vlan };
    struct ifla_vf_trust trust = { .vf = vf, .setting = s->trust };
    struct ifla_vf_spoofchk spoofchk = { .vf = vf, .setting = s->spoofchk };
    struct ifla_vf_tx_rate rate = { .vf = vf, .rate = s->rate };

    memcpy(mac.mac, s->mac, sizeof(s->mac));
    switch (what) {
    case VF_MAC:
        mnl_attr_put(ask, IFLA_VF_MAC, sizeof(mac), &mac);
        break;
    case VF_VLAN:
        mnl_attr_put(ask, IFLA_VF_VLAN, sizeof(vlan), &vlan);
        break;
    case VF_TRUST:
        mnl_attr_put(ask, IFLA_VF_TRUST, sizeof(trust), &trust);
        break;
    case VF_SPOOFCHK:
        mnl_attr_put(ask, IFLA_VF_SPOOFCHK, sizeof(spoofchk), &spoofchk);
        break;
    case VF_RATE:
        mnl_attr_put(ask, IFLA_VF_TX_RATE, sizeof(rate), &rate);
        break;
    case VF_SETTINGS_END:
        break;
    }
}

int vf_link_set(const struct vf_place *place, const struct vf_settings *s, struct err *e)
{
    for (unsigned bit = 1; bit < VF_SETTINGS_END; bit <<= 1) {
        struct vf_settings one = vf_settings_only(s, bit);
        char buf[ASK_MAX];
        struct nlmsghdr *ask;
        struct nlattr *list, *info;
        int r;

        if (!one.has)
            continue;
        ask = begin(buf, RTM_SETLINK, NLM_F_ACK, place->ifname);
        list = mnl_attr_nest_start(ask, IFLA_VFINFO_LIST);
        info = mnl_attr_nest_start(ask, IFLA_VF_INFO);
        put(ask, place->index, (enum vf_setting)bit, &one);
        mnl_attr_nest_end(ask, info);
        mnl_attr_nest_end(ask, list);
        r = talk(ask, NULL, NULL);
        if (r)
            return err_sys(e, XV_FAILED, -r, "%s: the driver of %s refuses it",
                           VF_SETTINGS_STR(&one), place->ifname);
    }
    return 0;
}
