/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"

#define DEVICES "sys/bus/pci/devices"

/* PCI Express Base Specification, 7.6.3 and 7.9.3. */
#define CONFIG_SIZE 4096
#define EXTENDED_START 0x100
#define CAP_SERIAL 3

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

bool identity_serial(const uint8_t *config, size_t len, uint64_t *ret)
{
    size_t at = EXTENDED_START;

    /* each capability is 8 bytes at least: more of them is a loop */
    for (int n = 0; at >= EXTENDED_START && at + 12 <= len && n < CONFIG_SIZE / 8; n++) {
        uint32_t header = get32(config + at);
        uint64_t serial;

        if ((header & 0xffff) != CAP_SERIAL) {
            at = header >> 20 & 0xffc;
            continue;
        }
        serial = (uint64_t)get32(config + at + 8) << 32 | get32(config + at + 4);
        if (!serial)
            return false;   /* a device that was never given one */
        *ret = serial;
        return true;
    }
    return false;
}

static size_t read_config(const struct root *root, struct bdf bdf, uint8_t *config)
{
    AUTO_CLOSE int fd = root_openf(root, O_RDONLY, DEVICES "/%s/config", BDF_STR(bdf));
    size_t len = 0;
    ssize_t n;

    while (fd >= 0 && len < CONFIG_SIZE && (n = read(fd, config + len, CONFIG_SIZE - len)) > 0)
        len += (size_t)n;
    return len;
}

static int read_id(const struct root *root, struct bdf bdf, const char *file, uint16_t *ret,
                   struct err *e)
{
    char text[16], *end;
    unsigned long value;
    int r = root_readf(root, text, sizeof(text), DEVICES "/%s/%s", BDF_STR(bdf), file);

    if (r < 0)
        return err_sys(e, XV_FAILED, -r, "%s: cannot read '%s'", BDF_STR(bdf), file);
    errno = 0;
    value = strtoul(text, &end, 16);
    if (errno || end == text || *end || value > 0xffff)
        return err_set(e, XV_FAILED, EINVAL, "%s: '%s' in '%s' is no id", BDF_STR(bdf), text,
                       file);
    *ret = (uint16_t)value;
    return 0;
}

int identity_read(const struct root *root, struct bdf bdf, struct identity *ret, struct err *e)
{
    uint8_t config[CONFIG_SIZE];
    struct identity id = { 0 };
    int r;

    if (!root_existsf(root, DEVICES "/%s", BDF_STR(bdf)))
        return err_set(e, XV_NOT_FOUND, ENODEV, "%s: there is no such device", BDF_STR(bdf));
    if ((r = read_id(root, bdf, "vendor", &id.vendor, e)) ||
        (r = read_id(root, bdf, "device", &id.device, e)) ||
        (r = read_id(root, bdf, "subsystem_vendor", &id.subvendor, e)) ||
        (r = read_id(root, bdf, "subsystem_device", &id.subdevice, e)))
        return r;
    id.has_serial = identity_serial(config, read_config(root, bdf, config), &id.serial);
    *ret = id;
    return 0;
}

void identity_format(const struct identity *id, char buf[IDENTITY_TEXT_MAX])
{
    int n = snprintf(buf, IDENTITY_TEXT_MAX, "%04x:%04x:%04x:%04x", id->vendor, id->device,
                     id->subvendor, id->subdevice);

    if (!id->has_serial)
        return;
    n += snprintf(buf + n, IDENTITY_TEXT_MAX - (size_t)n, " serial ");
    for (int shift = 56; shift >= 0; shift -= 8)
        n += snprintf(buf + n, IDENTITY_TEXT_MAX - (size_t)n, "%02x%s",
                      (unsigned)(id->serial >> shift & 0xff), shift ? "-" : "");
}

/* Exactly `digits` hexadecimal digits; moves *p behind them. */
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

        /* one small file rules out nearly all of them */
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
