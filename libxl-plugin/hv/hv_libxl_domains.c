/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "hv/hv_libxl.h"

#define BATCH 1024      /* domains in one hypercall */

/*
 * Xen does not tell PVH from HVM; what libxl has noted at creation does (libxl_dom.c,
 * libxl__domain_type()).
 */
static enum hv_type hvm_or_pvh(struct hv *hv, uint32_t domid)
{
    AUTO_FREE char *noted = NULL;
    struct err ignored;

    return !xs_getf(hv->xs, &noted, &ignored, "/libxl/%u/type", domid) && noted &&
           !strcmp(noted, "pvh") ? HV_PVH : HV_HVM;
}

static bool is_managed(struct hv *hv, uint32_t domid)
{
    AUTO_FREE uint8_t *data = NULL;
    int len = 0;

    return !libxl_userdata_retrieve(hv->ctx, domid, "libxl-json", &data, &len) && len > 0;
}

/* The data in the list of domains, and the name. */
static void fill_name(struct hv *hv, const xc_domaininfo_t *info, struct hv_domain *dom)
{
    AUTO_FREE char *name = NULL;
    struct err ignored;

    *dom = (struct hv_domain){
        .domid = info->domain,
        .type = info->flags & XEN_DOMINF_hvm_guest ? HV_HVM : HV_PV,
        .paused = info->flags & XEN_DOMINF_paused,
        .suspended = info->flags & XEN_DOMINF_shutdown,
    };
    snprintf(dom->uuid, sizeof(dom->uuid), LIBXL_UUID_FMT, LIBXL__UUID_BYTES(info->handle));
    if (xs_getf(hv->xs, &name, &ignored, "/local/domain/%u/name", dom->domid))
        name = NULL;
    snprintf(dom->name, sizeof(dom->name), "%s", name ? name : "");
}

bool hv_libxl_read_domid(struct hv *hv, uint32_t domid, const char *key, uint32_t *ret)
{
    AUTO_FREE char *text = NULL;
    struct err ignored;

    if (xs_getf(hv->xs, &text, &ignored, "/local/domain/%u/%s", domid, key) || !text)
        return false;
    *ret = (uint32_t)strtoul(text, NULL, 10);
    return true;
}

/* The remaining data.  Each value costs a round trip to xenstore, so fetch it for few domains. */
static void fill_rest(struct hv *hv, struct hv_domain *dom)
{
    if (dom->type != HV_PV)
        dom->type = hvm_or_pvh(hv, dom->domid);
    dom->is_stub = hv_libxl_read_domid(hv, dom->domid, "target", &dom->stub_target);
    if (!hv_libxl_read_domid(hv, dom->domid, "image/device-model-domid", &dom->stub_domid))
        dom->stub_domid = 0;
    dom->managed = is_managed(hv, dom->domid);
}

static int by_domid(const void *a, const void *b)
{
    uint32_t x = ((const struct hv_domain *)a)->domid, y = ((const struct hv_domain *)b)->domid;

    return x < y ? -1 : x > y;
}

/* Not by libxl_list_domain(), which asks for the security label of each domain as well. */
int hv_domain_names(struct hv *hv, struct hv_domain **ret, size_t *n, struct err *e)
{
    AUTO_FREE xc_domaininfo_t *info = calloc(BATCH, sizeof(*info));
    AUTO_FREE struct hv_domain *list = NULL;
    uint32_t first = 1; /* 0 is dom0 */
    size_t found = 0;
    int num = BATCH;

    if (!info)
        return err_nomem(e);
    while (num == BATCH) {
        num = xc_domain_getinfolist(hv->xch, first, BATCH, info);
        if (num < 0)
            return err_sys(e, XV_CANNOT, errno, "list the domains");
        for (int i = 0; i < num; i++) {
            first = info[i].domain + 1u;
            if (info[i].flags & XEN_DOMINF_dying)
                continue;
            if (ARRAY_GROW(list, found))
                return err_nomem(e);
            fill_name(hv, &info[i], &list[found++]);
        }
    }
    if (found)
        qsort(list, found, sizeof(*list), by_domid);
    *ret = TAKE_PTR(list);
    *n = found;
    return 0;
}

int hv_domains(struct hv *hv, struct hv_domain **ret, size_t *n, struct err *e)
{
    int r = hv_domain_names(hv, ret, n, e);

    for (size_t i = 0; !r && i < *n; i++)
        fill_rest(hv, &(*ret)[i]);
    return r;
}

int hv_domain_learn(struct hv *hv, struct hv_domain *dom, struct err *e)
{
    struct hv_domain now = { .domid = 0 };
    xc_domaininfo_t info;

    if (xc_domain_getinfolist(hv->xch, dom->domid, 1, &info) == 1 && info.domain == dom->domid &&
        !(info.flags & XEN_DOMINF_dying))
        fill_name(hv, &info, &now);
    if (strcmp(now.uuid, dom->uuid))
        return err_set(e, XV_NOT_FOUND, ENOENT, "'%s' is gone", dom->name);
    *dom = now;
    fill_rest(hv, dom);
    return 0;
}
