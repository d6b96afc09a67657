/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Xen behind hv.h: domains, their QEMUs' buses, xenstore's backend entries, libxl's
 * records and the quarantine, with what libxl 4.17 does to them, mistakes included
 * (tools/libs/light/libxl_pci.c): a failed add deletes the owner's record, a removal that
 * times out leaves its request in QEMU, a forced one may leave the device there.
 */
#ifndef XVTD_FAKE_HV_H
#define XVTD_FAKE_HV_H

#include "hv/hv.h"

/* A host with passthrough and no domains. */
void xen_begin(void);
void xen_end(void);

/* An HVM guest made by libxl, with an IOMMU and QEMU's usual devices at slots 0 to 3. */
struct hv_domain *xen_add_guest(uint32_t domid, const char *name);

void xen_set_passthrough(bool on);
void xen_set_iommu(uint32_t domid, bool on);
void xen_set_multifunction(uint32_t domid, bool on);
struct hv_config *xen_config(uint32_t domid);
struct hv_xen *xen_self(void);
void xen_set_log(const char *text);

/* Puts a function into a guest, as if xl had done it: xenstore, QEMU, records. */
void xen_give(uint32_t domid, const char *bdf, unsigned vslot, unsigned vfunc);

/* A guest's QEMU says that it has a function, at a slot, which nobody gave it. */
void xen_claim(uint32_t domid, struct bdf bdf, unsigned slot);

/* Nothing tells of which segment the functions on QEMUs' buses are. */
void xen_hide_segments(void);

/* Puts an emulated device onto a guest's bus. */
void xen_emulate(uint32_t domid, unsigned slot);

/* How a guest answers when it is asked to let go of a function. */
enum fake_ack {
    ACK_AT_ONCE,
    ACK_NEVER,
    ACK_LATE,       /* after ack_looks more looks at its bus */
};
void xen_set_ack(uint32_t domid, enum fake_ack ack, unsigned ack_looks);

/* A guest with PV drivers: these of its pirqs are bound to event channels. */
void xen_set_pirqs(uint32_t domid, unsigned first, unsigned last);
bool xen_pirq_lost(uint32_t domid, unsigned pirq);
bool xen_irq_held(uint32_t domid);
void xen_set_astray(uint32_t domid, unsigned irq);     /* its IRQ is mapped, with no device there */

/* QEMU raises an event for it, as for xl. */
void xen_raise(uint32_t domid);

/* Whether the QEMUs tell when a device has gone, as opposed to being looked at. */
void xen_set_tells(bool tells);

/* The guest lets go of everything that it was asked for. */
void xen_let_go(uint32_t domid);

/* Drops a domain, with what it had. */
void xen_destroy(uint32_t domid);

/* Drops a domain, and leaves what xenstore knows of it. */
void xen_crash(uint32_t domid);

/* Whether a guest has it in Xen, although xenstore does not list it. */
void xen_set_in_xen(struct bdf bdf, bool on);

void xen_set_quarantine(const char *bdf, bool on);
bool xen_in_quarantine(const char *bdf);
void xen_set_record(const char *bdf, const char *key, const char *value);
const char *xen_record(const char *bdf, const char *key);

/* How far an attach comes before it fails. */
enum fake_reach {
    REACH_NOTHING,
    REACH_QEMU,     /* the device is in QEMU, and xenstore has no entry: as libxl leaves it */
    REACH_STORE,    /* xenstore has the entry, and QEMU not the device */
    REACH_ALL,      /* all is done, and an error reported all the same */
};

/*
 * Call number n from now on (1 is the next; 0 none) fails with errnum and the code that
 * hv_libxl.c gives it, quoting `says` as libxl's line where the call quotes it.  With
 * errnum 0 it reports success all the same, and an attach has done as much as `reach`.  onwards: and every call after it.
 */
void xen_fail(unsigned n, int errnum, const char *says, enum fake_reach reach, bool onwards);

/* Every call whose journal line begins so fails with errnum; NULL: none does. */
void xen_fail_always(const char *name, int errnum);

/* Calls since xen_begin() or xen_forget(), failed ones too: "attach 0000:02:00.0". */
size_t xen_calls(void);
const char *xen_call(size_t i);
void xen_forget(void);

/* Called before each call. */
extern void (*xen_hook)(void);

/* All that can change, as text; to be freed.  xen_save() and xen_restore(): the same. */
char *xen_snapshot(void);
void xen_save(void);
void xen_restore(void);

/* From a child process to its parent: what became of it all. */
void xen_hand_over(void);
void xen_take_over(void);

#endif
