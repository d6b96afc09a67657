/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bdf.h"
#include "base/cleanup.h"
#include "base/device_form.h"

static void test_good(void **state)
{
    static const struct {
        const char *text, *full;
        bool all;
    } cases[] = {
        { "02:00.0", "0000:02:00.0", false },
        { "2:0.0", "0000:02:00.0", false },
        { "0:2:0.0", "0000:02:00.0", false },       /* xm's D:B:S.F */
        { "0000:02:00.0", "0000:02:00.0", false },
        { "00000000:02:00.0", "0000:02:00.0", false },
        { "0:0.0", "0000:00:00.0", false },
        { "ff:1f.7", "0000:ff:1f.7", false },
        { "FF:1F.7", "0000:ff:1f.7", false },
        { "fF:1f.7", "0000:ff:1f.7", false },
        { "a:B.1", "0000:0a:0b.1", false },
        { "1:02:03.4", "0001:02:03.4", false },
        { "ffff:ff:1f.7", "ffff:ff:1f.7", false },
        { "10000:e1:00.0", "10000:e1:00.0", false }, /* VMD */
        { "ffffffff:ff:1f.7", "ffffffff:ff:1f.7", false },
        { "02:00.*", "0000:02:00.0", true },
        { "0:2:0.*", "0000:02:00.0", true },
        { "10000:e1:00.*", "10000:e1:00.0", true },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct bdf_pattern pattern;
        struct bdf bdf;
        struct err e;

        if (bdf_parse_pattern(cases[i].text, &pattern, &e))
            fail_msg("%s", e.message);
        assert_int_equal(pattern.all, cases[i].all);
        assert_string_equal(BDF_STR(pattern.bdf), cases[i].full);
        assert_int_equal(bdf_parse(cases[i].text, &bdf, &e) != 0, cases[i].all);
        assert_int_equal(device_form(cases[i].text), DEVICE_BDF);
    }
}

static void test_bad(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        { "", "a field is not a hexadecimal number" },
        { ":", "a field is not a hexadecimal number" },
        { ":02:00.0", "a field is not a hexadecimal number" },
        { "02::00.0", "a field is not a hexadecimal number" },
        { "02:", "a field is not a hexadecimal number" },
        { "02", "the bus is missing" },
        { "00.0", "the bus is missing" },
        { "02:00", "the function is missing" },
        { "02:00.", "the function is not a digit from 0 to 7" },
        { "0000:02:00", "the function is missing" },
        { "0:0:2:0.0", "it has too many colons" },
        { "02:00.8", "the function is over 7" },
        { "02:00.00", "the function is over 7" },
        { "02:00.f", "the function is over 7" },
        { "02:20.0", "the slot is over 1f" },
        { "02:000.0", "the slot is over 1f" },
        { "02:ff.0", "the slot is over 1f" },
        { "100:00.0", "the bus is over ff" },
        { "002:00.0", "the bus is over ff" },
        { "0000:100:00.0", "the bus is over ff" },
        { "100000000:00:00.0", "the segment is over ffffffff" },
        { "0x02:00.0", "" },
        { "02:00.0x1", "" },
        { "02:0x0.0", "" },
        { " 02:00.0", "a field is not a hexadecimal number" },
        { "02:00.0 ", "the function is not a digit" },
        { "02: 00.0", "a field is not a hexadecimal number" },
        { "02:00.0\n", "the function is not a digit" },
        { "-1:00.0", "a field is not a hexadecimal number" },
        { "+2:00.0", "a field is not a hexadecimal number" },
        { "02:-1.0", "a field is not a hexadecimal number" },
        { "02:00.**", "the function is not a digit" },
        { "02:00.*1", "the function is not a digit" },
        { "02:*.*", "a field is not a hexadecimal number" },
        { "*:00.0", "a field is not a hexadecimal number" },
        { "02:00.0@7", "the function is not a digit" },
        { "02:00.0,permissive=1", "the function is not a digit" },
        { "02.00.0", "the bus is missing" },
        { "02-00.0", "" },
        { "g2:00.0", "a field is not a hexadecimal number" },
        { "eth1", "" },
        { "(02:00.0)", "a field is not a hexadecimal number" },
        { "\xe2\x80\x98" "01:00.0\xe2\x80\x99", "a field is not a hexadecimal number" },
        { "99999999999999999999:00.0", "the bus is over ff" },
        { "02:00.99999999999999999999", "the function is over 7" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct bdf_pattern pattern = { .bdf = { 1, 2, 3, 4 }, .all = true };
        struct err e;
        char quoted[96];

        if (bdf_parse_pattern(cases[i].text, &pattern, &e) != -22)
            fail_msg("'%s' is taken", cases[i].text);
        assert_int_equal(e.code, XV_USAGE);
        assert_string_equal(e.kind, "usage");
        snprintf(quoted, sizeof(quoted), "'%s' is not a PCI address: %s", cases[i].text,
                 cases[i].why);
        if (strncmp(e.message, quoted, strlen(quoted)))
            fail_msg("expected \"%s\", got \"%s\"", quoted, e.message);
        assert_non_null(strstr(e.hint, "02:00.0"));
        /* The result is written only on success. */
        assert_true(pattern.all && pattern.bdf.func == 4);
    }
}

static void test_one_function(void **state)
{
    struct bdf bdf = { 1, 2, 3, 4 };
    struct err e;

    (void)state;
    assert_int_equal(bdf_parse("02:00.*", &bdf, &e), -22);
    assert_non_null(strstr(e.message, "one function is needed here"));
    assert_int_equal(bdf.func, 4);
}

/* Printing and parsing give the same BDF; the order is that of the fields. */
static void test_round_trip(void **state)
{
    struct bdf last = { 0, 0, 0, 0 };
    bool first = true;
    struct err e;

    (void)state;
    for (uint32_t segment = 0; segment <= 0x10000; segment += 0x8000)
        for (unsigned bus = 0; bus < 256; bus += 51)
            for (unsigned slot = 0; slot < 32; slot++)
                for (unsigned func = 0; func < 8; func++) {
                    struct bdf bdf = { segment, (uint8_t)bus, (uint8_t)slot, (uint8_t)func };
                    struct bdf again;

                    assert_int_equal(bdf_parse(BDF_STR(bdf), &again, &e), 0);
                    assert_true(bdf_equal(bdf, again));
                    assert_true(first || bdf_compare(last, bdf) < 0);
                    assert_true(first || bdf_compare_p(&bdf, &last) > 0);
                    assert_int_equal(bdf_same_slot(last, bdf),
                                     last.segment == segment && last.bus == bus &&
                                     last.slot == slot);
                    last = bdf;
                    first = false;
                }
}

static void test_like(void **state)
{
    (void)state;
    assert_int_equal(device_form("02:00.0"), DEVICE_BDF);
    assert_int_equal(device_form("zz:"), DEVICE_BDF);
    assert_int_equal(device_form("uplink0"), DEVICE_NAME);
    assert_int_equal(device_form("7"), DEVICE_OTHER);
}

static void test_vslot_good(void **state)
{
    static const struct {
        const char *text;
        unsigned value;
    } cases[] = {
        { "7", 7 }, { "07", 7 }, { "0x7", 7 }, { "0x07", 7 }, { "1", 1 }, { "1f", 0x1f },
        { "0x1f", 0x1f }, { "a", 10 }, { "10", 0x10 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        unsigned vslot = 99;
        struct err e;

        assert_true(vslot_like(cases[i].text));
        assert_int_equal(vslot_parse(cases[i].text, &vslot, &e), 0);
        assert_int_equal(vslot, cases[i].value);
    }
}

static void test_vslot_bad(void **state)
{
    static const struct {
        const char *text;
        bool like;
        const char *why, *hint;
    } cases[] = {
        { "0", true, "slot 0 is the guest's host bridge", "for automatic placement leave" },
        { "00", true, "slot 0 is the guest's host bridge", "for automatic placement leave" },
        { "0x0", true, "slot 0 is the guest's host bridge", "for automatic placement leave" },
        { "20", true, "a PCI bus ends at slot 1f", "" },
        { "ff", true, "a PCI bus ends at slot 1f", "" },
        { "", false, "expected a hexadecimal number from 1 to 1f", "" },
        { "0x", false, "expected a hexadecimal number", "" },
        { "007", false, "expected a hexadecimal number", "" },
        { "x7", false, "expected a hexadecimal number", "" },
        { "-1", false, "expected a hexadecimal number", "" },
        { " 7", false, "expected a hexadecimal number", "" },
        { "7 ", false, "expected a hexadecimal number", "" },
        { "1F", false, "expected a hexadecimal number", "" },   /* VSLOT's pattern */
        { "0X7", false, "expected a hexadecimal number", "" },
        { "7.0", false, "expected a hexadecimal number", "" },
        { "seven", false, "expected a hexadecimal number", "" },
        { "0x0x7", false, "expected a hexadecimal number", "" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        unsigned vslot = 99;
        struct err e;

        assert_int_equal(vslot_like(cases[i].text), cases[i].like);
        assert_int_equal(vslot_parse(cases[i].text, &vslot, &e), -22);
        assert_int_equal(e.code, XV_USAGE);
        assert_non_null(strstr(e.message, cases[i].why));
        assert_true(*cases[i].hint ? strstr(e.hint, cases[i].hint) != NULL : !*e.hint);
        assert_int_equal(vslot, 99);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_one_function),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_like),
        cmocka_unit_test(test_vslot_good),
        cmocka_unit_test(test_vslot_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
