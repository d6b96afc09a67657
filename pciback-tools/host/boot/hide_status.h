/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices that are configured to be hidden, that the boot's kernel got, and that are hidden.
 */
#ifndef XVTD_HIDE_STATUS_H
#define XVTD_HIDE_STATUS_H

#include "base/root.h"
#include "boot/hide_format.h"
#include "pci/inventory.h"

/* A value of the parameter, from any place. */
struct hide_reading {
    bool given;
    char *text;
    struct hide_entry *entries; /* empty when broken */
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
    char path[160];             /* with a leading slash */
    enum hide_way way;
    struct hide_reading value;  /* not given by udev rules and files with device lines only */
    struct hide_device *devices;        /* as our own files name them */
    size_t n;
    char note[320];             /* a value in it without effect, "line 6: ..."; or "" */
};

/* About the machine as a whole. */
struct hide_machine {
    struct hide_source *sources;
    size_t n_sources;
    struct hide_reading line;   /* from /proc/cmdline */
    struct hide_reading qubes;  /* rd.qubes.hide_pci= in /proc/cmdline */
    bool xcp;                   /* XCP-ng or XenServer */
    bool line_full;             /* it has Xen's maximum length, so it may be cut */
    struct hide_reading parameter;      /* the loaded driver's value */
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
    bool recorded;              /* its identity is recorded */
    bool same;                  /* the device at the address has that identity */
    bool moved;                 /* the recorded device is at another address now */
    struct bdf now_at;
    bool vf;                    /* absent, and a virtual function of pf would be there */
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

/* The entries without a segment, which XAPI ignores; "" for none. */
void hide_reading_short(const struct hide_reading *r, char *buf, size_t size);

/* The fault of a value, "/etc/...: offset 9: ..."; "" for none. */
void hide_reading_fault(const struct hide_reading *r, const char *where, char *buf, size_t size);

/* Of hide_sources.c: every file that configures something. */
int hide_sources_read(const struct root *root, struct hide_source **ret, size_t *n,
                      struct err *e);
void hide_sources_free(struct hide_source *sources, size_t n);
/* True when another program owns the file. */
bool hide_source_foreign(const struct hide_source *source);
int hide_reading_set(struct hide_reading *r, const char *text, size_t len, struct err *e);
void hide_reading_clear(struct hide_reading *r);
bool hide_reading_names(const struct hide_reading *r, struct bdf bdf);

#endif
