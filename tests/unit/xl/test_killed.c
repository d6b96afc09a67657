/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every command that moves devices is killed before each of its hypervisor calls and each
 * of its sysfs writes, and `xvtd recover` runs; then it is killed in the same way and so is
 * the recover, at some point of its own.  Afterwards everything is as before, or all of it
 * is done, as xvtd(8) says, and no journal is left.
 */
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

enum end { UNDONE, FINISHED, AS_LET_GO /* finished once vm1 has let go of all */ };

struct scenario {
    const char *words;
    enum end end;
    void (*prepare)(void);
};

static char *before, *after;
static size_t bus_before, bus_after;    /* how many devices vm1 has */
static unsigned runs, wrong;

/* Is the machine as promised for a killed command?  n_bus: how many devices vm1 had then. */
static bool is_promised(enum end end, size_t n_bus, const char *now)
{
    bool undone = !strcmp(now, before), finished = !strcmp(now, after);

    if (end == AS_LET_GO && n_bus != bus_before && n_bus != bus_after)
        return undone || finished; /* of several functions only some had left */
    if (end == AS_LET_GO)
        end = n_bus == bus_before ? UNDONE : FINISHED;
    return end == UNDONE ? undone : finished;
}

static void complain(const struct scenario *s, unsigned call, unsigned write_, const char *why,
                     const struct run *run)
{
    char *now = machine_snapshot();

    if (wrong++ < 3)
        fprintf(stderr, "xvtd %s, killed before %s %u: %s\nrecover: exit %d\n%s%snow:\n%s\n",
                s->words, call ? "call" : "write", call ? call : write_, why, run->code, run->out,
                run->err, now);
    free(now);
}

/* True when the machine is in one of the two states. */
static void judge(const struct scenario *s, unsigned call, unsigned write_)
{
    bool begun = journals() > 0;
    size_t n_bus = xen_domain(1)->n_bus;
    struct run run = xvtd("recover");
    char *now = machine_snapshot();

    runs++;
    if (run.code)
        complain(s, call, write_, "recover does not succeed", &run);
    else if (journals())
        complain(s, call, write_, "a journal is left", &run);
    else if (!begun && strcmp(now, before) && strcmp(now, after))
        complain(s, call, write_, "there was no journal, and something has changed", &run);
    else if (begun && !is_promised(s->end, n_bus, now))
        complain(s, call, write_, "it is not as promised", &run);
    free(now);
}

static void kill_everywhere(const struct scenario *s, bool in_kernel, bool twice)
{
    for (unsigned n = 1;; n++) {
        unsigned call = in_kernel ? 0 : n, write_ = in_kernel ? n : 0;
        bool died;

        machine_reset();
        died = killed(call, write_, s->words);
        if (!died)
            return;
        if (twice && journals()) {
            kernel_hook = xen_hook = NULL;
            killed(n % 3 ? 1 + n * 7 % 19 : 0, n % 3 ? 0 : 1 + n % 5, "recover");
        }
        judge(s, call, write_);
        xvtd("recover");
    }
}

static void run_scenario(const struct scenario *s)
{
    struct run run;

    runs = wrong = 0;
    if (s->prepare)
        s->prepare();
    machine_save();
    machine_reset();
    before = machine_snapshot();
    bus_before = xen_domain(1)->n_bus;
    run = xvtd("%s", s->words);
    if (run.code)
        fail_msg("xvtd %s: %s", s->words, run.err);
    if (journals())
        fail_msg("xvtd %s leaves a journal", s->words);
    after = machine_snapshot();
    bus_after = xen_domain(1)->n_bus;
    for (int twice = 0; twice < 2; twice++) {
        kill_everywhere(s, false, twice);
        kill_everywhere(s, true, twice);
    }
    free(before);
    free(after);
    assert_true(runs > 10);
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

static void assigned_together(void)
{
    xen_set_multifunction(1, true);
    xen_set_multifunction(2, true);
    expect(0, NULL, NULL, "assign vm1 9:0.* 8");
}

static void ejected(void)
{
    expect(0, NULL, NULL, "assign vm1 2:0.0@7 4:0.0@9,permissive=1");
    expect(0, NULL, NULL, "assign vm1 9:0.*");
    expect(0, NULL, NULL, "eject vm1");
}

static void ejected_and_returned(void)
{
    ejected();
    expect(0, NULL, NULL, "assignable remove 2:0.0 9:0.*");
}

static void together_ejected(void)
{
    assigned_together();
    expect(0, NULL, NULL, "eject vm1");
}

static void ready_to_eject(void)
{
    ejected();
    expect(0, NULL, NULL, "restore vm1");
    expect(0, NULL, NULL, "eject vm1");
    expect(0, NULL, NULL, "restore vm1");
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

TEST(assign, "assign vm1 2:0.0 7", UNDONE)
TEST(assign_from_pciback, "assign vm1 3:0.0", UNDONE)
TEST(assign_hidden, "assign vm1 4:0.0", UNDONE)
TEST(assign_unbound, "assign vm1 5:0.0", UNDONE)
TEST(assign_two, "assign vm1 9:0.*", UNDONE)
TEST(assign_function_by_function, "assign vm1 9:0.* 8", UNDONE, together)
TEST(assign_named, "assign vm1 uplink0 8", UNDONE, named)
TEST(detach, "detach vm1 2:0.0", FINISHED, assigned)
TEST(detach_return, "detach vm1 2:0.0 --return", FINISHED, assigned)
TEST(detach_two, "detach vm1 9:0.* --return", FINISHED, assigned_two)
TEST(detach_force, "detach vm1 2:0.0 --force", FINISHED, assigned)
TEST(switch, "switch 2:0.0 vm1 vm2 9", AS_LET_GO, assigned)
TEST(switch_two, "switch 9:0.* vm1 vm2", AS_LET_GO, assigned_two)
TEST(switch_slot, "switch 9:0.0 vm1 vm2 a", AS_LET_GO, assigned_together)
TEST(eject, "eject vm1", FINISHED, ready_to_eject)
TEST(restore, "restore vm1", FINISHED, ejected)
TEST(restore_returned, "restore vm1", FINISHED, ejected_and_returned)
TEST(restore_slot, "restore vm1", FINISHED, together_ejected)
TEST(restore_mapped, "restore vm1 --map 2:0.0=3:0.0", FINISHED, ejected_and_returned)
TEST(assignable_add, "assignable add 9:0.* 5:0.0", UNDONE)
TEST(assignable_remove, "assignable remove 3:0.0", FINISHED)
TEST(assignable_remove_named, "assignable remove uplink0 3:0.0", FINISHED, named)
TEST(assignable_remove_only, "pci-assignable-remove 3:0.0", FINISHED)
TEST(assignable_remove_hidden, "assignable remove 4:0.0 --allow=boot-hidden", FINISHED)

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
        RUN(assign_named),
        RUN(detach),
        RUN(detach_return),
        RUN(detach_two),
        RUN(detach_force),
        RUN(switch),
        RUN(switch_two),
        RUN(switch_slot),
        RUN(eject),
        RUN(restore),
        RUN(restore_returned),
        RUN(restore_slot),
        RUN(restore_mapped),
        RUN(assignable_add),
        RUN(assignable_remove),
        RUN(assignable_remove_named),
        RUN(assignable_remove_only),
        RUN(assignable_remove_hidden),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
