/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the made-up Xen. */
#ifndef XVTD_FAKE_XEN_H
#define XVTD_FAKE_XEN_H

#include "fake_hv.h"

#define XEN_MAX 16

struct fake_pirqs {
    struct hv_pirqs used;       /* none: a guest without PV drivers */
    bool lost[HV_PIRQS];        /* Xen no longer delivers to it */
    bool held[HV_PIRQS];        /* by host IRQ */
    bool astray[HV_PIRQS];      /* by host IRQ: mapped, but not where libxl asks for */
    struct bdf plain[XEN_MAX];  /* attached with their IRQ mapped onto the same number */
    unsigned n_plain;
    bool pending;               /* an event that the guest has not noticed */
};

struct fake_domain {
    struct hv_domain info;
    bool iommu;
    struct hv_config config;
    bool kept;                  /* passthrough is in its stored configuration */
    bool log_dirty;             /* Xen gives it no device */
    enum fake_ack ack;
    unsigned ack_looks;
    struct hv_slot bus[64];
    size_t n_bus;
    struct bdf claims[XEN_MAX]; /* on the bus, as QEMU claims, but not open */
    size_t n_claims;
    struct fake_request {       /* QEMU has asked the guest to release it */
        struct bdf bdf;
        unsigned looks;         /* until it is acknowledged, with ACK_LATE */
    } requests[XEN_MAX];
    size_t n_requests;
    struct fake_pirqs pirqs;
};

struct fake_record {
    struct bdf bdf;
    char key[16];
    char value[320];
};

struct fake_xen {
    bool passthrough;
    bool qemu_tells;            /* hv_unplug_tells() */
    struct hv_xen self;
    char log[512];
    struct fake_domain domains[8];
    size_t n_domains;
    struct guest_pci assigned[XEN_MAX];
    size_t n_assigned;
    struct fake_record records[XEN_MAX * 3];
    size_t n_records;
    struct bdf quarantine[XEN_MAX];
    size_t n_quarantine;
    struct bdf in_xen[XEN_MAX]; /* in a guest by Xen, beside xenstore's */
    size_t n_in_xen;
    struct bdf lost[XEN_MAX];   /* in no guest by Xen, although xenstore lists it */
    size_t n_lost;
    bool segments_hidden;       /* nothing tells what segment a QEMU's device is of */
};

extern struct fake_xen xen;

/* The memory for xen_hand_over(). */
void xen_share(void);

struct fake_domain *xen_domain(uint32_t domid);     /* fails the test if there is none */
struct bdf xen_bdf(const char *text);

bool xen_bus_add(struct fake_domain *dom, struct bdf bdf, unsigned slot, unsigned func);
bool xen_bus_remove(struct fake_domain *dom, struct bdf bdf);
struct hv_slot *xen_bus_find(struct fake_domain *dom, struct bdf bdf);

/* QEMU's device_del: 0, -EBUSY if a request is pending, -ENOENT without the device. */
int xen_ask_unplug(struct fake_domain *dom, struct bdf bdf);

/* One look at the bus: late guests get closer to their answer. */
void xen_look(struct fake_domain *dom);

/* fake_pirq.c: a function comes, or goes; does the guest miss QEMU's next event? */
void xen_pirq_attach(struct fake_domain *dom, const struct guest_pci *pci);
void xen_pirq_detach(struct fake_domain *dom, struct bdf bdf);
bool xen_pirq_deaf(struct fake_domain *dom);

/* fake_hv.c: notes a call; returns true if it must fail, and the requested failure. */
/* The requested errno, 0 for none. */
int xen_errnum(void);

bool xen_fails(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int xen_told(struct err *e, enum exit_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

void xen_assigned_add(const struct guest_pci *pci);
bool xen_assigned_remove(uint32_t domid, struct bdf bdf);
struct fake_record *xen_record_find(struct bdf bdf, const char *key);
void xen_record_put(struct bdf bdf, const char *key, const char *value);
bool xen_has(struct bdf bdf);                       /* a guest has it in Xen */
bool xen_claims(const struct fake_domain *dom, struct bdf bdf);
bool xen_quarantined(struct bdf bdf);
void xen_quarantine_put(struct bdf bdf, bool on);

#endif
