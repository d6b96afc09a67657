/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What dom0 would lose with a function: chains from the function up to a user. */
#ifndef XVTD_HOLDERS_H
#define XVTD_HOLDERS_H

#include <stddef.h>

#include "base/err.h"
#include "base/json.h"

#define HOLDER_CHAIN_MAX 768

/* One thing that dom0 would lose. */
struct holder {
    const char *what;               /* static: "mount", "swap", "address", "bridge", ... */
    char chain[HOLDER_CHAIN_MAX];   /* its links, see holder_link() */
    size_t len;
};

/* Room for a chain as text. */
struct holder_text {
    char s[HOLDER_CHAIN_MAX + 256];
};

/*
 * Link i (from 0) of the chain, from the function up: nvme0, nvme0n1p2, dm-1, /.
 * *label: a person's name for it ("rhel-root" for dm-1), or NULL; label may be NULL.
 * Returns the name, or NULL after the last.
 */
const char *holder_link(const struct holder *h, size_t i, const char **label);

/* "nvme0 > nvme0n1p2 > dm-1 (rhel-root) > /".  By value, for an argument list. */
struct holder_text holder_text(const struct holder *h);
#define HOLDER_STR(h) (holder_text(h).s)

/* Writes "chain":["nvme0",...], "what":"mount", "text":"nvme0 > ..." into the open object. */
void holder_json(struct json *json, const struct holder *h);

/* Writes "holders": an array of such objects. */
void holders_json(struct json *json, const struct holder *list, size_t n);

/* A list of holders; the caller frees list. */
struct holders {
    struct holder *list;
    size_t n;
};

/* Adds a link at the chain's upper end; label may be NULL or "". */
void holder_push(struct holder *h, const char *name, const char *label);

/* Adds the links of `below` under those of h. */
void holder_push_all(struct holder *h, const struct holder *below);

/* Adds a copy of h; what must be static.  Errors: -ENOMEM. */
int holders_add(struct holders *all, const char *what, const struct holder *h, struct err *e);

#endif
