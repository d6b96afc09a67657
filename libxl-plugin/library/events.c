/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events, from a process of its own that runs `xvtd watch`. */
#include "library/internal.h"

#include <errno.h>

#include "library/helper.h"

#define READY_MS 30000

struct xvtd_events {
    struct xvtd_ctx *ctx;
    struct helper *helper;
};

/* The next event, or the reason why there are no more. */
static int read_event(const char *line, size_t len, struct xvtd_doc **ret, struct err *e)
{
    const struct xvtd_value *error;
    struct xvtd_doc *doc;
    int r = answer_parse(line, len, &doc, e);

    if (r)
        return r;
    error = xvtd_get(xvtd_doc_top(doc), "error");
    if (!error) {
        *ret = doc;
        return 0;
    }
    r = err_set(e, XV_CANNOT, EPIPE, "%s", xvtd_str(error, "message"));
    xvtd_doc_free(doc);
    return r;
}

/* Waits for its first line: no later event is missed. */
static int await_ready(struct xvtd_events *events, struct err *e)
{
    struct xvtd_doc *first = NULL;
    const char *line;
    size_t len;
    int r = helper_hear(events->helper, READY_MS, &line, &len, e);

    if (!r && !line)
        r = err_set(e, XV_CANNOT, ETIMEDOUT, "xvtd: it does not begin to watch");
    if (!r)
        r = read_event(line, len, &first, e);
    xvtd_doc_free(first);
    return r;
}

int xvtd_events_new(struct xvtd_ctx *ctx, struct xvtd_events **ret)
{
    static const char *const words[] = { "xvtd", "--json", "watch", "--ready", NULL };
    struct xvtd_events *events = calloc(1, sizeof(*events));
    int r = events ? 0 : err_nomem(&ctx->e);

    *ret = NULL;
    ctx->e.code = r ? ctx->e.code : XV_OK;
    if (!r)
        r = helper_start(&events->helper, ctx->program, words, &ctx->e);
    if (!r)
        r = await_ready(events, &ctx->e);
    if (r) {
        if (events)
            helper_end(events->helper, true);
        free(events);
        return ctx_end(ctx, r);
    }
    events->ctx = ctx;
    *ret = events;
    return XVTD_OK;
}

void xvtd_events_free(struct xvtd_events *events)
{
    if (!events)
        return;
    helper_end(events->helper, true);
    free(events);
}

int xvtd_events_fd(const struct xvtd_events *events)
{
    return helper_fd(events->helper);
}

int xvtd_events_next(struct xvtd_events *events, struct xvtd_doc **ret)
{
    struct xvtd_ctx *ctx = events->ctx;
    const char *line;
    size_t len;
    int r;

    *ret = NULL;
    ctx->e.code = XV_OK;
    r = helper_hear(events->helper, 0, &line, &len, &ctx->e);
    if (!r && line)
        r = read_event(line, len, ret, &ctx->e);
    return ctx_end(ctx, r);
}
