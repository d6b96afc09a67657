/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks of guests, files on mounts, arrays, file systems of many devices, NVMe, USB. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_tree.h"
#include "../fake/fake_xs.h"
#include "inuse_machine.h"

#define AHCI "sys/devices/pci0000:00/0000:00:1f.2"
#define NVME "sys/devices/pci0000:00/0000:0a:00.0"
#define XHCI "sys/devices/pci0000:00/0000:00:07.0"

static const struct bdf ahci = { 0, 0, 0x1f, 2 }, nvme = { 0, 0xa, 0, 0 }, xhci = { 0, 0, 7, 0 };
static struct root *root;

static int setup(void **state)
{
    (void)state;
    tree_begin();
    store_begin();
    tree_mkdir(AHCI);
    tree_mkdir(NVME);
    tree_mkdir(XHCI);
    tree_sys_link("sys/bus/pci/devices/0000:00:1f.2", AHCI);
    tree_sys_link("sys/bus/pci/devices/0000:0a:00.0", NVME);
    tree_sys_link("sys/bus/pci/devices/0000:00:07.0", XHCI);
    add_block("sda", 8, 0, AHCI "/ata1/host0/target0:0:0/0:0:0:0/block/sda");
    add_block("sda1", 8, 1, AHCI "/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda1");
    add_block("sdb", 8, 16, AHCI "/ata2/host1/target1:0:0/1:0:0:0/block/sdb");
    add_block("vda", 254, 0, "sys/devices/pci0000:00/0000:00:03.0/virtio0/block/vda");
    mount_on("254:0", "/dev/vda", "/", "ext4");
    root = tree_root();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    root = root_close(root);
    tree_end();
    return 0;
}

static const char *holders(void)
{
    return in_use(root, ahci);
}

static void give(const char *disk, const char *key, const char *value)
{
    char path[128];

    tree_on_xen = true;
    store_set("/local/domain/7/name", "vm1");
    snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%s", disk, key);
    store_set(path, value);
}

static void test_guest_phy(void **state)
{
    (void)state;
    give("vbd/7/51712", "physical-device", "8:1");
    give("vbd/7/51712", "dev", "xvda");
    assert_string_equal(holders(), "guest's disk: sda1 > vm1 (xvda)");
    give("vbd/7/51728", "physical-device", "fe:0"); /* vda's, another controller */
    assert_string_equal(holders(), "guest's disk: sda1 > vm1 (xvda)");
}

static void test_guest_volume(void **state)
{
    (void)state;
    add_stacked("dm-3", 253, 3, "sdb");
    tree_write("vg-vm1--root\n", "sys/devices/virtual/block/dm-3/dm/name");
    assert_string_equal(holders(), ""); /* a volume that nothing has opened */
    give("qdisk/7/768", "params", "raw:/dev/vg/vm1-root");
    give("qdisk/7/768", "dev", "hda");
    assert_string_equal(holders(), "guest's disk: sdb > dm-3 (vg-vm1--root) > vm1 (hda)");
    give("qdisk/7/768", "params", "raw:/dev/mapper/vg-vm1--root");
    assert_string_equal(holders(), "guest's disk: sdb > dm-3 (vg-vm1--root) > vm1 (hda)");
    give("qdisk/7/768", "params", "raw:/dev/vg/vm1");
    assert_string_equal(holders(), "");
    give("qdisk/7/768", "params", "raw:/dev/vg-vm1/root");
    assert_string_equal(holders(), "");
}

/* An image on a mounted disk; the longest mount above it counts. */
static void test_guest_image(void **state)
{
    (void)state;
    mount_on("8:1", "/dev/sda1", "/srv", "ext4");
    mount_on("8:16", "/dev/sdb", "/srv/big", "ext4");
    give("qdisk/7/768", "params", "qcow2:/srv/big/vm1.qcow2");
    give("qdisk/7/768", "dev", "hda");
    assert_string_equal(holders(), "guest's disk: sdb > /srv/big/vm1.qcow2 > vm1 (hda); "
                        "mount: sda1 > /srv; mount: sdb > /srv/big");
    give("qdisk/7/768", "params", "qcow2:/srv/bigger.qcow2");
    assert_string_equal(holders(), "guest's disk: sda1 > /srv/bigger.qcow2 > vm1 (hda); "
                        "mount: sda1 > /srv; mount: sdb > /srv/big");
    give("qdisk/7/768", "params", "qcow2:/var/vm1.qcow2"); /* on vda */
    assert_string_equal(holders(), "mount: sda1 > /srv; mount: sdb > /srv/big");
}

static void test_xenstore_fails(void **state)
{
    (void)state;
    tree_on_xen = true;
    for (unsigned i = 1; i < 4; i++) {
        store_fail(i, EIO);
        assert_non_null(strstr(holders(), "error: 0000:00:1f.2: look for its uses in dom0: "));
    }
}

static void test_loop(void **state)
{
    (void)state;
    mount_on("8:16", "/dev/sdb", "/srv", "ext4");
    add_block("loop0", 7, 0, "sys/devices/virtual/block/loop0");
    tree_write("/srv/image\n", "sys/devices/virtual/block/loop0/loop/backing_file");
    add_block("loop0p1", 259, 7, "sys/devices/virtual/block/loop0/loop0p1");
    add_block("loop1", 7, 1, "sys/devices/virtual/block/loop1");
    tree_write("/dev/sda1\n", "sys/devices/virtual/block/loop1/loop/backing_file");
    assert_string_equal(holders(), "mount: sdb > /srv");
    mount_on("259:7", "/dev/loop0p1", "/mnt", "ext4");
    mount_on("7:1", "/dev/loop1", "/opt", "squashfs");
    assert_string_equal(holders(), "mount: sdb > /srv; "
                        "mount: sdb > /srv/image > loop0 > loop0p1 > /mnt; "
                        "mount: sda1 > /dev/sda1 > loop1 > /opt");
}

static void test_swap_file(void **state)
{
    (void)state;
    mount_on("8:16", "/dev/sdb", "/srv", "ext4");
    tree_write("Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n"
               "/srv/swap\\040file                         file\t1048572\t0\t-2\n", "proc/swaps");
    assert_string_equal(holders(), "mount: sdb > /srv; swap: sdb > /srv/swap file > swap");
}

/* A captured machine does not use the swap of the machine that reads it. */
static void test_swap_outside(void **state)
{
    char file[] = "/tmp/xvtd-swaps-XXXXXX";
    int fd = mkstemp(file);

    (void)state;
    assert_int_equal(dprintf(fd, "Filename Type Size Used Priority\n/dev/sdb partition 1 0 -2\n") > 0,
                     true);
    close(fd);
    tree_link(file, "proc/swaps");
    assert_string_equal(holders(), "");
    unlink(file);
}

/* Every device of a mounted btrfs, also the one that the mount does not name. */
static void test_btrfs(void **state)
{
    (void)state;
    mount_on("0:27", "/dev/vda", "/data", "btrfs");
    assert_string_equal(holders(), "");
    tree_sys_link("sys/fs/btrfs/6d0c2a5e/devices/vda", "sys/class/block/vda");
    tree_sys_link("sys/fs/btrfs/6d0c2a5e/devices/sdb", "sys/class/block/sdb");
    tree_sys_link("sys/fs/btrfs/another/devices/sda1", "sys/class/block/sda1");
    tree_mkdir("sys/fs/btrfs/features");
    assert_string_equal(holders(), "mount: sdb > /data");
}

static void test_bcachefs(void **state)
{
    (void)state;
    mount_on("0:31", "/dev/vda:/dev/sda1", "/data", "bcachefs");
    assert_string_equal(holders(), "mount: sda1 > /data");
}

/* A member counts while its pool is imported. */
static void test_zfs(void **state)
{
    (void)state;
    tree_write("E:ID_FS_LABEL=tank\nE:ID_FS_TYPE=zfs_member\n", "run/udev/data/b8:1");
    tree_write("E:ID_FS_LABEL=tank\nE:ID_FS_TYPE=ext4\n", "run/udev/data/b8:16");
    assert_string_equal(holders(), "");
    tree_mkdir("proc/spl/kstat/zfs/pond");
    assert_string_equal(holders(), "");
    tree_mkdir("proc/spl/kstat/zfs/tank");
    assert_string_equal(holders(), "zfs: sda1 > tank (zfs pool)");
}

/* An array in use would lose a member; one that was only assembled at boot would not. */
static void test_array(void **state)
{
    static const struct {
        const char *state;
        bool used;
    } states[] = {
        { "clean\n", true }, { "active\n", true }, { "active-idle\n", true },
        { "write-pending\n", true }, { "read-auto\n", false }, { "readonly\n", false },
        { "inactive\n", false }, { "clear\n", false },
    };

    (void)state;
    add_stacked("md0", 9, 0, "vda");
    add_stacked("md0", 9, 0, "sda1");
    for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
        tree_write(states[i].state, "sys/devices/virtual/block/md0/md/array_state");
        assert_string_equal(holders(), states[i].used ? "array: sda1 > md0" : "");
    }
    tree_write("active\n", "sys/devices/virtual/block/md0/md/array_state");
    mount_on("9:0", "/dev/md0", "/", "ext4"); /* the mount says more */
    assert_string_equal(holders(), "mount: sda1 > md0 > /");
}

/* A namespace that several controllers can have is no controller's own disk. */
static void test_nvme(void **state)
{
    (void)state;
    add_kdev("class/nvme", "nvme3", NVME "/nvme/nvme3");
    add_block("nvme3n1", 259, 0, NVME "/nvme/nvme3/nvme3n1");
    mount_on("259:0", "/dev/nvme3n1", "/one", "ext4");
    assert_string_equal(in_use(root, nvme), "mount: nvme3 > nvme3n1 > /one");
    add_block("nvme0c3n1", 259, 1, NVME "/nvme/nvme3/nvme0c3n1");
    add_block("nvme0n1", 259, 2, "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1");
    add_block("nvme0n1p2", 259, 3,
              "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p2");
    add_stacked("dm-1", 253, 1, "nvme0n1p2");
    tree_write("rhel-root\n", "sys/devices/virtual/block/dm-1/dm/name");
    mount_on("259:2", "/dev/nvme0n1", "/two", "ext4");
    mount_on("253:1", "/dev/mapper/rhel-root", "/", "xfs");
    assert_string_equal(in_use(root, nvme), "mount: nvme3 > nvme3n1 > /one; "
                        "mount: nvme3 > nvme0n1 > /two; "
                        "mount: nvme3 > nvme0n1p2 > dm-1 (rhel-root) > /");
    assert_string_equal(holders(), "");
}

static void test_usb(void **state)
{
    (void)state;
    add_kdev("bus/usb/devices", "usb2", XHCI "/usb2");
    add_block("sdc", 8, 32, XHCI "/usb2/2-1/2-1:1.0/host2/target2:0:0/2:0:0:0/block/sdc");
    assert_string_equal(in_use(root, xhci), "");
    mount_on("8:32", "/dev/sdc", "/media", "vfat");
    assert_string_equal(in_use(root, xhci), "mount: usb2 > sdc > /media");
}

/* Devices stacked on each other in every way: the answer still comes soon. */
static void test_tangle(void **state)
{
    char name[16], below[16];

    (void)state;
    for (unsigned i = 0; i < 30; i++)
        for (unsigned j = 0; j < 30; j++) {
            snprintf(name, sizeof(name), "dm-%u", i);
            snprintf(below, sizeof(below), "dm-%u", j);
            add_stacked(name, 253, i, below);
        }
    mount_on("253:0", "/dev/dm-0", "/mnt", "ext4");
    assert_string_equal(holders(), "");
    add_stacked("dm-29", 253, 29, "sdb");
    assert_non_null(strstr(holders(), "mount: sdb > dm-29 > "));
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_guest_phy),
        RUN(test_guest_volume),
        RUN(test_guest_image),
        RUN(test_xenstore_fails),
        RUN(test_loop),
        RUN(test_swap_file),
        RUN(test_swap_outside),
        RUN(test_btrfs),
        RUN(test_bcachefs),
        RUN(test_zfs),
        RUN(test_array),
        RUN(test_nvme),
        RUN(test_usb),
        RUN(test_tangle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
