/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about Xen that only `check` needs. */
#include "hv/hv_libxl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* As xl does: a domain without such a folder is unknown to libxl. */
#define CLAIMS "/libxl/pci"

/* How much of Xen's log is read at once, bytes. */
#define LOG_BLOCK 16384u

/*
 * Does not use libxl_xen_console_read_line(): when the log fills its buffer, 4.17 returns a
 * string without an end (libxl_console.c).
 */
int hv_log(struct hv *hv, char **ret, struct err *e)
{
    AUTO_FREE char *text = NULL;
    uint32_t index = 0;
    size_t len = 0;

    for (;;) {
        unsigned more = LOG_BLOCK;
        char *grown = realloc(text, len + LOG_BLOCK + 1);

        if (!grown)
            return err_nomem(e);
        text = grown;
        if (xc_readconsolering(hv->xch, text + len, &more, 0, 1, &index))
            return err_sys(e, XV_CANNOT, errno, "read Xen's log");
        if (!more)
            break;
        len += more;
    }
    text[len] = '\0';
    *ret = TAKE_PTR(text);
    return 0;
}

static int by_function(const void *a, const void *b)
{
    return bdf_compare(((const struct hv_claim *)a)->bdf, ((const struct hv_claim *)b)->bdf);
}

int hv_claims(struct hv *hv, struct hv_claim **ret, size_t *n, struct err *e)
{
    AUTO_FREE struct hv_claim *claims = NULL;
    AUTO_FREE char **names = NULL;
    size_t n_names = 0, found = 0;
    int r = xs_listf(hv->xs, &names, &n_names, e, CLAIMS);

    for (size_t i = 0; !r && i < n_names; i++) {
        unsigned seg, bus, slot, func;
        AUTO_FREE char *value = NULL;

        if (sscanf(names[i], "%4x-%2x-%2x-%1x", &seg, &bus, &slot, &func) != 4)
            continue;
        r = xs_getf(hv->xs, &value, e, CLAIMS "/%s/domid", names[i]);
        if (r || !value)
            continue;
        if (ARRAY_GROW(claims, found))
            return err_nomem(e);
        claims[found++] = (struct hv_claim){
            .bdf = { seg, (uint8_t)bus, (uint8_t)slot, (uint8_t)func },
            .domid = (uint32_t)strtoul(value, NULL, 10),
        };
    }
    if (r)
        return r;
    if (found)
        qsort(claims, found, sizeof(*claims), by_function);
    *ret = TAKE_PTR(claims);
    *n = found;
    return 0;
}

int hv_dead(struct hv *hv, struct guest_pci **ret, size_t *n, struct err *e)
{
    return guest_pci_dead(hv->xs, ret, n, e);
}

int hv_bury(struct hv *hv, uint32_t domid, struct err *e)
{
    return guest_pci_bury(hv->xs, domid, e);
}
