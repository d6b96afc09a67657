/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands that only look, run in this process for their documents. */
#include "library/internal.h"

#include "base/document.h"
#include "commands/commands.h"
#include "session/domain.h"

/* operand, option: NULL if there is none. */
static int look(struct xvtd_ctx *ctx, const struct cli_command *command, const char *operand,
                const char *option, struct xvtd_doc **ret)
{
    char *operands[] = { (char *)operand, NULL };
    struct cli_args args = { .command = command, .operands = operands,
                             .n_operands = operand != NULL };
    int r = ctx_begin(ctx);

    *ret = NULL;
    if (!r && option)
        r = cli_add_option(&args, option, &ctx->e);
    if (!r)
        r = cli_count_operands(&args, &ctx->e);
    if (!r)
        r = ctx_run(ctx, &args, ret, &ctx->e);
    cli_args_clear(&args);
    return ctx_end(ctx, r);
}

int xvtd_devices(struct xvtd_ctx *ctx, struct xvtd_doc **ret)
{
    return look(ctx, &cmd_list, NULL, "all", ret);
}

int xvtd_device(struct xvtd_ctx *ctx, const char *device, struct xvtd_doc **ret)
{
    return look(ctx, &cmd_show, device, NULL, ret);
}

int xvtd_groups(struct xvtd_ctx *ctx, const char *device, struct xvtd_doc **ret)
{
    return look(ctx, &cmd_groups, device, NULL, ret);
}

int xvtd_guest(struct xvtd_ctx *ctx, const char *domain, struct xvtd_doc **ret)
{
    return look(ctx, &cmd_pci_list, domain, NULL, ret);
}

/* --domain=: a plain operand could mean a device. */
static int check_args(struct cli_args *args, const char *domain, const char *const *devices,
                      char **option, struct err *e)
{
    while (devices && devices[args->n_operands])
        args->n_operands++;
    args->operands = (char **)devices;
    if (!domain)
        return 0;
    if (asprintf(option, "domain=%s", domain) < 0) {
        *option = NULL;
        return err_nomem(e);
    }
    return cli_add_option(args, *option, e);
}

int xvtd_check(struct xvtd_ctx *ctx, const char *domain, const char *const *devices,
               struct xvtd_doc **ret)
{
    struct cli_args args = { .command = &cmd_check };
    AUTO_FREE char *option = NULL;
    int r = ctx_begin(ctx);

    *ret = NULL;
    if (!r)
        r = check_args(&args, domain, devices, &option, &ctx->e);
    if (!r)
        r = ctx_run(ctx, &args, ret, &ctx->e);
    cli_args_clear(&args);
    if (r && *ret)
        r = 0; /* a negative verdict is no error */
    return ctx_end(ctx, r);
}

static void put_guest(struct json *json, const struct hv_domain *dom,
                      const struct guest_pci *assigned, size_t n)
{
    static const char *const types[] = { [HV_PV] = "pv", [HV_HVM] = "hvm", [HV_PVH] = "pvh" };

    json_object(json, NULL);
    json_int(json, "id", dom->domid);
    json_str(json, "name", dom->name);
    json_str(json, "uuid", dom->uuid);
    json_str(json, "type", types[dom->type]);
    json_bool(json, "paused", dom->paused);
    json_array(json, "devices");
    for (size_t i = 0; i < n; i++) {
        if (assigned[i].domid != dom->domid)
            continue;
        json_object(json, NULL);
        json_str(json, "bdf", BDF_STR(assigned[i].bdf));
        document_place(json, assigned[i].vslot, assigned[i].vfunc);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static int run_guests(void *program, const struct cli_args *args, struct err *e)
{
    AUTO_FREE struct hv_domain *domains = NULL;
    AUTO_FREE struct guest_pci *assigned = NULL;
    struct xvtd *x = program;
    size_t n = 0, n_assigned = 0;
    int r = xvtd_hv(x, e);

    (void)args;
    if (!r)
        r = hv_domains(x->hv, &domains, &n, e);
    if (!r)
        r = hv_assigned(x->hv, &assigned, &n_assigned, e);
    if (!r && !xvtd_json(x))
        r = err_nomem(e);
    if (r)
        return r;
    json_array(x->doc, "guests");
    for (size_t i = 0; i < n; i++)
        if (!domains[i].is_stub)
            put_guest(x->doc, &domains[i], assigned, n_assigned);
    json_end_array(x->doc);
    return 0;
}

int xvtd_guests(struct xvtd_ctx *ctx, struct xvtd_doc **ret)
{
    static const struct cli_command guests = { .name = "guests", .run = run_guests };

    return look(ctx, &guests, NULL, NULL, ret);
}
