/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the hide parameter stands in a text: a kernel command line, a file of modprobe.d,
 * or a boot loader's configuration.
 */
#ifndef XVTD_HIDE_FIND_H
#define XVTD_HIDE_FIND_H

#include <stdbool.h>
#include <stddef.h>

struct hide_place {
    size_t at, len;     /* the value, in the text */
};

/*
 * The values in text, in one block to be freed; *n is 0 where there is none.  Of a command
 * line only the last, as the kernel has it: `xen-pciback.hide=` where it is given, else the
 * old `pciback.hide=`.  Of modprobe.d the last of `options xen-pciback hide=`.  In other
 * files all that stand behind `pciback.hide=`, up to a blank, a quote or a line's end.
 * Errors: -ENOMEM.
 */
int hide_find(const char *text, struct hide_place **ret, size_t *n);

/* A command line only: false where it has no such parameter, or only the old driver's. */
bool hide_find_cmdline(const char *line, struct hide_place *ret);

/* The words after `options xen-pciback` in modprobe.d. */
bool hide_find_modprobe(const char *text, struct hide_place *ret);

#endif
