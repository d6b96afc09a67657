/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mistakes in cfgs: what xl would refuse or ignore in each, which devices several guests share, and
 * which devices a host lacks.  Pure functions: struct check_host answers for the host.
 */
#ifndef XVTD_CFG_CHECK_H
#define XVTD_CFG_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "cfg/doc.h"
#include "cfg/spec.h"

/* One of the cfgs that are checked together. */
struct check_cfg {
    const char *file;       /* its name, for messages; not owned */
    struct doc *doc;        /* owned */
    char *name;             /* its domain's name, or NULL; owned */
    struct spec *specs;     /* one per item that counts, in order; owned */
    size_t n;
    struct notes notes;     /* all findings, sorted by place; owned */
};

/* The machine that the guests will run on; a member may be NULL. */
struct check_host {
    bool (*present)(void *user, struct bdf bdf);
    /* "8086:10d3:8086:a01f[ serial …]", or NULL; owned by the caller. */
    char *(*identity)(void *user, struct bdf bdf);
    /* The one function with this identity; false for no or several functions. */
    bool (*find)(void *user, const char *identity, struct bdf *ret);
    /* True when both are in one co-assignment group. */
    bool (*same_group)(void *user, struct bdf a, struct bdf b);
    void *user;
};

/*
 * Reads len bytes and notes the mistakes that this file shows alone.  Call check_clear() in any
 * case.  Errors: XV_FAILED (out of memory).
 */
int check_read(struct check_cfg *ret, const char *file, const char *text, size_t len,
               struct err *e);
void check_clear(struct check_cfg *cfg);

/*
 * Adds what n cfgs show together.  A function, or two functions of one group, in the cfgs of
 * several domains: one note in the first of these cfgs.  For a group it is an error.  For one
 * function it is a warning, since people keep alternative guests for one card; it is an error when
 * dom0 starts both guests, from a folder `auto`.  Also notes devices that the host lacks or has
 * under another address.  host: NULL for no host.
 */
int check_together(struct check_cfg *cfgs, size_t n, const struct check_host *host,
                   struct err *e);

/* Called by check_together(); in cfg_check_guests.c.  Returns 0 or -ENOMEM. */
int check_guests(struct check_cfg *cfgs, size_t n, const struct check_host *host);

/* True when a note is an error. */
bool check_failed(const struct check_cfg *cfg);

/*
 * Corrects every mistake that has one meaning; returns an equal text when there is none.  A device
 * that moved is left for a person to decide, so no host is asked.  *ret is owned by the caller.
 * Errors: XV_FAILED (out of memory, or libxlutil does not confirm the result).
 */
int check_fix(const char *file, const char *text, size_t len, char **ret, size_t *ret_len,
              struct err *e);

#endif
