/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bdf.h"
#include "bind_machine.h"

#define NIC "0000:02:00.0"
#define E1000E "/sys/bus/pci/drivers/e1000e"

static void assert_driver(const char *bdf, const char *driver)
{
    struct bdf parsed = { 0 };
    struct err e;

    assert_int_equal(bdf_parse(bdf, &parsed, &e), 0);
    assert_string_equal(kernel_driver(parsed), driver);
}

/* Lines of the machine's state. */
static void assert_has(const char *text, bool yes)
{
    char *now = bind_snapshot();

    if ((strstr(now, text) != NULL) != yes)
        fail_msg("%s '%s' in\n%s", yes ? "no" : "there is", text, now);
    free(now);
}

static void test_round_trips(void **state)
{
    static const char *const drivers[] = { "pciback", "pci-stub", "vfio-pci" };

    for (size_t i = 0; i < 3; i++) {
        char *before, line[128], says[64];

        bind_reset();
        before = bind_snapshot();
        snprintf(line, sizeof(line), "pciback-bind --driver=%s 2:0.0", drivers[i]);
        snprintf(says, sizeof(says), NIC ": with driver %s", drivers[i]);
        bind_expect(0, says, NULL, line);
        assert_driver(NIC, drivers[i]);
        assert_string_equal(bind_record(NIC), E1000E);
        assert_has("0000:02:00.0 driver=", true);
        snprintf(says, sizeof(says), NIC ": already with driver %s\n", drivers[i]);
        bind_expect(0, says, NULL, line);
        bind_expect(0, NIC ": returned to driver e1000e\n", NULL, "pciback-unbind 2:0.0");
        bind_assert_same(before);
        bind_expect(0, NIC ": already with driver e1000e\n", NULL, "pciback-unbind 2:0.0");
        bind_assert_same(before);
        free(before);
    }
    (void)state;
}

/* On dom0 the record is libxl's and the function is in Xen's quarantine, as after xl. */
static void test_dom0(void **state)
{
    (void)state;
    bind_expect(0, NIC ": with driver pciback\n", NULL, "pciback-bind -d pciback 2:0.0");
    assert_string_equal(store_get("/libxl/pci/0000-02-00-0/driver_path"), E1000E);
    assert_true(edges_quarantined(NIC));
    bind_expect(0, NULL, NULL, "pciback-unbind 2:0.0");
    assert_null(store_get("/libxl/pci/0000-02-00-0/driver_path"));
    assert_false(edges_quarantined(NIC));
    bind_expect(0, "with driver pci-stub; not quarantined by Xen\n", NULL,
                "pciback-bind -d pci-stub 2:0.0");
    bind_expect(6, NULL, "hint: Xen uses the IOMMU itself: for Xen's guests use --driver=pciback",
                "pciback-bind -d vfio-pci 2:0.0");
    assert_driver(NIC, "pci-stub");
}

/* Where the hypervisor does not answer, the output says so. */
static void test_no_quarantine(void **state)
{
    char *before;

    (void)state;
    edges_set_xen(false);
    bind_expect(0, "not quarantined by Xen (" NIC ": Xen's quarantine: no libxenctrl): xl gives "
                   "it back only after `xl pci-assignable-add " NIC "`", NULL,
                "pciback-bind -d pciback 2:0.0");
    before = bind_snapshot();
    bind_expect(6, NULL, "no libxenctrl", "pciback-unbind 2:0.0");
    bind_assert_same(before);
    /* The undo does not ask for quarantine to end that never began. */
    bind_reset();
    free(before);
    before = bind_snapshot();
    edges_set_xen(false);
    kernel_fail(5, EIO, false);
    bind_expect(1, NULL, NULL, "pciback-bind -d pciback 2:0.0 9:0.0");
    edges_set_xen(true);
    bind_assert_same(before);
    free(before);
}

/* From one keeper to another, the record stays that of the native driver. */
static void test_chain(void **state)
{
    char *before = bind_snapshot();

    (void)state;
    bind_expect(0, NULL, NULL, "pciback-bind -d pciback 2:0.0");
    bind_expect(0, NULL, NULL, "pciback-bind -d pci-stub 2:0.0");
    assert_string_equal(bind_record(NIC), E1000E);
    assert_has("slot " NIC, false);
    assert_false(edges_quarantined(NIC));
    bind_expect(0, "returned to driver e1000e", NULL, "pciback-unbind 2:0.0");
    bind_assert_same(before);
    free(before);
}

static void test_no_driver(void **state)
{
    (void)state;
    bind_expect(0, NULL, NULL, "pciback-bind -d pci-stub 5:0.0");
    assert_null(bind_record("0000:05:00.0"));
    bind_expect(0, "0000:05:00.0: returned to driver e1000e\n", NULL, "pciback-unbind 5:0.0");
    kernel_break_driver("e1000e", true);
    kernel_bind("0000:05:00.0", "");
    bind_expect(0, "0000:05:00.0: no driver claimed it\n", NULL, "pciback-unbind 5:0.0");
    /* An override that keeps every driver away is removed. */
    kernel_break_driver("e1000e", false);
    kernel_override("0000:05:00.0", "vfio-pci");
    bind_expect(0, "0000:05:00.0: returned to driver e1000e\n", NULL, "pciback-unbind 5:0.0");
    assert_has("0000:05:00.0 driver=e1000e override=\n", true);
}

static void test_module(void **state)
{
    (void)state;
    bind_expect(0, "1. load kernel module pci-stub  (undo: none", NULL,
                "pciback-bind -d pci-stub --dry-run 2:0.0 5:0.0");
    kernel_set_module(MODULE_BROKEN);
    bind_expect(6, NULL, "load kernel module: pci-stub: it is loaded, but its driver pci-stub does "
                "not exist", "pciback-bind -d pci-stub 2:0.0");
    kernel_set_module(MODULE_MISSING);
    bind_expect(6, NULL, "driver pci-stub: this kernel does not have it",
                "pciback-bind -d pci-stub 2:0.0");
    assert_driver(NIC, "e1000e");
    kernel_set_module(MODULE_LOADABLE);
    bind_expect(0, NULL, NULL, "pciback-bind -d pci-stub 2:0.0 5:0.0");
    assert_driver("0000:05:00.0", "pci-stub");
}

/* VFIO's policy: the group whole. */
static void test_group(void **state)
{
    char *before = bind_snapshot();

    (void)state;
    bind_expect(3, NULL, "0000:09:00.0: vfio-pci needs its whole group, but 0000:09:00.1 is with "
                "driver e1000e: the kernel has them in one IOMMU group\n"
                "hint: --with-group takes the whole group; --allow=split-group",
                "pciback-bind -d vfio-pci 9:0.0");
    bind_assert_same(before);
    bind_expect(0, "0000:09:00.1: with driver vfio-pci, /dev/vfio/9\n", NULL,
                "pciback-bind -d vfio-pci 9:0.0 --with-group");
    bind_expect(0, "0000:09:00.1: returned to driver e1000e\n", NULL,
                "pciback-unbind 9:0.0 --with-group");
    bind_assert_same(before);
    bind_expect(0, NULL, NULL, "pciback-bind -d vfio-pci 9:0.*");
    bind_expect(0, NULL, NULL, "pciback-unbind 9:0.1 9:0.0 9:0.*");
    bind_assert_same(before);
    bind_expect(0, NULL, ": no program can open /dev/vfio/9 while driver e1000e has 0000:09:00.1",
                "pciback-bind -d vfio-pci 9:0.0 --allow=split-group");
    bind_expect(0, NULL, NULL, "pciback-bind -d vfio-pci 9:0.1");
    bind_expect(0, NULL, NULL, "pciback-bind -d pci-stub 9:0.1"); /* vfio's own condition */
    bind_expect(0, "already", NULL, "pciback-bind -d vfio-pci 9:0.0");
    free(before);
    bind_reset();
    kernel_bind("0000:05:00.0", "e1000e");
    bind_expect(6, NULL, "the kernel has no IOMMU group for it, so vfio-pci cannot drive it\nhint: "
                         "is VT-d or AMD-Vi on", "pciback-bind -d vfio-pci 5:0.0");
}

static void test_owner(void **state)
{
    struct run run;

    (void)state;
    run = bind_run("pciback-bind -d vfio-pci --owner=root 9:0.* --dry-run");
    assert_non_null(strstr(run.out, "\n3. give /dev/vfio/9 to user 0"));
    assert_null(strstr(run.out, "\n4. "));
    bind_expect(0, "/dev/vfio/9: belongs to user 1234\n", NULL,
                "pciback-bind -d vfio-pci --owner=1234 9:0.*");
    assert_has("group 9 user 1234\n", true);
    bind_expect(0, "0000:09:00.0: already with driver vfio-pci", NULL,
                "pciback-bind -d vfio-pci --owner=77 9:0.*");
    assert_has("group 9 user 77\n", true);
    bind_expect(0, "2. give /dev/vfio/2 to user 0  (undo: give it back to its former owner)", NULL,
                "pciback-bind -d vfio-pci --owner=root 2:0.0 --dry-run");
    bind_expect(4, NULL, "--owner: no such user: 'no-such-user'",
                "pciback-bind -d vfio-pci --owner=no-such-user 2:0.0");
    bind_expect(4, NULL, "--owner: no such user: ''",
                "pciback-bind -d vfio-pci --owner= 2:0.0");
    bind_expect(2, NULL, "--owner is for vfio-pci's files",
                "pciback-bind -d pci-stub --owner=root 2:0.0");
}

static void test_refusals(void **state)
{
    static const struct {
        int code;
        const char *err, *line;
    } cases[] = {
        { 2, "--driver is missing\nhint: --driver=pciback", "pciback-bind 2:0.0" },
        { 2, "--driver=e1000e: expected pciback, pci-stub or vfio-pci",
          "pciback-bind -d e1000e 2:0.0" },
        { 2, "too few operands", "pciback-bind -d pciback" },
        { 2, "02:00.9", "pciback-bind -d pciback 02:00.9" },
        { 2, "--allow=everything: no such check: expected in-use, split-group, boot-hidden or twin",
          "pciback-bind -d pciback 2:0.0 --allow=everything" },
        { 2, "--allow=in-use: no such check: expected boot-hidden or twin",
          "pciback-unbind 2:0.0 --allow=in-use" },
        { 2, "--root: this program needs the running host", "pciback-unbind 2:0.0 --root /tmp" },
        { 3, "0000:00:03.0: dom0 uses it: vda > / (mount)\nhint: free it in dom0 first; "
             "--allow=in-use", "pciback-bind -d pciback 2:0.0 0:3.0" },
        { 3, "0000:00:1c.0: a bridge stays with the host", "pciback-bind -d pciback 0:1c.0" },
        { 3, "0000:00:1c.0: a bridge stays with the host", "pciback-unbind 0:1c.0" },
        { 3, "0000:04:00.0: the boot configuration hides it from dom0, so it should stay in "
             "pciback\n"
             "hint: --allow=boot-hidden", "pciback-unbind 3:0.0 4:0.0" },
        { 3, "0000:04:00.0: the boot configuration hides it", "pciback-bind -d pci-stub 4:0.0" },
        { 4, "0000:1f:00.0: this host has no such device", "pciback-bind -d pciback 1f:0.0" },
        { 4, "0000:1f:00.", "pciback-unbind 1f:0.*" },
    };

    char *before = bind_snapshot();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bind_expect(cases[i].code, NULL, cases[i].err, cases[i].line);
        bind_assert_same(before);
        assert_int_equal(kernel_writes(), 0);
    }
    bind_expect(0, "returned to driver e1000e", NULL, "pciback-unbind 4:0.0 --allow=boot-hidden");
    bind_expect(0, "with driver pci-stub", NULL, "pciback-bind -d pci-stub 0:3.0 --allow=in-use");
    free(before);
}

static void test_owned(void **state)
{
    (void)state;
    bind_give(7, "0000:03:00.0");
    bind_expect(3, NULL, "0000:03:00.0: it belongs to domain 7\n"
                "hint: detach it there first: xvtd detach 7 0000:03:00.0", "pciback-unbind 3:0.0");
    bind_expect(3, NULL, "it belongs to domain 7", "pciback-bind -d pci-stub 3:0.0");
    bind_expect(0, "already with driver pciback, attached to domain 7", NULL,
                "pciback-bind -d pciback 3:0.0");
}

/* xl, which ignores our locks, takes the device first. */
static void xl_takes_it(void)
{
    kernel_hook = NULL;
    kernel_bind("0000:03:00.0", "pciback");
    bind_give(7, "0000:03:00.0");
}

static void test_race(void **state)
{
    (void)state;
    kernel_hook = xl_takes_it;
    bind_expect(1, NULL, "0000:03:00.0: domain 7 got it meanwhile",
                "pciback-bind -d pci-stub 2:0.0 3:0.0");
    assert_driver("0000:03:00.0", "pciback");
    assert_driver(NIC, "e1000e");
    assert_string_equal(bind_record("0000:03:00.0"), E1000E);
}

static void test_group_open(void **state)
{
    (void)state;
    edges_open_group(3);
    bind_expect(3, NULL, "0000:03:00.0: a program has its VFIO group open, /dev/vfio/3\nhint: end "
                         "that program first", "pciback-unbind 3:0.0");
    bind_expect(3, NULL, "a program has its VFIO group open", "pciback-bind -d pciback 3:0.0");
    bind_expect(0, "already", NULL, "pciback-bind -d vfio-pci 3:0.0");
}

static void test_dry_run(void **state)
{
    char *before = bind_snapshot();
    struct run run;
    int code;

    (void)state;
    bind_expect(0, "1. take 0000:02:00.0 from driver e1000e to pciback  (undo: give it back to "
                   "e1000e)\n2. take 0000:05:00.0 from no driver to pciback  (undo: leave it "
                   "without a driver)\n", NULL, "pciback-bind -d pciback 2:0.0 5:0.0 --dry-run");
    bind_expect(0, "1. return 0000:03:00.0 to driver e1000e  (undo: take it to ", NULL,
                "pciback-unbind 3:0.0 --dry-run");
    bind_expect(0, "nothing to do\n", NULL, "pciback-unbind 2:0.0 --dry-run");
    run = bind_run("pciback-bind -d pci-stub 2:0.0 --dry-run --json");
    assert_true(json_valid(run.out, &code));
    assert_non_null(strstr(run.out, "\"load-module\""));
    bind_assert_same(before);
    free(before);
}

static void test_json(void **state)
{
    struct run run;
    int code;

    (void)state;
    run = bind_run("pciback-bind -d vfio-pci 2:0.0 3:0.0 --json");
    assert_true(json_valid(run.out, &code));
    assert_int_equal(run.code, 0);
    assert_non_null(strstr(run.out, "\"done\""));
    assert_non_null(strstr(run.out, "\"already\""));
    assert_non_null(strstr(run.out, "\"/dev/vfio/2\""));
    run = bind_run("pciback-bind -d vfio-pci 9:0.0 --json");
    assert_int_equal(run.code, 3);
    assert_true(json_valid(run.out, &code));
    assert_int_equal(code, 3);
    assert_non_null(strstr(run.out, "\"split-group\""));
}

static void stop_now(void)
{
    kernel_hook = NULL;
    clock_signal(SIGTERM);
}

static void test_stop(void **state)
{
    char *before = bind_snapshot();

    (void)state;
    kernel_hook = stop_now;
    bind_expect(1, "0000:02:00.0: as it was\n0000:09:00.0: as it was\n",
                "pciback-bind: stopped by a signal\n", "pciback-bind -d pciback 2:0.0 9:0.0");
    bind_assert_same(before);
    free(before);
}

/* ---- everything fails in turn ---- */

enum { KERNEL, STORE, EDGES, N_PLACES };

static void fail_at(int place, unsigned n, int errnum, bool onwards)
{
    if (place == KERNEL)
        kernel_fail(n, errnum, onwards);
    else if (place == STORE)
        store_fail(n, errnum);
    else
        edges_fail(n, errnum, onwards);
}

/* Exit 0: as after a run without failure.  Exit 5: it prints what is left.  Else as before. */
static unsigned faults_of(const char *line)
{
    char *before, *after;
    unsigned undone = 0;

    bind_reset();
    before = bind_snapshot();
    bind_expect(0, NULL, NULL, line);
    after = bind_snapshot();
    for (int place = 0; place < N_PLACES; place++)
        for (int onwards = 0; onwards < 2; onwards++)
            for (unsigned n = 1; n < 40; n++) {
                struct run run;
                char *now;

                bind_reset();
                fail_at(place, n, EIO, onwards);
                run = bind_run(line);
                fail_at(place, 0, 0, false);
                now = bind_snapshot();
                if (run.code == 0 ? strcmp(now, after) : run.code != 5 && strcmp(now, before))
                    fail_msg("%s: place %d, %u: exit %d: %s\nnow\n%sbefore\n%s", line, place, n,
                             run.code, run.err, now, before);
                if (run.code == 5 && (!onwards || !strstr(run.err, "could not be put back: 0000:") ||
                                      !strstr(run.err, "\nhint: ")))
                    if (!onwards || !strstr(run.err, "/dev/vfio/"))
                        fail_msg("%s: place %d, %u: one failure is left: %s", line, place, n,
                                 run.err);
                if (run.code && strncmp(run.err, "pciback-", 8))
                    fail_msg("%s: no message: %s", line, run.err);
                undone += run.code == 1;
                free(now);
            }
    free(before);
    free(after);
    return undone;
}

static void test_faults_bare(void **state)
{
    (void)state;
    assert_true(faults_of("pciback-bind -d vfio-pci --owner=1000 9:0.*") > 8);
    assert_true(faults_of("pciback-bind -d vfio-pci --owner=1000 2:0.0 9:0.*") > 12);
    assert_true(faults_of("pciback-bind -d pci-stub 2:0.0 5:0.0") > 6);
    assert_true(faults_of("pciback-bind -d pciback 3:0.0") > 3);
    assert_true(faults_of("pciback-unbind 3:0.0 5:0.0") > 3);
}

static void test_faults_dom0(void **state)
{
    (void)state;
    assert_true(faults_of("pciback-bind -d pciback 2:0.0 9:0.0") > 10);
    assert_true(faults_of("pciback-bind -d pci-stub 3:0.0") > 6);
    assert_true(faults_of("pciback-unbind 3:0.0 5:0.0") > 6);
}

/* The kernel reports a successful probe, but no driver has bound. */
static void test_lies(void **state)
{
    char *before = bind_snapshot();

    (void)state;
    kernel_break_driver("vfio-pci", true);
    bind_expect(1, "0000:02:00.0: as it was", "0000:02:00.0: driver 'vfio-pci' did not take it; it "
                   "has no driver", "pciback-bind -d vfio-pci 2:0.0");
    bind_assert_same(before);
    free(before);
}

/* By a name: from the file, on Xen also one that xl has stored. */
static void test_names(void **state)
{
    (void)state;
    tree_write("0x0001\n", "%s/subsystem_device", kernel_path("0000:02:00.0"));
    tree_write("uplink0 0000:0d:00.0 8086:10d3:0000:0001\n", "etc/xvtd/names");
    store_set("/libxl/pci/0000-09-00-0/name", "spare");
    bind_expect(0, "0000:02:00.0: with driver pci-stub", "uplink0 was 0000:0d:00.0",
                "pciback-bind -d pci-stub uplink0");
    bind_expect(0, "0000:02:00.0: returned to driver e1000e", NULL, "pciback-unbind uplink0");
    bind_expect(4, NULL, "'nobody': no device has this name", "pciback-bind -d pci-stub nobody");
    if (tree_on_xen)
        bind_expect(0, "0000:09:00.0: with driver pci-stub", NULL,
                    "pciback-bind -d pci-stub spare 9:0.1");
    else
        bind_expect(4, NULL, "'spare': no device has this name", "pciback-bind -d pci-stub spare");
}

int main(void)
{
#define BARE(name) cmocka_unit_test_setup_teardown(name, bare_setup, bind_teardown)
#define DOM0(name) cmocka_unit_test_setup_teardown(name, dom0_setup, bind_teardown)
    const struct CMUnitTest tests[] = {
        BARE(test_names),
        DOM0(test_names),
        BARE(test_round_trips),
        DOM0(test_dom0),
        DOM0(test_no_quarantine),
        BARE(test_chain),
        DOM0(test_chain),
        BARE(test_no_driver),
        DOM0(test_no_driver),
        BARE(test_module),
        BARE(test_group),
        BARE(test_owner),
        BARE(test_refusals),
        DOM0(test_refusals),
        DOM0(test_owned),
        DOM0(test_race),
        BARE(test_group_open),
        BARE(test_dry_run),
        BARE(test_json),
        BARE(test_stop),
        DOM0(test_stop),
        BARE(test_faults_bare),
        DOM0(test_faults_dom0),
        BARE(test_lies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
