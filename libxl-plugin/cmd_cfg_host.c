/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd_cfg_host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define DEVICES "sys/bus/pci/devices"

/* PCI Express Base Specification, 7.6.3 and 7.9.3. */
#define CONFIG_SIZE 4096
#define EXTENDED_START 0x100
#define CAP_SERIAL 3

bool cfg_host_readable(const struct root *root)
{
    return root_existsf(root, DEVICES);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static size_t read_config(const struct root *root, const char *bdf, uint8_t *config)
{
    AUTO_CLOSE int fd = root_openf(root, O_RDONLY, DEVICES "/%s/config", bdf);
    size_t len = 0;
    ssize_t n;

    while (fd >= 0 && len < CONFIG_SIZE && (n = read(fd, config + len, CONFIG_SIZE - len)) > 0)
        len += (size_t)n;
    return len;
}

/* " serial ..." into buf, or "". */
static void put_serial(const struct root *root, const char *bdf, char *buf, size_t size)
{
    uint8_t config[CONFIG_SIZE];
    size_t len = read_config(root, bdf, config), at = EXTENDED_START;

    buf[0] = '\0';
    /* each capability is 8 bytes at least: more of them is a loop */
    for (int n = 0; at >= EXTENDED_START && at + 12 <= len && n < CONFIG_SIZE / 8; n++) {
        uint32_t header = get32(config + at), low, high;

        if ((header & 0xffff) != CAP_SERIAL) {
            at = header >> 20 & 0xffc;
            continue;
        }
        low = get32(config + at + 4);
        high = get32(config + at + 8);
        if (!low && !high)
            return;
        snprintf(buf, size, " serial %02x-%02x-%02x-%02x-%02x-%02x-%02x-%02x", high >> 24,
                 high >> 16 & 0xff, high >> 8 & 0xff, high & 0xff, low >> 24, low >> 16 & 0xff,
                 low >> 8 & 0xff, low & 0xff);
        return;
    }
}

char *cfg_host_identity(void *user, struct bdf bdf)
{
    static const char *const files[] = { "vendor", "device", "subsystem_vendor",
                                         "subsystem_device" };
    const struct root *root = user;
    char ids[4][16], serial[48], *text;

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        if (root_readf(root, ids[i], sizeof(ids[i]), DEVICES "/%s/%s", BDF_STR(bdf),
                       files[i]) < 0)
            return NULL;
        if (!strncmp(ids[i], "0x", 2))
            memmove(ids[i], ids[i] + 2, strlen(ids[i]) - 1);
    }
    put_serial(root, BDF_STR(bdf), serial, sizeof(serial));
    return asprintf(&text, "%s:%s:%s:%s%s", ids[0], ids[1], ids[2], ids[3], serial) < 0 ? NULL
                                                                                         : text;
}

static bool present(void *user, struct bdf bdf)
{
    const struct cfg_host *host = user;

    return root_existsf(host->root, DEVICES "/%s", BDF_STR(bdf));
}

static char *identity(void *user, struct bdf bdf)
{
    const struct cfg_host *host = user;

    return cfg_host_identity((void *)(uintptr_t)host->root, bdf);
}

static bool find(void *user, const char *wanted, struct bdf *ret)
{
    const struct cfg_host *host = user;
    AUTO_CLOSEDIR DIR *dir = root_opendirf(host->root, DEVICES);
    struct dirent *entry;
    int n = 0;

    while (dir && (entry = root_readdir(dir))) {
        AUTO_FREE char *there = NULL;
        struct bdf bdf;
        struct err ignored;

        if (bdf_parse(entry->d_name, &bdf, &ignored))
            continue;
        there = identity(user, bdf);
        if (there && !strcmp(there, wanted)) {
            *ret = bdf;
            n++;
        }
    }
    return n == 1;
}

/* Bridges are nobody's: what counts is whether two functions hang together. */
static bool same_group(void *user, struct bdf a, struct bdf b)
{
    struct cfg_host *host = user;
    struct err ignored;

    if (!host->groups_tried) {
        host->groups_tried = true;
        if (!inventory_open(&host->inv, host->root, &ignored) &&
            groups_open(&host->groups, host->root, host->inv, &ignored))
            host->groups = NULL;
    }
    return host->groups && groups_tie(host->groups, a, b) != TIE_NONE;
}

void cfg_host_init(struct cfg_host *host, struct check_host *ret, const struct root *root)
{
    *host = (struct cfg_host){ .root = root };
    *ret = (struct check_host){
        .present = present,
        .identity = identity,
        .find = find,
        .same_group = same_group,
        .user = host,
    };
}

void cfg_host_clear(struct cfg_host *host)
{
    groups_close(host->groups);
    inventory_close(host->inv);
}
