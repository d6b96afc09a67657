/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "library/internal.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/this_machine.h"
#include "change/guest_steps.h"

const char *xvtd_version(void)
{
    return XVTD_VERSION;
}

void ctx_note(const char *kind, const char *object, const char *text, void *user)
{
    const struct xvtd_ctx *ctx = user;

    if (ctx->note)
        ctx->note(kind, object, text, ctx->note_user);
}

struct xvtd_ctx *xvtd_new(unsigned flags)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct xvtd_ctx *ctx = calloc(1, sizeof(*ctx));

    if (!ctx || pthread_once(&once, guest_steps_register)) {
        free(ctx);
        return NULL;
    }
    ctx->flags = flags;
    ctx->x = (struct xvtd){ .name = "xvtd", .json = true, .quiet = true };
    return ctx;
}

void xvtd_free(struct xvtd_ctx *ctx)
{
    if (!ctx)
        return;
    root_close(ctx->x.root);
    free(ctx->program);
    free(ctx);
}

int xvtd_set_program(struct xvtd_ctx *ctx, const char *path)
{
    char *copy = path ? strdup(path) : NULL;

    ctx->e.code = XV_OK;
    if (path && !copy)
        return ctx_end(ctx, err_nomem(&ctx->e));
    free(ctx->program);
    ctx->program = copy;
    return XVTD_OK;
}

void xvtd_set_notes(struct xvtd_ctx *ctx, xvtd_note_fn *note, void *user)
{
    ctx->note = note;
    ctx->note_user = user;
}

int xvtd_error_code(const struct xvtd_ctx *ctx)
{
    return (int)ctx->e.code;
}

const char *xvtd_error_kind(const struct xvtd_ctx *ctx)
{
    return ctx->e.code ? ctx->e.kind : "ok";
}

const char *xvtd_error_object(const struct xvtd_ctx *ctx)
{
    return ctx->e.code ? ctx->e.object : "";
}

const char *xvtd_error_message(const struct xvtd_ctx *ctx)
{
    return ctx->e.code ? ctx->e.message : "";
}

const char *xvtd_error_hint(const struct xvtd_ctx *ctx)
{
    return ctx->e.code ? ctx->e.hint : "";
}

int ctx_begin(struct xvtd_ctx *ctx)
{
    ctx->e.code = XV_OK;
    return ctx->x.root ? 0 : host_open(&ctx->x.root, &ctx->e);
}

int ctx_end(struct xvtd_ctx *ctx, int r)
{
    if (!r)
        ctx->e.code = XV_OK;
    else if (!ctx->e.code)
        ctx->e.code = XV_FAILED;
    return (int)ctx->e.code;
}

/* The receiver of notes, if the caller has set none. */
static const struct xvtd_listener *listener(struct xvtd_ctx *ctx, struct xvtd_listener *room)
{
    *room = (struct xvtd_listener){ .note = ctx_note, .user = ctx };
    return room;
}

int ctx_run(struct xvtd_ctx *ctx, const struct cli_args *args, struct xvtd_doc **ret,
            struct err *e)
{
    const struct xvtd_listener *before = ctx->x.listener;
    struct xvtd_listener room;
    struct err failed;
    int r;

    if (!before)
        ctx->x.listener = listener(ctx, &room);
    ctx->x.doc_complete = false;
    r = args->command->run(&ctx->x, args, e);
    if (ret && ctx->x.doc && (!r || ctx->x.doc_complete)) {
        int taken = answer_take(ctx->x.doc, ret, &failed);

        if (taken && !r) {
            r = taken;
            *e = failed;
        }
    }
    ctx->x.listener = before;
    ctx->x.doc = json_free(ctx->x.doc);
    ctx->x.hv = hv_close(ctx->x.hv);
    return r;
}
