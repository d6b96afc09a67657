/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names for devices of this host, kept in /etc/xvtd/names with each device's identity.  So a device
 * that has moved is found, and no other device is mistaken for it.  One line a name:
 *
 *   NAME BDF IDENTITY [alike BDF...]
 *
 * "alike" lists the other functions that had the same identity when the name was given (virtual
 * functions, cards without a serial number).  Among those the BDF decides, as long as all of them
 * are where they were.  After one has come, gone or moved, the name is ambiguous.  Lines that begin
 * with # and empty lines are kept.  A line "# xvtd-names/1: ..." has the version.
 */
#ifndef XVTD_NAMES_H
#define XVTD_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bdf.h"
#include "base/device_form.h"
#include "base/err.h"
#include "base/identity.h"
#include "base/lock.h"
#include "base/root.h"

enum name_place {
    NAME_HERE,      /* at its recorded BDF */
    NAME_MOVED,     /* elsewhere; the only one with its identity, then and now */
    NAME_GONE,      /* no function of this host has its identity any more */
    NAME_UNSURE,    /* several functions have it, and the right one is unknown */
};

struct name {
    char name[DEVICE_NAME_MAX];
    struct bdf bdf;             /* its BDF when it was named */
    struct identity identity;
    struct bdf *alike;          /* others with this identity then, ascending */
    size_t n_alike;
    enum name_place place;      /* names_locate() */
    struct bdf at;              /* its BDF now; valid for HERE and MOVED */
    bool drop;                  /* names_write() leaves its line out */
    size_t line;                /* in the file, from 1 */
};

struct names {
    struct name *list;
    size_t n;
    char *text;                 /* the file, or NULL */
};

/*
 * Reads all names of the host; a missing file has none.  Call names_clear() in any case.  Errors:
 * XV_USAGE for a malformed line; XV_CANNOT for a file that cannot be read.
 */
int names_read(const struct root *root, struct names *ret, struct err *e);
void names_clear(struct names *names);

/* The entry with this name, or NULL. */
struct name *names_find(const struct names *names, const char *name);

/* Sets place and at.  Errors: XV_CANNOT. */
int names_locate(const struct root *root, struct name *name, struct err *e);

/*
 * The name of the device that is at this BDF now, located; NULL when it has none or the name is
 * ambiguous.
 */
struct name *names_at(const struct root *root, const struct names *names, struct bdf bdf);

/*
 * Reads a function's identity and the others with the same one, into identity, bdf and alike.
 * Errors: XV_NOT_FOUND, XV_FAILED, XV_CANNOT.
 */
int name_identify(const struct root *root, struct bdf bdf, struct name *ret, struct err *e);

/* The lock for changes of the file; an unused struct has folder -1. */
struct names_lock {
    struct locks *locks;
    int folder;
};

/* Call it before names_read(), and names_unlock() afterwards.  Errors: as locks_open(). */
int names_lock(const struct root *root, struct names_lock *ret, struct err *e);
void names_unlock(struct names_lock *lock);

/*
 * Rewrites the file without the lines to drop, and with `add`, unless NULL, as the last line.
 * Errors: XV_CANNOT.
 */
int names_write(const struct names_lock *lock, const struct names *names,
                const struct name *add, struct err *e);

#endif
