/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every hypervisor call and every sysfs write of the commands that move devices fails in
 * turn, once and from then on, with each error that it can give, and with none: reported
 * done, and not done.  After each run:
 *
 *   exit 0   the machine is as after a run without a failure
 *   exit 5   something is left, and the message says what
 *   else     the machine is as it was before, and the message names the object
 *
 * Where all goes together (assign, assignable), one failure is always undone: no exit 5.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine.h"

#define ARRAY_LEN_(a) (sizeof(a) / sizeof((a)[0]))

struct scenario {
    const char *words;
    bool together;              /* all or nothing */
    void (*prepare)(void);
    bool naming;                /* a name is given or taken beside the plan's steps */
};

/* One run's failure. */
struct fault {
    bool in_kernel;
    unsigned n;
    int errnum;
    const char *says;
    enum fake_reach reach;
    bool onwards;
};

static const int write_errnos[] = { ENODEV, EINVAL, ENOMEM, EBUSY, EACCES, EIO };

/* The errors that hv_libxl.c returns for libxl's codes and xenstore's errnos; 0: false success. */
static const int call_errnos[] = { EIO, ETIMEDOUT, ENOMEM, EINVAL, ENOENT, 0 };

/* libxl's lines for a failed attach, with the errnos of XEN_DOMCTL_assign_device. */
static const char *const attach_says[] = {
    "xc_assign_device failed: Operation not permitted",
    "xc_assign_device failed: Invalid cross-device link",
    "xc_assign_device failed: Device or resource busy",
    "xc_assign_device failed: No such device",
    "xc_assign_device failed: Bad file descriptor",
    "xc_assign_device failed: Operation not supported",
    "PCI: slot 7 function 0 already occupied by xen-pci-passthrough",
    "something that nobody has seen before",
};

static const struct scenario *scenario;
static char *before, *after;

static unsigned runs, wrong;

/* The lines of one text that the other has not. */
static void print_missing(const char *from, const char *in, char sign)
{
    for (const char *p = from; *p; p += strcspn(p, "\n") + 1) {
        char line[256];

        snprintf(line, sizeof(line), "%.*s\n", (int)strcspn(p, "\n"), p);
        if (!strstr(in, line))
            fprintf(stderr, "  %c%s", sign, line);
    }
}

/* Reports a run that went wrong; the test fails after all runs. */
static void complain(const struct fault *f, const struct run *run, const char *why)
{
    char *now = machine_snapshot();

    if (wrong++ < 10) {
        fprintf(stderr, "xvtd %s: %s %u (%s) fails with %s%s%s, reach %d%s: %s\nexit %d\n%s",
                scenario->words, f->in_kernel ? "write" : "call", f->n,
                f->in_kernel ? f->n <= kernel_writes() ? kernel_write(f->n - 1) : "-"
                             : f->n <= xen_calls() ? xen_call(f->n - 1) : "-",
                f->errnum ? strerror(f->errnum) : "no error", f->says ? ", " : "",
                f->says ? f->says : "", f->reach, f->onwards ? ", and all after it" : "", why,
                run->code, run->err);
        fprintf(stderr, "now, and before:\n");
        print_missing(now, before, '+');
        print_missing(before, now, '-');
        fprintf(stderr, "\n");
    }
    free(now);
}

static void check(const struct fault *f, const struct run *run, bool json)
{
    char *now = machine_snapshot();
    int code = 0;

    if (run->code == 0) {
        if (strcmp(now, after))
            complain(f, run, "it says done, and it is not");
    } else if (run->code == 5) {
        if (scenario->together && !f->onwards)
            complain(f, run, "one failure has not been put back");
        if (!strstr(run->err, "0000:") && !strstr(run->err, "manifest"))
            complain(f, run, "it does not say what is left");
        if (!f->onwards && strstr(now, "0000:02:00.0 driver= "))
            complain(f, run, "the device is nowhere");
    } else if (run->code == 2) {
        complain(f, run, "this is no usage error");
    } else if (strcmp(now, before)) {
        complain(f, run, "it is not as it was");
    }
    if (run->code && strncmp(run->err, "xvtd: ", 6))
        complain(f, run, "there is no message");
    if (run->code && !strstr(run->err, "0000:") && !strstr(run->err, "vm") &&
        !strstr(run->err, "domain") && !strstr(run->err, "xenstore") &&
        !strstr(run->err, "host's"))
        complain(f, run, "the message names no object");
    if (run->code == 5 && !strstr(run->err, "\nhint: "))
        complain(f, run, "there is no hint what can be done");
    if (json && strstr(run->out, "\"results\"")) {
        if (run->code != 0 && run->code != 5 && strstr(run->out, "\"status\": \"done\""))
            complain(f, run, "a result is done, and all was put back");
        if (run->code == 5 && !scenario->naming &&
            !strstr(run->out, "\"status\": \"failed\"") &&
            !strstr(run->out, "\"status\": \"pending\""))
            complain(f, run, "no result tells what is left");
    }
    if (json && (!json_valid(run->out, &code) || code != run->code))
        complain(f, run, "what it says is not JSON, or has another code");
    free(now);
}

/* After the fault `recover` clears what is left; devices that go together are together again. */
static void check_recover(const struct fault *f)
{
    struct run run;
    char *now;

    if (!journals())
        return;
    xen_fail(0, 0, NULL, REACH_NOTHING, false);
    kernel_fail(0, 0, false);
    run = xvtd("recover");
    now = machine_snapshot();
    if (run.code || journals())
        complain(f, &run, "recover does not end it");
    else if (scenario->together && !scenario->naming && strcmp(now, before) && strcmp(now, after))
        complain(f, &run, "after recover it is neither as before nor done");
    free(now);
}

static void run_fault(const struct fault *f)
{
    bool json = (f->n + (unsigned)f->errnum) % 2;
    struct run run;

    runs++;
    machine_reset();
    if (f->in_kernel)
        kernel_fail(f->n, f->errnum, f->onwards);
    else
        xen_fail(f->n, f->errnum, f->says, f->reach, f->onwards);
    run = xvtd("%s%s", scenario->words, json ? " --json" : "");
    check(f, &run, json);
    check_recover(f);
}

/* Every write, each errno; a probe may also find no driver, which is no error. */
static void fail_writes(size_t n)
{
    for (unsigned i = 1; i <= n; i++)
        for (size_t e = 0; e < ARRAY_LEN_(write_errnos) + 1; e++)
            for (int onwards = 0; onwards < 2; onwards++) {
                struct fault f = { .in_kernel = true, .n = i, .onwards = onwards };

                f.errnum = e < ARRAY_LEN_(write_errnos) ? write_errnos[e] : 0;
                machine_reset();
                if (!f.errnum && onwards)
                    continue;
                if (!f.errnum) { /* only a probe reports success without effect */
                    xvtd("%s", scenario->words);
                    if (!strstr(kernel_write(i - 1), "drivers_probe="))
                        continue;
                }
                run_fault(&f);
            }
}

static bool is_call(unsigned n, const char *name)
{
    return n <= xen_calls() && !strncmp(xen_call(n - 1), name, strlen(name));
}

/* A call that only reads cannot report false success: it returns the fake's state. */
static bool can_lie(unsigned n)
{
    return is_call(n, "attach") || is_call(n, "detach") || is_call(n, "destroy") ||
           is_call(n, "unplug");
}

static void fail_calls(size_t n)
{
    for (unsigned i = 1; i <= n; i++)
        for (int onwards = 0; onwards < 2; onwards++) {
            struct fault f = { .n = i, .onwards = onwards };
            bool attach, moves, lies;

            machine_reset();
            xvtd("%s", scenario->words);
            attach = is_call(i, "attach");
            moves = attach || is_call(i, "detach") || is_call(i, "destroy");
            lies = can_lie(i);
            for (size_t e = 0; e < ARRAY_LEN_(call_errnos); e++) {
                f.errnum = call_errnos[e];
                for (int r = REACH_NOTHING; r <= (moves ? REACH_ALL : REACH_NOTHING); r++) {
                    f.reach = (enum fake_reach)r;
                    if (f.errnum || (lies && !onwards))
                        run_fault(&f);
                }
            }
            f.errnum = EIO;
            for (size_t s = 0; attach && s < ARRAY_LEN_(attach_says); s++)
                for (int r = REACH_NOTHING; r <= REACH_ALL; r++) {
                    f.says = attach_says[s];
                    f.reach = (enum fake_reach)r;
                    run_fault(&f);
                }
        }
}

static void run_scenario(const struct scenario *s)
{
    size_t calls, writes;
    struct run run;

    scenario = s;
    runs = wrong = 0;
    if (s->prepare)
        s->prepare();
    machine_save();
    before = machine_snapshot();
    machine_reset();
    run = xvtd("%s", s->words);
    if (run.code)
        fail_msg("xvtd %s: %s", s->words, run.err);
    after = machine_snapshot();
    assert_string_not_equal(before, after);
    calls = xen_calls();
    writes = kernel_writes();
    assert_true(calls > 0);
    fail_writes(writes);
    fail_calls(calls);
    free(before);
    free(after);
    if (wrong)
        fail_msg("%u of %u runs went wrong", wrong, runs);
}

static void assigned(void)
{
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
}

static void assigned_two(void)
{
    expect(0, NULL, NULL, "assign vm1 9:0.*");
}

static void together(void)
{
    xen_set_multifunction(1, true);
}

static void together_assigned(void)
{
    xen_set_multifunction(1, true);
    expect(0, NULL, NULL, "assign vm1 9:0.* 8");
}

static void ejected(void)
{
    assigned();
    expect(0, NULL, NULL, "eject vm1");
}

/* The stored configuration says that the guest keeps its IOMMU. */
static void restored(void)
{
    ejected();
    expect(0, NULL, NULL, "restore vm1");
}

static void together_ejected(void)
{
    together_assigned();
    expect(0, NULL, NULL, "eject vm1");
}

static void three_ejected(void)
{
    expect(0, NULL, NULL, "assign vm1 2:0.0@7 3:0.0@8 5:0.0@9");
    expect(0, NULL, NULL, "eject vm1");
}

static void named(void)
{
    expect(0, NULL, NULL, "pci-assignable-add -n uplink0 2:0.0");
}

#define TEST(name, command, ...)                                        \
    static void test_##name(void **state)                               \
    {                                                                   \
        static const struct scenario s = { .words = command, __VA_ARGS__ }; \
                                                                        \
        (void)state;                                                    \
        run_scenario(&s);                                               \
    }

TEST(assign, "assign vm1 2:0.0 7", .together = true)
TEST(assign_from_pciback, "assign vm1 3:0.0", .together = true)
TEST(assign_hidden, "assign vm1 4:0.0", .together = true)
TEST(assign_unbound, "assign vm1 5:0.0", .together = true)
TEST(assign_two, "assign vm1 9:0.*", .together = true)
TEST(assign_function_by_function, "assign vm1 9:0.* 8", .together = true, .prepare = together)
TEST(detach, "detach vm1 2:0.0", .together = false, .prepare = assigned)
TEST(detach_return, "detach vm1 2:0.0 --return", .together = false, .prepare = assigned)
TEST(detach_two, "detach vm1 9:0.* --return", .together = false, .prepare = assigned_two)
TEST(detach_slot, "detach vm1 9:0.*", .together = false, .prepare = together_assigned)
TEST(detach_force, "detach vm1 2:0.0 --force", .together = false, .prepare = assigned)
TEST(switch, "switch 2:0.0 vm1 vm2 9", .together = true, .prepare = assigned)
TEST(eject, "eject vm1", .together = false, .prepare = restored)
TEST(restore, "restore vm1", .together = false, .prepare = ejected, .naming = true)
TEST(restore_three, "restore vm1", .together = false, .prepare = three_ejected, .naming = true)
TEST(restore_slot, "restore vm1", .together = false, .prepare = together_ejected, .naming = true)
TEST(assignable_add, "assignable add 2:0.0", .together = true)
TEST(assignable_add_two, "assignable add 9:0.* 5:0.0", .together = true)
TEST(assignable_add_named, "pci-assignable-add -n uplink0 2:0.0", .together = false, .naming = true)
TEST(assignable_remove, "assignable remove 3:0.0", .together = true)
TEST(assignable_remove_named, "assignable remove uplink0 3:0.0", .together = true, .prepare = named,
     .naming = true)
TEST(assignable_remove_only, "pci-assignable-remove 3:0.0", .together = true)

int main(void)
{
#define RUN(name)                                                       \
    cmocka_unit_test_setup_teardown(test_##name, machine_setup, machine_teardown)
    const struct CMUnitTest tests[] = {
        RUN(assign),
        RUN(assign_from_pciback),
        RUN(assign_hidden),
        RUN(assign_unbound),
        RUN(assign_two),
        RUN(assign_function_by_function),
        RUN(detach),
        RUN(detach_return),
        RUN(detach_two),
        RUN(detach_slot),
        RUN(detach_force),
        RUN(switch),
        RUN(eject),
        RUN(restore),
        RUN(restore_three),
        RUN(restore_slot),
        RUN(assignable_add),
        RUN(assignable_add_two),
        RUN(assignable_add_named),
        RUN(assignable_remove),
        RUN(assignable_remove_named),
        RUN(assignable_remove_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
