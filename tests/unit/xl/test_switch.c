/* SPDX-License-Identifier: GPL-2.0-or-later */
/* switch: from one guest to another, or back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "fake_xen.h"
#include "machine.h"

static char *before;

static int setup(void **state)
{
    machine_setup(state);
    expect(0, NULL, NULL, "assign vm1 2:0.0 7 --permissive");
    machine_save();
    machine_reset();
    before = machine_snapshot();
    return 0;
}

static int teardown(void **state)
{
    free(before);
    return machine_teardown(state);
}

/* The call, from 1 on, that is the switch's first attach; nothing is done. */
static unsigned attach_call(void)
{
    unsigned n = 0;

    xvtd("switch 2:0.0 vm1 vm2 9");
    for (unsigned i = 0; i < xen_calls() && !n; i++)
        if (!strncmp(xen_call(i), "attach", 6))
            n = i + 1;
    assert_true(n > 0);
    machine_reset();
    return n;
}

static void test_there_and_back(void **state)
{
    size_t reset = 0;

    (void)state;
    tree_write("", "%s/reset", kernel_path("0000:02:00.0"));
    expect(0, "0000:02:00.0: attached to vm2 at 0x09\n", NULL, "switch 2:0.0 vm1 vm2 9");
    for (size_t i = 0; i < kernel_writes(); i++)
        reset += !strcmp(kernel_write(i), "sys/bus/pci/devices/0000:02:00.0/reset=1");
    assert_int_equal(reset, 1);
    expect(0, "\"permissive\": true", NULL, "pci-list vm2 --json");
    expect(0, "already attached to vm2 at 0x09", NULL, "switch 2:0.0 vm1 vm2 9");
    expect(0, "0000:02:00.0: attached to vm1 at 0x07\n", NULL, "switch 02:00.0 2 1 0x7");
    assert_machine(before);
    assert_int_equal(journals(), 0);
}

/* ENOTTY: the kernel has no way to reset it here, which is fine.  Any other errno is a failure. */
static void test_no_reset(void **state)
{
    (void)state;
    tree_write("", "%s/reset", kernel_path("0000:02:00.0"));
    kernel_fail(1, EIO, false);
    expect(1, NULL, "0000:02:00.0: reset it: Input/output error", "switch 2:0.0 vm1 vm2 9");
    assert_machine(before);
    kernel_fail(1, ENOTTY, false);
    expect(0, "0000:02:00.0: attached to vm2 at 0x09\n", NULL, "switch 2:0.0 vm1 vm2 9");
}

static void test_dry_run(void **state)
{
    (void)state;
    expect(0, "1. detach 0000:02:00.0 from vm1, slot 0x07  (undo: attach it again, at slot 0x07)\n"
           "2. reset 0000:02:00.0 where it can be  (undo: none)\n"
           "3. attach 0000:02:00.0 to vm2 at slot 0x04  (undo: detach it from vm2)\n", NULL,
           "--dry-run switch 2:0.0 vm1 vm2");
    assert_machine(before);
}

/* xvtd checks everything about the second guest before it touches the first one. */
static void test_preflight(void **state)
{
    (void)state;
    xen_add_guest(3, "vm3");
    xen_forget();
    expect(3, NULL, "slot 0x05 of 'vm2' is taken by 0000:06:00.0", "switch 2:0.0 vm1 vm2 5");
    expect(3, NULL, "'vm1' does not have it; it belongs to 'vm2'\nhint: xvtd switch 0000:06:00.0 vm2 ",
           "switch 6:0.0 vm1 vm3");
    expect(4, NULL, "'vm1' does not have it", "switch 3:0.0 vm1 vm2");
    expect(4, NULL, "no running domain", "switch 2:0.0 vm1 vm4");
    expect(2, NULL, "are one guest", "switch 2:0.0 vm1 1");
    expect(2, NULL, "slot", "switch 2:0.0 vm1 vm2 0");
    xen_set_iommu(2, false);
    expect(6, NULL, "vm2: it was created without an IOMMU", "switch 2:0.0 vm1 vm2");
    xen_set_iommu(2, true);
    for (size_t i = 0; i < xen_calls(); i++)
        assert_int_not_equal(strncmp(xen_call(i), "unplug", 6), 0);
    assert_machine(before);
    xen_add_guest(5, "pv")->type = HV_PV;
    xen_give(5, "0000:03:00.0", 0, 0);
    expect(6, NULL, "pv: this is a PV guest", "switch 3:0.0 pv vm2");
}

/* The second guest fails: the first one has it back, at the old slot with the old options. */
static void test_back(void **state)
{
    unsigned n = attach_call();

    (void)state;
    for (int reach = REACH_NOTHING; reach <= REACH_ALL; reach++) {
        machine_reset();
        xen_fail(n, 5, "xc_assign_device failed: Operation not permitted", (enum fake_reach)reach,
                 false);
        expect(1, "0000:02:00.0: as it was\n", "xvtd: switch: ", "switch 2:0.0 vm1 vm2 9");
        assert_machine(before);
        assert_int_equal(journals(), 0);
    }
}

/* libxl reports that the first guest has it back, and it has not. */
static void test_not_back(void **state)
{
    unsigned n = attach_call();

    (void)state;
    xen_fail(n, 0, NULL, REACH_NOTHING, true);
    expect(5, "0000:02:00.0: ", "libxl reported success, but xenstore does not list it in 'vm1'",
           "switch 2:0.0 vm1 vm2 9");
    xen_fail(0, 0, NULL, REACH_NOTHING, false);
    expect(0, NULL, NULL, "recover");
    assert_machine(before);
}

/* Killed during its undo: recover continues the undo, not the switch. */
static void test_killed_while_undoing(void **state)
{
    unsigned n = attach_call(), runs = 0;

    (void)state;
    for (unsigned k = n + 1;; k++) {
        machine_reset();
        xen_fail(n, 5, "xc_assign_device failed: Operation not permitted", REACH_NOTHING, false);
        if (!killed(k, 0, "switch 2:0.0 vm1 vm2 9"))
            break;
        xen_fail(0, 0, NULL, REACH_NOTHING, false);
        if (!journals())
            continue;
        expect(0, "recovered: switch vm2: undone\n", NULL, "recover");
        assert_machine(before);
        assert_int_equal(journals(), 0);
        runs++;
    }
    assert_true(runs > 5);
}

static void test_mute(void **state)
{
    (void)state;
    xen_set_ack(1, ACK_NEVER, 0);
    expect(5, NULL, "has not acknowledged the removal; the request is still pending\nhint: nothing was "
           "moved", "switch 2:0.0 vm1 vm2 9 --timeout=3");
    expect(0, "07.0 0000:02:00.0", NULL, "pci-list --xl vm1");
    xen_let_go(1);
    expect(0, "attached to vm2 at 0x09", NULL, "switch 2:0.0 vm1 vm2 9");
    assert_int_equal(journals(), 0);
}

/* Devices of its group, or of its slot, move with it. */
static void test_together(void **state)
{
    (void)state;
    xen_set_multifunction(1, true);
    xen_set_multifunction(2, true);
    expect(0, NULL, NULL, "assign vm1 9:0.* 8");
    machine_save();
    machine_reset();
    free(before);
    before = machine_snapshot();
    expect(0, "0000:09:00.1: attached to vm2 at 0x0a.1", NULL, "switch 9:0.0 vm1 vm2 a");
    expect(0, "0a.0 0000:09:00.0\n0a.1 0000:09:00.1\n", NULL, "pci-list --xl vm2");
    expect(0, NULL, NULL, "switch 9:0.* vm2 vm1 8");
    assert_machine(before);
    xen_set_multifunction(2, false);
    expect(6, NULL, "multifunction", "switch 9:0.0 vm1 vm2 a");
    expect(0, "0000:09:00.1: attached to vm2 at 0x06\n", NULL, "switch 9:0.0 vm1 vm2");
    /* Each in a slot of its own: the given one is for the first. */
    xen_set_multifunction(1, false);
    expect(0, "0000:09:00.1: attached to vm1 at 0x04\n", NULL, "switch 9:0.* vm2 vm1 a");
    expect(0, "0a.0 0000:09:00.0\n", NULL, "pci-list --xl vm1");
}

/* xl puts another function into its slot meanwhile: switch notices. */
static unsigned calls_left;

static void xl_gives_the_other(void)
{
    if (!calls_left || --calls_left)
        return;
    kernel_bind("0000:09:00.1", "pciback");
    xen_give(1, "0000:09:00.1", 8, 1);
}

static void test_companion(void **state)
{
    unsigned listed = 0;

    (void)state;
    xen_set_multifunction(1, true);
    kernel_bind("0000:09:00.0", "pciback");
    xen_give(1, "0000:09:00.0", 8, 0);
    xen_forget();
    xvtd("--dry-run switch 9:0.0 vm1 vm2");
    for (unsigned i = 0; i < xen_calls() && !listed; i++)
        if (!strncmp(xen_call(i), "assigned", 8))
            listed = i + 2;
    xen_forget();
    calls_left = listed;
    xen_hook = xl_gives_the_other;
    expect(3, NULL, "'vm1' has got 0000:09:00.1 meanwhile, and both must move together",
           "switch 9:0.0 vm1 vm2");
    xen_hook = NULL;
    xen_set_multifunction(2, true);
    expect(0, "0000:09:00.1: attached to vm2 at 0x0a.1", NULL, "switch 9:0.0 vm1 vm2 a");
}

/* In a shared slot function 0 comes last, on the way back too. */
static void test_order_back(void **state)
{
    char order[256] = "";
    unsigned n = 0;

    (void)state;
    xen_set_multifunction(1, true);
    xen_set_multifunction(2, true);
    expect(0, NULL, NULL, "assign vm1 9:0.* 8");
    machine_save();
    machine_reset();
    xvtd("switch 9:0.0 vm1 vm2 a");
    for (unsigned i = 0; i < xen_calls(); i++)
        if (!strncmp(xen_call(i), "attach", 6))
            n = i + 1;
    machine_reset();
    xen_fail(n, 5, "xc_assign_device failed: Operation not permitted", REACH_NOTHING, false);
    expect(1, "0000:09:00.0: as it was\n", NULL, "switch 9:0.0 vm1 vm2 a");
    for (size_t i = 0; i < xen_calls(); i++)
        if (!strncmp(xen_call(i), "attach 0000:", 12))
            strcat(strcat(order, xen_call(i) + 12), " ");
    assert_string_equal(order, "09:00.1 09:00.0 09:00.1 09:00.0 ");
}

/* The paused first guest does not answer the removal: recover says so, and must run again. */
static void test_killed_paused(void **state)
{
    unsigned n = 0;

    (void)state;
    xvtd("switch 2:0.0 vm1 vm2 9");
    for (unsigned i = 0; i < xen_calls() && !n; i++)
        if (!strncmp(xen_call(i), "unplug", 6))
            n = i + 1;
    machine_reset();
    xen_set_ack(1, ACK_NEVER, 0);
    assert_true(killed(n + 1, 0, "switch 2:0.0 vm1 vm2 9"));
    xen_domain(1)->info.paused = true;
    expect(5, NULL, "'vm1' is paused, so xvtd cannot tell whether it releases the device\n"
           "hint: run `xl unpause vm1`",
           "recover");
    assert_int_equal(journals(), 1);
    xen_domain(1)->info.paused = false;
    xen_let_go(1);
    expect(0, "recovered: switch vm2: undone\n", NULL, "recover");
    expect(0, "07.0 0000:02:00.0", NULL, "pci-list --xl vm1");
    assert_int_equal(journals(), 0);
}

/* recover does nothing for a journal without a step. */
static void test_killed_before_anything(void **state)
{
    CLEANUP(root_close_p) struct root *root = tree_root();
    AUTO_CLOSEDIR DIR *dir = NULL;
    char path[NAME_MAX + 64], full[PATH_MAX * 2], *text = calloc(1, 65536);
    struct dirent *de;
    unsigned n = 1;

    (void)state;
    for (; !journals(); n++) {
        machine_reset();
        assert_true(killed(n, 0, "switch 2:0.0 vm1 vm2 9"));
    }
    dir = root_opendirf(root, "var/lib/xvtd/journal");
    de = root_readdir(dir);
    assert_non_null(de);
    snprintf(path, sizeof(path), "var/lib/xvtd/journal/%s", de->d_name);
    assert_true(root_readf(root, text, 65535, "%s", path) > 0);
    strchr(text, '\n')[1] = '\0';
    tree_write(text, "%s", path);
    snprintf(full, sizeof(full), "%s/%s", tree_dir(), path);
    chmod(full, 0600);
    free(text);
    expect(0, "recovered: switch vm2: undone\n", NULL, "recover");
    assert_machine(before);
}

/* Killed while the first guest was being asked; it is paused, or was asked in vain. */
static void test_killed_before_answer(void **state)
{
    unsigned n = 0;

    (void)state;
    xvtd("switch 2:0.0 vm1 vm2 9");
    for (unsigned i = 0; i < xen_calls() && !n; i++)
        if (!strncmp(xen_call(i), "unplug", 6))
            n = i + 1;
    machine_reset();
    xen_set_ack(1, ACK_NEVER, 0);
    assert_true(killed(n + 1, 0, "switch 2:0.0 vm1 vm2 9"));
    expect(0, "0000:02:00.0: as it was\nrecovered: switch vm2: undone\n", NULL, "recover");
    expect(0, "07.0 0000:02:00.0", NULL, "pci-list --xl vm1");

    machine_reset();
    xen_set_ack(1, ACK_LATE, 9);
    assert_true(killed(n + 1, 0, "switch 2:0.0 vm1 vm2 9"));
    expect(0, "0000:02:00.0: attached to vm2 at 0x09\nrecovered: switch vm2: finished\n", NULL,
           "recover");
}

/* Its device model does not answer: xenstore has the owner. */
static void test_killed_stub_domain(void **state)
{
    struct hv_domain *dom = xen_add_guest(3, "vm3");

    (void)state;
    dom->stub_domid = 4;
    dom = xen_add_guest(4, "vm3-dm");
    dom->is_stub = true;
    dom->type = HV_PV;
    dom->stub_target = 3;
    expect(0, NULL, NULL, "assign vm3 3:0.0 7");
    machine_save();
    for (unsigned n = 1;; n++) {
        const struct guest_pci *owner;
        bool left;

        machine_reset();
        if (!killed(n, 0, "switch 3:0.0 vm3 vm2 9"))
            break;
        if (!journals())
            continue;
        owner = guest_pci_find(xen.assigned, xen.n_assigned, xen_bdf("0000:03:00.0"));
        left = !owner || owner->domid != 3;
        expect(0, left ? "switch vm2: finished" : "switch vm2: undone", NULL, "recover");
        expect(0, left ? "09.0 0000:03:00.0" : "07.0 0000:03:00.0", NULL, "pci-list --xl %s",
               left ? "vm2" : "vm3");
    }
}

/* One of the two guests has ended before recover. */
static void test_guest_gone(void **state)
{
    unsigned n = attach_call();

    (void)state;
    assert_true(killed(n, 0, "switch 2:0.0 vm1 vm2 9"));
    xen_destroy(2);
    expect(0, "recovered: switch vm2: undone", NULL, "recover");
    expect(0, "07.0 0000:02:00.0", NULL, "pci-list --xl vm1");
}

/* The first guest was rebooted: it has another domain ID, but is the same guest. */
static void test_source_rebooted(void **state)
{
    struct hv_domain *dom;
    unsigned n = attach_call();

    (void)state;
    assert_true(killed(n, 0, "switch 2:0.0 vm1 vm2 9"));
    xen_destroy(1);
    xen_destroy(2);
    dom = xen_add_guest(7, "vm1");
    strcpy(dom->uuid, "00000000-0000-4000-8000-000000000001");
    expect(0, "recovered: switch vm2: undone", NULL, "recover");
    expect(0, "07.0 0000:02:00.0", NULL, "pci-list --xl 7");
}

static void test_source_gone(void **state)
{
    unsigned n = attach_call();

    (void)state;
    assert_true(killed(n, 0, "switch 2:0.0 vm1 vm2 9"));
    xen_destroy(1);
    expect(0, "attached to vm2 at 0x09", NULL, "recover");
    assert_int_equal(journals(), 0);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_there_and_back),
        RUN(test_no_reset),
        RUN(test_dry_run),
        RUN(test_preflight),
        RUN(test_back),
        RUN(test_not_back),
        RUN(test_killed_while_undoing),
        RUN(test_mute),
        RUN(test_together),
        RUN(test_companion),
        RUN(test_order_back),
        RUN(test_killed_paused),
        RUN(test_killed_before_anything),
        RUN(test_killed_before_answer),
        RUN(test_killed_stub_domain),
        RUN(test_guest_gone),
        RUN(test_source_rebooted),
        RUN(test_source_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
