/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decide/cause.h"

#include <errno.h>
#include <string.h>

static const struct {
    const char *call;   /* text in the quoted line */
    int errnum;         /* the errno text that must also be there; 0: any */
    const char *cause;
    const char *hint;
} causes[] = {
    { "xc_assign_device", EPERM,
      "it shares a reserved memory region (RMRR) with another device",
      "--rdm-policy=relaxed accepts that, if the device no longer uses the region" },
    { "xc_assign_device", EXDEV,
      "the guest uses populate-on-demand, paging, memory sharing or log-dirty mode",
      "create the guest with maxmem equal to memory, and do not attach during a migration" },
    { "xc_assign_device", EBUSY,
      "its reserved memory region (RMRR) overlaps the guest's memory, another domain owns it, or "
      "Xen hides it",
      "--rdm-policy=relaxed accepts an overlap, if the device no longer uses the region" },
    { "xc_assign_device", ENODEV, "Xen does not know the device",
      "was it plugged in after boot? Xen learns of devices from dom0's kernel" },
    { "xc_assign_device", EBADF, "Xen has marked the device as broken after IOMMU faults",
      "only a reboot of the host clears that" },
    { "xc_assign_device", EOPNOTSUPP, "the domain has no IOMMU",
      "put passthrough = \"enabled\" into its cfg and create it anew" },
    { "cannot be assigned - no IOMMU", 0, "the domain has no IOMMU",
      "put passthrough = \"enabled\" into its cfg and create it anew" },
    { "indicates single function", 0, "QEMU refuses a second function in a slot",
      "device_model_args = [ \"-global\", \"xen-pci-passthrough.multifunction=on\" ] in the cfg" },
    { "not available for xen-pci-passthrough", 0, "the slot was taken meanwhile", "" },
    { "xc_physdev_map_pirq", EEXIST, "its interrupt line is still mapped in the guest",
      "a known defect of Xen with devices that share an INTx line: restart the guest" },
    { "(rc -9)", 0, /* ERROR_TIMEDOUT */
      "for 10 s the guest's device model was silent, or another toolstack had libxl's lock on it",
      "`lslocks | grep qmp` shows who has the lock; an xl that was killed can leave one behind" },
};

void cause_explain(struct err *e)
{
    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        if (!strstr(e->message, causes[i].call) ||
            (causes[i].errnum && !strstr(e->message, strerror(causes[i].errnum))))
            continue;
        err_append(e, " (%s)", causes[i].cause);
        if (*causes[i].hint)
            err_hint(e, "%s", causes[i].hint);
        return;
    }
}
