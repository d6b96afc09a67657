/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pci/dump_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config_space.h"

/* Registers of the SR-IOV capability (SR-IOV 3.3). */
enum {
    SRIOV_CTRL = 0x08, SRIOV_VF_ENABLE = 1,
    SRIOV_NUM = 0x10, SRIOV_OFFSET = 0x14, SRIOV_STRIDE = 0x16, SRIOV_VF_DEVICE = 0x1a,
};

bool function_ids_from_config(const uint8_t *c, size_t len, struct pci_function *f)
{
    if (len < 12 || (c[0] == 0xff && c[1] == 0xff))
        return false;
    f->vendor = (uint16_t)(c[0] | c[1] << 8);
    f->device = (uint16_t)(c[2] | c[3] << 8);
    f->class = (uint32_t)(c[11] << 16 | c[10] << 8 | c[9]);
    return true;
}

static const char hex[] = "0123456789abcdef";

/* Exactly four hexadecimal digits. */
static bool hex4(const char *p, uint16_t *ret)
{
    if (strspn(p, hex) != 4)
        return false;
    *ret = (uint16_t)strtoul(p, NULL, 16);
    return true;
}

/* Exactly "10de:0bea". */
static bool id_pair(const char *p, uint16_t *vendor, uint16_t *device)
{
    return hex4(p, vendor) && p[4] == ':' && hex4(p + 5, device);
}

/* The text after the class.  With -n the class is a number, also followed by ": ". */
static const char *behind_class(const char *title)
{
    const char *colon = strstr(title, ": ");

    return colon ? colon + 2 : NULL;
}

/* The length of the name, before remarks: "(rev 09) (prog-if 00 [VGA controller])". */
static size_t length_of_name(const char *name)
{
    static const char *const remarks[] = { " (rev ", " (prog-if " };
    size_t len = strcspn(name, "\r\n");

    for (size_t i = 0; i < ARRAY_LEN(remarks); i++) {
        const char *at = strstr(name, remarks[i]);

        if (at && (size_t)(at - name) < len)
            len = (size_t)(at - name);
    }
    return len;
}

/* The offset of "[10de:0bea]" at the end of a name of len bytes, or len. */
static size_t find_ids(const char *name, size_t len)
{
    uint16_t ignored;

    if (len >= 11 && name[len - 11] == '[' && name[len - 1] == ']' &&
        id_pair(name + len - 10, &ignored, &ignored))
        return len - 11;
    return len;
}

void title_name(const char *title, char *buf, size_t size)
{
    const char *name = behind_class(title);
    size_t len = name ? find_ids(name, length_of_name(name)) : 0;
    uint16_t ignored;

    while (len && name[len - 1] == ' ')
        len--;
    if (name && len == 9 && id_pair(name, &ignored, &ignored))
        len = 0;
    snprintf(buf, size, "%.*s", (int)len, name ? name : "");
}

/* "Audio device [0403]", "0403" or "Audio device". */
static bool class_of(const char *title, size_t len, struct pci_names *names, uint16_t *ret)
{
    char text[80];

    if (len == 4 && hex4(title, ret))
        return true;
    if (len >= 6 && title[len - 6] == '[' && title[len - 1] == ']' && hex4(title + len - 5, ret))
        return true;
    if (!len || len >= sizeof(text))
        return false;
    snprintf(text, sizeof(text), "%.*s", (int)len, title);
    return pci_names_find_class(names, text, ret);
}

bool function_ids_from_title(const char *title, struct pci_names *names, struct pci_function *f)
{
    const char *name = behind_class(title);
    size_t len = name ? length_of_name(name) : 0, ids = name ? find_ids(name, len) : 0;
    bool known = false;
    uint16_t class;

    if (!name)
        return false;
    if (class_of(title, (size_t)(name - 2 - title), names, &class)) {
        f->class = (uint32_t)class << 8;
        known = true;
    }
    return id_pair(ids < len ? name + ids + 1 : name, &f->vendor, &f->device) || known;
}

static struct pci_function *find(struct pci_function *fns, size_t n, struct bdf bdf)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (bdf_compare(fns[mid].bdf, bdf) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < n && bdf_equal(fns[low].bdf, bdf) ? &fns[low] : NULL;
}

/* The BDF that is `ids` requester IDs after bdf; false past the segment's end. */
static bool behind(struct bdf bdf, unsigned ids, struct bdf *ret)
{
    unsigned id = ((unsigned)bdf.bus << 8 | (unsigned)bdf.slot << 3 | bdf.func) + ids;

    *ret = (struct bdf){ bdf.segment, (uint8_t)(id >> 8), id >> 3 & 0x1f, id & 7 };
    return id <= 0xffff;
}

/* Marks the virtual functions of a physical one among the functions without IDs. */
static void find_vfs(const struct dumped *d, const struct pci_function *pf,
                     struct pci_function *fns, size_t n)
{
    struct config c = { .bytes = d->bytes, .len = d->len, .fd = -1 };
    uint16_t ctrl, num, offset, stride, device;
    bool lost;
    size_t at = config_ext_cap(&c, EXT_CAP_SRIOV, &lost);
    struct bdf bdf;

    if (!at || !config_u16(&c, at + SRIOV_CTRL, &ctrl) || !(ctrl & SRIOV_VF_ENABLE) ||
        !config_u16(&c, at + SRIOV_NUM, &num) || !config_u16(&c, at + SRIOV_OFFSET, &offset) ||
        !config_u16(&c, at + SRIOV_STRIDE, &stride) ||
        !config_u16(&c, at + SRIOV_VF_DEVICE, &device))
        return;
    for (unsigned i = 0; i < num && behind(pf->bdf, offset + i * stride, &bdf); i++) {
        struct pci_function *vf = find(fns, n, bdf);

        if (!vf || vf == pf || vf->vendor != PCI_NO_ID)
            continue;
        vf->vf = true;
        vf->pf = pf->bdf;
        vf->vendor = pf->vendor;
        vf->device = device;
        if (vf->class == PCI_NO_CLASS || !vf->class)
            vf->class = pf->class;
    }
}

void dump_scan(const struct config_dump *dump, struct pci_names *names,
               struct pci_function *fns)
{
    for (size_t i = 0; i < dump->n; i++) {
        const struct dumped *d = &dump->list[i];
        struct pci_function *f = &fns[i];

        *f = (struct pci_function){ d->bdf, PCI_NO_ID, PCI_NO_ID, .class = PCI_NO_CLASS };
        if (function_ids_from_config(d->bytes, d->len, f))
            continue;
        /* A virtual function's class is its own. */
        if (d->len >= 12 && !(d->bytes[9] == 0xff && d->bytes[10] == 0xff && d->bytes[11] == 0xff))
            f->class = (uint32_t)(d->bytes[11] << 16 | d->bytes[10] << 8 | d->bytes[9]);
    }
    for (size_t i = 0; i < dump->n; i++)
        if (fns[i].vendor != PCI_NO_ID && !fns[i].vf)
            find_vfs(&dump->list[i], &fns[i], fns, dump->n);
    for (size_t i = 0; i < dump->n; i++)
        if (fns[i].vendor == PCI_NO_ID)
            function_ids_from_title(dump->list[i].title, names, &fns[i]);
}
