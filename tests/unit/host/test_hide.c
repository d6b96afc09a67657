/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xen-pciback's hide parameter, read as pcistub_init() and pcistub_device_id_add() in
 * drivers/xen/xen-pciback/pci_stub.c read it, with the kernel's sscanf() (lib/vsprintf.c).
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

#include "../fake/fake_kernel.h"
#include "../fake/fake_tree.h"
#include "base/cleanup.h"
#include "hide/hide.h"

/* The entries as text, "0000:02:00.0", with * for any; "!OFFSET" for what is refused. */
static const char *reading(const char *value)
{
    static char text[1024];
    struct hide_entry *list = NULL;
    size_t n = 0, offset = 99, len = 0;
    int r = hide_parse(value, &list, &n, &offset);

    text[0] = '\0';
    if (r == -EINVAL)
        snprintf(text, sizeof(text), "!%zu", offset);
    else
        assert_int_equal(r, 0);
    for (size_t i = 0; !r && i < n; i++) {
        const struct hide_entry *h = &list[i];
        char slot[8] = "*", func[8] = "*";

        if (!h->any_slot)
            snprintf(slot, sizeof(slot), "%02x", h->bdf.slot);
        if (!h->any_func)
            snprintf(func, sizeof(func), "%x", h->bdf.func);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%04x:%02x:%s.%s",
                                i ? " " : "", (unsigned)h->bdf.segment, h->bdf.bus, slot, func);
    }
    free(list);
    return text;
}

static void test_table(void **state)
{
    static const struct {
        const char *value, *reading;
    } cases[] = {
        { "", "" },
        { "(0000:02:00.0)", "0000:02:00.0" },
        { "(02:00.0)", "0000:02:00.0" },
        { "(0:2:0.0)", "0000:02:00.0" },
        { "(ffff:ff:1f.7)", "ffff:ff:1f.7" },
        { "(FFFF:FF:1F.7)", "ffff:ff:1f.7" },
        { "(0000:02:00.0)(0000:03:00.0)", "0000:02:00.0 0000:03:00.0" },
        { "(02:00.0)(0001:03:00.1)", "0000:02:00.0 0001:03:00.1" },
        { "(02:00.*)", "0000:02:00.*" },
        { "(0001:02:00.*)", "0001:02:00.*" },
        { "(02:*.*)", "0000:02:*.*" },
        { "(0001:02:*.*)", "0001:02:*.*" },
        { "(02:00.*)(03:*.*)(04:00.1)", "0000:02:00.* 0000:03:*.* 0000:04:00.1" },
        { "(02:00.0)(02:00.0)", "0000:02:00.0 0000:02:00.0" },

        /* Blanks: before and after an entry, and before each number. */
        { " (02:00.0)", "0000:02:00.0" },
        { "(02:00.0) ", "0000:02:00.0" },
        { "(02:00.0) (03:00.0)", "0000:02:00.0 0000:03:00.0" },
        { "(02:00.0)\n\t\v\f\r (03:00.0)\n", "0000:02:00.0 0000:03:00.0" },
        { "(02:00.0)\xa0(03:00.0)", "0000:02:00.0 0000:03:00.0" },   /* the kernel's isspace() */
        { "( 02: 00. 0)", "0000:02:00.0" },
        { "(02: 00.0)", "0000:02:00.0" },
        { "(02 :00.0)", "!0" },
        { "(02:00 .0)", "!0" },
        { "(02:00.0 )", "!0" },
        { "(02:00. *)", "!0" },
        { "(02: *.*)", "!0" },
        { " ", "!0" },
        { "\n", "!0" },

        /* Numbers: any width, modulo 2^32, 0x. */
        { "(0x02:0x1f.7)", "0000:02:1f.7" },
        { "(0X02:0X1F.0x7)", "0000:02:1f.7" },
        { "(0x:0x.0x)", "0000:00:00.0" },
        { "(0x0x2:0.0)", "!0" },
        { "(100000002:00.0)", "0000:02:00.0" },
        { "(0000000000000002:00000000.000000000)", "0000:02:00.0" },
        { "(10000000000000002:00.0)", "0000:02:00.0" },
        { "(123456789abcdef00000002:00.0)", "0000:02:00.0" },
        { "(-2:00.0)", "!0" },
        { "(+2:00.0)", "!0" },
        { "(02:-1.0)", "!0" },
        { "(g:00.0)", "!0" },

        /* Out of range; a slot or function that is negative as an int means any. */
        { "(100:00.0)", "!0" },
        { "(02:20.0)", "!0" },
        { "(02:00.8)", "!0" },
        { "(10000:02:00.0)", "!0" },
        { "(ffffffff:02:00.0)", "!0" },
        { "(80000000:02:00.0)", "!0" },
        { "(ffffffff:00.0)", "!0" },
        { "(100:*.*)", "!0" },
        { "(02:20.*)", "!0" },
        { "(10000:02:*.*)", "!0" },
        { "(02:ffffffff.0)", "0000:02:*.0" },
        { "(02:80000000.3)", "0000:02:*.3" },
        { "(02:00.ffffffff)", "0000:02:00.*" },
        { "(02:ffffffff.ffffffff)", "0000:02:*.*" },
        { "(02:ffffffff.8)", "!0" },
        { "(02:20.ffffffff)", "!0" },
        { "(02:ffffffff.*)", "0000:02:*.*" },

        /* Anything else: one typo, and nothing is hidden. */
        { "02:00.0", "!0" },
        { "(02:00.0", "!0" },
        { "02:00.0)", "!0" },
        { "()", "!0" },
        { "(", "!0" },
        { ")", "!0" },
        { "(02)", "!0" },
        { "(02:00)", "!0" },
        { "(02.00.0)", "!0" },
        { "(0:0:2:0.0)", "!0" },
        { "(02:*.0)", "!0" },
        { "(02:*.1)", "!0" },
        { "(0000:02:*.0)", "!0" },
        { "(*:00.0)", "!0" },
        { "(*:*.*)", "!0" },
        { "(0:*:*.*)", "!0" },
        { "(02:00.**)", "!0" },
        { "(02:00.*", "!0" },
        { "(02:**)", "!0" },
        { "((02:00.0))", "!0" },
        { "(02:00.0),(03:00.0)", "!9" },
        { "(02:00.0)(03:00.0", "!9" },
        { "(02:00.0) x", "!10" },
        { "(02:00.0)\"", "!9" },
        { "\"(02:00.0)\"", "!0" },
        { "(02:00.0)(100:00.0)(04:00.0)", "!9" },
        { "\xe2\x80\x98(02:00.0)\xe2\x80\x99", "!0" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (strcmp(reading(cases[i].value), cases[i].reading))
            fail_msg("'%s' reads as '%s', expected '%s'", cases[i].value,
                     reading(cases[i].value), cases[i].reading);
}

/* Where and why a value is refused, for a person. */
static void test_faults(void **state)
{
    static const struct {
        const char *value;
        size_t offset, at;
        const char *why;
    } cases[] = {
        { "(02:00.0),(03:00.0)", 9, 9, "',' does not belong between entries" },
        { "(02:00.0)\t,(03:00.0)", 10, 10, "',' does not belong between entries" },
        { "(02:00.0);", 9, 9, "';' does not belong between entries" },
        { "02:00.0", 0, 0, "expected '(' before an address" },
        { "(02:00.0) x", 10, 10, "expected '(' before an address" },
        { " ", 0, 1, "blanks alone are not an entry" },
        { "\"(02:00.0)\"", 0, 0, "quotes do not belong in the value" },
        { "'(02:00.0)'", 0, 0, "quotes do not belong in the value" },
        { "(02:00.0)(03:00.0", 9, 17, "expected ')' after the function" },
        { "(02:00.0 )", 0, 8, "expected ')' after the function" },
        { "(100:00.0)", 0, 1, "bus 100 is over ff" },
        { "(0:100:00.0)", 0, 3, "bus 100 is over ff" },
        { "(02:20.0)", 0, 4, "slot 20 is over 1f" },
        { "(02: 20.0)", 0, 5, "slot 20 is over 1f" },
        { "(02:00.8)", 0, 7, "function 8 is over 7" },
        { "(10000:02:00.0)", 0, 1, "segment 10000 is over ffff" },
        { "(80000000:02:00.0)", 0, 1, "segment 80000000 is over ffff" },
        { "(02 :00.0)", 0, 3, "expected ':' after the bus" },
        { "(02:00 .0)", 0, 6, "expected '.' after the slot" },
        { "(02:*.1)", 0, 6, "slot * needs function *" },
        { "(02:00.x)", 0, 7, "expected the function in hexadecimal or *" },
        { "(02:x.0)", 0, 4, "expected the slot in hexadecimal or *" },
        { "(*:00.0)", 0, 1, "expected the bus in hexadecimal" },
        { "(x:02:00.0)", 0, 1, "expected the segment in hexadecimal" },
        { "()", 0, 0, "an entry is ([SEGMENT:]BUS:SLOT.FUNCTION)" },
        { "(02.0)", 0, 0, "an entry is ([SEGMENT:]BUS:SLOT.FUNCTION)" },
        { "(0:0:2:0.0)", 0, 0, "an entry is ([SEGMENT:]BUS:SLOT.FUNCTION)" },
        { "(02: *.*)", 0, 5, "expected the slot in hexadecimal or *" },
    };
    AUTO_FREE struct hide_entry *list = NULL;
    struct hide_fault fault;
    char value[1100] = "";
    size_t n;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(hide_check(cases[i].value, &list, &n, &fault), -EINVAL);
        if (fault.offset != cases[i].offset || fault.at != cases[i].at ||
            strcmp(fault.why, cases[i].why))
            fail_msg("'%s': %zu, %zu, %s", cases[i].value, fault.offset, fault.at, fault.why);
    }
    /* 1024 characters pass, one more does not, whatever they are. */
    for (int i = 0; i < 73; i++)
        strcat(value, "(0000:02:00.0)");
    strcat(value, "  ");
    assert_int_equal(strlen(value), 1024);
    assert_int_equal(hide_check(value, &list, &n, &fault), 0);
    assert_int_equal(n, 73);
    strcat(value, " ");
    assert_int_equal(hide_check(value, &list, &n, &fault), -EINVAL);
    assert_int_equal(fault.offset, 1024);
    assert_string_equal(fault.why, "1025 characters, but the kernel takes at most 1024");
}

/* Each form, matched against every function of two buses in two segments. */
static void test_matches(void **state)
{
    static const struct {
        const char *value;
        unsigned count;
    } cases[] = {
        { "(02:00.0)", 1 }, { "(02:00.*)", 8 }, { "(02:*.*)", 256 }, { "(0001:02:*.*)", 256 },
        { "(02:ffffffff.0)", 32 }, { "(04:00.0)", 0 }, { "(0002:02:00.0)", 0 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO_FREE struct hide_entry *list = NULL;
        size_t n, offset;
        unsigned count = 0;

        assert_int_equal(hide_parse(cases[i].value, &list, &n, &offset), 0);
        for (unsigned at = 0; at < 4 * 256; at++)
            count += hide_matches(list, (struct bdf){ at >> 9, 2 + (at >> 8 & 1),
                                                      (uint8_t)(at >> 3 & 31), at & 7 });
        if (count != cases[i].count)
            fail_msg("'%s' matches %u", cases[i].value, count);
    }
}

/* As long as a module parameter can be, and longer. */
static void test_many(void **state)
{
    AUTO_FREE struct hide_entry *list = NULL;
    size_t n, offset;
    char value[5000] = "";

    (void)state;
    for (int i = 0; i < 300; i++)
        sprintf(value + strlen(value), "(0000:%02x:00.%x)", i % 256, i & 7);
    assert_int_equal(hide_parse(value, &list, &n, &offset), 0);
    assert_int_equal(n, 300);
    assert_int_equal(list[299].offset, 299 * 14);
    assert_int_equal(list[299].len, 14);
    assert_int_equal(list[299].bdf.bus, 299 % 256);
}

static void test_at_boot(void **state)
{
    static const struct bdf nic = { 0, 2, 0, 0 };
    static const char *const parameter = "sys/module/xen_pciback/parameters/hide";
    struct root *root;

    (void)state;
    kernel_begin();
    kernel_add_driver("pciback");
    kernel_add_device("0000:02:00.0", NULL, (struct fake_ids){ 0x8086, 0x10d3, 0x020000 },
                      "e1000e");
    root = tree_root();
    assert_false(hide_at_boot(root, nic));
    tree_write("(null)\n", "%s", parameter);
    assert_false(hide_at_boot(root, nic));
    tree_write("(0000:02:00.0)\n", "%s", parameter);
    assert_true(hide_at_boot(root, nic));
    assert_false(hide_at_boot(root, (struct bdf){ 0, 2, 0, 1 }));
    tree_write("(0000:03:00.0)(02:*.*)\n", "%s", parameter);
    assert_true(hide_at_boot(root, nic));
    tree_write("(02:00.0)x\n", "%s", parameter); /* then the driver hides nothing */
    assert_false(hide_at_boot(root, nic));
    kernel_override("0000:02:00.0", "pciback");
    assert_true(hide_at_boot(root, nic));
    kernel_override("0000:02:00.0", "vfio-pci");
    assert_false(hide_at_boot(root, nic));
    root_close(root);
    kernel_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_matches),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_at_boot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
