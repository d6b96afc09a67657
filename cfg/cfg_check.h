/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with cfgs: what xl would do with each one, what guests would take from
 * each other, and, where a host can be asked, what it does not have.  Pure functions;
 * the host is asked through struct check_host.
 */
#ifndef XVTD_CFG_CHECK_H
#define XVTD_CFG_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "cfg/doc.h"
#include "cfg/spec.h"

/* One cfg among those that are checked together. */
struct check_cfg {
    const char *file;       /* its name, for messages; not owned */
    struct doc *doc;        /* owned */
    char *name;             /* of its domain, or NULL; owned */
    struct spec *specs;     /* of the items that count, in their order; owned */
    size_t n;
    struct notes notes;     /* all findings, sorted by place; owned */
};

/* The machine that the guests are to run on; a member may be NULL. */
struct check_host {
    bool (*present)(void *user, struct bdf bdf);
    /* "8086:10d3:8086:a01f[ serial …]", or NULL; owned by the caller. */
    char *(*identity)(void *user, struct bdf bdf);
    /* The only function that has this identity; false when there is none, or more. */
    bool (*find)(void *user, const char *identity, struct bdf *ret);
    /* True when one co-assignment group holds both. */
    bool (*same_group)(void *user, struct bdf a, struct bdf b);
    void *user;
};

/*
 * Reads len bytes and notes what one file shows by itself.  check_clear() in any case.
 * Errors: XV_FAILED (out of memory).
 */
int check_read(struct check_cfg *ret, const char *file, const char *text, size_t len,
               struct err *e);
void check_clear(struct check_cfg *cfg);

/*
 * Adds what n cfgs show together: a function, or two of one group, in the cfgs of several
 * domains, a note for each in the first of these cfgs (for one function a warning, since
 * people have alternative guests for one card, but an error where dom0 starts two of them,
 * in a folder auto); and what the host does not have, or has under another address.  host:
 * NULL when there is none to ask.
 */
int check_together(struct check_cfg *cfgs, size_t n, const struct check_host *host,
                   struct err *e);

/* Of cfg_check_guests.c, which check_together() calls.  Returns 0 or -ENOMEM. */
int check_guests(struct check_cfg *cfgs, size_t n, const struct check_host *host);

/* True when a note is an error. */
bool check_failed(const struct check_cfg *cfg);

/*
 * The text with all mistakes mended that have one meaning; an equal text when there is
 * none.  No host is asked: a device that moved is for a person to decide on.  Owned by the
 * caller.  Errors: XV_FAILED (out of memory, or libxlutil does not confirm the result).
 */
int check_fix(const char *file, const char *text, size_t len, char **ret, size_t *ret_len,
              struct err *e);

#endif
