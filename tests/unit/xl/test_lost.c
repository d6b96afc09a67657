/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that leave the host while a guest has them, and what is put into their slots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_acpi.h"
#include "driver/history.h"
#include "fake_xen.h"
#include "machine.h"

static const char *const nic = "0000:02:00.0";

#define FORMER "8086:10d3:0000:0000"
#define OTHER "8086:10d3:0000:0007"

/* The card is pulled: Linux has no such function, and Xen took it from the guest. */
static void pull(const char *bdf)
{
    kernel_bind(bdf, "");
    tree_remove("sys/bus/pci/devices/%s", bdf);
    xen_lose(xen_bdf(bdf));
}

/* A card is put into the slot, and pciback takes it, since the slot is still in its list. */
static void plug(const char *bdf, const char *subdevice)
{
    char link[128];

    snprintf(link, sizeof(link), "sys/bus/pci/devices/%s", bdf);
    tree_sys_link(link, kernel_path(bdf));
    tree_write(subdevice, "%s/subsystem_device", kernel_path(bdf));
    kernel_bind(bdf, "pciback");
}

static void identity_is(const char *want)
{
    char text[IDENTITY_TEXT_MAX];

    history_identity(tree_root(), xen_bdf(nic), text);
    assert_string_equal(text, want);
}

static int setup(void **state)
{
    struct fake_table table;

    machine_setup(state);
    table_begin(&table, "RMAD");
    table_drhd(&table, 0, 1);
    table_end(&table);
    tree_write("control_d\n", "proc/xen/capabilities");
    tree_write_bytes(table.bytes, table.len, "sys/firmware/acpi/tables/RMAD");
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    identity_is(FORMER);
    return 0;
}

static bool wrote(const char *text)
{
    for (size_t i = 0; i < kernel_writes(); i++)
        if (strstr(kernel_write(i), text))
            return true;
    return false;
}

static void no_records(const char *bdf)
{
    static const char *const keys[] = { "domid", "driver_path", "allow", "name", "vf" };
    char text[IDENTITY_TEXT_MAX];

    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        assert_null(xen_record(bdf, keys[i]));
    history_identity(tree_root(), xen_bdf(bdf), text);
    assert_string_equal(text, "");
}

static void test_gone(void **state)
{
    char *before;

    (void)state;
    xen_set_record(nic, "vf", "mac=52:54:00:12:34:56");
    pull(nic);
    before = machine_snapshot();
    expect(0, "it is gone from the host, and libxl's records still list it in 'vm1'", NULL,
           "check");
    expect(0, "fix: xvtd recover\n", NULL, "check vm1");
    expect(0, "why: The guest's QEMU still maps the memory", NULL, "check --explain vm1");
    expect(0, "0x07", NULL, "pci-list vm1");
    expect(0, "0000:02:00.0  -       -              - gone       vm1    0x07         Intel 82574L",
           NULL, "list");
    expect(0, "\"group\": null", NULL, "--json list");
    expect(0, "\"state\": \"gone\"", NULL, "--json list");
    assert_null(strstr(xvtd("--json list").out, "0xffff"));
    expect(4, NULL, "show: 0000:02:00.0: it is gone from the host, and libxl's records still list "
           "it in 'vm1'\nhint: xvtd recover vm1", "show 2:0.0");
    expect(4, NULL, "assign: 0000:02:00.0: it is gone from the host, and libxl's records still list "
           "it in 'vm1'\nhint: xvtd recover vm1", "assign vm1 2:0.0 7");
    expect(4, NULL, "gone from the host", "assign vm2 2:0.0");
    expect(4, "\"kind\": \"gone\"", NULL, "--json assign vm2 2:0.0");
    expect(0, "clear the leftovers of 0000:02:00.0 in vm1\n", NULL, "recover --dry-run");
    assert_machine(before);
    free(before);
    kernel_forget();
    expect(0, "0000:02:00.0: cleared its leftovers in vm1\n", NULL, "recover");
    assert_true(wrote("pciback/remove_slot=0000:02:00.0"));
    no_records(nic);
    expect(0, "already clean", NULL, "recover");
    expect(0, "", NULL, "pci-list vm1");
}

/* xl records no identity, so list shows the device without its ids. */
static void test_gone_of_xl(void **state)
{
    (void)state;
    history_forget(tree_root(), xen_bdf(nic), &(struct err){ .code = 0 });
    pull(nic);
    expect(0, "gone ", NULL, "list");
    expect(0, "\"vendor\": \"0xffff\"", NULL, "--json list");
}

static void test_detach(void **state)
{
    (void)state;
    pull(nic);
    expect(0, "0000:02:00.0: detached from vm1\n", NULL, "detach vm1 2:0.0 --return");
    no_records(nic);
    expect(0, "already clean", NULL, "recover");
}

/* Its memory is still mapped into a guest that does not release it: force changes nothing. */
static void test_mute(void **state)
{
    (void)state;
    pull(nic);
    xen_set_ack(1, ACK_NEVER, 0);
    expect(5, NULL, "'vm1' has not released it\nhint: xvtd detach vm1 0000:02:00.0\n",
           "recover --timeout=1");
    plug(nic, "0x0007\n");
    expect(3, NULL, "another device is there now", "assign vm2 2:0.0");
    xen_let_go(1);
    expect(0, "cleared", NULL, "recover");
    no_records(nic);
}

static void test_mute_with_force(void **state)
{
    (void)state;
    pull(nic);
    xen_set_ack(1, ACK_NEVER, 0);
    expect(5, NULL, "'vm1' has not acknowledged the removal",
           "detach vm1 2:0.0 --force --timeout=1");
    expect(5, NULL, "'vm1' has not acknowledged the removal", "recover --timeout=1");
    expect(0, "0x07", NULL, "pci-list vm1");
    xen_let_go(1);
    expect(0, "0000:02:00.0: detached from vm1\n", NULL, "recover");
    no_records(nic);
}

static void test_other(void **state)
{
    (void)state;
    pull(nic);
    plug(nic, "0x0007\n");
    expect(0, "another device is there now: " OTHER " instead of " FORMER ", which", NULL,
           "check vm1");
    expect(0, "pciback        2 pending    vm1", NULL, "list");
    expect(3, NULL, "0000:02:00.0: another device is there now: " OTHER " instead of " FORMER
           ", which 'vm1' had\nhint: xvtd recover vm1", "assign vm1 2:0.0 7");
    expect(3, NULL, "another device is there now", "assign vm2 2:0.0");
    expect(3, "\"kind\": \"identity\"", NULL, "--json assignable remove 2:0.0");
    expect(3, NULL, "which 'vm1' had\nhint: without --return: xvtd detach vm1 0000:02:00.0",
           "detach vm1 2:0.0 --return");
    expect(0, "0000:02:00.0: detached from vm1\n", NULL, "detach vm1 2:0.0");
    no_records(nic);
    assert_string_equal(kernel_driver(xen_bdf(nic)), "pciback");
    expect(0, NULL, NULL, "assign vm2 2:0.0");
    identity_is(OTHER);
}

/* The same card, put back: Xen no longer has it in the guest. */
static void test_back(void **state)
{
    (void)state;
    pull(nic);
    plug(nic, "0x0000\n");
    expect(0, "it left the host and came back: 'vm1' no longer has it", NULL, "check vm1");
    expect(3, NULL, "it left the host and came back", "assign vm1 2:0.0 7");
    expect(0, "cleared", NULL, "recover vm1");
    expect(6, NULL, "assign: vm1: a device left the host while this guest had it: Xen can crash when "
           "the guest gets another one, and when the guest ends\nhint: migrate or shut down the other "
           "guests, then reboot the host", "assign vm1 2:0.0 7");
    expect(1, "a device left the host while this guest had it", NULL, "check vm1");
    expect(0, "0000:02:00.0: attached to vm2 at 0x07\n", NULL, "assign vm2 2:0.0 7");
    expect(0, "already clean", NULL, "recover");
}

/* It was attached by xl, which records no identity. */
static void test_unsure(void **state)
{
    (void)state;
    history_forget(tree_root(), xen_bdf(nic), &(struct err){ .code = 0 });
    pull(nic);
    plug(nic, "0x0007\n");
    expect(0, "the device that 'vm1' had left the host, and " OTHER " is there now", NULL,
           "check vm1");
    expect(3, NULL, "is there now", "detach vm1 2:0.0 --return");
}

/* pciback keeps the slot of a device that the boot hides. */
static void test_hidden(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm2 4:0.0 8");
    pull("0000:04:00.0");
    kernel_forget();
    expect(0, "0000:04:00.0: cleared its leftovers in vm2\n", NULL, "recover");
    assert_false(wrote("remove_slot"));
}

/* The driver on record belongs to the former device, so the new one does not get it. */
static void test_native(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "detach vm1 2:0.0");
    pull(nic);
    plug(nic, "0x0007\n");
    expect(0, "return 0000:02:00.0 to the first driver that takes it ", NULL,
           "assignable remove 2:0.0 --dry-run");
}

static void test_fatal(void **state)
{
    (void)state;
    tree_write("Undefined 0\nDLP 0\nTOTAL_ERR_FATAL 0\n", "%s/aer_dev_fatal", kernel_path(nic));
    assert_null(strstr(xvtd("check").out, "AER"));
    tree_write("Undefined 0\nDLP 2\nTOTAL_ERR_FATAL 2\n", "%s/aer_dev_fatal", kernel_path(nic));
    expect(0, "warn  0000:02:00.0 it had 2 fatal PCI errors (AER), and 'vm1' has it", NULL, "check");
    expect(0, "fix: dmesg | grep 0000:02:00.0; then xvtd detach vm1 0000:02:00.0, and assign it again\n",
           NULL, "check vm1");
    assert_null(strstr(xvtd("check vm2").out, "AER"));
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, machine_teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_gone), RUN(test_gone_of_xl), RUN(test_detach), RUN(test_mute), RUN(test_mute_with_force), RUN(test_other), RUN(test_back),
        RUN(test_unsure), RUN(test_hidden), RUN(test_native), RUN(test_fatal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
