/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/explain.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"

/* Sources: Xen's SUPPORT.md and docs/misc/xen-command-line, and the advisories named below. */
static const struct {
    const char *name, *text;
} explanations[] = {
    { "permissive",
      "pciback lets a guest write only registers that it knows to be harmless. With "
      "permissive the guest reaches the rest, also registers that the vendor does not "
      "document, and can leave the device so that the next guest or dom0 is harmed. Use it "
      "only for a driver that fails without it, in a guest that you trust." },
    { "intremap",
      "A device raises an MSI interrupt by a write to memory. Without interrupt remapping "
      "its guest chooses address and data of that write, and so can raise any interrupt in "
      "Xen (XSA-3). It does not matter for a guest that you trust as you trust dom0." },
    { "ats",
      "ATS lets a device keep translations of its own and mark its requests as translated; "
      "the IOMMU passes those unchecked. A device with hostile or broken firmware then "
      "reaches all memory. Xen leaves ATS off by default. It does not matter for a device "
      "and a guest that you trust." },
    { "quarantine",
      "When a guest releases a device, the device may still write to memory. Quarantine sends such "
      "writes nowhere until another guest or dom0 gets the device. Without it they can go into "
      "dom0's memory (XSA-302)." },
    { "pv",
      "Xen checks the page tables of a PV guest in software. XSA-402 is a flaw of these "
      "checks that only a PV guest with a device can use. An HVM guest has its own page "
      "tables, and the processor checks its access to memory." },
    { "shared-card",
      "The functions of one card share its firmware and its link. A guest can make its "
      "virtual function fail in a way that only a reset of the card ends, and then dom0 "
      "loses its network." },
    { "vf-settings",
      "The driver of the physical function keeps MAC address, VLAN and limits of its virtual "
      "functions. A new start of this driver, or another program, changes them, and the guest "
      "then sends with another address or into another VLAN." },
    { "reset",
      "Without a reset a device keeps registers, and perhaps memory and firmware, from its last "
      "guest: secrets of that guest, or traps for the next one. Let one guest have the device, or "
      "power the host off in between." },
    { "shared-intx",
      "An interrupt line that stays raised is raised for all devices on it. A guest that "
      "does not answer its device's interrupt stops the others. Xen's security support "
      "leaves this out." },
    { "shared-page",
      "Xen gives memory to a guest in pages of 4 KiB. If BARs of two devices are in one page, the "
      "guest of one can read and write registers of the other." },
    { "passthrough",
      "Without the line, libxl decides by the list of devices whether a guest gets an "
      "IOMMU. A migration takes the devices out first, so that the guest has no IOMMU on "
      "the other host, and a running guest cannot get one." },
    { "rmrr",
      "Firmware reserves memory for some devices and uses it without the knowledge of other "
      "software. Xen maps it at the same address into the guest, which is impossible where the "
      "guest has its own memory there." },
    { "gone",
      "The guest's QEMU still maps the memory where the device was. The next device in that slot "
      "gets the same memory and the same address: the guest can reach it, and commands could take "
      "it for the former one. Xen 4.17 can crash when such a guest gets another device, and when "
      "it ends: detach a device before you pull it." },
    { "link",
      "The device and the port above it have lost their connection. The guest reads ones from "
      "all registers of the device, and its driver fails or hangs. In a slot without hot-plug "
      "the kernel does not notice." },
    { "libvirt",
      "libvirt knows the devices that it has attached itself. When a guest ends, it resets each of "
      "them, and gives managed ones back to their drivers, also one that another guest has "
      "by then. `virsh detach-device` takes a device off its list." },
    { "libvirt-next",
      "libvirt starts a guest with the devices in its own XML, whatever it had when it ended." },
    { "group",
      "The IOMMU can keep two devices apart only when no switch or bridge between them "
      "passes their requests on without asking it (ACS). Devices of one group can write to "
      "each other." },
};

const char *finding_explain(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(explanations); i++)
        if (!strcmp(explanations[i].name, name))
            return explanations[i].text;
    return NULL;
}
