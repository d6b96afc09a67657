/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mistakes in the places where a boot file sets the hide parameter.  Pure. */
#ifndef XVTD_HIDE_FINDINGS_H
#define XVTD_HIDE_FINDINGS_H

#include "hide/hide_given.h"

struct hide_finding {
    unsigned line;
    const char *kind;   /* static: "commented", "xen-line", "cut", "parse-error", ... */
    bool error;         /* the driver will not hide the file's devices */
    char message[400];
};

/* *ret is in the order of the file; the caller frees it.  Returns 0 or -ENOMEM. */
int hide_findings(const struct hide_given *list, size_t n, struct hide_finding **ret,
                  size_t *n_ret);

#endif
