/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One operation on devices, from operands to report: what all commands that move devices share
 * around their own decision.
 */
#ifndef XVTD_OPERATION_H
#define XVTD_OPERATION_H

#include "base/lock.h"
#include "change/guest_steps.h"
#include "decide/decide.h"
#include "decide/facts.h"
#include "engine/apply.h"
#include "pci/inventory.h"
#include "session/xvtd.h"

struct operation {
    struct xvtd *x;
    struct inventory *inv;
    struct groups *groups;      /* NULL until operation_groups() */
    struct locks *locks;
    struct facts facts;
    struct bdf *bdfs;           /* every function that the operands name, without duplicates */
    size_t n_bdfs;
    struct driver_state *natives; /* the driver on record of each, if asked for */
    struct plan plan;
    const struct hv_domain *other; /* a second domain to be locked; set before operation_open() */
    struct manifest *manifest;  /* of eject and restore, or NULL */
    struct plan told;           /* only for the report: devices that could not be planned */
    bool one_of_many;           /* the caller begins and ends the report */
    bool left;                  /* journals of other commands are left */
    bool only_look;             /* no locks: the command changes nothing */
};

/*
 * Reads the host's functions and co-assignment groups, for decisions that depend on them: those of
 * the functions that the patterns name, or all where patterns is NULL.  To be called before
 * operation_open(), on a struct that is zero.
 */
int operation_groups(struct operation *op, struct xvtd *x, const struct bdf_pattern *patterns,
                     size_t n, struct err *e);

/*
 * Opens the hypervisor, finds the functions that the patterns name, takes their locks and the
 * domain's (not for --dry-run), and gathers the facts.  dom: the operand DOMAIN, or NULL; it is
 * resolved once, and later found by number and UUID.  *op is zero, or from operation_groups().  The
 * caller calls operation_close() in any case.
 */
int operation_open(struct operation *op, struct xvtd *x, const char *dom,
                   const struct bdf_pattern *patterns, size_t n, struct err *e);

/* The same for a domain that is already resolved, or NULL. */
int operation_open_guest(struct operation *op, struct xvtd *x, const struct hv_domain *dom,
                         const struct bdf_pattern *patterns, size_t n, struct err *e);

/* Looks up the driver on record for each function, into op->natives. */
int operation_natives(struct operation *op, struct err *e);

/* How to carry out a plan, and how `recover` ends it after an interruption. */
struct operation_how {
    const char *command;        /* "assignable add", for people */
    enum journal_policy policy;
    enum apply_mode mode;
    unsigned timeout_ms;        /* how long a guest may take to release a device */
    bool force;                 /* take the device away when that time is over */
};

/* Prints the plan (--dry-run), or applies it with a journal and reports each function. */
int operation_run(struct operation *op, const struct operation_how *how, struct err *e);

/*
 * `assignable add` of op->bdfs, each with its settings (vf[i]; NULL for none), from its decision on.
 */
int operation_take(struct operation *op, unsigned allow, const struct vf_settings *vf,
                   struct err *e);

/* The apply.h context of this operation; valid as long as op and *guest. */
struct apply operation_context(struct operation *op, struct guest_side *guest);

/* What a journal records of a function, and with op->manifest all that a manifest has. */
int operation_device(struct operation *op, const struct fn_facts *fn, struct remembered *ret,
                     struct err *e);

/*
 * Takes the locks of op->bdfs and of domains (n UUIDs, ascending), and lists the running domains
 * into op->facts.
 */
int operation_lock(struct operation *op, const char *const *uuids, size_t n, struct err *e);

void operation_close(struct operation *op);

/*
 * Warns of each device of the plan that changes owner without a reset, or refuses it
 * (decide_handover()).  strict: as if the policy required a reset.
 */
int operation_handover(struct operation *op, unsigned allow, bool strict, struct err *e);

/* Warns of what libvirt will not know, or will undo. */
int operation_libvirt(struct operation *op, struct err *e);

/* --allow=WORD options as bits of enum allow, each one of `known`.  Errors: XV_USAGE. */
int operation_allow(struct xvtd *x, const struct cli_args *args, int id, unsigned known,
                    unsigned *ret, struct err *e);

/* Reads operands from `first` on as patterns; the caller frees *ret. */
int operation_patterns(struct xvtd *x, const struct cli_args *args, size_t first,
                       struct bdf_pattern **ret, size_t *n, struct err *e);

/* The record of --strict-reset, which sets facts.policy.strict_reset. */
#define STRICT_OPTION \
    0, "strict-reset", CLI_NO_ARG, NULL, "refuse to give another guest a device without a reset"

/* The option --allow of a command, after its ID; words: the checks that the command can skip. */
#define ALLOW_OPTION(words) 0, "allow", CLI_ARG, "CHECK:" words, "switch off one safety check"

#endif
