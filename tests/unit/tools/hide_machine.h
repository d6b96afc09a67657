/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine that pciback-hide is tested on:
 *
 *   0000:00:03.0  dom0's disk, vda, mounted at /       virtio-pci
 *   0000:00:0e.0  a VMD, and behind it 10000:e1:00.0   vmd, nvme
 *   0000:00:1c.0  a bridge, and below it:
 *   0000:02:00.0  a NIC                                e1000e
 *   0000:03:00.0  a NIC of the same kind               e1000e
 *   0000:04:00.0  another kind                         igb
 *   0000:09:00.0  and .1, two functions                e1000e
 */
#ifndef XVTD_HIDE_MACHINE_H
#define XVTD_HIDE_MACHINE_H

#include <stdbool.h>

#include "../fake/fake_kernel.h"
#include "../fake/fake_run.h"
#include "../fake/fake_tree.h"

/* A test's setup and teardown. */
int hide_setup(void **state);
int hide_teardown(void **state);

/* Runs pciback-hide with these words. */
struct run hide_run_list(const char *const *words);
#define hide_run(...) hide_run_list((const char *const[]){ __VA_ARGS__, NULL })

/* Runs it and expects this exit code, and these texts on stdout and stderr unless NULL. */
void hide_expect_list(int code, const char *out, const char *err, const char *const *words);
#define hide_expect(code, out, err, ...) \
    hide_expect_list(code, out, err, (const char *const[]){ __VA_ARGS__, NULL })

/* Does the document, without its blanks, have this text in it? */
bool json_has(const char *document, const char *text);

#endif
