/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xen/guest_pci.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define BACKEND "/local/domain/0/backend/pci"

/* "msitranslate=0,power_mgmt=0,permissive=1,rdm_policy=strict" */
static void parse_options(char *opts, struct guest_pci *pci)
{
    char *save = NULL;

    for (char *o = strtok_r(opts, ",", &save); o; o = strtok_r(NULL, ",", &save)) {
        char *value = strchr(o, '=');

        if (!value)
            continue;
        *value++ = '\0';
        o += strspn(o, " ");
        if (!strcmp(o, "msitranslate"))
            pci->msitranslate = atoi(value) != 0;
        else if (!strcmp(o, "power_mgmt"))
            pci->power_mgmt = atoi(value) != 0;
        else if (!strcmp(o, "permissive"))
            pci->permissive = atoi(value) != 0;
        else if (!strcmp(o, "rdm_policy"))
            pci->rdm_policy = !strcmp(value, "relaxed") ? GUEST_RDM_RELAXED : GUEST_RDM_STRICT;
    }
}

static int read_entry(struct xs *xs, const char *domid, unsigned i, struct guest_pci *ret,
                      struct err *e)
{
    AUTO_FREE char *dev = NULL, *vdevfn = NULL, *opts = NULL;
    struct guest_pci pci = { .domid = (uint32_t)strtoul(domid, NULL, 10) };
    struct err ignored;
    int r;

    r = xs_getf(xs, &dev, e, BACKEND "/%s/0/dev-%u", domid, i);
    if (!r)
        r = xs_getf(xs, &vdevfn, e, BACKEND "/%s/0/vdevfn-%u", domid, i);
    if (!r)
        r = xs_getf(xs, &opts, e, BACKEND "/%s/0/opts-%u", domid, i);
    if (r)
        return r;
    if (!dev || bdf_parse(dev, &pci.bdf, &ignored))
        return -ENOENT;
    if (vdevfn) {
        unsigned long devfn = strtoul(vdevfn, NULL, 16);

        pci.vslot = devfn >> 3 & 0x1f;
        pci.vfunc = devfn & 7;
    }
    if (opts)
        parse_options(opts, &pci);
    *ret = pci;
    return 0;
}

/* Adds the functions of a domain that lives, or does not live, as `living` says. */
static int add_domain(struct xs *xs, const char *domid, bool living, struct guest_pci **list,
                      size_t *n, struct err *e)
{
    AUTO_FREE char *num = NULL;
    int r;

    if (xs_domain_lives(xs, (uint32_t)strtoul(domid, NULL, 10)) != living)
        return 0;
    r = xs_getf(xs, &num, e, BACKEND "/%s/0/num_devs", domid);
    if (r || !num)
        return r;
    for (unsigned i = 0; !r && i < strtoul(num, NULL, 10); i++) {
        if (ARRAY_GROW(*list, *n))
            return err_nomem(e);
        r = read_entry(xs, domid, i, &(*list)[*n], e);
        if (!r)
            ++*n;
        else if (r == -ENOENT)
            r = 0;
    }
    return r;
}

/* Most guests have none: to see that, one read is enough. */
static int has_none(struct xs *xs, uint32_t domid, struct err *e)
{
    AUTO_FREE char *num = NULL;
    int r = xs_getf(xs, &num, e, BACKEND "/%u/0/num_devs", domid);

    return r ? r : !num;
}

/* The functions of one domain, of all living domains, or of all dead ones. */
static int list_of(struct xs *xs, const uint32_t *only, bool living, struct guest_pci **ret,
                   size_t *n, struct err *e)
{
    AUTO_FREE struct guest_pci *list = NULL;
    AUTO_FREE char **domids = NULL;
    size_t n_domids = 0, found = 0;
    char domid[16];
    int r = only ? has_none(xs, *only, e) : 0;

    if (!r)
        r = xs_snapshot(xs, e);
    if (r < 0)
        return r;
    *ret = NULL;
    *n = 0;
    if (r)
        return 0;
    if (only) {
        snprintf(domid, sizeof(domid), "%u", *only);
        r = add_domain(xs, domid, living, &list, &found, e);
    } else {
        r = xs_listf(xs, &domids, &n_domids, e, BACKEND);
    }
    for (size_t d = 0; !r && d < n_domids; d++)
        r = add_domain(xs, domids[d], living, &list, &found, e);
    xs_snapshot_end(xs);
    if (r)
        return r;
    *ret = TAKE_PTR(list);
    *n = found;
    return 0;
}

int guest_pci_list(struct xs *xs, struct guest_pci **ret, size_t *n, struct err *e)
{
    return list_of(xs, NULL, true, ret, n, e);
}

int guest_pci_of(struct xs *xs, uint32_t domid, struct guest_pci **ret, size_t *n,
                 struct err *e)
{
    return list_of(xs, &domid, true, ret, n, e);
}

int guest_pci_dead(struct xs *xs, struct guest_pci **ret, size_t *n, struct err *e)
{
    return list_of(xs, NULL, false, ret, n, e);
}

int guest_pci_bury(struct xs *xs, uint32_t domid, struct err *e)
{
    if (xs_domain_lives(xs, domid))
        return err_set(e, XV_FAILED, EBUSY, "domain %u still exists: its records are not cleared",
                       domid);
    return xs_setf(xs, NULL, e, BACKEND "/%u", domid);
}

const struct guest_pci *guest_pci_find(const struct guest_pci *list, size_t n, struct bdf bdf)
{
    for (size_t i = 0; i < n; i++)
        if (bdf_equal(list[i].bdf, bdf))
            return &list[i];
    return NULL;
}
