/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests of libvirt: what it will not know, and what it would undo. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_xen.h"
#include "machine.h"

#define NIC "0000:02:00.0"
#define HOSTDEV "<hostdev mode='subsystem' type='pci' managed='yes'><source><address " \
    "domain='0x0000' bus='0x02' slot='0x00' function='0x0'/></source></hostdev>"
#define ATTACH "xvtd show " NIC " --format=libvirt | virsh -c xen:/// attach-device vm1 /dev/stdin --config"
#define DETACH "xvtd show " NIC " --format=libvirt | virsh -c xen:/// detach-device vm1 /dev/stdin --"

/* vm1 is libvirt's: the devices on its list now and, unless NULL, at the next start. */
static void is_libvirts(const char *now, const char *next)
{
    static const char domain[] = "<domain type='xen'><name>vm1</name><uuid>00000000-0000-4000-8000-"
                                 "000000000001</uuid><devices>%s</devices></domain>";
    char text[1024], status[1200];

    snprintf(text, sizeof(text), domain, now);
    snprintf(status, sizeof(status), "<domstatus state='running'>%s</domstatus>", text);
    tree_write(status, "run/libvirt/libxl/vm1.xml");
    if (!next)
        return;
    snprintf(text, sizeof(text), domain, next);
    tree_write(text, "etc/libvirt/libxl/vm1.xml");
}

/* Succeeds, with exactly these notes about the NIC. */
static void notes(bool now, bool next, const char *words)
{
    struct run run = xvtd("%s", words);

    if (run.code || run_noted(&run, "libvirt", NIC) != now ||
        run_noted(&run, "libvirt-next", NIC) != next)
        fail_msg("%s: exit %d, notes\n%s%s", words, run.code, run.notes, run.err);
}

/* Is there such a text in what `check` says? */
static void checked(bool is, const char *text)
{
    struct run run = xvtd("check vm1");

    if (!strstr(run.out, text) == is)
        fail_msg("%s in\n%s%s", text, run.out, run.err);
}

static void test_not_libvirts(void **state)
{
    (void)state;
    is_libvirts("", "");
    notes(false, false, "assign vm2 2:0.0 7");
    notes(false, false, "detach vm2 2:0.0 --return");
}

static void test_attach(void **state)
{
    (void)state;
    is_libvirts("", "");
    notes(true, true, "--dry-run assign vm1 2:0.0 7");
    expect(0, "attached to vm1 at 0x07", "to add it: " ATTACH "\n", "assign vm1 2:0.0 7");
    notes(false, false, "assign vm1 2:0.0 7");
    notes(false, false, "detach vm1 2:0.0 --return");
    is_libvirts("", HOSTDEV);
    notes(true, false, "assign vm1 2:0.0 7");
    notes(false, true, "detach vm1 2:0.0 --return");
    tree_remove("etc/libvirt/libxl/vm1.xml"); /* transient */
    notes(true, false, "assign vm1 2:0.0 7");
    notes(false, false, "switch 2:0.0 vm1 vm2");
    notes(true, false, "switch 2:0.0 vm2 vm1");
}

/* A device on libvirt's list: no other guest gets it before libvirt has let go. */
static void test_listed(void **state)
{
    AUTO_FREE char *before = NULL;

    (void)state;
    is_libvirts(HOSTDEV, HOSTDEV);
    expect(3, "\"kind\": \"libvirt\"", NULL, "--json assign vm2 2:0.0 7");
    expect(3, "\"object\": \"" NIC "\"", "xvtd assign vm1 " NIC " && " DETACH "live\n",
           "--json assign vm2 2:0.0 7");
    notes(false, false, "assign vm1 2:0.0 7");
    before = machine_snapshot();
    expect(3, NULL, "hint: " DETACH "live\n", "switch 2:0.0 vm1 vm2");
    assert_machine(before);
    notes(true, true, "detach vm1 2:0.0");
    expect(0, "already not attached", "", "detach vm1 2:0.0");
}

static void test_save(void **state)
{
    AUTO_FREE char *before = machine_snapshot();

    (void)state;
    is_libvirts("", "");
    expect(6, "\"kind\": \"libvirt\"", NULL, "--json assign vm1 2:0.0 7 --save");
    expect(6, "\"object\": \"vm1\"", "hint: leave --save out, then: " ATTACH "\n",
           "--json assign vm1 2:0.0 7 --save");
    assert_machine(before);
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    expect(6, NULL, "hint: leave --save out, then: " DETACH "config\n", "detach vm1 2:0.0 --save");
    tree_write("name = \"vm1\"\ntype = \"hvm\"\n", "tmp/vm1.cfg"); /* somebody's own file */
    expect(0, "vm1.cfg: saved", NULL, "detach vm1 2:0.0 --save=%s/tmp/vm1.cfg", tree_dir());
    tree_remove("etc/libvirt/libxl/vm1.xml");
    expect(6, NULL, "virsh define", "assign vm1 2:0.0 7 --save");
}

static void test_check(void **state)
{
    (void)state;
    tree_write("control_d\n", "proc/xen/capabilities");
    checked(false, "libvirt");
    is_libvirts("", "");
    checked(true, "it is a guest of libvirt\n");
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    checked(true, ATTACH);
    is_libvirts("", HOSTDEV);
    checked(false, "virsh");
    expect(0, NULL, NULL, "detach vm1 2:0.0");
    is_libvirts(HOSTDEV, HOSTDEV);
    checked(true, "xvtd assign vm1 " NIC " && " DETACH "live");
}

/* A device that libvirt lists, and that the guest does not have. */
static void test_list(void **state)
{
    (void)state;
    tree_write("control_d\n", "proc/xen/capabilities");
    expect(0, "\"libvirt\": null", NULL, "--json list");
    is_libvirts(HOSTDEV, NULL);
    expect(0, "\"libvirt\": \"vm1\"", NULL, "--json list");
    expect(0, "libvirt's list of vm1", NULL, "list");
    expect(0, "\"libvirt\": \"vm1\"", NULL, "--json show 2:0.0");
}

/* A file of libvirt that cannot be read: nothing is given, and what a guest has can be taken out. */
static void test_damaged(void **state)
{
    AUTO_FREE char *before = NULL;

    (void)state;
    expect(0, NULL, NULL, "assign vm2 3:0.0 8");
    before = machine_snapshot();
    is_libvirts("<", NULL);
    expect(0, NULL, NULL, "list");
    expect(0, NULL, NULL, "--dry-run detach vm2 3:0.0");
    expect(6, "\"object\": \"/run/libvirt/libxl/vm1.xml\"", NULL, "--json assign vm2 2:0.0 7");
    assert_machine(before);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, machine_setup, machine_teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_not_libvirts),
        RUN(test_attach),
        RUN(test_listed),
        RUN(test_save),
        RUN(test_check),
        RUN(test_list),
        RUN(test_damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
