/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes the hide parameter that takes exactly the chosen functions of one host.  Pure.
 */
#ifndef XVTD_HIDE_CHOOSE_H
#define XVTD_HIDE_CHOOSE_H

#include <stdlib.h>

#include "hide/hide_host.h"

/* Ascending; each function is named once. */
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
 * Sorts the patterns and drops repetitions, also of functions that a `.*` covers.  Errors:
 * XV_CANNOT for a segment above ffff, which the driver cannot take.
 */
int hide_choose(const struct bdf_pattern *patterns, size_t n, struct hide_choice *ret,
                struct err *e);

/*
 * Makes the list as short as possible with `.*` and `*.*`, where every present function that they
 * take is chosen.  Takes no other function: a bridge's subtree only when the bridge is chosen.
 * Errors: -ENOMEM.
 */
int hide_shorten(const struct hide_host *host, const struct hide_choice *choice,
                 struct hide_choice *ret, struct err *e);

/* "(0000:02:00.0)(0000:03:00.*)", or brief "(02:00.0)(03:00.*)"; NULL when out of memory. */
char *hide_text(const struct hide_choice *choice, bool brief);

/* For each function of the host, whether it is taken: host->n elements, freed by the caller. */
bool *hide_taken(const struct hide_host *host, const struct hide_choice *choice);

/*
 * The longest dom0 command line that Xen 4.17 passes to a PV dom0 whole (MAX_GUEST_CMDLINE is 1024
 * with the NUL).
 */
#define HIDE_LINE_MAX 1023

/*
 * How the parameter fits when other words use `used` characters of a command line (SIZE_MAX: the
 * place is not a command line).  full and brief are hide_text()s.
 */
enum hide_fit {
    HIDE_FITS,          /* in full */
    HIDE_FITS_BRIEF,
    HIDE_OVER_LINE,     /* the parameter is short enough, the line is not */
    HIDE_OVER_VALUE,    /* the value is too long for the kernel in any place */
};

enum hide_fit hide_fit(const char *full, const char *brief, const char *name, size_t used);

#endif
