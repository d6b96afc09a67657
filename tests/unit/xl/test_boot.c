/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dom0's next boot: the hints when a cfg grows, and the findings of check. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_xen.h"
#include "../fake/fake_clock.h"
#include "../fake/fake_xs.h"
#include "machine.h"

#define ADD "pciback-hide --install --add"

static int setup(void **state)
{
    machine_setup(state);
    tree_write("control_d\n", "proc/xen/capabilities");
    tree_write("name = 'vm1'\npci = [ ]\n", "vm1.cfg");
    return 0;
}

static void no_hint(const char *words)
{
    struct run run = xvtd("%s", words);

    assert_int_equal(run.code, 0);
    if (run_noted(&run, "not-hidden", NULL))
        fail_msg("%s: %s", words, run.err);
}

static void test_hint(void **state)
{
    char words[300];

    (void)state;
    expect(0, NULL, "xvtd: hint: not hidden at boot, so the guest will not start after dom0's next "
           "boot: " ADD " 0000:02:00.0 0000:09:00.0 0000:09:00.1\n",
           "cfg add %s/vm1.cfg 2:0.0 9:0.*@9", tree_dir());
    expect(0, "saved", ADD " 0000:05:00.0\n", "assign vm1 5:0.0 --save=%s/vm1.cfg", tree_dir());
    snprintf(words, sizeof(words), "detach vm1 5:0.0 --save=%s/vm1.cfg", tree_dir());
    no_hint(words);
    snprintf(words, sizeof(words), "--dry-run assign vm1 5:0.0 --save=%s/vm1.cfg", tree_dir());
    no_hint(words);
    snprintf(words, sizeof(words), "cfg remove %s/vm1.cfg 2:0.0", tree_dir());
    no_hint(words);
    snprintf(words, sizeof(words), "-q cfg add %s/vm1.cfg 2:0.0", tree_dir());
    no_hint(words);
    /* No hint if the boot will hold the device, or if that is unknown. */
    tree_write("3:0.0\n", "etc/xvtd/assignable");
    tree_write("options xen-pciback hide=(02:00.0)\n", "etc/modprobe.d/mine.conf");
    snprintf(words, sizeof(words), "cfg add %s/vm1.cfg 2:0.0 3:0.0 77:0.0", tree_dir());
    no_hint(words);
    tree_write("", "proc/xen/capabilities");
    snprintf(words, sizeof(words), "cfg add %s/vm1.cfg 5:0.0", tree_dir());
    no_hint(words);
}

static unsigned occurrences(const char *text, const char *part)
{
    unsigned n = 0;

    while ((text = strstr(text, part))) {
        text += strlen(part);
        n++;
    }
    return n;
}

static void test_check(void **state)
{
    struct run run;

    (void)state;
    run = xvtd("check");
    assert_null(strstr(run.out, "xendomains cannot start it"));
    tree_write("pci = [ '02:00.0@7', '03:00.0', '77:00.0', 'name=uplink0' ]\n", "etc/xen/vm1.cfg");
    tree_link("../vm1.cfg", "etc/xen/auto/vm1.cfg");
    tree_write("pci = [ '09:00.*' ]\n", "etc/xen/auto/vm2.cfg");
    tree_write("pci = [ '05:00.0' ]\n", "etc/xen/auto/.vm3.cfg.swp");
    tree_write("3:0.0\n9:0.*\n77:0.0\n", "etc/xvtd/assignable");
    run = xvtd("--json check");
    assert_int_equal(occurrences(run.out, "\"vm1.cfg\""), 2);
    assert_null(strstr(run.out, "no 0000:00:00.0"));
    assert_non_null(strstr(run.out, "after dom0's next boot xendomains cannot start it: nothing "
                           "keeps 0000:02:00.0 from the native driver"));
    assert_non_null(strstr(run.out, ADD " 0000:02:00.0\""));
    assert_non_null(strstr(run.out, "this host has no 0000:77:00.0"));
    assert_non_null(strstr(run.out, "xvtd cfg remove /etc/xen/auto/vm1.cfg 0000:77:00.0\""));
    assert_null(strstr(run.out, "vm2.cfg"));
    assert_null(strstr(run.out, "vm3.cfg"));
    tree_remove("etc/xvtd/assignable");
    run = xvtd("--json check");
    assert_non_null(strstr(run.out, ADD " 0000:02:00.0 0000:03:00.0\""));
    assert_non_null(strstr(run.out, ADD " 0000:09:00.0 0000:09:00.1\""));
    run = xvtd("check vm1");    /* was not asked about these */
    assert_null(strstr(run.out, "xendomains cannot start it"));
}

/* An NVMe controller with virtual functions. */
static void add_nvme(void)
{
    kernel_add_driver("nvme");
    kernel_add_device("0000:0a:00.0", "0000:00:1c.0", (struct fake_ids){ 0x1b36, 0x10, 0x010802 },
                      "nvme");
    kernel_bind("0000:0a:00.0", "nvme");
    kernel_add_sriov("0000:0a:00.0", "0000:00:1c.0", 4);
}

static const char *driver(const char *bdf)
{
    return kernel_driver(xen_bdf(bdf));
}

static void test_from(void **state)
{
    (void)state;
    expect(4, "", "/etc/xvtd/assignable: No such file", "assignable add --from");
    expect(2, "", "no device is named", "assignable add");
    expect(2, "", "'2:0.0' does not go with --from", "assignable add --from 2:0.0");
    tree_write("\n", "etc/xvtd/assignable");
    expect(0, "", "", "assignable add --from");
    add_nvme();
    tree_write("2:0.0\n3:0.0\n0a:00.2\n0a:00.0 vfs=3\n", "etc/xvtd/assignable");
    expect(0, "have 0000:0a:00.0 make 3 virtual functions\n"
           "1. take 0000:02:00.0 from driver e1000e to pciback  (undo: give it back to e1000e)\n"
           "nothing to do\n"
           "take 0a:00.2, a virtual function still to be made\n", "",
           "--dry-run assignable add --from");
    assert_string_equal(driver("0000:02:00.0"), "e1000e");
    expect(0, "0000:0a:00.0: 3 virtual functions made\n0000:02:00.0: assignable\n"
           "0000:03:00.0: already in pciback\n0000:0a:00.2: assignable\n", "",
           "assignable add --from");
    assert_string_equal(driver("0000:0a:00.0"), "nvme");
    assert_string_equal(driver("0000:0a:00.2"), "pciback");
    assert_string_equal(driver("0000:0a:00.1"), "nvme");    /* no line names it */
    assert_string_equal(driver("0000:0a:00.3"), "nvme");
    kernel_forget();
    expect(0, "0000:0a:00.0: already 3 virtual functions\n0000:02:00.0: already in pciback\n", "",
           "assignable add --from");
    assert_int_equal(kernel_writes(), 0);
    /* A function that the administrator has left without a driver stays so. */
    kernel_bind("0000:0a:00.3", "");
    kernel_override("0000:0a:00.3", "nvme");
    expect(0, "already", "", "assignable add --from");
    assert_string_equal(driver("0000:0a:00.3"), "");
    expect(4, "", "/nothing: No such file", "assignable add --from=nothing");
}

static void stop_now(void)
{
    clock_signal(SIGINT);
}

/* After Ctrl-C xvtd begins no further line, not even one that only makes virtual functions. */
static void test_from_stopped(void **state)
{
    (void)state;
    add_nvme();
    tree_write("2:0.0\n0a:00.0 vfs=3\n", "etc/xvtd/assignable");
    kernel_hook = stop_now;
    expect(5, "", "/etc/xvtd/assignable:1: stopped before this line\n", "assignable add --from");
    assert_string_equal(driver("0000:02:00.0"), "e1000e");
}

/* A name stands for its device, also in the list of devices that the boot holds. */
static void test_names(void **state)
{
    (void)state;
    tree_mkdir("etc");
    expect(0, NULL, NULL, "name 9:0.1 uplink0");
    tree_write("uplink0\n", "etc/xvtd/assignable");
    expect(0, "saved", "--add 0000:05:00.0\n", "assign vm1 5:0.0 --save=%s/vm1.cfg", tree_dir());
    expect(0, NULL, "--add 0000:09:00.0\n", "cfg add %s/vm1.cfg 9:0.*@9", tree_dir());
    expect(0, "0000:09:00.1: assignable", "", "assignable add --from");
    tree_write("uplink1\n", "etc/xvtd/assignable");
    expect(5, "", "/etc/xvtd/assignable:1: ", "assignable add --from");
}

/* No native driver has touched the functions that pciback takes. */
static void test_untouched(void **state)
{
    (void)state;
    add_nvme();
    tree_write("a:0.1\na:0.0 vfs=1\n", "etc/xvtd/assignable");
    kernel_forget();
    expect(0, "0000:0a:00.1: assignable", "", "assignable add --from");
    for (size_t i = 0; i < kernel_writes(); i++)
        assert_null(strstr(kernel_write(i), "unbind"));
}

static void test_lines(void **state)
{
    struct run run;
    int code;

    (void)state;
    add_nvme();
    kernel_bind("0000:09:00.1", "");
    /* Each line by itself; the first error is printed with its hint. */
    tree_write("2:0.0 8086:10d3:0000:0001\n0:3.0\n77:0.0\n5:0.0 8086:10d3:0000:0000\n"
               "a:0.0 vfs=5\n9:0.0 vfs=1\n", "etc/xvtd/assignable");
    expect(5, "0000:05:00.0: assignable\n", "xvtd: assignable add: /etc/xvtd/assignable:5: "
           "0000:0a:00.0: it can make 4 virtual functions at most\n", "assignable add --from");
    expect(5, NULL, "assignable:6: 0000:09:00.0: it cannot have virtual functions\n",
           "assignable add --from");
    expect(5, NULL, "assignable:1: 0000:02:00.0: this is not the device that the line describes: "
           "8086:10d3:0000:0000 instead of 8086:10d3:0000:0001\n",
           "assignable add --from");
    expect(5, NULL, "assignable:2: 0000:00:03.0: dom0 uses it: vda", "assignable add --from");
    expect(5, NULL, "assignable:3: 0000:77:00.0: this host has no such device",
           "assignable add --from");
    assert_string_equal(driver("0000:02:00.0"), "e1000e");
    run = xvtd("--json assignable add --from");
    assert_int_equal(run.code, 5);
    assert_true(json_valid(run.out, &code));
    assert_non_null(strstr(run.out, "\"failed\""));
    tree_write("2:0.9\n", "etc/xvtd/assignable");
    expect(2, "", "/etc/xvtd/assignable:1: '2:0.9'", "assignable add --from");

    tree_write("2:0.0 1b36:0010:0000:0000\n", "etc/xvtd/assignable");
    expect(5, "", "hint: that device is now at 0000:0a:00.0", "assignable add --from");
    tree_write("a:0.0 8086:10d3:0000:0000\n", "etc/xvtd/assignable");   /* several devices fit */
    run = xvtd("assignable add --from");
    assert_int_equal(run.code, 5);
    assert_null(strstr(run.err, "hint"));
    tree_write("9:0.* vfs=1\n", "etc/xvtd/assignable");
    expect(5, "", "9:0.*: vfs= is for one function", "assignable add --from");
    tree_write("0\n", "sys/bus/pci/devices/0000:09:00.0/sriov_totalvfs");
    tree_write("9:0.0 vfs=1\n", "etc/xvtd/assignable");
    expect(5, "", "it cannot have virtual functions", "assignable add --from");
    tree_write("a:0.0 vfs=2\n", "etc/xvtd/assignable");
    expect(0, "made", "", "assignable add --from");
    tree_write("a:0.0 vfs=1\n", "etc/xvtd/assignable");
    expect(5, "", "it already has 2 virtual functions", "assignable add --from");
    tree_write("a:0.0 vfs=3\n", "etc/xvtd/assignable");
    expect(5, "", "it already has 2 virtual functions: remove them first\nhint: echo 0 >",
           "assignable add --from");
    tree_on_xen = true;
    store_set("/local/domain/2/name", "vm2");
    store_set("/local/domain/0/backend/pci/2/0/num_devs", "1");
    store_set("/local/domain/0/backend/pci/2/0/dev-0", "0000:0a:00.2");
    expect(5, "", "0000:0a:00.0: guest 'vm2' has its virtual function 0000:0a:00.2, which this "
           "change would remove\n"
           "hint: detach it there first: xvtd detach vm2 0000:0a:00.2\n",
           "assignable add --from");
    tree_write("a:0.0 vfs=2\n", "etc/xvtd/assignable");     /* there are two already: no change */
    expect(0, "already 2 virtual functions", "", "assignable add --from");
    tree_write("a:0.0 vfs=3\n", "etc/xvtd/assignable");
    tree_on_xen = false;
    kernel_bind("0000:0a:00.0", "pciback");
    tree_write("0\n", "sys/bus/pci/devices/0000:0a:00.0/sriov_numvfs");
    expect(5, "", "driver pciback has it, and only its own driver makes", "assignable add --from");
}

/* The kernel refuses the write, or accepts it without effect. */
static void test_vf_errors(void **state)
{
    (void)state;
    add_nvme();
    tree_write("a:0.0 vfs=2\n", "etc/xvtd/assignable");
    kernel_fail(1, EACCES, false);
    expect(5, "", "keep drivers from its virtual functions", "assignable add --from");
    kernel_fail(2, EIO, false);
    expect(5, "", "0000:0a:00.0: make 2 virtual functions: ", "assignable add --from");
    kernel_fail(2, 0, false);
    expect(5, "", "has not made the 2 virtual functions", "assignable add --from");
    kernel_forget();
    expect(0, "made", "", "assignable add --from");
    assert_string_equal(kernel_write(0) + strlen(kernel_write(0)) - 11, "autoprobe=0");
    assert_string_equal(kernel_write(2) + strlen(kernel_write(2)) - 11, "autoprobe=1");
}

static void test_xendomains(void **state)
{
    (void)state;
    expect(2, "", "--xendomains goes with --all", "eject vm1 --xendomains");
    tree_write("XENDOMAINS_SAVE=/var/lib/xen/save\n", "etc/default/xendomains");
    expect(0, "", "", "eject --all --xendomains");  /* it is not run */
    assert_string_equal(xvtd("eject --all --xendomains").out, "");
    tree_write("", "etc/rc0.d/K01xendomains");
    tree_write("XENDOMAINS_SAVE=\n", "etc/default/xendomains");
    expect(0, "", "", "eject --all --xendomains");  /* it shuts them down */
    tree_write("XENDOMAINS_SAVE=/var/lib/xen/save\nXENDOMAINS_AUTO_ONLY=true\n",
               "etc/default/xendomains");
    tree_write("name = 'vm1'\n", "etc/xen/auto/vm1.cfg");
    expect(0, "", "", "eject --all --xendomains");  /* vm2 is not started with dom0 */
    tree_write("name = 'vm2'\n", "etc/xen/auto/vm2.cfg");
    expect(0, "0000:06:00.0: detached from vm2", "", "eject --all --xendomains");
    xvtd("restore --all");
    tree_write("XENDOMAINS_SAVE=\"/var/lib/xen/save\"\n", "etc/default/xendomains");
    tree_remove("etc/xen/auto/vm2.cfg");
    expect(0, "0000:06:00.0: detached from vm2", "", "eject --all --xendomains");
    xvtd("restore --all");
    expect(0, "switch the service xvtd-guests on", NULL, "check vm2");
    tree_write("", "etc/systemd/system/multi-user.target.wants/xvtd-guests.service");
    assert_null(strstr(xvtd("check vm2").out, "xendomains"));
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, machine_teardown)
    const struct CMUnitTest tests[] = { RUN(test_hint), RUN(test_check), RUN(test_from),
                                        RUN(test_from_stopped),
                                        RUN(test_untouched), RUN(test_names), RUN(test_lines), RUN(test_vf_errors),
                                        RUN(test_xendomains) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
