/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan is data: ordered steps that can be printed (--dry-run), written down (journal.h),
 * applied and rolled back (apply.h).
 *
 * A kind of step is one row.  The rows of the host are in host_steps.c; each program registers
 * the rows that it needs.
 */
#ifndef XVTD_PLAN_H
#define XVTD_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bdf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_in.h"

struct apply;
struct root;

/* Names of the rows; their order means nothing. */
enum step_kind {
    STEP_LOAD,      /* load the module of the driver that holds devices for guests */
    STEP_TAKE,      /* from its driver into pciback */
    STEP_RETURN,    /* from pciback to its native driver */
    STEP_BIND,      /* to any driver that holds functions for guests; for pciback-bind */
    STEP_UNBIND,    /* back from there */
    STEP_OWNER,     /* /dev/vfio/GROUP to a user */
    STEP_RESET,     /* where the device can */
    STEP_ATTACH,    /* into the domain */
    STEP_DETACH,    /* out of the domain */
    STEP_CLEAR,     /* what a domain that has not got it has left of it */
    STEP_KEEP,      /* let the domain have an IOMMU after a migration or a reboot too */
    STEP_REMEMBER,  /* the devices into the manifest */
    STEP_FORGET,    /* those that are back out of it */
    STEP_MIGRATE,   /* the domain to another host */
    STEP_UNKNOWN,   /* in a journal of another program or version */
    STEP_KINDS
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

#define STEP_ROOM 640   /* for what one kind of step knows */

struct step {
    enum step_kind kind;
    struct bdf bdf;                 /* with SCOPE_FUNCTION */
    enum step_status status;
    bool open;                      /* begun, and neither done nor undone: what recover looks at */
    bool final;                     /* there is no way back from it */
    char message[256];              /* for people, when there is something to say */
    _Alignas(8) unsigned char room[STEP_ROOM];
};

/* Defines what a step of some kinds knows besides, zero in a new one: TYPE *NAME(step). */
#define STEP_PAYLOAD(type, name)                                        \
    static inline type *name(const struct step *step)                   \
    {                                                                   \
        _Static_assert(sizeof(type) <= STEP_ROOM, #type);               \
        return (type *)(uintptr_t)step->room;                           \
    }

struct plan {
    struct step *steps;
    size_t n;
};

enum step_scope { SCOPE_HOST, SCOPE_GUEST, SCOPE_FUNCTION };

/* For people. */
struct step_text {
    char object[160];               /* "0000:02:00.0" */
    char what[256];                 /* "take 0000:02:00.0 from driver e1000e to pciback" */
    char undo[192];                 /* "give it back to e1000e" */
};

struct step_row {
    enum step_kind kind;
    const char *word;               /* in plans and journals */
    enum step_scope scope;
    bool gate;                      /* when it fails, nothing that follows makes sense */
    bool anew;                      /* half done, it is undone before it is made again */

    /* Looks at what the undo has to know, before anything is changed; or NULL. */
    int (*prepare)(const struct apply *a, struct step *step, struct err *e);
    /*
     * Returns with the steps' status DONE or PENDING, or fails.  n is 1 unless together() says
     * more.  NULL for a kind that plan_apply() does not carry out.
     */
    int (*apply)(const struct apply *a, struct step *const *steps, size_t n, struct err *e);
    /*
     * Goes by what it finds, not by what apply() did, so that it is right after a step that
     * failed half-way too; NULL: there is nothing to undo.
     */
    int (*undo)(const struct apply *a, struct step *step, struct err *e);
    /* Right before it is made again (recover); may set another status.  NULL: no look. */
    int (*again)(const struct apply *a, struct step *step, struct err *e);

    /* May one apply() do both?  NULL: no. */
    bool (*together)(const struct step *a, const struct step *b);
    /* Do they come and go as one, made one by one?  NULL: no. */
    bool (*tied)(const struct step *a, const struct step *b);

    void (*describe)(const struct step *step, struct step_text *ret);
    /*
     * What became of it, DONE or ALREADY, in a sentence.  NULL: its message tells, or for a step
     * that is about no function, nothing.
     */
    void (*tell)(const struct step *step, char *buf, size_t size);
    /* Members "vslot" and "vfunc" of its result, and more.  NULL: it has no slot. */
    void (*result)(const struct step *step, const struct root *root, struct json *json);

    /* What it knows, in the open object of a journal; and back, false for what it cannot be. */
    void (*put)(const struct step *step, struct json *json);
    bool (*take)(struct step *step, const struct json_value *v);
    /* What it has come to know since, in a line of a journal; and back.  NULL: nothing. */
    void (*put_mark)(const struct step *step, char *buf, size_t size);
    bool (*take_mark)(struct step *step, const struct json_value *v);
};

/* Adds rows to those that are known; they stay where they are. */
void step_rows_register(const struct step_row *rows, size_t n);

const struct step_row *step_row(const struct step *step);

/* The kind of this word, or STEP_UNKNOWN. */
enum step_kind step_kind_of(const char *word);

static inline bool step_is_function(const struct step *step)
{
    return step_row(step)->scope == SCOPE_FUNCTION;
}

/* Both are about one function. */
bool step_same_function(const struct step *a, const struct step *b);

bool step_tied(const struct step *a, const struct step *b);

/* Adds a step and returns it, or NULL when out of memory. */
struct step *plan_add(struct plan *plan, enum step_kind kind, struct bdf bdf);

/* Adds a copy of a step. */
int plan_copy(struct plan *plan, const struct step *step, struct err *e);
void plan_clear(struct plan *plan);

/* Is there a step that waits? */
bool plan_changes(const struct plan *plan);

/* Sets the step's message, cut where it is too long. */
void step_say(struct step *step, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void step_describe(const struct step *step, struct step_text *ret);

/* --dry-run: one numbered line a step, or objects in the open array "plan". */
void plan_print(const struct plan *plan);
void plan_json(const struct plan *plan, struct json *json);

/* One step as an object in the open array "plan".  back: it is to be undone, not made. */
void step_json(const struct step *step, bool back, struct json *json);

#endif
