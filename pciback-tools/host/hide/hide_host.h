/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an entry of the hide parameter takes on this host.  The driver compares an id with
 * each function and with every bridge above it, so that the id of a bridge takes all that
 * is below (drivers/xen/xen-pciback/pci_stub.c, pcistub_match_one()).
 */
#ifndef XVTD_HIDE_HOST_H
#define XVTD_HIDE_HOST_H

#include <stdint.h>

#include "hide/hide.h"
#include "pci/inventory.h"

struct hide_host {
    const struct inventory *inv;
    size_t n;           /* inventory_count() */
    int32_t *above;     /* by function: the bridge that its bus is behind, or -1 */
};

/* inv must live as long; hide_host_clear() releases *ret.  Errors: -ENOMEM. */
int hide_host_read(struct hide_host *ret, const struct root *root, const struct inventory *inv,
                   struct err *e);
void hide_host_clear(struct hide_host *host);

/* True when the entry takes function i: it names it, or a bridge above it. */
bool hide_host_takes(const struct hide_host *host, const struct hide_entry *entry, size_t i);

#endif
