/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `check` needs beside facts.h, gathered before anything is judged.  The judges
 * (check_host.c, check_domain.c, check_device.c) are pure functions on it.
 */
#ifndef XVTD_CHECK_FACTS_H
#define XVTD_CHECK_FACTS_H

#include "check/findings.h"
#include "decide/facts.h"
#include "decide/leftovers.h"
#include "detail/function_detail.h"
#include "groups/firmware.h"
#include "hv/hv.h"
#include "session/xendomains.h"

enum host_role {
    ROLE_BARE,      /* no hypervisor below this kernel */
    ROLE_DOM0,
    ROLE_DOMU,      /* a guest of Xen */
};

enum cpu_vendor { CPU_OTHER, CPU_INTEL, CPU_AMD };

/* What Xen's log says of a feature.  The log is a ring: old lines may be lost. */
enum log_says { LOG_SILENT, LOG_ON, LOG_OFF };

/* A driver_override that does not name the function's driver. */
struct override_left {
    struct bdf bdf;
    struct driver_state state;
};

#define KERNEL_LINE_MAX 4096

struct host_facts {
    bool captured;              /* another machine's files (--root), without a Xen to ask */
    enum host_role role;

    /* The CPU as the kernel sees it; unknown under Xen, which hides it from dom0. */
    enum cpu_vendor cpu;
    bool cpu_known, cpu_virt;

    const struct firmware *firmware;    /* facts.firmware */

    /* Xen; valid if asked. */
    bool asked;                 /* Xen has answered */
    struct err refusal;         /* if dom0 and not asked: why not */
    struct hv_xen xen;
    bool hvm_passthrough;
    enum log_says log_iommu, log_intremap;
    bool log_dmar_broken;       /* "Failed to parse ACPI DMAR.  Disabling VT-d." */
    struct leftover *leftovers;
    size_t n_leftovers;

    /* dom0's kernel. */
    char release[65];
    char line[KERNEL_LINE_MAX]; /* "" if unknown */
    char built_pciback;         /* CONFIG_XEN_PCIDEV_BACKEND: 'y', 'm', 'n'; 0 if unknown */
    char built_iommu;           /* CONFIG_INTEL_IOMMU or, on AMD, CONFIG_AMD_IOMMU */
    bool pciback_known;
    enum pciback pciback;
    bool hide_known;            /* the loaded driver's parameter */
    char hide[KERNEL_LINE_MAX];
    bool xen_there;             /* /boot has a Xen */
    bool boot_screen;           /* efifb, vesafb or simpledrm draws on the firmware's display */

    struct override_left *overrides;
    size_t n_overrides;
    struct bdf *missed;         /* functions that hide= names and a native driver has */
    size_t n_missed;

    struct xendomains xendomains;
    size_t journals;            /* left over in /var/lib/xvtd/journal */
};

/*
 * Looks at the host.  captured: the files are another machine's.  hv: NULL if there is none to
 * ask; *why is the reason, if there is one.  The caller calls host_facts_clear() in any case.
 * Errors: -ENOMEM, XV_CANNOT.
 */
int host_facts_gather(struct host_facts *h, const struct root *root, bool captured,
                      const struct inventory *inv, struct hv *hv, const struct err *why,
                      struct err *e);
void host_facts_clear(struct host_facts *h);

/* What the machine is, by its files. */
enum host_role host_role(const struct root *root);

/* Findings on the host itself. */
void judge_host(const struct host_facts *h, struct findings *out);

/*
 * Findings on leftovers: overrides, records, journals.  only: the functions that matter, NULL for
 * all.
 */
void judge_leftovers(const struct host_facts *h, const struct bdf *only, size_t n_only,
                     struct findings *out);

/* One function to be checked, beside its fn_facts. */
struct device_facts {
    struct bdf bdf;
    struct function_detail detail;
    struct group_warning *warnings; /* all of the host's; borrowed */
    size_t n_warnings;
};

/*
 * Findings on facts->dom: can it get devices, and are its present ones in order? h: for what
 * concerns both.
 */
void judge_domain(const struct facts *f, const struct host_facts *h, struct findings *out);

/* Findings on all guests with devices: what happens to them when dom0 goes down. */
void judge_guests(const struct facts *f, const struct host_facts *h, struct findings *out);

/*
 * Findings on a function: can facts->dom have it, or any guest if dom is NULL? The refusals are
 * those of `assign`.  Errors: -ENOMEM.
 */
int judge_device(const struct facts *f, const struct host_facts *h,
                 const struct device_facts *device, struct findings *out, struct err *e);

/* Do the BARs of all these functions fit between a guest's memory and 4 GiB? */
void judge_bars(const struct facts *f, const struct device_facts *devices, size_t n,
                struct findings *out);

#endif
