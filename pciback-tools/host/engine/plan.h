/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan is data: ordered steps that can be printed (--dry-run), written down (journal.h),
 * applied and undone (apply.h).
 *
 * Each kind of step has one row.  host_steps.c has the rows of the host; each program registers
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

/* The names of the rows, in any order. */
enum step_kind {
    STEP_LOAD,      /* load the module of the driver that holds devices for guests */
    STEP_TAKE,      /* from its driver into pciback */
    STEP_RETURN,    /* from pciback to its native driver */
    STEP_BIND,      /* to any driver that holds functions for guests; for pciback-bind */
    STEP_UNBIND,    /* from such a driver to the native one */
    STEP_OWNER,     /* give dev/vfio/GROUP to a user */
    STEP_RESET,     /* if the device has a reset */
    STEP_RESET_CARD, /* all functions below a bridge at once */
    STEP_CONFIGURE, /* settings of a virtual function, at its physical one */
    STEP_PUT_BACK,  /* the values that it had before them */
    STEP_ATTACH,    /* into the domain */
    STEP_DETACH,    /* out of the domain */
    STEP_CLEAR,     /* clear leftovers in a domain that does not have it */
    STEP_KEEP,      /* keep the domain's IOMMU after a migration or a reboot too */
    STEP_REMEMBER,  /* write the devices to the manifest */
    STEP_FORGET,    /* remove devices that are back from it */
    STEP_MIGRATE,   /* the domain to another host */
    STEP_UNKNOWN,   /* unknown, in a journal of another program or version */
    STEP_KINDS
};

enum step_status {
    STEP_WAITING,
    STEP_DONE,
    STEP_ALREADY,   /* nothing to do, nothing to undo */
    STEP_UNDONE,
    STEP_PENDING,   /* requested, not yet acknowledged */
    STEP_FAILED,
    STEP_SKIPPED,   /* an earlier step of the same device failed */
};

#define STEP_ROOM 640   /* size of the data of one kind of step */

struct step {
    enum step_kind kind;
    struct bdf bdf;                 /* with SCOPE_FUNCTION */
    enum step_status status;
    bool open;                      /* begun, not done or undone: `recover` looks at it */
    bool final;                     /* it cannot be undone */
    char message[256];              /* a message for people, or "" */
    _Alignas(8) unsigned char room[STEP_ROOM];
};

/* Defines an accessor TYPE *NAME(step) for the data of some kinds of steps; zero in a new step. */
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

/* Texts for people. */
struct step_text {
    char object[160];               /* "0000:02:00.0" */
    char what[256];                 /* "take 0000:02:00.0 from driver e1000e to pciback" */
    char undo[192];                 /* "give it back to e1000e" */
};

struct step_row {
    enum step_kind kind;
    const char *word;               /* in plans and journals */
    enum step_scope scope;
    bool gate;                      /* if it fails, the later steps are pointless */
    bool anew;                      /* undo it if half done, before it is made again */
    bool aside;                     /* another step of its function tells the result */

    /* Reads what the undo needs, before anything is changed; or NULL. */
    int (*prepare)(const struct apply *a, struct step *step, struct err *e);
    /*
     * Returns with the steps' status DONE or PENDING, or fails.  n is 1 unless together() returns
     * true.  NULL for a kind that plan_apply() does not carry out.
     */
    int (*apply)(const struct apply *a, struct step *const *steps, size_t n, struct err *e);
    /* Inspects the current state, so it works after a half-failed step; NULL: nothing to undo. */
    int (*undo)(const struct apply *a, struct step *step, struct err *e);
    /* Called before recover makes it again; may set another status.  NULL: no look. */
    int (*again)(const struct apply *a, struct step *step, struct err *e);

    /* Can one apply() make both? NULL: no. */
    bool (*together)(const struct step *a, const struct step *b);
    /* Must both move together, though each is made alone? NULL: no. */
    bool (*tied)(const struct step *a, const struct step *b);

    void (*describe)(const struct step *step, struct step_text *ret);
    /*
     * The result, DONE or ALREADY, in a sentence.  NULL: the step's message, or for a step
     * without a function, nothing.
     */
    void (*tell)(const struct step *step, char *buf, size_t size);
    /* Writes the members "vslot" and "vfunc" of its result, and more.  NULL: it has no slot. */
    void (*result)(const struct step *step, const struct root *root, struct json *json);

    /* Writes its data to the open object of a journal; and reads it, false if it is malformed. */
    void (*put)(const struct step *step, struct json *json);
    bool (*take)(struct step *step, const struct json_value *v);
    /* Writes newly found data to a line of a journal; and reads it.  NULL: nothing. */
    void (*put_mark)(const struct step *step, char *buf, size_t size);
    bool (*take_mark)(struct step *step, const struct json_value *v);
};

/* Registers rows; the caller keeps them valid. */
void step_rows_register(const struct step_row *rows, size_t n);

const struct step_row *step_row(const struct step *step);

/* The kind of this word, or STEP_UNKNOWN. */
enum step_kind step_kind_of(const char *word);

static inline bool step_is_function(const struct step *step)
{
    return step_row(step)->scope == SCOPE_FUNCTION;
}

/* Are both about one function? */
bool step_same_function(const struct step *a, const struct step *b);

bool step_tied(const struct step *a, const struct step *b);

/* Adds a step and returns it, or NULL when out of memory. */
struct step *plan_add(struct plan *plan, enum step_kind kind, struct bdf bdf);

/* Adds a copy of a step. */
int plan_copy(struct plan *plan, const struct step *step, struct err *e);
void plan_clear(struct plan *plan);

/* Is a step still waiting? */
bool plan_changes(const struct plan *plan);

/* Sets the step's message, cut if it is too long. */
void step_say(struct step *step, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Sets it to the error's message, without the function, which is shown beside it. */
void step_say_err(struct step *step, const struct err *e);

void step_describe(const struct step *step, struct step_text *ret);

/* --dry-run: one numbered line a step, or objects in the open array "plan". */
void plan_print(const struct plan *plan);
void plan_json(const struct plan *plan, struct json *json);

/* Writes one step as an object of the open array "plan".  back: it is to be undone, not made. */
void step_json(const struct step *step, bool back, struct json *json);

#endif
