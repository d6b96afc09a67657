/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/report.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static int add_host(struct redact *r, const char *name, struct err *e)
{
    char first[65];
    int ret = redact_name(r, "host", name, e);

    snprintf(first, sizeof(first), "%.*s", (int)strcspn(name, "."), name);
    return ret ? ret : redact_name(r, "host", first, e);
}

/* The value of an attribute in each folder below one: `device/serial` below sys/class/block. */
static int add_each(struct redact *r, const char *kind, const struct root *root,
                    const char *folder, const char *file, struct err *e)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, "%s", folder);
    struct dirent *de;
    int ret = 0;

    while (dir && !ret && (de = root_readdir(dir))) {
        char text[128], *p = text;

        if (root_readf(root, text, sizeof(text), "%s/%s/%s", folder, de->d_name, file) <= 0)
            continue;
        p += strspn(p, " ");
        for (char *last = p + strlen(p); last > p && last[-1] == ' '; *--last = '\0')
            ;
        ret = redact_name(r, kind, p, e);
    }
    return ret;
}

static int add_firmware(struct redact *r, const struct root *root, struct err *e)
{
    static const char *const files[] = {
        "product_serial", "board_serial", "chassis_serial", "product_uuid", "board_asset_tag",
        "chassis_asset_tag",
    };
    int ret = 0;

    for (size_t i = 0; !ret && i < ARRAY_LEN(files); i++) {
        char text[128];

        if (root_readf(root, text, sizeof(text), "sys/class/dmi/id/%s", files[i]) > 0)
            ret = redact_name(r, "serial", text, e);
    }
    return ret;
}

/* Guests that are no more have left their logs. */
static int add_logs(struct redact *r, const struct root *root, struct err *e)
{
    static const char prefix[] = "qemu-dm-";
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, "var/log/xen");
    struct dirent *de;
    int ret = 0;

    while (dir && !ret && (de = root_readdir(dir))) {
        char *log = strstr(de->d_name, ".log");

        if (strncmp(de->d_name, prefix, sizeof(prefix) - 1) || !log)
            continue;
        *log = '\0';
        ret = redact_name(r, "guest", de->d_name + sizeof(prefix) - 1, e);
    }
    return ret;
}

/* The first word of each line of /etc/xvtd/names. */
static int add_devices(struct redact *r, const struct root *root, struct err *e)
{
    char text[16384], *save = NULL;
    int ret = 0;

    if (root_readf(root, text, sizeof(text), "etc/xvtd/names") <= 0)
        return 0;
    for (char *line = strtok_r(text, "\n", &save); !ret && line;
         line = strtok_r(NULL, "\n", &save)) {
        line[strcspn(line, " \t")] = '\0';
        if (*line != '#')
            ret = redact_name(r, "device", line, e);
    }
    return ret;
}

static int add_guests(struct redact *r, struct hv *hv, struct err *e)
{
    AUTO_FREE struct hv_domain *domains = NULL;
    struct err silent;
    size_t n = 0;
    int ret = 0;

    if (!hv || hv_domain_names(hv, &domains, &n, &silent))
        return 0;
    for (size_t i = 0; !ret && i < n; i++)
        ret = redact_name(r, "guest", domains[i].name, e);
    return ret;
}

int report_names(struct bundle *b, const struct root *root, struct hv *hv, struct err *e)
{
    struct redact *r = b->redact;
    struct utsname names;
    int ret = uname(&names) ? 0 : add_host(r, names.nodename, e);

    if (!ret)
        ret = add_guests(r, hv, e);
    if (!ret)
        ret = add_logs(r, root, e);
    if (!ret)
        ret = add_devices(r, root, e);
    if (!ret)
        ret = add_each(r, "disk", root, "sys/class/block", "dm/name", e);
    if (!ret)
        ret = add_each(r, "serial", root, "sys/class/block", "device/serial", e);
    if (!ret)
        ret = add_each(r, "serial", root, "sys/class/nvme", "serial", e);
    return ret ? ret : add_firmware(r, root, e);
}
