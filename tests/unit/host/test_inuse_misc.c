/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only keyboard, displays and consoles, virtual functions, watchdog, tpm; chains. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_tree.h"
#include "../fake/fake_xs.h"
#include "inuse/inuse_parts.h"
#include "inuse_machine.h"

#define XHCI "sys/devices/pci0000:00/0000:00:07.0"
#define GPU "sys/devices/pci0000:00/0000:00:13.0"
#define PF "sys/devices/pci0000:00/0000:0a:00.0"
#define VF "sys/devices/pci0000:00/0000:0a:00.1"
#define KEYS "402000002 3803078f800d001 feffffdfffefffff fffffffffffffffe\n"
#define BUTTON "10000000000000 0\n"

static const struct bdf xhci = { 0, 0, 7, 0 }, gpu = { 0, 0, 0x13, 0 }, pf = { 0, 0xa, 0, 0 };
static struct root *root;

static void add_function(const char *path)
{
    char link[PATH_MAX];

    tree_mkdir("%s", path);
    snprintf(link, sizeof(link), "sys/bus/pci/devices/%s", strrchr(path, '/') + 1);
    tree_sys_link(link, path);
}

static int setup(void **state)
{
    (void)state;
    tree_begin();
    store_begin();
    add_function(XHCI);
    add_function(GPU);
    add_function(PF);
    add_function(VF);
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

static void add_input(const char *name, const char *keys, const char *folder)
{
    add_kdev("class/input", name, "%s/input/%s", folder, name);
    tree_write(keys, "%s/input/%s/capabilities/key", folder, name);
    tree_write("Some Keyboard\n", "%s/input/%s/name", folder, name);
}

static void test_keyboard(void **state)
{
    (void)state;
    add_kdev("bus/usb/devices", "usb1", XHCI "/usb1");
    add_input("input1", BUTTON, "sys/devices/platform/button");
    add_input("input2", "0\n", XHCI "/usb1/1-1/1-1:1.0"); /* a mouse */
    add_input("input9", KEYS, "sys/devices/virtual/misc/uhid");
    assert_string_equal(in_use(root, xhci), "");
    add_input("input3", KEYS, XHCI "/usb1/1-2/1-2:1.0");
    assert_string_equal(in_use(root, xhci), "only keyboard: usb1 > input3 (Some Keyboard)");
    add_input("input4", KEYS, XHCI "/usb1/1-3/1-3:1.0");
    assert_string_equal(in_use(root, xhci), "only keyboard: usb1 > input3 (Some Keyboard)");
    add_input("input0", KEYS, "sys/devices/platform/i8042/serio0");
    assert_string_equal(in_use(root, xhci), "");
}

static void console(const char *vtcon, const char *name, const char *bind)
{
    tree_write(name, "sys/class/vtconsole/%s/name", vtcon);
    tree_write(bind, "sys/class/vtconsole/%s/bind", vtcon);
}

static void test_vga_text(void **state)
{
    (void)state;
    console("vtcon0", "(S) VGA+\n", "1\n");
    assert_string_equal(in_use(root, gpu), "");
    tree_write("1\n", GPU "/boot_vga");
    assert_string_equal(in_use(root, gpu), "console: VGA text > tty0");
    tree_write("0\n", GPU "/boot_vga");
    assert_string_equal(in_use(root, gpu), "");
}

static void test_frame_buffer(void **state)
{
    (void)state;
    console("vtcon0", "(S) dummy device\n", "0\n");
    console("vtcon1", "(M) frame buffer device\n", "1\n");
    tree_write("0\n", GPU "/boot_vga");
    add_kdev("class/graphics", "fb1", GPU "/graphics/fb1");
    assert_string_equal(in_use(root, gpu), "");
    add_kdev("class/graphics", "fb0", "sys/devices/platform/efi-framebuffer.0/graphics/fb0");
    assert_string_equal(in_use(root, gpu), "");
    tree_write("1\n", GPU "/boot_vga"); /* the firmware's frame buffer is its memory */
    assert_string_equal(in_use(root, gpu), "console: fb0 > tty0");
    add_kdev("class/graphics", "fb0", GPU "/graphics/fb0");
    assert_string_equal(in_use(root, gpu), "console: fb0 > tty0");
    console("vtcon1", "(M) frame buffer device\n", "0\n");
    assert_string_equal(in_use(root, gpu), "");
    tree_sys_link(GPU "/driver", "sys/bus/pci/drivers/i915");
    assert_string_equal(in_use(root, gpu), "boot display: boot_vga");
}

static void connector(const char *name, const char *status, const char *enabled)
{
    add_kdev("class/drm", name, GPU "/drm/card0/%s", name);
    tree_write(status, GPU "/drm/card0/%s/status", name);
    tree_write(enabled, GPU "/drm/card0/%s/enabled", name);
}

static void test_displays(void **state)
{
    (void)state;
    add_kdev("class/drm", "card0", GPU "/drm/card0");
    connector("card0-DP-1", "connected\n", "disabled\n");
    connector("card0-DP-2", "disconnected\n", "enabled\n");
    assert_string_equal(in_use(root, gpu), "");
    connector("card0-HDMI-A-1", "connected\n", "enabled\n");
    assert_string_equal(in_use(root, gpu), "display: card0-HDMI-A-1");
}

static void test_processes(void **state)
{
    (void)state;
    tree_link("/dev/dri/card0", "proc/812/fd/11");
    tree_link("/dev/dri/card1", "proc/813/fd/3");
    tree_link("/dev/null", "proc/813/fd/4");
    tree_write("Xorg\n", "proc/812/comm");
    tree_write("", "proc/stat");
    assert_string_equal(in_use(root, gpu), "");
    add_kdev("class/drm", "card0", GPU "/drm/card0");
    assert_string_equal(in_use(root, gpu), "process: card0 > Xorg (812)");
}

static void test_watchdog(void **state)
{
    (void)state;
    add_kdev("class/watchdog", "watchdog0", "sys/devices/virtual/watchdog/watchdog0");
    tree_write("active\n", "sys/devices/virtual/watchdog/watchdog0/state");
    tree_write("Software Watchdog\n", "sys/devices/virtual/watchdog/watchdog0/identity");
    add_kdev("class/watchdog", "watchdog1", XHCI "/watchdog/watchdog1");
    assert_string_equal(in_use(root, xhci), "watchdog: watchdog1"); /* unknown */
    tree_write("inactive\n", XHCI "/watchdog/watchdog1/state");
    assert_string_equal(in_use(root, xhci), "");
    tree_write("active\n", XHCI "/watchdog/watchdog1/state");
    assert_string_equal(in_use(root, xhci), "watchdog: watchdog1");
    assert_string_equal(in_use(root, gpu), "");
    /* The driver does not name its device. */
    tree_write("i6300ESB timer\n", "sys/devices/virtual/watchdog/watchdog0/identity");
    tree_link("../../../bus/pci/drivers/i6300ESB timer", GPU "/driver");
    assert_string_equal(in_use(root, gpu), "watchdog: watchdog0");
}

static void test_tpm_and_serial(void **state)
{
    (void)state;
    add_kdev("class/tpm", "tpm0", GPU "/tpm/tpm0");
    assert_string_equal(in_use(root, gpu), "tpm: tpm0");
    add_kdev("class/tty", "ttyS4", PF "/tty/ttyS4");
    add_kdev("class/tty", "ttyS0", "sys/devices/pnp0/00:00/tty/ttyS0");
    tree_write("tty0 ttyS0\n", "sys/class/tty/console/active");
    assert_string_equal(in_use(root, pf), "");
    tree_write("tty0 ttyS4 ttyS0\n", "sys/class/tty/console/active");
    assert_string_equal(in_use(root, pf), "console: ttyS4");
}

/* A physical function goes with its virtual ones: dom0's, and those of guests. */
static void test_virtual_functions(void **state)
{
    (void)state;
    tree_sys_link(PF "/virtfn0", VF);
    tree_sys_link(PF "/virtfn1", GPU);
    assert_string_equal(in_use(root, pf), "");
    add_kdev("class/tpm", "tpm0", VF "/tpm/tpm0");
    assert_string_equal(in_use(root, pf), "tpm: 0000:0a:00.1 > tpm0");
    tree_on_xen = true;
    store_set("/local/domain/3/name", "vm1");
    store_set("/local/domain/0/backend/pci/3/0/num_devs", "1");
    store_set("/local/domain/0/backend/pci/3/0/dev-0", "0000:0a:00.1");
    assert_string_equal(in_use(root, pf), "virtual function: 0000:0a:00.1 > vm1");
    store_fail(1, 5);
    assert_non_null(strstr(in_use(root, pf), "error: 0000:0a:00.0: look for its uses in dom0: "));
}

/* Functions that name each other as virtual functions cause no endless loop. */
static void test_virtual_loop(void **state)
{
    (void)state;
    tree_sys_link(PF "/virtfn0", VF);
    tree_sys_link(VF "/virtfn0", PF);
    tree_sys_link(VF "/virtfn1", VF);
    assert_string_equal(in_use(root, pf), "");
}

static void test_chain(void **state)
{
    char name[600];
    struct holder h = { .len = 0 };
    const char *label;

    (void)state;
    holder_push(&h, "nvme0", NULL);
    holder_push(&h, "dm-1", "rhel-root");
    holder_push(&h, "/mnt/a (b)", "");
    assert_string_equal(HOLDER_STR(&h), "nvme0 > dm-1 (rhel-root) > /mnt/a (b)");
    assert_string_equal(holder_link(&h, 0, &label), "nvme0");
    assert_null(label);
    assert_string_equal(holder_link(&h, 1, &label), "dm-1");
    assert_string_equal(label, "rhel-root");
    assert_string_equal(holder_link(&h, 2, NULL), "/mnt/a (b)");
    assert_null(holder_link(&h, 3, NULL));
    /* A chain that is too long is cut, at any place. */
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    for (size_t len = 0; len < sizeof(name) - 1; len++) {
        h.len = 0;
        holder_push(&h, name, NULL);
        holder_push(&h, name + len, "label");
        holder_push(&h, "last", "label");
        for (size_t i = 0; holder_link(&h, i, &label); i++)
            assert_true(i < 3);
        assert_true(h.len <= sizeof(h.chain));
    }
}

static void test_json(void **state)
{
    struct holder list[2] = { { .what = "mount" }, { .what = "swap" } };
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    struct json *json = json_new();
    struct err e;

    (void)state;
    holder_push(&list[0], "dm-1", "rhel-root");
    holder_push(&list[0], "/", NULL);
    holder_push(&list[1], "sda2", NULL);
    holders_json(json, list, 2);
    assert_int_equal(json_write(json, f, &e), 0);
    json_free(json);
    fclose(f);
    for (char *p = text, *q = text; (*q = *p); p++) /* without its blanks */
        q += *p != ' ' && *p != '\n';
    assert_non_null(strstr(text, "\"holders\":[{\"chain\":[\"dm-1\",\"/\"],\"what\":\"mount\","
                                 "\"text\":\"dm-1(rhel-root)>/\"},{\"chain\":[\"sda2\"],"
                                 "\"what\":\"swap\",\"text\":\"sda2\"}]"));
    free(text);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_keyboard),
        RUN(test_vga_text),
        RUN(test_frame_buffer),
        RUN(test_displays),
        RUN(test_processes),
        RUN(test_watchdog),
        RUN(test_tpm_and_serial),
        RUN(test_virtual_functions),
        RUN(test_virtual_loop),
        RUN(test_chain),
        RUN(test_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
