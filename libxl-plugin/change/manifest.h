/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices that a guest had, in a file that can be carried to another host: what `eject`
 * writes before it takes them out, and `restore` puts back.  An entry goes when its device
 * is back, and the file with the last one.
 */
#ifndef XVTD_MANIFEST_H
#define XVTD_MANIFEST_H

#include "engine/remember.h"
#include "hv/hv.h"

struct manifest_device {
    struct remembered dev;
    struct guest_pci pci;       /* where in the guest, and how */
};

struct manifest {
    char file[PATH_MAX];
    char uuid[HV_UUID_MAX];     /* whose devices */
    char name[HV_NAME_MAX];
    struct manifest_device *devices;
    size_t n;
};

void manifest_clear(struct manifest *m);

/* Adds a device; NULL when out of memory. */
struct manifest_device *manifest_add(struct manifest *m);

/*
 * Sets m->file: the option's value, or the default for the domain when it is NULL.  Errors:
 * XV_NOT_FOUND for a file in a folder that is not there, XV_USAGE.
 */
int manifest_file(struct manifest *m, const struct root *root, const char *file,
                  const char *uuid, struct err *e);

/*
 * Reads m->file.  Errors: XV_NOT_FOUND; XV_REFUSED for what others could have written, and
 * for what this version does not know or cannot make sense of.
 */
int manifest_load(struct manifest *m, struct err *e);

/*
 * The same from text that came from elsewhere, len bytes with a NUL behind them.  Errors:
 * XV_REFUSED, the message being the cause alone.
 */
int manifest_parse(struct manifest *m, const char *text, size_t len, struct err *e);

/* As text, which belongs to *ret. */
int manifest_text(const struct manifest *m, struct json **ret, const char **text, size_t *len,
                  struct err *e);

/* The domains that have manifests in the default place; *ret is to be freed. */
int manifest_list(const struct root *root, char (**ret)[HV_UUID_MAX], size_t *n, struct err *e);

/* What manifest_merge() would write, into *all, which is empty; manifest_clear() in any case. */
int manifest_join(const struct manifest *m, struct manifest *all, struct err *e);

/* These change the file, under a lock of its own (locks_take_file()); root is the lock's. */

/* Makes the file what m says, whatever was in it. */
int manifest_replace(const struct manifest *m, const struct root *root, struct err *e);

/*
 * Puts m's devices into the file, beside those that are pending there.  Errors: XV_REFUSED
 * for a file of another guest, XV_CANNOT.
 */
int manifest_merge(const struct manifest *m, const struct root *root, struct err *e);

/* Removes the file: all that it tells of is somewhere else now. */
int manifest_remove(const struct manifest *m, const struct root *root, struct err *e);

/* Takes those of m's devices out of the file that the domain has now. */
int manifest_forget(const struct manifest *m, const struct root *root, uint32_t domid,
                    const struct guest_pci *assigned, size_t n_assigned, struct err *e);

#endif
