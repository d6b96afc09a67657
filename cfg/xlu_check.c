/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cfg/xlu_check.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <libxlutil.h>

static void config_free(XLU_Config *config)
{
    xlu_cfg_destroy(config);
}

DEFINE_CLEANUP(XLU_Config *, config_free)

static void fclose_p(FILE **f)
{
    if (*f)
        fclose(*f);
}

/* Reads the list of an accepted text. */
static int read_list(XLU_Config *config, struct xlu_reading *ret)
{
    XLU_ConfigList *list;
    const char *item;
    int entries;

    if (xlu_cfg_get_list(config, "pci", &list, &entries, 1))
        return 0;
    ret->has_list = true;
    ret->entries = (size_t)entries;
    for (int i = 0; (item = xlu_cfg_get_listitem(list, i)); i++) {
        if (ARRAY_GROW(ret->items, ret->n))
            return -ENOMEM;
        ret->items[ret->n] = strdup(item);
        if (!ret->items[ret->n])
            return -ENOMEM;
        ret->n++;
    }
    return 0;
}

int xlu_read(const char *text, size_t len, struct xlu_reading *ret, struct err *e)
{
    struct xlu_reading reading = { .accepted = false };
    CLEANUP(config_free_p) XLU_Config *config = NULL;
    CLEANUP(fclose_p) FILE *f = NULL;
    size_t size;
    int r = 0;

    if (memchr(text, '\0', len) || len > INT_MAX - 2) {
        reading.report = strdup("libxlutil cannot check this text: it has a NUL or is too long");
        if (!reading.report)
            return err_nomem(e);
        *ret = reading;
        return 0;
    }
    f = open_memstream(&reading.report, &size);
    if (!f)
        return err_nomem(e);
    config = xlu_cfg_init(f, "cfg");
    if (!config)
        r = -ENOMEM;
    if (!r) {
        int rc = xlu_cfg_readdata(config, text, (int)len);

        reading.accepted = rc == 0;
        r = rc == ENOMEM ? -ENOMEM : 0;
    }
    if (!r && reading.accepted)
        r = read_list(config, &reading);
    if (fclose(f) && !r)
        r = -ENOMEM;
    f = NULL;
    if (r) {
        xlu_reading_clear(&reading);
        return err_nomem(e);
    }
    *ret = reading;
    return 0;
}

void xlu_reading_clear(struct xlu_reading *reading)
{
    for (size_t i = 0; i < reading->n; i++)
        free(reading->items[i]);
    free(reading->items);
    free(reading->report);
    *reading = (struct xlu_reading){ .accepted = false };
}

int xlu_verify(const char *what, const char *text, size_t len, const char *const *items,
               size_t n, struct err *e)
{
    CLEANUP(xlu_reading_clear) struct xlu_reading reading = { .accepted = false };
    int r = xlu_read(text, len, &reading, e);
    bool same;

    if (r)
        return r;
    if (!reading.accepted)
        return err_set(e, XV_FAILED, EINVAL, "verify the new text with libxlutil: %s: "
                       "xl would not accept it: %.*s", what,
                       (int)strcspn(reading.report, "\n"), reading.report);
    same = reading.n == n && (reading.entries == n || !reading.has_list);
    for (size_t i = 0; same && i < n; i++)
        same = !strcmp(reading.items[i], items[i]);
    if (!same)
        return err_set(e, XV_FAILED, EINVAL, "verify the new text with libxlutil: %s: "
                       "xl would read a list of %zu devices, not the %zu intended ones",
                       what, reading.entries, n);
    return 0;
}

static bool same_switch(bool xl, enum spec_switch ours)
{
    return xl == (ours == SPEC_ON);
}

static bool same_spec(const libxl_device_pci *pci, const struct spec *spec)
{
    if (spec->has_bdf &&
        (pci->domain != (int)spec->bdf.bdf.segment || pci->bus != spec->bdf.bdf.bus ||
         pci->dev != spec->bdf.bdf.slot || pci->func != spec->bdf.bdf.func ||
         (pci->vfunc_mask == LIBXL_PCI_FUNC_ALL) != spec->bdf.all))
        return false;
    if (!spec->has_bdf && (!pci->name || !spec->name || strcmp(pci->name, spec->name)))
        return false;
    if ((spec->rdm_policy == RDM_STRICT) !=
            (pci->rdm_policy == LIBXL_RDM_RESERVE_POLICY_STRICT) ||
        (spec->rdm_policy == RDM_RELAXED) !=
            (pci->rdm_policy == LIBXL_RDM_RESERVE_POLICY_RELAXED))
        return false;
    return pci->vdevfn == spec->vslot << 3 &&
           same_switch(pci->permissive, spec->permissive) &&
           same_switch(pci->msitranslate, spec->msitranslate) &&
           same_switch(pci->power_mgmt, spec->power_mgmt) &&
           same_switch(pci->seize, spec->seize);
}

int xlu_verify_spec(const char *text, const struct spec *spec, struct err *e)
{
    CLEANUP(config_free_p) XLU_Config *config = NULL;
    CLEANUP(fclose_p) FILE *f = fopen("/dev/null", "w");
    libxl_device_pci pci;
    int r = 0;

    if (!f || !(config = xlu_cfg_init(f, "spec")))
        return err_nomem(e);
    libxl_device_pci_init(&pci);
    /* differs from every policy that libxlutil sets */
    pci.rdm_policy = LIBXL_RDM_RESERVE_POLICY_INVALID;
    if (xlu_pci_parse_spec_string(config, &pci, text))
        r = err_set(e, XV_USAGE, EINVAL, "verify with libxlutil: '%s': "
                    "it does not accept this spec", text);
    else if (!same_spec(&pci, spec))
        r = err_set(e, XV_USAGE, EINVAL, "verify with libxlutil: '%s': "
                    "it reads another device or other options from this spec", text);
    libxl_device_pci_dispose(&pci);
    return r;
}

char *xlu_string(const char *text, size_t len, const char *key)
{
    CLEANUP(config_free_p) XLU_Config *config = NULL;
    CLEANUP(fclose_p) FILE *f = fopen("/dev/null", "w");
    const char *value;

    if (memchr(text, '\0', len) || len > INT_MAX - 2 || !f)
        return NULL;
    config = xlu_cfg_init(f, "cfg");
    if (!config || xlu_cfg_readdata(config, text, (int)len) ||
        xlu_cfg_get_string(config, key, &value, 1))
        return NULL;
    return strdup(value);
}
