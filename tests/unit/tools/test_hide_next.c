/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pciback-hide --status --next: each kernel's initramfs and boot entry, and the missing step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <utime.h>

#include <cmocka.h>

#include "hide_machine.h"

#define MODULES "etc/modprobe.d/xvtd-hide.conf\nlib/modules/6.1.0-test/xen-pciback.ko.xz\n"

/* A made-up lsinitramfs: an initramfs is the list of what is in it. */
static int setup(void **state)
{
    char path[PATH_MAX + 64], program[PATH_MAX + 32];

    hide_setup(state);
    tree_mkdir("etc/initramfs-tools");
    tree_mkdir("etc/modprobe.d");
    tree_mkdir("etc/udev/rules.d");
    tree_mkdir("etc/default/grub.d");
    tree_write("#!/bin/sh\ncat \"$1\"\n", "bin/lsinitramfs");
    snprintf(program, sizeof(program), "%s/bin/lsinitramfs", tree_dir());
    chmod(program, 0755);
    snprintf(path, sizeof(path), "%s/bin:/usr/bin:/bin", tree_dir());
    setenv("PATH", path, 1);
    return 0;
}

static void age(const char *name, time_t when)
{
    struct utimbuf times = { when, when };
    char path[PATH_MAX + 64];

    snprintf(path, sizeof(path), "%s/%s", tree_dir(), name);
    assert_int_equal(utime(path, &times), 0);
}

static void expect_step(int code, const char *step)
{
    hide_expect(code, step, code ? "would not hold the configured devices" : "", "--status",
                "--next");
}

static void test_nothing(void **state)
{
    (void)state;
    hide_expect(0, "nothing is configured\n", "", "--status", "--next");
    hide_expect(2, NULL, "--next does not go with", "--next", "2:0.0");
}

static void test_modprobe(void **state)
{
    (void)state;
    hide_expect(0, "written", NULL, "--install", "2:0.0", "--method=modprobe");
    age("etc/modprobe.d/xvtd-hide.conf", 1000);
    expect_step(1, "6.1.0-test: it has no initramfs: update-initramfs -c -k 6.1.0-test");
    tree_write("bin/sh\n", "boot/initrd.img-6.1.0-test");
    expect_step(1, "/boot/initrd.img-6.1.0-test has no xen-pciback: update-initramfs -u");
    tree_write("lib/modules/6.1.0-test/xen-pciback.ko\n", "boot/initrd.img-6.1.0-test");
    expect_step(1, "does not have /etc/modprobe.d/xvtd-hide.conf: update-initramfs -u");
    tree_write(MODULES, "boot/initrd.img-6.1.0-test");
    age("boot/initrd.img-6.1.0-test", 999);
    expect_step(1, "is older than /etc/modprobe.d/xvtd-hide.conf: update-initramfs -u");
    age("boot/initrd.img-6.1.0-test", 1001);
    expect_step(0, "6.1.0-test /boot/initrd.img-6.1.0-test yes");
    /* another kernel, whose initramfs has not been made anew */
    tree_write("kernel/drivers/xen/xen-pciback/xen-pciback.ko:\n",
               "lib/modules/6.12.1/modules.dep");
    tree_write("x\n", "boot/initrd.img-6.12.1");
    expect_step(1, "6.12.1: /boot/initrd.img-6.12.1 has no xen-pciback");
    tree_write("", "lib/modules/6.12.1/modules.dep");
    expect_step(1, "6.12.1: it has no xen-pciback: boot another kernel");
}

static void test_line(void **state)
{
    (void)state;
    tree_write("GRUB_CMDLINE_LINUX=\"xen-pciback.hide=(02:00.0)\"\n", "etc/default/grub");
    tree_write(MODULES, "boot/initrd.img-6.1.0-test");
    expect_step(1, "6.1.0-test: no file of a boot loader can be read here");
    tree_write("menuentry 'Linux' {\nlinux /vmlinuz-6.1.0-test ro xen-pciback.hide=(02:00.0)\n}\n",
               "boot/grub/grub.cfg");
    expect_step(1, "no entry of /boot/grub/grub.cfg boots Xen with it: update-grub");
    tree_write("menuentry 'Xen' {\nmultiboot2 /xen.gz\nmodule2 /vmlinuz-6.1.0-test ro\n}\n",
               "boot/grub/grub.cfg");
    expect_step(1, "does not have the value of /etc/default/grub: update-grub");
    tree_write("menuentry 'Xen' {\nmultiboot2 /xen.gz\nmodule2 /vmlinuz-6.1.0-test ro "
               "xen-pciback.hide=(02:00.0)\n}\n", "boot/grub/grub.cfg");
    expect_step(0, "yes");
}

#define CFG "boot/efi/EFI/xen/xen.cfg"
#define VALUE "xen-pciback.hide=(02:00.0)"

/* xen.efi, which the firmware or systemd-boot starts, and its cfg. */
static void test_xen_efi(void **state)
{
    (void)state;
    hide_expect(0, "written", NULL, "--install", "2:0.0", "--method=grub");
    tree_write(MODULES, "boot/initrd.img-6.1.0-test");
    tree_write("[global]\ndefault=two\n[one]\nkernel=vmlinuz-6.1.0-test ro\n"
               "[two]\noptions=iommu=verbose\nkernel=vmlinuz-6.1.0-other ro\n", CFG);
    expect_step(1, "no entry of /" CFG " boots Xen with it: add one that starts xen.efi");
    tree_write("[global]\ndefault = two\n[one]\nkernel=x\n[two]\nkernel=vmlinuz-6.1.0-test ro\n"
               "ramdisk=initrd.img\n", CFG);
    expect_step(1, "its entry in /" CFG " does not have the value of /etc/default/grub.d/zz-xvtd-hide.cfg: "
                "add it to the line kernel= there");
    tree_write("[global]\ndefault = two\n[one]\nkernel=x\n[two]\nkernel=vmlinuz-6.1.0-test ro "
               "xen-pciback.hide=(0000:02:00.0)\nramdisk=initrd.img\n", CFG);
    expect_step(1, "starts it with /boot/efi/EFI/xen/initrd.img, which is not there: copy "
                "/boot/initrd.img-6.1.0-test to it");
    tree_write("", "boot/efi/EFI/xen/initrd.img");
    age("boot/efi/EFI/xen/initrd.img", 1000);
    expect_step(1, "/boot/efi/EFI/xen/initrd.img is older than /boot/initrd.img-6.1.0-test: copy it");
    age("boot/initrd.img-6.1.0-test", 1000);
    expect_step(0, "6.1.0-test /boot/initrd.img-6.1.0-test yes");
    /* systemd-boot starts another section */
    tree_write("title Xen\nefi /EFI/xen/xen.efi\noptions -basevideo one\n",
               "boot/efi/loader/entries/xen.conf");
    expect_step(1, "no entry of /" CFG " boots Xen with it");
    /* its kernel's name has no version, but its header */
    tree_write("[one]\nkernel=vmlinuz " VALUE "\n[global]\n", CFG);
    {
        uint8_t image[0x400] = { 0 };

        memcpy(image + 0x202, "HdrS", 4);
        image[0x20f] = 1;
        strcpy((char *)image + 0x300, "6.1.0-test (someone) #1");
        tree_write_bytes(image, sizeof(image), "boot/efi/EFI/xen/vmlinuz");
    }
    hide_expect(0, "removed", NULL, "--uninstall");
    expect_step(0, "6.1.0-test /boot/initrd.img-6.1.0-test yes"); /* the cfg itself configures it */
}

/* Entries of systemd-boot that start Linux alone. */
static void test_systemd_boot(void **state)
{
    (void)state;
    hide_expect(0, "written", NULL, "--install", "2:0.0", "--method=modprobe");
    tree_write(MODULES, "boot/initrd.img-6.1.0-test");
    expect_step(0, "yes");
    tree_write("title Debian\nlinux /vmlinuz-6.1.0-test\ninitrd /initrd.img-6.1.0-test\n",
               "boot/loader/entries/debian.conf");
    expect_step(1, "no entry of loader/entries boots Xen with it: add one that starts xen.efi");
}

struct image {
    uint8_t bytes[0x2000];
    unsigned n;
};

static void set32(struct image *i, size_t at, uint32_t value)
{
    for (size_t k = 0; k < 4; k++)
        i->bytes[at + k] = (uint8_t)(value >> 8 * k);
}

/* A PE image without sections: header at 40, optional header at 58, sections from 148 on. */
static void image_begin(struct image *i, bool is_signed)
{
    *i = (struct image){ .n = 0 };
    memcpy(i->bytes, "MZ", 2);
    set32(i, 0x3c, 0x40);
    memcpy(i->bytes + 0x40, "PE", 2);
    i->bytes[0x54] = 0xf0;
    set32(i, 0x58, 0x20b);
    set32(i, 0x58 + 108, 16);
    set32(i, 0x58 + 148, is_signed ? 512 : 0);
}

static void image_add(struct image *i, const char *name, const void *data, size_t len)
{
    size_t at = 0x148 + 40u * i->n, to = 0x400 + 0x600u * i->n++;

    assert_true(len <= 0x600);
    memcpy(i->bytes + at, name, strlen(name));
    set32(i, at + 8, (uint32_t)len);
    set32(i, at + 16, 0x600);
    set32(i, at + 20, (uint32_t)to);
    memcpy(i->bytes + to, data, len);
    i->bytes[0x46] = (uint8_t)i->n;
}

static void image_put(const struct image *i, const char *path)
{
    tree_write_bytes(i->bytes, sizeof(i->bytes), "%s", path);
}

/* One image with Xen, its cfg and the kernel; and one without Xen. */
static void test_unified(void **state)
{
    static const char without[] = "[global]\n[xen]\nkernel=vmlinuz ro\n",
                      with[] = "[global]\n[xen]\nkernel=vmlinuz ro " VALUE "\n";
    uint8_t kernel[0x400] = { 0 };
    struct image image;

    (void)state;
    memcpy(kernel + 0x202, "HdrS", 4);
    kernel[0x20f] = 1;
    strcpy((char *)kernel + 0x300, "6.1.0-test (someone) #1");
    tree_write("GRUB_CMDLINE_LINUX=\"" VALUE "\"\n", "etc/default/grub");
    tree_write(MODULES, "boot/initrd.img-6.1.0-test");
    age("boot/initrd.img-6.1.0-test", 1000);
    image_begin(&image, true);
    image_add(&image, ".config", without, sizeof(without) - 1);
    image_add(&image, ".kernel", kernel, sizeof(kernel));
    image_put(&image, "boot/efi/EFI/Linux/xen.efi");
    expect_step(1, "its entry in /boot/efi/EFI/Linux/xen.efi does not have the value of "
                "/etc/default/grub: build it again and sign it; pciback-hide does not change it");
    image_begin(&image, false);
    image_add(&image, ".config", with, sizeof(with) - 1);
    image_add(&image, ".kernel", kernel, sizeof(kernel));
    image_put(&image, "boot/efi/EFI/Linux/xen.efi");
    age("boot/efi/EFI/Linux/xen.efi", 999);
    expect_step(1, "/boot/efi/EFI/Linux/xen.efi is older than /boot/initrd.img-6.1.0-test: build it "
                "again; pciback-hide");
    age("boot/efi/EFI/Linux/xen.efi", 1000);
    expect_step(0, "6.1.0-test /boot/initrd.img-6.1.0-test yes");
    set32(&image, 0x58 + 148, 512);
    image_put(&image, "boot/efi/EFI/Linux/xen.efi");
    tree_write_bytes((const uint8_t[]){ 6, 0, 0, 0, 1 }, 5, "sys/firmware/efi/efivars/SecureBoot-"
                     "8be4df61-93ca-11d2-aa0d-00e098032b8c");
    expect_step(0, "warning: /boot/efi/EFI/Linux/xen.efi: it is signed, and Secure Boot is on");
    image_begin(&image, true);
    image_add(&image, ".linux", kernel, sizeof(kernel));
    image_add(&image, ".uname", "6.1.0-test", 10);
    image_put(&image, "boot/efi/EFI/Linux/debian.efi");
    expect_step(0, "warning: /boot/efi/EFI/Linux/debian.efi: a unified kernel image starts Linux "
                "6.1.0-test without Xen, and holds no device; it is signed, so");
}

static void test_unknown(void **state)
{
    int code;
    struct run run;

    (void)state;
    hide_expect(0, "written", NULL, "--install", "2:0.0", "--method=modprobe");
    tree_write(MODULES, "boot/initrd.img-6.1.0-test");
    tree_write("exit 1\n", "bin/lsinitramfs");
    expect_step(1, "/boot/initrd.img-6.1.0-test cannot be listed here");
    run = hide_run("--status", "--next", "--json");
    assert_int_equal(run.code, 1);
    assert_true(json_valid(run.out, &code));
    assert_true(json_has(run.out, "\"agree\":false,\"kernels\":[{\"version\":\"6.1.0-test\","
                                  "\"initramfs\":\"/boot/initrd.img-6.1.0-test\",\"entry\":false,"
                                  "\"held\":null,"));
}

static void test_warnings(void **state)
{
    (void)state;
    hide_expect(0, "written", NULL, "--install", "2:0.0", "--method=udev");
    tree_write(MODULES "etc/udev/rules.d/10-xvtd-hide.rules\n", "boot/initrd.img-6.1.0-test");
    tree_write("etc/udev/rules.d/10-xvtd-hide.rules\n", "var/lib/kdump/initrd.img-6.1.0-test");
    tree_write("etc/udev/rules.d/10-xvtd-hide.rules\n", "var/lib/kdump/initrd");
    hide_expect(0, "warning: /var/lib/kdump/initrd: the crash kernel's", "", "--status", "--next");
    tree_write("", "boot/efi/EFI/Linux/dom0.efi");
    hide_expect(0, "warning: /var/lib/kdump/initrd.img-6.1.0-test: the crash kernel's", "",
                "--status", "--next");
    hide_expect(0, "warning: /boot/efi/EFI/Linux/dom0.efi: a unified kernel image starts Linux without Xen", "", "--status",
                "--next");
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, hide_teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_nothing), RUN(test_modprobe), RUN(test_line), RUN(test_unknown),
        RUN(test_warnings), RUN(test_xen_efi), RUN(test_systemd_boot), RUN(test_unified),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
