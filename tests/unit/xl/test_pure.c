/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions that need no host: domains, causes in libxl's words, QEMU's "info pci", names. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "decide/cause.h"
#include "engine/plan_note.h"
#include "hv/hmp.h"
#include "names/names.h"
#include "session/domain.h"

static struct err e;

static const struct hv_domain domains[] = {
    { .domid = 1, .name = "vm1", .uuid = "aaaaaaaa-0000-4000-8000-000000000001" },
    { .domid = 2, .name = "5", .uuid = "bbbbbbbb-0000-4000-8000-000000000002" },
    { .domid = 5, .name = "vm5", .uuid = "cccccccc-0000-4000-8000-000000000005" },
    { .domid = 6, .name = "aaaaaaaa-0000-4000-8000-000000000001",
      .uuid = "dddddddd-0000-4000-8000-000000000006" },
    { .domid = 7, .name = "", .uuid = "eeeeeeee-0000-4000-8000-000000000007" },
    { .domid = 8, .name = "vm8", .uuid = "ffffffff-0000-4000-8000-000000000008" },
    { .domid = 9, .name = "vm8--incoming", .uuid = "ffffffff-0000-4000-8000-000000000008" },
    { .domid = 10, .name = "id:1", .uuid = "eeeeeeee-0000-4000-8000-00000000000a" },
    { .domid = 11, .name = "77", .uuid = "eeeeeeee-0000-4000-8000-00000000000b" },
};

static void test_domain_find(void **state)
{
    static const struct {
        const char *operand;
        int domid, code;        /* 0 and the code where it finds none */
    } cases[] = {
        { "vm1", 1, 0 }, { "1", 1, 0 }, { "vm5", 5, 0 }, { "2", 2, 0 }, { "6", 6, 0 }, { "7", 7, 0 },
        { "02", 2, 0 }, { "cccccccc-0000-4000-8000-000000000005", 5, 0 },
        { "CCCCCCCC-0000-4000-8000-000000000005", 5, 0 },
        /* two guests: a name that is another's number, or another's UUID; and one UUID twice */
        { "5", 0, XV_USAGE }, { "aaaaaaaa-0000-4000-8000-000000000001", 0, XV_USAGE },
        { "ffffffff-0000-4000-8000-000000000008", 0, XV_USAGE },
        { "uuid:ffffffff-0000-4000-8000-000000000008", 0, XV_USAGE },
        { "vm8", 8, 0 }, { "vm8--incoming", 9, 0 }, { "id:8", 8, 0 }, { "id:9", 9, 0 },
        /* with id:, name: or uuid: */
        { "id:5", 5, 0 }, { "name:5", 2, 0 }, { "uuid:AAAAAAAA-0000-4000-8000-000000000001", 1, 0 },
        { "name:aaaaaaaa-0000-4000-8000-000000000001", 6, 0 }, { "name:vm1", 1, 0 },
        { "name:id:1", 10, 0 }, { "id:1", 1, 0 },
        /* a name of digits, and no domain of that number */
        { "77", 0, XV_NOT_FOUND }, { "name:77", 11, 0 },
        { "", 0, XV_USAGE }, { "id:", 0, XV_USAGE }, { "id:vm1", 0, XV_USAGE }, { "id:-1", 0, XV_USAGE },
        { "uuid:", 0, XV_USAGE }, { "uuid:vm1", 0, XV_USAGE }, { "name:", 0, XV_USAGE },
        { "VM1", 0, XV_NOT_FOUND }, { "vm", 0, XV_NOT_FOUND }, { "vm11", 0, XV_NOT_FOUND },
        { "01x", 0, XV_NOT_FOUND }, { "-1", 0, XV_NOT_FOUND }, { " 1", 0, XV_NOT_FOUND },
        { "1 ", 0, XV_NOT_FOUND }, { "+1", 0, XV_NOT_FOUND }, { "0x1", 0, XV_NOT_FOUND },
        { "3", 0, XV_NOT_FOUND }, { "0", 0, XV_NOT_FOUND }, { "id:0", 0, XV_NOT_FOUND },
        { "Domain-0", 0, XV_NOT_FOUND }, { "4294967297", 0, XV_NOT_FOUND },
        { "id:4294967297", 0, XV_NOT_FOUND }, { "99999999999999999999", 0, XV_NOT_FOUND },
        { "aaaaaaaa-0000-4000-8000-00000000000", 0, XV_NOT_FOUND },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct hv_domain *found = NULL;
        int r = domain_find(domains, ARRAY_LEN(domains), cases[i].operand, &found, &e);

        if ((r ? 0 : (int)found->domid) != cases[i].domid ||
            (r && (int)e.code != cases[i].code))
            fail_msg("'%s' finds %d, code %d", cases[i].operand, r ? 0 : (int)found->domid, e.code);
    }
    assert_string_equal(DOMAIN_ARG(&domains[0]), "vm1");
    assert_string_equal(DOMAIN_ARG(&domains[1]), "id:2");
    assert_string_equal(DOMAIN_XL_ARG(&domains[1]), "2");
    assert_string_equal(DOMAIN_ARG(&domains[3]), "id:6");
    assert_string_equal(DOMAIN_ARG(&domains[4]), "id:7");
    assert_string_equal(DOMAIN_ARG(&domains[7]), "id:10");
    assert_ptr_equal(domain_same(domains, ARRAY_LEN(domains), &domains[6]), &domains[6]);
    assert_ptr_equal(domain_by_id(domains, ARRAY_LEN(domains), 5), &domains[2]);
    assert_null(domain_by_id(domains, ARRAY_LEN(domains), 0));
    assert_string_equal(domain_label(domains, ARRAY_LEN(domains), 1).s, "'vm1'");
    assert_string_equal(domain_label(domains, ARRAY_LEN(domains), 1).operand, "vm1");
    assert_string_equal(domain_label(domains, ARRAY_LEN(domains), 99).s, "domain 99 (not running)");
    assert_string_equal(domain_label(domains, ARRAY_LEN(domains), 99).operand, "99");
}

/* libxl 4.17's own lines, with each errno of XEN_DOMCTL_assign_device. */
static void test_cause(void **state)
{
    static const struct {
        const char *says, *cause, *hint;
    } cases[] = {
        { "xc_assign_device failed: Operation not permitted", "shares a reserved memory region (RMRR)",
          "--rdm-policy=relaxed" },
        { "xc_assign_device failed: Invalid cross-device link", "populate-on-demand",
          "maxmem equal to memory" },
        { "xc_assign_device failed: Device or resource busy", "overlaps the guest's memory, "
                                                              "another domain owns it",
                                                              "--rdm-policy=relaxed" },
        { "xc_assign_device failed: No such device", "Xen does not know the device", "plugged in" },
        { "xc_assign_device failed: Bad file descriptor", "marked the device as broken", "reboot" },
        { "xc_assign_device failed: Operation not supported", "the domain has no IOMMU",
          "passthrough = \"enabled\"" },
        { "PCI device 0000:02:00.0 cannot be assigned - no IOMMU?", "the domain has no IOMMU",
          "passthrough = \"enabled\"" },
        { "PCI: slot 8 function 0 already occupied by xen-pci-passthrough, new func "
          "xen-pci-passthrough cannot be exposed to guest: indicates single function",
          "second function in a slot", "device_model_args" },
        { "PCI: slot 3 function 0 not available for xen-pci-passthrough, in use by rtl8139",
          "the slot was taken meanwhile", "" },
        { "Error: xc_physdev_map_pirq irq=11 (error=-1): File exists", "interrupt line is still "
          "mapped", "INTx" },
        { "Domain 1:libxl__device_pci_add failed for PCI device 0:2:0.0 (rc -9)",
          "another toolstack had libxl's lock", "lslocks" },
        { "xc_assign_device failed: Cannot allocate memory", NULL, "" },
        { "something else: Operation not permitted", NULL, "" },
        { "", NULL, "" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char line[sizeof(e.message)];

        err_set(&e, XV_FAILED, EIO, "attach 0000:02:00.0: libxl says: %s", cases[i].says);
        snprintf(line, sizeof(line), "%s", e.message);
        cause_explain(&e);
        /* The message always quotes the line. */
        assert_int_equal(strncmp(e.message, line, strlen(line)), 0);
        assert_int_equal(e.code, XV_FAILED);
        if (cases[i].cause ? !strstr(e.message + strlen(line), cases[i].cause)
                           : e.message[strlen(line)] != '\0')
            fail_msg("%s", e.message);
        if (*cases[i].hint ? !strstr(e.hint, cases[i].hint) : *e.hint != '\0')
            fail_msg("%s: hint: %s", e.message, e.hint);
    }
}

/* QEMU 5.2 to 7.2, monitor/hmp-cmds.c. */
static const char info_pci[] =
    "  Bus  0, device   0, function 0:\r\n"
    "    Host bridge: PCI device 8086:1237\r\n"
    "      PCI subsystem 1af4:1100\r\n"
    "      id \"\"\r\n"
    "  Bus  0, device   1, function 0:\r\n"
    "    ISA bridge: PCI device 8086:7000\r\n"
    "      id \"\"\r\n"
    "  Bus  0, device   1, function 1:\r\n"
    "    IDE controller: PCI device 8086:7010\r\n"
    "      BAR4: I/O at 0xc120 [0xc12f].\r\n"
    "      id \"\"\r\n"
    "  Bus  0, device   2, function 0:\r\n"
    "    Class 65408: PCI device 5853:0001\r\n"
    "      IRQ 24, pin A\r\n"
    "      BAR0: I/O at 0xc000 [0xc0ff].\r\n"
    "      id \"\"\r\n"
    "  Bus  0, device   7, function 0:\r\n"
    "    Ethernet controller: PCI device 8086:10d3\r\n"
    "      PCI subsystem 8086:0000\r\n"
    "      IRQ 36, pin A\r\n"
    "      BAR0: 32 bit memory at 0xf3020000 [0xf303ffff].\r\n"
    "      id \"pci-pt-02_00.0\"\r\n"
    "  Bus  0, device  31, function 7:\r\n"
    "    Ethernet controller: PCI device 8086:10d3\r\n"
    "      id \"pci-pt-ff_1f.7\"\r\n"
    "  Bus  1, device   3, function 0:\r\n"
    "    Ethernet controller: PCI device 8086:100e\r\n"
    "      id \"pci-pt-03_00.0\"\r\n";

static void test_info_pci(void **state)
{
    AUTO_FREE struct hv_slot *bus = NULL;
    size_t n = 0;

    (void)state;
    assert_int_equal(hmp_parse_pci(info_pci, &bus, &n, &e), 0);
    assert_int_equal(n, 6); /* functions behind a bridge of the guest do not count */
    assert_int_equal(bus[2].slot, 1);
    assert_int_equal(bus[2].func, 1);
    assert_false(bus[2].passthrough);
    assert_string_equal(bus[2].what, "IDE controller");
    assert_string_equal(bus[3].what, "Class 65408");
    assert_true(bus[4].passthrough);
    assert_int_equal(bus[4].slot, 7);
    assert_string_equal(BDF_STR(bus[4].host), "0000:02:00.0");
    assert_string_equal(bus[4].what, "Ethernet controller");
    assert_true(bus[5].passthrough);
    assert_int_equal(bus[5].slot, 31);
    assert_int_equal(bus[5].func, 7);
    assert_string_equal(BDF_STR(bus[5].host), "0000:ff:1f.7");
}

static void test_info_pci_odd(void **state)
{
    static const char *const nothing[] = {
        "", "\r\n", "unknown command: 'info pci'\r\n", "Bus", "  Bus  0, device",
        "  Bus  1, device   3, function 0:\r\n", "  Bus  0, device   99, function 0:\r\n",
        "  Bus  0, device   3, function 8:\r\n",
    };
    static const char other_ids[] =
        "  Bus  0, device   3, function 0:\n    VGA controller: PCI device 1013:00b8\n"
        "      id \"pci-pt-x\"\n"
        "  Bus  0, device   4, function 0:\n    USB controller: PCI device 8086:2934\n"
        "      id \"usb-pci-pt-02_00.0\"\n";
    AUTO_FREE struct hv_slot *bus = NULL;
    char long_line[4096];
    size_t n = 99;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(nothing); i++) {
        assert_int_equal(hmp_parse_pci(nothing[i], &bus, &n, &e), -EPROTO);
        assert_int_equal(e.code, XV_CANNOT);
        assert_null(bus);
    }
    assert_int_equal(hmp_parse_pci(other_ids, &bus, &n, &e), 0);
    assert_int_equal(n, 2);
    assert_false(bus[0].passthrough || bus[1].passthrough);
    free(TAKE_PTR(bus));
    memset(long_line, 'x', sizeof(long_line));
    strcpy(long_line + 3000, ": PCI device 1:2\n");
    memcpy(long_line, "  Bus 0, device 3, function 0:\n", 31);
    assert_int_equal(hmp_parse_pci(long_line, &bus, &n, &e), 0);
    assert_int_equal(strlen(bus[0].what), sizeof(bus[0].what) - 1);
}

/* Names that are no function's, the same function twice, and more functions than there can be. */
static void test_info_pci_lies(void **state)
{
    static const char *const ids[] = {
        "06_20.0", "06_00.8", "006_00.0", "6_00.0", "06_0.0", "06_00.0x", "-6_00.0", "0x_00.0",
        "FF_00.0", "06_ 0.0",
    };
    static const char twice[] =
        "  Bus  0, device   3, function 0:\n      id \"pci-pt-02_00.0\"\n"
        "  Bus  0, device   4, function 0:\n      id \"pci-pt-02_00.0\"\n";
    AUTO_FREE struct hv_slot *bus = NULL;
    AUTO_FREE char *many = calloc(257, 40);
    char text[200], *end = many;
    size_t n = 0;

    (void)state;
    assert_non_null(many);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        snprintf(text, sizeof(text), "  Bus  0, device   3, function 0:\n      id \"pci-pt-%s\"\n",
                 ids[i]);
        assert_int_equal(hmp_parse_pci(text, &bus, &n, &e), 0);
        if (bus[0].passthrough)
            fail_msg("%s is taken for a function", ids[i]);
        free(TAKE_PTR(bus));
    }
    assert_int_equal(hmp_parse_pci(twice, &bus, &n, &e), -EPROTO);
    for (size_t i = 0; i < 257; i++)
        end += sprintf(end, "  Bus  0, device   3, function 0:\n");
    assert_int_equal(hmp_parse_pci(many, &bus, &n, &e), -EPROTO);
    assert_null(bus);
}

static void test_device_id(void **state)
{
    char id[32];

    (void)state;
    hmp_device_id((struct bdf){ 0, 2, 0, 0 }, id, sizeof(id));
    assert_string_equal(id, "pci-pt-02_00.0");
    hmp_device_id((struct bdf){ 1, 0xff, 0x1f, 7 }, id, sizeof(id));
    assert_string_equal(id, "pci-pt-ff_1f.7");
}

/* QEMU's id has no segment: the guest's known functions give it, when just one fits. */
static void test_segments(void **state)
{
    const struct hv_slot id = { .passthrough = true, .segment_unknown = true,
                                .host = { 0, 6, 0, 0 } };
    const struct bdf known[] = { { 0, 2, 0, 0 }, { 1, 6, 0, 0 }, { 2, 6, 0, 0 } };
    struct hv_slot slots[] = { id, { .slot = 3 }, id };

    (void)state;
    hmp_settle_segments(slots, 2, known, 1);        /* none of that name */
    assert_true(slots[0].segment_unknown);
    hmp_settle_segments(slots, 2, known, 3);        /* two of that name */
    assert_true(slots[0].segment_unknown);
    assert_int_equal(slots[0].host.segment, 0);
    hmp_settle_segments(slots, 2, known, 2);
    assert_false(slots[0].segment_unknown);
    assert_int_equal(slots[0].host.segment, 1);
    assert_false(slots[1].passthrough);
    hmp_settle_segments(slots, 3, &known[2], 1);    /* a known segment stays */
    assert_int_equal(slots[0].host.segment, 1);
    assert_int_equal(slots[2].host.segment, 2);
}

static void test_device_name(void **state)
{
    static const char *const good[] = { "uplink0", "a-b_c", "g", "nic", "x1", "disk-0", "a-" };
    static const char *const bad[] = { "", "0x7", "7", "7a", "beef", "a", "cafe00", "Uplink",
                                       "-x", "_x", "up link", "up.link", "up/link", "\xc3\xa9t",
                                       "02:00.0", "uplink0,x", "uplinK" };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        if (!device_name_valid(good[i]))
            fail_msg("'%s' is refused", good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (device_name_valid(bad[i]))
            fail_msg("'%s' is taken", bad[i]);
}

/* A note has a kind and a sentence, which begins with "warning:" only if it can do harm. */
static void test_notes(void **state)
{
    struct plan_notes notes = { .n = 0 };
    struct bdf bdf = { .bus = 2 };

    (void)state;
    assert_int_equal(plan_note_add(&notes, "split-group", bdf, &e, "it may %s", "access"), 0);
    assert_int_equal(plan_note_add(&notes, "irq", bdf, &e, "it has an IRQ"), 0);
    assert_int_equal(notes.n, 2);
    assert_string_equal(notes.list[0].kind, "split-group");
    assert_string_equal(plan_note_text(&notes.list[0]).s, "warning: 0000:02:00.0: it may access");
    assert_string_equal(plan_note_text(&notes.list[1]).s, "note: 0000:02:00.0: it has an IRQ");
    free(notes.list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_domain_find),
        cmocka_unit_test(test_cause),
        cmocka_unit_test(test_info_pci),
        cmocka_unit_test(test_info_pci_odd), cmocka_unit_test(test_info_pci_lies),
        cmocka_unit_test(test_segments),
        cmocka_unit_test(test_device_id),
        cmocka_unit_test(test_device_name), cmocka_unit_test(test_notes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
