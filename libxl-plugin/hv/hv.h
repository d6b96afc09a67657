/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor contract: all that xvtd asks of Xen, xenstore and QEMU.  Chosen at link time:
 * hv_libxl.c in the program (the only user of libxl), a journalling fake in the unit tests.  A
 * call reports facts and decides nothing.
 *
 * Unless a function says otherwise, it returns 0 or a negative errno, with *e filled.  The caller
 * frees returned arrays with free().
 */
#ifndef XVTD_HV_H
#define XVTD_HV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bdf.h"
#include "base/err.h"
#include "xen/guest_pci.h"
#include "xen/record.h"

struct hv;

enum hv_type { HV_PV, HV_HVM, HV_PVH };

#define HV_UUID_MAX 40
#define HV_NAME_MAX 128

struct hv_domain {
    uint32_t domid;
    char uuid[HV_UUID_MAX];     /* lower case, with dashes */
    char name[HV_NAME_MAX];
    enum hv_type type;
    bool paused;
    bool suspended;             /* for a migration, or shut down but not yet gone */
    bool managed;               /* libxl has its configuration ("libxl-json") */
    bool is_stub;               /* a device-model domain; its devices are the target's */
    uint32_t stub_target;       /* valid with is_stub: the domain whose device model it is */
    uint32_t stub_domid;        /* the domain that runs its device model, 0 if none */
};

/* A function on the guest's PCI bus as QEMU shows it. */
struct hv_slot {
    unsigned slot;              /* 0 to 1f */
    unsigned func;              /* 0 to 7 */
    bool passthrough;           /* a host function; then host is valid */
    struct bdf host;
    bool segment_unknown;       /* QEMU's ID lacks it and nothing else has it: host's is 0 */
    char what[64];              /* class and ids, for messages */
};

struct hv_host {
    bool hvm_passthrough;       /* physinfo: virt_caps has hvm_directio */
};

/* The parts of a domain's stored configuration that xvtd needs. */
struct hv_config {
    bool multifunction;         /* QEMU was given xen-pci-passthrough.multifunction=on */
    bool passthrough;           /* the cfg says passthrough = "enabled", whatever the pci list */
    uint64_t memory_kib;        /* at creation */
    uint64_t max_memory_kib;    /* more than memory_kb: populate on demand */
    uint64_t hole_kib;          /* mmio_hole, 0 if the cfg has none */
};

/* The hypervisor itself, for messages and for `check`. */
struct hv_xen {
    bool hvm;                   /* it can run HVM guests: the CPU's VT-x or AMD-V is on */
    char version[32];           /* "4.17.7" */
    char command_line[1024];
};

/* libxl's record that a domain has a host function, /libxl/pci/<dddd-bb-ss-f>/domid. */
struct hv_claim {
    struct bdf bdf;
    uint32_t domid;
};

/*
 * Opens libxl and xenstore.  verbose: libxl's own messages go to stderr at once.  Errors:
 * XV_CANNOT (no Xen, no permission).
 */
int hv_open(struct hv **ret, bool verbose, struct err *e);
struct hv *hv_close(struct hv *hv);

int hv_host(struct hv *hv, struct hv_host *ret, struct err *e);

/*
 * All domains but dom0, ascending by domid, with only domid, uuid, name, paused, suspended, and
 * whether a domain is PV (a PVH guest counts as HVM).  Costs one hypercall, and one read of
 * xenstore for each name.
 */
int hv_domain_names(struct hv *hv, struct hv_domain **ret, size_t *n, struct err *e);

/*
 * Completes the data of a domain of that list.  Errors: XV_NOT_FOUND if the domain is gone, even
 * if another one has its number.
 */
int hv_domain_learn(struct hv *hv, struct hv_domain *dom, struct err *e);

/* The list with complete data; costs several round trips for each domain. */
int hv_domains(struct hv *hv, struct hv_domain **ret, size_t *n, struct err *e);

/*
 * Does Xen translate this HVM domain's DMA? Returns 1 or 0.  libxl's stored configuration does
 * not say; XEN_DOMCTL_test_assign_device does (EOPNOTSUPP, xen/drivers/passthrough/iommu.c).
 * bdf: any function of the host.
 */
int hv_domain_iommu(struct hv *hv, uint32_t domid, struct bdf bdf, struct err *e);

int hv_domain_config(struct hv *hv, uint32_t domid, struct hv_config *ret, struct err *e);

int hv_xen(struct hv *hv, struct hv_xen *ret, struct err *e);

/*
 * The part of the hypervisor's log that its ring still has (`xl dmesg`); the caller frees it.
 * Errors: XV_CANNOT.
 */
int hv_log(struct hv *hv, char **ret, struct err *e);

/* All such records, ascending by function.  A record can outlive its assignment. */
int hv_claims(struct hv *hv, struct hv_claim **ret, size_t *n, struct err *e);

/*
 * Functions in backend entries of dead domains, and the removal of such entries:
 * guest_pci_dead(), guest_pci_bury().
 */
int hv_dead(struct hv *hv, struct guest_pci **ret, size_t *n, struct err *e);
int hv_bury(struct hv *hv, uint32_t domid, struct err *e);

/*
 * Stores passthrough = "enabled" in the domain's configuration.  Otherwise libxl decides by the
 * list of devices (libxl_create.c): a guest that migrates or reboots without devices would have
 * no IOMMU.  Does nothing if it is stored already.
 */
int hv_keep_passthrough(struct hv *hv, uint32_t domid, struct err *e);

/*
 * Every function that any domain has, by xenstore's backend entries, which name the owner.
 * libxl's list of assignable devices is not enough: a failed libxl_device_pci_add deletes the
 * record of another guest's device.
 */
int hv_assigned(struct hv *hv, struct guest_pci **ret, size_t *n, struct err *e);

/* The same for one domain. */
int hv_assigned_to(struct hv *hv, uint32_t domid, struct guest_pci **ret, size_t *n,
                   struct err *e);

/*
 * Is it certain that no guest has the function? Asks Xen (XEN_DOMCTL_test_assign_device) and
 * libxl's record, so its cost does not depend on the number of guests.  libxl writes its record
 * first and removes it last, and Xen knows the owner while xenstore has an entry.  Returns 1, or
 * 0: then ask hv_assigned().  *in_xen: Xen says that a guest has it.
 */
int hv_is_free(struct hv *hv, struct bdf bdf, bool *in_xen, struct err *e);

/* A function that a domain's device model has. */
struct hv_emulated {
    struct bdf bdf;
    uint32_t domid;
};

/*
 * Which of these functions has a device model in dom0, by the kernel's list of open files
 * (dm_open.h)? QEMU leaks descriptors, so a device model with such an open file is asked
 * (hv_libxl_denies()); no answer counts as yes.  The caller frees *ret.
 */
int hv_emulated(struct hv *hv, const struct bdf *bdfs, size_t n, struct hv_emulated **ret,
                size_t *n_ret, struct err *e);

/*
 * The guest's PCI bus as its QEMU sees it ("info pci").  Use it only for commands about this
 * guest, and trust it about this guest alone.  -EOPNOTSUPP without error text if dom0 has no QEMU
 * to ask: PV guests and stub domains.
 */
int hv_bus(struct hv *hv, const struct hv_domain *dom, struct hv_slot **ret, size_t *n,
           struct err *e);

/*
 * libxl_device_pci_add for one function that pciback holds.  On failure the message quotes
 * libxl's last line; QEMU may have the device in spite of it.
 */
int hv_attach(struct hv *hv, uint32_t domid, const struct guest_pci *pci, struct err *e);

/*
 * The same for several, at most four in flight.  rcs[i] becomes 0 or a negative errno for each;
 * *e has the last failure.  Errors: only if libxl cannot be waited for.
 */
int hv_attach_all(struct hv *hv, uint32_t domid, const struct guest_pci *pci, size_t n,
                  int *rcs, struct err *e);

enum hv_removal {
    HV_REMOVE,      /* libxl_device_pci_remove, which asks the guest */
    HV_FORCE,       /* libxl_device_pci_destroy, whatever the guest does; QEMU may keep the device */
    HV_TIDY,        /* the same, of what QEMU has released */
};

/*
 * Takes all n away through libxl's asynchronous API, at most four at once.  rcs[i] becomes 0 or a
 * negative errno for each (-ETIMEDOUT: no acknowledgement).  libxl gives each 10 s, which nothing
 * cuts short.  HV_TIDY waits for no guest and goes one by one: libxl needs a process for each
 * function that waits for QEMU's socket.  Keeps libxl from a reset where Xen has the function in
 * no guest: another device may be at its address (lost.h).
 */
int hv_detach(struct hv *hv, uint32_t domid, const struct guest_pci *pci, size_t n,
              enum hv_removal how, int *rcs, struct err *e);

/*
 * Asks QEMU to unplug a function, and QEMU asks the guest; returns at once.  Errors: XV_FAILED if
 * QEMU refuses: a request is pending, or QEMU does not have the function.
 */
int hv_unplug(struct hv *hv, uint32_t domid, struct bdf bdf, struct err *e);

/*
 * Takes a function out of a domain in Xen only, when no toolstack has a record of it.  A failed
 * attach can leave it there, and Xen then gives it to no other domain.  Does nothing if another
 * domain has it in Xen.
 */
void hv_release(struct hv *hv, uint32_t domid, struct bdf bdf);

/*
 * Ends a domain's log-dirty mode.  A migration whose transport died leaves it on, since libxl's
 * save helper dies of SIGPIPE first.  Xen attaches no device to such a guest (EXDEV).  Does
 * nothing if the mode is off.  Call it only while no migration runs.
 */
void hv_end_log_dirty(struct hv *hv, uint32_t domid);

/*
 * Waits ms milliseconds, or until QEMU reports that n devices of this domain are gone, or until a
 * stop is requested.
 */
void hv_unplug_wait(struct hv *hv, uint32_t domid, size_t n, int ms);

/* Does QEMU report this? If not, look often. */
bool hv_unplug_tells(struct hv *hv, uint32_t domid);

/*
 * The pirqs of an HVM guest that its event channels are bound to.  A kernel with PV drivers takes
 * the interrupts of emulated devices that way, its ACPI interrupt included, if Xen allows it:
 * always before 4.19, later with hvm_pirq=1 in its cfg.
 */
#define HV_PIRQS 256u
struct hv_pirqs {
    bool bound[HV_PIRQS];
    size_t n;
};
int hv_pirqs(struct hv *hv, uint32_t domid, struct hv_pirqs *ret, struct err *e);

/*
 * Maps a host IRQ onto a pirq that the guest does not use.  While it is mapped, the guest's QEMU
 * cannot map it onto the pirq of the same number (EEXIST, xen/arch/x86/irq.c), and leaves INTx of
 * the device off.  used: from hv_pirqs().  Errors: XV_CANNOT, with EEXIST if Xen has it at that
 * number already: the guest has a device with that IRQ.
 */
int hv_irq_hold(struct hv *hv, uint32_t domid, unsigned irq, const struct hv_pirqs *used,
                struct err *e);

/* Undoes that; does nothing if the IRQ is not mapped so. */
int hv_irq_release(struct hv *hv, uint32_t domid, unsigned irq, const struct hv_pirqs *used,
                   struct err *e);

/*
 * Unmaps a host IRQ whose last device has left the guest, at any pirq: Xen 4.20 can leave it at
 * another pirq than libxl asks for, and then attaches no device with that IRQ (EEXIST).  Does
 * nothing if the guest listens to that pirq.
 */
int hv_irq_clear(struct hv *hv, uint32_t domid, unsigned irq, const struct hv_pirqs *used,
                 struct err *e);

/*
 * Sends an event on each pirq that the guest is bound to and that Xen no longer serves, because a
 * removal has unmapped it (physdev_unmap_pirq()).  *lost: how many there are.
 */
int hv_irq_nudge(struct hv *hv, uint32_t domid, const struct hv_pirqs *used, size_t *lost,
                 struct err *e);

/*
 * Has QEMU an ACPI event that the guest has enabled and not taken? Returns 1 or 0; -EOPNOTSUPP
 * without error text if dom0 has no QEMU to ask.
 */
int hv_acpi_pending(struct hv *hv, const struct hv_domain *dom, struct err *e);

/* libxl's records of host functions; valid as long as hv. */
const struct records *hv_records(struct hv *hv);

#endif
