/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xen-pciback's hide parameter, read as the driver reads it
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
    struct bdf bdf;     /* segment 0 where the entry has none */
    bool any_slot;      /* `*.*` */
    bool any_func;      /* `.*` */
    size_t offset;      /* in the parameter, with the blanks before its `(` */
    size_t len;         /* with the blanks behind its `)` */
};

/*
 * Reads the parameter's value.  Returns 0 and the entries, in one block to be freed;
 * -EINVAL and *offset, where the driver would have stopped: it then registers not at
 * all and hides nothing; or -ENOMEM.
 */
int hide_parse(const char *value, struct hide_entry **ret, size_t *n, size_t *offset);

/* A longer value is refused before it is read (kernel/params.c, param_set_charp()). */
#define HIDE_VALUE_MAX 1024

/* Why the kernel refuses a value. */
struct hide_fault {
    size_t offset;  /* where the driver stops: an entry's begin, blanks before it included */
    size_t at;      /* the character at fault, from there on */
    char why[128];  /* "bus 100 is over ff" */
};

/* hide_parse() as the kernel does it, length included; on -EINVAL *fault tells more. */
int hide_check(const char *value, struct hide_entry **ret, size_t *n, struct hide_fault *fault);

/*
 * The value that the writer of one that the kernel refuses has meant: the same addresses,
 * each in parentheses.  NULL where that cannot be said (or memory is short).
 */
char *hide_mend(const char *value);

bool hide_matches(const struct hide_entry *entry, struct bdf bdf);

/*
 * True when the running system was told at boot to keep this function in pciback: the
 * loaded driver's parameter names it, or its driver_override does.
 */
bool hide_at_boot(const struct root *root, struct bdf bdf);

#endif
