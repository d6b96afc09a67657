/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_xen.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_clock.h"
#include "../fake/fake_kernel.h"
#include "base/stop.h"

struct hv {
    struct records records;
};

static char *journal[4096];
static size_t n_journal;
static struct {
    unsigned in;
    int errnum;
    const char *says;
    enum fake_reach reach;
    bool onwards;
    const char *always;
} plan;

void (*xen_hook)(void);

void xen_begin(void)
{
    memset(&xen, 0, sizeof(xen));
    xen_share();
    xen.passthrough = true;
    xen.self = (struct hv_xen){ .hvm = true, .version = "4.17.7" };
    xen_set_log("(XEN) I/O virtualisation enabled\n(XEN) Interrupt remapping enabled\n");
    xen_hook = NULL;
    xen_fail(0, 0, NULL, REACH_NOTHING, false);
}

void xen_end(void)
{
    xen_forget();
}

void xen_fail(unsigned n, int errnum, const char *says, enum fake_reach reach, bool onwards)
{
    plan.in = n;
    plan.errnum = errnum;
    plan.says = says ? says : "something went wrong";
    plan.reach = reach;
    plan.onwards = onwards;
    plan.always = NULL;
}

void xen_fail_always(const char *name, int errnum)
{
    xen_fail(0, errnum, NULL, REACH_NOTHING, false);
    plan.always = name;
}

size_t xen_calls(void)
{
    return n_journal;
}

const char *xen_call(size_t i)
{
    return journal[i];
}

void xen_forget(void)
{
    while (n_journal)
        free(journal[--n_journal]);
}

/* Notes the call; true when it is the one that fails. */
bool xen_fails(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (n_journal == sizeof(journal) / sizeof(*journal) ||
        vasprintf(&journal[n_journal], fmt, ap) < 0)
        fail_msg("the fake hypervisor's journal is full");
    va_end(ap);
    n_journal++;
    if (xen_hook)
        xen_hook();
    if (plan.always)
        return !strncmp(journal[n_journal - 1], plan.always, strlen(plan.always));
    if (!plan.in || --plan.in)
        return false;
    plan.in = plan.onwards ? 1 : 0;
    return true;
}

int xen_errnum(void)
{
    return plan.errnum;
}

/* The failure that was asked for, as hv_libxl_error() words it. */
int xen_told(struct err *e, enum exit_code code, const char *fmt, ...)
{
    char what[256];
    va_list ap;

    if (!plan.errnum)
        return 0;
    va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);
    return err_set(e, code, plan.errnum, "%s: libxl says: %s", what, plan.says);
}

int hv_open(struct hv **ret, bool verbose, struct err *e)
{
    (void)verbose;
    if (xen_fails("open") && plan.errnum)
        return err_sys(e, XV_CANNOT, plan.errnum, "open xenstore");
    *ret = calloc(1, sizeof(**ret));
    (*ret)->records.xs = (struct xs *)*ret;
    return 0;
}

struct hv *hv_close(struct hv *hv)
{
    free(hv);
    return NULL;
}

int hv_host(struct hv *hv, struct hv_host *ret, struct err *e)
{
    (void)hv;
    if (xen_fails("host"))
        return xen_told(e, XV_FAILED, "read the host's abilities");
    ret->hvm_passthrough = xen.passthrough;
    return 0;
}

int hv_domains(struct hv *hv, struct hv_domain **ret, size_t *n, struct err *e)
{
    (void)hv;
    if (xen_fails("domains") && plan.errnum)
        return xen_told(e, XV_FAILED, "list the domains");
    *ret = calloc(xen.n_domains ? xen.n_domains : 1, sizeof(**ret));
    for (size_t i = 0; i < xen.n_domains; i++)
        (*ret)[i] = xen.domains[i].info;
    *n = xen.n_domains;
    return 0;
}

/* The list without the fields that only hv_domain_learn() sets. */
int hv_domain_names(struct hv *hv, struct hv_domain **ret, size_t *n, struct err *e)
{
    int r = hv_domains(hv, ret, n, e);

    for (size_t i = 0; !r && i < *n; i++) {
        struct hv_domain *dom = &(*ret)[i];

        dom->type = dom->type == HV_PV ? HV_PV : HV_HVM;
        dom->managed = dom->is_stub = false;
        dom->stub_target = dom->stub_domid = 0;
    }
    return r;
}

int hv_domain_learn(struct hv *hv, struct hv_domain *dom, struct err *e)
{
    (void)hv;
    if (xen_fails("learn %u", dom->domid) && plan.errnum)
        return xen_told(e, XV_FAILED, "read domain %u", dom->domid);
    for (size_t i = 0; i < xen.n_domains; i++)
        if (xen.domains[i].info.domid == dom->domid &&
            !strcmp(xen.domains[i].info.uuid, dom->uuid)) {
            *dom = xen.domains[i].info;
            return 0;
        }
    return err_set(e, XV_NOT_FOUND, ENOENT, "'%s' is gone", dom->name);
}

int hv_domain_iommu(struct hv *hv, uint32_t domid, struct bdf bdf, struct err *e)
{
    (void)hv, (void)bdf;
    if (xen_fails("domain_iommu %u", domid) && plan.errnum)
        return err_sys(e, XV_CANNOT, plan.errnum, "ask Xen whether domain %u has an IOMMU",
                       domid);
    return xen_domain(domid)->iommu;
}

int hv_domain_config(struct hv *hv, uint32_t domid, struct hv_config *ret, struct err *e)
{
    (void)hv;
    if (xen_fails("domain_config %u", domid) && plan.errnum)
        return xen_told(e, XV_FAILED, "read the configuration of domain %u", domid);
    *ret = xen_domain(domid)->config;
    return 0;
}

int hv_xen(struct hv *hv, struct hv_xen *ret, struct err *e)
{
    (void)hv;
    if (xen_fails("xen"))
        return xen_told(e, XV_FAILED, "read Xen's version");
    *ret = xen.self;
    return 0;
}

int hv_log(struct hv *hv, char **ret, struct err *e)
{
    (void)hv;
    if (xen_fails("log") && plan.errnum)
        return xen_told(e, XV_CANNOT, "read Xen's log");
    *ret = strdup(xen.log);
    return 0;
}

int hv_claims(struct hv *hv, struct hv_claim **ret, size_t *n, struct err *e)
{
    struct hv_claim *claims = calloc(xen.n_records + 1, sizeof(*claims));

    (void)hv;
    if (xen_fails("claims") && plan.errnum) {
        free(claims);
        return err_sys(e, XV_CANNOT, plan.errnum, "list xenstore: /libxl/pci");
    }
    *n = 0;
    for (size_t i = 0; i < xen.n_records; i++)
        if (!strcmp(xen.records[i].key, "domid"))
            claims[(*n)++] = (struct hv_claim){ xen.records[i].bdf,
                                                (uint32_t)atoi(xen.records[i].value) };
    *ret = claims;
    return 0;
}

int hv_keep_passthrough(struct hv *hv, uint32_t domid, struct err *e)
{
    (void)hv;
    if (xen_fails("keep_passthrough %u", domid))
        return xen_told(e, XV_FAILED, "store the configuration of domain %u", domid);
    xen_domain(domid)->kept = true;
    return 0;
}

/* A domain of xen.domains lives. */
static bool lives(uint32_t domid)
{
    for (size_t i = 0; i < xen.n_domains; i++)
        if (xen.domains[i].info.domid == domid)
            return true;
    return false;
}

static struct guest_pci *entries_of(bool living, size_t *n)
{
    struct guest_pci *list = calloc(xen.n_assigned + 1, sizeof(*list));

    *n = 0;
    for (size_t i = 0; i < xen.n_assigned; i++)
        if (lives(xen.assigned[i].domid) == living)
            list[(*n)++] = xen.assigned[i];
    return list;
}

int hv_assigned(struct hv *hv, struct guest_pci **ret, size_t *n, struct err *e)
{
    (void)hv;
    if (xen_fails("assigned") && plan.errnum)
        return err_sys(e, XV_CANNOT, plan.errnum, "read xenstore: start a transaction");
    *ret = entries_of(true, n);
    return 0;
}

int hv_assigned_to(struct hv *hv, uint32_t domid, struct guest_pci **ret, size_t *n,
                   struct err *e)
{
    size_t kept = 0;

    (void)hv;
    if (xen_fails("assigned_to %u", domid) && plan.errnum)
        return err_sys(e, XV_CANNOT, plan.errnum, "read xenstore: start a transaction");
    *ret = entries_of(true, n);
    for (size_t i = 0; i < *n; i++)
        if ((*ret)[i].domid == domid)
            (*ret)[kept++] = (*ret)[i];
    *n = kept;
    return 0;
}

int hv_is_free(struct hv *hv, struct bdf bdf, bool *in_xen, struct err *e)
{
    (void)hv;
    if (xen_fails("is_free %s", BDF_STR(bdf)) && plan.errnum)
        return err_sys(e, XV_CANNOT, plan.errnum, "read xenstore: /libxl/pci/%s", BDF_STR(bdf));
    *in_xen = xen_has(bdf);
    return !*in_xen && !xen_record_find(bdf, "domid");
}

int hv_emulated(struct hv *hv, const struct bdf *bdfs, size_t n, struct hv_emulated **ret,
                size_t *n_ret, struct err *e)
{
    (void)hv;
    if (xen_fails("emulated") && plan.errnum)
        return err_sys(e, XV_CANNOT, plan.errnum, "list xenstore: /local/domain");
    *ret = calloc(n + 1, sizeof(**ret));
    *n_ret = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t d = 0; d < xen.n_domains; d++) {
            struct fake_domain *dom = &xen.domains[d];

            if (xen_bus_find(dom, bdfs[i]) && !xen_claims(dom, bdfs[i]) && *n_ret < n)
                (*ret)[(*n_ret)++] = (struct hv_emulated){ bdfs[i], dom->info.domid };
        }
    return 0;
}

int hv_dead(struct hv *hv, struct guest_pci **ret, size_t *n, struct err *e)
{
    (void)hv;
    if (xen_fails("dead") && plan.errnum)
        return err_sys(e, XV_CANNOT, plan.errnum, "read xenstore: start a transaction");
    *ret = entries_of(false, n);
    return 0;
}

int hv_bury(struct hv *hv, uint32_t domid, struct err *e)
{
    size_t kept = 0;

    (void)hv;
    if (xen_fails("bury %u", domid) && plan.errnum)
        return err_sys(e, XV_FAILED, plan.errnum, "write xenstore: /local/domain/0/backend/pci/%u",
                       domid);
    if (lives(domid))
        return err_set(e, XV_FAILED, EBUSY, "domain %u still exists: its records are not cleared",
                       domid);
    for (size_t i = 0; i < xen.n_assigned; i++)
        if (xen.assigned[i].domid != domid)
            xen.assigned[kept++] = xen.assigned[i];
    xen.n_assigned = kept;
    return 0;
}

int hv_bus(struct hv *hv, const struct hv_domain *info, struct hv_slot **ret, size_t *n,
           struct err *e)
{
    struct fake_domain *dom = xen_domain(info->domid);

    (void)hv;
    if (info->type != HV_HVM || info->stub_domid)
        return -EOPNOTSUPP;
    if (xen_fails("bus %u", info->domid) && plan.errnum)
        return xen_told(e, XV_CANNOT, "read the PCI bus of '%s'", info->name);
    xen_look(dom);
    *ret = calloc(dom->n_bus ? dom->n_bus : 1, sizeof(**ret));
    memcpy(*ret, dom->bus, dom->n_bus * sizeof(**ret));
    for (size_t i = 0; xen.segments_hidden && i < dom->n_bus; i++) {
        (*ret)[i].host.segment = 0;
        (*ret)[i].segment_unknown = dom->bus[i].passthrough;
    }
    *n = dom->n_bus;
    return 0;
}

static unsigned automatic_slot(const struct fake_domain *dom)
{
    for (unsigned slot = 1; slot < 32; slot++) {
        bool taken = false;

        for (size_t i = 0; i < dom->n_bus; i++)
            taken |= dom->bus[i].slot == slot;
        if (!taken)
            return slot;
    }
    return 0;
}

/* device_pci_add_done(): any failure deletes the owner's record, even another guest's. */
static int attach_failed(struct bdf bdf, struct err *e, const char *says)
{
    if (!says)
        return 0;
    xen_record_put(bdf, "domid", NULL);
    err_set(e, XV_FAILED, EIO, "attach %s: libxl says: %s", BDF_STR(bdf), says);
    err_about(e, BDF_STR(bdf));
    return -EIO;
}

int hv_attach(struct hv *hv, uint32_t domid, const struct guest_pci *pci, struct err *e)
{
    struct fake_domain *dom = xen_domain(domid);
    struct guest_pci entry = *pci;
    bool failing = xen_fails("attach %s", BDF_STR(pci->bdf)), qemu = !dom->info.stub_domid;
    const char *says = plan.errnum ? plan.says : NULL;
    char number[16];

    (void)hv;
    if (failing && plan.reach == REACH_NOTHING)
        return attach_failed(pci->bdf, e, says);
    if (strcmp(kernel_driver(pci->bdf), "pciback"))
        return attach_failed(pci->bdf, e, "PCI device is not assignable");
    if (!dom->iommu)
        return attach_failed(pci->bdf, e, "PCI device cannot be assigned - no IOMMU?");
    if (dom->log_dirty)
        return attach_failed(pci->bdf, e, "xc_assign_device failed: Invalid cross-device link");
    if (guest_pci_find(xen.assigned, xen.n_assigned, pci->bdf))
        return attach_failed(pci->bdf, e, "already assigned to a different guest?");
    if (xen_record_find(pci->bdf, "domid"))
        return attach_failed(pci->bdf, e, "PCI device is not assignable");
    snprintf(number, sizeof(number), "%u", domid);
    xen_record_put(pci->bdf, "domid", number);
    entry.domid = domid;
    if (!entry.vslot)
        entry.vslot = automatic_slot(dom);
    if (failing && plan.reach == REACH_STORE)
        qemu = false;
    if (qemu && !xen_bus_add(dom, pci->bdf, entry.vslot, entry.vfunc))
        return attach_failed(pci->bdf, e,
                             "PCI: slot 7 function 0 not available for xen-pci-passthrough");
    if (qemu)
        xen_pirq_attach(dom, pci);
    if (failing && plan.reach == REACH_QEMU)
        return attach_failed(pci->bdf, e, says);
    xen_assigned_add(&entry);
    return failing ? attach_failed(pci->bdf, e, says) : 0;
}

int hv_attach_all(struct hv *hv, uint32_t domid, const struct guest_pci *pci, size_t n,
                  int *rcs, struct err *e)
{
    /* libxl's order is undefined.  Every function must be in pciback. */
    for (size_t i = 0; i < n; i++)
        if (strcmp(kernel_driver(pci[i].bdf), "pciback"))
            fail_msg("%s is attached together with others, and not pciback's",
                     BDF_STR(pci[i].bdf));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (!pci[i].vslot || (i != j && pci[i].vslot == pci[j].vslot))
                fail_msg("%s is attached together with others, at slot %02x",
                         BDF_STR(pci[i].bdf), pci[i].vslot);
    for (size_t i = 0; i < n; i++)
        rcs[i] = hv_attach(hv, domid, &pci[i], e);
    return 0;
}

/* libxl asks QEMU once a second, for 10 s at most. */
static bool wait_for_guest(struct fake_domain *dom, struct bdf bdf)
{
    for (unsigned s = 0; s < 10; s++) {
        if (!xen_bus_find(dom, bdf))
            return true;
        clock_pass_ms(1000);
        xen_look(dom);
    }
    return !xen_bus_find(dom, bdf);
}

static int detach_one(struct fake_domain *dom, struct bdf bdf, bool force)
{
    bool listed = false;

    for (size_t i = 0; i < xen.n_assigned; i++)
        listed |= xen.assigned[i].domid == dom->info.domid &&
                  bdf_equal(xen.assigned[i].bdf, bdf);
    if (!listed)
        return -EIO; /* "PCI device not attached to this domain" */
    if (dom->info.type == HV_HVM && !dom->info.stub_domid) {
        int r = xen_ask_unplug(dom, bdf);

        if (r && !force)
            return -EIO; /* QEMU: "Device ... not found", or already being unplugged */
        if (!force && !wait_for_guest(dom, bdf))
            return -ETIMEDOUT;
    }
    xen_assigned_remove(dom->info.domid, bdf);
    xen_record_put(bdf, "domid", NULL);
    return 0;
}

int hv_detach(struct hv *hv, uint32_t domid, const struct guest_pci *pci, size_t n,
              enum hv_removal how, int *rcs, struct err *e)
{
    struct fake_domain *dom = xen_domain(domid);
    bool force = how != HV_REMOVE;
    bool failing = xen_fails("%s %s%s", force ? "destroy" : "detach", BDF_STR(pci[0].bdf),
                         n > 1 ? " and more" : "");

    (void)hv;
    for (size_t i = 0; i < n; i++) {
        if (!failing)
            rcs[i] = detach_one(dom, pci[i].bdf, force);
        else if (plan.reach == REACH_ALL)
            detach_one(dom, pci[i].bdf, force), rcs[i] = -EIO;
        else
            rcs[i] = -plan.errnum;
        if (rcs[i] && rcs[i] != -ETIMEDOUT) {
            err_set(e, XV_FAILED, EIO, "detach %s: libxl says: %s", BDF_STR(pci[i].bdf),
                    failing ? plan.says : "Device not found");
            err_about(e, BDF_STR(pci[i].bdf));
        }
    }
    return 0;
}

int hv_unplug(struct hv *hv, uint32_t domid, struct bdf bdf, struct err *e)
{
    int r;

    (void)hv;
    if (xen_fails("unplug %s", BDF_STR(bdf))) {
        r = xen_told(e, XV_FAILED, "ask QEMU to unplug %s", BDF_STR(bdf));
    } else {
        r = xen_ask_unplug(xen_domain(domid), bdf);
        if (r)
            err_sys(e, XV_FAILED, -r, "ask QEMU to unplug %s", BDF_STR(bdf));
    }
    if (r)
        err_about(e, BDF_STR(bdf));
    return r;
}

void hv_release(struct hv *hv, uint32_t domid, struct bdf bdf)
{
    (void)hv;
    if (xen_fails("release %s from %u", BDF_STR(bdf), domid))
        return;
    if (guest_pci_find(xen.assigned, xen.n_assigned, bdf))
        fail_msg("%s is released in Xen, and xenstore says that a guest has it", BDF_STR(bdf));
    xen_set_in_xen(bdf, false);
}

void hv_end_log_dirty(struct hv *hv, uint32_t domid)
{
    (void)hv;
    if (!xen_fails("end_log_dirty %u", domid))
        xen_domain(domid)->log_dirty = false;
}

bool hv_unplug_tells(struct hv *hv, uint32_t domid)
{
    (void)hv;
    (void)domid;
    return xen.qemu_tells;
}

void hv_unplug_wait(struct hv *hv, uint32_t domid, size_t n, int ms)
{
    (void)hv, (void)n;
    (void)domid;
    stop_sleep_ms(ms);
}

const struct records *hv_records(struct hv *hv)
{
    return &hv->records;
}
