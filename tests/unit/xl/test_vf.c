/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of virtual functions: mac=, vlan=, trust=, spoofchk=, rate=. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_vf.h"
#include "driver/sysfs_write.h"
#include "fake_child.h"
#include "fake_xen.h"
#include "machine.h"

#define PF "0000:0b:00.0"
#define MAC "mac=52:54:00:aa:00:01"
#define REST " vlan=0 trust=off spoofchk=on rate=0"
#define UNSET "mac=00:00:00:00:00:00" REST

/* 0b:00.0 with the interface eth5 and two virtual functions, .1 and .2, in pciback. */
static int setup(void **state)
{
    int r = machine_setup(state);
    CLEANUP(root_close_p) struct root *root = tree_root();

    vf_begin();
    kernel_add_device(PF, "0000:00:1c.0", (struct fake_ids){ 0x8086, 0x10c9, 0x020000 }, "e1000e");
    kernel_bind(PF, "e1000e");
    tree_mkdir("%s/net/eth5", kernel_path(PF));
    kernel_add_sriov(PF, "0000:00:1c.0", 2);
    sysfs_write(root, "sys/bus/pci/devices/" PF "/sriov_numvfs", "2");
    for (unsigned i = 1; i <= 2; i++) {
        char bdf[16];

        snprintf(bdf, sizeof(bdf), "0000:0b:00.%u", i);
        kernel_bind(bdf, "pciback");
        xen_set_quarantine(bdf, true);
    }
    kernel_forget();
    xen_forget();
    return r;
}

static void is(unsigned index, const char *words)
{
    assert_string_equal(vf_words(PF, index), words);
}

static void recorded(const char *bdf, const char *words)
{
    const char *is_recorded = xen_record(bdf, "vf");

    assert_string_equal(is_recorded ? is_recorded : "", words);
}

static void test_assign(void **state)
{
    (void)state;
    expect(0, "set " MAC " vlan=7 of 0000:0b:00.1", "", "--dry-run assign vm1 b:0.1 7 " MAC
           " vlan=7");
    is(0, UNSET);
    expect(0, "0000:0b:00.1: attached to vm1 at 0x07", NULL, "assign vm1 b:0.1 7 " MAC " vlan=7");
    is(0, MAC " vlan=7 trust=off spoofchk=on rate=0");
    is(1, UNSET);
    recorded("0000:0b:00.1", MAC " vlan=7 before mac=00:00:00:00:00:00 vlan=0");
    assert_int_equal(vf_sets, 2);
    /* all settings are in place already */
    expect(0, "already attached to vm1 at 0x07", NULL, "assign vm1 b:0.1 7 " MAC);
    assert_int_equal(vf_sets, 2);
    /* another value for a device that is there */
    expect(0, "0000:0b:00.1: set " MAC " vlan=8", NULL, "assign vm1 b:0.1 vlan=8");
    assert_int_equal(vf_sets, 3);
    recorded("0000:0b:00.1", MAC " vlan=8 before mac=00:00:00:00:00:00 vlan=0");
}

/* The next guest gets none of the settings. */
static void test_put_back(void **state)
{
    char *before = machine_snapshot();

    (void)state;
    vf_change(PF, 0, "trust=on");
    expect(0, NULL, NULL, "assign vm1 b:0.1 7 " MAC " trust=off");
    expect(0, "put back mac=00:00:00:00:00:00 trust=on of 0000:0b:00.1", NULL,
           "--dry-run detach vm1 b:0.1");
    is(0, MAC REST);
    expect(0, "0000:0b:00.1: detached from vm1\n", NULL, "detach vm1 b:0.1");
    is(0, "mac=00:00:00:00:00:00 vlan=0 trust=on spoofchk=on rate=0");
    recorded("0000:0b:00.1", "");
    assert_machine(before);
    free(before);
    /* FROM's settings do not go to TO; an assign that fails later puts them back with the rest */
    expect(0, NULL, NULL, "assign vm1 b:0.1 7 " MAC);
    xen_fail_always("attach", 5);
    expect(5, NULL, NULL, "switch b:0.1 vm1 vm2");
    is(0, "mac=52:54:00:aa:00:01 vlan=0 trust=on spoofchk=on rate=0");
    xen_fail_always(NULL, 0);
    expect(0, NULL, NULL, "recover");
    expect(0, NULL, NULL, "switch b:0.1 vm1 vm2");
    is(0, "mac=00:00:00:00:00:00 vlan=0 trust=on spoofchk=on rate=0");
    recorded("0000:0b:00.1", "");
}

/* The settings stay when the guest ends: the next assign puts them back, or sets others. */
static void test_put_back_late(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 b:0.1 7 " MAC " vlan=7");
    xen_destroy(1);
    is(0, MAC " vlan=7 trust=off spoofchk=on rate=0");
    expect(0, "put back mac=00:00:00:00:00:00 vlan=0 of 0000:0b:00.1", NULL,
           "--dry-run assign vm2 b:0.1 7 vlan=8");
    expect(0, NULL, NULL, "assign vm2 b:0.1 7 vlan=8");
    is(0, "mac=00:00:00:00:00:00 vlan=8 trust=off spoofchk=on rate=0");
    recorded("0000:0b:00.1", "vlan=8 before vlan=0");
}

/* The address that a guest's driver has chosen is not the next guest's. */
static void test_guests_own(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 b:0.1 7");
    vf_change(PF, 0, "mac=52:54:00:00:00:77 vlan=3");
    expect(0, NULL, NULL, "assign vm1 b:0.1 " MAC " vlan=7");
    recorded("0000:0b:00.1", MAC " vlan=7 before mac=00:00:00:00:00:00 vlan=3");
    expect(0, NULL, NULL, "detach vm1 b:0.1");
    is(0, "mac=00:00:00:00:00:00 vlan=3 trust=off spoofchk=on rate=0");
}

/* xvtd reports a former value that the driver refuses.  A record without former values stays. */
static void test_not_put_back(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 b:0.1 7 " MAC " vlan=7");
    vf_supported = ~(unsigned)VF_MAC;
    expect(0, "0000:0b:00.1: detached from vm1; not put back: mac=00:00:00:00:00:00: the driver of "
           "eth5 refuses it", NULL, "detach vm1 b:0.1");
    vf_supported = ~0u;
    is(0, MAC REST);
    recorded("0000:0b:00.1", "");
    xen_set_record("0000:0b:00.1", "vf", "vlan=3");
    vf_change(PF, 0, "vlan=3");
    expect(0, NULL, NULL, "assign vm1 b:0.1 7");
    expect(0, NULL, NULL, "detach vm1 b:0.1");
    is(0, MAC " vlan=3 trust=off spoofchk=on rate=0");
    recorded("0000:0b:00.1", "vlan=3");
}

/* A word belongs to the device before it. */
static void test_two(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 b:0.1@7 " MAC " b:0.2@8 trust=on mac=52:54:00:aa:00:02");
    is(0, MAC REST);
    is(1, "mac=52:54:00:aa:00:02 vlan=0 trust=on spoofchk=on rate=0");
}

static void refused(int code, const char *why, const char *words)
{
    char *before = machine_snapshot();

    expect(code, NULL, why, "%s", words);
    assert_machine(before);
    assert_int_equal(vf_sets, 0);
    free(before);
}

static void test_refused(void **state)
{
    (void)state;
    refused(2, "a device cannot have a multicast address", "assign vm1 b:0.1 mac=53:54:00:aa:00:01");
    refused(2, "cannot have the address of zeros", "assign vm1 b:0.1 mac=00:00:00:00:00:00");
    refused(2, "vlan=4095: expected a VLAN from 1 to 4094", "assign vm1 b:0.1 vlan=4095");
    refused(2, "vlan=2: this setting is given twice", "assign vm1 b:0.1 vlan=1 vlan=2");
    refused(2, MAC ": two devices have this address", "assign vm1 b:0.1 " MAC " b:0.2 " MAC);
    refused(2, "write it after its device", "assign vm1 " MAC " b:0.1");
    refused(2, "name each function with its own", "assign vm1 b:0.* " MAC);
    refused(2, "name each function with its own", "assign vm1 b:0.1 " MAC " --with-functions");
    refused(3, "0000:03:00.0: it is not a virtual function", "assign vm1 3:0.0 " MAC);
    vf_supported = 0;
    refused(3, "eth5: its driver tells no settings", "assign vm1 b:0.1 " MAC);
    tree_remove("%s/net/eth5", kernel_path(PF));
    refused(3, "its physical function 0000:0b:00.0 has no network interface",
            "assign vm1 b:0.1 " MAC);
}

/* A setting that the driver refuses, or only claims to make: all others are put back. */
static void test_failed(void **state)
{
    char *before = machine_snapshot();

    (void)state;
    vf_supported = ~(unsigned)VF_RATE;
    expect(1, NULL, "0000:0b:00.1: rate=5: the driver of eth5 refuses it",
           "assign vm1 b:0.1 " MAC " rate=5");
    vf_supported = ~0u;
    is(0, UNSET);
    vf_deaf = VF_VLAN;
    expect(1, NULL, "0000:0b:00.1: vlan=5: the driver of eth5 has not taken it: it has vlan=0",
           "assign vm1 b:0.1 " MAC " vlan=5");
    is(0, UNSET);
    assert_machine(before);
    free(before);
    vf_deaf = 0;
    xen_fail_always("attach", 5);
    expect(1, NULL, NULL, "assign vm1 b:0.1 " MAC);
    is(0, UNSET);
    recorded("0000:0b:00.1", "");
}

/* restore makes the settings of eject again; assign makes lost ones again. */
static void test_again(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 b:0.1 7 " MAC);
    expect(0, NULL, NULL, "eject vm1");
    is(0, UNSET); /* the guest may leave this host, so its address must not stay here */
    recorded("0000:0b:00.1", "");
    expect(0, NULL, NULL, "restore vm1");
    is(0, MAC REST);
    recorded("0000:0b:00.1", MAC " before mac=00:00:00:00:00:00");
    vf_change(PF, 0, "mac=52:54:00:00:00:99");
    expect(0, "0000:0b:00.1: set " MAC, NULL, "assign vm1 b:0.1");
    is(0, MAC REST);
}

/* A host whose release would lose them gets nothing; the manifest says that it has them. */
static void test_migrate(void **state)
{
    static const char *const olds[] = {
        "{\"schema\":\"xvtd-migrate/1\",\"results\":[{\"bdf\":\"0000:0b:00.1\",\"status\":"
        "\"already\",\"vslot\":\"0x07\",\"vfunc\":0}]}",
        "{\"schema\":\"xvtd-migrate/1\",\"results\":[],\"error\":{\"code\":3,\"message\":\"it has "
        "version '2', which this xvtd does not know\"}}",
    };
    AUTO_FREE char *before = NULL;

    (void)state;
    expect(0, NULL, NULL, "assign vm1 b:0.1 7 " MAC);
    before = machine_snapshot();
    for (size_t i = 0; i < ARRAY_LEN(olds); i++) {
        child_begin();
        child_answers(1, olds[i]);
        expect(6, "\"kind\": \"version\"", NULL, "--json migrate vm1 hostb");
        child_begin();
        child_answers(1, olds[i]);
        expect(6, "\"object\": \"hostb\"", NULL, "--json migrate vm1 hostb");
        assert_machine(before);
        assert_non_null(strstr(child_order(), "xvtd-manifest/2"));
    }
    child_begin();
    expect(0, "attach", NULL, "--dry-run migrate vm1 hostb");
}

/* By the service at boot; again after a reset of the PF; forgotten with the return. */
static void test_file(void **state)
{
    (void)state;
    tree_write("b:0.1 " MAC " vlan=7\nb:0.2\n", "etc/xvtd/assignable");
    expect(0, "set " MAC " vlan=7 of 0000:0b:00.1", NULL, "--dry-run assignable add --from");
    is(0, UNSET);
    expect(0, "0000:0b:00.1: set " MAC " vlan=7\n0000:0b:00.2: already in pciback", NULL,
           "assignable add --from");
    is(0, MAC " vlan=7 trust=off spoofchk=on rate=0");
    expect(0, NULL, NULL, "assign vm1 b:0.1 vlan=8");
    recorded("0000:0b:00.1", MAC " vlan=8 host " MAC " vlan=7 before mac=00:00:00:00:00:00 vlan=0");
    expect(0, NULL, NULL, "detach vm1 b:0.1");
    is(0, MAC " vlan=7 trust=off spoofchk=on rate=0"); /* the file's */
    expect(0, NULL, NULL, "assign vm1 b:0.1 vlan=8");
    expect(0, "0000:0b:00.1: set " MAC " vlan=7", NULL, "assignable add --from");
    expect(0, NULL, NULL, "detach vm1 b:0.1");
    vf_change(PF, 0, "vlan=9");
    expect(0, "0000:0b:00.1: set " MAC " vlan=7", NULL, "assignable add b:0.1");
    expect(0, "put back mac=00:00:00:00:00:00 vlan=0", NULL, "--dry-run assignable remove b:0.1");
    expect(0, NULL, NULL, "assignable remove b:0.1");
    is(0, UNSET);
    recorded("0000:0b:00.1", "");
    tree_write("b:0.* vlan=7\n", "etc/xvtd/assignable");
    expect(5, NULL, "vlan=7: these settings are for one function", "assignable add --from");
}

/* The same words on the command line; and a dry run of a file. */
static void test_add(void **state)
{
    (void)state;
    refused(2, "write it after its device", "assignable add " MAC " b:0.1");
    refused(2, "two devices have this address", "assignable add b:0.1 " MAC " b:0.2 " MAC);
    refused(2, "name each function with its own", "assignable add b:0.* vlan=7");
    refused(3, "0000:03:00.0: it is not a virtual function", "assignable add 3:0.0 vlan=7");
    expect(0, "0000:0b:00.1: set " MAC "\n0000:0b:00.2: set vlan=7\n", NULL,
           "assignable add b:0.1 " MAC " b:0.2 vlan=7");
    is(0, MAC REST);
    recorded("0000:0b:00.2", "vlan=7 host vlan=7 before vlan=0");
    expect(0, NULL, NULL, "assignable remove b:0.1 b:0.2");
    is(0, UNSET);
    tree_write("b:0.0 vfs=2\nb:0.3 " MAC "\n", "etc/xvtd/assignable");
    expect(0, "take b:0.3, a virtual function still to be made, with " MAC, NULL,
           "--dry-run assignable add --from");
    tree_write("b:0.0 vfs=3\nb:0.* vlan=7\n", "etc/xvtd/assignable");
    expect(5, "", "assignable:1: " PF ": it can make 2 virtual functions at most", "--dry-run "
           "assignable add --from");
    expect(5, NULL, "assignable:2: vlan=7: these settings are for one function", "--dry-run "
           "assignable add --from");
}

/* A reset of the PF, or another program, has changed them. */
static void test_check(void **state)
{
    struct run run;

    (void)state;
    tree_write("control_d\n", "proc/xen/capabilities");
    expect(0, NULL, NULL, "assign vm1 b:0.1 7 " MAC " vlan=7");
    assert_null(strstr(xvtd("check vm1").out, "xvtd has set"));
    vf_change(PF, 0, "vlan=0");
    run = xvtd("check");
    assert_int_equal(run.code, 0);
    assert_non_null(strstr(run.out, "'vm1' has it with vlan=0, but xvtd has set vlan=7"));
    assert_non_null(strstr(run.out, "fix: xvtd assign vm1 0000:0b:00.1"));
    assert_non_null(strstr(xvtd("check --explain vm1").out, "why: The driver of the physical"));
    assert_null(strstr(xvtd("check vm2").out, "xvtd has set"));
    expect(0, "0000:0b:00.1: set " MAC " vlan=7", NULL, "assign vm1 0000:0b:00.1");
    assert_null(strstr(xvtd("check vm1").out, "xvtd has set"));
    tree_remove("%s/net/eth5", kernel_path(PF));
    assert_non_null(strstr(xvtd("check vm1").out, "with settings that dom0 cannot read"));
}

/* A journal has the step: `recover` puts the former values back, and the record. */
static void test_killed(void **state)
{
    unsigned call = 1, with_record = 0;

    (void)state;
    xen_set_record("0000:0b:00.1", "vf", "vlan=3");
    vf_change(PF, 0, "mac=52:54:00:00:00:99 vlan=3");
    machine_save();
    for (; killed(call, 0, "assign vm1 b:0.1 7 " MAC " vlan=7"); call++) {
        bool made = !strncmp(xen_record("0000:0b:00.1", "vf"), MAC " vlan=7", strlen(MAC) + 7);

        with_record += made;
        vf_change(PF, 0, MAC " vlan=7"); /* as the killed process may have done */
        expect(0, NULL, NULL, "recover");
        if (made && !strcmp(xen_record("0000:0b:00.1", "vf"), "vlan=3"))
            is(0, "mac=52:54:00:00:00:99 vlan=3 trust=off spoofchk=on rate=0");
        machine_reset();
        vf_change(PF, 0, "mac=52:54:00:00:00:99 vlan=3");
    }
    assert_true(call > 5 && with_record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_assign, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(test_put_back, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(test_put_back_late, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(test_not_put_back, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(test_guests_own, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(test_two, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(test_failed, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(test_file, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(test_add, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(test_check, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(test_killed, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(test_again, setup, machine_teardown),
        cmocka_unit_test_setup_teardown(test_migrate, setup, machine_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
