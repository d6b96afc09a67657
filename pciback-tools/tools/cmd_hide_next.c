/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pciback-hide --status --next: the devices that each installed kernel would hold. */
#include "tools/cmd_hide.h"

#include <errno.h>
#include <stdio.h>

#include "base/out.h"
#include "base/table.h"
#include "boot/hide_next.h"

static const char *const held_words[] = {
    [NEXT_HELD] = "yes", [NEXT_NOT_HELD] = "no", [NEXT_UNKNOWN] = "unknown",
};

static void kernels_json(struct json *json, const struct next_boot *next)
{
    json_array(json, "kernels");
    for (size_t i = 0; i < next->n; i++) {
        const struct next_kernel *k = &next->kernels[i];

        json_object(json, NULL);
        json_str(json, "version", k->version);
        json_str(json, "initramfs", *k->initramfs ? k->initramfs : NULL);
        json_bool(json, "entry", k->n_entries > 0);
        if (k->held == NEXT_UNKNOWN)
            json_null(json, "held");
        else
            json_bool(json, "held", k->held == NEXT_HELD);
        json_str(json, "step", *k->step ? k->step : NULL);
        json_end_object(json);
    }
    json_end_array(json);
}

static int kernels_table(const struct next_boot *next, struct err *e)
{
    static const struct table_column columns[] = {
        { "KERNEL", 0 }, { "INITRAMFS", 0 }, { "HELD", 0 }, { NULL, 0 },
    };
    CLEANUP(table_free_p) struct table *table = table_new(columns);
    int r = table ? 0 : err_nomem(e);

    for (size_t i = 0; !r && i < next->n; i++) {
        const struct next_kernel *k = &next->kernels[i];

        r = table_row(table, (const char *[]){ k->version, *k->initramfs ? k->initramfs : "none",
                                               held_words[k->held] }, e);
    }
    if (!r)
        r = table_write(table, stdout, e);
    for (size_t i = 0; !r && i < next->n; i++)
        if (*next->kernels[i].step)
            out_line("%s: %s", next->kernels[i].version, next->kernels[i].step);
    return r;
}

static void warn(struct json *json, const char *path, const char *what)
{
    char text[512];

    snprintf(text, sizeof(text), "%s: %s", path, what);
    if (json)
        json_str(json, NULL, text);
    else
        out_line("warning: %s", text);
}

/* What does not start Xen holds nothing, whatever the files say. */
static void warn_image(struct json *json, const struct linux_image *image)
{
    char text[256];

    snprintf(text, sizeof(text), "a unified kernel image starts Linux%s%.100s without Xen, and holds "
             "no device%s", *image->version ? " " : "", image->version,
             image->is_signed ? "; it is signed, so pciback-hide does not change it" : "");
    warn(json, image->path, text);
}

static void warnings(struct json *json, const struct next_boot *next)
{
    if (json)
        json_array(json, "warnings");
    for (size_t i = 0; i < next->n_crash; i++)
        warn(json, next->crash[i], "the crash kernel's initramfs has the udev rule too, which "
             "hides the devices there; if one of them stores the dump, use --method=modprobe");
    for (size_t i = 0; i < next->efis.n_images; i++)
        warn_image(json, &next->efis.images[i]);
    for (size_t i = 0; next->secure_boot && i < next->efis.n; i++)
        if (next->efis.list[i].is_signed)
            warn(json, next->efis.list[i].path, "it is signed, and Secure Boot is on: the firmware "
                 "starts it only as it is, so pciback-hide does not change it; build and sign it "
                 "again");
    if (json)
        json_end_array(json);
}

int hide_run_next(struct xvtd *x, struct err *e)
{
    CLEANUP(hide_next_clear) struct next_boot next = { .n = 0 };
    struct json *json = x->json ? xvtd_json(x) : NULL;
    size_t bad = 0;
    int r = x->json && !json ? err_nomem(e) : hide_next_read(&next, x->root, e);

    if (r)
        return r;
    for (size_t i = 0; i < next.n; i++)
        bad += next.kernels[i].held != NEXT_HELD;
    if (json) {
        json_bool(json, "agree", !bad);
        kernels_json(json, &next);
    } else if (!next.n_sources) {
        out_line("nothing is configured");
    } else {
        r = kernels_table(&next, e);
    }
    warnings(json, &next);
    if (r || !bad || !next.n_sources)
        return r;
    x->doc_complete = true;
    r = err_set(e, XV_FAILED, EINVAL, "status: %zu of %zu kernels would not hold the configured "
                "devices, or it is unknown", bad, next.n);
    err_kind(e, "check-failed");
    return r;
}
