/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A change of a cfg: devices added and removed.  Plans the edits and makes them in memory.  Then
 * libxlutil must read the intended list from the new text, before a file is written.
 */
#ifndef XVTD_CFG_CHANGE_H
#define XVTD_CFG_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/root.h"
#include "cfg/spec.h"

struct cfg_change {
    const struct spec *add;
    size_t n_add;
    const struct spec *remove;  /* only the devices are compared */
    size_t n_remove;
    bool replace;           /* new options replace those of a listed device;
                               without it they are refused */
    bool no_passthrough;    /* do not add passthrough = "enabled" with the first device */
    /*
     * The identity of a function, for the comment above its item: a string that the caller
     * frees, or NULL when the host lacks the function.  NULL: no comments.
     */
    char *(*identity)(void *user, struct bdf bdf);
    /* Called with each fault that xl will refuse, one sentence each.  NULL: no warnings. */
    void (*warn)(void *user, const char *kind, const char *file, const char *text);
    void *user;
    bool refuse_faults;         /* a fault that the change brings in is XV_REFUSED, */
    const char *const *allow;   /* except these kinds; see cfg_fault_known() */
    size_t n_allow;
};

/* True when an override has this name: "pvh", "wildcard-vslot", ... */
bool cfg_fault_known(const char *kind);

enum cfg_status { CFG_DONE, CFG_ALREADY };

/* The outcome for one device; those of add come first, then those of remove. */
struct cfg_result {
    char device[64];        /* "0000:02:00.0", or a name */
    enum cfg_status status;
    unsigned vslot;         /* its slot in the new cfg; 0: automatic, or removed */
    char message[160];      /* "added", "already in the list", ... */
};

/*
 * Makes the new text; *ret equals the old text when there is nothing to change.  what: the
 * file's name for messages.  results: room for n_add + n_remove.  Errors: XV_USAGE (xl
 * cannot read the old file), XV_REFUSED (the device is listed with other options, the slot is
 * taken, an entry for the whole slot covers the device), XV_FAILED (libxlutil reads another list
 * from the new text).
 */
int cfg_change_text(const struct cfg_change *change, const char *what, const char *text,
                    size_t len, char **ret, size_t *ret_len, struct cfg_result *results,
                    struct err *e);

/*
 * Looks for faults that xl will refuse in the new text, and warns of them or refuses them, as the
 * change says.  Errors: XV_REFUSED with the kind of the fault.
 */
int cfg_change_judge(const struct cfg_change *change, const char *what, const char *old,
                     size_t old_len, const char *text, size_t len, struct err *e);

/*
 * cfg_change_text() and cfg_change_judge() on a file.  The file is replaced when its text changes,
 * unless dry_run.  *diff, unless diff is NULL: the changed lines, with `-` and `+` before them;
 * owned by the caller.  Errors: also as cfg/file.h.
 */
int cfg_change_file(const struct cfg_change *change, const char *path, bool dry_run,
                    struct cfg_result *results, char **diff, struct err *e);

/*
 * Finds the cfg of the domain named `domain`: the one file in /etc/xen and /etc/xen/auto below
 * root whose `name` setting it is.  A link in one folder to a file in the other is the same file.
 * *ret: the path, with root's prefix; owned by the caller.  Errors: XV_NOT_FOUND (no file, or
 * several, which the message lists).
 */
int cfg_find(const struct root *root, const char *domain, char **ret, struct err *e);

/* True in *ret when /etc/xen/auto has one: its guests start with dom0.  Errors: -ENOMEM. */
int cfg_find_auto(const struct root *root, const char *domain, bool *ret, struct err *e);

#endif
