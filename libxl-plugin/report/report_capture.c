/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/report.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/config_space.h"

#define DEVICES "sys/bus/pci/devices"
#define TABLE_MAX (256u << 10)

struct capture {
    struct bundle *b;
    const struct root *root;
    size_t bytes;
};

/* A file as it is; what cannot be read is left out.  clean: it is text. */
static int copy(struct capture *c, const char *path, bool clean, struct err *e)
{
    AUTO_CLOSE int fd = root_openf(c->root, O_RDONLY | O_NONBLOCK, "%s", path);
    AUTO_FREE char *bytes = malloc(TABLE_MAX), *text = NULL;
    ssize_t n = fd < 0 || !bytes ? -1 : read(fd, bytes, TABLE_MAX);
    char to[PATH_MAX];
    size_t len = 0;
    int r = 0;

    if (!bytes)
        return err_nomem(e);
    if (n < 0)
        return 0;
    c->bytes += (size_t)n;
    if (snprintf(to, sizeof(to), "host/%s", path) >= (int)sizeof(to))
        return 0;
    if (!clean)
        return bundle_bytes(c->b, to, bytes, (size_t)n, e);
    r = redact_text(c->b->redact, bytes, (size_t)n, &text, &len, e);
    return r ? r : bundle_bytes(c->b, to, text, len, e);
}

static int copy_link(struct capture *c, const char *path, struct err *e)
{
    char target[PATH_MAX], to[PATH_MAX];

    if (root_readlinkf(c->root, target, "%s", path) ||
        snprintf(to, sizeof(to), "host/%s", path) >= (int)sizeof(to))
        return 0;
    return bundle_link(c->b, to, target, e);
}

/* Configuration space, with nothing where the serial number is (PCIe 7.9.3). */
static int copy_config(struct capture *c, const char *folder, struct err *e)
{
    AUTO_CLOSE int fd = root_openf(c->root, O_RDONLY, "%s/config", folder);
    uint8_t bytes[CONFIG_SIZE];
    ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));
    struct config space = { .bytes = bytes, .len = n > 0 ? (size_t)n : 0, .fd = -1 };
    bool lost = false;
    size_t at = config_ext_cap(&space, EXT_CAP_SERIAL, &lost);
    char to[PATH_MAX];

    if (n <= 0)
        return 0;
    if (at && at + 12 <= (size_t)n)
        memset(bytes + at + 4, 0, 8);
    c->bytes += (size_t)n;
    if (snprintf(to, sizeof(to), "host/%s/config", folder) >= (int)sizeof(to))
        return 0;
    return bundle_bytes(c->b, to, bytes, (size_t)n, e);
}

static int capture_function(struct capture *c, const char *bdf, struct err *e)
{
    static const char *const files[] = {
        "class", "vendor", "device", "subsystem_vendor", "subsystem_device", "revision", "irq",
        "resource", "numa_node", "boot_vga", "power_state", "reset_method", "driver_override",
        "sriov_totalvfs", "sriov_numvfs",
    };
    static const char *const links[] = { "driver", "physfn", "iommu_group" };
    char link[PATH_MAX], folder[PATH_MAX + 8], path[PATH_MAX + 64];
    const char *p = link;
    int r;

    snprintf(path, sizeof(path), DEVICES "/%s", bdf);
    if (root_readlinkf(c->root, link, "%s", path))
        return 0;
    r = copy_link(c, path, e);
    while (!strncmp(p, "../", 3))
        p += 3;
    snprintf(folder, sizeof(folder), "sys/%s", p);
    if (!r)
        r = copy_config(c, folder, e);
    for (size_t i = 0; !r && i < ARRAY_LEN(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
        r = copy(c, path, false, e);
    }
    for (size_t i = 0; !r && i < ARRAY_LEN(links); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, links[i]);
        r = copy_link(c, path, e);
    }
    return r;
}

int report_capture(struct bundle *b, const struct root *root, struct err *e)
{
    static const struct {
        const char *path;
        bool text;
    } files[] = {
        { "sys/firmware/acpi/tables/DMAR", false }, { "sys/firmware/acpi/tables/RMAD", false },
        { "sys/firmware/acpi/tables/IVRS", false },
        { "sys/module/xen_pciback/parameters/hide", false },
        { "sys/module/xen_pciback/parameters/permissive", false },
        { "proc/xen/capabilities", false }, { "proc/cmdline", true }, { "proc/fb", true },
    };
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, DEVICES);
    struct capture c = { .b = b, .root = root };
    struct bundle_part *part;
    struct dirent *de;
    int r = 0;

    while (dir && !r && (de = root_readdir(dir)))
        r = capture_function(&c, de->d_name, e);
    for (size_t i = 0; !r && i < ARRAY_LEN(files); i++)
        r = copy(&c, files[i].path, files[i].text, e);
    if (r)
        return r;
    part = bundle_part(b, "host");
    if (!part)
        return err_nomem(e);
    part->bytes = c.bytes;
    part->failed = !dir;
    if (!dir)
        snprintf(part->message, sizeof(part->message), "no PCI devices can be read");
    return 0;
}
