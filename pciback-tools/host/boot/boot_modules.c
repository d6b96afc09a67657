/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/boot_modules.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/text.h"

void boot_kernel(const struct root *root, char *buf, size_t size)
{
    struct utsname host;

    if (root_readf(root, buf, size, "proc/sys/kernel/osrelease") > 0)
        return;
    buf[0] = '\0';
    if (root_is_host(root) && !uname(&host))
        snprintf(buf, size, "%s", host.release);
}

/* Does a line like "kernel/drivers/xen/xen-pciback/xen-pciback.ko.xz: ..." name this module? */
static bool is_module(const char *line, const char *name)
{
    const char *end = line + strcspn(line, ":\n"), *p = end;

    while (p > line && p[-1] != '/')
        p--;
    for (; *name && p < end; name++, p++)
        if ((*name == '_' ? '-' : *name) != (*p == '_' ? '-' : *p))
            return false;
    return !*name && end - p >= 3 && !strncmp(p, ".ko", 3);
}

static FILE *open_list(const struct root *root, const char *version, const char *file)
{
    int fd = root_openf(root, O_RDONLY, "lib/modules/%s/%s", version, file);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

    if (!f && fd >= 0)
        close(fd);
    return f;
}

static bool listed(const struct root *root, const char *version, const char *file,
                   const char *name)
{
    FILE *f = open_list(root, version, file);
    char *line = NULL;
    size_t size = 0;
    bool found = false;

    while (f && !found && getline(&line, &size, f) > 0)
        found = is_module(line, name);
    free(line);
    if (f)
        fclose(f);
    return found;
}

enum boot_module boot_module_find(const struct root *root, const char *version, const char *name)
{
    if (listed(root, version, "modules.builtin", name))
        return BOOT_MODULE_BUILTIN;
    return listed(root, version, "modules.dep", name) ? BOOT_MODULE_LOADABLE
                                                      : BOOT_MODULE_MISSING;
}

static void add_driver(struct hide_device *d, const char *name)
{
    static const char *const general[] = { "xen_pciback", "xen-pciback", "pci_stub", "pci-stub",
                                           "vfio_pci", "vfio-pci" };

    if (text_word(general, ARRAY_LEN(general), name) < ARRAY_LEN(general))
        return;
    for (size_t i = 0; *name && i < ARRAY_LEN(d->drivers); i++) {
        if (!strcmp(d->drivers[i], name))
            return;
        if (!*d->drivers[i]) {
            snprintf(d->drivers[i], sizeof(d->drivers[i]), "%s", name);
            return;
        }
    }
}

/* "alias pci:v00008086d000010D3sv*sd*bc*sc*i* e1000e" */
static void match_alias(char *line, char (*modalias)[128], struct hide_device *devices, size_t n)
{
    char *save = NULL, *pattern, *module;

    if (strncmp(line, "alias pci:v", 11) || !strtok_r(line, " \n", &save))
        return;
    pattern = strtok_r(NULL, " \n", &save);
    module = strtok_r(NULL, " \n", &save);
    for (size_t i = 0; module && i < n; i++)
        /* compares pci:v and eight digits first, which rules out most lines; they may be a * */
        if (*modalias[i] && (pattern[5] == '*' || !strncmp(pattern, modalias[i], 13)) &&
            !fnmatch(pattern, modalias[i], 0))
            add_driver(&devices[i], module);
}

int boot_native_modules(const struct root *root, const char *version,
                        struct hide_device *devices, size_t n, struct err *e)
{
    char (*modalias)[128] = calloc(n + 1, sizeof(*modalias));
    FILE *f = modalias ? open_list(root, version, "modules.alias") : NULL;
    char *line = NULL;
    size_t size = 0;

    if (!modalias)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++) {
        const char *bdf = BDF_STR(devices[i].bdf);
        char driver[MODULE_NAME_MAX], module[MODULE_NAME_MAX];

        if (root_readf(root, modalias[i], sizeof(*modalias), "sys/bus/pci/devices/%s/modalias",
                       bdf) < 0)
            *modalias[i] = '\0';
        root_link_name(root, driver, sizeof(driver), "sys/bus/pci/devices/%s/driver", bdf);
        if (!*driver || boot_driver_builtin(root, driver))
            continue;
        root_link_name(root, module, sizeof(module), "sys/bus/pci/drivers/%s/module", driver);
        add_driver(&devices[i], module);
    }
    while (f && getline(&line, &size, f) > 0)
        match_alias(line, modalias, devices, n);
    free(line);
    free(modalias);
    if (f)
        fclose(f);
    return 0;
}

/* A module's folder has `initstate`; a built-in driver's has at most `parameters`. */
bool boot_driver_builtin(const struct root *root, const char *driver)
{
    return !root_existsf(root, "sys/bus/pci/drivers/%s/module/initstate", driver);
}
