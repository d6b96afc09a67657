/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine that pciback-bind and pciback-unbind are tested on:
 *
 *   0000:00:03.0  dom0's disk, vda, mounted at /                        virtio-pci
 *   0000:00:1c.0  a bridge
 *   0000:02:00.0  a NIC, IOMMU group 2                                  e1000e
 *   0000:03:00.0  a NIC, IOMMU group 3, taken from e1000e               a keeper
 *   0000:04:00.0  a NIC, hidden at boot                                 pciback
 *   0000:05:00.0  a NIC that somebody has unbound; e1000e would take it
 *   0000:09:00.0  and .1, a NIC of two functions, IOMMU group 9         e1000e
 */
#ifndef XVTD_BIND_MACHINE_H
#define XVTD_BIND_MACHINE_H

#include "../fake/fake_clock.h"
#include "../fake/fake_kernel.h"
#include "../fake/fake_run.h"
#include "../fake/fake_tree.h"
#include "../fake/fake_xs.h"
#include "fake_edges.h"

/*
 * A test's setups and teardown: bare Linux with an IOMMU, where vfio-pci has 03:00.0; dom0,
 * where pciback has it.
 */
int bare_setup(void **state);
int dom0_setup(void **state);
int bind_teardown(void **state);

/* Brings back the machine as setup left it; then nothing fails. */
void bind_reset(void);

/* All state that a run can change, as text; the caller frees it. */
char *bind_snapshot(void);

/* Is the machine as in this snapshot? Frees the snapshot. */
void bind_assert_same(const char *before);

/* The driver on record for a function, or NULL. */
const char *bind_record(const char *bdf);

/* Lets xenstore list the function in this domain. */
void bind_give(unsigned domid, const char *bdf);

/* Runs "pciback-bind ..." or "pciback-unbind ...". */
struct run bind_run(const char *line);

/* Runs it and expects this exit code, and these texts on stdout and stderr unless NULL. */
void bind_expect(int code, const char *out, const char *err, const char *line);

#endif
