/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vf/vf_place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

bool vf_of(const struct root *root, struct bdf pf, unsigned i, struct bdf *ret)
{
    struct err ignored;
    char name[64];

    root_link_name(root, name, sizeof(name), "sys/bus/pci/devices/%s/virtfn%u", BDF_STR(pf), i);
    return *name && !bdf_parse(name, ret, &ignored);
}

bool vf_pf(const struct root *root, struct bdf vf, struct bdf *pf)
{
    struct err ignored;
    char name[64];

    root_link_name(root, name, sizeof(name), "sys/bus/pci/devices/%s/physfn", BDF_STR(vf));
    return *name && !bdf_parse(name, pf, &ignored);
}

int refuse_vf_settings(struct bdf bdf, struct err *e)
{
    int r = err_on(e, XV_REFUSED, EINVAL, BDF_STR(bdf), "it is not a virtual function, and only "
                   "those of a NIC have settings");

    err_kind(e, "vf-settings");
    err_hint(e, "leave mac=, vlan=, trust=, spoofchk= and rate= out: the guest configures this "
             "device itself");
    return r;
}

static int find_interface(const struct root *root, struct bdf pf, char ifname[IFNAMSIZ])
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, "sys/bus/pci/devices/%s/net", BDF_STR(pf));
    struct dirent *de;

    *ifname = '\0';
    while (dir && (de = root_readdir(dir)))
        if (strlen(de->d_name) < IFNAMSIZ && (!*ifname || strcmp(de->d_name, ifname) < 0))
            strcpy(ifname, de->d_name);
    return *ifname ? 0 : -ENODEV;
}

int vf_place(const struct root *root, struct bdf vf, struct vf_place *ret, struct err *e)
{
    struct vf_place place = { .index = 0 };
    struct bdf other;

    if (!vf_pf(root, vf, &place.pf))
        return refuse_vf_settings(vf, e);
    while (vf_of(root, place.pf, place.index, &other) && !bdf_equal(other, vf))
        place.index++;
    if (find_interface(root, place.pf, place.ifname)) {
        struct bdf_text pf = bdf_text(place.pf);
        int r = err_on(e, XV_REFUSED, ENODEV, BDF_STR(vf), "its physical function %s has no network "
                       "interface in dom0, through which xvtd could make settings", pf.s);
        err_kind(e, "vf-settings");
        err_hint(e, "`xvtd show %s` tells which driver has it; its interface must be in dom0's "
                 "first network namespace", pf.s);
        return r;
    }
    *ret = place;
    return 0;
}
