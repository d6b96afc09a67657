/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The safety checks that --allow= can switch off, and their refusals. */
#ifndef XVTD_ALLOW_H
#define XVTD_ALLOW_H

#include "base/bdf.h"
#include "base/cli.h"
#include "base/err.h"
#include "base/program.h"
#include "inuse/inuse.h"

enum allow {
    ALLOW_IN_USE = 1u << 0,
    ALLOW_BOOT_HIDDEN = 1u << 1,
    ALLOW_SPLIT_GROUP = 1u << 2,    /* for missing ACS only; a shared requester ID is never split */
    ALLOW_NO_RESET = 1u << 3,       /* with reset = strict in /etc/xvtd/policy */
    ALLOW_TWIN = 1u << 4,           /* identical devices that a name cannot tell apart */
    ALLOW_ABSENT = 1u << 16,        /* a device that this host lacks */
};

/*
 * The values of option `id` as bits of enum allow, each one of `known`.  Errors: XV_USAGE.
 */
int allow_parse(const struct cli_args *args, int id, unsigned known, unsigned *ret,
                struct err *e);

/* What a command with --allow=twin does with names (names/operand.h). */
enum twins allow_twins(unsigned allow);

/*
 * The overrides that a device keeps while it is out of its guest (eject, restore), on the machine
 * where a person gave them.
 */
#define ALLOW_CARRIED (ALLOW_SPLIT_GROUP | ALLOW_NO_RESET)

/* The bits as words with commas between ("split-group"), "" for none; and back. */
#define ALLOW_TEXT_MAX 64
void allow_format(unsigned allow, char buf[ALLOW_TEXT_MAX]);
unsigned allow_read(const char *text);

/* The refusals that several programs share: XV_REFUSED, with the override in the hint. */
int refuse_bridge(struct bdf bdf, struct err *e);
int refuse_in_use(struct bdf bdf, const struct holder *holders, size_t n, struct err *e);
int refuse_boot_hidden(struct bdf bdf, struct err *e);

/*
 * Does no guest have a virtual function of it?  They end with their physical function, under a
 * running guest (xen-pciback: "removing device ... while still in-use by domain"), so there is no
 * override.  holders: of inuse_of() or inuse_vf_guests().  Errors: XV_REFUSED.
 */
int check_vf_guests(struct bdf bdf, const struct holder *holders, size_t n, struct err *e);

#endif
