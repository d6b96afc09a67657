/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pciback-bind and -unbind of a physical function, where a guest has a virtual one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bind_machine.h"
#include "driver/sysfs_write.h"

/* Two virtual functions of 09:00.1 behind it, with this driver. */
static void make_vfs(const char *driver)
{
    CLEANUP(root_close_p) struct root *root = tree_root();

    kernel_add_sriov("0000:09:00.1", "0000:00:1c.0", 2);
    sysfs_write(root, "sys/bus/pci/devices/0000:09:00.1/sriov_numvfs", "2");
    kernel_bind("0000:09:00.3", driver);
}

/* A guest's virtual function does not survive a move of its PF; no override helps. */
static void test_vf_owned(void **state)
{
    char *before;

    (void)state;
    make_vfs("pciback");
    bind_give(7, "0000:09:00.3");
    before = bind_snapshot();
    bind_expect(3, NULL, "0000:09:00.1: guest 'domain 7' has its virtual function 0000:09:00.3, "
                "which this change would remove\n"
                "hint: detach it there first: xvtd detach id:7 0000:09:00.3",
                "pciback-bind -d pciback 9:0.1");
    store_set("/local/domain/7/name", "vm1");
    bind_expect(3, NULL, "xvtd detach vm1 0000:09:00.3",
                "pciback-bind -d pciback 9:0.1 --allow=in-use");
    store_set("/local/domain/7/name", "7up");
    bind_expect(3, NULL, "xvtd detach name:7up 0000:09:00.3", "pciback-bind -d pciback 9:0.1");
    bind_assert_same(before);
    free(before);
    /* Some drivers leave the virtual functions there when they let the PF go. */
    kernel_bind("0000:09:00.1", "pciback");
    before = bind_snapshot();
    bind_expect(3, NULL, "0000:09:00.1: guest '7up' has", "pciback-unbind 9:0.1");
    bind_assert_same(before);
    free(before);
}

static void vf_is_given(void)
{
    kernel_hook = NULL;
    kernel_bind("0000:09:00.3", "pciback");
    bind_give(7, "0000:09:00.3");
}

static void test_vf_race(void **state)
{
    (void)state;
    make_vfs("");
    kernel_hook = vf_is_given;
    bind_expect(1, NULL, "0000:09:00.3: domain 7 got it meanwhile",
                "pciback-bind -d pci-stub 2:0.0 9:0.1");
}

/* The same for a virtual machine that QEMU runs without Xen. */
static void test_vf_open(void **state)
{
    char link[PATH_MAX];

    (void)state;
    make_vfs("vfio-pci");
    snprintf(link, sizeof(link), "%s/iommu_group", kernel_path("0000:09:00.3"));
    tree_sys_link(link, "sys/kernel/iommu_groups/3");
    edges_open_group(3);
    bind_expect(3, NULL, "0000:09:00.1: a program has the VFIO group of its virtual function "
                         "0000:09:00.3 open\nhint: ", "pciback-bind -d pci-stub 9:0.1");
    edges_open_group(-1);
    bind_expect(0, NULL, NULL, "pciback-bind -d pci-stub 9:0.1");
}

int main(void)
{
#define BARE(name) cmocka_unit_test_setup_teardown(name, bare_setup, bind_teardown)
#define DOM0(name) cmocka_unit_test_setup_teardown(name, dom0_setup, bind_teardown)
    const struct CMUnitTest tests[] = { DOM0(test_vf_owned), DOM0(test_vf_race), BARE(test_vf_open) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
