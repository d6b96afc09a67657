/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `xvtd watch`: its events for changes in xenstore and in the kernel, and --exec. */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
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

#include "../fake/fake_config.h"
#include "../fake/fake_xs.h"
#include "base/cleanup.h"
#include "fake_uevent.h"
#include "machine.h"
#include "watch/hook.h"

#define BACKEND "/local/domain/0/backend/pci/"

static int setup(void **state)
{
    machine_setup(state);
    store_begin();
    uevents_begin();
    store_set("/local/domain/1/name", "vm1");
    store_set("/local/domain/2/name", "vm2");
    return 0;
}

/* Domain 1 gets this function as its number i; "" removes it. */
static void guest_has(unsigned i, const char *bdf, const char *vdevfn)
{
    char path[128];

    snprintf(path, sizeof(path), BACKEND "1/0/num_devs");
    store_set(path, "4");
    snprintf(path, sizeof(path), BACKEND "1/0/dev-%u", i);
    store_set(path, *bdf ? bdf : NULL);
    snprintf(path, sizeof(path), BACKEND "1/0/vdevfn-%u", i);
    store_set(path, *bdf ? vdevfn : NULL);
}

static void nothing(void)
{
}

static void attach_two(void)
{
    guest_has(0, "0000:02:00.0", "38");
    guest_has(1, "0000:09:00.1", "41");
}

static void move_one(void)
{
    guest_has(0, "0000:02:00.0", "48");
}

static void detach_one(void)
{
    guest_has(0, "", "");
}

static void aer_fails(void)
{
    store_set(BACKEND "1/0/aerState", "aerfail");
}

static void guest_goes(void)
{
    store_dead(1);
}

static void end(void)
{
    clock_signal(SIGTERM);
}

static struct run watch_scenes(void (*const *scenes)(void), size_t n, const char *words)
{
    store_scenes(scenes, n);
    return xvtd("%s", words);
}

#define WATCH(words, ...) \
    watch_scenes((void (*const[])(void)){ __VA_ARGS__, end }, \
                 sizeof((void (*const[])(void)){ __VA_ARGS__, end }) / sizeof(void (*)(void)), words)

/* The lines of the output without their times, which are of eight letters. */
static void lines_are(const struct run *run, const char *want)
{
    AUTO_FREE char *got = calloc(1, strlen(run->out) + 1);

    for (const char *line = run->out; *line; line = strchr(line, '\n') + 1) {
        assert_true(line[2] == ':' && line[5] == ':' && line[8] == ' ');
        strncat(got, line + 9, strcspn(line + 9, "\n") + 1);
    }
    if (run->code || strcmp(got, want))
        fail_msg("exit %d: got\n%swant\n%s%s", run->code, got, want, run->err);
}

static void test_guests(void **state)
{
    struct run run = WATCH("watch", nothing, attach_two, nothing, move_one, detach_one, aer_fails,
                           nothing, guest_goes);

    (void)state;
    lines_are(&run, "0000:02:00.0: attached to vm1 at 0x07\n"
              "0000:09:00.1: attached to vm1 at 0x08.1\n"
              "0000:02:00.0: detached from vm1\n"
              "0000:02:00.0: attached to vm1 at 0x09\n"
              "0000:02:00.0: detached from vm1\n"
              "vm1: a PCI error that pciback could not handle (aerfail): 0000:09:00.1\n"
              "vm1: gone, with 0000:09:00.1\n"
              "0000:09:00.1: detached from vm1\n");
    assert_string_equal(run.err, "xvtd: watching; press Ctrl-C to stop\n");
}

/* 02:00.0 and the port above it, whose link is up or down. */
static void link_is(bool up)
{
    struct fake_config port = fake_config(0x8086, 0xa110, PCIE_ROOT_PORT, false);
    static uint8_t fn[64];

    memset(fn, up ? 0 : 0xff, sizeof(fn));
    config_set32(&port, 0xac, 1u << 20);
    config_set16(&port, 0xb2, up ? 1u << 13 : 0);
    tree_write_bytes(port.bytes, port.len, "%s/config", kernel_path("0000:00:1c.0"));
    tree_write_bytes(fn, sizeof(fn), "%s/config", kernel_path("0000:02:00.0"));
}

static void link_fails(void)
{
    link_is(false);
}

static void link_is_back(void)
{
    link_is(true);
}

/* Each failure once, and only of a guest's function. */
static void test_link(void **state)
{
    struct run run = WATCH("watch", link_fails, nothing, link_is_back, attach_two, link_fails,
                           nothing, link_is_back, link_fails, nothing);

    (void)state;
    lines_are(&run, "0000:02:00.0: attached to vm1 at 0x07\n"
              "0000:09:00.1: attached to vm1 at 0x08.1\n"
              "0000:02:00.0: its link is down, and it does not answer; vm1 has it at 0x07\n"
              "0000:02:00.0: its link is down, and it does not answer; vm1 has it at 0x07\n");
}

/* A guest that has had a device, and has none when it goes. */
static void detach_both(void)
{
    guest_has(0, "", "");
    guest_has(1, "", "");
}

static void test_gone_without(void **state)
{
    struct run run = WATCH("watch", attach_two, detach_both, guest_goes);

    (void)state;
    assert_non_null(strstr(run.out, " vm1: gone\n"));
}

/* A device of a device-model domain is its guest's, and is reported once. */
static void attach_with_stub(void)
{
    store_set("/local/domain/2/target", "1");
    store_set(BACKEND "2/0/num_devs", "2");
    store_set(BACKEND "2/0/dev-0", "0000:02:00.0");
    store_set(BACKEND "2/0/dev-1", "0000:06:00.0");
    store_set(BACKEND "2/0/vdevfn-1", "28");
    guest_has(0, "0000:02:00.0", "38");
}

static void test_stub(void **state)
{
    struct run run = WATCH("watch", attach_with_stub);

    (void)state;
    lines_are(&run, "0000:06:00.0: attached to vm1 at 0x05\n"
                    "0000:02:00.0: attached to vm1 at 0x07\n");
}

static void driver_events(void)
{
    uevents_add(UEVENT_UNBIND, "0000:02:00.0", "");
    uevents_add(UEVENT_BIND, "0000:02:00.0", "pciback");
    uevents_add(UEVENT_BIND, "0000:02:00.0", "pciback");
    uevents_add(UEVENT_ADD, "0000:0a:00.1", "");
    uevents_add(UEVENT_BIND, "0000:0a:00.1", "nvme");
    uevents_add(UEVENT_REMOVE, "0000:0a:00.1", "");
    uevents_add(UEVENT_REMOVE, "0000:05:00.0", "");
}

static void test_drivers(void **state)
{
    struct run run = WATCH("watch", driver_events);

    (void)state;
    lines_are(&run, "0000:02:00.0: driver none, was e1000e\n"
                    "0000:02:00.0: driver pciback, was none\n"
                    "0000:0a:00.1: driver nvme, was none\n"
                    "0000:0a:00.1: driver none, was nvme\n");
}

/* Devices of a guest go, come and fail; those of no guest cause driver events only. */
static void surprise(void)
{
    uevents_add(UEVENT_ERROR, "0000:09:00.1", "");
    uevents_add(UEVENT_RECOVERED, "0000:09:00.1", "");
    uevents_add(UEVENT_ERROR, "0000:09:00.1", "");
    uevents_add(UEVENT_FAILED, "0000:09:00.1", "");
    uevents_add(UEVENT_UNBIND, "0000:02:00.0", "");
    uevents_add(UEVENT_REMOVE, "0000:02:00.0", "");
    uevents_add(UEVENT_ADD, "0000:02:00.0", "");
    uevents_add(UEVENT_ERROR, "0000:03:00.0", "");
    uevents_add(UEVENT_FAILED, "0000:03:00.0", "");
    uevents_add(UEVENT_REMOVE, "0000:05:00.0", "");
}

static void test_surprise(void **state)
{
    struct run run = WATCH("watch", attach_two, surprise);

    (void)state;
    lines_are(&run, "0000:02:00.0: attached to vm1 at 0x07\n"
              "0000:09:00.1: attached to vm1 at 0x08.1\n"
              "0000:09:00.1: a PCI error; vm1 has it at 0x08.1\n"
              "0000:09:00.1: recovered from a PCI error; vm1 has it at 0x08.1\n"
              "0000:09:00.1: a PCI error; vm1 has it at 0x08.1\n"
              "0000:09:00.1: not recovered from a PCI error; vm1 has it at 0x08.1\n"
              "0000:02:00.0: driver none, was e1000e\n"
              "0000:02:00.0: gone from the host; vm1 had it at 0x07\n"
              "0000:02:00.0: plugged in, where vm1 had a device at 0x07\n");
}

/* The kernel has dropped the message that a guest's device is gone. */
static void lose_device(void)
{
    tree_remove("sys/bus/pci/devices/0000:02:00.0");
    uevents_lose();
}

static void test_lost_device(void **state)
{
    struct run run = WATCH("--json watch", attach_two, lose_device);

    (void)state;
    assert_non_null(strstr(run.out, "\"event\":\"gone\""));
    assert_non_null(strstr(run.out, "\"bdf\":\"0000:02:00.0\",\"given_name\":null,\"domain\":"
                           "{\"id\":1,\"name\":\"vm1\"},\"vslot\":\"0x07\",\"vfunc\":0}"));
}

static void lose_events(void)
{
    kernel_bind("0000:02:00.0", "pciback");
    kernel_bind("0000:05:00.0", "e1000e");
    uevents_lose();
}

static void test_lost(void **state)
{
    struct run run = WATCH("watch", lose_events);

    (void)state;
    lines_are(&run, "0000:02:00.0: driver pciback, was e1000e\n"
                    "0000:05:00.0: driver e1000e, was none\n");
}

static void test_json(void **state)
{
    struct run run;
    unsigned n = 0;
    char *line;

    (void)state;
    tree_write("0x0001\n", "%s/subsystem_device", kernel_path("0000:02:00.0"));
    tree_write("uplink0 0000:02:00.0 8086:10d3:0000:0001\n", "etc/xvtd/names");
    run = WATCH("--json watch", attach_two, aer_fails, driver_events, guest_goes);
    assert_int_equal(run.code, 0);
    assert_non_null(strstr(run.out, "\"given_name\":\"uplink0\",\"domain\":{\"id\":1,\"name\":\"vm1\"},"
                                    "\"vslot\":\"0x07\",\"vfunc\":0}\n"));
    assert_non_null(strstr(run.out, "\"event\":\"aerfail\""));
    assert_non_null(strstr(run.out, "\"driver\":\"pciback\",\"driver_before\":null}\n"));
    assert_non_null(strstr(run.out, "\"devices\":[\"0000:02:00.0\",\"0000:09:00.1\"]}\n"));
    while ((line = strsep(&run.out, "\n")) && *line) {
        int code;

        assert_true(json_valid(line, &code));
        n++;
    }
    assert_int_equal(n, 2 + 1 + 4 + 3);
}

static void test_errors(void **state)
{
    (void)state;
    expect(2, "", "arguments go with --exec", "watch x");
    expect(4, "", "--exec: /nowhere/hook: No such file", "watch --exec /nowhere/hook");
    expect(4, "", "--exec: /etc: ", "watch --exec /etc");
    expect(2, "", "'' is no program", "watch --exec=");
    for (unsigned n = 1; n < 12; n++) {
        struct run run;

        store_begin();
        guest_has(0, "0000:02:00.0", "38");
        store_fail(n, EIO);
        run = WATCH("watch", nothing, nothing);
        assert_int_equal(run.code, 6);
        assert_non_null(strstr(run.err, "xenstore"));
        assert_false(store_open());
    }
}

/* ---- --exec ---- */

static char log_file[64];

/* xvtd has waited for every child that ended: none is left. */
static void no_zombies(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static char *logged(void)
{
    static char text[4096];
    FILE *f = fopen(log_file, "r");
    size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

    if (f)
        fclose(f);
    text[n] = '\0';
    return text;
}

static int setup_log(void **state)
{
    setup(state);
    snprintf(log_file, sizeof(log_file), "/tmp/xvtd-watch-XXXXXX");
    close(mkstemp(log_file));
    return 0;
}

static int teardown_log(void **state)
{
    unlink(log_file);
    return machine_teardown(state);
}

/* A hook that is a program of its own, with a blank in an argument: no shell takes it apart. */
static struct hook *open_hook(const char *script)
{
    static char *argv[6];
    struct hook *hook;
    struct err e;

    argv[0] = (char *)"sh";
    argv[1] = (char *)"-c";
    argv[2] = (char *)script;
    argv[3] = (char *)"sh";
    argv[4] = (char *)"$(false) *";
    if (hook_open(&hook, argv, false, &e))
        fail_msg("%s", e.message);
    return hook;
}

static char **env_of(const char *bdf)
{
    char **env = calloc(3, sizeof(*env));

    if (asprintf(&env[0], "XVTD_BDF=%s", bdf) < 0 || asprintf(&env[1], "LOG=%s", log_file) < 0)
        fail();
    return env;
}

/* Waits until no hook runs; returns the number of failures. */
static unsigned run_all(struct hook *hook, char last[1024])
{
    unsigned failures = 0;

    while (hook_fd(hook) >= 0) {
        struct pollfd fd = { hook_fd(hook), POLLIN, 0 };
        struct err e;

        assert_int_equal(poll(&fd, 1, 10000), 1);
        if (hook_ended(hook, &e)) {
            failures++;
            strcpy(last, e.message);
        }
    }
    return failures;
}

static void test_queue(void **state)
{
    struct hook *hook = open_hook("read x; printf '%s ' \"$XVTD_BDF\" \"$1\" \"$x\" >>\"$LOG\"");
    char last[1024] = "";
    size_t left;
    struct err e;

    (void)state;
    assert_int_equal(hook_fd(hook), -1);
    for (int i = 0; i < 5; i++)
        assert_int_equal(hook_add(hook, env_of((const char[]){ (char)('a' + i), 0 }), "it", &e), 0);
    assert_int_equal(run_all(hook, last), 0);
    assert_string_equal(logged(), "a $(false) *  b $(false) *  c $(false) *  d $(false) *  "
                                  "e $(false) *  ");
    hook_close(hook, 0, &left);
    assert_int_equal(left, 0);
    no_zombies();
}

static void test_failures(void **state)
{
    struct hook *hook = open_hook("case $XVTD_BDF in a) exit 3 ;; b) kill -9 $$ ;; esac; "
                                  "trap >>\"$LOG\"; kill -PIPE $$");
    char last[1024] = "";
    struct err e;

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    hook_add(hook, env_of("a"), "a: attached", &e);
    assert_int_equal(run_all(hook, last), 1);
    assert_string_equal(last, "sh: exit 3 for a: attached");
    hook_add(hook, env_of("b"), "b: attached", &e);
    hook_add(hook, env_of("c"), "c: attached", &e);
    assert_int_equal(run_all(hook, last), 2);
    /* SIGPIPE is not ignored there, as it is here. */
    assert_string_equal(last, "sh: ended by signal 13 for c: attached");
    hook_close(hook, 0, NULL);
    no_zombies();
}

static void test_no_program(void **state)
{
    static char *argv[] = { (char *)"xvtd-no-such-program", NULL };
    struct hook *hook;
    size_t left;
    struct err e;

    (void)state;
    assert_int_equal(hook_open(&hook, argv, false, &e), 0);
    assert_int_equal(hook_add(hook, env_of("a"), "a: attached", &e), -ENOENT);
    assert_non_null(strstr(e.message, "xvtd-no-such-program: cannot be run for a: attached"));
    assert_int_equal(hook_fd(hook), -1);
    assert_int_equal(hook_add(hook, env_of("b"), "b: attached", &e), -ENOENT);
    hook_close(hook, 0, &left);
    assert_int_equal(left, 0);
    no_zombies();
}

/* At the end a hook that hangs is left behind, with the events that wait. */
static void test_left(void **state)
{
    struct hook *hook = open_hook("echo $$ >\"$LOG\"; exec sleep 60");
    size_t left;
    struct err e;

    (void)state;
    hook_add(hook, env_of("a"), "a", &e);
    hook_add(hook, env_of("b"), "b", &e);
    hook_add(hook, env_of("c"), "c", &e);
    for (int i = 0; i < 1000 && !*logged(); i++)
        usleep(10000);
    hook_close(hook, 0, &left);
    assert_int_equal(left, 2);
    kill(atoi(logged()), SIGKILL);
    waitpid(-1, NULL, 0);
    no_zombies();
}

/* Wait until the hook has run for both. */
static void pause_briefly(void)
{
    if (!strstr(logged(), "detached"))
        usleep(5000);
}

static void test_exec(void **state)
{
    static void (*scenes[600])(void) = { attach_two, detach_one };
    char script[80], text[256];
    struct run run;
    FILE *f;

    (void)state;
    tree_write("0x0001\n", "%s/subsystem_device", kernel_path("0000:02:00.0"));
    tree_write("uplink0 0000:02:00.0 8086:10d3:0000:0001\n", "etc/xvtd/names");
    snprintf(script, sizeof(script), "%s.sh", log_file);
    f = fopen(script, "w");
    fprintf(f, "#!/bin/sh\necho said\n"
            "echo \"$XVTD_EVENT $XVTD_BDF $XVTD_NAME $XVTD_DOMAIN $XVTD_DOMID $XVTD_VSLOT $1\" >>%s\n"
            "[ $XVTD_BDF != 0000:09:00.1 ]\n", log_file);
    fchmod(fileno(f), 0755);
    fclose(f);
    for (size_t i = 2; i < ARRAY_LEN(scenes); i++)
        scenes[i] = i + 1 < ARRAY_LEN(scenes) ? pause_briefly : end;
    snprintf(text, sizeof(text), "--json watch --exec %s $x;y", script);
    run = watch_scenes(scenes, ARRAY_LEN(scenes), text);
    unlink(script);
    assert_int_equal(run.code, 0);
    assert_string_equal(logged(), "attached 0000:02:00.0 uplink0 vm1 1 0x07 $x;y\n"
                                  "attached 0000:09:00.1  vm1 1 0x08 $x;y\n"
                                  "detached 0000:02:00.0 uplink0 vm1 1 0x07 $x;y\n");
    snprintf(text, sizeof(text), "xvtd: watch: %s: exit 1 for 0000:09:00.1: attached to vm1 at "
             "0x08.1\n", script);
    assert_non_null(strstr(run.err, text));
    assert_null(strstr(run.out, "said"));
    no_zombies();
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, machine_teardown)
#define HOOK(fn) cmocka_unit_test_setup_teardown(fn, setup_log, teardown_log)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_guests), TEST(test_link), TEST(test_gone_without), TEST(test_stub),
        TEST(test_drivers), TEST(test_lost),
        TEST(test_surprise), TEST(test_lost_device),
        TEST(test_json), TEST(test_errors), HOOK(test_queue), HOOK(test_failures),
        HOOK(test_no_program), HOOK(test_left), HOOK(test_exec),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
