/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pciback-hide: the modes of the program, a file for each. */
#ifndef XVTD_CMD_HIDE_H
#define XVTD_CMD_HIDE_H

#include "base/program.h"
#include "boot/hide_format.h"

enum hide_option {
    HIDE_FROM_CFG = 0x100, HIDE_ASSIGNED, HIDE_SHORT, HIDE_CLASSIC, HIDE_FORMAT, HIDE_ALLOW,
    HIDE_LINT, HIDE_LINT_FILE, HIDE_INSTALL, HIDE_UNINSTALL, HIDE_METHOD, HIDE_STATUS,
    HIDE_ADD, HIDE_NEXT,
};

extern const struct cli_program hide_program;

/* The whole program except exit(): returns main()'s value. */
int hide_main(int argc, char **argv);

int hide_run_generate(struct xvtd *x, const struct cli_args *args, struct err *e);
int hide_run_install(struct xvtd *x, const struct cli_args *args, struct err *e);
int hide_run_uninstall(struct xvtd *x, const struct cli_args *args, struct err *e);
int hide_run_status(struct xvtd *x, const struct cli_args *args, struct err *e);
int hide_run_next(struct xvtd *x, struct err *e);  /* --status --next */
int hide_run_lint(struct xvtd *x, const struct cli_args *args, struct err *e);

/* The devices that a command line chose, and their host. */
struct hide_chosen {
    struct inventory *inv;
    struct hide_host host;
    struct hide_choice choice;      /* as asked */
    struct hide_device *devices;    /* each of its functions, ascending */
    size_t n;
    char *full, *brief;             /* the parameter's value */
    unsigned allow;                 /* enum allow */
};

/*
 * Reads operands, --from-cfg and --assigned.  The caller zeroes ret and always calls
 * hide_chosen_clear().  Errors: XV_USAGE (nothing chosen), XV_NOT_FOUND (an absent device without
 * --allow=absent; a cfg), XV_CANNOT.
 */
int hide_chosen_read(struct hide_chosen *ret, struct xvtd *x, const struct cli_args *args,
                     struct err *e);
void hide_chosen_clear(struct hide_chosen *chosen);

/* The length of the dom0 command line without the hide parameter. */
size_t hide_line_used(const struct root *root);

/*
 * The form of the value that fits, or a refusal with its remedy (XV_REFUSED).  used: as in
 * hide_fit().
 */
int hide_value_that_fits(const struct hide_chosen *chosen, const char *name, size_t used,
                         const char **ret, struct err *e);

#endif
