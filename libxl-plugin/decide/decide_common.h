/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks that several decisions share. */
#ifndef XVTD_DECIDE_COMMON_H
#define XVTD_DECIDE_COMMON_H

#include "decide/decide.h"
#include "vf/vf_place.h"

/*
 * Is the function free: not a bridge, without an owner, in no QEMU, in a segment that libxl can
 * name? Errors: XV_REFUSED, XV_CANNOT.
 */
int check_available(const struct facts *f, const struct fn_facts *fn, struct err *e);

/* Does it answer? Errors: XV_CANNOT. */
int check_link(const struct fn_facts *fn, struct err *e);

/*
 * Has the function left the host since its guest got it? Errors: XV_NOT_FOUND when there is none
 * at its address, XV_REFUSED when there is one.
 */
int check_lost(const struct facts *f, const struct fn_facts *fn, struct err *e);

/*
 * Refuses if the domain's device model may have this function, or one of another segment with its
 * bus, slot and function.  Errors: XV_CANNOT.
 */
int check_segment(const struct facts *f, const struct fn_facts *fn, struct err *e);

/*
 * Does dom0 use it? Errors: XV_REFUSED, with the first of its holders; XV_CANNOT if that is
 * unknown.
 */
int check_in_use(const struct fn_facts *fn, struct err *e);

/*
 * Will Xen give the function to a guest, by the firmware's tables (VT-d)? Xen refuses a function
 * that no IOMMU translates, and one with a shared reserved region unless policy is relaxed.
 * Errors: XV_CANNOT, XV_REFUSED.
 */
int check_firmware(const struct facts *f, struct bdf bdf, enum guest_rdm policy, struct err *e);

/*
 * Would it change owner without a reset, if the guest with this UUID gets it, or for NULL a
 * driver of dom0? Its last guest may have it again.
 */
bool is_handover(const struct fn_facts *fn, const char *to);

/* Refuses that with reset = strict.  Errors: XV_REFUSED. */
int check_handover(const struct facts *f, const struct fn_facts *fn, const char *to,
                   unsigned allow, struct err *e);

/*
 * Where nothing resets the function alone, and all functions that reset_card() would reset are
 * f's and wait in pciback when step `at` begins: puts the reset of its card before that step.
 * 1 when it did, else 0.  Errors: -ENOMEM.
 */
int plan_card_reset(const struct facts *f, struct plan *plan, size_t at,
                    const struct fn_facts *fn, struct err *e);

/* Has a step before `at` reset the function's card? */
bool card_was_reset(const struct facts *f, const struct plan *plan, size_t at,
                    const struct fn_facts *fn);

/* Are all of the card f's, and nobody's?  Then a command about all of them can reset it. */
bool card_whole(const struct facts *f, const struct fn_facts *fn);

/*
 * Adds the step that gives a virtual function these settings, and those recorded before.  to: its
 * guest, or NULL; if it has no guest, settings made for another one are put back first.  1 when it
 * added one; 0 if the function has them all.  Errors: XV_REFUSED.
 */
int plan_configure(const struct fn_facts *fn, const struct vf_settings *given,
                   const struct hv_domain *to, struct plan *plan, struct err *e);

/*
 * Adds the step that puts back the values that a virtual function had before xvtd set others for
 * a guest; all: for whomever.  Values that no record has stay.  NULL: there is none.  Errors:
 * -ENOMEM.
 */
int plan_put_back(const struct fn_facts *fn, bool all, struct step **ret, struct plan *plan,
                  struct err *e);

/* Does libvirt list the function for another guest, whose end resets it? Errors: XV_REFUSED. */
int check_libvirt(const struct facts *f, const struct fn_facts *fn, struct err *e);

/* Is pciback available? Errors: XV_CANNOT. */
int check_pciback(const struct facts *f, struct bdf bdf, struct err *e);

/*
 * Adds the steps that bring a function into pciback, none if it is there; first loads the module
 * if needed.  Refuses a function that dom0 uses.
 */
int plan_take(const struct facts *f, struct bdf bdf, unsigned allow, struct plan *plan,
              struct err *e);

/*
 * May the domain have the functions of `attach`, considering the owners of their peers? Adds
 * warnings to notes.  Errors: XV_REFUSED.
 */
int check_groups(const struct facts *f, const struct plan *attach, unsigned allow,
                 struct plan_notes *notes, struct err *e);

/*
 * Notes what will not work with the graphics cards that are to be attached: memory without room,
 * a ROM that is not there or not the original, no reset, functions in slots of their own.
 */
int note_graphics(const struct facts *f, const struct plan *attach, struct plan_notes *notes,
                  struct err *e);

/*
 * Joins requests for all functions of one host slot in one guest slot into one for `BB:SS.*`, as
 * they were assigned.  Returns how many are left.
 */
size_t join_slots(struct assign_request *requests, size_t n);

/*
 * Adds the step that returns a function to the driver on record.  Refuses a function that the
 * boot configuration hides.
 */
int plan_return(const struct fn_facts *fn, const struct driver_state *native, bool rebind,
                unsigned allow, struct plan *plan, struct err *e);

#endif
