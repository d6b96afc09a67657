/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migrate-receive: what the host that the guest comes to answers and does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_xen.h"
#include "machine.h"
#include "migrate/wire.h"

#define UUID "00000000-0000-4000-8000-000000000001"
#define MANIFEST "var/lib/xvtd/" UUID ".json"

static struct manifest manifest;
static char *map;
static bool answered;
static struct answer answer;

/* The device that vm1 had on another host at `bdf`: the same kind of NIC. */
static struct manifest_device *add_device(const char *bdf, unsigned vslot)
{
    struct manifest_device *d = manifest_add(&manifest);
    struct err e;

    d->dev = (struct remembered){ .has_identity = true, .group = 1, .machine = "elsewhere" };
    assert_int_equal(bdf_parse(bdf, &d->dev.bdf, &e), 0);
    d->dev.was = d->pci.bdf = d->dev.bdf;
    d->dev.identity = (struct identity){ .vendor = 0x8086, .device = 0x10d3 };
    d->pci.vslot = vslot;
    return d;
}

static int setup(void **state)
{
    manifest_clear(&manifest);
    manifest = (struct manifest){ .uuid = UUID, .name = "vm1" };
    map = NULL;
    return machine_setup(state);
}

static int teardown(void **state)
{
    if (answered)
        answer_clear(&answer);
    answered = false;
    manifest_clear(&manifest);
    return machine_teardown(state);
}

/* Runs it with this text on standard input. */
static struct run receive(const char *text, size_t len)
{
    FILE *in = tmpfile(), *was = stdin;
    struct run run;

    assert_int_equal(fwrite(text, 1, len, in), len);
    rewind(in);
    stdin = in;
    run = xvtd("migrate-receive");
    stdin = was;
    fclose(in);
    return run;
}

/* One order about the manifest: the answer must have an error with this text, or none. */
static void order(enum order_kind kind, const char *error)
{
    struct order o = { .kind = kind, .manifest = manifest, .maps = &map, .n_maps = map != NULL };
    struct json *json = NULL;
    const char *text;
    struct run run;
    struct err e;
    size_t len;

    assert_int_equal(order_write(&o, &json, &text, &len, &e), 0);
    run = receive(text, len);
    json_free(json);
    assert_int_equal(run.code, 0);
    assert_string_equal(run.err, "");
    assert_ptr_equal(strchr(run.out, '\n'), run.out + strlen(run.out) - 1);
    if (answered)
        answer_clear(&answer);
    answered = true;
    if (answer_read(run.out, strlen(run.out), &answer, &e))
        fail_msg("%s in %s", e.message, run.out);
    if (answer.failed != (error != NULL) || (error && !strstr(answer.error.message, error)))
        fail_msg("expected %s: %s", error ? error : "no error", run.out);
}

static void expect_device(size_t i, enum step_status status, const char *bdf, const char *message)
{
    assert_true(i < answer.plan.n);
    assert_int_equal(answer.plan.steps[i].status, status);
    assert_string_equal(BDF_STR(answer.plan.steps[i].bdf), bdf);
    if (message && !strstr(answer.plan.steps[i].message, message))
        fail_msg("'%s' instead of '%s'", answer.plan.steps[i].message, message);
}

static bool has_manifest(void)
{
    CLEANUP(root_close_p) struct root *root = tree_root();

    return root_existsf(root, MANIFEST);
}

static void comes(void)
{
    xen_add_guest(7, "vm1");
    strcpy(xen_domain(7)->info.uuid, UUID);
}

/* By name, by map and at the old address; nothing changes. */
static void test_check(void **state)
{
    char *before;

    (void)state;
    xen_destroy(1);
    xen_set_record("0000:09:00.0", "name", "uplink0");
    strcpy(add_device("0000:42:00.0", 7)->dev.name, "uplink0");
    add_device("0000:43:00.0", 8);
    add_device("0000:02:00.0", 9);
    map = (char *)"43:0.0=3:0.0";
    before = machine_snapshot();
    order(ORDER_CHECK, NULL);
    expect_device(0, STEP_ALREADY, "0000:09:00.0", NULL);
    assert_int_equal(step_guest(&answer.plan.steps[0])->pci.vslot, 7);
    expect_device(1, STEP_ALREADY, "0000:03:00.0", NULL);
    expect_device(2, STEP_ALREADY, "0000:02:00.0", NULL);
    assert_machine(before);
    assert_false(has_manifest());
    assert_int_equal(journals(), 0);
    free(before);
}

static void test_not_free(void **state)
{
    (void)state;
    xen_destroy(1);
    add_device("0000:06:00.0", 7);
    add_device("0000:00:03.0", 8)->dev.identity = (struct identity){ .vendor = 0x1af4,
                                                                    .device = 0x1001 };
    add_device("0000:77:00.0", 9)->dev.identity.device = 0x1234;
    add_device("0000:44:00.0", 10);
    add_device("0000:02:00.0", 11)->dev.has_identity = false;
    order(ORDER_CHECK, NULL);
    assert_int_equal(answer.plan.n, 5);
    expect_device(0, STEP_FAILED, "0000:06:00.0", "it belongs to 'vm2'");
    expect_device(1, STEP_FAILED, "0000:00:03.0", "dom0 uses it");
    expect_device(2, STEP_FAILED, "0000:77:00.0", "no such device");
    expect_device(3, STEP_FAILED, "0000:44:00.0", "such devices");
    expect_device(4, STEP_FAILED, "0000:02:00.0", "does not have its identity");
}

static void test_cannot(void **state)
{
    (void)state;
    add_device("0000:02:00.0", 7);
    order(ORDER_CHECK, "there is a guest 'vm1' already");
    assert_int_equal(answer.error.code, XV_REFUSED);
    strcpy(xen_domain(1)->info.uuid, "00000000-0000-4000-8000-000000000099");
    order(ORDER_CHECK, "there is a guest 'vm1' already");
    xen_destroy(1);
    xen_set_passthrough(false);
    order(ORDER_CHECK, "this host cannot pass devices through");
    assert_int_equal(answer.error.code, XV_CANNOT);
    xen_set_passthrough(true);
    map = (char *)"nonsense";
    order(ORDER_CHECK, "expected OLD=NEW");
    map = (char *)"2:0.0=nosuchname";
    order(ORDER_CHECK, "nosuchname");
    map = NULL;
    kernel_remove_driver("pciback");
    kernel_set_module(MODULE_MISSING);
    order(ORDER_CHECK, NULL);
    expect_device(0, STEP_FAILED, "0000:02:00.0", "no xen-pciback");
}

/* Functions of one slot: their guest's QEMU has the option that allows them. */
static void test_one_slot(void **state)
{
    (void)state;
    xen_destroy(1);
    add_device("0000:09:00.0", 8);
    add_device("0000:09:00.1", 8)->pci.vfunc = 1;
    order(ORDER_CHECK, NULL);
    expect_device(0, STEP_ALREADY, "0000:09:00.0", NULL);
    expect_device(1, STEP_ALREADY, "0000:09:00.1", NULL);
}

static void test_keep_and_restore(void **state)
{
    (void)state;
    xen_destroy(1);
    add_device("0000:03:00.0", 7);
    add_device("0000:77:00.0", 8)->dev.identity.device = 0x1234;
    order(ORDER_KEEP, NULL);
    assert_true(has_manifest());
    order(ORDER_RESTORE, "the guest has not arrived");
    assert_int_equal(answer.error.code, XV_NOT_FOUND);
    comes();
    strcpy(xen_domain(7)->info.name, "vm1--incoming");
    order(ORDER_RESTORE, "the guest still has the name 'vm1--incoming'");
    strcpy(xen_domain(7)->info.name, "vm1");
    order(ORDER_RESTORE, "no such device");
    assert_int_equal(answer.error.code, XV_INCOMPLETE);
    expect_device(0, STEP_DONE, "0000:03:00.0", NULL);
    assert_int_equal(step_guest(&answer.plan.steps[0])->pci.vslot, 7);
    expect_device(1, STEP_FAILED, "0000:77:00.0", "no such device");
    assert_true(has_manifest());
    order(ORDER_RESTORE, "no such device");
    expect(0, "0x07", NULL, "pci-list vm1");
    order(ORDER_DROP, NULL);
    assert_false(has_manifest());
    order(ORDER_DROP, NULL);
}

/* A manifest of an older migration is replaced, not merged. */
static void test_keep_replaces(void **state)
{
    char text[4096];
    CLEANUP(root_close_p) struct root *root = NULL;

    (void)state;
    add_device("0000:03:00.0", 7);
    order(ORDER_KEEP, NULL);
    manifest_clear(&manifest);
    add_device("0000:55:00.0", 8);
    order(ORDER_KEEP, NULL);
    root = tree_root();
    assert_true(root_readf(root, text, sizeof(text), MANIFEST) > 0);
    assert_non_null(strstr(text, "0000:55:00.0"));
    assert_null(strstr(text, "0000:03:00.0"));
}

static void test_nonsense(void **state)
{
    static const char *const lines[] = {
        "\n", "{}\n", "[]\n", "{\"schema\":\"xvtd-migrate/9\"}\n",
        "{\"schema\":\"xvtd-migrate/1\",\"do\":\"check\"}\n",
        "{\"schema\":\"xvtd-migrate/1\",\"do\":\"rm -rf\",\"manifest\":\"{}\"}\n",
        "{\"schema\":\"xvtd-migrate/1\",\"do\":\"keep\",\"manifest\":\"{}\"}\n",
        "{\"schema\":\"xvtd-migrate/1\",\"do\":\"keep\",\"maps\":[7],\"manifest\":\"{}\"}\n",
    };
    static char large[(4u << 20) + 16];
    struct run run;
    char *before;

    (void)state;
    add_device("0000:03:00.0", 7);
    before = machine_snapshot();
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        run = receive(lines[i], strlen(lines[i]));
        assert_int_equal(run.code, 0);
        if (!strstr(run.out, "\"code\":3"))
            fail_msg("%s%s", lines[i], run.out);
    }
    /* The UUID becomes a file's name. */
    strcpy(manifest.uuid, "../../../../tmp/00000000-0000-4000-8");
    order(ORDER_KEEP, "UUID is not valid");
    strcpy(manifest.uuid, "00000000-0000-4000-8000-00000000000");
    order(ORDER_KEEP, "UUID is not valid");
    memset(large, ' ', sizeof(large));
    assert_int_equal(receive(large, sizeof(large)).code, 3);
    assert_int_equal(receive("{}", 2).code, 3); /* cut off */
    assert_int_equal(receive("", 0).code, 0);
    assert_machine(before);
    free(before);
}

/* The first host can have another release: the answer has a version that it reads. */
static void test_releases(void **state)
{
    static const struct {
        const char *from, *to, *answer;
    } releases[] = {
        { "\"speaks\":2,", "", "{\"schema\":\"xvtd-migrate/1\",\"speaks\":2," },
        { "\"speaks\":2,", "\"speaks\":2,", "{\"schema\":\"xvtd-migrate/2\"," },
        { "\"speaks\":2,", "\"speaks\":3,", "{\"schema\":\"xvtd-migrate/2\"," },
    };
    struct order o = { .kind = ORDER_DROP };
    const char *text, *at;
    struct json *json;
    struct err e;
    size_t len;

    (void)state;
    add_device("0000:03:00.0", 7);
    o.manifest = manifest;
    assert_int_equal(order_write(&o, &json, &text, &len, &e), 0);
    for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
        AUTO_FREE char *changed = NULL;
        struct run run;

        at = strstr(text, releases[i].from);
        assert_non_null(at);
        if (asprintf(&changed, "%.*s%s%s", (int)(at - text), text, releases[i].to,
                     at + strlen(releases[i].from)) < 0)
            abort();
        run = receive(changed, strlen(changed));
        if (strncmp(run.out, releases[i].answer, strlen(releases[i].answer)))
            fail_msg("%s instead of %s", run.out, releases[i].answer);
    }
    json_free(json);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_check),
        RUN(test_not_free),
        RUN(test_cannot),
        RUN(test_one_slot),
        RUN(test_keep_and_restore),
        RUN(test_keep_replaces),
        RUN(test_nonsense),
        RUN(test_releases),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
