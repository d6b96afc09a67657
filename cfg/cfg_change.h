/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A change of a cfg as people ask for it: devices in, devices out.  Decides what has to
 * be edited, edits, and has libxlutil confirm that the new text holds the list that was
 * intended, before a file is touched.
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
    const struct spec *remove;  /* only their devices count */
    size_t n_remove;
    bool replace;           /* a device that is there with other options gets the new
                               ones; without it that is refused */
    bool no_passthrough;    /* the first device brings no passthrough = "enabled" */
    /*
     * What identifies a function, for the comment above its item: a string that is
     * freed, or NULL when the host does not have it.  NULL: no comments.
     */
    char *(*identity)(void *user, struct bdf bdf);
    /* What xl will refuse in the file, one sentence at a time.  NULL: nobody asks. */
    void (*warn)(void *user, const char *text);
    void *user;
    bool refuse_faults;         /* what the change itself would have xl refuse is XV_REFUSED, */
    const char *const *allow;   /* but for these: cfg_fault_known() */
    size_t n_allow;
};

/* Does an override have this name?  "pvh", "wildcard-vslot", ... */
bool cfg_fault_known(const char *kind);

enum cfg_status { CFG_DONE, CFG_ALREADY };

/* What became of one device; first those of add, then those of remove. */
struct cfg_result {
    char device[64];        /* "0000:02:00.0", or a name */
    enum cfg_status status;
    unsigned vslot;         /* that the cfg now gives it; 0: automatic, or none */
    char message[160];      /* "added", "already in the list", ... */
};

/*
 * The change as a new text; *ret is an equal text when all is so already.  what: the
 * file's name for messages.  results: room for n_add + n_remove.  Errors: XV_USAGE (xl
 * does not read the file as it is), XV_REFUSED (there with other options, the slot is
 * taken, an entry for the whole slot covers the device), XV_FAILED (libxlutil does
 * not confirm it).
 */
int cfg_change_text(const struct cfg_change *change, const char *what, const char *text,
                    size_t len, char **ret, size_t *ret_len, struct cfg_result *results,
                    struct err *e);

/*
 * Looks at what xl will refuse in the new text, as the change has it.  Errors: XV_REFUSED
 * with the kind of the fault.
 */
int cfg_change_judge(const struct cfg_change *change, const char *what, const char *old,
                     size_t old_len, const char *text, size_t len, struct err *e);

/*
 * The same on a file, judged, which is replaced when its text changes, unless dry_run.  *diff,
 * when diff is not NULL: the changed lines, with `-` and `+` before them; owned by
 * the caller.  Errors also as cfg/file.h.
 */
int cfg_change_file(const struct cfg_change *change, const char *path, bool dry_run,
                    struct cfg_result *results, char **diff, struct err *e);

/*
 * The cfg of the domain called `domain`: the one file in /etc/xen and /etc/xen/auto
 * below root whose `name` it is (a link to it in the other folder is the same file).
 * *ret: its path, with root's prefix; owned by the caller.  Errors: XV_NOT_FOUND (none,
 * or several, which the message lists).
 */
int cfg_find(const struct root *root, const char *domain, char **ret, struct err *e);

/* Is there one in /etc/xen/auto, whose guests are started with dom0?  Errors: -ENOMEM. */
int cfg_find_auto(const struct root *root, const char *domain, bool *ret, struct err *e);

#endif
