/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the library share. */
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
    char kind[48];      /* e.kind, where it came from another process */
    char *program;      /* NULL: the installed one */
    xvtd_note_fn *note;
    void *note_user;
};

/* Begins a call: forgets the last error, and opens the host's files. */
int ctx_begin(struct xvtd_ctx *ctx);

/* Ends one: what it returns, r being 0 or a negative errno, with ctx->e filled. */
int ctx_end(struct xvtd_ctx *ctx, int r);

/*
 * Runs a command in this process, for its document alone.  *ret, unless ret is NULL: that, also
 * of a failure that has one; else NULL.
 */
int ctx_run(struct xvtd_ctx *ctx, const struct cli_args *args, struct xvtd_doc **ret,
            struct err *e);

/* The document that a program has made, which is closed. */
int answer_take(struct json *json, struct xvtd_doc **ret, struct err *e);
int answer_parse(const char *text, size_t len, struct xvtd_doc **ret, struct err *e);

struct xvtd_plan {
    struct xvtd_ctx *ctx;
    const struct cli_command *command;
    char **operands, **options;     /* each ends with NULL */
    bool applied;
    struct xvtd_doc *read;          /* what was told of it, or NULL */
    size_t n_agreed;                /* how many of its steps have had their turn */
    struct undo undo;
    struct helper *helper;          /* or NULL */
    xvtd_step_fn *step;             /* of the call that is under way */
    xvtd_cancel_fn *cancel;
    void *user;
};

/* What is asked of a plan. */
enum plan_do { PLAN_READ, PLAN_APPLY, PLAN_ROLL_BACK };

/* Are there such options, and as many operands as there have to be? */
int plan_check(const struct xvtd_plan *plan, struct err *e);

/* Does it here, or in the process that it has, or gets, for this. */
int plan_here(struct xvtd_plan *plan, enum plan_do what, struct xvtd_doc **ret, struct err *e);
int plan_there(struct xvtd_plan *plan, enum plan_do what, struct xvtd_doc **ret, struct err *e);

#endif
