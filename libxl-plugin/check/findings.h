/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `check` has found: a line each, with its remedy. */
#ifndef XVTD_FINDINGS_H
#define XVTD_FINDINGS_H

#include <stddef.h>

#include "base/err.h"

enum finding_status { FINDING_OK, FINDING_WARN, FINDING_FAIL };

struct finding {
    const char *name;       /* static: "iommu", "in-use", ... */
    enum finding_status status;
    char object[160];       /* "host", a domain's name, a BDF */
    char message[1024];     /* for ok a few words, else a clause */
    char remedy[512];       /* one thing to do; "" for ok */
};

struct findings {
    struct finding *list;   /* released with free() */
    size_t n;
    int failed;             /* -ENOMEM when one could not be added */
};

/* The adding functions set `failed` when memory is short, so calls need no check. */
void finding_ok(struct findings *f, const char *name, const char *object, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Appends to its message; finding_remedy() adds the remedy. */
void finding_add(struct findings *f, enum finding_status status, const char *name,
                 const char *object, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Sets the remedy of the last finding. */
void finding_remedy(struct findings *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a refusal, with its own hint. */
void finding_refusal(struct findings *f, const char *name, const char *object,
                     const struct err *refusal);

/* How many findings have this status. */
size_t findings_count(const struct findings *f, enum finding_status status);

#endif
