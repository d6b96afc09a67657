/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hide/hide_host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * The kernel walks dev->bus->self, which is empty for a root bus, also below a VMD, and for a bus
 * that holds virtual functions only (drivers/pci/iov.c, virtfn_add_bus()).
 */
static bool own_bus(const struct root *root, struct bdf vf)
{
    struct err ignored;
    char name[64];
    struct bdf pf;

    root_link_name(root, name, sizeof(name), "sys/bus/pci/devices/%s/physfn", BDF_STR(vf));
    return *name && !bdf_parse(name, &pf, &ignored) && pf.bus != vf.bus;
}

/*
 * The last but one BDF of "../../../devices/pci0000:00/0000:00:1c.0/0000:02:00.0", if there is one.
 */
static int32_t find_above(const struct root *root, const struct inventory *inv, struct bdf bdf)
{
    const struct pci_function *first = inventory_at(inv, 0), *bridge;
    char link[PATH_MAX], *parent, *end;
    struct err ignored;
    struct bdf above;

    if (root_readlinkf(root, link, "sys/bus/pci/devices/%s", BDF_STR(bdf)))
        return -1;
    end = strrchr(link, '/');
    if (!end)
        return -1;
    *end = '\0';
    parent = strrchr(link, '/');
    if (!parent || bdf_parse(parent + 1, &above, &ignored) || own_bus(root, bdf))
        return -1;
    bridge = inventory_find(inv, above);
    return bridge && !bdf_equal(above, bdf) ? (int32_t)(bridge - first) : -1;
}

int hide_host_read(struct hide_host *ret, const struct root *root, const struct inventory *inv,
                   struct err *e)
{
    size_t n = inventory_count(inv);
    int32_t *above = malloc((n + 1) * sizeof(*above));

    if (!above)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++)
        above[i] = find_above(root, inv, inventory_at(inv, i)->bdf);
    *ret = (struct hide_host){ inv, n, above };
    return 0;
}

void hide_host_clear(struct hide_host *host)
{
    free(host->above);
    *host = (struct hide_host){ .n = 0 };
}

bool hide_host_takes(const struct hide_host *host, const struct hide_entry *entry, size_t i)
{
    /* limit the steps: a captured tree may have a loop of links */
    for (size_t steps = 0; steps <= host->n; steps++) {
        if (hide_matches(entry, inventory_at(host->inv, i)->bdf))
            return true;
        if (host->above[i] < 0)
            return false;
        i = (size_t)host->above[i];
    }
    return false;
}
