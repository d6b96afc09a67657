/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libxvtd on the machine of machine.h.  Started as `xvtd plugin`, this program is the
 * library's other process, on a machine of its own.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <cmocka.h>

#include "commands/commands.h"
#include "library/xvtd.h"
#include "machine.h"

static const struct bdf nic = { 0, 2, 0, 0 };
static const char *const assign[] = { "vm1", "2:0.0", "7", NULL };
static const char *const vm1_nic[] = { "vm1", "2:0.0", NULL };

static struct xvtd_ctx *ctx, *own;

/* A machine whose 3:0.0 has no way to be reset. */
static void open_machine(void **state)
{
    machine_setup(state);
    tree_write("bus\n", "%s/reset_method", kernel_path("0000:03:00.0"));
}

static int setup(void **state)
{
    open_machine(state);
    tree_write("control_d\n", "proc/xen/capabilities");
    ctx = xvtd_new(0);
    own = xvtd_new(XVTD_OWN_PROCESS);
    assert_int_equal(xvtd_set_program(ctx, "/proc/self/exe"), 0);
    return 0;
}

static int teardown(void **state)
{
    xvtd_free(ctx);
    xvtd_free(own);
    return machine_teardown(state);
}

/* The object in an array of a document whose member `key` is this. */
static const struct xvtd_value *find(const struct xvtd_doc *doc, const char *array,
                                     const char *key, const char *value)
{
    const struct xvtd_value *list = xvtd_get(xvtd_doc_top(doc), array);

    for (size_t i = 0; i < xvtd_count(list); i++)
        if (xvtd_str(xvtd_at(list, i), key) && !strcmp(xvtd_str(xvtd_at(list, i), key), value))
            return xvtd_at(list, i);
    return NULL;
}

static void test_devices(void **state)
{
    const struct xvtd_value *device;
    struct xvtd_doc *doc;

    (void)state;
    assert_int_equal(xvtd_devices(ctx, &doc), XVTD_OK);
    device = find(doc, "devices", "bdf", "0000:06:00.0");
    assert_string_equal(xvtd_str(device, "state"), "assigned");
    assert_string_equal(xvtd_str(xvtd_get(device, "domain"), "name"), "vm2");
    assert_int_equal(xvtd_int(xvtd_get(device, "domain"), "id", -1), 2);
    assert_null(xvtd_str(find(doc, "devices", "bdf", "0000:02:00.0"), "vslot"));
    assert_non_null(find(doc, "devices", "state", "bridge"));
    xvtd_doc_free(doc);
    assert_int_equal(xvtd_device(ctx, "2:0.0", &doc), XVTD_OK);
    assert_string_equal(xvtd_str(xvtd_get(xvtd_doc_top(doc), "device"), "driver"), "e1000e");
    xvtd_doc_free(doc);
    assert_int_equal(xvtd_groups(ctx, "2:0.0", &doc), XVTD_OK);
    assert_int_equal(xvtd_count(xvtd_get(xvtd_doc_top(doc), "groups")), 1);
    xvtd_doc_free(doc);
}

static void test_guests(void **state)
{
    const struct xvtd_value *guest;
    struct xvtd_doc *doc;

    (void)state;
    assert_int_equal(xvtd_guests(ctx, &doc), XVTD_OK);
    guest = find(doc, "guests", "name", "vm2");
    assert_string_equal(xvtd_str(guest, "type"), "hvm");
    assert_string_equal(xvtd_str(xvtd_at(xvtd_get(guest, "devices"), 0), "vslot"), "0x05");
    xvtd_doc_free(doc);
    assert_int_equal(xvtd_guest(ctx, "vm2", &doc), XVTD_OK);
    assert_non_null(find(doc, "devices", "bdf", "0000:06:00.0"));
    xvtd_doc_free(doc);
    assert_int_equal(xvtd_guest(ctx, "vm9", &doc), XVTD_NOT_FOUND);
    assert_null(doc);
    assert_int_equal(xvtd_error_code(ctx), XVTD_NOT_FOUND);
    assert_string_equal(xvtd_error_kind(ctx), "not-found");
    assert_string_equal(xvtd_error_object(ctx), "vm9");
}

/* A negative verdict is a document, not an error. */
static void test_check(void **state)
{
    const char *const disk[] = { "0:3.0", NULL }, *const none[] = { "1f:0.0", NULL };
    struct xvtd_doc *doc;

    (void)state;
    assert_int_equal(xvtd_check(ctx, "vm1", disk, &doc), XVTD_OK);
    assert_false(xvtd_bool(xvtd_doc_top(doc), "ok"));
    assert_non_null(find(doc, "checks", "status", "fail"));
    xvtd_doc_free(doc);
    assert_int_equal(xvtd_check(ctx, NULL, none, &doc), XVTD_NOT_FOUND);
    assert_null(doc);
}

/* Reading leaves the process as it was. */
static void test_process(void **state)
{
    struct sigaction before[NSIG], after;
    struct itimerval timer = { .it_value.tv_sec = 1000 };
    struct xvtd_doc *doc;

    for (int i = 1; i < NSIG; i++)
        if (sigaction(i, NULL, &before[i]))
            before[i].sa_handler = SIG_ERR;
    setitimer(ITIMER_REAL, &timer, NULL);
    test_devices(state);
    test_guests(state);
    test_check(state);
    assert_int_equal(xvtd_check(ctx, NULL, NULL, &doc), XVTD_OK);
    xvtd_doc_free(doc);
    getitimer(ITIMER_REAL, &timer);
    assert_true(timer.it_value.tv_sec > 0);
    timer.it_value.tv_sec = 0;
    setitimer(ITIMER_REAL, &timer, NULL);
    for (int i = 1; i < NSIG; i++)
        if (before[i].sa_handler != SIG_ERR && !sigaction(i, NULL, &after))
            assert_ptr_equal(before[i].sa_handler, after.sa_handler);
    assert_int_equal(kernel_writes(), 0);
}

static void count_step(const char *text, void *user)
{
    assert_non_null(strstr(text, "0000:02:00.0"));
    ++*(int *)user;
}

static void test_plan(void **state)
{
    char *before = machine_snapshot();
    struct xvtd_plan *plan;
    struct xvtd_doc *doc;
    int steps = 0;

    (void)state;
    assert_int_equal(xvtd_plan_new(own, "assign", assign, NULL, &plan), XVTD_OK);
    assert_int_equal(xvtd_plan_roll_back(plan, NULL, NULL, NULL, NULL), XVTD_USAGE);
    assert_int_equal(xvtd_plan_read(plan, &doc), XVTD_OK);
    assert_non_null(find(doc, "plan", "step", "attach"));
    xvtd_doc_free(doc);
    assert_machine(before);
    assert_int_equal(xvtd_plan_apply(plan, count_step, NULL, &steps, &doc), XVTD_OK);
    assert_int_equal(steps, 2);
    assert_string_equal(xvtd_str(find(doc, "results", "status", "done"), "vslot"), "0x07");
    xvtd_doc_free(doc);
    assert_string_equal(kernel_driver(nic), "pciback");
    assert_int_equal(xvtd_plan_apply(plan, NULL, NULL, NULL, &doc), XVTD_USAGE);
    assert_null(doc);
    assert_int_equal(xvtd_plan_roll_back(plan, NULL, NULL, NULL, &doc), XVTD_OK);
    assert_non_null(find(doc, "results", "status", "undone"));
    xvtd_doc_free(doc);
    xvtd_plan_free(plan);
    assert_machine(before);
    assert_int_equal(journals(), 0);
    free(before);
}

/* Rolling back a removal returns the device to its slot. */
static void test_removal_back(void **state)
{
    const char *const vm2_nic[] = { "vm2", "6:0.0", NULL };
    struct xvtd_plan *plan;
    struct xvtd_doc *doc;

    (void)state;
    assert_int_equal(xvtd_plan_new(own, "detach", vm2_nic, NULL, &plan), XVTD_OK);
    assert_int_equal(xvtd_plan_apply(plan, NULL, NULL, NULL, NULL), XVTD_OK);
    assert_int_equal(xvtd_guest(own, "vm2", &doc), XVTD_OK);
    assert_null(find(doc, "devices", "bdf", "0000:06:00.0"));
    xvtd_doc_free(doc);
    assert_int_equal(xvtd_plan_roll_back(plan, NULL, NULL, NULL, NULL), XVTD_OK);
    assert_int_equal(xvtd_guest(own, "vm2", &doc), XVTD_OK);
    assert_string_equal(xvtd_str(find(doc, "devices", "bdf", "0000:06:00.0"), "vslot"), "0x05");
    xvtd_doc_free(doc);
    xvtd_plan_free(plan);
}

/* xvtd applies exactly the plan that the caller has read. */
static void test_changed(void **state)
{
    const char *const anywhere[] = { "vm1", "2:0.0", NULL };
    struct xvtd_plan *plan;
    struct xvtd_doc *doc;
    char *before;

    (void)state;
    assert_int_equal(xvtd_plan_new(own, "assign", anywhere, NULL, &plan), XVTD_OK);
    assert_int_equal(xvtd_plan_read(plan, &doc), XVTD_OK);
    xvtd_doc_free(doc);
    xen_emulate(1, 4); /* the slot that it would have got */
    before = machine_snapshot();
    assert_int_equal(xvtd_plan_apply(plan, NULL, NULL, NULL, &doc), XVTD_REFUSED);
    assert_string_equal(xvtd_error_kind(own), "changed");
    assert_null(doc);
    xvtd_plan_free(plan);
    assert_machine(before);
    free(before);
}

/* Without Xen to watch there is an error, and no events. */
static void test_no_events(void **state)
{
    struct xvtd_events *events;

    (void)state;
    assert_int_equal(xvtd_set_program(ctx, "/bin/false"), 0);
    assert_int_equal(xvtd_events_new(ctx, &events), XVTD_CANNOT);
    assert_null(events);
    xvtd_events_free(events);
}

static void test_words(void **state)
{
    const char *const nonsense[] = { "nonsense", NULL }, *const bare[] = { "timeout", NULL };
    const char *const given[] = { "timeout=5", "return", "lock-timeout=1", NULL };
    struct xvtd_plan *plan;

    (void)state;
    assert_int_equal(xvtd_plan_new(ctx, "list", assign, NULL, &plan), XVTD_USAGE);
    assert_null(plan);
    assert_int_equal(xvtd_plan_new(ctx, "detach", vm1_nic, nonsense, &plan), XVTD_USAGE);
    assert_int_equal(xvtd_plan_new(ctx, "detach", vm1_nic, bare, &plan), XVTD_USAGE);
    assert_int_equal(xvtd_plan_new(ctx, "detach", vm1_nic + 1, NULL, &plan), XVTD_USAGE);
    assert_int_equal(xvtd_plan_new(ctx, "detach", vm1_nic, given, &plan), XVTD_OK);
    assert_int_equal(xvtd_error_code(ctx), XVTD_OK);
    xvtd_plan_free(plan);
    assert_int_equal(xvtd_plan_new(own, "eject", (const char *[]){ "vm2", NULL }, NULL, &plan),
                     XVTD_OK);
    assert_int_equal(xvtd_plan_apply(plan, NULL, NULL, NULL, NULL), XVTD_OK);
    assert_int_equal(xvtd_plan_roll_back(plan, NULL, NULL, NULL, NULL), XVTD_USAGE);
    xvtd_plan_free(plan);
}

static int never(void *user)
{
    (void)user;
    return 0;
}

/* The same in another process, which has a machine like this one. */
static void test_there(void **state)
{
    char *before = machine_snapshot();
    struct xvtd_plan *plan;
    struct xvtd_doc *doc;
    int steps = 0;

    (void)state;
    assert_int_equal(xvtd_plan_new(ctx, "assign", assign, NULL, &plan), XVTD_OK);
    assert_int_equal(xvtd_plan_read(plan, &doc), XVTD_OK);
    assert_non_null(find(doc, "plan", "step", "make-assignable"));
    xvtd_doc_free(doc);
    assert_int_equal(xvtd_plan_apply(plan, count_step, never, &steps, &doc), XVTD_OK);
    assert_int_equal(steps, 2);
    assert_non_null(find(doc, "results", "status", "done"));
    xvtd_doc_free(doc);
    assert_int_equal(xvtd_plan_roll_back(plan, NULL, NULL, NULL, &doc), XVTD_OK);
    assert_non_null(find(doc, "results", "status", "undone"));
    xvtd_doc_free(doc);
    xvtd_plan_free(plan);
    assert_machine(before); /* of this process */
    free(before);
}

static void test_refused_there(void **state)
{
    const char *const disk[] = { "vm1", "0:3.0", NULL };
    struct xvtd_plan *plan;
    struct xvtd_doc *doc;

    (void)state;
    assert_int_equal(xvtd_plan_new(ctx, "assign", disk, NULL, &plan), XVTD_OK);
    assert_int_equal(xvtd_plan_apply(plan, NULL, NULL, NULL, &doc), XVTD_REFUSED);
    assert_null(doc);
    assert_string_equal(xvtd_error_kind(ctx), "in-use");
    assert_string_equal(xvtd_error_object(ctx), "0000:00:03.0");
    assert_string_not_equal(xvtd_error_message(ctx), "");
    xvtd_plan_free(plan);
    assert_int_equal(xvtd_recover(ctx, NULL, &doc), XVTD_OK);
    assert_int_equal(xvtd_count(xvtd_get(xvtd_doc_top(doc), "results")), 0);
    xvtd_doc_free(doc);
}

/* A program that is not there, and one that dies. */
static void test_no_helper(void **state)
{
    struct xvtd_plan *plan;
    struct xvtd_doc *doc;

    (void)state;
    assert_int_equal(xvtd_set_program(ctx, "/nowhere/xvtd"), 0);
    assert_int_equal(xvtd_plan_new(ctx, "assign", assign, NULL, &plan), XVTD_OK);
    assert_int_equal(xvtd_plan_apply(plan, NULL, NULL, NULL, &doc), XVTD_CANNOT);
    assert_string_equal(xvtd_error_kind(ctx), "helper");
    xvtd_plan_free(plan);
    assert_int_equal(xvtd_set_program(ctx, "/bin/false"), 0);
    assert_int_equal(xvtd_plan_new(ctx, "assign", assign, NULL, &plan), XVTD_OK);
    assert_int_not_equal(xvtd_plan_apply(plan, NULL, NULL, NULL, &doc), XVTD_OK);
    assert_string_equal(xvtd_error_kind(ctx), "helper");
    assert_null(doc);
    xvtd_plan_free(plan);
}

static void keep_note(const char *kind, const char *object, const char *text, void *user)
{
    assert_non_null(strstr(text, object));
    snprintf(user, 100, "%s %s", kind, object);
}

/* A note arrives with its kind and object from here and from the other process. */
static void test_notes(void **state)
{
    const char *const words[] = { "vm1", "3:0.0", NULL };
    struct xvtd_ctx *both[] = { own, ctx };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct xvtd_plan *plan;
        struct xvtd_doc *doc;
        char note[100] = "";

        xvtd_set_notes(both[i], keep_note, note);
        assert_int_equal(xvtd_plan_new(both[i], "assign", words, NULL, &plan), XVTD_OK);
        assert_int_equal(xvtd_plan_read(plan, &doc), XVTD_OK);
        assert_string_equal(note, "no-reset 0000:03:00.0");
        xvtd_doc_free(doc);
        xvtd_plan_free(plan);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_devices, setup, teardown),
        cmocka_unit_test_setup_teardown(test_guests, setup, teardown),
        cmocka_unit_test_setup_teardown(test_check, setup, teardown),
        cmocka_unit_test_setup_teardown(test_process, setup, teardown),
        cmocka_unit_test_setup_teardown(test_plan, setup, teardown),
        cmocka_unit_test_setup_teardown(test_removal_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_events, setup, teardown),
        cmocka_unit_test_setup_teardown(test_words, setup, teardown),
        cmocka_unit_test_setup_teardown(test_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_helper, setup, teardown),
        cmocka_unit_test_setup_teardown(test_notes, setup, teardown),
    };
    void *state = NULL;
    int code;

    if (argc > 1 && !strcmp(argv[1], "plugin")) {
        open_machine(&state);
        code = xvtd_main(argc, argv);
        machine_teardown(&state);
        return code;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
