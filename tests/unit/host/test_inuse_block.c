/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Block devices in use: mounts, swap, guests, through any layers between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_kernel.h"
#include "../fake/fake_tree.h"
#include "inuse_machine.h"

#define DISK "0000:00:1f.2"
#define NIC "0000:02:00.0"

static const struct bdf disk = { 0, 0, 0x1f, 2 }, nic = { 0, 2, 0, 0 };
static struct root *root;

/* A controller with sda (sda1, sda2) and sdb, and a NIC with eth1. */
static int setup(void **state)
{
    char folder[PATH_MAX + 64];

    (void)state;
    kernel_begin();
    kernel_add_device(DISK, NULL, (struct fake_ids){ 0x8086, 0x2922, 0x010601 }, "ahci");
    snprintf(folder, sizeof(folder), "%s/ata1/host0/target0:0:0/0:0:0:0/block/sda",
             kernel_path(DISK));
    add_block("sda", 8, 0, folder);
    strcat(folder, "/sda1");
    add_block("sda1", 8, 1, folder);
    folder[strlen(folder) - 1] = '2';
    add_block("sda2", 8, 2, folder);
    snprintf(folder, sizeof(folder), "%s/ata2/host1/target1:0:0/1:0:0:0/block/sdb",
             kernel_path(DISK));
    add_block("sdb", 8, 16, folder);
    kernel_add_device(NIC, NULL, (struct fake_ids){ 0x8086, 0x10d3, 0x020000 }, "e1000e");
    snprintf(folder, sizeof(folder), "%s/net/eth1", kernel_path(NIC));
    tree_mkdir("%s", folder);
    tree_sys_link("sys/class/net/eth1", folder);
    tree_mkdir("sys/devices/virtual/net/lo");
    tree_sys_link("sys/class/net/lo", "sys/devices/virtual/net/lo");
    tree_write("", "proc/net/if_inet6");
    tree_write("Iface\tDestination\tGateway\n", "proc/net/route");
    root = tree_root();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    root = root_close(root);
    kernel_end();
    return 0;
}

static const char *holders(struct bdf bdf)
{
    return in_use(root, bdf);
}

static void test_nothing(void **state)
{
    (void)state;
    assert_string_equal(holders(disk), "");
    assert_string_equal(holders(nic), "");
}

static void test_mounts(void **state)
{
    (void)state;
    mount_on("8:1", "/dev/sda1", "/", "ext4");
    assert_string_equal(holders(disk), "mount: sda1 > /");
    mount_on("8:16", "/dev/sdb", "/mnt/with\\040blank", "xfs");
    assert_string_equal(holders(disk), "mount: sda1 > /; mount: sdb > /mnt/with blank");
    assert_string_equal(holders(nic), "");
}

static void test_other_disks(void **state)
{
    (void)state;
    add_block("vda", 254, 0, "sys/devices/pci0000:00/0000:00:03.0/virtio0/block/vda");
    mount_on("254:0", "/dev/vda", "/", "ext4");
    mount_on("0:5", "proc", "/proc", "proc");
    mount_on("0:40", "server:/export", "/mnt", "nfs4");
    mount_on("0:41", "/dev/none", "/x", "btrfs");
    assert_string_equal(holders(disk), "");
}

/* A folder's name is no prefix of another's: 0000:00:1f.2 and 0000:00:1f.20. */
static void test_prefix(void **state)
{
    char folder[PATH_MAX + 64];

    (void)state;
    snprintf(folder, sizeof(folder), "%s0/block/sdz", kernel_path(DISK));
    add_block("sdz", 65, 144, folder);
    mount_on("65:144", "/dev/sdz", "/", "ext4");
    assert_string_equal(holders(disk), "");
}

static void test_stacked(void **state)
{
    (void)state;
    add_stacked("dm-0", 253, 0, "sda2");
    mount_on("253:0", "/dev/mapper/vg-root", "/", "ext4");
    assert_string_equal(holders(disk), "mount: sda2 > dm-0 > /");
    add_stacked("md0", 9, 0, "sdb");
    add_stacked("dm-1", 253, 1, "md0");
    add_stacked("dm-2", 253, 2, "dm-1");
    mount_on("253:2", "/dev/mapper/crypt", "/home", "xfs");
    assert_string_equal(holders(disk), "mount: sda2 > dm-0 > /; "
                        "mount: sdb > md0 > dm-1 > dm-2 > /home");
}

/* One leg of a mirror is enough, whichever it is; a loop of devices has an end. */
static void test_mirror_and_loop(void **state)
{
    (void)state;
    add_block("vda", 254, 0, "sys/devices/pci0000:00/0000:00:03.0/virtio0/block/vda");
    add_stacked("md1", 9, 1, "vda");
    tree_sys_link("sys/devices/virtual/block/md1/slaves/sda1", "sys/class/block/sda1");
    mount_on("9:1", "/dev/md1", "/", "ext4");
    assert_string_equal(holders(disk), "mount: sda1 > md1 > /");
    add_stacked("dm-7", 253, 7, "dm-8");
    add_stacked("dm-8", 253, 8, "dm-7");
    mount_on("253:7", "/dev/dm-7", "/loop", "ext4");
    assert_string_equal(holders(disk), "mount: sda1 > md1 > /");
}

static void test_swap(void **state)
{
    (void)state;
    tree_append("/dev/sda2                               partition\t1048572\t\t0\t\t-2\n",
                "proc/swaps");
    assert_string_equal(holders(disk), "swap: sda2 > swap");
    add_stacked("dm-0", 253, 0, "sdb");
    tree_append("/dev/dm-0                               partition\t1048572\t\t0\t\t-3\n",
                "proc/swaps");
    assert_string_equal(holders(disk), "swap: sda2 > swap; swap: sdb > dm-0 > swap");
}

/* btrfs mounts have a number of their own: only the source tells. */
static void test_btrfs(void **state)
{
    (void)state;
    mount_on("0:27", "/dev/sda1", "/", "btrfs");
    assert_string_equal(holders(disk), "mount: sda1 > /");
}

/* Where a use is unknown, nothing is free. */
static void test_unreadable(void **state)
{
    (void)state;
    tree_remove("proc/1/mountinfo");
    assert_string_equal(holders(disk), "error: " DISK ": look for its uses in dom0: read dom0's "
                        "mounts: its mountinfo is missing or has an unknown format");
    assert_string_equal(holders(nic), ""); /* has no disk that could be mounted */
    tree_write("22 1 8:1 / / rw - ext4 /dev/sda1 rw\n", "proc/1/mountinfo");
    tree_remove("proc/swaps"); /* a kernel without swap */
    assert_string_equal(holders(disk), "mount: sda1 > /");
    assert_string_equal(holders((struct bdf){ 0, 9, 0, 0 }), "error: 0000:09:00.0: no such device");
}

static void test_many(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        char where[64];

        snprintf(where, sizeof(where), "/var/lib/containers/storage/overlay/%d", i);
        mount_on("8:1", "/dev/sda1", where, "ext4");
    }
    assert_int_equal(strncmp(holders(disk), "mount: sda1 > /var/lib/containers/", 34), 0);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_nothing),
        RUN(test_mounts),
        RUN(test_other_disks),
        RUN(test_prefix),
        RUN(test_stacked),
        RUN(test_mirror_and_loop),
        RUN(test_swap),
        RUN(test_btrfs),
        RUN(test_unreadable),
        RUN(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
