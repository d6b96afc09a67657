/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define DEVICES "sys/bus/pci/devices"

bool identity_serial(struct config *config, uint64_t *ret)
{
    bool lost = false;
    size_t at = config_ext_cap(config, EXT_CAP_SERIAL, &lost);
    uint32_t low, high;

    if (!at || !config_u32(config, at + 4, &low) || !config_u32(config, at + 8, &high) ||
        (!low && !high))
        return false;   /* 0: the vendor has not set one */
    *ret = (uint64_t)high << 32 | low;
    return true;
}

static int read_id(const struct root *root, struct bdf bdf, const char *file, uint16_t *ret,
                   struct err *e)
{
    char text[16], *end;
    unsigned long value;
    int r = root_readf(root, text, sizeof(text), DEVICES "/%s/%s", BDF_STR(bdf), file);

    if (r < 0)
        return err_sys_on(e, XV_FAILED, -r, BDF_STR(bdf), "cannot read '%s'", file);
    errno = 0;
    value = strtoul(text, &end, 16);
    if (errno || end == text || *end || value > 0xffff)
        return err_on(e, XV_FAILED, EINVAL, BDF_STR(bdf), "'%s' in '%s' is not an id", text, file);
    *ret = (uint16_t)value;
    return 0;
}

int identity_read(const struct root *root, struct bdf bdf, struct identity *ret, struct err *e)
{
    AUTO_CLOSE int config = -1;
    struct identity id = { 0 };
    int r;

    if (!root_existsf(root, DEVICES "/%s", BDF_STR(bdf)))
        return err_on(e, XV_NOT_FOUND, ENODEV, BDF_STR(bdf), "there is no such device");
    if ((r = read_id(root, bdf, "vendor", &id.vendor, e)) ||
        (r = read_id(root, bdf, "device", &id.device, e)) ||
        (r = read_id(root, bdf, "subsystem_vendor", &id.subvendor, e)) ||
        (r = read_id(root, bdf, "subsystem_device", &id.subdevice, e)))
        return r;
    config = root_openf(root, O_RDONLY, DEVICES "/%s/config", BDF_STR(bdf));
    id.has_serial = identity_serial(&(struct config){ .fd = config }, &id.serial);
    *ret = id;
    return 0;
}

void identity_serial_format(const struct identity *id, char buf[IDENTITY_TEXT_MAX])
{
    int n = 0;

    *buf = '\0';
    for (int shift = 56; id->has_serial && shift >= 0; shift -= 8)
        n += snprintf(buf + n, IDENTITY_TEXT_MAX - (size_t)n, "%02x%s",
                      (unsigned)(id->serial >> shift & 0xff), shift ? "-" : "");
}

void identity_format(const struct identity *id, char buf[IDENTITY_TEXT_MAX])
{
    char serial[IDENTITY_TEXT_MAX];

    identity_serial_format(id, serial);
    snprintf(buf, IDENTITY_TEXT_MAX, "%04x:%04x:%04x:%04x%s%.32s", id->vendor, id->device,
             id->subvendor, id->subdevice, *serial ? " serial " : "", serial);
}

/* Exactly `digits` hexadecimal digits; moves *p past them. */
static bool hex(const char **p, int digits, uint64_t *value)
{
    for (int i = 0; i < digits; i++, (*p)++) {
        const char *all = "0123456789abcdef", *at = **p ? strchr(all, **p) : NULL;

        if (!at)
            return false;
        *value = *value << 4 | (uint64_t)(at - all);
    }
    return true;
}

bool identity_parse(const char *text, struct identity *ret)
{
    static const char serial[] = " serial ";
    struct identity id = { 0 };
    uint64_t ids[4] = { 0 };

    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        if ((i && *text++ != ':') || !hex(&text, 4, &ids[i]))
            return false;
    if (!strncmp(text, serial, strlen(serial))) {
        text += strlen(serial);
        for (int i = 0; i < 8; i++)
            if ((i && *text++ != '-') || !hex(&text, 2, &id.serial))
                return false;
        id.has_serial = true;
    }
    if (*text)
        return false;
    id.vendor = (uint16_t)ids[0];
    id.device = (uint16_t)ids[1];
    id.subvendor = (uint16_t)ids[2];
    id.subdevice = (uint16_t)ids[3];
    *ret = id;
    return true;
}

bool identity_equal(const struct identity *a, const struct identity *b)
{
    return a->vendor == b->vendor && a->device == b->device && a->subvendor == b->subvendor &&
           a->subdevice == b->subdevice && a->has_serial == b->has_serial &&
           (!a->has_serial || a->serial == b->serial);
}

static int by_bdf(const void *a, const void *b)
{
    return bdf_compare(*(const struct bdf *)a, *(const struct bdf *)b);
}

int identity_list(const struct root *root, const struct identity *id, struct bdf **ret,
                  size_t *n, struct err *e)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, DEVICES);
    AUTO_FREE struct bdf *list = NULL;
    struct dirent *entry;
    size_t found = 0;

    if (!dir)
        return err_sys(e, XV_CANNOT, errno, "cannot list the host's PCI devices");
    while ((entry = root_readdir(dir))) {
        struct identity there;
        struct err ignored;
        uint16_t vendor;
        struct bdf bdf;

        /* reading one small file rules out nearly all functions */
        if (bdf_parse(entry->d_name, &bdf, &ignored) ||
            read_id(root, bdf, "vendor", &vendor, &ignored) || vendor != id->vendor ||
            identity_read(root, bdf, &there, &ignored) || !identity_equal(&there, id))
            continue;
        if (ARRAY_GROW(list, found))
            return err_nomem(e);
        list[found++] = bdf;
    }
    if (found)
        qsort(list, found, sizeof(*list), by_bdf);
    *ret = TAKE_PTR(list);
    *n = found;
    return 0;
}

int identity_find(const struct root *root, const struct identity *id, struct bdf *ret,
                  size_t *n, struct err *e)
{
    AUTO_FREE struct bdf *list = NULL;
    int r = identity_list(root, id, &list, n, e);

    if (!r && *n && ret)
        *ret = list[0];
    return r;
}
