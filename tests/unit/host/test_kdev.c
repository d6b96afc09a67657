/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's devices of the functions: their names, and the function behind each name. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_tree.h"
#include "pci/kdev.h"

#define NIC "sys/devices/pci0000:00/0000:00:1c.0/0000:02:00.0"
#define NVME "sys/devices/pci0000:00/0000:00:1c.5/0000:0a:00.0"
#define VMD "sys/devices/pci0000:00/0000:00:0e.0"
#define USB "sys/devices/pci0000:00/0000:00:07.0/usb2"

static const struct bdf nic = { 0, 2, 0, 0 }, nvme = { 0, 0xa, 0, 0 }, vmd = { 0, 0, 0xe, 0 },
                        usb = { 0, 0, 7, 0 }, port = { 0, 0, 0x1c, 0 };
static struct root *root;
static struct kdevs *k;

static void add(const char *class, const char *name, const char *folder)
{
    char link[PATH_MAX];

    tree_mkdir("%s", folder);
    snprintf(link, sizeof(link), "sys/%s/%s", class, name);
    tree_sys_link(link, folder);
}

static int setup(void **state)
{
    (void)state;
    tree_begin();
    add("class/net", "eth10", NIC "/net/eth10");
    add("class/net", "eth9", NIC "/net/eth9");
    add("class/net", "lo", "sys/devices/virtual/net/lo");
    tree_write("", "sys/class/net/bonding_masters");
    add("class/infiniband", "mlx5_0", NIC "/infiniband/mlx5_0");
    add("class/nvme", "nvme0", NVME "/nvme/nvme0");
    add("class/block", "nvme0c0n1", NVME "/nvme/nvme0/nvme0c0n1");
    add("class/block", "nvme0n1", "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1");
    add("class/block", "nvme0n1p2",
        "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p2");
    add("class/nvme", "nvme1", VMD "/pci10000:e0/10000:e1:00.0/nvme/nvme1");
    add("class/block", "nvme1n1", VMD "/pci10000:e0/10000:e1:00.0/nvme/nvme1/nvme1n1");
    add("class/block", "nvme1n1p1", VMD "/pci10000:e0/10000:e1:00.0/nvme/nvme1/nvme1n1/nvme1n1p1");
    add("class/block", "cciss!c0d0", VMD "/block/cciss!c0d0");
    add("class/block", "dm-0", "sys/devices/virtual/block/dm-0");
    add("bus/usb/devices", "usb2", USB);
    add("bus/usb/devices", "2-1", USB "/2-1");
    add("class/block", "sdb", USB "/2-1/2-1:1.0/host2/target2:0:0/2:0:0:0/block/sdb");
    add("class/block", "sdb1", USB "/2-1/2-1:1.0/host2/target2:0:0/2:0:0:0/block/sdb/sdb1");
    add("class/drm", "card1", USB "/drm/card1");
    add("class/drm", "card1-DP-1", USB "/drm/card1/card1-DP-1");
    add("class/drm", "renderD128", USB "/drm/renderD128");
    tree_write("drm 1.1.0\n", "sys/class/drm/version");
    root = tree_root();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    k = kdevs_close(k);
    root = root_close(root);
    tree_end();
    return 0;
}

static void open_all(void)
{
    struct err e;

    if (kdevs_open(&k, root, &e))
        fail_msg("%s", e.message);
}

static const char *used_as(struct bdf bdf)
{
    static char text[256];
    const char *name;

    text[0] = '\0';
    for (size_t i = 0; (name = kdevs_used_as(k, bdf, i)); i++) {
        strcat(text, i ? " " : "");
        strcat(text, name);
    }
    return text;
}

static void test_used_as(void **state)
{
    (void)state;
    open_all();
    assert_string_equal(used_as(nic), "eth9 eth10 mlx5_0");
    assert_string_equal(used_as(nvme), "nvme0 nvme0n1");
    assert_string_equal(used_as(usb), "sdb card1 usb2");
    assert_string_equal(used_as(vmd), "cciss!c0d0");
    assert_string_equal(used_as((struct bdf){ 0x10000, 0xe1, 0, 0 }), "nvme1 nvme1n1");
    assert_string_equal(used_as(port), "");
    assert_string_equal(used_as((struct bdf){ 0, 0xff, 0x1f, 7 }), "");
}

/* Devices that leave with a function, also behind a VMD or a bridge. */
static void test_below(void **state)
{
    const struct kdev *dev;
    size_t n = 0;

    (void)state;
    open_all();
    for (size_t i = 0; (dev = kdevs_below(k, vmd, i)); i++)
        n++;
    assert_int_equal(n, 4);
    assert_string_equal(kdevs_below(k, port, 0)->name, "eth9");
    assert_null(kdevs_below(k, (struct bdf){ 0, 2, 0, 1 }, 0));
    assert_string_equal(kdevs_named(k, KDEV_BLOCK, "sdb1")->path,
                        USB "/2-1/2-1:1.0/host2/target2:0:0/2:0:0:0/block/sdb/sdb1");
    assert_null(kdevs_named(k, KDEV_NET, "sdb1"));
}

static void assert_found(const char *name, struct bdf want)
{
    struct bdf bdf;
    struct err e;

    if (kdevs_find(k, name, &bdf, &e))
        fail_msg("%s", e.message);
    assert_string_equal(BDF_STR(bdf), BDF_STR(want));
}

static void assert_not_found(const char *name, const char *message)
{
    struct bdf bdf;
    struct err e;

    assert_int_equal(kdevs_find(k, name, &bdf, &e), -ENODEV);
    assert_int_equal(e.code, XV_NOT_FOUND);
    assert_string_equal(e.message, message);
}

static void test_find(void **state)
{
    (void)state;
    open_all();
    assert_found("eth10", nic);
    assert_found("nvme0", nvme);
    assert_found("nvme0n1", nvme);
    assert_found("/dev/nvme0n1p2", nvme);
    assert_found("sdb1", usb);
    assert_found("/dev/sdb", usb);
    assert_found("/dev/cciss/c0d0", vmd);
    assert_not_found("eth1", "eth1: no such interface or block device");
    assert_not_found("nvme0n", "nvme0n: no such interface or block device");
    assert_not_found("card1", "card1: no such interface or block device");
    assert_not_found("/dev/dm-0", "/dev/dm-0: it does not belong to one PCI device: it uses other "
                     "devices or none");
    assert_not_found("lo", "lo: it does not belong to one PCI device: it uses other devices or "
                     "none");
}

static void test_empty(void **state)
{
    (void)state;
    tree_end();
    root_close(root);
    tree_begin();
    root = tree_root();
    open_all();
    assert_int_equal(kdevs_count(k), 0);
    assert_string_equal(used_as(nic), "");
    assert_null(kdevs_named(k, KDEV_NET, "lo"));
    assert_not_found("eth1", "eth1: no such interface or block device");
}

/* A missing class is fine; one that cannot be read is an error. */
static void test_unreadable(void **state)
{
    struct err e;

    (void)state;
    tree_remove("sys/class/tpm");
    tree_write("", "sys/class/tpm");
    assert_int_equal(kdevs_open(&k, root, &e), -ENOTDIR);
    assert_int_equal(e.code, XV_CANNOT);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_used_as),
        RUN(test_below),
        RUN(test_find),
        RUN(test_empty),
        RUN(test_unreadable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
