/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xen-pciback's hide parameter, read as the driver reads it
 * (drivers/xen/xen-pciback/pci_stub.c, pcistub_init()).
 */
#ifndef XVTD_HIDE_H
#define XVTD_HIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "bdf.h"
#include "root.h"

/* One `(...)` of the parameter. */
struct hide_entry {
    struct bdf bdf;     /* segment 0 where the entry has none */
    bool any_slot;      /* `*.*` */
    bool any_func;      /* `.*` */
    size_t offset;      /* of its `(` in the parameter */
};

/*
 * Reads the parameter's value.  Returns 0 and the entries, in one block to be freed;
 * -EINVAL and *offset, where the driver would have stopped: it then registers not at
 * all and hides nothing; or -ENOMEM.
 */
int hide_parse(const char *value, struct hide_entry **ret, size_t *n, size_t *offset);

bool hide_matches(const struct hide_entry *entry, struct bdf bdf);

/*
 * True when the running system was told at boot to keep this function in pciback: the
 * loaded driver's parameter names it, or its driver_override does.
 */
bool hide_at_boot(const struct root *root, struct bdf bdf);

#endif
