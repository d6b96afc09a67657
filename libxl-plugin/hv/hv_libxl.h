/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files that implement hv.h with libxl. */
#ifndef XVTD_HV_LIBXL_H
#define XVTD_HV_LIBXL_H

#include <libxl.h>
#include <libxl_utils.h>
#include <xenctrl.h>

#include "base/root.h"
#include "hv/hv.h"
#include "hv/xl_log.h"
#include "xen/xs.h"

struct hv {
    struct xl_log log;
    libxl_ctx *ctx;
    xc_interface *xch;
    struct xs *xs;
    struct records records;
    struct root *root;          /* of this machine */
    bool host_known;            /* host, and hvm: of hv_xen() */
    bool hvm;
    struct hv_host host;
    struct hv_qemu *qemus;      /* whose monitor was asked for: hv_libxl_monitor.c */
    size_t n_qemus;
    bool segments_read;         /* the host's PCI segments */
    bool several_segments;
    uint32_t segment;
    struct xencall_handle *call;        /* hv_pirq.c */
    struct xendevicemodel_handle *dm;
};

/* Fills an error from a libxl return code and libxl's last message. */
int hv_libxl_error(struct hv *hv, struct err *e, int rc, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* A domain's number below another's own folder in xenstore, which that cannot write. */
bool hv_libxl_read_domid(struct hv *hv, uint32_t domid, const char *key, uint32_t *ret);

/* Our device as libxl's; to be disposed with libxl_device_pci_dispose(). */
void hv_libxl_device(const struct guest_pci *pci, libxl_device_pci *ret);

/*
 * A command to QEMU's human monitor, which may take ms.  Returns 0 and the answer, which the
 * caller frees, or a negative errno.  After one timeout the domain has only a second for each
 * command.
 */
int hv_libxl_monitor(struct hv *hv, uint32_t domid, const char *command, char **ret, int ms);

/* The functions that a domain's device model has open; none if it is not in dom0. */
int hv_libxl_open_functions(struct hv *hv, uint32_t domid, struct bdf **ret, size_t *n,
                            struct err *e);

/*
 * QEMU can have a function's file open without having the function: if device_add fails early
 * (the slot is taken), xen_igd_clear_slot() (hw/xen/xen_pt.c) has opened the file and nothing
 * closes it.  Returns true if this domain's QEMU, asked about its own bus, does not have the
 * function; false if it has it, or does not answer within seconds.
 */
bool hv_libxl_denies(struct hv *hv, uint32_t domid, struct bdf bdf);

/* Closes the connections to device models, and those of hv_pirq.c. */
void hv_libxl_qemu_close(struct hv *hv);
void hv_libxl_pirq_close(struct hv *hv);

#endif
