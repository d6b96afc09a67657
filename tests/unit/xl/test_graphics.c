/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A graphics card with its other functions, and the warnings before a guest gets it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decide/bars.h"
#include "detail/graphics.h"
#include "machine.h"

#define MIB (UINT64_C(1) << 20)

/* BARs of 256 MiB, 2 MiB and 256 KiB; with or without a ROM. */
static void put_resources(const char *bdf, bool rom)
{
    char text[1024];

    snprintf(text, sizeof(text),
             "0x00000000c0000000 0x00000000cfffffff 0x000000000014220c\n"
             "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
             "0x00000000d0000000 0x00000000d01fffff 0x000000000014220c\n"
             "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
             "0x000000000000e000 0x000000000000e0ff 0x0000000000040101\n"
             "0x00000000d0200000 0x00000000d023ffff 0x0000000000040200\n%s",
             rom ? "0x00000000d0240000 0x00000000d025ffff 0x0000000000046200\n"
                 : "0x0000000000000000 0x0000000000000000 0x0000000000000000\n");
    tree_write(text, "%s/resource", kernel_path(bdf));
}

/* A card of three functions at 0b:00: display, sound, USB. */
static int setup(void **state)
{
    static const struct fake_ids ids[] = {
        { 0x10de, 0x1e07, 0x030000 }, { 0x10de, 0x10f7, 0x040300 }, { 0x10de, 0x1ad6, 0x0c0330 },
    };

    machine_setup(state);
    for (unsigned i = 0; i < 3; i++) {
        char bdf[16];

        snprintf(bdf, sizeof(bdf), "0000:0b:00.%u", i);
        kernel_add_device(bdf, "0000:00:1c.0", ids[i], "");
    }
    put_resources("0000:0b:00.0", true);
    xen_config(1)->hole_kib = 1 << 20;
    return 0;
}

static void test_functions(void **state)
{
    (void)state;
    expect(6, "", "0000:0b:00.*: several functions in slot 0x08", "assign vm1 b:0.0 8 --with-functions");
    xen_set_multifunction(1, true);
    expect(0, "0000:0b:00.2: attached to vm1 at 0x08.2\n0000:0b:00.1: attached to vm1 at 0x08.1\n"
           "0000:0b:00.0: attached to vm1 at 0x08\n", "", "assign vm1 b:0.0 8 --with-functions");
    expect(0, NULL, NULL, "eject vm1");
    expect(0, "0000:0b:00.0: attached to vm1 at 0x08\n", "", "restore vm1");
    expect(0, NULL, NULL, "detach vm1 b:0.*");
    /* Named twice it is one card. */
    expect(0, "0000:0b:00.0: attached to vm1 at 0x04\n", "",
           "assign vm1 b:0.1 b:0.0 --with-functions");
    expect(0, "already attached", "", "assign vm1 b:0.0 --with-functions");
    expect(0, "0000:02:00.0: attached to vm2", "", "assign vm2 2:0.0 --with-functions");
}

static void test_notes(void **state)
{
    struct run run;

    (void)state;
    expect_note("", "slots", "0000:0b:00.0", "--dry-run assign vm1 b:0.0 --with-functions");
    expect(0, NULL, "", "--dry-run assign vm1 b:0.1");
    expect(0, NULL, "", "--dry-run assign vm1 b:0.0");
    xen_config(1)->hole_kib = 0;
    expect_note("", "bars", "0000:0b:00.0", "--dry-run assign vm1 b:0.0");
    expect(0, NULL, "for a cold start: pci = [ '0000:0b:00.0' ] and mmio_hole = 768\n",
           "--dry-run assign vm1 b:0.0");
    xen_config(1)->hole_kib = 1 << 20;
    put_resources("0000:0b:00.0", false);
    expect_note("", "no-rom", "0000:0b:00.0", "--dry-run assign vm1 b:0.0");
    assert_non_null(strstr(xvtd("check b:0.0").out, "it has no ROM"));
    tree_write("1\n", "%s/boot_vga", kernel_path("0000:0b:00.0"));
    expect_note("", "boot-vga", "0000:0b:00.0", "--dry-run assign vm1 b:0.0");
    run = xvtd("--dry-run assign vm1 b:0.0");
    assert_false(run_noted(&run, "no-rom", NULL));
    assert_string_equal(xvtd("--dry-run assign vm1 2:0.0").notes, "");
}

static void test_models(void **state)
{
    (void)state;
    assert_string_equal(graphics_reset_fails(0x1002, 0x67df), "AMD Polaris 10");
    assert_string_equal(graphics_reset_fails(0x1002, 0x731f), "AMD Navi 10");
    assert_null(graphics_reset_fails(0x1002, 0x73bf));      /* Navi 21 */
    assert_null(graphics_reset_fails(0x10de, 0x67df));
    kernel_add_device("0000:0c:00.0", "0000:00:1c.0", (struct fake_ids){ 0x1002, 0x67df, 0x030000 }, "");
    put_resources("0000:0c:00.0", true);
    expect_note("", "known-reset", "0000:0c:00.0", "--dry-run assign vm1 c:0.0");
    assert_non_null(strstr(xvtd("check c:0.0").out, "AMD Polaris 10 cards are known not to"));
    assert_null(strstr(xvtd("check b:0.0").out, "are known"));
}

static void test_hole(void **state)
{
    const uint64_t big = 256 * MIB, huge = UINT64_C(8) << 30;

    (void)state;
    assert_int_equal(bars_hole_for(&big, 1), 768);
    assert_int_equal(bars_hole_for(&huge, 1), 0);
    assert_true(bars_hole(&(struct hv_config){ .hole_kib = 0 }) == 256 * MIB);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, machine_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_functions), TEST(test_notes), TEST(test_models), cmocka_unit_test(test_hole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
