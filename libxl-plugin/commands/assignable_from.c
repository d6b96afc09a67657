/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/assignable_from.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "assignable/assignable_file.h"
#include "base/audit.h"
#include "base/document.h"
#include "base/out.h"
#include "base/stop.h"
#include "change/operation.h"
#include "driver/sriov.h"
#include "engine/report.h"

struct from {
    struct xvtd *x;
    const char *path;
    unsigned allow;
    struct assignable_line *lines;
    size_t n;
    size_t failed;
    bool makes_vfs;
};

/* The user's operand, whatever the line has. */
static int check_identity(const struct root *root, const struct assignable_line *l, struct bdf bdf,
                          struct err *e)
{
    char want[IDENTITY_TEXT_MAX], have[IDENTITY_TEXT_MAX];
    struct identity here;
    struct err ignored;
    struct bdf other;
    size_t n = 0;
    int r;

    if (!l->has_identity)
        return 0;
    r = identity_read(root, bdf, &here, e);
    if (r || identity_equal(&here, &l->identity))
        return r;
    identity_format(&l->identity, want);
    identity_format(&here, have);
    r = err_on(e, XV_REFUSED, EXDEV, BDF_STR(bdf), "this is not the device that the line describes: "
               "%s instead of %s", have, want);
    err_kind(e, "renumbered");
    if (!identity_find(root, &l->identity, &other, &n, &ignored) && n == 1)
        err_hint(e, "that device is now at %s", BDF_STR(other));
    else if (!n)
        err_hint(e, "this host does not have that device");
    return r;
}

static int open_line(struct from *f, const struct assignable_line *l, struct operation *op,
                     struct err *e)
{
    char *operand = (char *)l->device;
    struct cli_args one = { .operands = &operand, .n_operands = 1 };
    AUTO_FREE struct bdf_pattern *patterns = NULL;
    size_t n = 0;
    int r = operation_patterns(f->x, &one, 0, &patterns, &n, e);

    if (!r)
        r = operation_open(op, f->x, NULL, patterns, n, e);
    for (size_t i = 0; !r && i < op->n_bdfs; i++)
        r = check_identity(f->x->root, l, op->bdfs[i], e);
    return r;
}

/* Reports a row that belongs to no plan. */
static void tell(struct xvtd *x, const char *device, const char *status, const char *message)
{
    if (x->doc) {
        json_object(x->doc, NULL);
        document_result(x->doc, device, status, 0, 0, message);
        json_end_object(x->doc);
    } else if (!x->json && !x->quiet) {
        out_line("%s: %s", device, message);
    }
}

/* The existing virtual functions: if a guest has one, the error names it. */
static int name_vf_guest(const struct operation *op, int r, struct err *e)
{
    const struct fn_facts *fn = facts_fn(&op->facts, op->bdfs[0]);
    struct err guest;

    if (strcmp(e->kind, "vfs") || !check_vf_guests(fn->bdf, fn->holders, fn->n_holders, &guest))
        return r;
    *e = guest;
    return -EBUSY;
}

static int make_vfs(struct from *f, const struct assignable_line *l, struct operation *op,
                    struct err *e)
{
    char message[64];
    bool made = false;
    int r = open_line(f, l, op, e);

    if (!r && op->n_bdfs != 1)
        r = err_on(e, XV_USAGE, EINVAL, l->device, "vfs= is for one function");
    if (r)
        return r;
    if (f->x->dry_run) {
        r = sriov_check(f->x->root, op->bdfs[0], l->vfs, &made, e);
        if (!r && made)
            out_line("have %s make %u virtual functions", BDF_STR(op->bdfs[0]), l->vfs);
        return r ? name_vf_guest(op, r, e) : 0;
    }
    r = sriov_make(f->x->root, op->bdfs[0], l->vfs, &made, e);
    if (r)
        return name_vf_guest(op, r, e);
    snprintf(message, sizeof(message), "%s%u virtual function%s%s", made ? "" : "already ", l->vfs,
             l->vfs == 1 ? "" : "s", made ? " made" : "");
    audit(f->x, &(struct audit){ .device = BDF_STR(op->bdfs[0]), .message = message,
                                 .result = made ? "done" : "already" });
    tell(f->x, BDF_STR(op->bdfs[0]), made ? "done" : "already", message);
    return 0;
}

static int take(struct from *f, const struct assignable_line *l, struct operation *op,
                struct err *e)
{
    int r = open_line(f, l, op, e);

    op->one_of_many = true;
    if (l->vf.has && ((l->has_bdf && l->bdf.all) || (!r && op->n_bdfs != 1)))
        return err_set(e, XV_USAGE, EINVAL, "%s: these settings are for one function",
                       VF_SETTINGS_STR(&l->vf));
    if (r == -ENODEV && f->makes_vfs && f->x->dry_run) {
        out_line("take %s, a virtual function still to be made%s%s", l->device,
                 l->vf.has ? ", with " : "", VF_SETTINGS_STR(&l->vf));
        return 0;
    }
    return r ? r : operation_take(op, f->allow, l->vf.has ? &l->vf : NULL, e);
}

/* Gives the virtual functions that no line has taken to dom0's drivers. */
static int leave_rest(struct from *f, const struct assignable_line *l, struct operation *op,
                      struct err *e)
{
    int r = f->x->dry_run ? 0 : open_line(f, l, op, e);

    return r || !op->n_bdfs ? r : sriov_probe(f->x->root, op->bdfs[0], e);
}

/* Runs each line in turn.  The caller gets the first error; the others become notes. */
static void each(struct from *f, bool with_vfs,
                 int (*run)(struct from *f, const struct assignable_line *l, struct operation *op,
                            struct err *e),
                 struct err *first)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct assignable_line *l = &f->lines[i];
        struct operation op = { .x = NULL };
        struct err e;

        if ((l->vfs > 0) != with_vfs)
            continue;
        if (stop_requested()) {
            if (!f->failed++)
                err_set(first, XV_INCOMPLETE, EINTR, "%s:%u: stopped before this line", f->path,
                        l->line);
            break;
        }
        if (run(f, l, &op, &e)) {
            if (f->x->doc)
                tell(f->x, l->device, "failed", e.message);
            err_prefix(&e, "%s:%u", f->path, l->line);
            if (f->failed++)
                xvtd_note(f->x, e.kind, e.object, "%s", e.message);
            else
                *first = e;
        }
        operation_close(&op);
    }
}

int assignable_add_from(struct xvtd *x, const char *path, unsigned allow, struct err *e)
{
    struct from f = { .x = x, .path = path, .allow = allow };
    char full[PATH_MAX * 2] = "", here[PATH_MAX];
    int r;

    if (*path != '/' && getcwd(here, sizeof(here)))
        snprintf(full, sizeof(full), "%s/%s", here, path);
    r = assignable_file_read(x->root, *full ? full : path, &f.lines, &f.n, e);

    if (!r)
        r = xvtd_hv(x, e);
    if (!r && x->dry_run && x->json)
        r = err_set(e, XV_USAGE, EINVAL, "--from has no plan as JSON: each line has its own");
    for (size_t i = 0; i < f.n; i++)
        f.makes_vfs |= f.lines[i].vfs > 0;
    if (!r) {
        if (!x->dry_run)
            report_begin(x);
        each(&f, true, make_vfs, e);
        each(&f, false, take, e);
        each(&f, true, leave_rest, e);
        if (!x->dry_run)
            report_end(x);
    }
    free(f.lines);
    if (r || !f.failed)
        return r;
    e->code = XV_INCOMPLETE;
    return -EIO;
}
