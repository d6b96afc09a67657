/* SPDX-License-Identifier: GPL-2.0-or-later */
/* eject and restore: what they move, what they remember, and whom they believe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "change/place.h"
#include "machine.h"

#define UUID1 "00000000-0000-4000-8000-000000000001"
#define MANIFEST "var/lib/xvtd/" UUID1 ".json"

static const struct bdf nic = { 0, 2, 0, 0 };

/* The manifest's text, "" for none; and its path. */
static char manifest[65536], full[PATH_MAX];

static const char *read_manifest(void)
{
    CLEANUP(root_close_p) struct root *root = tree_root();

    snprintf(full, sizeof(full), "%s/" MANIFEST, tree_dir());
    if (root_readf(root, manifest, sizeof(manifest), MANIFEST) < 0)
        *manifest = '\0';
    return manifest;
}

static void write_manifest(const char *text)
{
    tree_write(text, MANIFEST);
    read_manifest();
    chmod(full, 0600);
}

/* The manifest with `from` replaced. */
static void change_manifest(const char *from, const char *to)
{
    AUTO_FREE char *text = strdup(read_manifest()), *changed = NULL;
    char *at = strstr(text, from);

    if (!at)
        fail_msg("no '%s' in %s", from, text);
    if (asprintf(&changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) < 0)
        abort();
    write_manifest(changed);
}

static void test_round(void **state)
{
    char *before;
    struct stat st;

    (void)state;
    xen_set_record("0000:02:00.0", "name", "uplink0");
    expect(0, NULL, NULL, "assign vm1 2:0.0 7 --permissive");
    expect(0, NULL, NULL, "assign vm1 9:0.*");
    before = machine_snapshot();
    expect(0, "0000:02:00.0: detached from vm1\n", NULL, "eject vm1");
    expect(0, "0000:03:00.0\n", NULL, "pci-assignable-list -n");
    assert_non_null(strstr(read_manifest(), "\"schema\":\"xvtd-manifest/1\""));
    assert_non_null(strstr(manifest, "\"identity\":\"8086:10d3:"));
    assert_non_null(strstr(manifest, "\"vslot\":\"0x07\",\"vfunc\":0,\"permissive\":true"));
    assert_non_null(strstr(manifest, "\"driver\":\"e1000e\",\"name\":\"uplink0\""));
    assert_null(strstr(manifest, "/sys"));
    assert_int_equal(stat(full, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(journals(), 0);
    expect(0, "vm1: already without devices\n", NULL, "eject vm1");
    assert_true(*read_manifest());
    expect(0, "0000:02:00.0: attached to vm1 at 0x07\n", NULL, "restore vm1");
    assert_string_equal(read_manifest(), "");
    expect(0, "permissive\": true", NULL, "pci-list --json vm1");
    expect(4, NULL, "there is no such manifest\nhint: `xvtd eject` writes it", "restore vm1");
    free(before);
}

/* Everything is as it was, except that the domain keeps its IOMMU from now on. */
static void test_as_it_was(void **state)
{
    char *before, *line, *now;

    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    before = machine_snapshot();
    expect(0, NULL, NULL, "eject vm1");
    expect(0, NULL, NULL, "restore vm1");
    now = machine_snapshot();
    line = strstr(now, "vm1 keeps its IOMMU\n");
    assert_non_null(line);
    memmove(line, strchr(line, '\n') + 1, strlen(strchr(line, '\n') + 1) + 1);
    assert_string_equal(now, before);
    free(before);
    free(now);
}

/* The --allow that a device was assigned with goes into the manifest, and off the function. */
static void test_override(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    xen_set_record("0000:02:00.0", "allow", "split-group");
    expect(0, NULL, NULL, "eject vm1");
    assert_non_null(strstr(read_manifest(), "\"allow\":\"split-group\""));
    assert_null(xen_record("0000:02:00.0", "allow"));
}

/* A machine without an id is not the manifest's machine. */
static void test_no_machine_id(void **state)
{
    CLEANUP(root_close_p) struct root *root = tree_root();
    struct remembered dev = { .machine = "" };

    (void)state;
    tree_write("fedcba9876543210fedcba9876543210\n", "etc/machine-id");
    assert_false(place_is_here(root, &dev));
    strcpy(dev.machine, "fedcba9876543210fedcba9876543210");
    assert_true(place_is_here(root, &dev));
    tree_remove("etc/machine-id");
    assert_false(place_is_here(root, &dev));
    *dev.machine = '\0';
    assert_false(place_is_here(root, &dev));
}

static void test_dry_run(void **state)
{
    char *before;

    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    before = machine_snapshot();
    expect(0, "1. make sure that vm1 keeps its IOMMU  (undo: none: it has one already)\n"
           "2. write the devices of vm1 to its manifest  (undo: none: restore)\n"
           "3. detach 0000:02:00.0 from vm1, slot 0x07", NULL, "--dry-run eject vm1");
    assert_machine(before);
    assert_string_equal(read_manifest(), "");
    free(before);
}

static void test_mute(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    expect(0, NULL, NULL, "assign vm1 9:0.*");
    xen_set_ack(1, ACK_NEVER, 0);
    expect(5, "has not acknowledged", NULL, "eject vm1 --timeout=2");
    assert_non_null(strstr(read_manifest(), "0000:02:00.0"));
    assert_int_equal(journals(), 1);
    xen_let_go(1);
    /* Devices already listed in the manifest stay there. */
    expect(0, NULL, NULL, "eject vm1");
    assert_non_null(strstr(read_manifest(), "0000:02:00.0"));
    assert_non_null(strstr(read_manifest(), "0000:09:00.1"));
    assert_int_equal(journals(), 0);
    xen_set_ack(1, ACK_AT_ONCE, 0);
    expect(0, NULL, NULL, "assign vm1 3:0.0 9");
    expect(0, NULL, NULL, "eject vm1");
    assert_non_null(strstr(read_manifest(), "0000:02:00.0"));
    assert_non_null(strstr(read_manifest(), "0000:03:00.0"));
    expect(0, "0000:03:00.0: attached to vm1 at 0x09\n", NULL, "restore vm1");
}

/*
 * A slot of the guest comes back as a whole or not at all: with function 0, which is the last to
 * come, the other is taken out.
 */
static void test_slot_whole(void **state)
{
    unsigned n = 0;

    (void)state;
    xen_set_multifunction(1, true);
    expect(0, NULL, NULL, "assign vm1 9:0.* 8");
    expect(0, NULL, NULL, "eject vm1");
    machine_save();
    machine_reset();
    expect(0, NULL, NULL, "restore vm1");
    for (unsigned i = 0; i < xen_calls(); i++)
        if (!strncmp(xen_call(i), "attach", 6))
            n = i + 1;
    assert_string_equal(xen_call(n - 1), "attach 0000:09:00.0");
    machine_reset();
    xen_fail(n, 5, "xc_assign_device failed: Operation not permitted", REACH_NOTHING, false);
    expect(5, "0000:09:00.1: it belongs together with 0000:09:00.0: ", NULL, "restore vm1");
    assert_string_equal(xvtd("pci-list --xl vm1").out, "");
    assert_non_null(strstr(read_manifest(), "\"bdf\":\"0000:09:00.0\""));
    assert_non_null(strstr(manifest, "\"bdf\":\"0000:09:00.1\""));
    assert_int_equal(journals(), 0);
    expect(0, NULL, NULL, "restore vm1");
    assert_string_equal(read_manifest(), "");
}

/* A device that pciback could not take is not attached together with the others. */
static void test_not_taken(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0@7 9:0.0@8 9:0.1@9");
    expect(0, NULL, NULL, "eject vm1");
    expect(0, NULL, NULL, "assignable remove 2:0.0 9:0.*");
    machine_save();
    machine_reset();
    xvtd("restore vm1");
    for (unsigned n = (unsigned)kernel_writes(); n > 0; n--) {
        machine_reset();
        kernel_fail(n, 5, false);
        xvtd("restore vm1"); /* the fake hypervisor looks at what is attached */
    }
    machine_reset();
    kernel_fail(1, 5, false);
    expect(5, "0000:09:00.0: attached to vm1 at 0x08\n0000:09:00.1: attached to vm1 at 0x09\n",
           "xvtd: restore: 0000:02:00.0: ", "restore vm1");
    assert_string_equal(kernel_driver(nic), "e1000e");
    for (size_t i = 0; i < xen_calls(); i++)
        assert_string_not_equal(xen_call(i), "attach 0000:02:00.0");
    expect(0, NULL, NULL, "restore vm1");
    assert_string_equal(read_manifest(), "");
}

static void test_missing_and_taken(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0@7 3:0.0@8 4:0.0@9");
    expect(0, NULL, NULL, "eject vm1");
    expect(0, NULL, NULL, "assign vm2 3:0.0");
    change_manifest("\"0000:04:00.0\"", "\"0000:44:00.0\"");
    change_manifest("\"identity\":\"8086:10d3", "\"identity\":\"8086:10d4");
    expect(5, "0000:03:00.0: it belongs to 'vm2'", "xvtd: restore: 0000:", "restore vm1");
    expect(0, "0000:03:00.0", NULL, "pci-list --xl vm2");
    assert_null(strstr(read_manifest(), "0000:07"));
    assert_non_null(strstr(manifest, "0000:03:00.0"));
    expect(0, NULL, NULL, "detach vm2 3:0.0");
    expect(5, NULL, NULL, "restore vm1");
    assert_null(strstr(read_manifest(), "0000:03:00.0"));
    assert_int_equal(journals(), 0);
}

/* At the old address is another device: the right one is found, or none is taken. */
static void test_identity(void **state)
{
    (void)state;
    kernel_add_device("0000:0a:00.0", NULL, (struct fake_ids){ 0x8086, 0x1533, 0x020000 },
                      "e1000e");
    kernel_bind("0000:0a:00.0", "e1000e");
    expect(0, NULL, NULL, "assign vm1 a:0.0 7");
    expect(0, NULL, NULL, "eject vm1");
    change_manifest("\"0000:0a:00.0\"", "\"0000:05:00.0\"");
    expect(0, "0000:0a:00.0: attached to vm1 at 0x07", NULL, "restore vm1");
    assert_string_equal(read_manifest(), "");
    /* Of several devices of that kind none is chosen. */
    expect(0, NULL, NULL, "detach vm1 a:0.0");
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    expect(0, NULL, NULL, "eject vm1");
    change_manifest("\"0000:02:00.0\"", "\"0000:0a:00.0\"");
    expect(5, "such devices", "--map=0000:0a:00.0=NEW", "restore vm1");
    expect(5, "is another device here", NULL, "restore vm1 --map a:0.0=10000:e1:00.0");
    expect(0, "0000:02:00.0: attached to vm1 at 0x07", NULL, "restore vm1 --map=a:0.0=2:0.0");
    expect(2, NULL, "expected OLD=NEW", "restore vm1 --map 2:0.0");
}

/* A device like it at its old address is not the same one; on another machine it is accepted. */
static void test_serial(void **state)
{
    char id[64], with[128], *at;

    (void)state;
    tree_write("fedcba9876543210fedcba9876543210\n", "etc/machine-id");
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    expect(0, NULL, NULL, "eject vm1");
    at = strstr(read_manifest(), "\"identity\":\"");
    assert_non_null(at);
    snprintf(id, sizeof(id), "%.31s", at);
    snprintf(with, sizeof(with), "%s serial 00-11-22-33-44-55-66-77", id);
    change_manifest(id, with);
    expect(5, "0000:02:00.0 is another device here: 8086:10d3:0000:0000 instead of 8086:10d3:0000:0000 "
           "serial 00-11-22-33-44-55-66-77", NULL, "restore vm1");
    change_manifest("\"machine\":\"fedc", "\"machine\":\"0123");
    expect(0, "0000:02:00.0: attached to vm1 at 0x07", NULL, "restore vm1");
}

/* A manifest from another machine: by name first, and no overrides. */
static void test_elsewhere(void **state)
{
    (void)state;
    tree_write("11111111111111111111111111111111\n", "etc/machine-id");
    xen_set_record("0000:02:00.0", "name", "uplink0");
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    expect(0, NULL, NULL, "eject vm1");
    expect(0, NULL, NULL, "assignable remove 2:0.0");
    tree_write("22222222222222222222222222222222\n", "etc/machine-id");
    xen_set_record("0000:02:00.0", "name", NULL);
    xen_set_record("0000:09:00.0", "name", "uplink0");
    expect(0, "0000:09:00.0: attached to vm1 at 0x07", NULL, "restore vm1");
    expect(0, "already clean", NULL, "recover");
}

static void test_refused(void **state)
{
    AUTO_FREE char *good = NULL;
    char command[PATH_MAX + 64];

    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0@7 3:0.0@8");
    expect(0, NULL, NULL, "eject vm1");
    good = strdup(read_manifest());
    change_manifest("\"vslot\":\"0x08\"", "\"vslot\":\"0x07\"");
    expect(3, NULL, "xvtd: restore: manifest ", "restore vm1");
    write_manifest(good);
    change_manifest("xvtd-manifest/1", "xvtd-manifest/3");
    expect(3, NULL, "it has version 3", "restore vm1");
    expect(3, "\"kind\": \"version\"", NULL, "--json restore vm1");
    snprintf(command, sizeof(command), "\"object\": \"%s\"", full);
    expect(3, command, NULL, "--json restore vm1");
    write_manifest(good);
    change_manifest("xvtd-manifest/1", "xvtd-manifest/2");
    expect(0, "attach", NULL, "--dry-run restore vm1");
    write_manifest("{}");
    expect(3, NULL, "it is not a manifest of xvtd", "restore vm1");
    write_manifest("[");
    expect(3, NULL, "it is not JSON", "restore vm1");
    write_manifest(good);
    change_manifest("\"driver\":\"e1000e\"", "\"driver\":\"../../e1000e\"");
    expect(3, NULL, "it is damaged: device number 1", "restore vm1");
    write_manifest(good);
    change_manifest("\"uuid\":\"", "\"uuid\":\"x");
    change_manifest("\"name\":\"vm1\"", "\"name\":\"vm9\"");
    expect(3, NULL, "it belongs to another guest, 'vm9'", "restore vm1");
    write_manifest(good);
    chmod(full, 0602);
    expect(3, NULL, "others can write to it", "restore vm1");
    chmod(full, 0600);
    snprintf(command, sizeof(command), "%s/link", tree_dir());
    assert_int_equal(symlink(full, command), 0);
    snprintf(command, sizeof(command), "restore vm1 --manifest=%s/link", tree_dir());
    expect(3, NULL, "it is a link", "%s", command);
    assert_int_equal(truncate(full, 2 << 20), 0);
    expect(3, NULL, "more than 1048576 bytes", "restore vm1");
    expect(2, NULL, "expected a DOMAIN or --all", "restore");
    expect(2, NULL, "expected a DOMAIN or --all", "eject --all vm1");
    expect(4, NULL, "no running domain", "eject vm7");
    assert_int_equal(kernel_writes() > 0, 1);
}

static void test_file_and_all(void **state)
{
    char command[PATH_MAX + 64];

    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    snprintf(command, sizeof(command), "eject vm1 --manifest=%s/out.json", tree_dir());
    expect(0, NULL, NULL, "%s", command);
    assert_string_equal(read_manifest(), "");
    snprintf(command, sizeof(command), "restore vm1 --manifest=%s/out.json", tree_dir());
    expect(0, "attached to vm1 at 0x07", NULL, "%s", command);
    expect(0, "0000:06:00.0: detached from vm2\n", NULL, "eject --all");
    expect(0, "0000:06:00.0: attached to vm2 at 0x05\n", NULL, "restore --all");
    expect(0, "0x07", NULL, "pci-list vm1");
    expect(0, "\"status\": \"done\"", NULL, "eject --all --json");
    expect(0, "\"status\": \"done\"", NULL, "--json restore --all");
}

/* Devices already listed stay in the manifest, except those whose slot the guest has filled. */
static void test_merge(void **state)
{
    char command[PATH_MAX + 64];

    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0@7 3:0.0@8");
    expect(0, NULL, NULL, "eject vm1");
    expect(0, NULL, NULL, "assign vm1 5:0.0 7");
    expect(0, NULL, NULL, "eject vm1");
    assert_null(strstr(read_manifest(), "\"bdf\":\"0000:02:00.0\""));
    assert_non_null(strstr(manifest, "\"bdf\":\"0000:03:00.0\""));
    assert_non_null(strstr(manifest, "\"bdf\":\"0000:05:00.0\""));
    expect(0, NULL, NULL, "restore vm1");
    expect(0, "07.0 0000:05:00.0\n08.0 0000:03:00.0\n", NULL, "pci-list --xl vm1");
    /* Another guest's is not merged into. */
    snprintf(command, sizeof(command), "eject vm1 --manifest=%s/out.json", tree_dir());
    expect(0, NULL, NULL, "%s", command);
    snprintf(command, sizeof(command), "eject vm2 --manifest=%s/out.json", tree_dir());
    expect(3, NULL, "it belongs to another guest, 'vm1'\n"
           "hint: restore that guest first", "%s", command);
    expect(0, "05.0 0000:06:00.0", NULL, "pci-list --xl vm2");
}

/* restore does not take a device that dom0 has begun to use meanwhile. */
static void test_in_use(void **state)
{
    char folder[PATH_MAX + 64];

    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7 --allow=in-use");
    expect(0, NULL, NULL, "eject vm1");
    expect(0, NULL, NULL, "assignable remove 2:0.0");
    change_manifest("\"allow\":\"\"", "\"allow\":\"in-use\"");
    snprintf(folder, sizeof(folder), "%s/host9/target9:0:0/9:0:0:0/block/sdz", kernel_path("0000:02:00.0"));
    tree_mkdir("%s", folder);
    tree_sys_link("sys/class/block/sdz", folder);
    tree_sys_link("sys/dev/block/65:144", folder);
    tree_append("33 1 65:144 / /srv rw - ext4 /dev/sdz rw\n", "proc/1/mountinfo");
    expect(5, "dom0 uses it", NULL, "restore vm1");
    assert_string_equal(kernel_driver(nic), "e1000e");
    assert_true(*read_manifest());
}

/* Nor does recover, when dom0 has begun to use it between the two. */
static void test_in_use_meanwhile(void **state)
{
    char folder[PATH_MAX + 64];

    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    expect(0, NULL, NULL, "eject vm1");
    expect(0, NULL, NULL, "assignable remove 2:0.0");
    assert_true(killed(0, 1, "restore vm1"));
    snprintf(folder, sizeof(folder), "%s/host9/target9:0:0/9:0:0:0/block/sdz",
             kernel_path("0000:02:00.0"));
    tree_mkdir("%s", folder);
    tree_sys_link("sys/class/block/sdz", folder);
    tree_sys_link("sys/dev/block/65:144", folder);
    tree_append("33 1 65:144 / /srv rw - ext4 /dev/sdz rw\n", "proc/1/mountinfo");
    expect(5, NULL, "xvtd: recover: restore vm1: 0000:02:00.0: dom0 uses it", "recover");
    assert_string_equal(kernel_driver(nic), "e1000e");
    assert_true(*read_manifest());
}

/* One document for any number of guests. */
static void test_all_as_json(void **state)
{
    struct run run;
    const char *plan;

    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    run = xvtd("eject --all --dry-run --json");
    assert_int_equal(run.code, 0);
    plan = strstr(run.out, "\"plan\"");
    assert_non_null(plan);
    assert_null(strstr(plan + 1, "\"plan\""));
    assert_null(strstr(run.out, "results"));
    assert_non_null(strstr(plan, "detach 0000:02:00.0 from vm1, slot 0x07"));
    assert_non_null(strstr(plan, "detach 0000:06:00.0 from vm2, slot 0x05"));
    expect(0, "\"plan\": [", NULL, "recover --dry-run --json");
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, machine_setup, machine_teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_round),
        RUN(test_as_it_was),
        RUN(test_override),
        RUN(test_no_machine_id),
        RUN(test_dry_run),
        RUN(test_mute),
        RUN(test_slot_whole),
        RUN(test_not_taken),
        RUN(test_missing_and_taken),
        RUN(test_identity),
        RUN(test_serial),
        RUN(test_elsewhere),
        RUN(test_refused),
        RUN(test_file_and_all),
        RUN(test_merge),
        RUN(test_in_use),
        RUN(test_in_use_meanwhile),
        RUN(test_all_as_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
