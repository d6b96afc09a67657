/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What several decisions share. */
#ifndef XVTD_DECIDE_COMMON_H
#define XVTD_DECIDE_COMMON_H

#include "decide/decide.h"

/*
 * Is the function free to be given to somebody: no bridge, nobody's, in no QEMU, in a
 * segment that libxl can name?  Errors: XV_REFUSED, XV_CANNOT.
 */
int check_available(const struct facts *f, const struct fn_facts *fn, struct err *e);

/*
 * Is it known whether the domain's device model has this function, or one of another segment with its
 * bus, slot and function?  Errors: XV_CANNOT.
 */
int check_segment(const struct facts *f, const struct fn_facts *fn, struct err *e);

/*
 * Would dom0 miss it?  Errors: XV_REFUSED, with the first of its holders; XV_CANNOT when
 * nobody knows.
 */
int check_in_use(const struct fn_facts *fn, struct err *e);

/*
 * Will Xen give the function to a guest, going by what firmware says of it (VT-d): one that
 * no IOMMU translates never, one that shares a reserved region only with policy relaxed.
 * Errors: XV_CANNOT, XV_REFUSED.
 */
int check_firmware(const struct facts *f, struct bdf bdf, enum guest_rdm policy, struct err *e);

/*
 * Would it change hands without a reset, when the guest of this UUID gets it, or with NULL a
 * driver of dom0?  The same guest again is no hand-over.
 */
bool is_handover(const struct fn_facts *fn, const char *to);

/* The refusal of that, with reset = strict.  Errors: XV_REFUSED. */
int check_handover(const struct facts *f, const struct fn_facts *fn, const char *to,
                   unsigned allow, struct err *e);

/* Is there a pciback to take it?  Errors: XV_CANNOT. */
int check_pciback(const struct facts *f, struct bdf bdf, struct err *e);

/*
 * Adds the steps that bring a function into pciback, none when it is there: the module
 * first where it is not loaded.  Refuses a function that dom0 uses.
 */
int plan_take(const struct facts *f, struct bdf bdf, unsigned allow, struct plan *plan,
              struct err *e);

/*
 * May the functions of `attach` be in the domain, given who uses those that they are tied
 * to?  Warnings go to notes.  Errors: XV_REFUSED.
 */
int check_groups(const struct facts *f, const struct plan *attach, unsigned allow,
                 struct plan_notes *notes, struct err *e);

/*
 * Requests of functions of one host slot for one slot of the guest become one for `BB:SS.*`,
 * as they were when they were assigned.  Returns how many are left.
 */
size_t join_slots(struct assign_request *requests, size_t n);

/*
 * Adds the step that returns a function to the driver on record, or refuses: it was
 * hidden at boot, so pciback is where it belongs.
 */
int plan_return(const struct fn_facts *fn, const struct driver_state *native, bool rebind,
                unsigned allow, struct plan *plan, struct err *e);

#endif
