/* SPDX-License-Identifier: GPL-2.0-or-later */
/* firmware.h: what DMAR and IVRS say, and what becomes of tables that are wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_acpi.h"
#include "firmware_laws.h"
#include "groups/dmar.h"
#include "groups/ivrs.h"

#define ENDPOINT 1u
#define BRIDGE 2u
#define IOAPIC 3u

static struct fake_table t;
static struct firmware fw;

static int teardown(void **state)
{
    (void)state;
    firmware_clear(&fw);
    return 0;
}

static void parse(int (*how)(const uint8_t *, size_t, const struct topology_fn *, size_t,
                             struct firmware *, struct err *))
{
    struct err e;

    firmware_clear(&fw);
    if (how(t.bytes, t.len, laws_host, LAWS_FNS, &fw, &e))
        fail_msg("%s", e.message);
}

static void parse_dmar(void)
{
    table_end(&t);
    parse(firmware_parse_dmar);
}

static void parse_ivrs(void)
{
    table_end(&t);
    parse(firmware_parse_ivrs);
}

static struct bdf bdf(const char *text)
{
    struct bdf ret = { 0 };
    struct err e;

    if (bdf_parse(text, &ret, &e))
        fail_msg("%s", e.message);
    return ret;
}

static void assert_fns(const struct firmware_region *region, const char *want)
{
    char text[256] = "";

    for (size_t i = 0; i < region->n_fns; i++) {
        strcat(text, i ? " " : "");
        strcat(text, BDF_STR(region->fns[i]) + strlen("0000:"));
    }
    assert_string_equal(text, want);
}

static void test_dmar(void **state)
{
    (void)state;
    table_begin(&t, "DMAR");
    table_drhd(&t, 0, 1);
    table_scope(&t, IOAPIC, 0xff, "00.0");
    table_rmrr(&t, 0, 0x7b800000, 0x7b8fffff);
    table_scope(&t, ENDPOINT, 0, "1d.0");
    table_scope(&t, ENDPOINT, 0, "14.0");
    table_rmrr(&t, 0, 0x7d000000, 0x7f7fffff);
    table_scope(&t, ENDPOINT, 0, "02.0");
    table_atsr(&t, 0, 1);
    parse_dmar();
    assert_int_equal(fw.notes.n, 0);
    assert_true(fw.table == FIRMWARE_DMAR && fw.readable && fw.intremap);
    assert_int_equal(fw.n_units, 1);
    assert_int_equal(fw.n_uncovered, 0);
    assert_int_equal(fw.n_regions, 2);
    assert_int_equal(fw.regions[0].base, 0x7b800000);
    assert_int_equal(fw.regions[0].end, 0x7b8fffff);
    assert_fns(&fw.regions[0], "00:14.0 00:1d.0");
    assert_fns(&fw.regions[1], "00:02.0");
    assert_ptr_equal(firmware_shared_region(&fw, bdf("0:14.0")), &fw.regions[0]);
    assert_ptr_equal(firmware_region_of(&fw, bdf("0:2.0")), &fw.regions[1]);
    assert_null(firmware_shared_region(&fw, bdf("0:2.0")));
    assert_null(firmware_region_of(&fw, bdf("2:0.0")));
    assert_string_equal(firmware_region_name(&fw), "RMRR");
}

/* The regions that Xen's command line adds. */
static void test_declared(void **state)
{
    static const struct { const char *line, *regions; } lines[] = {
        { "iommu=verbose", "" },
        { "rmrr=e0-ef=0:2.0", "e0000-effff:00:02.0 " },
        { "a rmrr=0xe0=0:2.0", "e0000-e0fff:00:02.0 " },
        { "rmrr=7d000=0:0:14.0,0:1d.0 b", "7d000000-7d000fff:00:14.0 00:1d.0 " },
        { "a rmrr=e0=0:2.0;e1=0:14.0 rmrr=e2=0:1d.0",
          "e0000-e0fff:00:02.0 e1000-e1fff:00:14.0 e2000-e2fff:00:1d.0 " },
        { "rmrr=e0=0:2.0;e0=0:14.0", "e0000-e0fff:00:02.0 " },      /* overlaps */
        { "rmrr=e0-100=0:2.0;e1=0:14.0", "e1000-e1fff:00:14.0 " },  /* more than 16 pages */
        { "rmrr=e1-e0=0:2.0", "" },
        { "rmrr=e0=55:2.0", "" },                                   /* is not there */
        { "rmrr=e0=0:0:14.0,1:0:1d.0", "" },                        /* two segments */
        { "rmrr=e0=0:20.0;e1=0:14.0", "" },
        { "rmrr=e0=0:2", "" }, { "rmrr=e0", "" }, { "rmrr=-=", "" }, { "rmrr=", "" },
        { "xrmrr=e0=0:2.0", "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char text[512] = "";
        struct err e;

        firmware_clear(&fw);
        fw.table = FIRMWARE_DMAR;
        assert_int_equal(firmware_declare(&fw, lines[i].line, laws_host, LAWS_FNS, &e), 0);
        for (size_t at = 0; at < fw.n_regions; at++) {
            const struct firmware_region *region = &fw.regions[at];

            snprintf(text + strlen(text), sizeof(text) - strlen(text), "%llx-%llx:",
                     (unsigned long long)region->base, (unsigned long long)region->end);
            for (size_t fn = 0; fn < region->n_fns; fn++)
                snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ",
                         BDF_STR(region->fns[fn]) + strlen("0000:"));
            assert_string_equal(firmware_region_by(region), "Xen's command line");
        }
        assert_string_equal(text, lines[i].regions);
    }
}

/* The same bytes in another order: the checksum stays. */
static void test_renamed(void **state)
{
    (void)state;
    table_begin(&t, "DMAR");
    table_drhd(&t, 0, 1);
    table_end(&t);
    memcpy(t.bytes, "RMAD", 4);
    parse(firmware_parse_dmar);
    assert_true(fw.readable && fw.n_units == 1 && !fw.notes.n);
}

/* Bus numbers are the bridges', not the table's. */
static void test_paths(void **state)
{
    static const struct { unsigned bus; const char *path, *leads_to; } paths[] = {
        { 0, "1c.0", "00:1c.0" },
        { 0, "1c.0/00.0", "01:00.0" },
        { 0, "1c.0/00.0/01.0", "02:01.0" },
        { 0, "1c.0/00.0/00.0/00.0", "03:00.0" },
        { 1, "00.0/01.0", "02:01.0" },
        { 2, "01.0", "02:01.0" },
        { 0, "1c.0/01.0", NULL },           /* no such function there */
        { 0, "1e.0/00.0", NULL },           /* nothing below that bridge */
        { 0, "02.0/00.0", NULL },           /* not even a bridge */
        { 9, "00.0", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        table_begin(&t, "DMAR");
        table_rmrr(&t, 0, 0x1000, 0x1fff);
        table_scope(&t, ENDPOINT, paths[i].bus, paths[i].path);
        parse_dmar();
        if (fw.n_regions != (paths[i].leads_to ? 1u : 0u))
            fail_msg("%s leads %s", paths[i].path, fw.n_regions ? "somewhere" : "nowhere");
        if (paths[i].leads_to)
            assert_fns(&fw.regions[0], paths[i].leads_to);
    }
}

/* Xen counts absent devices, bridges and I/O APICs, too. */
static void test_counted(void **state)
{
    (void)state;
    table_begin(&t, "DMAR");
    table_rmrr(&t, 0, 0x1000, 0x1fff);
    table_scope(&t, ENDPOINT, 0, "14.0");
    table_scope(&t, ENDPOINT, 0, "15.0");
    parse_dmar();
    assert_fns(&fw.regions[0], "00:14.0");
    assert_non_null(firmware_shared_region(&fw, bdf("0:14.0")));

    table_begin(&t, "DMAR");
    table_rmrr(&t, 0, 0x1000, 0x1fff);
    table_scope(&t, ENDPOINT, 0, "14.0");
    table_scope(&t, 5, 0, "14.0");          /* an ACPI object: not counted */
    parse_dmar();
    assert_null(firmware_shared_region(&fw, bdf("0:14.0")));

    table_begin(&t, "DMAR");                /* another segment's */
    table_rmrr(&t, 1, 0x1000, 0x1fff);
    table_scope(&t, ENDPOINT, 0, "14.0");
    parse_dmar();
    assert_int_equal(fw.n_regions, 0);
}

static void test_coverage(void **state)
{
    (void)state;
    table_begin(&t, "DMAR");
    table_drhd(&t, 0, 0);
    table_scope(&t, ENDPOINT, 0, "02.0");
    table_drhd(&t, 0, 0);
    table_scope(&t, BRIDGE, 0, "1c.0");
    parse_dmar();
    assert_int_equal(fw.n_units, 2);
    assert_true(firmware_covers(&fw, bdf("0:2.0")));
    assert_true(firmware_covers(&fw, bdf("3:0.0")));    /* deep below the bridge */
    assert_false(firmware_covers(&fw, bdf("0:14.0")));
    assert_false(firmware_covers(&fw, bdf("0:1d.0")));

    table_begin(&t, "DMAR");
    table_drhd(&t, 1, 1);
    parse_dmar();
    assert_false(firmware_covers(&fw, bdf("0:2.0")));   /* of segment 1 alone */

    table_begin(&t, "DMAR");                            /* no unit at all: nothing to say */
    parse_dmar();
    assert_int_equal(fw.n_uncovered, 0);
}

static void test_ivrs(void **state)
{
    (void)state;
    table_begin(&t, "IVRS");
    table_ivhd(&t, 0x10, 0x02);
    table_ivhd(&t, 0x11, 0x02);
    table_ivhd(&t, 0x40, 0x02);
    table_ivmd(&t, 0x20, 0, 0, 0x1000, 0x1000);
    table_ivmd(&t, 0x21, 0xa0, 0, 0x4000, 0x2000);
    table_ivmd(&t, 0x22, 0x100, 0x210, 0x8000, 0x1000);
    parse_ivrs();
    assert_int_equal(fw.notes.n, 0);
    assert_true(fw.table == FIRMWARE_IVRS && fw.readable && fw.intremap);
    assert_int_equal(fw.n_units, 1);
    assert_int_equal(fw.n_regions, 3);
    assert_true(fw.regions[0].all);
    assert_fns(&fw.regions[1], "00:14.0");
    assert_int_equal(fw.regions[1].end, 0x5fff);
    assert_fns(&fw.regions[2], "01:00.0 02:00.0 02:01.0");
    assert_ptr_equal(firmware_region_of(&fw, bdf("0:2.0")), &fw.regions[0]);
    assert_null(firmware_shared_region(&fw, bdf("0:14.0")));
    assert_ptr_equal(firmware_shared_region(&fw, bdf("2:0.0")), &fw.regions[2]);
    assert_string_equal(firmware_region_name(&fw), "IVMD");
}

static void assert_note(const char *text)
{
    for (size_t i = 0; i < fw.notes.n; i++)
        if (strstr(fw.notes.text[i], text))
            return;
    fail_msg("no note '%s', but '%s'", text, fw.notes.n ? fw.notes.text[0] : "");
}

/* Kinds of device entries (AMD IOMMU 5.2.2.1). */
enum { SELECT = 2, START = 3, END = 4, ALIAS = 66, ALIAS_START = 67, EXTENDED = 70, SPECIAL = 72 };

/* Memory for all devices of one of two IOMMUs (type 23h). */
static void test_ivrs_unit(void **state)
{
    (void)state;
    table_begin(&t, "IVRS");
    table_ivhd(&t, 0x10, 0x02);
    table_entry(&t, START, 0x0000, 0);
    table_entry(&t, END, 0x00ff, 0);
    table_entry(&t, SPECIAL, 0, 0xa0);
    table_entry(&t, EXTENDED, 0x210, 0);
    table_ivhd(&t, 0x10, 0x8002);
    table_entry(&t, START, 0x0100, 0);
    table_entry(&t, END, 0x0207, 0);
    table_ivmd(&t, 0x23, 0x8002, 0, 0x4000, 0x2000);
    parse_ivrs();
    assert_int_equal(fw.notes.n, 0);
    assert_int_equal(fw.n_units, 2);
    assert_false(fw.regions[0].all);
    assert_int_equal(fw.regions[0].named, 0x108);
    assert_fns(&fw.regions[0], "01:00.0 02:00.0");
    table_ivmd(&t, 0x23, 0x9002, 0, 0x8000, 0x2000);
    parse_ivrs();
    assert_note("0x8000 is for an IOMMU that does not exist: Xen then switches AMD-Vi off");
}

/* The overlap that Xen does not take, and what it does. */
static void test_ivrs_overlap(void **state)
{
    static const struct {
        unsigned type, first, last;
        uint64_t base, size;
        bool noted;
    } second[] = {
        { 0x21, 0xa0, 0, 0x4000, 0x2000, false },       /* the very same */
        { 0x21, 0xa0, 0, 0x4800, 0x1800, false },       /* the same pages */
        { 0x21, 0xa0, 0, 0x5000, 0x2000, true },
        { 0x21, 0xa1, 0, 0x5000, 0x2000, false },       /* another device */
        { 0x22, 0x90, 0xb0, 0x3000, 0x1001, true },
        { 0x20, 0, 0, 0x5fff, 1, true },
        { 0x20, 0, 0, 0x6000, 1, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(second) / sizeof(*second); i++) {
        table_begin(&t, "IVRS");
        table_ivmd(&t, 0x21, 0xa0, 0, 0x4000, 0x2000);
        table_ivmd(&t, second[i].type, second[i].first, second[i].last, second[i].base,
                   second[i].size);
        parse_ivrs();
        if (fw.notes.n != second[i].noted)
            fail_msg("row %zu: %zu notes", i, fw.notes.n);
        if (second[i].noted)
            assert_note("overlap: Xen then switches AMD-Vi off");
    }
}

/* The id by which Xen looks up a device's DMA. */
static void test_ivrs_alias(void **state)
{
    struct acpi_notes notes = { .n = 0 };
    struct ivrs ivrs;
    uint16_t alias;
    struct err e;

    (void)state;
    table_begin(&t, "IVRS");
    table_ivhd(&t, 0x10, 0x02);
    table_entry(&t, SELECT, 0xa4, 0);
    table_entry(&t, ALIAS_START, 0x0100, 0xa4);
    table_entry(&t, END, 0x01ff, 0);
    table_entry(&t, ALIAS, 0x0208, 0x0200);
    table_entry(&t, SELECT, 0x0208, 0);
    table_ivhd(&t, 0x40, 0x02);
    table_entry(&t, ALIAS, 0x0300, 0x0308);
    table_end(&t);
    assert_int_equal(ivrs_parse(t.bytes, t.len, &ivrs, &notes, &e), 0);
    assert_int_equal(notes.n, 0);
    assert_true(ivrs_alias(&ivrs, 0, 0x0100, &alias));
    assert_int_equal(alias, 0xa4);
    assert_true(ivrs_alias(&ivrs, 0, 0x01ff, &alias));
    assert_false(ivrs_alias(&ivrs, 0, 0x0200, &alias));
    assert_false(ivrs_alias(&ivrs, 0, 0xa4, &alias));
    assert_false(ivrs_alias(&ivrs, 0, 0x0208, &alias));     /* it has an entry of its own, too */
    assert_false(ivrs_alias(&ivrs, 1, 0x0100, &alias));
    assert_false(ivrs_alias(&ivrs, 0, 0x0300, &alias));     /* a type that Xen does not read */
    ivrs_clear(&ivrs);

    table_begin(&t, "IVRS");
    table_ivhd(&t, 0x10, 0x02);
    table_entry(&t, ALIAS_START, 0x0100, 0xa4);
    table_entry(&t, SELECT, 0x01ff, 0);
    parse_ivrs();
    assert_note("a range of devices has no end");
}

static void good_dmar(void)
{
    table_begin(&t, "DMAR");
    table_drhd(&t, 0, 1);
    table_rmrr(&t, 0, 0x1000, 0x1fff);
    table_scope(&t, ENDPOINT, 0, "14.0");
    table_end(&t);
}

static void test_wrong_dmar(void **state)
{
    (void)state;
    t.len = 0;
    parse(firmware_parse_dmar);
    assert_false(fw.readable);
    assert_note("the table ends after 0 bytes");

    good_dmar();
    memcpy(t.bytes, "SSDT", 4);
    parse(firmware_parse_dmar);
    assert_false(fw.readable);
    assert_note("another signature");

    good_dmar();
    t.bytes[4] = 40;
    parse(firmware_parse_dmar);
    assert_false(fw.readable);
    assert_note("says that it has 40 bytes, fewer than its header");

    good_dmar();
    t.bytes[20] ^= 1;
    parse(firmware_parse_dmar);
    assert_int_equal(fw.n_regions, 1);
    assert_note("checksum is wrong");

    good_dmar();
    t.len -= 3;
    parse(firmware_parse_dmar);
    assert_true(fw.readable && fw.n_units == 1);
    assert_note("says that it has 96 bytes, but it has 93");
    assert_note("29 bytes are left for a structure of 32");

    good_dmar();
    t.bytes[48 + 2] = 0;    /* a structure without length would go on for ever */
    parse(firmware_parse_dmar);
    assert_int_equal(fw.n_units, 0);
    assert_note("left for a structure of 0");

    good_dmar();
    t.bytes[64 + 24 + 1] = 0;
    parse(firmware_parse_dmar);
    assert_int_equal(fw.n_regions, 0);
    assert_note("a RMRR names a device in an entry of 0 bytes where 8 are left");

    table_begin(&t, "DMAR");
    table_rmrr(&t, 0, 0x1000, 0x1fff);
    table_end(&t);
    t.bytes[48 + 2] = 20;
    parse(firmware_parse_dmar);
    assert_note("a RMRR of 20 bytes is too short");

    good_dmar();
    table_rmrr(&t, 0, 0x1800, 0x2fff);
    table_scope(&t, ENDPOINT, 0, "1d.0");
    parse_dmar();
    assert_note("overlap: Xen then switches VT-d off");
    good_dmar();
    table_rmrr(&t, 0, 0x9000, 0x8fff);
    parse_dmar();
    assert_note("ends at 0x8fff, before it begins at 0x9000");
}

static void test_wrong_ivrs(void **state)
{
    (void)state;
    table_begin(&t, "IVRS");
    table_ivmd(&t, 0x21, 0xa0, 0, UINT64_MAX - 4, 0x2000);
    table_ivmd(&t, 0x22, 0xa0, 0x90, 0x1000, 0x2000);
    table_ivmd(&t, 0x21, 0xa0, 0, 0x1000, 0);
    parse_ivrs();
    assert_int_equal(fw.n_regions, 0);
    assert_int_equal(fw.notes.n, 3);
    assert_note("makes no sense and is left out");

    table_begin(&t, "IVRS");
    table_ivhd(&t, 0x10, 2);
    table_end(&t);
    t.bytes[48] = 0x11;
    parse(firmware_parse_ivrs);
    assert_int_equal(fw.n_units, 0);
    assert_note("an IVHD of 24 bytes is too short");
    t.bytes[48 + 2] = 200;
    parse(firmware_parse_ivrs);
    assert_note("24 bytes are left for a block of 200");
    t.bytes[48 + 2] = 3;
    parse(firmware_parse_ivrs);
    assert_note("left for a block of 3");
}

/* A table full of mistakes causes few notes. */
static void test_notes_end(void **state)
{
    (void)state;
    table_begin(&t, "DMAR");
    for (int i = 0; i < 40; i++)
        table_rmrr(&t, 0, 0x1000, 0x1fff);
    parse_dmar();
    assert_int_equal(fw.notes.n, ACPI_NOTES_MAX);
}

static uint64_t seed = 1;

static unsigned roll(unsigned sides)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % sides;
}

static void spoil(void)
{
    for (unsigned i = roll(4) + 1; i; i--)
        t.bytes[roll((unsigned)t.len)] = (uint8_t)(roll(3) ? roll(256) : roll(2) * 255);
    if (!roll(4))
        t.len = roll((unsigned)t.len + 1);
}

static void test_garbage(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        if (roll(2)) {
            good_dmar();
            table_drhd(&t, 0, 0);
            table_scope(&t, BRIDGE, 0, "1c.0/00.0");
            table_atsr(&t, 0, 0);
            table_scope(&t, BRIDGE, 0, "1c.0");
        } else {
            table_begin(&t, "IVRS");
            table_ivhd(&t, roll(2) ? 0x10 : 0x40, 2);
            table_ivmd(&t, 0x20 + roll(3), 0xa0, 0x200, 0x1000, 0x1000);
        }
        table_end(&t);
        spoil();
        firmware_laws(t.bytes, t.len);
    }
}

/* The lab's machine: the part of the table that Xen left. */
static void test_lab(void **state)
{
    const char *slash = strrchr(__FILE__, '/');
    struct firmware lab;
    uint8_t bytes[512];
    char path[PATH_MAX];
    struct err e;
    size_t len;
    FILE *f;

    (void)state;
    snprintf(path, sizeof(path), "%.*s/machines/base.rmad", (int)(slash - __FILE__), __FILE__);
    f = fopen(path, "r");
    assert_non_null(f);
    len = fread(bytes, 1, sizeof(bytes), f);
    fclose(f);
    assert_int_equal(firmware_parse_dmar(bytes, len, laws_host, LAWS_FNS, &lab, &e), 0);
    assert_int_equal(lab.notes.n, 0);
    assert_int_equal(lab.n_units, 1);
    assert_int_equal(lab.n_regions, 0);
    assert_true(lab.intremap);
    assert_true(firmware_covers(&lab, bdf("3:0.0")));
    assert_false(firmware_covers(&lab, bdf("0:14.0")));
    firmware_clear(&lab);
}

#define TEST(fn) cmocka_unit_test_teardown(fn, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_dmar), TEST(test_declared), TEST(test_renamed), TEST(test_paths), TEST(test_counted),
        TEST(test_coverage), TEST(test_ivrs), TEST(test_wrong_dmar), TEST(test_wrong_ivrs),
        TEST(test_ivrs_unit), TEST(test_ivrs_overlap), TEST(test_ivrs_alias),
        TEST(test_notes_end), TEST(test_garbage), TEST(test_lab),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
