/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pciback-hide --install and --uninstall: which way is chosen, what is written, that nothing
 * else is touched, and that all is as it was afterwards.
 */
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "hide_machine.h"

#define GRUB "etc/default/grub.d/zz-xvtd-hide.cfg"
#define MODPROBE "etc/modprobe.d/xvtd-hide.conf"
#define HOOK "etc/initramfs-tools/hooks/xvtd-hide"
#define UDEV "etc/udev/rules.d/10-xvtd-hide.rules"

/* A Debian. */
static int setup(void **state)
{
    hide_setup(state);
    tree_write("GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT=quiet\n", "etc/default/grub.d/xen.cfg");
    tree_mkdir("etc/modprobe.d");
    tree_mkdir("etc/initramfs-tools/hooks");
    tree_mkdir("etc/udev/rules.d");
    return 0;
}

static FILE *listing;

static int list_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    char text[4096] = "";

    (void)ftw;
    if (type == FTW_F) {
        int fd = open(path, O_RDONLY);
        ssize_t n = read(fd, text, sizeof(text) - 1);

        text[n < 0 ? 0 : n] = '\0';
        close(fd);
    }
    fprintf(listing, "%s %o %s\n", path, st->st_mode, text);
    return 0;
}

/* Everything below etc, contents and modes; to be freed. */
static char *all_of_etc(void)
{
    char *text = NULL, dir[PATH_MAX + 8];
    size_t size;

    listing = open_memstream(&text, &size);
    snprintf(dir, sizeof(dir), "%s/etc", tree_dir());
    nftw(dir, list_one, 16, FTW_PHYS);
    fclose(listing);
    return text;
}

static bool there(const char *path)
{
    char full[PATH_MAX + 128];

    snprintf(full, sizeof(full), "%s/%s", tree_dir(), path);
    return !access(full, F_OK);
}

static void assert_file(const char *path, const char *part, mode_t mode)
{
    char full[PATH_MAX + 128], text[4096];
    struct stat st;
    int fd;

    snprintf(full, sizeof(full), "%s/%s", tree_dir(), path);
    fd = open(full, O_RDONLY);
    assert_true(fd >= 0 && !fstat(fd, &st));
    text[read(fd, text, sizeof(text) - 1)] = '\0';
    close(fd);
    assert_int_equal(st.st_mode & 07777, mode);
    if (!strstr(text, part))
        fail_msg("no '%s' in %s:\n%s", part, path, text);
}

/* xen-pciback and the native drivers are modules: modprobe.d, and into the initramfs. */
static void test_modprobe(void **state)
{
    AUTO_FREE char *before = all_of_etc(), *installed = NULL, *after = NULL;

    (void)state;
    hide_expect(0, "method modprobe: xen-pciback is a module, loaded before the devices' drivers\n"
                "/" MODPROBE ": written\n/" HOOK ": written\n"
                "next: update-initramfs -u -k all\n"
                "then: `pciback-hide --status --next`, reboot, and `pciback-hide --status`\n", "", "--install", "2:0.0",
                "4:0.0");
    assert_file(MODPROBE, "\noptions xen-pciback hide=(0000:02:00.0)(0000:04:00.0)\n"
                "softdep e1000e pre: xen-pciback\nsoftdep igb pre: xen-pciback\n", 0644);
    assert_file(HOOK, "manual_add_modules xen-pciback\n", 0755);
    assert_false(there(GRUB) || there(UDEV));
    installed = all_of_etc();
    hide_expect(0, ": unchanged\nalready installed\n", "", "--install", "2:0.0", "4:0.0");
    after = all_of_etc();
    assert_string_equal(after, installed);
    hide_expect(0, "/" MODPROBE ": removed\n/" HOOK ": removed\nnext: update-initramfs", "",
                "--uninstall");
    free(after);
    after = all_of_etc();
    assert_string_equal(after, before);
    hide_expect(0, "already uninstalled\n", "", "--uninstall");
}

/* From one method to another: no file of the first is left. */
static void test_methods(void **state)
{
    AUTO_FREE char *before = all_of_etc(), *after = NULL;

    (void)state;
    hide_expect(0, "method grub: asked for\n", "", "--install", "2:0.0", "--method=grub");
    assert_file(GRUB, "xen-pciback.hide=(0000:02:00.0)\"\n", 0644);
    assert_file(MODPROBE, "softdep e1000e pre: xen-pciback\n", 0644);
    assert_true(there(HOOK));
    hide_expect(0, "/" GRUB ": removed\n/" MODPROBE ": removed\n/" HOOK ": unchanged\n/" UDEV
                ": written\n", "", "--install", "2:0.0", "--method=udev");
    assert_file(UDEV, "[pci/0000:02:00.0]driver_override}=\"pciback\"\n", 0644);
    assert_false(there(GRUB) || there(MODPROBE));
    hide_expect(0, "next: /opt/xensource/libexec/xen-cmdline --set-dom0 "
                "\"xen-pciback.hide=(0000:02:00.0)\"\n", "", "--install", "2:0.0",
                "--method=xen-cmdline");
    assert_false(there(UDEV));
    hide_expect(2, "", "--method=lilo: no such method", "--install", "2:0.0", "--method=lilo");
    hide_expect(0, NULL, "", "--uninstall");
    after = all_of_etc();
    assert_string_equal(after, before);
}

/* --add keeps the former devices, wildcards and method. */
static void test_add(void **state)
{
    (void)state;
    hide_expect(2, "", "--add does not go with a device", "2:0.0", "--add");
    hide_expect(0, "written", "", "--install", "--add", "2:0.0");
    assert_file(MODPROBE, "hide=(0000:02:00.0)\n", 0644);
    hide_expect(0, "written", "", "--install", "--add", "9:0.*");
    assert_file(MODPROBE, "hide=(0000:02:00.0)(0000:09:00.*)\n", 0644);
    hide_expect(0, "already installed", "", "--install", "--add", "2:0.0");
    hide_expect(2, "", "no device is named", "--install", "--add");
    hide_expect(0, "written", "", "--install", "--method=udev", "2:0.0");
    hide_expect(0, "method udev: as before", "", "--install", "--add", "3:0.0");
    assert_file(UDEV, "# device 0000:02:00.0 8086:10d3", 0644);
    assert_file(HOOK, "\n[ ! -e /" UDEV " ] || copy_file rules /" UDEV "\n", 0755);
    assert_file(UDEV, "# device 0000:03:00.0 8086:10d3", 0644);
    hide_expect(0, "written", "", "--install", "--method=grub", "2:0.0");
    hide_expect(0, "method grub: as before", "", "--install", "--add", "3:0.0");
    assert_file(GRUB, "xen-pciback.hide=(0000:02:00.0)(0000:03:00.0)", 0644);
    hide_expect(0, "method modprobe: asked for", "", "--install", "--add", "4:0.0",
                "--method=modprobe");
    assert_file(MODPROBE, "hide=(0000:02:00.0)(0000:03:00.0)(0000:04:00.0)\n", 0644);
    hide_expect(0, "written", "", "--install", "--method=udev", "2:0.0");
    hide_expect(0, "method modprobe: xen-pciback is a module", "", "--install", "2:0.0");
    /* Another card has come to an address meanwhile. */
    tree_write("0x10c9\n", "sys/bus/pci/devices/0000:02:00.0/device");
    hide_expect(3, "", "0000:02:00.0: since --install another device has got this address",
                "--install", "--add", "9:0.0");
    hide_expect(0, "written", "", "--install", "9:0.0");
}

static void builtin_pciback(void)
{
    tree_write("kernel/drivers/xen/xen-pciback/xen-pciback.ko\n",
               "lib/modules/6.1.0-test/modules.builtin");
}

/* Each host gets the method that fits it. */
static void test_choice(void **state)
{
    (void)state;
    tree_write("", "opt/xensource/libexec/xen-cmdline");
    hide_expect(0, "method xen-cmdline: this is XCP-ng", "", "--install", "2:0.0", "--dry-run");
    tree_remove("opt/xensource/libexec/xen-cmdline");
    builtin_pciback();
    hide_expect(0, "method grub: xen-pciback is built in\n", "", "--install", "2:0.0",
                "--dry-run");
    hide_expect(6, "", "modprobe.d has no effect on it", "--install", "2:0.0",
                "--method=modprobe");
    tree_remove(GRUB);
    tree_remove("etc/default/grub.d/xen.cfg");
    tree_remove("etc/default/grub.d");
    hide_expect(0, "method udev: xen-pciback is built in, but there is no GRUB here\n",
                "", "--install", "2:0.0", "--dry-run");
    hide_expect(6, "", "no GRUB on this host reads /etc/default/grub.d\nhint: --format=grub",
                "--install", "2:0.0", "--method=grub");
    tree_write("", "lib/modules/6.1.0-test/modules.builtin");
    tree_remove("etc/initramfs-tools/hooks");
    tree_remove("etc/initramfs-tools");
    tree_mkdir("etc/dracut.conf.d");
    hide_expect(0, "next: dracut -f --regenerate-all\n", "", "--install", "2:0.0", "--dry-run");
    tree_remove("etc/dracut.conf.d");
    tree_write("", "etc/mkinitcpio.conf");
    hide_expect(0, "next: mkinitcpio -P\n", "", "--install", "2:0.0", "--dry-run");
    tree_write("", "lib/modules/6.1.0-test/modules.dep");
    hide_expect(6, "", "kernel 6.1.0-test has no xen-pciback\nhint: boot a kernel with",
                "--install", "2:0.0");
}

/* A driver in the kernel comes before any module. */
static void test_builtin_driver(void **state)
{
    (void)state;
    tree_remove("sys/module/e1000e/initstate");
    hide_expect(6, "", "driver e1000e is built in and xen-pciback is a module, so that driver "
                "always comes first\n"
                "hint: take the device after boot", "--install",
                "2:0.0");
    hide_expect(0, "method udev: asked for", "", "--install", "2:0.0", "--method=udev",
                "--dry-run");
    builtin_pciback();
    hide_expect(0, "method grub", "", "--install", "2:0.0", "--dry-run");
}

static void test_guard(void **state)
{
    char folder[PATH_MAX + 64];

    (void)state;
    hide_expect(3, "", "0000:00:03.0: dom0 uses it: vda > / (mount)\nhint: ", "--install",
                "0:3.0");
    assert_false(there(MODPROBE));
    hide_expect(0, "written", "", "--install", "0:3.0", "--allow=in-use",
                "--method=modprobe");
    hide_expect(0, NULL, "", "--uninstall");
    /* It sits below a bridge that is named. */
    snprintf(folder, sizeof(folder), "%s/virtio1/block/vdb", kernel_path("0000:09:00.1"));
    tree_mkdir("%s", folder);
    tree_sys_link("sys/class/block/vdb", folder);
    tree_sys_link("sys/dev/block/254:1", folder);
    tree_append("23 1 254:1 / /home rw - ext4 /dev/vdb rw\n", "proc/1/mountinfo");
    hide_expect(3, "", "dom0 uses it: vdb > /home (mount)", "--install", "0:1c.0");
}

/* Folders that were not there are not there afterwards. */
static void test_folders(void **state)
{
    AUTO_FREE char *before = NULL, *after = NULL;

    (void)state;
    tree_remove("etc/udev/rules.d");
    tree_remove("etc/udev");
    before = all_of_etc();
    hide_expect(0, "written", "", "--install", "2:0.0", "--method=udev");
    assert_true(there(UDEV));
    hide_expect(0, "unchanged", "", "--install", "2:0.0", "--method=udev");
    hide_expect(0, "written", "", "--install", "3:0.0", "--method=udev");
    hide_expect(0, "removed", "", "--uninstall");
    after = all_of_etc();
    assert_string_equal(after, before);
    /* A folder with another file in it stays. */
    hide_expect(0, "written", "", "--install", "2:0.0", "--method=udev");
    tree_write("", "etc/udev/rules.d/20-mine.rules");
    hide_expect(0, "removed", "", "--uninstall");
    assert_true(there("etc/udev/rules.d/20-mine.rules"));
}

static void test_foreign(void **state)
{
    AUTO_FREE char *before = NULL, *after = NULL;

    (void)state;
    tree_write("mine\n", HOOK);
    before = all_of_etc();
    hide_expect(3, "", "/" HOOK ": this program did not write it\nhint: move it away",
                "--install", "2:0.0");
    hide_expect(3, "", "did not write it", "--uninstall");
    after = all_of_etc();
    assert_string_equal(after, before);
}

/* The second file cannot be written: the first is taken back. */
static void test_undo(void **state)
{
    AUTO_FREE char *before = NULL, *after = NULL;

    (void)state;
    tree_remove("etc/initramfs-tools/hooks");
    tree_write("", "etc/initramfs-tools/hooks"); /* no folder */
    before = all_of_etc();
    hide_expect(6, "", "etc/initramfs-tools/hooks", "--install", "2:0.0");
    after = all_of_etc();
    assert_string_equal(after, before);
}

static void test_dry_run(void **state)
{
    AUTO_FREE char *before = all_of_etc(), *after = NULL;
    struct run run;
    int code;

    (void)state;
    hide_expect(0, "/" MODPROBE ": would be written\n# Written by", "", "--install", "2:0.0",
                "--dry-run");
    run = hide_run("--install", "2:0.0", "--dry-run", "--json");
    assert_true(json_valid(run.out, &code));
    assert_true(json_has(run.out, "\"plan\":[{\"step\":\"write\",\"object\":\"/" MODPROBE "\""));
    after = all_of_etc();
    assert_string_equal(after, before);
    run = hide_run("--install", "2:0.0", "--json");
    assert_true(json_has(run.out, "\"files\":[{\"path\":\"/" MODPROBE "\",\"status\":\"written\"}"));
    assert_true(json_has(run.out, "\"next\":[\"update-initramfs-u-kall\"]"));
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, hide_teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_modprobe), RUN(test_methods), RUN(test_add), RUN(test_choice), RUN(test_builtin_driver),
        RUN(test_guard), RUN(test_folders), RUN(test_foreign), RUN(test_undo),
        RUN(test_dry_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
