/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The manifest: a guest's devices in a file that can be copied to another host.  `eject` writes
 * it before it takes the devices out, `restore` puts them back.  A device that is back leaves the
 * manifest, and the last one removes the file.
 */
#ifndef XVTD_MANIFEST_H
#define XVTD_MANIFEST_H

#include "engine/remember.h"
#include "hv/hv.h"

struct manifest_device {
    struct remembered dev;
    struct guest_pci pci;       /* slot and options in the guest */
};

struct manifest {
    char file[PATH_MAX];
    char uuid[HV_UUID_MAX];     /* the guest that had the devices */
    char name[HV_NAME_MAX];
    struct manifest_device *devices;
    size_t n;
};

void manifest_clear(struct manifest *m);

/* Adds a device; NULL when out of memory. */
struct manifest_device *manifest_add(struct manifest *m);

/*
 * Sets m->file: the option's value, or for NULL the domain's default.  Errors: XV_NOT_FOUND if
 * the folder is missing, XV_USAGE.
 */
int manifest_file(struct manifest *m, const struct root *root, const char *file,
                  const char *uuid, struct err *e);

/*
 * Reads m->file.  Errors: XV_NOT_FOUND; XV_REFUSED if others could have written the file, or if
 * this version cannot read it.
 */
int manifest_load(struct manifest *m, struct err *e);

/*
 * Parses text from another source, len bytes with a NUL behind them.  Errors: XV_REFUSED; the
 * message is only the cause.
 */
int manifest_parse(struct manifest *m, const char *text, size_t len, struct err *e);

/*
 * The version that it is written as: the oldest one that can have its content, so that the release
 * before reads all that it can put back.
 */
unsigned manifest_version(const struct manifest *m);

/* Writes it as text; the caller frees *ret. */
int manifest_text(const struct manifest *m, struct json **ret, const char **text, size_t *len,
                  struct err *e);

/* The domains that have manifests in the default folder; the caller frees *ret. */
int manifest_list(const struct root *root, char (**ret)[HV_UUID_MAX], size_t *n, struct err *e);

/*
 * Sets *all, which is empty, to what manifest_merge() would write.  The caller calls
 * manifest_clear() in any case.
 */
int manifest_join(const struct manifest *m, struct manifest *all, struct err *e);

/* The functions below change the file, under a lock of its own (locks_take_file(), with root). */

/* Replaces the file by m. */
int manifest_replace(const struct manifest *m, const struct root *root, struct err *e);

/*
 * Adds m's devices to those already in the file.  Errors: XV_REFUSED if the file belongs to
 * another guest, XV_CANNOT.
 */
int manifest_merge(const struct manifest *m, const struct root *root, struct err *e);

/* Removes the file, when its devices are recorded elsewhere. */
int manifest_remove(const struct manifest *m, const struct root *root, struct err *e);

/* Removes those of m's devices from the file that the domain has now. */
int manifest_forget(const struct manifest *m, const struct root *root, uint32_t domid,
                    const struct guest_pci *assigned, size_t n_assigned, struct err *e);

#endif
