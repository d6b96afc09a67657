/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hide_machine.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/cmd_hide.h"

#define NIC { 0x8086, 0x10d3, 0x020000 }

static void add(const char *bdf, const char *parent, struct fake_ids ids, const char *driver)
{
    char text[128];

    kernel_add_device(bdf, parent, ids, driver);
    tree_write("0x1af4\n", "%s/subsystem_vendor", kernel_path(bdf));
    tree_write("0x1100\n", "%s/subsystem_device", kernel_path(bdf));
    snprintf(text, sizeof(text), "pci:v%08Xd%08Xsv00001AF4sd00001100bc%02Xsc%02Xi%02X\n",
             ids.vendor, ids.device, ids.class >> 16, ids.class >> 8 & 0xff, ids.class & 0xff);
    tree_write(text, "%s/modalias", kernel_path(bdf));
    if (*driver)
        kernel_bind(bdf, driver);
}

/* The files of depmod(8), and the kernel's list of loaded modules. */
static void add_modules(void)
{
    static const char *const loaded[] = { "e1000e", "igb", "nvme" };

    tree_write("6.1.0-test\n", "proc/sys/kernel/osrelease");
    tree_write("kernel/drivers/net/e1000e/e1000e.ko: kernel/drivers/ptp/ptp.ko\n"
               "kernel/drivers/net/igb/igb.ko:\n"
               "kernel/drivers/xen/xen-pciback/xen-pciback.ko:\n",
               "lib/modules/6.1.0-test/modules.dep");
    tree_write("kernel/drivers/virtio/virtio_pci.ko\nkernel/drivers/pci/vmd.ko\n",
               "lib/modules/6.1.0-test/modules.builtin");
    tree_write("alias pci:v00008086d000010D3sv*sd*bc*sc*i* e1000e\n"
               "alias pci:v00008086d000010C9sv*sd*bc*sc*i* igb\n"
               "alias pci:v*d*sv*sd*bc01sc08i02* nvme\n"
               "alias pci:v*d*sv*sd*bc*sc*i* vfio_pci\n",
               "lib/modules/6.1.0-test/modules.alias");
    for (size_t i = 0; i < sizeof(loaded) / sizeof(loaded[0]); i++) {
        char from[128], to[64];

        tree_write("live\n", "sys/module/%s/initstate", loaded[i]);
        snprintf(from, sizeof(from), "sys/bus/pci/drivers/%s/module", loaded[i]);
        snprintf(to, sizeof(to), "sys/module/%s", loaded[i]);
        tree_sys_link(from, to);
    }
}

static void add_disk(void)
{
    char folder[PATH_MAX + 64];

    add("0000:00:03.0", NULL, (struct fake_ids){ 0x1af4, 0x1001, 0x010000 }, "virtio-pci");
    snprintf(folder, sizeof(folder), "%s/virtio0/block/vda", kernel_path("0000:00:03.0"));
    tree_mkdir("%s", folder);
    tree_sys_link("sys/class/block/vda", folder);
    tree_sys_link("sys/dev/block/254:0", folder);
    tree_append("22 1 254:0 / / rw - ext4 /dev/vda rw\n", "proc/1/mountinfo");
}

int hide_setup(void **state)
{
    static const char *const drivers[] = { "pciback", "e1000e", "igb", "nvme", "vmd",
                                           "virtio-pci" };

    (void)state;
    kernel_begin();
    for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
        kernel_add_driver(drivers[i]);
    add_modules();
    tree_write("root=/dev/vda quiet\n", "proc/cmdline");
    add_disk();
    add("0000:00:0e.0", NULL, (struct fake_ids){ 0x8086, 0x201d, 0x010400 }, "vmd");
    add("10000:e1:00.0", NULL, (struct fake_ids){ 0x8086, 0x0a54, 0x010802 }, "nvme");
    add("0000:00:1c.0", NULL, (struct fake_ids){ 0x8086, 0x3420, 0x060400 }, "");
    add("0000:02:00.0", "0000:00:1c.0", (struct fake_ids)NIC, "e1000e");
    add("0000:03:00.0", "0000:00:1c.0", (struct fake_ids)NIC, "e1000e");
    add("0000:04:00.0", "0000:00:1c.0", (struct fake_ids){ 0x8086, 0x10c9, 0x020000 }, "igb");
    add("0000:09:00.0", "0000:00:1c.0", (struct fake_ids)NIC, "e1000e");
    add("0000:09:00.1", "0000:00:1c.0", (struct fake_ids)NIC, "e1000e");
    return 0;
}

int hide_teardown(void **state)
{
    (void)state;
    run_end();
    kernel_end();
    return 0;
}

struct run hide_run_list(const char *const *words)
{
    char *argv[256] = { (char *)"pciback-hide" };
    int argc = 1;

    for (; *words; words++)
        argv[argc++] = (char *)*words;
    return run_argv(hide_main, argc, argv);
}

void hide_expect_list(int code, const char *out, const char *err, const char *const *words)
{
    struct run run = hide_run_list(words);

    if (run.code == code && (!out || (*out ? !!strstr(run.out, out) : !*run.out)) &&
        (!err || strstr(run.err, err)))
        return;
    for (; *words; words++)
        print_error("%s ", *words);
    fail_msg("\nexits with %d, expected %d\nstdout: %s\nexpected: %s\nstderr: %s\nexpected: %s",
             run.code, code, run.out, out ? out : "-", run.err, err ? err : "-");
}

bool json_has(const char *document, const char *text)
{
    char *dense = strdup(document), *to = dense;
    bool found;

    for (const char *p = document; *p; p++)
        if (!isspace((unsigned char)*p))
            *to++ = *p;
    *to = '\0';
    found = strstr(dense, text);
    if (!found)
        print_error("no '%s' in %s\n", text, dense);
    free(dense);
    return found;
}
