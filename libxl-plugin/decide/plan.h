/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan is data: ordered steps, each with its undo, that can be printed (--dry-run),
 * applied and rolled back (apply.h).
 */
#ifndef XVTD_PLAN_H
#define XVTD_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json.h"
#include "driver/driver.h"
#include "xen/guest_pci.h"

enum step_kind {
    STEP_LOAD,      /* load xen-pciback */
    STEP_TAKE,      /* from its driver into pciback */
    STEP_ATTACH,    /* into the domain */
    STEP_DETACH,    /* out of the domain */
    STEP_RETURN,    /* from pciback to its native driver */
    STEP_RESET,     /* where the device can */
    STEP_CLEAR,     /* what a domain that has not got it has left of it */
    STEP_KEEP,      /* let the domain have an IOMMU after a migration or a reboot too */
    STEP_REMEMBER,  /* the devices into the manifest */
    STEP_FORGET,    /* those that are back out of it */
    STEP_MIGRATE,   /* the domain to another host: not by plan_apply(), but migrate.c */
};

enum step_status {
    STEP_WAITING,
    STEP_DONE,
    STEP_ALREADY,   /* it was so: nothing to do, nothing to undo */
    STEP_UNDONE,
    STEP_PENDING,   /* asked for, not yet acknowledged */
    STEP_FAILED,
    STEP_SKIPPED,   /* an earlier step of the same device did not succeed */
};

struct step {
    enum step_kind kind;
    struct guest_pci pci;           /* which function, and where in the guest */
    struct driver_state native;     /* TAKE: what had it; RETURN: what gets it */
    struct driver_state before;     /* RETURN: pciback, and the override beside it */
    bool interface_up;              /* TAKE: its network interface was up */
    unsigned allow;                 /* ATTACH: the overrides to be kept with the device */
    bool back;                      /* DETACH: the undo is to attach it again, as it was */
    bool rebind;                    /* RETURN: false leaves it without a driver */
    bool open;                      /* begun, and neither done nor undone: what recover looks at */
    char domain[128];               /* whose, where a plan is about several; else "" */
    enum step_status status;
    char message[256];              /* for people, when there is something to say */
};

struct plan {
    struct step *steps;
    size_t n;
};

/* Adds a step and returns it, or NULL when out of memory. */
struct step *plan_add(struct plan *plan, enum step_kind kind, const struct guest_pci *pci);

/* Adds a copy of a step. */
int plan_copy(struct plan *plan, const struct step *step, struct err *e);
void plan_clear(struct plan *plan);

/* Sets the step's message, cut where it is too long. */
void step_say(struct step *step, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "attach"; and back, false for a word that is none. */
const char *step_word(enum step_kind kind);
bool step_kind_of(const char *word, enum step_kind *ret);

/* True for a step that is about the whole host or guest, not about a function. */
bool step_is_general(const struct step *step);

/* True for two attaches to one slot of one guest, which comes and goes as a whole. */
bool step_share_slot(const struct step *a, const struct step *b);

/* What the step does and how it would be undone, for people. */
void step_describe(const struct step *step, const char *domain, char *text, size_t text_size,
                   char *undo, size_t undo_size);

/* --dry-run: one numbered line a step, or objects in the open array "plan". */
void plan_print(const struct plan *plan, const char *domain);
/*
 * One step as an object in the open array "plan" (report_begin()).  back: it is to be undone,
 * not made.
 */
void step_json(const struct step *step, const char *domain, bool back, struct json *json);
void plan_json(const struct plan *plan, const char *domain, struct json *json);

#endif
