/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xen-pciback's hide parameter, parsed as the driver parses it
 * (drivers/xen/xen-pciback/pci_stub.c, pcistub_init()).
 */
#ifndef XVTD_HIDE_H
#define XVTD_HIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bdf.h"
#include "base/root.h"

/* One `(...)` of the parameter. */
struct hide_entry {
    struct bdf bdf;     /* segment 0 when the entry has none */
    bool any_slot;      /* `*.*` */
    bool any_func;      /* `.*` */
    size_t offset;      /* in the parameter, before the blanks that precede `(` */
    size_t len;         /* up to the end of the blanks that follow `)` */
};

/*
 * Parses the parameter's value.  Returns 0 and the entries, in one block that the caller frees;
 * -EINVAL and *offset, where the driver stops: it then does not register and hides nothing;
 * or -ENOMEM.
 */
int hide_parse(const char *value, struct hide_entry **ret, size_t *n, size_t *offset);

/* The kernel refuses a longer value before it parses it (kernel/params.c, param_set_charp()). */
#define HIDE_VALUE_MAX 1024

/* Why the kernel refuses a value. */
struct hide_fault {
    size_t offset;  /* where the driver stops: the blanks before an entry */
    size_t at;      /* the wrong character, at or after offset */
    char why[128];  /* "bus 100 is over ff" */
};

/* Like hide_parse(), but also checks the length; on -EINVAL *fault has the reason. */
int hide_check(const char *value, struct hide_entry **ret, size_t *n, struct hide_fault *fault);

/*
 * Corrects a value that the kernel refuses: the same addresses, each in parentheses.  NULL when the
 * meaning is unclear, or memory is short.
 */
char *hide_mend(const char *value);

bool hide_matches(const struct hide_entry *entry, struct bdf bdf);

/*
 * True when this boot was configured to keep the function in pciback: the loaded driver's parameter
 * or the function's driver_override says so.
 */
bool hide_at_boot(const struct root *root, struct bdf bdf);

#endif
