/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From facts and a request to a plan, or to a refusal.  Pure: no function here touches the host.
 * All checks come before the first step.
 */
#ifndef XVTD_DECIDE_H
#define XVTD_DECIDE_H

#include "base/bdf.h"
#include "decide/facts.h"
#include "decide/guest_step.h"
#include "driver/allow.h"
#include "engine/host_steps.h"
#include "engine/plan_note.h"

/* One operand of `assign`. */
struct assign_request {
    struct bdf_pattern what;
    unsigned vslot;             /* 0: automatic */
    struct guest_pci options;   /* permissive, msitranslate, power_mgmt, rdm_policy, irq, vf */
    struct vf_settings vf[8];   /* with what.all: the settings of each function, not options.vf */
};

/* Why a guest cannot have a function, or what to know before. */
struct verdict {
    struct err *reasons;        /* refusals; freed with free() */
    size_t n_reasons;
    struct plan_notes notes;  /* warnings; free the list with free() */
};

/*
 * All reasons of `assign` against that function, in one command with the others of facts->fns.
 * facts->dom NULL: assume a guest without devices.  The function's facts have its peers.  Errors:
 * -ENOMEM.
 */
int decide_assignable(const struct facts *facts, struct bdf bdf, struct verdict *ret,
                      struct err *e);

/* Can facts->dom get devices at all? Errors: XV_CANNOT. */
int decide_environment(const struct facts *facts, struct err *e);

/* The refusal for a host whose Xen has no IOMMU: XV_CANNOT. */
int refuse_host(struct err *e);

/*
 * Plans to make the functions assignable and attach them to facts->dom, all or nothing.  A
 * function that is already there gets only a step that says so.  Errors: XV_USAGE, XV_REFUSED,
 * XV_CANNOT.
 */
int decide_assign(const struct facts *facts, const struct assign_request *requests, size_t n,
                  unsigned allow, struct plan *plan, struct plan_notes *notes,
                  struct err *e);

/*
 * Plans to take the functions out of facts->dom.  With give_back also plans to return each to the
 * driver on record (natives[i], "" for none).  Errors: XV_REFUSED.
 */
int decide_detach(const struct facts *facts, const struct bdf *bdfs, size_t n, bool give_back,
                  const struct driver_state *natives, unsigned allow, struct plan *plan,
                  struct err *e);

/*
 * Plans `eject`: write the manifest, keep the domain's IOMMU, take out all devices.  The
 * functions are all that the domain has.  Errors: XV_CANNOT.
 */
int decide_eject(const struct facts *facts, const struct bdf *bdfs, size_t n, struct plan *plan,
                 struct err *e);

/* One device of `restore`. */
struct restore_request {
    struct assign_request assign;
    unsigned vfunc;
    unsigned allow;             /* of ALLOW_CARRIED */
    bool failed;                /* out: */
    struct err why;             /* valid with failed */
};

/*
 * Plans to put back the devices that can be put back.  Functions of one group or slot go together
 * if that is possible, else each by itself.  Errors: XV_CANNOT, -ENOMEM; each request has the
 * refusal of its device.
 */
int decide_restore(const struct facts *facts, struct restore_request *requests, size_t n,
                   struct plan *plan, struct plan_notes *notes, struct err *e);

/*
 * Plans to move functions from a guest to facts->dom.  bdfs[0] is the named one and gets vslot
 * (0: automatic); all: with its whole slot.  bdfs must contain all functions of the same guest
 * that share its group or slot.  Checks facts->dom as if the functions were free already.
 * Errors: XV_REFUSED, XV_NOT_FOUND, XV_CANNOT.
 */
int decide_switch(const struct facts *facts, const struct hv_domain *from, const struct bdf *bdfs,
                  size_t n, unsigned vslot, unsigned allow, struct plan *plan,
                  struct plan_notes *notes, struct err *e);

/*
 * Notes what libvirt will not know or will undo, where facts->dom or the guest that gives (from,
 * NULL for the same) is a guest of libvirt.  Errors: -ENOMEM.
 */
int note_libvirt(const struct facts *facts, const struct hv_domain *from, const struct plan *plan,
                 struct plan_notes *notes, struct err *e);

/* A command that can be pasted: virsh attaches or detaches (verb) the device of a guest. */
struct virsh {
    char s[800];
};

struct virsh virsh_command(const char *verb, const char *guest, struct bdf bdf, const char *how);

/*
 * Finds devices of the plan that cannot be reset, that a guest had, and that go to another guest
 * or to a driver of dom0.  If the plan has their whole card, adds its reset as a step.  Else adds
 * a warning for each; with reset = strict refuses.  Errors:
 * XV_REFUSED.
 */
int decide_handover(const struct facts *facts, struct plan *plan, unsigned allow,
                    struct plan_notes *notes, struct err *e);

/*
 * Plans to make the functions assignable, and to give each its settings (vf[i]; NULL for none) and
 * those recorded.  Errors: XV_REFUSED, XV_CANNOT.
 */
int decide_take(const struct facts *facts, const struct bdf *bdfs, size_t n, unsigned allow,
                const struct vf_settings *vf, struct plan *plan, struct err *e);

/* Plans to return the functions from pciback.  Errors: XV_REFUSED. */
int decide_return(const struct facts *facts, const struct bdf *bdfs, size_t n, bool rebind,
                  const struct driver_state *natives, unsigned allow, struct plan *plan,
                  struct err *e);

#endif
