/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Things that a plan allows and a person should know before. */
#ifndef XVTD_PLAN_NOTE_H
#define XVTD_PLAN_NOTE_H

#include <stddef.h>

#include "base/bdf.h"
#include "base/err.h"
#include "base/program.h"

struct plan_note {
    const char *kind;           /* static: "split-group", "no-reset", "irq" */
    struct bdf bdf;             /* the device */
    char message[400];          /* a clause */
};

struct plan_notes {
    struct plan_note *list;     /* freed with free() */
    size_t n;
};

/* Adds one, with its message.  Errors: -ENOMEM. */
int plan_note_add(struct plan_notes *notes, const char *kind, struct bdf bdf, struct err *e,
                  const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* For people: "warning: 0000:02:00.0: it may ...". */
struct note_text {
    char s[440];
};

struct note_text plan_note_text(const struct plan_note *note);

/* Prints and frees them. */
void plan_notes_tell(const struct xvtd *x, struct plan_notes *notes);

#endif
