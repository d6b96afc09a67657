/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions that an entry of the hide parameter takes on this host.  The driver compares an
 * entry with each function and every bridge above it, so an entry for a bridge takes all functions
 * below it (drivers/xen/xen-pciback/pci_stub.c, pcistub_match_one()).
 */
#ifndef XVTD_HIDE_HOST_H
#define XVTD_HIDE_HOST_H

#include <stdint.h>

#include "hide/hide.h"
#include "pci/inventory.h"

struct hide_host {
    const struct inventory *inv;
    size_t n;           /* inventory_count() */
    int32_t *above;     /* by function: the bridge above its bus, or -1 */
};

/* inv must live as long; hide_host_clear() releases *ret.  Errors: -ENOMEM. */
int hide_host_read(struct hide_host *ret, const struct root *root, const struct inventory *inv,
                   struct err *e);
void hide_host_clear(struct hide_host *host);

/* True when the entry takes function i, because it names it or a bridge above it. */
bool hide_host_takes(const struct hide_host *host, const struct hide_entry *entry, size_t i);

#endif
