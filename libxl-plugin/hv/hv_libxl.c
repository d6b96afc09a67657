/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hv/hv_libxl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

int hv_open(struct hv **ret, bool verbose, struct err *e)
{
    struct hv *hv = calloc(1, sizeof(*hv));
    int r;

    if (!hv)
        return err_nomem(e);
    xl_log_init(&hv->log, verbose);
    r = root_open(&hv->root, NULL, e);
    if (!r)
        r = xs_open_handle(&hv->xs, e);
    if (r) {
        hv_close(hv);
        return r;
    }
    hv->records = (struct records){ .xs = hv->xs };
    if (libxl_ctx_alloc(&hv->ctx, LIBXL_VERSION, 0, &hv->log.vtable)) {
        err_set(e, XV_CANNOT, EPERM, "open libxl: %s",
                hv->log.cause[0] ? hv->log.cause : "no Xen here, or no permission");
        hv->ctx = NULL;
        hv_close(hv);
        return -EPERM;
    }
    hv->xch = xc_interface_open(&hv->log.vtable, NULL, 0);
    if (!hv->xch) {
        r = err_sys(e, XV_CANNOT, errno, "open the hypervisor's control interface");
        hv_close(hv);
        return r;
    }
    *ret = hv;
    return 0;
}

struct hv *hv_close(struct hv *hv)
{
    if (hv) {
        hv_libxl_qemu_close(hv);
        hv_libxl_pirq_close(hv);
        if (hv->xch)
            xc_interface_close(hv->xch);
        if (hv->ctx)
            libxl_ctx_free(hv->ctx);
        xs_close_handle(hv->xs);
        root_close(hv->root);
        free(hv);
    }
    return NULL;
}

/* Facts that do not change while Xen runs. */
static int read_host(struct hv *hv, struct err *e)
{
    libxl_physinfo info;
    int rc;

    if (hv->host_known)
        return 0;
    libxl_physinfo_init(&info);
    xl_log_mark(&hv->log);
    rc = libxl_get_physinfo(hv->ctx, &info);
    if (rc) {
        rc = hv_libxl_error(hv, e, rc, "read the host's abilities");
    } else {
        hv->host.hvm_passthrough = info.cap_hvm_directio;
        hv->hvm = info.cap_hvm;
        hv->host_known = true;
    }
    libxl_physinfo_dispose(&info);
    return rc;
}

int hv_host(struct hv *hv, struct hv_host *ret, struct err *e)
{
    int r = read_host(hv, e);

    if (!r)
        *ret = hv->host;
    return r;
}

/* Not by libxl_get_version_info(), which asks nine questions. */
int hv_xen(struct hv *hv, struct hv_xen *ret, struct err *e)
{
    xen_extraversion_t extra = "";
    xen_commandline_t line = "";
    int version = xc_version(hv->xch, XENVER_version, NULL), r;

    if (version < 0 || xc_version(hv->xch, XENVER_extraversion, &extra) < 0 ||
        xc_version(hv->xch, XENVER_commandline, &line) < 0)
        return err_sys(e, XV_CANNOT, errno, "read Xen's version");
    r = read_host(hv, e);
    if (r)
        return r;
    *ret = (struct hv_xen){ .hvm = hv->hvm };
    snprintf(ret->version, sizeof(ret->version), "%u.%u%.15s", (unsigned)version >> 16,
             version & 0xffffu, extra);
    snprintf(ret->command_line, sizeof(ret->command_line), "%.1023s", line);
    return 0;
}

static bool list_has(libxl_string_list list, const char *text)
{
    for (; list && *list; list++)
        if (strstr(*list, text))
            return true;
    return false;
}

/* The configuration that libxl stores; on success the caller disposes it. */
static int load_config(struct hv *hv, uint32_t domid, libxl_domain_config *config, struct err *e)
{
    AUTO_FREE uint8_t *data = NULL;
    AUTO_FREE char *text = NULL;
    int rc, len = 0;

    xl_log_mark(&hv->log);
    rc = libxl_userdata_retrieve(hv->ctx, domid, "libxl-json", &data, &len);
    if (rc || len <= 0)
        return hv_libxl_error(hv, e, rc, "read the configuration of domain %u", domid);
    text = strndup((const char *)data, (size_t)len);
    if (!text)
        return err_nomem(e);
    libxl_domain_config_init(config);
    rc = libxl_domain_config_from_json(hv->ctx, config, text);
    if (rc) {
        libxl_domain_config_dispose(config);
        return hv_libxl_error(hv, e, rc, "read the configuration of domain %u", domid);
    }
    return 0;
}

void hv_end_log_dirty(struct hv *hv, uint32_t domid)
{
    xc_shadow_control(hv->xch, domid, XEN_DOMCTL_SHADOW_OP_OFF, NULL, 0); /* EINVAL: it was off */
}

int hv_domain_config(struct hv *hv, uint32_t domid, struct hv_config *ret, struct err *e)
{
    static const char multifunction[] = "xen-pci-passthrough.multifunction=on";
    libxl_domain_config config;
    int r = load_config(hv, domid, &config, e);

    if (r)
        return r;
    ret->multifunction = list_has(config.b_info.extra, multifunction) ||
                         list_has(config.b_info.extra_hvm, multifunction);
    ret->passthrough = config.c_info.passthrough == LIBXL_PASSTHROUGH_ENABLED ||
                       config.c_info.passthrough == LIBXL_PASSTHROUGH_SYNC_PT ||
                       config.c_info.passthrough == LIBXL_PASSTHROUGH_SHARE_PT;
    ret->memory_kib = config.b_info.target_memkb;
    ret->max_memory_kib = config.b_info.max_memkb;
    ret->hole_kib = config.c_info.type == LIBXL_DOMAIN_TYPE_HVM &&
                            config.b_info.u.hvm.mmio_hole_memkb != LIBXL_MEMKB_DEFAULT
                        ? config.b_info.u.hvm.mmio_hole_memkb : 0;
    libxl_domain_config_dispose(&config);
    return 0;
}

int hv_keep_passthrough(struct hv *hv, uint32_t domid, struct err *e)
{
    AUTO_FREE char *text = NULL;
    libxl_domain_config config;
    int r = load_config(hv, domid, &config, e);

    if (r)
        return r;
    if (config.c_info.passthrough == LIBXL_PASSTHROUGH_DEFAULT) {
        config.c_info.passthrough = LIBXL_PASSTHROUGH_ENABLED;
        text = libxl_domain_config_to_json(hv->ctx, &config);
        r = text ? libxl_userdata_store(hv->ctx, domid, "libxl-json", (const uint8_t *)text,
                                        (int)strlen(text) + 1)
                 : ERROR_NOMEM;
        if (r)
            r = hv_libxl_error(hv, e, r, "store the configuration of domain %u", domid);
    }
    libxl_domain_config_dispose(&config);
    return r;
}

const struct records *hv_records(struct hv *hv)
{
    return &hv->records;
}
