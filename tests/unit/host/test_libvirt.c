/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt.h: guests and devices in libvirt's files, as libvirt 9.0 writes them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "host_tree.h"
#include "libvirt/libvirt.h"

#define UUID "3c1a8c2e-0f0a-4a5b-9d51-6c2d3a4b5c6d"
#define HOSTDEV(bus, func) \
    "    <hostdev mode='subsystem' type='pci' managed='yes'>\n" \
    "      <driver name='xen'/>\n" \
    "      <source>\n" \
    "        <address domain='0x0000' bus='" bus "' slot='0x00' function='" func "'/>\n" \
    "      </source>\n" \
    "      <address type='pci' domain='0x0000' bus='0x00' slot='0x05' function='0x0'/>\n" \
    "    </hostdev>\n"
#define DOMAIN(devices) \
    "<domain type='xen' id='3'>\n  <name>vm1</name>\n  <uuid>" UUID "</uuid>\n" \
    "  <metadata><uuid>no</uuid><devices><hostdev type='pci'><source><address bus='0x77'/>" \
    "</source></hostdev></devices></metadata>\n" \
    "  <devices>\n    <disk type='file' device='disk'>\n      <source file='/a'/>\n" \
    "      <address type='drive' controller='0' bus='0' target='0' unit='0'/>\n    </disk>\n" \
    devices "  </devices>\n</domain>\n"
#define COMMENT "<!--\nWARNING: THIS IS AN AUTO-GENERATED FILE.\n  virsh edit vm1\n-->\n\n"
#define STATUS(domain) COMMENT "<domstatus state='running' reason='booted' pid='0'>\n" domain \
    "</domstatus>\n"

static struct err e;

static int setup(void **state)
{
    host_tree_setup(state);
    root = tree_root();
    return 0;
}

static void expect_xml(const char *text, const char *devices)
{
    struct libvirt_xml xml;
    char is[256] = "";

    if (libvirt_xml_read(text, strlen(text), &xml, &e))
        fail_msg("%s", e.message);
    for (size_t i = 0; i < xml.n; i++)
        sprintf(is + strlen(is), "%s%s", i ? " " : "", BDF_STR(xml.devices[i]));
    assert_string_equal(is, devices);
    assert_string_equal(xml.uuid, UUID);
    free(xml.devices);
}

static void test_xml(void **state)
{
    (void)state;
    expect_xml(DOMAIN(""), "");
    expect_xml(COMMENT DOMAIN(HOSTDEV("0x02", "0x0")), "0000:02:00.0");
    expect_xml(STATUS(DOMAIN(HOSTDEV("0x02", "0x0") HOSTDEV("9", "1"))), "0000:02:00.0 0000:09:00.1");
    /* a NIC with settings, and a USB device */
    expect_xml(DOMAIN("<interface type='hostdev' managed='yes'><mac address='52:54:00:00:00:01'/>"
                      "<source><address type='pci' domain='0x1' bus='0x0b' slot='0x10' "
                      "function='0x2'/></source></interface>"
                      "<interface type='bridge'><source bridge='xenbr0'/></interface>"
                      "<hostdev mode='subsystem' type='usb'><source><address bus='1' device='3'/>"
                      "</source></hostdev>"), "0001:0b:10.2");
}

static void test_refused(void **state)
{
    static const char *const texts[] = {
        "", "x", "<domain", "<domain><devices></domain>", "<network/>",
        "<domain><devices><hostdev type='pci'><source><address bus='0x100'/></source></hostdev>"
        "</devices></domain>",
        "<domain><devices><hostdev type='pci'><source><address bus='-1'/></source></hostdev>"
        "</devices></domain>",
        "<!DOCTYPE d [<!ENTITY a '1234567890'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]><network>&b;"
        "</network>",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct libvirt_xml xml;

        if (!libvirt_xml_read(texts[i], strlen(texts[i]), &xml, &e))
            fail_msg("%s", texts[i]);
        assert_int_equal(e.code, XV_CANNOT);
        free(xml.devices);
    }
}

static void test_guests(void **state)
{
    struct bdf nic = { 0, 2, 0, 0 }, other = { 0, 9, 0, 1 };
    const struct libvirt_guest *guest;
    struct libvirt all;

    (void)state;
    assert_int_equal(libvirt_read(root, &all, &e), 0);
    assert_int_equal(all.n, 0);
    libvirt_clear(&all);

    tree_write(STATUS(DOMAIN(HOSTDEV("0x02", "0x0"))), "run/libvirt/libxl/vm1.xml");
    tree_write("1234", "run/libvirt/libxl/driver.pid");
    assert_int_equal(libvirt_read(root, &all, &e), 0);
    guest = libvirt_guest(&all, UUID);
    assert_non_null(guest);
    assert_string_equal(guest->name, "vm1");
    assert_false(guest->kept);
    assert_ptr_equal(libvirt_lists(&all, nic), guest);
    assert_null(libvirt_lists(&all, other));
    assert_null(libvirt_guest(&all, "00000000-0000-4000-8000-000000000001"));
    libvirt_clear(&all);

    tree_write(COMMENT DOMAIN(HOSTDEV("0x09", "0x1")), "etc/libvirt/libxl/vm1.xml");
    tree_write(COMMENT DOMAIN(""), "etc/libvirt/libxl/vm2.xml"); /* it does not run */
    assert_int_equal(libvirt_read(root, &all, &e), 0);
    assert_int_equal(all.n, 1);
    assert_true(all.guests[0].kept);
    assert_true(bdf_in(all.guests[0].next.devices, all.guests[0].next.n, other));
    libvirt_clear(&all);

    tree_write("<domain>", "etc/libvirt/libxl/vm1.xml");
    assert_int_not_equal(libvirt_read(root, &all, &e), 0);
    assert_int_equal(e.code, XV_CANNOT);
    assert_string_equal(e.kind, "libvirt");
    assert_string_equal(e.object, "/etc/libvirt/libxl/vm1.xml");
    libvirt_clear(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_xml),
        cmocka_unit_test(test_refused),
        cmocka_unit_test_setup_teardown(test_guests, setup, host_tree_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
