/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine that the tests of commands work on, and whole command lines run on it.
 *
 *   0000:00:1c.0  a bridge
 *   0000:00:03.0  dom0's disk, vda, mounted at /                     virtio-pci
 *   0000:02:00.0  a NIC, eth1, without an address                    e1000e
 *   0000:03:00.0  a NIC made assignable, with records of e1000e      pciback
 *   0000:04:00.0  a NIC hidden at boot                               pciback
 *   0000:05:00.0  a NIC that somebody has unbound; e1000e would take it
 *   0000:06:00.0  a NIC in vm2 at slot 5                             pciback
 *   0000:09:00.0  and .1, a NIC of two functions                     e1000e
 *   10000:e1:00.0 an NVMe disk behind VMD                            nvme
 *
 * Guests vm1 (domain 1) and vm2 (domain 2).
 */
#ifndef XVTD_MACHINE_H
#define XVTD_MACHINE_H

#include "../fake/fake_clock.h"
#include "../fake/fake_kernel.h"
#include "../fake/fake_run.h"
#include "../fake/fake_tree.h"
#include "fake_hv.h"

/* A test's setup and teardown. */
int machine_setup(void **state);
int machine_teardown(void **state);

/* Stores the present state of kernel and Xen; machine_reset() restores it. */
void machine_save(void);
void machine_reset(void);

/* The state of both, as text; the caller frees it. */
char *machine_snapshot(void);

/* Runs `xvtd` with these words, separated by single blanks. */
struct run xvtd(const char *words, ...) __attribute__((format(printf, 1, 2)));

/*
 * Runs it in a process that is killed right before call number `call` to the hypervisor, or write
 * number `write` to sysfs, from 1 on (0: not there).  Returns true if it got that far; else it
 * ended by itself.
 */
bool killed(unsigned call, unsigned write, const char *words);

/* Counts left-over journals, including files of processes that died early. */
unsigned journals(void);

/* Runs it and expects this exit code, and these texts on stdout and stderr unless NULL. */
void expect(int code, const char *out, const char *err, const char *words, ...)
    __attribute__((format(printf, 4, 5)));

/* Runs it and expects success, this text on stdout and a note of this kind about the object. */
void expect_note(const char *out, const char *kind, const char *object, const char *words, ...)
    __attribute__((format(printf, 4, 5)));

/* Fails the test, with both shown, unless the machine is as it was in the text. */
void assert_machine(const char *snapshot);

#endif
