/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Xen behind hv.h: domains, their QEMUs' buses, xenstore's backend entries, libxl's records and
 * the quarantine, with libxl 4.17's behaviour, mistakes included (tools/libs/light/libxl_pci.c):
 * a failed add deletes the owner's record, a removal that times out leaves its request in QEMU, a
 * forced one may leave the device there.
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

/* Puts a function into a guest as xl does: xenstore, QEMU, records. */
void xen_give(uint32_t domid, const char *bdf, unsigned vslot, unsigned vfunc);

/* Makes a guest's QEMU claim a function at a slot, without an attach. */
void xen_claim(uint32_t domid, struct bdf bdf, unsigned slot);

/* Hides the segments of the functions on QEMUs' buses. */
void xen_hide_segments(void);

/* Puts an emulated device onto a guest's bus. */
void xen_emulate(uint32_t domid, unsigned slot);

/* How a guest answers a request to release a function. */
enum fake_ack {
    ACK_AT_ONCE,
    ACK_NEVER,
    ACK_LATE,       /* after ack_looks more looks at its bus */
};
void xen_set_ack(uint32_t domid, enum fake_ack ack, unsigned ack_looks);

/* A guest with PV drivers: binds these of its pirqs to event channels. */
void xen_set_pirqs(uint32_t domid, unsigned first, unsigned last);
bool xen_pirq_lost(uint32_t domid, unsigned pirq);
bool xen_irq_held(uint32_t domid);
void xen_set_astray(uint32_t domid, unsigned irq);     /* its IRQ stays mapped without a device */

/* QEMU raises an event for it, as during an attach of xl. */
void xen_raise(uint32_t domid);

/* Do the QEMUs report that a device has gone, or must the program look? */
void xen_set_tells(bool tells);

/* Lets the guest release everything that it was asked for. */
void xen_let_go(uint32_t domid);

/* Removes a domain, and everything that it had. */
void xen_destroy(uint32_t domid);

/* Removes a domain, but keeps its entries in xenstore. */
void xen_crash(uint32_t domid);

/* Does a guest have it in Xen, although xenstore does not list it? */
void xen_set_in_xen(struct bdf bdf, bool on);

/* Xen takes it from its guest, as when it leaves the host; xenstore and QEMU keep it. */
void xen_lose(struct bdf bdf);

void xen_set_quarantine(const char *bdf, bool on);
bool xen_in_quarantine(const char *bdf);
void xen_set_record(const char *bdf, const char *key, const char *value);
const char *xen_record(const char *bdf, const char *key);

/* How far an attach gets before it fails. */
enum fake_reach {
    REACH_NOTHING,
    REACH_QEMU,     /* QEMU has the device, xenstore has no entry: as libxl leaves it */
    REACH_STORE,    /* xenstore has the entry, QEMU has no device */
    REACH_ALL,      /* all is done, but an error is reported */
};

/*
 * From now on call number n (1 is the next; 0 none) fails with errnum and the code of hv_libxl.c.
 * `says` is the quoted line of libxl, if the call quotes one.  With errnum 0 it reports success,
 * and an attach has got as far as `reach`.  onwards: later calls too.
 */
void xen_fail(unsigned n, int errnum, const char *says, enum fake_reach reach, bool onwards);

/* Every call whose journal line begins with this text fails with errnum; NULL: none does. */
void xen_fail_always(const char *name, int errnum);

/* Calls since xen_begin() or xen_forget(), failed ones too: "attach 0000:02:00.0". */
size_t xen_calls(void);
const char *xen_call(size_t i);
void xen_forget(void);

/* Called before each call. */
extern void (*xen_hook)(void);

/*
 * The whole state as text; the caller frees it.  xen_save() and xen_restore(): the same, to
 * restore it.
 */
char *xen_snapshot(void);
void xen_save(void);
void xen_restore(void);

/* Hands a child process's state to its parent. */
void xen_hand_over(void);
void xen_take_over(void);

#endif
