/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "hv/hv_libxl.h"

/*
 * Xen itself tells PVH from HVM as little as libxl_list_domain() does; what libxl has
 * noted at creation does (libxl_dom.c, libxl__domain_type()).
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

/* What the list of domains tells, and the name. */
static void fill_name(struct hv *hv, const libxl_dominfo *info, struct hv_domain *dom)
{
    AUTO_FREE char *name = libxl_domid_to_name(hv->ctx, info->domid);

    *dom = (struct hv_domain){
        .domid = info->domid,
        .type = info->domain_type == LIBXL_DOMAIN_TYPE_PV ? HV_PV : HV_HVM,
        .paused = info->paused,
        .suspended = info->shutdown,
    };
    snprintf(dom->uuid, sizeof(dom->uuid), LIBXL_UUID_FMT, LIBXL_UUID_BYTES(info->uuid));
    snprintf(dom->name, sizeof(dom->name), "%s", name ? name : "");
}

/* A domain's number below its own folder in xenstore, which it cannot write. */
static bool read_domid(struct hv *hv, uint32_t domid, const char *key, uint32_t *ret)
{
    AUTO_FREE char *text = NULL;
    struct err ignored;

    if (xs_getf(hv->xs, &text, &ignored, "/local/domain/%u/%s", domid, key) || !text)
        return false;
    *ret = (uint32_t)strtoul(text, NULL, 10);
    return true;
}

/* The rest.  A round trip to xenstore each: of one domain this is nothing, of all it grows. */
static void fill_rest(struct hv *hv, struct hv_domain *dom)
{
    if (dom->type != HV_PV)
        dom->type = hvm_or_pvh(hv, dom->domid);
    dom->is_stub = read_domid(hv, dom->domid, "target", &dom->stub_target);
    if (!read_domid(hv, dom->domid, "image/device-model-domid", &dom->stub_domid))
        dom->stub_domid = 0;
    dom->managed = is_managed(hv, dom->domid);
}

static int by_domid(const void *a, const void *b)
{
    uint32_t x = ((const struct hv_domain *)a)->domid, y = ((const struct hv_domain *)b)->domid;

    return x < y ? -1 : x > y;
}

int hv_domain_names(struct hv *hv, struct hv_domain **ret, size_t *n, struct err *e)
{
    AUTO_FREE struct hv_domain *list = NULL;
    libxl_dominfo *info;
    size_t found = 0;
    int num = 0;

    xl_log_mark(&hv->log);
    info = libxl_list_domain(hv->ctx, &num);
    if (!info)
        return hv_libxl_error(hv, e, ERROR_FAIL, "list the domains");
    list = calloc((size_t)num, sizeof(*list));
    for (int i = 0; list && i < num; i++)
        if (info[i].domid != 0 && !info[i].dying)
            fill_name(hv, &info[i], &list[found++]);
    libxl_dominfo_list_free(info, num);
    if (!list)
        return err_nomem(e);
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
    libxl_dominfo info;
    int rc;

    libxl_dominfo_init(&info);
    rc = libxl_domain_info(hv->ctx, &info, dom->domid);
    if (!rc && !info.dying)
        fill_name(hv, &info, &now);
    libxl_dominfo_dispose(&info);
    if (strcmp(now.uuid, dom->uuid))
        return err_set(e, XV_NOT_FOUND, ENOENT, "'%s' is gone", dom->name);
    *dom = now;
    fill_rest(hv, dom);
    return 0;
}
