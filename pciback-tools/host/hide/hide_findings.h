/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with the places where a boot file gives the hide parameter.  Pure. */
#ifndef XVTD_HIDE_FINDINGS_H
#define XVTD_HIDE_FINDINGS_H

#include "hide/hide_given.h"

struct hide_finding {
    unsigned line;
    const char *kind;   /* static: "commented", "xen-line", "cut", "parse-error", ... */
    bool error;         /* the driver does not hide what the file says */
    char message[400];
};

/* *ret: to be freed, in the order of the file.  Returns 0 or -ENOMEM. */
int hide_findings(const struct hide_given *list, size_t n, struct hide_finding **ret,
                  size_t *n_ret);

#endif
