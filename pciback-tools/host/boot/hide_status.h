/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is configured to be hidden, what the boot was told, and what became of it.
 */
#ifndef XVTD_HIDE_STATUS_H
#define XVTD_HIDE_STATUS_H

#include "base/root.h"
#include "boot/hide_format.h"
#include "pci/inventory.h"

/* A value of the parameter, wherever it was found. */
struct hide_reading {
    bool given;
    char *text;
    struct hide_entry *entries; /* none when broken */
    size_t n;
    bool broken;                /* the kernel refuses it */
    struct hide_fault fault;
};

enum hide_way {
    WAY_LINE,
    WAY_MODPROBE,   /* and initramfs-tools' modules */
    WAY_UDEV,
    WAY_QUBES,      /* rd.qubes.hide_pci= in a boot file */
    WAY_SUSE,       /* SUSE's service pciback, once dom0 is up */
};

/* A file that configures something. */
struct hide_source {
    char path[160];             /* with its leading slash */
    enum hide_way way;
    struct hide_reading value;  /* not given: udev, or the devices of our own file only */
    struct hide_device *devices;        /* as our own files name them */
    size_t n;
    char note[320];             /* what in the file does not count, "line 6: ..."; or "" */
};

/* About the machine as a whole. */
struct hide_machine {
    struct hide_source *sources;
    size_t n_sources;
    struct hide_reading line;   /* of /proc/cmdline */
    struct hide_reading qubes;  /* there, rd.qubes.hide_pci= */
    bool xcp;                   /* XCP-ng or XenServer */
    bool line_full;             /* as long as Xen lets it be: it may have been cut */
    struct hide_reading parameter;      /* what the loaded driver was given */
    bool registered;            /* the driver is there */
};

/* About one function. */
struct hide_row {
    struct bdf bdf;
    const struct hide_source *source;   /* NULL: not configured */
    bool booted;
    bool present;
    char driver[DRIVER_NAME_MAX];       /* "" for none */
    bool builtin;               /* that driver is part of the kernel */
    bool recorded;              /* its identity was, and */
    bool same;                  /* is what is at the address */
    bool moved;                 /* what was recorded is elsewhere now */
    struct bdf now_at;
    bool vf;                    /* absent, and would be a virtual function of */
    struct bdf pf;
    const char *cause;          /* NULL when all agree; static: "typo", "module-late", ... */
    char message[400];          /* cause and remedy, for a person */
};

struct hide_status {
    struct hide_machine machine;
    struct hide_row *rows;      /* ascending */
    size_t n;
    bool agree;
};

/* Reads the tree and judges.  ret is zeroed by the caller.  Errors: XV_CANNOT, -ENOMEM. */
int hide_status_read(struct hide_status *ret, const struct root *root,
                     const struct inventory *inv, struct err *e);
void hide_status_clear(struct hide_status *status);

/* Sets cause and message.  Pure. */
void hide_status_judge(const struct hide_machine *m, struct hide_row *row);

/* The entries of a value that XAPI does not read, those without a segment; "" for none. */
void hide_reading_short(const struct hide_reading *r, char *buf, size_t size);

/* What is wrong with a value, "" when nothing: "/etc/...: offset 9: ..." */
void hide_reading_fault(const struct hide_reading *r, const char *where, char *buf, size_t size);

/* Of hide_sources.c: every file that configures something. */
int hide_sources_read(const struct root *root, struct hide_source **ret, size_t *n,
                      struct err *e);
void hide_sources_free(struct hide_source *sources, size_t n);
/* A file that is none of ours configures devices. */
bool hide_source_foreign(const struct hide_source *source);
int hide_reading_set(struct hide_reading *r, const char *text, size_t len, struct err *e);
void hide_reading_clear(struct hide_reading *r);
bool hide_reading_names(const struct hide_reading *r, struct bdf bdf);

#endif
