/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The context that xvtd's main gives a command, with a made-up machine in the current folder. */
#ifndef XVTD_TEST_FAKE_PROGRAM_H
#define XVTD_TEST_FAKE_PROGRAM_H

#include "session/xvtd.h"

struct fake_program {
    struct xvtd x;
    struct err e;
    char out[8192];     /* output of the last command */
    char notes[2048];   /* "KIND OBJECT\n" for each of its notes */
    char dir[64];
    int back;           /* the folder to return to */
};

/* Makes the machine and changes to its folder. */
void fake_open(struct fake_program *p);
void fake_close(struct fake_program *p);

void fake_put(struct fake_program *p, const char *name, const char *text);
void fake_assert_text(struct fake_program *p, const char *name, const char *text);

/* Adds a function to sysfs; serial: its Device Serial Number capability, 0 for none. */
void fake_device(struct fake_program *p, const char *bdf, const char *vendor,
                 const char *device, unsigned long long serial);

/*
 * Runs the command with options and operands, both split at blanks.  vm.cfg is the first operand,
 * unless operands start with "FILES ".  Returns the exit code; p->e and p->out have the rest.
 */
int fake_run(struct fake_program *p, const struct cli_command *command, const char *options,
             const char *operands);

#endif
