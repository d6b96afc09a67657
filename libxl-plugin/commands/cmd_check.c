/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check: can passthrough work, and what must be done first? */
#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "check/check_auto.h"
#include "check/check_error.h"
#include "check/check_facts.h"
#include "check/check_link.h"
#include "check/check_security.h"
#include "check/check_vf.h"
#include "check/explain.h"
#include "names/operand.h"
#include "session/device.h"
#include "session/domain.h"
#include "session/xvtd.h"

enum { O_DOMAIN = 1, O_EXPLAIN };

static const struct cli_option options[] = {
    { O_DOMAIN, 0, "domain", CLI_ARG, "DOMAIN", "check this guest; all operands are devices" },
    { O_EXPLAIN, 0, "explain", CLI_NO_ARG, NULL, "say why each problem matters" },
    { 0 },
};

/* Everything that one run looks at. */
struct check {
    struct xvtd *x;
    struct inventory *inv;
    struct groups *groups;
    bool no_xen;                /* NULL: there is none, or it does not answer: see why */
    struct err why;
    const char *dom;            /* the operand, or NULL */
    struct bdf *bdfs;
    size_t n_bdfs;
    struct facts facts;
    struct host_facts host;
    struct auto_devices autos;
    struct shared_cards cards;
    struct all_lost_settings lost;
    struct security security;
    struct fatal_errors errors;
    struct dead_links links;
    bool explain;
    struct device_facts *devices;
    struct group_warning *warnings;
    size_t n_warnings;
    struct findings found;
};

static void check_close(struct check *c)
{
    free(c->found.list);
    group_warnings_free(c->warnings, c->n_warnings);
    free(c->autos.list);
    free(c->cards.list);
    free(c->lost.list);
    free(c->security.ats);
    free(c->errors.list);
    free(c->links.list);
    free(c->devices);
    host_facts_clear(&c->host);
    facts_clear(&c->facts);
    free(c->bdfs);
    groups_close(c->groups);
    inventory_close(c->inv);
}

/* Opens the hypervisor if this machine has one that answers; keeps its error if not. */
static void open_xen(struct check *c)
{
    if (c->x->captured || host_role(c->x->root) != ROLE_DOM0)
        c->no_xen = true;
    else
        c->no_xen = xvtd_hv(c->x, &c->why) != 0;
}

/* Is the operand a domain? It is a device if it is a BDF or a device's name. */
static int is_domain(struct check *c, const char *operand, bool *ret, struct err *e)
{
    struct domain_operand op;
    struct bdf bdf;
    int r = domain_parse(operand, &op, e);

    *ret = !r && (!op.bare || device_form(operand) != DEVICE_BDF);
    if (r || !op.bare)
        return r;
    if (!*ret || device_form(operand) != DEVICE_NAME)
        return 0;
    r = device_named(c->x->root, c->no_xen ? NULL : hv_records(c->x->hv), operand, &bdf, NULL,
                     e);
    *ret = r == -ENOENT && e->code == XV_NOT_FOUND;
    return *ret ? 0 : r;
}

static int add_device(struct check *c, const char *operand, struct err *e)
{
    AUTO_FREE struct bdf *found = NULL;
    size_t n = 0;
    int r = device_find(c->x, c->inv, operand, &found, &n, e);

    for (size_t i = 0; !r && i < n; i++)
        r = bdf_add_once(&c->bdfs, &c->n_bdfs, found[i], e);
    return r;
}

static int read_operands(struct check *c, const struct cli_args *args, struct err *e)
{
    size_t first = 0;
    bool domain = false;
    int r = 0;

    if (cli_has(args, O_DOMAIN)) {
        c->dom = cli_value(args, O_DOMAIN);
    } else if (args->n_operands) {
        r = is_domain(c, args->operands[0], &domain, e);
        if (domain)
            c->dom = args->operands[first++];
    }
    if (!r && c->dom && c->x->captured)
        return err_on(e, XV_USAGE, EINVAL, c->dom, "with --root there are no domains");
    for (size_t i = first; !r && i < args->n_operands; i++)
        r = add_device(c, args->operands[i], e);
    return r;
}

/* Facts about a domain that only `check` needs. */
static int gather_domain(struct check *c, struct err *e)
{
    const struct hv_domain *dom = c->facts.dom;
    int r;

    if (!dom || dom->type != HV_HVM || dom->is_stub || !dom->managed)
        return 0;
    r = hv_domain_config(c->x->hv, dom->domid, &c->facts.config, e);
    if (!r && !c->n_bdfs && inventory_count(c->inv)) {
        r = hv_domain_iommu(c->x->hv, dom->domid, inventory_at(c->inv, 0)->bdf, e);
        c->facts.iommu = r > 0;
    }
    return r < 0 ? r : 0;
}

static int gather_devices(struct check *c, struct err *e)
{
    int r = 0;

    if (!c->n_bdfs)
        return 0;
    r = groups_warnings(c->groups, c->x->root, &c->warnings, &c->n_warnings, e);
    c->devices = calloc(c->n_bdfs, sizeof(*c->devices));
    if (!r && !c->devices)
        r = err_nomem(e);
    for (size_t i = 0; !r && i < c->n_bdfs; i++) {
        c->devices[i] = (struct device_facts){
            .bdf = c->bdfs[i], .warnings = c->warnings, .n_warnings = c->n_warnings,
        };
        r = function_detail_read(c->x->root, c->groups, c->bdfs[i], &c->devices[i].detail, e);
    }
    return r;
}

static int gather(struct check *c, struct err *e)
{
    struct hv *hv = c->no_xen ? NULL : c->x->hv;
    const struct hv_domain *dom = NULL;
    struct facts *f = &c->facts;
    int r = 0;

    f->all_entries = !c->dom;
    if (hv && c->dom) {
        r = hv_domain_names(hv, &f->domains, &f->n_domains, e);
        if (!r)
            r = domain_find(f->domains, f->n_domains, c->dom, &dom, e);
    }
    if (!r)
        r = facts_gather(f, c->x->root, hv, dom, c->inv, c->groups, c->bdfs, c->n_bdfs, e);

    if (!r)
        r = host_facts_gather(&c->host, c->x->root, c->x->captured, c->inv, hv, &c->why, e);
    c->host.firmware = &c->facts.firmware;
    if (!r)
        r = gather_domain(c, e);
    if (!r && c->host.role == ROLE_DOM0)
        r = auto_devices_read(&c->autos, c->x->root, c->inv, e);
    if (!r)
        r = shared_cards_read(&c->cards, c->x->root, f, e);
    if (!r && hv)
        r = lost_settings_read(&c->lost, c->x->root, hv_records(hv), f, e);
    if (!r)
        r = security_read(&c->security, c->x->root, f, e);
    if (!r)
        r = fatal_errors_read(&c->errors, c->x->root, f, e);
    if (!r)
        r = dead_links_read(&c->links, c->x->root, f, e);
    return r ? r : gather_devices(c, e);
}

static int judge(struct check *c, struct err *e)
{
    int r = 0;

    judge_host(&c->host, &c->found);
    if (c->facts.dom)
        judge_domain(&c->facts, &c->host, &c->found);
    judge_guests(&c->facts, &c->host, &c->found);
    judge_shared_cards(&c->facts, &c->cards, &c->found);
    judge_lost_settings(&c->facts, &c->lost, &c->found);
    judge_security(&c->facts, &c->security, &c->found);
    judge_fatal_errors(&c->facts, &c->errors, &c->found);
    judge_dead_links(&c->facts, &c->links, &c->found);
    if (!c->facts.dom && !c->n_bdfs)
        judge_auto(&c->autos, &c->found);
    for (size_t i = 0; !r && i < c->n_bdfs; i++)
        r = judge_device(&c->facts, &c->host, &c->devices[i], &c->found, e);
    judge_bars(&c->facts, c->devices, c->n_bdfs, &c->found);
    judge_leftovers(&c->host, c->n_bdfs ? c->bdfs : NULL, c->n_bdfs, &c->found);
    return !r && c->found.failed ? err_nomem(e) : r;
}

static const char *const words[] = {
    [FINDING_OK] = "ok", [FINDING_WARN] = "warn", [FINDING_FAIL] = "fail",
};

static int print_json(struct check *c, struct err *e)
{
    struct json *json = xvtd_json(c->x);

    if (!json)
        return err_nomem(e);
    json_bool(json, "ok", !findings_count(&c->found, FINDING_FAIL));
    json_array(json, "checks");
    for (size_t i = 0; i < c->found.n; i++) {
        const struct finding *f = &c->found.list[i];

        json_object(json, NULL);
        json_str(json, "name", f->name);
        json_str(json, "status", words[f->status]);
        json_str(json, "object", f->object);
        json_str(json, "message", f->message);
        json_str(json, "remedy", *f->remedy ? f->remedy : NULL);
        if (c->explain)
            json_str(json, "explanation",
                     f->status == FINDING_OK ? NULL : finding_explain(f->name));
        json_end_object(json);
    }
    json_end_array(json);
    return 0;
}

#define TEXT_WIDTH 90

/* Prints a row, and long text in further rows, broken between words. */
static int add_rows(struct table *table, const char *status, const char *object,
                    const char *text, struct err *e)
{
    int r = 0;

    do {
        size_t len = strlen(text), cut = len;
        char line[TEXT_WIDTH + 1];

        if (len > TEXT_WIDTH)
            for (cut = TEXT_WIDTH; cut && text[cut] != ' '; cut--)
                ;
        if (!cut)
            cut = TEXT_WIDTH;
        snprintf(line, sizeof(line), "%.*s", (int)cut, text);
        r = table_row(table, (const char *[]){ status, object, line }, e);
        status = object = "";
        text += cut + (text[cut] == ' ');
    } while (!r && *text);
    return r;
}

/* Prints all ok findings of one object in one line. */
static int print_ok(struct table *table, const struct findings *found, const char *object,
                    struct err *e)
{
    char text[2048];
    size_t len = 0;

    for (size_t i = 0; i < found->n; i++)
        if (found->list[i].status == FINDING_OK && !strcmp(found->list[i].object, object) &&
            len < sizeof(text))
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len ? ", " : "",
                                    found->list[i].message);
    return len ? add_rows(table, words[FINDING_OK], object, text, e) : 0;
}

static bool told_before(const struct findings *found, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (!strcmp(found->list[k].object, found->list[i].object))
            return true;
    return false;
}

/* Prints a problem and its remedy; explains only the first one of its kind. */
static int print_problem(struct table *table, const struct finding *f, const char *explanation,
                         struct err *e)
{
    char fix[sizeof(f->remedy) + 8], why[1024];
    int r = add_rows(table, words[f->status], f->object, f->message, e);

    snprintf(fix, sizeof(fix), "fix: %s", f->remedy);
    if (!r && *f->remedy) /* one line, so that it can be pasted */
        r = table_row(table, (const char *[]){ "", "", fix }, e);
    if (r || !explanation)
        return r;
    snprintf(why, sizeof(why), "why: %s", explanation);
    return add_rows(table, "", "", why, e);
}

static int print_text(struct check *c, struct err *e)
{
    static const struct table_column columns[] = {
        { "CHECK", 0 }, { "OF", 0 }, { "FOUND", 0 }, { NULL, 0 },
    };
    CLEANUP(table_free_p) struct table *table = table_new(columns);
    const struct findings *found = &c->found;
    const char *told[32];
    size_t n_told = 0;
    int r = table ? 0 : err_nomem(e);

    for (size_t i = 0; !r && i < found->n; i++) {
        if (told_before(found, i))
            continue;
        r = print_ok(table, found, found->list[i].object, e);
        for (size_t k = i; !r && k < found->n; k++) {
            const struct finding *f = &found->list[k];
            const char *explanation = c->explain ? finding_explain(f->name) : NULL;

            if (f->status == FINDING_OK || strcmp(f->object, found->list[i].object))
                continue;
            for (size_t t = 0; t < n_told; t++)
                if (explanation == told[t])
                    explanation = NULL;
            if (explanation && n_told < ARRAY_LEN(told))
                told[n_told++] = explanation;
            r = print_problem(table, f, explanation, e);
        }
    }
    return r ? r : table_write(table, stdout, e);
}

static int verdict(struct check *c, struct err *e)
{
    size_t n = findings_count(&c->found, FINDING_FAIL);
    int r;

    if (!n)
        return 0;
    c->x->doc_complete = true;
    fflush(stdout);
    r = err_set(e, XV_FAILED, EINVAL, "%zu problem%s must be solved first", n,
                n == 1 ? "" : "s");
    err_kind(e, "check-failed");
    return r;
}

static int run_check(void *program, const struct cli_args *args, struct err *e)
{
    CLEANUP(check_close) struct check c = { .x = program };
    int r = inventory_open(&c.inv, c.x->root, e);

    if (!r)
        r = groups_open(&c.groups, c.x->root, c.inv, e);
    if (r)
        return r;
    c.explain = cli_has(args, O_EXPLAIN);
    open_xen(&c);
    r = read_operands(&c, args, e);
    if (!r)
        r = gather(&c, e);
    if (!r)
        r = judge(&c, e);
    if (!r)
        r = c.x->json ? print_json(&c, e) : print_text(&c, e);
    if (!r && c.x->captured)
        xvtd_note(c.x, "captured", "", "with --root xvtd does not ask Xen about its state, domains "
                  "and device owners");
    return r ? r : verdict(&c, e);
}

const struct cli_command cmd_check = {
    .name = "check",
    .operands = "[DOMAIN] [BDF...]",
    .summary = "check whether passthrough can work, and say what to do",
    .details =
        "Checks the host, and the guest and devices that you name. Each problem has a\n"
        "line with its remedy below. `check` fails wherever `assign` would refuse, with\n"
        "the same words. Exit code: 1 when a check fails, else 0; warnings do not count.\n"
        "Warnings are also about what weakens the wall between a guest and the host.\n",
    .example = "xvtd check vm1 02:00.0",
    .max = SIZE_MAX,
    .options = options,
    .flags = CMD_ROOT,
    .run = run_check,
};
