/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the library. */
#ifndef XVTD_LIBRARY_INTERNAL_H
#define XVTD_LIBRARY_INTERNAL_H

#include "base/cli.h"
#include "base/json_in.h"
#include "change/undo.h"
#include "library/xvtd.h"
#include "session/xvtd.h"

struct xvtd_ctx {
    struct xvtd x;      /* its root stays open; its hypervisor and its document do not */
    unsigned flags;
    struct err e;       /* of the last call; code 0: none */
    char kind[48];      /* e.kind, if the error came from another process */
    char *program;      /* NULL: the installed one */
    xvtd_note_fn *note;
    void *note_user;
};

/* Begins a call: clears the last error and opens the host's files. */
int ctx_begin(struct xvtd_ctx *ctx);

/* Gives a note to the receiver, if there is one.  user: the context. */
void ctx_note(const char *kind, const char *object, const char *text, void *user);

/* Ends a call: turns r (0 or a negative errno, with ctx->e filled) into the return value. */
int ctx_end(struct xvtd_ctx *ctx, int r);

/*
 * Runs a command in this process to get its document.  *ret (if ret is not NULL) is the document,
 * also that of a failure if there is one, else NULL.
 */
int ctx_run(struct xvtd_ctx *ctx, const struct cli_args *args, struct xvtd_doc **ret,
            struct err *e);

/* Takes over the finished document of a program. */
int answer_take(struct json *json, struct xvtd_doc **ret, struct err *e);
int answer_parse(const char *text, size_t len, struct xvtd_doc **ret, struct err *e);

struct xvtd_plan {
    struct xvtd_ctx *ctx;
    const struct cli_command *command;
    char **operands, **options;     /* NULL-terminated */
    bool applied;
    struct xvtd_doc *read;          /* the steps that were read, or NULL */
    size_t n_agreed;                /* how many of its steps have run */
    struct undo undo;
    struct helper *helper;          /* or NULL */
    xvtd_step_fn *step;             /* of the call that is under way */
    xvtd_cancel_fn *cancel;
    void *user;
};

/* What can be done with a plan. */
enum plan_do { PLAN_READ, PLAN_APPLY, PLAN_ROLL_BACK };

/* Does the command have these options, and accept so many operands? */
int plan_check(const struct xvtd_plan *plan, struct err *e);

/* Does it here, or in the plan's own process, which is started if needed. */
int plan_here(struct xvtd_plan *plan, enum plan_do what, struct xvtd_doc **ret, struct err *e);
int plan_there(struct xvtd_plan *plan, enum plan_do what, struct xvtd_doc **ret, struct err *e);

#endif
