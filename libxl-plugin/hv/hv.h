/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor contract: all that xvtd asks of Xen, xenstore and QEMU.  Chosen
 * at link time: hv_libxl.c in the program (the only user of libxl), a journalling
 * fake in the unit tests.  Every call tells what is; none decides anything.
 *
 * Unless a function says otherwise: 0 or a negative errno, with *e filled.  The
 * arrays that calls return belong to the caller, who frees them with free().
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
    bool suspended;             /* as for a migration, or shut down and not yet gone */
    bool managed;               /* libxl has its configuration ("libxl-json") */
    bool is_stub;               /* a device-model domain; its devices are the target's */
    uint32_t stub_target;       /* valid with is_stub: whose device model it is */
    uint32_t stub_domid;        /* the domain that runs its device model, 0 for none */
};

/* A function on the guest's PCI bus as QEMU shows it. */
struct hv_slot {
    unsigned slot;              /* 0 to 1f */
    unsigned func;              /* 0 to 7 */
    bool passthrough;           /* a host function; then host is valid */
    struct bdf host;
    bool segment_unknown;       /* QEMU's id lacks it, and nothing else tells: host's is 0 */
    char what[64];              /* class and ids, for messages */
};

struct hv_host {
    bool hvm_passthrough;       /* physinfo: virt_caps has hvm_directio */
};

/* What of a domain's stored configuration matters here. */
struct hv_config {
    bool multifunction;         /* QEMU was given xen-pci-passthrough.multifunction=on */
    bool passthrough;           /* the cfg says passthrough = "enabled", pci list or not */
    uint64_t memory_kib;        /* what it was given at creation */
    uint64_t max_memory_kib;    /* more than that: populate on demand */
    uint64_t hole_kib;          /* mmio_hole, 0 where the cfg has none */
};

/* The hypervisor itself, for people and for `check`. */
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
 * Opens libxl and xenstore.  verbose: libxl's own messages go to stderr as they
 * come.  Errors: XV_CANNOT (no Xen, no permission).
 */
int hv_open(struct hv **ret, bool verbose, struct err *e);
struct hv *hv_close(struct hv *hv);

int hv_host(struct hv *hv, struct hv_host *ret, struct err *e);

/*
 * All domains but dom0, ascending by domid, with no more than domid, uuid, name, paused,
 * suspended, and whether a domain is PV (a PVH guest passes for HVM).  A hypercall, and a read of
 * xenstore for each name.
 */
int hv_domain_names(struct hv *hv, struct hv_domain **ret, size_t *n, struct err *e);

/*
 * Brings a domain of that list up to date, with all that there is to know of it.  Errors: XV_NOT_FOUND
 * when it is gone, be it that another one has its number.
 */
int hv_domain_learn(struct hv *hv, struct hv_domain *dom, struct err *e);

/* The list, with all of that for each: several round trips a domain. */
int hv_domains(struct hv *hv, struct hv_domain **ret, size_t *n, struct err *e);

/*
 * Does Xen translate this HVM domain's DMA?  1 yes, 0 no.  The configuration that
 * libxl stores does not tell; XEN_DOMCTL_test_assign_device does (EOPNOTSUPP,
 * xen/drivers/passthrough/iommu.c).  bdf: any function of the host.
 */
int hv_domain_iommu(struct hv *hv, uint32_t domid, struct bdf bdf, struct err *e);

int hv_domain_config(struct hv *hv, uint32_t domid, struct hv_config *ret, struct err *e);

int hv_xen(struct hv *hv, struct hv_xen *ret, struct err *e);

/*
 * The hypervisor's log as far as its ring still has it (`xl dmesg`), to be freed.  Errors:
 * XV_CANNOT.
 */
int hv_log(struct hv *hv, char **ret, struct err *e);

/* All such records, ascending by function.  They outlive what they tell of. */
int hv_claims(struct hv *hv, struct hv_claim **ret, size_t *n, struct err *e);

/*
 * Functions in backend entries of domains that are no more, and the removal of such
 * entries: guest_pci_dead(), guest_pci_bury().
 */
int hv_dead(struct hv *hv, struct guest_pci **ret, size_t *n, struct err *e);
int hv_bury(struct hv *hv, uint32_t domid, struct err *e);

/*
 * Stores passthrough = "enabled" in the domain's configuration, so that what is made of it
 * when the domain has no devices (migration, reboot) has an IOMMU for them: with the default
 * libxl decides by the list of devices (libxl_create.c).  A no-op where it is stored.
 */
int hv_keep_passthrough(struct hv *hv, uint32_t domid, struct err *e);

/*
 * Every function that any domain has, from xenstore's backend entries, which name the owner:
 * libxl's assignable list forgets owners (a failed libxl_device_pci_add deletes the record of
 * another guest's device).
 */
int hv_assigned(struct hv *hv, struct guest_pci **ret, size_t *n, struct err *e);

/* The same of one domain. */
int hv_assigned_to(struct hv *hv, uint32_t domid, struct guest_pci **ret, size_t *n,
                   struct err *e);

/*
 * Is it sure that no guest has the function?  Asks Xen (XEN_DOMCTL_test_assign_device) and
 * libxl's record of it, so that it costs the same however many guests there are.  libxl writes
 * its record before all else and removes it last, and Xen knows the owner while xenstore has
 * an entry.  1 yes; 0: hv_assigned() tells.  *in_xen: Xen says that a guest has it.
 */
int hv_is_free(struct hv *hv, struct bdf bdf, bool *in_xen, struct err *e);

/* A function that the device model of a domain has. */
struct hv_emulated {
    struct bdf bdf;
    uint32_t domid;
};

/*
 * Which of these functions a device model in dom0 has, by what the kernel says of its open
 * files (dm_open.h).  A device model is asked only when it has one of their files open, for
 * QEMU leaks descriptors (hv_libxl_denies()); one that does not answer has it.  *ret is to be
 * freed.
 */
int hv_emulated(struct hv *hv, const struct bdf *bdfs, size_t n, struct hv_emulated **ret,
                size_t *n_ret, struct err *e);

/*
 * The guest's PCI bus as its QEMU sees it ("info pci"): only for commands about this guest, and
 * believed about this guest alone.  -EOPNOTSUPP without error text where there is no QEMU in
 * dom0 to ask: PV guests and stub domains.
 */
int hv_bus(struct hv *hv, const struct hv_domain *dom, struct hv_slot **ret, size_t *n,
           struct err *e);

/*
 * libxl_device_pci_add of one function that pciback holds.  On failure the message
 * quotes libxl's own last line, and QEMU may have the device all the same.
 */
int hv_attach(struct hv *hv, uint32_t domid, const struct guest_pci *pci, struct err *e);

/*
 * The same for several, at most four in flight.  rcs[i] becomes 0 or a negative errno for
 * each; *e tells of the last that failed.  Errors: only when libxl cannot be waited for.
 */
int hv_attach_all(struct hv *hv, uint32_t domid, const struct guest_pci *pci, size_t n,
                  int *rcs, struct err *e);

/*
 * libxl_device_pci_remove of all n through libxl's asynchronous API, at most four in
 * flight; rcs[i] becomes 0 or a negative errno for each (-ETIMEDOUT: no
 * acknowledgement).  libxl gives each 10 s of its own, which nothing cuts short.  With
 * force libxl_device_pci_destroy: libxl and Xen let go of the device whatever the guest
 * does, and QEMU may keep it.
 */
int hv_detach(struct hv *hv, uint32_t domid, const struct guest_pci *pci, size_t n, bool force,
              int *rcs, struct err *e);

/*
 * Asks QEMU to unplug a function, and the guest with that; returns at once.  Errors:
 * XV_FAILED when QEMU refuses: a request is pending, or it does not have the function.
 */
int hv_unplug(struct hv *hv, uint32_t domid, struct bdf bdf, struct err *e);

/*
 * Takes a function that no toolstack knows in a domain away from it in Xen: an attach that
 * ended half-way leaves it there, and Xen gives it to nobody else.  A no-op where Xen has
 * it elsewhere.
 */
void hv_release(struct hv *hv, uint32_t domid, struct bdf bdf);

/*
 * Takes a domain out of log-dirty mode, which a migration leaves behind whose transport died:
 * libxl's save helper dies of SIGPIPE before it does so itself, and Xen gives a guest in that mode
 * no device (EXDEV).  A no-op in a guest that is not; only while nobody migrates it.
 */
void hv_end_log_dirty(struct hv *hv, uint32_t domid);

/*
 * Waits ms milliseconds, or less when QEMU tells that a device of this domain is gone, or
 * a stop is requested.
 */
void hv_unplug_wait(struct hv *hv, uint32_t domid, int ms);

/* Does QEMU tell?  If not, somebody has to look often. */
bool hv_unplug_tells(struct hv *hv, uint32_t domid);

/*
 * The pirqs of an HVM guest that its event channels are bound to.  A kernel with PV drivers
 * takes the interrupts of emulated devices that way, its ACPI interrupt included, where Xen
 * lets it: always before 4.19, later with hvm_pirq=1 in its cfg.
 */
#define HV_PIRQS 256u
struct hv_pirqs {
    bool bound[HV_PIRQS];
    size_t n;
};
int hv_pirqs(struct hv *hv, uint32_t domid, struct hv_pirqs *ret, struct err *e);

/*
 * Maps a host IRQ onto a pirq that the guest does not use: as long as it is there, the guest's
 * QEMU cannot map it onto the pirq of the same number (EEXIST, xen/arch/x86/irq.c), and leaves
 * INTx of the device off.  used: what hv_pirqs() told.  Errors: XV_CANNOT, with EEXIST
 * where Xen has it at that number already: a device with that IRQ is there.
 */
int hv_irq_hold(struct hv *hv, uint32_t domid, unsigned irq, const struct hv_pirqs *used,
                struct err *e);

/* Ends that; a no-op where it is not so, or the IRQ is mapped otherwise. */
int hv_irq_release(struct hv *hv, uint32_t domid, unsigned irq, const struct hv_pirqs *used,
                   struct err *e);

/*
 * Unmaps a host IRQ whose last device has left the guest, wherever Xen still has it: Xen 4.20 can
 * leave it at another pirq than libxl asks for, and then attaches no device with it (EEXIST).
 * A no-op where the guest listens to that pirq.
 */
int hv_irq_clear(struct hv *hv, uint32_t domid, unsigned irq, const struct hv_pirqs *used,
                 struct err *e);

/*
 * Sends an event on each pirq that the guest is bound to and Xen delivers nothing to any more:
 * a removal has taken those from it (physdev_unmap_pirq()).  *lost: how many there are.
 */
int hv_irq_nudge(struct hv *hv, uint32_t domid, const struct hv_pirqs *used, size_t *lost,
                 struct err *e);

/*
 * Has QEMU an ACPI event that the guest wants and has not taken?  1 yes, 0 no; -EOPNOTSUPP
 * without error text where there is no QEMU in dom0 to ask.
 */
int hv_acpi_pending(struct hv *hv, const struct hv_domain *dom, struct err *e);

/* libxl's records of host functions; they live as long as hv. */
const struct records *hv_records(struct hv *hv);

#endif
