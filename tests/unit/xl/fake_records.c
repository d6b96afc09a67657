/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libxl's records and Xen's quarantine, for the fake hypervisor. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_kernel.h"
#include "fake_xen.h"
#include "xen/quarantine.h"

int quarantine_set(struct bdf bdf, bool on, struct err *e)
{
    const char *what = on ? "put into" : "take out of";

    if (xen_fails("quarantine %s %s", BDF_STR(bdf), on ? "on" : "off"))
        return xen_errnum() ? err_sys_on(e, XV_FAILED, xen_errnum(), BDF_STR(bdf),
                                         "%s Xen's quarantine", what)
                           : 0;
    if (on && strcmp(kernel_driver(bdf), "pciback"))
        fail_msg("quarantine of %s, which is not in pciback", BDF_STR(bdf));
    if (guest_pci_find(xen.assigned, xen.n_assigned, bdf) || (!on && !xen_quarantined(bdf)))
        return err_sys_on(e, XV_FAILED, on ? EBUSY : ENODEV, BDF_STR(bdf), "%s Xen's quarantine",
                          what);
    xen_quarantine_put(bdf, on);
    return 0;
}

int record_get(const struct records *records, struct bdf bdf, const char *key, char **ret,
               struct err *e)
{
    struct fake_record *r = xen_record_find(bdf, key);

    (void)records;
    if (xen_fails("record_get %s %s", BDF_STR(bdf), key) && xen_errnum())
        return err_sys(e, XV_CANNOT, xen_errnum(), "read xenstore: /libxl/pci/%s/%s",
                       BDF_STR(bdf), key);
    *ret = r ? strdup(r->value) : NULL;
    return 0;
}

int record_set(const struct records *records, struct bdf bdf, const char *key,
               const char *value, struct err *e)
{
    (void)records;
    if (xen_fails("record_set %s %s=%s", BDF_STR(bdf), key, value ? value : ""))
        return xen_errnum() ? err_sys(e, XV_FAILED, xen_errnum(),
                                     "write xenstore: /libxl/pci/%s/%s", BDF_STR(bdf), key)
                           : 0;
    xen_record_put(bdf, key, value);
    return 0;
}

int record_by_name(const struct records *records, const char *name, struct bdf *ret,
                   struct err *e)
{
    (void)records;
    if (xen_fails("record_by_name %s", name) && xen_errnum())
        return err_sys(e, XV_CANNOT, xen_errnum(), "list xenstore: /libxl/pci");
    for (size_t i = 0; i < xen.n_records; i++)
        if (!strcmp(xen.records[i].key, "name") && !strcmp(xen.records[i].value, name)) {
            *ret = xen.records[i].bdf;
            return 0;
        }
    return err_set(e, XV_NOT_FOUND, ENOENT, "'%s': no device has this name", name);
}
