/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xvtd.h"

const struct cli_program xvtd_program = {
    .name = "xvtd",
    .summary = "PCI passthrough helper for Xen dom0.",
    .commands = xvtd_commands,
};

int xvtd_hv(struct xvtd *x, struct err *e)
{
    return x->hv ? 0 : hv_open(&x->hv, x->verbose, e);
}

int xvtd_main(int argc, char **argv)
{
    struct xvtd x = { .json = false };
    int code = program_main(&xvtd_program, argc, argv, &x);

    hv_close(x.hv);
    return code;
}
