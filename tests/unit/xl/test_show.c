/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list and show on the machine of machine.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <yajl/yajl_tree.h>

#include "../fake/fake_config.h"
#include "base/cleanup.h"
#include "fake_xen.h"
#include "machine.h"

static yajl_val doc;

static int setup(void **state)
{
    machine_setup(state);
    tree_write("control_d\n", "proc/xen/capabilities");
    return 0;
}

static int teardown(void **state)
{
    yajl_tree_free(doc);
    doc = NULL;
    return machine_teardown(state);
}

/* Runs it with --json, and keeps "device" of what it prints. */
static void show(const char *device)
{
    static const char *path[] = { "device", NULL };
    static yajl_val top;
    char why[256];
    struct run run;
    int code;

    run = xvtd("--json show %s", device);
    assert_int_equal(run.code, 0);
    assert_true(json_valid(run.out, &code));
    yajl_tree_free(doc);
    doc = yajl_tree_parse(run.out, why, sizeof(why));
    top = yajl_tree_get(doc, path, yajl_t_object);
    assert_non_null(top);
}

static yajl_val at(const char *key, const char *below)
{
    const char *path[] = { "device", key, below, NULL };

    return yajl_tree_get(doc, path, yajl_t_any);
}

static void is_text(const char *key, const char *below, const char *want)
{
    const char *got = YAJL_GET_STRING(at(key, below));

    if (!got || strcmp(got, want))
        fail_msg("%s %s: got %s, want %s", key, below ? below : "", got ? got : "nothing", want);
}

static void test_show(void **state)
{
    (void)state;
    show("02:00.0");
    is_text("bdf", NULL, "0000:02:00.0");
    is_text("class", NULL, "0x020000");
    is_text("driver", NULL, "e1000e");
    is_text("state", NULL, "dom0");
    is_text("parent", NULL, "0000:00:1c.0");
    assert_string_equal(YAJL_GET_STRING(YAJL_GET_ARRAY(at("used_as", NULL))->values[0]), "eth1");
    is_text("path", NULL, "/sys/devices/pci0000:00/0000:00:1c.0/0000:02:00.0");
    assert_true(YAJL_IS_NULL(at("domain", NULL)) && YAJL_IS_NULL(at("vslot", NULL)));
    assert_true(YAJL_IS_NULL(at("sriov", NULL)) && YAJL_IS_NULL(at("numa_node", NULL)));
    assert_true(YAJL_IS_TRUE(at("assignable", "ok")));
    assert_int_equal(YAJL_GET_ARRAY(at("assignable", "reasons"))->len, 0);
    assert_int_equal(YAJL_GET_ARRAY(at("holders", NULL))->len, 0);
    assert_true(YAJL_IS_ARRAY(at("reset_methods", NULL)));

    show("06:00.0");
    is_text("state", NULL, "assigned");
    is_text("vslot", NULL, "0x05");
    is_text("domain", "name", "vm2");
    assert_int_equal(YAJL_GET_INTEGER(at("domain", "id")), 2);
    assert_true(YAJL_IS_FALSE(at("assignable", "ok")));
    expect(0, "it belongs to 'vm2'", NULL, "show 06:00.0");
    expect(0, "assigned, vm2 has it at 0x05", NULL, "show 06:00.0");
}

/* Why it can or cannot be assigned, in the words of `assign`. */
static void test_assignable(void **state)
{
    (void)state;
    show("0:3.0");
    assert_true(YAJL_IS_FALSE(at("assignable", "ok")));
    is_text("state", NULL, "dom0");
    expect(0, "dom0 uses it: vda", NULL, "show 0:3.0");
    expect(0, "hint: free it in dom0 first", NULL, "show 0:3.0");
    show("0:1c.0");
    is_text("state", NULL, "bridge");
    expect(0, "a bridge stays with the host", NULL, "show 0:1c.0");
    expect(0, "segment above ffff", NULL, "show 10000:e1:0.0");
    show("04:00.0");
    is_text("state", NULL, "assignable");
    assert_true(YAJL_IS_TRUE(at("assignable", "ok")));
    show("05:00.0");
    is_text("state", NULL, "unbound");
    kernel_set_module(MODULE_MISSING);
    kernel_remove_driver("pciback");
    show("02:00.0");
    assert_true(YAJL_IS_FALSE(at("assignable", "ok")));
    expect(0, "this kernel has no xen-pciback", NULL, "show 02:00.0");
}

/* Without a native driver: another driver holds it, or a QEMU that xenstore no longer lists. */
static void test_other_states(void **state)
{
    (void)state;
    kernel_add_driver("vfio-pci");
    kernel_bind("0000:02:00.0", "vfio-pci");
    show("02:00.0");
    is_text("state", NULL, "other");
    xen_assigned_remove(2, xen_bdf("0000:06:00.0"));
    show("06:00.0");
    is_text("state", NULL, "pending");
    is_text("domain", "name", "vm2");
    assert_true(YAJL_IS_NULL(at("vslot", NULL)));
    expect(0, "the device model of 'vm2' still has it", NULL, "show 06:00.0");
    expect(0, "pending", NULL, "list");
}

static void test_operands(void **state)
{
    (void)state;
    show("eth1");
    is_text("bdf", NULL, "0000:02:00.0");
    show("/dev/vda");
    is_text("bdf", NULL, "0000:00:03.0");
    expect(0, "0000:00:03.0", NULL, "groups vda");
    expect(4, NULL, "this host has no such device", "show 77:0.0");
    expect(4, NULL, "no such interface or block device", "show /dev/nothing");
    expect(2, NULL, "show takes one", "show 9:0.*");
    expect(2, NULL, "", "show");
    expect(4, NULL, "no such interface or block device", "show --root %s eth9", tree_dir());
    /* On a captured machine show does not ask Xen for the owner. */
    expect(0, "assignable", NULL, "show --root %s 06:00.0", tree_dir());
}

/* show prints unknown parts as such, and everything else. */
static void test_captured(void **state)
{
    (void)state;
    tree_remove("proc/1/mountinfo");
    expect(0, "in use        unknown", NULL, "show --root %s 0:3.0", tree_dir());
    expect(0, "assignable    no", NULL, "show --root %s 0:3.0", tree_dir());
    expect(6, "", "mount", "assign vm1 0:3.0");
    tree_write("00:1f.7 SATA\n00: 86 80 22 29 07 04 b0 02 02 01 06 01\n", "elsewhere/lspci");
    expect(0, "8086:2922", NULL, "show --root %s/elsewhere 0:1f.7", tree_dir());
    expect(0, "0000:00:1f.7", NULL, "list --root %s/elsewhere", tree_dir());
    expect(0, "0000:00:1f.7", NULL, "groups --root %s/elsewhere", tree_dir());
    tree_mkdir("nothing");
    expect(6, "", "read the PCI devices", "list --root %s/nothing", tree_dir());
    tree_mkdir("sys/bus/pci/devices/absurd");
    expect_note("", "unread", "", "list");
}

static void test_list(void **state)
{
    struct run run;
    char *line, *save = NULL;
    int code;

    (void)state;
    run = xvtd("list --all --json");
    assert_int_equal(run.code, 0);
    assert_true(json_valid(run.out, &code));
    assert_non_null(strstr(run.out, "\"vm2\""));
    expect(0, "vm2", NULL, "list");
    expect(0, "eth1", NULL, "list");
    run = xvtd("list --all");
    assert_non_null(strstr(run.out, "bridge"));
    assert_null(strstr(run.out, "not shown"));
    setenv("COLUMNS", "90", 1);
    run = xvtd("list --all");
    unsetenv("COLUMNS");
    for (line = strtok_r(run.out, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        if (strlen(line) > 90)
            fail_msg("more than 90 columns: %s", line);
}

#define UNCORE(bdf) \
    kernel_add_device(bdf, NULL, (struct fake_ids){ 0x8086, 0x2014, 0x088000 }, "")

/* As text, list omits the processor's own functions, unless held, hidden, assigned or named. */
static void test_list_for_people(void **state)
{
    struct run run;

    (void)state;
    UNCORE("0000:00:05.0");
    UNCORE("0000:00:05.1");
    UNCORE("0000:00:05.2");
    UNCORE("0000:00:05.3");
    UNCORE("0000:00:05.4");
    kernel_add_device("0000:0a:00.0", "0000:00:1c.0",
                      (struct fake_ids){ 0x10ee, 0x7028, 0x058000 }, "");
    kernel_bind("0000:00:05.1", "pciback");
    xen_assigned_add(&(struct guest_pci){ .bdf = xen_bdf("0000:00:05.2"), .domid = 1 });
    tree_write("(0000:04:00.0)(0000:00:05.3)\n", "sys/module/xen_pciback/parameters/hide");
    tree_mkdir("etc");
    expect(0, "", NULL, "name 0:5.4 timer");
    run = xvtd("list");
    assert_null(strstr(run.out, "00:05.0"));
    assert_non_null(strstr(run.out, "0000:00:05.1"));
    assert_non_null(strstr(run.out, "0000:00:05.2"));
    assert_non_null(strstr(run.out, "0000:00:05.3"));
    assert_non_null(strstr(run.out, "0000:00:05.4"));
    assert_non_null(strstr(run.out, "0000:0a:00.0")); /* a card */
    assert_non_null(strstr(run.out, "not shown: 1 bridge and 1 of"));
    expect(0, "0000:00:05.0", NULL, "list --all");
    expect(0, "0000:00:05.0", NULL, "list --json");
    expect(0, "0000:00:05.0", NULL, "list --class=system");
}

static void test_list_classes(void **state)
{
    struct run run;

    (void)state;
    run = xvtd("list --class=nvme,bridge");
    assert_non_null(strstr(run.out, "10000:e1:00.0"));
    assert_non_null(strstr(run.out, "0000:00:1c.0"));
    assert_null(strstr(run.out, "02:00.0"));
    assert_null(strstr(run.out, "not shown"));
    run = xvtd("list --class=0200 --json");
    assert_non_null(strstr(run.out, "0000:02:00.0"));
    assert_null(strstr(run.out, "0000:00:03.0"));
    expect(2, NULL, "'ether' is not a class", "list --class=ether");
}

/* Shared groups before the others, and nothing but these with --shared. */
static void test_groups_for_people(void **state)
{
    struct fake_config c = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, true);
    struct run run;
    const char *nic, *disk;

    (void)state;
    for (int func = 0; func < 2; func++)
        tree_write_bytes(c.bytes, c.len, "sys/bus/pci/devices/0000:09:00.%d/config", func);
    UNCORE("0000:00:05.0");
    run = xvtd("groups");
    nic = strstr(run.out, "0000:09:00.0");
    disk = strstr(run.out, "0000:00:03.0");
    assert_true(nic && disk && nic < disk);
    assert_null(strstr(run.out, "0000:00:05.0"));
    assert_non_null(strstr(run.out, "not shown: 2 groups"));
    run = xvtd("groups --shared");
    assert_non_null(strstr(run.out, "0000:09:00.0"));
    assert_null(strstr(run.out, "0000:00:03.0"));
    expect(0, "0000:00:05.0", NULL, "groups --all");
    expect(0, "0000:00:05.0", NULL, "groups 0:5.0");
    expect(0, "0000:00:05.0", NULL, "groups --json");
    run = xvtd("groups --shared --json");
    assert_null(strstr(run.out, "0000:00:03.0"));
}

static void test_format(void **state)
{
    struct fake_config c = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, true);
    struct run run;
    int code;

    (void)state;
    for (int func = 0; func < 2; func++)
        tree_write_bytes(c.bytes, c.len, "sys/bus/pci/devices/0000:09:00.%d/config", func);
    expect(0, "-device vfio-pci,host=0000:02:00.0\n", NULL, "show 2:0.0 --format=qemu");
    expect(0, "host=0000:02:00.0,addr=1f\n", NULL, "show 2:0.0 --format=qemu --vslot=0x1f");
    expect(0, "0000:02:00.0@7\n", NULL, "show 2:0.0 --format=xl --vslot=7");
    expect_note("bus='0x09' slot='0x00' function='0x1'/>\n  </source>\n</hostdev>\n",
                "group", "0000:09:00.0", "show 9:0.1 --format=libvirt");
    /* The device of a guest: its slot and its options. */
    expect(0, "0000:06:00.0@5\n", NULL, "show 6:0.0 --format=xl");
    expect(0, "slot='0x05' function='0x0'/>\n</hostdev>", NULL, "show 6:0.0 --format=libvirt");
    expect(0, "addr=09\n", NULL, "show 6:0.0 --format=qemu --vslot=9");
    xen_assigned_add(&(struct guest_pci){ .bdf = xen_bdf("0000:09:00.0"), .domid = 1, .vslot = 7,
                                          .vfunc = 3, .permissive = true,
                                          .rdm_policy = GUEST_RDM_RELAXED });
    expect(0, "0000:09:00.0@7,permissive=1,rdm_policy=relaxed\n", NULL, "show 9:0.0 --format=xl");
    expect(0, "addr=07.3\n", NULL, "show 9:0.0 --format=qemu");
    expect(0, "addr=08\n", NULL, "show 9:0.0 --format=qemu --vslot=8");

    expect(0, "vfio-pci,sysfsdev=/sys/bus/pci/devices/10000:e1:00.0\n", NULL,
           "show 10000:e1:0.0 --format=qemu");
    expect(6, "", "libvirt cannot name a segment above ffff",
           "show 10000:e1:0.0 --format=libvirt");
    expect(6, "", "xl cannot name", "show 10000:e1:0.0 --format=xl");
    expect(3, "", "a bridge stays with the host", "show 0:1c.0 --format=libvirt");
    expect(2, "", "hint: libvirt, qemu, xl", "show 2:0.0 --format=xml");
    expect(2, "", "hint: for automatic placement", "show 2:0.0 --format=xl --vslot=0");
    expect(2, "", "--vslot goes with --format", "show 2:0.0 --vslot=7");
    run = xvtd("--json show 2:0.0 --format=xl");
    assert_int_equal(run.code, 0);
    assert_true(json_valid(run.out, &code));
    assert_non_null(strstr(run.out, "\"text\": \"0000:02:00.0\\n\""));
}

#define SCHEMA "/usr/share/libvirt/schemas/domain.rng"

/* libvirt's own name for it, where there is one. */
static void test_schema(void **state)
{
    char command[512], xml[2048];
    size_t len;

    (void)state;
    if (access(SCHEMA, R_OK) || system("command -v xmllint >/dev/null"))
        skip();
    len = (size_t)snprintf(xml, sizeof(xml), "<domain type='kvm'><name>vm1</name>"
                           "<memory>262144</memory><os><type>hvm</type></os>\n<devices>%s",
                           xvtd("show 6:0.0 --format=libvirt").out);
    snprintf(xml + len, sizeof(xml) - len, "%s</devices></domain>",
             xvtd("show 2:0.0 --format=libvirt").out);
    tree_write(xml, "elsewhere/domain.xml");
    snprintf(command, sizeof(command), "xmllint --noout --relaxng " SCHEMA
             " %s/elsewhere/domain.xml 2>&1", tree_dir());
    assert_int_equal(system(command), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_show),
        TEST(test_assignable),
        TEST(test_other_states),
        TEST(test_operands),
        TEST(test_captured),
        TEST(test_list),
        TEST(test_list_for_people),
        TEST(test_list_classes),
        TEST(test_groups_for_people),
        TEST(test_format),
        TEST(test_schema),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
