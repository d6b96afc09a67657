/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole command lines on the made-up machine: what they say, do and leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "commands/commands.h"
#include "machine.h"

static const struct bdf nic = { 0, 2, 0, 0 };

static void test_main_job(void **state)
{
    char *before = machine_snapshot();

    (void)state;
    expect(0, "0000:02:00.0: attached to vm1 at 0x07\n", NULL, "assign vm1 0:2:0.0 7");
    assert_string_equal(kernel_driver(nic), "pciback");
    assert_true(xen_in_quarantine("0000:02:00.0"));
    assert_string_equal(xen_record("0000:02:00.0", "driver_path"),
                        "/sys/bus/pci/drivers/e1000e");
    expect(0, "0x07 0x0000 0x02 0x00 0x0\n", NULL, "pci-list vm1");
    expect(0, "07.0 0000:02:00.0\n", NULL, "pci-list --xl vm1");
    expect(0, "0000:02:00.0: returned to driver e1000e\n", NULL, "detach vm1 2:0.0 --return");
    assert_machine(before);
    free(before);
}

/* Every form of the device and of the guest, and each xl name, does the same. */
static void test_forms(void **state)
{
    static const char *const lines[] = {
        "assign vm1 2:0.0 7", "assign vm1 02:00.0 07", "assign vm1 0000:02:00.0 0x7",
        "assign vm1 0:2:0.0 0x07", "assign 1 2:0.0 7", "assign vm1 2:0.0@7",
        "assign 00000000-0000-4000-8000-000000000001 2:0.0 7", "assign vm1 02:00.0,vslot=7",
        "assign vm1 2:0.* 7", "pci-attach vm1 02:00.0 7", "assign vm1 bdf=02:00.0,vslot=7",
        "-q assign vm1 2:0.0 7", "assign --json vm1 2:0.0 7", "-v assign vm1 2:0.0 7",
        "assign vm1 uplink0 7", "assign vm1 name=uplink0,vslot=7",
    };
    char *after = NULL;

    (void)state;
    xen_set_record("0000:02:00.0", "name", "uplink0");
    machine_save();
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        machine_reset();
        expect(0, NULL, NULL, "%s", lines[i]);
        if (!after)
            after = machine_snapshot();
        assert_machine(after);
    }
    free(after);
}

static void test_already(void **state)
{
    char *before;

    (void)state;
    expect(0, "0000:03:00.0: already in pciback\n", NULL, "assignable add 3:0.0");
    expect(0, "0000:06:00.0: already in pciback, attached to 'vm2'\n", NULL,
           "pci-assignable-add 6:0.0");
    expect(0, "0000:02:00.0: already out of pciback, with driver e1000e\n", NULL,
           "assignable remove 2:0.0");
    expect(0, "0000:05:00.0: already out of pciback, with no driver\n", NULL,
           "pci-assignable-remove 5:0.0");
    expect(0, "0000:02:00.0: already not attached to vm1\n", NULL, "detach vm1 2:0.0");
    expect(0, "already not attached to vm1; it belongs to 'vm2'\n", NULL, "detach vm1 6:0.0");
    expect(0, "already not attached to vm1; it belongs to 'vm2'\n", NULL,
           "detach vm1 6:0.0 --return");
    assert_int_equal(kernel_writes(), 0);
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    before = machine_snapshot();
    kernel_forget();
    expect(0, "0000:02:00.0: already attached to vm1 at 0x07\n", NULL, "assign vm1 2:0.0 7");
    expect(0, "0000:02:00.0: already attached to vm1 at 0x07\n", NULL, "assign vm1 2:0.0");
    assert_int_equal(kernel_writes(), 0);
    assert_machine(before);
    free(before);
    /* Devices that are attached already do not block the others. */
    expect(0, "0000:02:00.0: already attached to vm1 at 0x07\n", NULL, "assign vm1 2:0.0 3:0.0");
    expect(0, "0x04 0x0000 0x03 0x00 0x0\n", NULL, "pci-list vm1");
}

static void test_slots(void **state)
{
    (void)state;
    xen_emulate(1, 4);
    xen_emulate(1, 6);
    /* Automatic slots skip occupied ones, and those given by number later on the line. */
    expect(0, "0000:02:00.0: attached to vm1 at 0x07\n", NULL, "assign vm1 2:0.0 3:0.0@5");
    expect(0, "0x05 0x0000 0x03 0x00 0x0\n0x07 0x0000 0x02 0x00 0x0\n", NULL, "pci-list vm1");
    expect(0, "0000:09:00.0: attached to vm1 at 0x08\n0000:09:00.1: attached to vm1 at 0x09\n",
           NULL, "assign vm1 9:0.*");
}

static void test_multifunction(void **state)
{
    char *before = machine_snapshot();
    size_t first = 0, second = 0;

    (void)state;
    xen_set_multifunction(1, true);
    expect(0, NULL, NULL, "assign vm1 9:0.* 8");
    /* Function 0 last: with it the guest sees the slot. */
    for (size_t i = 0; i < xen_calls(); i++) {
        if (!strcmp(xen_call(i), "attach 0000:09:00.1"))
            first = i;
        if (!strcmp(xen_call(i), "attach 0000:09:00.0"))
            second = i;
    }
    assert_true(first && first < second);
    expect(0, "VSlt domain bus  slot func VFn\n0x08 0x0000 0x09 0x00 0x0  0x0\n"
           "0x08 0x0000 0x09 0x00 0x1  0x1\n", NULL, "pci-list vm1");
    expect(0, "already attached to vm1 at 0x08", NULL, "assign vm1 9:0.* 8");
    expect(0, NULL, NULL, "detach vm1 9:0.* --return");
    assert_machine(before);
    free(before);
}

static void test_options(void **state)
{
    struct run run;

    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7 --permissive --rdm-policy=relaxed");
    expect(0, NULL, NULL, "assign vm1 3:0.0@8,msitranslate=1,power_mgmt=1 5:0.0,permissive=0 "
           "--permissive");
    run = xvtd("pci-list vm1 --json");
    assert_int_equal(run.code, 0);
    for (char *p = run.out; (p = strstr(p, "\n      "));) /* one line for each device */
        memmove(p, p + 6, strlen(p + 6) + 1);
    assert_non_null(strstr(run.out, "\"vslot\": \"0x07\", \"vfunc\": 0, \"permissive\": true, "
                           "\"msitranslate\": false, \"power_mgmt\": false, "
                           "\"rdm_policy\": \"relaxed\""));
    assert_non_null(strstr(run.out, "\"vslot\": \"0x08\", \"vfunc\": 0, \"permissive\": true, "
                           "\"msitranslate\": true, \"power_mgmt\": true, "
                           "\"rdm_policy\": \"strict\""));
    assert_non_null(strstr(run.out, "\"vslot\": \"0x04\", \"vfunc\": 0, \"permissive\": false"));
}

/* --dry-run prints the steps in order and changes nothing. */
static void test_dry_run(void **state)
{
    char *before = machine_snapshot();
    struct run run;
    int code;

    (void)state;
    expect(0, "1. take 0000:02:00.0 from driver e1000e to pciback  (undo: give it back to e1000e)\n"
           "2. attach 0000:02:00.0 to vm1 at slot 0x07  (undo: detach it from vm1)\n", NULL,
           "--dry-run assign vm1 2:0.0 7");
    expect(0, "1. take 0000:05:00.0 from no driver to pciback  (undo: leave it without a driver)\n"
           "2. attach 0000:05:00.0 to vm1 at slot 0x04  (undo: detach it from vm1)\n", NULL,
           "assign vm1 5:0.0 --dry-run");
    expect(0, "1. attach 0000:03:00.0 to vm1 at slot 0x04", NULL, "assign --dry-run vm1 3:0.0");
    expect(0, "1. detach 0000:06:00.0 from vm2, slot 0x05  (undo: none: attach it again)\n"
           "2. return 0000:06:00.0 to driver e1000e  (undo: take it to pciback again)\n", NULL,
           "detach --dry-run vm2 6:0.0 --return");
    expect(0, "1. return 0000:03:00.0 to driver e1000e", NULL, "--dry-run assignable remove 3:0.0");
    expect(0, "1. take 0000:03:00.0 out of pciback", NULL, "--dry-run pci-assignable-remove 3:0.0");
    run = xvtd("--dry-run --json assign vm1 2:0.0 7");
    assert_int_equal(run.code, 0);
    assert_true(json_valid(run.out, &code));
    assert_non_null(strstr(run.out, "\"step\": \"make-assignable\",\n      \"object\": "
                           "\"0000:02:00.0\",\n      \"undo\": \"give it back to e1000e\""));
    assert_non_null(strstr(run.out, "\"step\": \"attach\""));
    assert_int_equal(kernel_writes(), 0);
    assert_machine(before);
    free(before);
}

static void test_json(void **state)
{
    static const struct {
        const char *words, *text;
    } cases[] = {
        { "assign vm1 2:0.0 7", "\"status\": \"done\",\n      \"vslot\": \"0x07\"" },
        { "assign vm1 2:0.0 7", "\"status\": \"already\",\n      \"vslot\": \"0x07\"" },
        { "pci-list vm1", "\"domain\": {\n    \"id\": 1,\n    \"name\": \"vm1\"" },
        { "detach vm1 2:0.0", "\"status\": \"done\"" },
        { "detach vm1 2:0.0", "\"status\": \"already\"" },
        { "assignable list", "\"bdf\": \"0000:02:00.0\"" },
        { "assignable remove 2:0.0", "\"status\": \"done\"" },
        { "pci-list vm1", "\"devices\": [" },
        { "list", "\"bdf\": \"10000:e1:00.0\"" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct run run = xvtd("--json %s", cases[i].words);
        int code;

        if (run.code || !json_valid(run.out, &code) || code || !strstr(run.out, cases[i].text) ||
            *run.err)
            fail_msg("xvtd --json %s: exit %d\n%s%s", cases[i].words, run.code, run.out, run.err);
    }
}

/* A guest's name is bytes; JSON is UTF-8. */
static void test_strange_name(void **state)
{
    struct run run;
    int code;

    (void)state;
    xen_add_guest(3, "b\xfc" "ro\"1\n");
    run = xvtd("--json pci-list 3");
    assert_int_equal(run.code, 0);
    assert_true(json_valid(run.out, &code));
    assert_non_null(strstr(run.out, "b\xef\xbf\xbdro\\\"1\\n"));
}

static void test_assignable(void **state)
{
    char *before = machine_snapshot();

    (void)state;
    expect(0, "0000:03:00.0\n0000:04:00.0\n", NULL, "pci-assignable-list -n");
    expect(0, "0000:02:00.0: assignable\n", NULL, "pci-assignable-add -n uplink0 2:0.0");
    expect(0, "0000:02:00.0 uplink0\n0000:03:00.0\n0000:04:00.0\n", NULL,
           "pci-assignable-list -n");
    expect(0, "0000:02:00.0: returned to driver e1000e\n", NULL, "assignable remove uplink0");
    assert_string_equal(xen_record("0000:02:00.0", "name"), "uplink0"); /* names are kept */
    xen_set_record("0000:02:00.0", "name", NULL);
    assert_machine(before);
    expect(0, "out of pciback, without a driver\n", NULL, "pci-assignable-remove 3:0.0");
    assert_string_equal(kernel_driver((struct bdf){ 0, 3, 0, 0 }), "");
    assert_false(xen_in_quarantine("0000:03:00.0"));
    free(before);
}

/* If the driver on record is missing or unloaded, the first driver that the kernel finds takes it. */
static void test_no_record(void **state)
{
    (void)state;
    xen_set_record("0000:03:00.0", "driver_path", NULL);
    expect(0, "0000:03:00.0: returned to driver e1000e\n", NULL, "assignable remove 3:0.0");
    kernel_bind("0000:03:00.0", "pciback");
    xen_set_quarantine("0000:03:00.0", true);
    xen_set_record("0000:03:00.0", "driver_path", "/sys/bus/pci/drivers/gone");
    expect(0, "0000:03:00.0: returned to driver e1000e\n", NULL, "assignable remove 3:0.0");
    kernel_bind("0000:03:00.0", "pciback");
    xen_set_quarantine("0000:03:00.0", true);
    xen_set_record("0000:03:00.0", "driver_path", "../../../etc; rm -rf");
    kernel_break_driver("e1000e", true);
    expect(0, "0000:03:00.0: no driver claimed it\n", NULL, "assignable remove 3:0.0");
}

/* The driver on record no longer takes it: it stays assignable, and xvtd says so. */
static void test_native_refuses(void **state)
{
    char *before = machine_snapshot();

    (void)state;
    kernel_break_driver("e1000e", true);
    expect(1, NULL, "0000:03:00.0: driver 'e1000e' did not take it; it has no driver\n",
           "assignable remove 3:0.0");
    assert_machine(before);
    free(before);
}

static void test_overrides(void **state)
{
    (void)state;
    expect(0, "attached to vm1", NULL, "assign vm1 0:3.0 --allow=in-use");
    expect(0, "returned to driver virtio-pci", NULL, "detach vm1 0:3.0 --return");
    expect(0, "returned to driver e1000e", NULL, "assignable remove 4:0.0 --allow=boot-hidden");
    expect(0, "assignable", NULL, "assignable add 4:0.0");
    expect(0, NULL, NULL, "assign vm1 4:0.0");
    expect(3, NULL, "it should stay in pciback", "detach vm1 4:0.0 --return");
    expect(0, "0000:04:00.0: detached from vm1\n", NULL, "detach vm1 4:0.0");
}

static void test_module(void **state)
{
    char *before;

    (void)state;
    kernel_remove_driver("pciback");
    before = machine_snapshot();
    expect(0, "1. load kernel module xen-pciback", NULL, "--dry-run assign vm1 2:0.0");
    kernel_set_module(MODULE_MISSING);
    expect(6, NULL, "0000:02:00.0: this kernel has no xen-pciback, neither built in nor as a "
           "module\nhint: ", "assign vm1 2:0.0");
    kernel_set_module(MODULE_BROKEN);
    expect(6, NULL, "xen-pciback: it is loaded, but its driver pciback does not exist\n"
           "hint: an error in xen-pciback.hide=", "assign vm1 2:0.0");
    kernel_set_module(MODULE_LOADABLE);
    kernel_forget();
    kernel_fail(1, 1, false);
    expect(6, NULL, "load kernel module: xen-pciback: Operation not permitted", "assign vm1 2:0.0");
    assert_machine(before);
    kernel_forget();
    expect(0, "attached to vm1", NULL, "assign vm1 2:0.0");
    assert_string_equal(kernel_write(0), "load xen-pciback");
    free(before);
}

/* A device model in a stub domain does not answer: xvtd says what it has not verified. */
static void test_stub_domain(void **state)
{
    struct hv_domain *dom = xen_add_guest(3, "vm3");

    (void)state;
    dom->stub_domid = 4;
    dom = xen_add_guest(4, "vm3-dm");
    dom->is_stub = true;
    dom->type = HV_PV;
    dom->stub_target = 3;
    expect(0, "0000:02:00.0: attached to vm3 at 0x07 (not verified in the device model: it runs in "
           "domain 4)\n", NULL, "assign vm3 2:0.0 7");
    expect(0, "0x07 0x0000 0x02 0x00 0x0\n", NULL, "pci-list vm3");
    expect(0, "0000:02:00.0: returned to driver e1000e\n", NULL, "detach vm3 2:0.0 --return");
    /* only QEMU knows the free slots, so attach one device after the other */
    expect(0, "0000:03:00.0: attached to vm3", NULL, "assign vm3 2:0.0 3:0.0");
}

static void test_pv(void **state)
{
    (void)state;
    xen_add_guest(3, "pv")->type = HV_PV;
    xen_give(3, "0000:03:00.0", 0, 0);
    expect(0, "0000 0x03 0x00 0x0\n", NULL, "pci-list pv");
    expect(0, "0000:03:00.0: detached from pv\n", NULL, "detach pv 3:0.0");
    expect(0, "already not attached to pv\n", NULL, "detach pv 3:0.0");
}

/* QEMU let go earlier, but xenstore still lists it: the hint of assign works. */
static void test_stale(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    xen_set_ack(1, ACK_NEVER, 0);
    expect(5, NULL, NULL, "detach vm1 2:0.0 --timeout=2");
    xen_let_go(1);
    xen_set_ack(1, ACK_AT_ONCE, 0);
    expect(3, NULL, "0000:02:00.0: 'vm1' has released it, but libxl's records still list it\n"
           "hint: xvtd detach vm1 0000:02:00.0\n", "assign vm1 2:0.0 7");
    expect(0, NULL, NULL, "detach vm1 0000:02:00.0");
    expect(0, "attached to vm1 at 0x07", NULL, "assign vm1 2:0.0 7");
}

static void test_locks(void **state)
{
    struct root *root = tree_root();

    (void)state;
    expect(0, NULL, NULL, "--dry-run assign vm1 2:0.0");
    assert_false(root_existsf(root, "run/xvtd"));
    expect(0, NULL, NULL, "assign vm1 2:0.0");
    assert_true(root_existsf(root, "run/xvtd/fn-0000:02:00.0"));
    assert_true(root_existsf(root, "run/xvtd/dom-00000000-0000-4000-8000-000000000001"));
    root_close(root);
}

/* Every command has an example, and its help fits a terminal of 80 columns. */
static void test_help(void **state)
{
    (void)state;
    for (size_t i = 0; xvtd_program.commands[i]; i++) {
        const struct cli_command *c = xvtd_program.commands[i];
        AUTO_FREE char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);
        char usage[64];

        snprintf(usage, sizeof(usage), "Usage: xvtd %s%s%s", c->name, c->sub ? " " : "",
                 c->sub ? c->sub : "");
        expect(0, usage, NULL, "%s --help", usage + strlen("Usage: xvtd "));
        expect(0, usage + strlen("Usage: xvtd "), NULL, "--help");
        cli_help(&xvtd_program, c, f);
        fclose(f);
        if (strcmp(c->name, "migrate-receive") && strcmp(c->name, "plugin")) /* programs run these */
            assert_non_null(strstr(text, "\nExample:\n  xvtd "));
        for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
            if (strcspn(line, "\n") > 80)
                fail_msg("a long line in the help of %s: %s", usage, line);
    }
    expect(0, "xvtd ", NULL, "--version");
    assert_int_equal(xen_calls(), 0);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, machine_setup, machine_teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_main_job),
        RUN(test_forms),
        RUN(test_already),
        RUN(test_slots),
        RUN(test_multifunction),
        RUN(test_options),
        RUN(test_dry_run),
        RUN(test_json),
        RUN(test_strange_name),
        RUN(test_assignable),
        RUN(test_no_record),
        RUN(test_native_refuses),
        RUN(test_overrides),
        RUN(test_module),
        RUN(test_stub_domain),
        RUN(test_pv),
        RUN(test_stale),
        RUN(test_locks),
        RUN(test_help),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
