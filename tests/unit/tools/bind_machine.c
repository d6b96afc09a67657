/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bind_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/cmd_bind.h"

static bool dom0;

static void add_disk(void)
{
    char folder[PATH_MAX + 64];

    kernel_add_device("0000:00:03.0", NULL, (struct fake_ids){ 0x1af4, 0x1001, 0x010000 },
                      "virtio-pci");
    kernel_bind("0000:00:03.0", "virtio-pci");
    snprintf(folder, sizeof(folder), "%s/virtio0/block/vda", kernel_path("0000:00:03.0"));
    tree_mkdir("%s", folder);
    tree_sys_link("sys/class/block/vda", folder);
    tree_sys_link("sys/dev/block/254:0", folder);
    tree_append("22 1 254:0 / / rw - ext4 /dev/vda rw\n", "proc/1/mountinfo");
}

static void add_nic(const char *bdf, const char *driver, int group)
{
    char link[PATH_MAX], folder[64], member[128];

    kernel_add_device(bdf, "0000:00:1c.0", (struct fake_ids){ 0x8086, 0x10d3, 0x020000 },
                      "e1000e");
    if (*driver)
        kernel_bind(bdf, driver);
    if (dom0 || group < 0)
        return;
    snprintf(folder, sizeof(folder), "sys/kernel/iommu_groups/%d", group);
    tree_mkdir("%s/devices", folder);
    snprintf(link, sizeof(link), "%s/iommu_group", kernel_path(bdf));
    tree_sys_link(link, folder);
    snprintf(member, sizeof(member), "%s/devices/%s", folder, bdf);
    tree_sys_link(member, kernel_path(bdf));
}

static int setup(void)
{
    clock_begin();
    kernel_begin();
    store_begin();
    edges_begin();
    edges_set_xen(dom0);
    kernel_set_module(MODULE_LOADABLE);
    kernel_add_driver("e1000e");
    kernel_add_driver("virtio-pci");
    kernel_add_driver("vfio-pci");
    kernel_add_driver("pciback");
    kernel_add_device("0000:00:1c.0", NULL, (struct fake_ids){ 0x8086, 0x3420, 0x060400 }, "");
    add_disk();
    add_nic("0000:02:00.0", "e1000e", 2);
    add_nic("0000:03:00.0", dom0 ? "pciback" : "vfio-pci", 3);
    add_nic("0000:04:00.0", "pciback", -1);
    add_nic("0000:05:00.0", "", -1);
    add_nic("0000:09:00.0", "e1000e", 9);
    add_nic("0000:09:00.1", "e1000e", 9);
    tree_write("(0000:04:00.0)\n", "sys/module/xen_pciback/parameters/hide");
    tree_on_xen = dom0;
    kernel_save();
    bind_reset();
    return 0;
}

int bare_setup(void **state)
{
    (void)state;
    dom0 = false;
    return setup();
}

int dom0_setup(void **state)
{
    (void)state;
    dom0 = true;
    return setup();
}

int bind_teardown(void **state)
{
    (void)state;
    tree_on_xen = false;
    run_end();
    kernel_end();
    return 0;
}

static void remove_journals(void)
{
    struct root *root = tree_root();
    DIR *dir = root_opendirf(root, "var/lib/xvtd/journal");
    struct dirent *de;

    while (dir && (de = root_readdir(dir)))
        tree_remove("var/lib/xvtd/journal/%s", de->d_name);
    if (dir)
        closedir(dir);
    root_close(root);
}

void bind_reset(void)
{
    static const char native[] = "/sys/bus/pci/drivers/e1000e";

    kernel_fail(0, 0, false);
    kernel_hook = NULL;
    kernel_restore();
    kernel_forget();
    store_begin();
    edges_begin();
    edges_set_xen(dom0);
    clock_begin();
    for (unsigned bus = 2; bus < 10; bus++)
        tree_remove("run/xvtd/driver_path-0000:0%u:00.0", bus);
    tree_remove("run/xvtd/driver_path-0000:09:00.1");
    remove_journals();
    if (dom0) {
        store_set("/libxl/pci/0000-03-00-0/driver_path", native);
        edges_quarantine("0000:03:00.0", true);
    } else {
        tree_write(native, "run/xvtd/driver_path-0000:03:00.0");
    }
}

const char *bind_record(const char *bdf)
{
    static char value[128];
    char path[64];
    struct root *root;
    int r;

    if (dom0) {
        snprintf(path, sizeof(path), "/libxl/pci/%.4s-%.2s-%.2s-%.1s/driver_path", bdf, bdf + 5,
                 bdf + 8, bdf + 11);
        return store_get(path);
    }
    root = tree_root();
    r = root_readf(root, value, sizeof(value), "run/xvtd/driver_path-%s", bdf);
    root_close(root);
    return r < 0 ? NULL : value;
}

char *bind_snapshot(void)
{
    static const char *const bdfs[] = { "0000:02:00.0", "0000:03:00.0", "0000:04:00.0",
                                        "0000:05:00.0", "0000:09:00.0", "0000:09:00.1" };
    char *kernel = kernel_snapshot(), *edges = edges_snapshot(), *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    fprintf(f, "%s%s", kernel, edges);
    for (size_t i = 0; i < sizeof(bdfs) / sizeof(bdfs[0]); i++)
        if (bind_record(bdfs[i]))
            fprintf(f, "record %s %s\n", bdfs[i], bind_record(bdfs[i]));
    fclose(f);
    free(kernel);
    free(edges);
    return text;
}

void bind_give(unsigned domid, const char *bdf)
{
    char path[96];

    snprintf(path, sizeof(path), "/local/domain/0/backend/pci/%u/0/num_devs", domid);
    store_set(path, "1");
    snprintf(path, sizeof(path), "/local/domain/0/backend/pci/%u/0/dev-0", domid);
    store_set(path, bdf);
    snprintf(path, sizeof(path), "/local/domain/0/backend/pci/%u/0/state-0", domid);
    store_set(path, "3");
}

struct run bind_run(const char *line)
{
    char words[256];
    size_t name = strcspn(line, " ");

    snprintf(words, sizeof(words), "%s", line[name] ? line + name + 1 : "");
    if (!strncmp(line, "pciback-bind", name))
        return run_words(bind_main, "pciback-bind", words);
    return run_words(unbind_main, "pciback-unbind", words);
}

void bind_expect(int code, const char *out, const char *err, const char *line)
{
    struct run run = bind_run(line);

    if (run.code != code || (out && !strstr(run.out, out)) || (err && !strstr(run.err, err)))
        fail_msg("%s\nexits with %d, expected %d\nstdout: %sexpected: %s\nstderr: %s"
                 "expected: %s", line, run.code, code, run.out, out ? out : "-", run.err,
                 err ? err : "-");
}

void bind_assert_same(const char *before)
{
    char *now = bind_snapshot();

    if (strcmp(now, before))
        fail_msg("it is\n%sand should be\n%s", now, before);
    free(now);
}
