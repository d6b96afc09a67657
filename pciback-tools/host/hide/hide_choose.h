/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hide parameter that takes the chosen functions, and no others, of one host.  Pure.
 */
#ifndef XVTD_HIDE_CHOOSE_H
#define XVTD_HIDE_CHOOSE_H

#include <stdlib.h>

#include "hide/hide_host.h"

/* Ascending, each function named once. */
struct hide_choice {
    struct hide_entry *entries;
    size_t n;
};

static inline void hide_choice_clear(struct hide_choice *choice)
{
    free(choice->entries);
    *choice = (struct hide_choice){ .n = 0 };
}

/*
 * The patterns sorted, without what is named twice (also by the `.*` of its slot).
 * Errors: XV_CANNOT for a segment above ffff, which the driver does not take.
 */
int hide_choose(const struct bdf_pattern *patterns, size_t n, struct hide_choice *ret,
                struct err *e);

/*
 * The same with as few entries as take the same functions of this host: `.*` and `*.*`
 * where every present function that they would take is chosen.  Never one more than is
 * chosen: not a bridge's subtree, unless the bridge is.  Errors: -ENOMEM.
 */
int hide_shorten(const struct hide_host *host, const struct hide_choice *choice,
                 struct hide_choice *ret, struct err *e);

/* "(0000:02:00.0)(0000:03:00.*)", or brief "(02:00.0)(03:00.*)"; NULL when out of memory. */
char *hide_text(const struct hide_choice *choice, bool brief);

/* By function of the host: is it taken?  host->n elements, to be freed; NULL: no memory. */
bool *hide_taken(const struct hide_host *host, const struct hide_choice *choice);

/*
 * The longest dom0 command line that Xen 4.17 hands to a PV dom0 without cutting it
 * (MAX_GUEST_CMDLINE is 1024 with the NUL).
 */
#define HIDE_LINE_MAX 1023

/*
 * How the parameter fits, `used` characters of a command line being taken by other words
 * (SIZE_MAX: the place is no command line).  full and brief are hide_text()s.
 */
enum hide_fit {
    HIDE_FITS,          /* in full */
    HIDE_FITS_BRIEF,
    HIDE_OVER_LINE,     /* the parameter would pass, the line would not */
    HIDE_OVER_VALUE,    /* the kernel takes no such value, wherever it stands */
};

enum hide_fit hide_fit(const char *full, const char *brief, const char *name, size_t used);

#endif
