/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/cmd_hide.h"

#include <errno.h>
#include <stdint.h>

/* Which options go together. */
enum { GENERATE = 1, LINT = 2, INSTALL = 4, UNINSTALL = 8, STATUS = 16 };

static const struct cli_option options[] = {
    { HIDE_FROM_CFG, 0, "from-cfg", CLI_NO_ARG, NULL,
      "operands are xl cfgs; hide the devices in their pci lists" },
    { HIDE_ASSIGNED, 0, "assigned", CLI_NO_ARG, NULL, "hide the devices that running guests have" },
    { HIDE_SHORT, 0, "short", CLI_NO_ARG, NULL, "print the shortest form that hides just these devices" },
    { HIDE_CLASSIC, 0, "classic", CLI_NO_ARG, NULL, "print the old driver's name, pciback.hide=" },
    { HIDE_FORMAT, 0, "format", CLI_ARG,
      "PLACE:param|grub|grub-legacy|modprobe|udev|dracut|initramfs-tools", "print the text for this place" },
    { HIDE_ALLOW, 0, "allow", CLI_ARG, "CHECK:absent|in-use|twin", "switch off one safety check" },
    { HIDE_INSTALL, 0, "install", CLI_NO_ARG, NULL, "make the next boot hide these devices and no others" },
    { HIDE_ADD, 0, "add", CLI_NO_ARG, NULL, "with --install: keep hiding the devices hidden already" },
    { HIDE_UNINSTALL, 0, "uninstall", CLI_NO_ARG, NULL, "remove the files that --install wrote" },
    { HIDE_METHOD, 0, "method", CLI_ARG, "HOW:grub|modprobe|udev|xen-cmdline",
      "with --install: use this method" },
    { HIDE_STATUS, 0, "status", CLI_NO_ARG, NULL, "compare the files, this boot and the actual drivers" },
    { HIDE_NEXT, 0, "next", CLI_NO_ARG, NULL,
      "with --status: show what the next boot of each kernel would hide" },
    { HIDE_LINT, 0, "lint", CLI_ARG, "STRING", "check STRING as xen-pciback would read it" },
    { HIDE_LINT_FILE, 0, "lint-file", CLI_ARG, "FILE",
      "check the parameter in a command line or boot file" },
    { 0 },
};

static const struct mode {
    int option;             /* 0: the default mode */
    unsigned id;
    const char *name;
    bool operands;
    int (*run)(struct xvtd *x, const struct cli_args *args, struct err *e);
} modes[] = {
    { 0, GENERATE, "a device", true, hide_run_generate },
    { HIDE_INSTALL, INSTALL, "--install", true, hide_run_install },
    { HIDE_UNINSTALL, UNINSTALL, "--uninstall", false, hide_run_uninstall },
    { HIDE_STATUS, STATUS, "--status", false, hide_run_status },
    { HIDE_LINT, LINT, "--lint", false, hide_run_lint },
    { HIDE_LINT_FILE, LINT, "--lint-file", false, hide_run_lint },
};

/* The modes that know an option. */
static const struct {
    int option;
    unsigned modes;
    const char *name;
} known[] = {
    { HIDE_FROM_CFG, GENERATE | INSTALL, "--from-cfg" },
    { HIDE_ASSIGNED, GENERATE | INSTALL, "--assigned" },
    { HIDE_SHORT, GENERATE, "--short" },
    { HIDE_CLASSIC, GENERATE | INSTALL, "--classic" },
    { HIDE_FORMAT, GENERATE, "--format" },
    { HIDE_ALLOW, GENERATE | INSTALL, "--allow" },
    { HIDE_METHOD, INSTALL, "--method" },
    { HIDE_INSTALL, INSTALL, "--install" },
    { HIDE_ADD, INSTALL, "--add" },
    { HIDE_UNINSTALL, UNINSTALL, "--uninstall" },
    { HIDE_STATUS, STATUS, "--status" },
    { HIDE_NEXT, STATUS, "--next" },
    { HIDE_LINT, LINT, "--lint" },
    { HIDE_LINT_FILE, LINT, "--lint-file" },
};

static int usage(struct err *e, const char *what, const char *beside)
{
    err_set(e, XV_USAGE, EINVAL, "%s does not go with %s", what, beside);
    err_hint(e, "pciback-hide --help");
    return -EINVAL;
}

static int find_mode(const struct cli_args *args, const struct mode **ret, struct err *e)
{
    const struct mode *found = NULL;

    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        if (!modes[i].option || !cli_has(args, modes[i].option))
            continue;
        if (found)
            return usage(e, modes[i].name, found->name);
        found = &modes[i];
    }
    if (!found)
        found = &modes[0];
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (cli_has(args, known[i].option) && !(known[i].modes & found->id))
            return usage(e, known[i].name, found->name);
    if (args->n_operands && !found->operands)
        return usage(e, args->operands[0], found->name);
    *ret = found;
    return 0;
}

static int run(void *program, const struct cli_args *args, struct err *e)
{
    const struct mode *mode = NULL;
    int r = find_mode(args, &mode, e);

    return r ? r : mode->run(program, args, e);
}

static const struct cli_command command = {
    .operands = "[BDF|FILE]...",
    .summary = "hide PCI devices from dom0's drivers at boot, and check that it worked",
    .details =
        "Without a mode option it prints the parameter that hides the devices.\n",
    .example = "pciback-hide --install 02:00.0",
    .max = SIZE_MAX,
    .options = options,
    .flags = CMD_ROOT,
    .run = run,
};

const struct cli_program hide_program = {
    .name = "pciback-hide",
    .only = &command,
};

int hide_main(int argc, char **argv)
{
    struct xvtd x = { .json = false };

    return program_main(&hide_program, argc, argv, &x);
}
