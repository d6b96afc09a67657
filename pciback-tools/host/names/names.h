/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names for devices of this host, kept in /etc/xvtd/names with what each device is, so that
 * one that has moved is found again and no other is taken for it.  One line a name:
 *
 *   NAME BDF IDENTITY [alike BDF...]
 *
 * "alike" are the others that had the very same identity when the name was given (virtual
 * functions, cards without a serial number).  Among those the place decides, as long as
 * they all are where they were; when one came, went or moved, nobody can tell which is
 * meant.  Lines that begin with # and empty ones are left as they are.
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
    NAME_HERE,      /* where it was named */
    NAME_MOVED,     /* elsewhere, and the only one of its identity, then and now */
    NAME_GONE,      /* no function of this host has its identity */
    NAME_UNSURE,    /* functions have it, and which one is meant cannot be told */
};

struct name {
    char name[DEVICE_NAME_MAX];
    struct bdf bdf;             /* where it was when it was named */
    struct identity identity;
    struct bdf *alike;          /* the others of this identity then, ascending */
    size_t n_alike;
    enum name_place place;      /* names_locate() */
    struct bdf at;              /* where it is: valid for HERE and MOVED */
    bool drop;                  /* names_write() leaves its line out */
    size_t line;                /* in the file, from 1 */
};

struct names {
    struct name *list;
    size_t n;
    char *text;                 /* the file, or NULL */
};

/*
 * All names of the host.  No file: none.  names_clear() in any case.  Errors: XV_CANNOT, a
 * file that cannot be read or has a line that is none of the above.
 */
int names_read(const struct root *root, struct names *ret, struct err *e);
void names_clear(struct names *names);

/* The one of this name, or NULL. */
struct name *names_find(const struct names *names, const char *name);

/* Sets place and at.  Errors: XV_CANNOT. */
int names_locate(const struct root *root, struct name *name, struct err *e);

/*
 * The one whose device is at this place now, located; NULL for none, and where that cannot
 * be told.
 */
struct name *names_at(const struct root *root, const struct names *names, struct bdf bdf);

/*
 * What a function is and which others are alike, into identity, bdf and alike.  Errors:
 * XV_NOT_FOUND, XV_FAILED, XV_CANNOT.
 */
int name_identify(const struct root *root, struct bdf bdf, struct name *ret, struct err *e);

/* The right to change the file; a struct that is none has folder -1. */
struct names_lock {
    struct locks *locks;
    int folder;
};

/* To be had before names_read(); names_unlock() gives it back.  Errors: as locks_open(). */
int names_lock(const struct root *root, struct names_lock *ret, struct err *e);
void names_unlock(struct names_lock *lock);

/*
 * Writes the file again: without the lines that are to be dropped and with `add`, unless
 * NULL, as the last one.  Errors: XV_CANNOT.
 */
int names_write(const struct names_lock *lock, const struct names *names,
                const struct name *add, struct err *e);

#endif
