/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migrate on the host that the guest leaves: what is asked, moved, believed and put back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_child.h"
#include "fake_xen.h"
#include "machine.h"
#include "migrate/after.h"

#define MANIFEST "var/lib/xvtd/00000000-0000-4000-8000-000000000001.json"
#define SCHEMA "{\"schema\":\"xvtd-migrate/1\","

static const struct bdf nic = { 0, 2, 0, 0 };

static int setup(void **state)
{
    child_begin();
    return machine_setup(state);
}

static void two_devices(void)
{
    expect(0, NULL, NULL, "assign vm1 2:0.0 7 --permissive");
    expect(0, NULL, NULL, "assign vm1 9:0.0 8");
}

static bool has_manifest(void)
{
    CLEANUP(root_close_p) struct root *root = tree_root();

    return root_existsf(root, MANIFEST);
}

static void leaves(void)
{
    xen_destroy(1);
}

/* As it stays when the transport dies. */
static void log_dirty(void)
{
    xen_domain(1)->log_dirty = true;
}

static void is_renamed(void)
{
    strcpy(xen_domain(1)->info.name, "vm1--migratedaway");
}

static void is_paused(void)
{
    xen_domain(1)->info.paused = true;
}

static void is_suspended(void)
{
    xen_domain(1)->info.suspended = true;
}

/* Everything is in the guest as before; the guest keeps its IOMMU from now on. */
static void assert_back(void)
{
    expect(0, "0x07", NULL, "pci-list vm1");
    expect(0, "0x08", NULL, "pci-list vm1");
    expect(0, "permissive\": true", NULL, "pci-list --json vm1");
    assert_false(has_manifest());
    assert_int_equal(journals(), 0);
}

static void test_moves(void **state)
{
    (void)state;
    two_devices();
    child_xl(0, "", leaves);
    expect(0, "0000:02:00.0: detached from vm1\n"
           "0000:09:00.0: detached from vm1\n"
           "0000:02:00.0: attached to vm1 at 0x07\n"
           "0000:09:00.0: attached to vm1 at 0x08\n"
           "vm1: on hostb: checked 0.0 s", NULL, "migrate vm1 hostb");
    assert_string_equal(child_log(),
        "start exec ssh -o ServerAliveInterval=10 -o ServerAliveCountMax=3 hostb xvtd "
        "migrate-receive\n"
        "check 2 devices, 0 maps\n"
        "keep 2 devices, 0 maps\n"
        "run xl migrate -s ssh -o ServerAliveInterval=10 -o ServerAliveCountMax=3 1 hostb\n"
        "restore 2 devices, 0 maps\n"
        "end\n");
    assert_false(has_manifest());
    assert_int_equal(journals(), 0);
    assert_string_equal(kernel_driver(nic), "pciback");
}

static void test_words(void **state)
{
    (void)state;
    two_devices();
    child_xl(0, "", leaves);
    expect(0, "\"without_devices_ms\": 0", NULL,
           "--json migrate vm1 root@b.example --rsh=myrsh --map 2:0.0=3:0.0 --map uplink0=4:0.0 "
           "-- -e --debug");
    assert_non_null(strstr(child_log(), "start exec myrsh root@b.example xvtd migrate-receive\n"));
    assert_non_null(strstr(child_log(), "check 2 devices, 2 maps\n"));
    assert_non_null(strstr(child_log(),
                           "run xl migrate -s myrsh -e --debug 1 root@b.example\n"));
}

/* One result for each device: its final state. */
static void test_json(void **state)
{
    struct run run;
    int code;

    (void)state;
    two_devices();
    child_xl(0, "", leaves);
    run = xvtd("--json migrate vm1 hostb");
    assert_int_equal(run.code, 0);
    assert_true(json_valid(run.out, &code));
    assert_null(strstr(run.out, "detached"));
    assert_non_null(strstr(run.out, "\"message\": \"attached to vm1 at 0x07\""));
    assert_non_null(strstr(run.out, "\"host\": \"hostb\""));
}

static void assert_version(const char *version)
{
    if (!strstr(child_order(), version))
        fail_msg("no %s in %s", version, child_order());
}

/* The other host can have another release: each order has a version that it reads. */
static void test_releases(void **state)
{
    static const struct {
        const char *says, *later;   /* the versions that it reports; the version of later orders */
    } releases[] = {
        { SCHEMA, "{\"schema\":\"xvtd-migrate/1\"," },
        { SCHEMA "\"speaks\":1,", "{\"schema\":\"xvtd-migrate/1\"," },
        { SCHEMA "\"speaks\":2,", "{\"schema\":\"xvtd-migrate/2\"," },
        { SCHEMA "\"speaks\":3,", "{\"schema\":\"xvtd-migrate/2\"," },
    };
    char answer[512];

    (void)state;
    two_devices();
    for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
        child_begin();
        snprintf(answer, sizeof(answer), "%s\"results\":[{\"bdf\":\"0000:02:00.0\",\"status\":"
                 "\"already\",\"vslot\":\"0x07\",\"vfunc\":0},{\"bdf\":\"0000:09:00.0\",\"status\":"
                 "\"already\",\"vslot\":\"0x08\",\"vfunc\":0}]}", releases[i].says);
        child_answers(1, answer);
        expect(0, NULL, NULL, "--dry-run migrate vm1 hostb");
        assert_version(SCHEMA "\"speaks\":2,");
        assert_null(strstr(child_log(), "keep"));
        child_begin();
        child_answers(1, answer);
        snprintf(answer, sizeof(answer), "%s\"results\":[]}", releases[i].says);
        child_answers(2, answer);
        child_answers(3, answer);
        child_xl(1, "", NULL);
        expect(1, NULL, "its devices are back", "migrate vm1 hostb");
        assert_version(releases[i].later);
    }
    assert_back();
}

static void test_refused_words(void **state)
{
    static const char *const hosts[] = { "-oProxyCommand=x", ".host", "a;b", "a$b", "a'b", "a/b",
                                         "a`b`", "_a", ":a", "h\xc3\xb6st", "a\nb" };
    char *before;

    (void)state;
    two_devices();
    before = machine_snapshot();
    for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++)
        expect(2, NULL, i ? "expected the name of a host" : NULL, "migrate vm1 %s", hosts[i]);
    expect(2, NULL, "too few operands", "migrate vm1");
    expect(2, NULL, "one operand too many", "migrate vm1 hostb vm2");
    expect(2, NULL, "one operand too many", "migrate vm1 hostb -- -");
    expect(2, NULL, "-C would change the guest's configuration", "migrate vm1 hostb -- -C");
    expect(2, NULL, "for -s use --rsh", "migrate vm1 hostb -- -sfoo");
    expect(2, NULL, "-eCfile: not an option for xl migrate", "migrate vm1 hostb -- -eCfile");
    expect(2, NULL, "-Fps: not an option", "migrate vm1 hostb -- -e -Fps");
    expect(2, NULL, "-h: not an option", "migrate vm1 hostb -- -h");
    expect(2, NULL, "--help: not an option", "migrate vm1 hostb -- --help");
    expect(2, NULL, "--deb: not an option", "migrate vm1 hostb -- --deb");
    expect(2, NULL, "expected a command", "migrate vm1 hostb --rsh=");
    expect(2, NULL, "expected OLD=NEW", "migrate vm1 hostb --map=2:0.0");
    expect(2, NULL, "timeout", "migrate vm1 hostb --timeout=0");
    expect(4, NULL, "no running domain", "migrate vm7 hostb");
    assert_string_equal(child_log(), "");
    assert_machine(before);
    free(before);
}

static void test_dry_run(void **state)
{
    struct run run;
    char *before;

    (void)state;
    two_devices();
    before = machine_snapshot();
    run = xvtd("--dry-run migrate vm1 hostb");
    assert_int_equal(run.code, 0);
    assert_non_null(strstr(run.out, "detach 0000:02:00.0 from vm1, slot 0x07"));
    assert_non_null(strstr(run.out, "migrate vm1 to hostb"));
    assert_non_null(strstr(run.out, "attach 0000:09:00.0 to vm1 on hostb at slot 0x08"));
    expect(0, "\"step\": \"migrate\"", NULL, "--json --dry-run migrate vm1 hostb");
    assert_null(strstr(child_log(), "keep"));
    assert_null(strstr(child_log(), "run"));
    assert_machine(before);
    assert_int_equal(journals(), 0);
    free(before);
}

/* A guest without devices needs no xvtd on the other host. */
static void test_without_devices(void **state)
{
    (void)state;
    child_xl(0, "", leaves);
    expect(0, "vm1: already without devices\n", NULL, "migrate vm1 hostb");
    assert_null(strstr(child_log(), "migrate-receive"));
    assert_non_null(strstr(child_log(), "run xl migrate"));
}

/* Devices that eject has put into the manifest go with the guest. */
static void test_pending(void **state)
{
    (void)state;
    two_devices();
    expect(0, NULL, NULL, "eject vm1");
    expect(0, NULL, NULL, "assign vm1 4:0.0 9");
    child_xl(0, "", leaves);
    expect(0, "0000:04:00.0: attached", NULL, "migrate vm1 hostb");
    assert_non_null(strstr(child_log(), "keep 3 devices"));
    assert_non_null(strstr(child_log(), "restore 3 devices"));
    assert_false(has_manifest());
}

/* Any bad answer to the first question: xvtd touches nothing here. */
static void test_refused_there(void **state)
{
    static const struct {
        const char *answer, *err;
        int code;
    } cases[] = {
        { "", "xvtd: migrate: vm1: hostb: it ended without an answer, with exit code 127\n"
              "hint: that host needs this release of xvtd, the one before or the next: try `ssh", 6 },
        { NULL, "hostb: no answer in time", 6 },
        { "bash: xvtd: command not found", "xvtd cannot understand its answer: it is not JSON", 6 },
        { "[]", "xvtd cannot understand its answer", 6 },
        { "{}", "it is not a message of xvtd", 6 },
        { "{\"schema\":\"xvtd-migrate/3\"}", "it has version 3", 6 },
        { SCHEMA "\"results\":7}", "about 2 devices and answered about 0", 6 },
        { SCHEMA "\"results\":[]}", "about 2 devices and answered about 0", 6 },
        { SCHEMA "\"results\":[{}]}", "result number 1", 6 },
        { SCHEMA "\"results\":[{\"bdf\":\"0000:02:00.0\",\"status\":\"already\",\"vslot\":\"0x20\","
          "\"vfunc\":0}]}", "result number 1", 6 },
        { SCHEMA "\"results\":[{\"bdf\":\"0000:02:00.0\",\"status\":\"already\",\"vfunc\":0},"
          "{\"bdf\":\"0000:09:00.0\",\"status\":\"failed\",\"vfunc\":0,\"message\":\"this host has "
          "no \\u001b[31msuch\\ndevice\"}]}",
          "xvtd: migrate: vm1: hostb: 0000:09:00.0: this host has no \\u001b[31msuch\\u000adevice\nhint: ", 3 },
        { SCHEMA "\"results\":[{\"bdf\":\"0000:02:00.0\",\"status\":\"failed\",\"vfunc\":0},"
          "{\"bdf\":\"0000:09:00.0\",\"status\":\"failed\",\"vfunc\":0,\"message\":\"x\"}]}",
          "(and 1 more)", 3 },
        { SCHEMA "\"results\":[{\"bdf\":\"0000:02:00.0\",\"status\":\"done\",\"vfunc\":0},"
          "{\"bdf\":\"0000:09:00.0\",\"status\":\"already\",\"vfunc\":0}]}", "hostb: 0000:02:00.0", 3 },
        { SCHEMA "\"results\":[],\"error\":{\"code\":6,\"message\":\"Xen has no IOMMU\",\"hint\":"
          "\"switch\"}}", "vm1: hostb: Xen has no IOMMU\nhint: switch\n", 6 },
        { SCHEMA "\"results\":[],\"error\":{\"code\":5,\"message\":\"x\"}}", "hostb: x\n", 6 },
        { SCHEMA "\"results\":[],\"error\":{\"code\":0,\"message\":\"x\"}}", "its error", 6 },
        { SCHEMA "\"results\":[],\"error\":{\"code\":3,\"message\":\"\"}}", "its error", 6 },
        { SCHEMA "\"results\":[],\"error\":7}", "its error", 6 },
    };
    char *before;

    (void)state;
    two_devices();
    before = machine_snapshot();
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        child_begin();
        child_answers(1, cases[i].answer);
        expect(cases[i].code, "", cases[i].err, "migrate vm1 hostb");
        assert_machine(before);
        assert_int_equal(journals(), 0);
        assert_null(strstr(child_log(), "keep"));
    }
    free(before);
}

/* The manifest cannot be kept there: the guest gets its devices back here. */
static void test_not_kept(void **state)
{
    (void)state;
    two_devices();
    child_answers(2, SCHEMA "\"results\":[],\"error\":{\"code\":6,\"message\":\"disk full\"}}");
    expect(1, NULL, "xvtd: migrate: vm1: hostb: disk full; its devices are back\n",
           "migrate vm1 hostb");
    assert_back();
    assert_null(strstr(child_log(), "run"));
    assert_non_null(strstr(child_log(), "drop"));
}

static void test_xl_fails(void **state)
{
    (void)state;
    two_devices();
    child_xl(1, "migration sender: saving\nxc: error: Failed to \ttalk: 1\nMigration failed, resuming at "
             "sender.\n\n", NULL);
    expect(1, "attached to vm1", "xvtd: migrate: vm1: xl migrate ended with exit code 1: xc: error: "
           "Failed to  talk: 1; its devices are back\n", "migrate vm1 hostb");
    assert_back();
    assert_non_null(strstr(child_log(), "run"));
    assert_non_null(strstr(child_log(), "drop"));
    child_xl(7, "", log_dirty);
    expect(1, "\"status\": \"done\"", "exit code 7; its devices", "--json migrate vm1 hostb");
    assert_back();
}

/* xl still has the guest, or the guest's place is unknown: xvtd touches nothing. */
static void test_unsure(void **state)
{
    static const struct {
        void (*hook)(void);
        int code;
        const char *err;
    } cases[] = {
        { is_renamed, 1, "its name is now 'vm1--migratedaway', so xvtd changed nothing" },
        { is_paused, 1, "it is paused, so xvtd changed nothing" },
        { is_suspended, 1, "it is suspended, so xvtd changed nothing" },
        { leaves, 1, "it is no longer here, so xvtd changed nothing" },
        { NULL, 0, "xl migrate reported success, but the guest is still here" },
        { is_paused, 0, "xl migrate reported success, but the guest is still here" },
    };

    (void)state;
    two_devices();
    machine_save();
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        machine_reset();
        child_begin();
        child_xl(cases[i].code, "", cases[i].hook);
        expect(5, NULL, cases[i].err, "migrate vm1 hostb");
        assert_null(strstr(child_log(), "restore"));
        assert_null(strstr(child_log(), "drop"));
        assert_true(has_manifest());
        assert_int_equal(journals(), 1);
        if (cases[i].hook == leaves) {
            expect_note("recovered: migrate vm1: finished", "migrated", "vm1", "recover");
            assert_false(has_manifest());
        } else if (cases[i].hook) {
            expect(5, NULL, "so xvtd changed nothing\n"
                   "hint: find the running guest with", "recover");
            assert_int_equal(journals(), 1);
            strcpy(xen_domain(1)->info.name, "vm1");
            xen_domain(1)->info.paused = xen_domain(1)->info.suspended = false;
            expect(0, "recovered: migrate vm1: undone", NULL, "recover vm1");
            assert_back();
        }
        assert_int_equal(journals(), cases[i].hook ? 0 : 1);
    }
}

/* The guest is on the other host; xvtd reports the state of its devices there. */
static void test_not_all_there(void **state)
{
    (void)state;
    two_devices();
    child_xl(0, "", leaves);
    child_answers(3, SCHEMA "\"results\":[{\"bdf\":\"0000:02:00.0\",\"status\":\"done\",\"vslot\":"
                  "\"0x07\",\"vfunc\":0},{\"bdf\":\"0000:09:00.0\",\"status\":\"failed\",\"vslot\":null,"
                  "\"vfunc\":0,\"message\":\"this host has no such device\"}],\"error\":{\"code\":5,"
                  "\"message\":\"0000:09:00.0: no such device\",\"hint\":\"it stays in the manifest\"}}");
    expect(5, "0000:02:00.0: attached to vm1 at 0x07\n0000:09:00.0: this host has no such device\n",
           "xvtd: migrate: vm1: it runs on hostb, but: 0000:09:00.0: no such device\n"
           "hint: it stays in the manifest\n", "migrate vm1 hostb");
    assert_false(has_manifest());
    assert_int_equal(journals(), 0);
}

/* If the connection has died meanwhile, xvtd connects again, once. */
static void test_connection_lost(void **state)
{
    (void)state;
    two_devices();
    machine_save();
    child_xl(0, "", leaves);
    child_answers(3, "");
    expect(0, "0000:02:00.0: attached to vm1 at 0x07", NULL, "migrate vm1 hostb");
    machine_reset();
    child_begin();
    child_xl(0, "", leaves);
    child_answers(3, "");
    child_answers(4, "");
    expect(5, NULL, "xvtd: migrate: vm1: it runs on hostb; are its devices back?: hostb: it ended",
           "migrate vm1 hostb");
    assert_int_equal(journals(), 0);
    machine_reset();
    child_begin();
    child_xl(0, "", leaves);
    child_answers(3, NULL);
    expect(5, NULL, "are its devices back?: hostb: no answer in time", "migrate vm1 hostb");
    assert_null(strstr(strstr(child_log(), "restore") + 1, "restore"));
}

static void test_mute(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    xen_set_ack(1, ACK_NEVER, 0);
    expect(5, "has not acknowledged", "the other devices are back\nhint: run `xvtd recover vm1`",
           "migrate vm1 hostb --timeout=2");
    assert_null(strstr(child_log(), "run"));
    assert_true(has_manifest());
    assert_int_equal(journals(), 2);
    expect(5, NULL, NULL, "recover --timeout=1");
    assert_true(has_manifest());
    xen_let_go(1);
    xen_set_ack(1, ACK_AT_ONCE, 0);
    expect(0, "recovered: migrate vm1: undone", NULL, "recover");
    expect(0, "0x07", NULL, "pci-list vm1");
    assert_false(has_manifest());
    assert_int_equal(journals(), 0);
}

static void stop_at_xl(void)
{
    clock_signal(2);
}

static void stop_at(const char *order)
{
    if (!strcmp(order, "keep"))
        clock_signal(2);
}

/* A signal while xl runs is too late to stop it; before that everything goes back. */
static void test_signals(void **state)
{
    (void)state;
    two_devices();
    machine_save();
    child_hook = stop_at;
    expect(1, "attached to vm1", "its devices are back", "migrate vm1 hostb");
    clock_begin();
    assert_back();
    assert_null(strstr(child_log(), "run"));
    machine_reset();
    child_begin();
    child_xl(1, "", stop_at_xl);
    expect(1, "attached to vm1", "its devices are back", "migrate vm1 hostb");
    clock_begin();
    assert_back();
}

/*
 * After a death at any moment `recover` has the devices in the guest where it is here, and
 * nothing is left of it where it has gone.
 */
static void kill_everywhere(int code, void (*hook)(void), bool twice, unsigned *deaths)
{
    for (unsigned n = 1;; n++) {
        bool died;

        machine_reset();
        child_begin();
        child_xl(code, "", hook);
        died = killed(n, 0, "migrate vm1 hostb");
        if (!died)
            break;
        (*deaths)++;
        if (twice && journals()) {
            xen_hook = NULL;
            killed(1 + n * 7 % 19, 0, "recover");
        }
        xen_hook = NULL;
        expect(0, NULL, NULL, "recover");
        assert_int_equal(journals(), 0);
        if (xen.n_domains == 2)
            assert_back();
        else
            assert_false(has_manifest());
    }
}

static void test_killed(void **state)
{
    unsigned deaths = 0;

    (void)state;
    two_devices();
    machine_save();
    for (int twice = 0; twice < 2; twice++) {
        kill_everywhere(1, log_dirty, twice, &deaths);
        kill_everywhere(0, leaves, twice, &deaths);
    }
    assert_in_range(deaths, 100, 1000);
}

/* Every call to the hypervisor fails once. */
static void test_every_failure(void **state)
{
    unsigned n;

    (void)state;
    two_devices();
    machine_save();
    for (n = 1; n < 400; n++) {
        struct run run;

        machine_reset();
        child_begin();
        child_xl(1, "xc: error: broken\n", NULL);
        xen_fail(n, 5, NULL, REACH_NOTHING, false);
        run = xvtd("migrate vm1 hostb");
        xen_fail(0, 0, NULL, REACH_NOTHING, false);
        if (run.code == 1 && strstr(run.err, "xc: error: broken; its devices are back") &&
            xen_calls() < n)
            break;
        if (!run.code)
            fail_msg("call %u fails, and migrate succeeds: %s", n, run.err);
        if (run.code == 5)
            expect(0, NULL, NULL, "recover");
        expect(0, "0x08", NULL, "pci-list vm1");
        expect(0, "0x07", NULL, "pci-list vm1");
        assert_int_equal(journals(), 0);
    }
    assert_in_range(n, 20, 399);
}

static void test_cause(void **state)
{
    char buf[64];

    (void)state;
    after_cause("", buf, sizeof(buf));
    assert_string_equal(buf, "");
    after_cause("one\ntwo\n \n", buf, sizeof(buf));
    assert_string_equal(buf, "two");
    after_cause("one\nlibxl: error: \x1b[1mtwo\r\nxl: error: three", buf, sizeof(buf));
    assert_string_equal(buf, "libxl: error:  [1mtwo");
    after_cause("a line that is longer than the room that there is for it, by a good part", buf,
                sizeof(buf));
    assert_int_equal(strlen(buf), sizeof(buf) - 1);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, machine_teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_moves),
        RUN(test_words),
        RUN(test_json),
        RUN(test_releases),
        RUN(test_refused_words),
        RUN(test_dry_run),
        RUN(test_without_devices),
        RUN(test_pending),
        RUN(test_refused_there),
        RUN(test_not_kept),
        RUN(test_xl_fails),
        RUN(test_unsure),
        RUN(test_not_all_there),
        RUN(test_connection_lost),
        RUN(test_mute),
        RUN(test_signals),
        RUN(test_every_failure),
        RUN(test_killed),
        RUN(test_cause),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
