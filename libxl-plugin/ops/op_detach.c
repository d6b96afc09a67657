/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detach, pci-detach: hot-remove devices from a guest. */
#include "ops/ops.h"

#include "change/operation.h"
#include "commands/save.h"

#define TIMEOUT_S 30
#define TIMEOUT_MAX_S 3600

enum { O_TIMEOUT = 1, O_FORCE, O_RETURN, O_ALLOW, O_SAVE, O_STRICT };

const struct cli_option op_detach_options[] = {
    { O_TIMEOUT, 0, "timeout", CLI_ARG, "S",
      "wait at most S seconds for the guest (default 30)" },
    { O_FORCE, 'f', "force", CLI_NO_ARG, NULL,
      "then take the device away without the guest's consent" },
    { O_RETURN, 0, "return", CLI_NO_ARG, NULL, "also give the device back to its native driver" },
    { O_ALLOW, ALLOW_OPTION("boot-hidden|no-reset|twin") },
    { O_STRICT, STRICT_OPTION },
    { O_SAVE, 0, "save", CLI_OPTIONAL_ARG, "FILE",
      "then remove the devices from the guest's cfg, or from FILE" },
    { 0 },
};

static int detach(struct xvtd *x, const struct cli_args *args, struct operation *op, struct err *e)
{
    CLEANUP(save_clear) struct save save = { .adding = false };
    AUTO_FREE struct bdf_pattern *patterns = NULL;
    struct operation_how how = {
        .command = "detach", .policy = POLICY_FINISH, .mode = APPLY_EACH,
        .force = cli_has(args, O_FORCE),
    };
    bool give_back = cli_has(args, O_RETURN);
    long timeout = TIMEOUT_S;
    unsigned allow;
    size_t n = 0;
    int r = 0;

    if (cli_has(args, O_TIMEOUT))
        r = cli_number(cli_value(args, O_TIMEOUT), "timeout", 1, TIMEOUT_MAX_S, &timeout, e);
    if (!r)
        r = operation_allow(x, args, O_ALLOW, ALLOW_BOOT_HIDDEN | ALLOW_NO_RESET | ALLOW_TWIN,
                            &allow, e);
    if (!r)
        r = operation_patterns(x, args, 1, &patterns, &n, e);
    if (!r)
        r = operation_open(op, x, args->operands[0], patterns, n, e);
    if (!r)
        r = operation_natives(op, e);
    if (!r)
        r = decide_detach(&op->facts, op->bdfs, op->n_bdfs, give_back, op->natives, allow,
                          &op->plan, e);
    if (!r)
        r = operation_handover(op, allow, cli_has(args, O_STRICT), e);
    if (!r)
        r = save_prepare(&save, x, cli_value(args, O_SAVE), &op->facts, &op->plan, e);
    if (!r)
        r = operation_libvirt(op, e);
    if (r)
        return r;
    how.timeout_ms = (unsigned)timeout * 1000;
    r = operation_run(op, &how, e);
    /* A device that left the guest also leaves its cfg, even if others failed. */
    if (r) {
        struct err ignored;

        save_write(&save, x, &op->plan, &ignored);
        return r;
    }
    return save_write(&save, x, &op->plan, e);
}

static int run_detach(void *program, const struct cli_args *args, struct err *e)
{
    struct operation op = { .x = NULL };
    int r = detach(program, args, &op, e);

    operation_close(&op);
    return r;
}

const struct cli_command op_detach = {
    .name = "detach",
    .operands = "DOMAIN BDF...",
    .min = 2,
    .options = op_detach_options,
    .run = run_detach,
};
