/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Left-over journals: which are believed, what comes after them, and what they do not stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "engine/journal.h"
#include "machine.h"

#define JOURNALS "var/lib/xvtd/journal"

static const struct bdf nic = { 0, 2, 0, 0 };

/* Kills a command before its n-th write to sysfs. */
static void left_over(unsigned n, const char *words)
{
    unsigned were = journals();

    kernel_hook = xen_hook = NULL;
    assert_true(killed(0, n, words));
    assert_int_equal(journals(), were + 1);
}

/* The path of the one journal, below the tree and in full. */
static char path[NAME_MAX + 64], full[PATH_MAX];

static char *text_of_journal(void)
{
    CLEANUP(root_close_p) struct root *root = tree_root();
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, JOURNALS);
    struct dirent *de = dir ? root_readdir(dir) : NULL;
    char *text = calloc(1, 65536);
    int n;

    assert_non_null(de);
    snprintf(path, sizeof(path), JOURNALS "/%s", de->d_name);
    snprintf(full, sizeof(full), "%s/%s", tree_dir(), path);
    n = root_readf(root, text, 65535, "%s", path);
    assert_true(n > 0);
    text[n] = '\n';
    return text;
}

/* The journal with `from` replaced by `to`, which is refused with this text. */
static void refused_when(const char *from, const char *to, const char *why)
{
    AUTO_FREE char *text = text_of_journal(), *changed = NULL;
    char *at = strstr(text, from);

    assert_non_null(at);
    if (asprintf(&changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) < 0)
        abort();
    tree_write(changed, "%s", path);
    chmod(full, 0600);
    expect(5, NULL, why, "recover");
    assert_int_equal(journals(), 1);
    tree_write(text, "%s", path);
}

/* A journal of a later release: which file it is, and that nothing happens to it. */
static void test_later(void **state)
{
    AUTO_FREE char *text = NULL, *before = NULL;
    char object[NAME_MAX + 80];

    (void)state;
    left_over(3, "assign vm1 2:0.0 7");
    text = text_of_journal();
    *strchr(strstr(text, "xvtd-journal/"), '2') = '3';
    tree_write(text, "%s", path);
    chmod(full, 0600);
    before = machine_snapshot();
    expect(5, "\"kind\": \"version\"", NULL, "--json recover");
    snprintf(object, sizeof(object), "\"object\": \"/%s\"", path);
    expect(5, object, NULL, "--json recover");
    assert_machine(before);
    assert_int_equal(journals(), 1);
    /* it blocks no other command */
    expect(0, NULL, NULL, "assignable add 9:0.0 9:0.1");
}

static void test_refused(void **state)
{
    char *before = machine_snapshot();
    struct stat st;

    (void)state;
    left_over(3, "assign vm1 2:0.0 7");
    free(text_of_journal());
    assert_int_equal(stat(full, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    *strrchr(full, '/') = '\0';
    assert_int_equal(stat(full, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);

    refused_when("\"bdf\":\"0000:02:00.0\",\"domid\"", "\"bdf\":\"0000:03:00.0\",\"domid\"",
                 "it is damaged");
    refused_when("xvtd-journal/2", "xvtd-journal/3", "it has version 3");
    refused_when("xvtd-journal/2", "xvtd-journal/0", "it is not a journal of xvtd");
    refused_when("\"policy\":\"undo\"", "\"policy\":\"redo\"", "it is damaged");
    refused_when("\"step\":\"attach\"", "\"step\":\"upgrade\"",
                 "does not know the step 'upgrade'");
    refused_when("\"machine\":\"", "\"machine\":\"x", "it was written on another machine");
    refused_when("\"steps\":[", "\"steps\":7,\"x\":[", "it is damaged");
    refused_when("\"bdf\":\"0000:02", "\"bdf\":\"zz", "it is damaged");
    refused_when("\"driver\":\"e1000e\"", "\"driver\":\"../e1000e\"", "it is damaged");
    refused_when("{", "[", "it is not JSON");
    refused_when("{\"step\":0,\"is\":\"begun\"", "{\"step\":9,\"is\":\"begun\"", "it is damaged");
    refused_when("}\n", "}", "it is not JSON");

    free(text_of_journal());
    chmod(full, 0620);
    expect(5, NULL, "others can write to it (mode 0620)", "recover");
    chmod(full, 0600);
    expect(0, "recovered: assign vm1: undone", NULL, "recover");
    assert_machine(before);
    assert_int_equal(journals(), 0);
    expect(0, "already clean: no leftovers", NULL, "recover");
    free(before);
}

/* An interface that was up must be up again: its state is read before its driver lets go. */
static void test_interface_up(void **state)
{
    static const char *const flags[] = { "0x1002\n", "0x1003\n" };

    (void)state;
    for (size_t up = 0; up < 2; up++) {
        AUTO_FREE char *text = NULL;

        tree_write(flags[up], "sys/class/net/eth1/flags");
        left_over(3, "assign vm1 2:0.0 7");
        text = text_of_journal();
        assert_non_null(strstr(text, up ? "\"interface_up\":true" : "\"interface_up\":false"));
        assert_null(strstr(text, up ? "\"interface_up\":false" : "\"interface_up\":true"));
        expect(0, NULL, NULL, "recover");
    }
}

/* The one journal becomes the one that version 1 has written at the same place. */
static void becomes_old(const char *name)
{
    AUTO_FREE char *changed = NULL;
    char from[64], text[8192], *at;
    size_t len;
    FILE *f;

    free(text_of_journal());
    snprintf(from, sizeof(from), "tests/unit/xl/journals/%s", name);
    f = fopen(from, "r");
    assert_non_null(f);
    len = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    text[len] = '\0';
    assert_non_null(strstr(text, "xvtd-journal/1"));
    at = strstr(text, "@/var"); /* the tree has another place each time */
    if (at && asprintf(&changed, "%.*s%s%s", (int)(at - text), text, tree_dir(), at + 1) < 0)
        abort();
    tree_write(at ? changed : text, "%s", path);
    chmod(full, 0600);
}

/* Journals that xvtd-journal/1 was the schema of. */
static void test_version_1(void **state)
{
    AUTO_FREE char *before = machine_snapshot(), *attached = NULL;

    (void)state;
    left_over(3, "assign vm1 2:0.0 7");
    becomes_old("assign");
    expect(0, "recovered: assign vm1: undone", NULL, "recover");
    assert_machine(before);

    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    attached = machine_snapshot();
    left_over(2, "detach vm1 2:0.0 --return");
    becomes_old("detach");
    expect(0, "recovered: detach vm1: finished", NULL, "recover");
    assert_machine(before);

    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    assert_machine(attached);
    kernel_hook = xen_hook = NULL;
    assert_true(killed(22, 0, "switch 2:0.0 vm1 vm2 9"));
    becomes_old("switch");
    expect(0, "recovered: switch vm2: finished", NULL, "recover");
    expect(0, NULL, NULL, "switch 2:0.0 vm2 vm1 7");
    assert_machine(attached);

    expect(0, NULL, NULL, "eject vm1");
    expect(0, NULL, NULL, "assignable remove 2:0.0");
    left_over(3, "restore vm1");
    becomes_old("restore");
    expect(0, "recovered: restore vm1: finished", NULL, "recover");
    expect(0, "0x07 0x0000 0x02", NULL, "pci-list vm1");
    expect(4, NULL, "there is no such manifest", "restore vm1");
}

/* Does `check` mention that something is left over? */
static void assert_check(bool mentioned)
{
    struct run run = xvtd("check");
    bool is = strstr(run.out, "1 command has been interrupted and not finished\n") &&
              strstr(run.out, "xvtd recover\n");

    if (is != mentioned)
        fail_msg("check prints\n%s%s", run.out, run.err);
}

/* A step is marked as begun before it changes anything, and as done before the next one begins. */
static void test_marks(void **state)
{
    AUTO_FREE char *text = NULL;
    const char *done, *begun;

    (void)state;
    left_over(5, "assignable add 9:0.0 9:0.1");
    text = text_of_journal();
    done = strstr(text, "{\"step\":0,\"is\":\"done\"");
    begun = strstr(text, "{\"step\":1,\"is\":\"begun\"");
    assert_non_null(done);
    assert_non_null(begun);
    assert_true(done < begun);
    assert_null(strstr(text, "{\"step\":1,\"is\":\"done\""));
}

/* A half-written line does not count; nor does a journal of another boot. */
static void test_cut_and_void(void **state)
{
    char *before = machine_snapshot();

    (void)state;
    left_over(3, "assign vm1 2:0.0 7");
    free(text_of_journal());
    tree_append("{\"step\":0,\"is\":\"do", "%s", path);
    expect(0, NULL, NULL, "recover");
    assert_machine(before);

    left_over(3, "assign vm1 2:0.0 7");
    tree_write("control_d\n", "proc/xen/capabilities");
    assert_check(true);
    tree_write("3d3cb3a1-0000-4000-8000-000000000001\n", "proc/sys/kernel/random/boot_id");
    assert_check(false);
    assert_int_equal(journals(), 1);
    expect(0, "already clean", "it is from before the last boot and no longer valid: removed",
           "recover");
    assert_int_equal(journals(), 0);
    free(before);
}

/* After a cut line the next one is a line of its own, also for a third process. */
static void test_cut_twice(void **state)
{
    static const char *const tails[] = { "{\"step\":0,\"is\":\"do", "\0\0\0\0", "{\"st\0\0\0" };
    static const size_t lengths[] = { 18, 4, 8 };
    char *before = machine_snapshot();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
        FILE *f;

        left_over(3, "assign vm1 2:0.0 7");
        free(text_of_journal());
        f = fopen(full, "a");
        assert_non_null(f);
        assert_int_equal(fwrite(tails[i], 1, lengths[i], f), lengths[i]);
        fclose(f);
        kernel_hook = xen_hook = NULL;
        assert_true(killed(0, 1, "recover"));
        kernel_hook = xen_hook = NULL;
        expect(0, "recovered: assign vm1: undone", NULL, "recover");
        assert_machine(before);
        assert_int_equal(journals(), 0);
    }
    free(before);
}

/* All virtual functions of a large card, and more than fit into a MiB. */
static void test_many(void **state)
{
    enum { MANY = 5000 };
    CLEANUP(root_close_p) struct root *root = tree_root();
    struct journal_doc doc = { .command = "assignable add", .n_devices = MANY }, back;
    CLEANUP(plan_clear) struct plan plan = { .n = 0 };
    struct journal *j = NULL;
    AUTO_FREE char **names = NULL;
    struct err e;
    size_t n = 0;

    (void)state;
    doc.devices = calloc(MANY, sizeof(*doc.devices));
    expect(0, NULL, NULL, "assignable list"); /* the program knows its steps */
    for (unsigned i = 0; i < MANY; i++) {
        struct bdf bdf = { 0, (uint8_t)(i >> 8), (uint8_t)(i >> 3 & 31), i & 7 };

        doc.devices[i] = (struct remembered){ .bdf = bdf, .was = bdf, .group = -1 };
        assert_non_null(plan_add(&plan, STEP_TAKE, bdf));
    }
    if (journal_begin(&j, root, &doc, &plan, &e))
        fail_msg("%s", e.message);
    journal_end(j, true);
    journal_doc_clear(&doc);
    assert_int_equal(journal_list(root, &names, &n, &e), 0);
    assert_int_equal(n, 1);
    back = (struct journal_doc){ .n_devices = 0 };
    if (journal_open(&j, &back, root, names[0], true, &e))
        fail_msg("%s", e.message);
    assert_int_equal(back.n_devices, MANY);
    assert_int_equal(back.plan.n, MANY);
    journal_end(j, false);
    journal_doc_clear(&back);
}

/* A pipe or a link in the journal's place is not waited for and not followed. */
static void test_no_file(void **state)
{
    (void)state;
    left_over(3, "assign vm1 2:0.0 7");
    free(text_of_journal());
    tree_remove("%s", path);
    assert_int_equal(mkfifo(full, 0600), 0);
    expect(5, NULL, "it is not a regular file", "recover");
    tree_link("/etc/passwd", "%s", path);
    expect(5, NULL, "it is a link, which is not followed", "recover");
}

/* Other commands still work and print a note, and recover does not undo their changes. */
static void test_in_nobodys_way(void **state)
{
    char *after;

    (void)state;
    left_over(5, "assign vm1 9:0.*");
    expect_note("", "interrupted", "", "assign vm1 2:0.0 7");
    expect(0, NULL, NULL, "detach vm1 2:0.0 --return");
    assert_int_equal(journals(), 1);
    expect_note("attached to vm1 at 0x04", "interrupted", "", "assign vm1 9:0.*");
    assert_int_equal(journals(), 0);
    after = machine_snapshot();
    expect(0, "already clean", NULL, "recover");
    assert_machine(after);
    free(after);
}

/* Of two functions one was put in place by a later command: the other one goes back. */
static void test_settled_in_part(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 9:0.*");
    left_over(2, "detach vm1 9:0.* --return");
    expect(0, NULL, NULL, "assign vm1 9:0.0 8 --allow=split-group");
    expect(0, "0000:09:00.1: returned to driver e1000e", NULL, "recover vm1");
    expect(0, "0x08 0x0000 0x09 0x00 0x0", NULL, "pci-list vm1");
    assert_int_equal(journals(), 0);
}

static void test_domain(void **state)
{
    char *before = machine_snapshot();

    (void)state;
    left_over(3, "assign vm1 2:0.0 7");
    left_over(3, "assign vm2 9:0.0 7 --allow=split-group");
    expect(0, "already clean: no leftovers in vm3", NULL, "recover vm3");
    expect(0, "recovered: assign vm2", NULL, "recover 2");
    assert_int_equal(journals(), 1);
    expect(0, "recovered: assign vm1", NULL, "recover 00000000-0000-4000-8000-000000000001");
    assert_machine(before);
    free(before);
}

/* The guest was destroyed, or rebooted and has another number. */
static void test_domain_gone(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    left_over(1, "detach vm1 2:0.0 --return");
    xen_destroy(1);
    expect(0, "0000:02:00.0: returned to driver e1000e", NULL, "recover");
    assert_string_equal(kernel_driver(nic), "e1000e");
    assert_int_equal(journals(), 0);
}

/* The guest of a killed restore has ended: its device stays in the manifest. */
static void test_restore_to_nobody(void **state)
{
    AUTO_FREE char *before = NULL;

    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    expect(0, NULL, NULL, "eject vm1");
    expect(0, NULL, NULL, "assignable remove 2:0.0");
    before = machine_snapshot();
    assert_non_null(strstr(before, "xvtd-manifest/1"));
    left_over(3, "restore vm1");
    xen_destroy(1);
    expect(0, "recovered: restore vm1: undone\n", NULL, "recover");
    assert_string_equal(kernel_driver(nic), "e1000e");
    assert_int_equal(journals(), 0);
}

/* The card was changed for another one meanwhile: hands off. */
static void test_other_device(void **state)
{
    AUTO_FREE char *now = NULL;

    (void)state;
    left_over(3, "assign vm1 2:0.0 7");
    tree_write("0x1533\n", "%s/device", kernel_path("0000:02:00.0"));
    now = machine_snapshot();
    expect(5, NULL, "recover: assign vm1: 0000:02:00.0: another device is there now: 8086:1533:0000:0000 instead of 8086:10d3:0000:0000\nhint: ",
           "recover");
    assert_machine(now);
    assert_int_equal(journals(), 1);
}

/* libxl, killed between its own two steps, forgets the record of the owner. */
static void test_stale_record(void **state)
{
    unsigned n = 0;

    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    machine_save();
    machine_reset();
    xvtd("detach vm1 2:0.0");
    for (unsigned i = 0; i < xen_calls() && !n; i++)
        if (!strncmp(xen_call(i), "destroy", 7))
            n = i + 1;
    machine_reset();
    assert_true(killed(n + 1, 0, "detach vm1 2:0.0"));
    xen_set_record("0000:02:00.0", "domid", "1");
    expect(0, "recovered: detach vm1: finished\n", NULL, "recover");
    assert_null(xen_record("0000:02:00.0", "domid"));
}

static void test_dry_run(void **state)
{
    char *before;

    (void)state;
    left_over(3, "assign vm1 2:0.0 7");
    before = machine_snapshot();
    expect(0, "0000:02:00.0: give it back to e1000e\n", NULL, "--dry-run recover");
    assert_machine(before);
    assert_int_equal(journals(), 1);
    free(before);
}

static void test_json(void **state)
{
    struct run run;
    int code;

    (void)state;
    left_over(3, "assign vm1 2:0.0 7");
    run = xvtd("--json recover");
    assert_int_equal(run.code, 0);
    assert_true(json_valid(run.out, &code));
    assert_non_null(strstr(run.out, "\"status\": \"undone\""));
    run = xvtd("--json recover");
    assert_true(json_valid(run.out, &code));
    assert_int_equal(code, 0);
}

/* A device that a guest has not released stays in the journal until then. */
static void test_pending(void **state)
{
    char *before = machine_snapshot();

    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    xen_set_ack(1, ACK_NEVER, 0);
    expect(5, NULL, NULL, "detach vm1 2:0.0 --return --timeout=3");
    assert_int_equal(journals(), 1);
    expect(5, "has not acknowledged", "xvtd: recover: detach vm1: 0000:02:00.0: 'vm1' has not",
           "recover");
    assert_int_equal(journals(), 1);
    xen_let_go(1);
    expect(0, "returned to driver e1000e", NULL, "recover");
    assert_int_equal(journals(), 0);
    assert_machine(before);

    xen_set_ack(1, ACK_AT_ONCE, 0);
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    xen_set_ack(1, ACK_NEVER, 0);
    expect(5, NULL, NULL, "detach vm1 2:0.0 --return --timeout=3");
    xen_let_go(1);
    expect(0, NULL, NULL, "detach vm1 2:0.0 --return");
    assert_int_equal(journals(), 0);
    assert_machine(before);
    free(before);
}

/* No journal, no change. */
static void test_cannot_write(void **state)
{
    char *before = machine_snapshot();

    (void)state;
    tree_write("in the way", "var/lib/xvtd");
    expect(6, NULL, "xvtd: assign: journal: ", "assign vm1 2:0.0 7");
    assert_machine(before);
    tree_remove("var/lib/xvtd");
    tree_mkdir("var/lib/xvtd");
    snprintf(full, sizeof(full), "%s/var/lib/xvtd", tree_dir());
    chmod(full, 0777);
    expect(6, NULL, "can be written by others", "assign vm1 2:0.0 7");
    assert_machine(before);
    free(before);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, machine_setup, machine_teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_refused), RUN(test_interface_up),
        RUN(test_version_1),
        RUN(test_later),
        RUN(test_marks),
        RUN(test_cut_and_void),
        RUN(test_cut_twice),
        RUN(test_many),
        RUN(test_no_file),
        RUN(test_in_nobodys_way),
        RUN(test_settled_in_part),
        RUN(test_domain),
        RUN(test_domain_gone),
        RUN(test_restore_to_nobody),
        RUN(test_other_device),
        RUN(test_stale_record),
        RUN(test_dry_run),
        RUN(test_json),
        RUN(test_pending),
        RUN(test_cannot_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
