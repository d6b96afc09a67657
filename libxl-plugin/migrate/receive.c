/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "migrate/receive.h"

#include <errno.h>
#include <string.h>

#include "base/lock.h"
#include "base/state_file.h"
#include "change/restore.h"
#include "engine/report.h"
#include "migrate/wire.h"

/* How long other commands for the guest wait: as long as the first host. */
#define HOLD_MS 300000

static int read_maps(struct xvtd *x, const struct order *order, struct maps *maps, struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < order->n_maps; i++)
        r = maps_add(maps, x, order->maps[i], e);
    return r;
}

/* The order's guest if it runs here, under any name; or NULL. */
static const struct hv_domain *find_guest(const struct hv_domain *domains, size_t n,
                                          const char *uuid)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(domains[i].uuid, uuid))
            return &domains[i];
    return NULL;
}

static int add_result(struct plan *plan, const struct manifest_device *d,
                      const struct restore_request *request, struct err *e)
{
    struct step *step = plan_guest(plan, STEP_ATTACH, NULL, &d->pci);

    if (!step)
        return err_nomem(e);
    step->bdf = request->failed ? d->dev.was : d->dev.bdf;
    step->status = request->failed ? STEP_FAILED : STEP_ALREADY;
    step_say(step, "%s", request->failed ? request->why.message : "free for it");
    return 0;
}

static int check(struct xvtd *x, struct manifest *m, const struct maps *maps, struct err *e)
{
    CLEANUP(plan_clear) struct plan plan = { .n = 0 };
    AUTO_FREE struct restore_request *requests = calloc(m->n, sizeof(*requests));
    AUTO_FREE struct hv_domain *domains = NULL;
    size_t n = 0;
    int r = requests ? hv_domains(x->hv, &domains, &n, e) : err_nomem(e);

    for (size_t i = 0; !r && i < n; i++)
        if (!strcmp(domains[i].uuid, m->uuid) || !strcmp(domains[i].name, m->name))
            r = err_set(e, XV_REFUSED, EEXIST, "there is a guest '%s' already, with UUID %s",
                        domains[i].name, domains[i].uuid);
    if (!r)
        r = restore_expect(x, m, maps, requests, e);
    for (size_t i = 0; !r && i < m->n; i++)
        r = add_result(&plan, &m->devices[i], &requests[i], e);
    report_there(x, &plan);
    return r;
}

/* An older manifest of this guest on this host is void. */
static int keep(struct xvtd *x, struct manifest *m, struct err *e)
{
    AUTO_CLOSE int folder = -1; /* created if the host has none */
    int r = state_open(x->root, NULL, &folder, e);

    if (!r)
        r = manifest_file(m, x->root, NULL, m->uuid, e);
    return r ? r : manifest_replace(m, x->root, e);
}

static int restore(struct xvtd *x, const struct manifest *m, const struct maps *maps,
                   struct err *e)
{
    AUTO_FREE struct hv_domain *domains = NULL;
    const struct hv_domain *dom;
    size_t n = 0;
    int r = hv_domains(x->hv, &domains, &n, e);

    if (r)
        return r;
    dom = find_guest(domains, n, m->uuid);
    if (!dom)
        return err_set(e, XV_NOT_FOUND, ENOENT, "the guest has not arrived");
    if (strcmp(dom->name, m->name))
        return err_set(e, XV_REFUSED, EBUSY, "the guest still has the name '%s'", dom->name);
    locks_announce(HOLD_MS);
    return restore_one(x, dom, true, NULL, maps, e);
}

static int drop(struct xvtd *x, struct manifest *m, struct err *e)
{
    int r = manifest_file(m, x->root, NULL, m->uuid, e);

    if (!r)
        r = manifest_remove(m, x->root, e);
    return r == -ENOENT ? 0 : r;
}

static int carry_out(struct xvtd *x, struct order *order, struct err *e)
{
    struct maps maps = { .n = 0 };
    int r = xvtd_hv(x, e);

    if (!r)
        r = read_maps(x, order, &maps, e);
    if (!r && order->kind == ORDER_CHECK)
        r = check(x, &order->manifest, &maps, e);
    else if (!r && order->kind == ORDER_KEEP)
        r = keep(x, &order->manifest, e);
    else if (!r && order->kind == ORDER_RESTORE)
        r = restore(x, &order->manifest, &maps, e);
    else if (!r)
        r = drop(x, &order->manifest, e);
    maps_clear(&maps);
    return r;
}

/* Reads a line and writes a line; the answer is what reports put into x->doc. */
static int answer(struct xvtd *x, const char *line, size_t len, FILE *out, struct err *e)
{
    struct order order = { .n_maps = 0 };
    struct err why;
    int r;

    r = order_read(line, len, &order, &why);
    x->doc = answer_begin(order.version);
    if (!x->doc) {
        order_clear(&order);
        return err_nomem(e);
    }
    report_begin(x);
    if (!r)
        r = carry_out(x, &order, &why);
    order_clear(&order);
    report_end(x);
    if (r)
        json_error(x->doc, &why);
    r = json_write(x->doc, out, e);
    x->doc = json_free(x->doc);
    return r;
}

int receive_orders(struct xvtd *x, FILE *in, FILE *out, struct err *e)
{
    AUTO_FREE char *line = malloc(WIRE_ORDER_MAX + 1);
    int r = 0;

    if (!line)
        return err_nomem(e);
    x->json = x->quiet = true; /* its texts are not printed */
    while (!r && fgets(line, WIRE_ORDER_MAX + 1, in)) {
        size_t len = strlen(line);

        if (!len || line[len - 1] != '\n')
            return err_set(e, XV_REFUSED, EBADMSG, "an order that is not one line of at most "
                           "%u bytes", WIRE_ORDER_MAX);
        r = answer(x, line, len, out, e);
    }
    return r;
}
