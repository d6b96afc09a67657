/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Firmware's tables in their files, and on to the warnings of the groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../fake/fake_acpi.h"
#include "../fake/fake_tree.h"
#include "groups/groups.h"

#define ENDPOINT 1u

static struct fake_table t;

static void test_files(void **state)
{
    static const uint8_t config[64] = { 0x86, 0x80, 0xd3, 0x10 };
    struct group_warning *w;
    struct inventory *inv;
    struct groups *g;
    struct root *root;
    struct err e;
    size_t n;

    (void)state;
    tree_begin();
    root = tree_root();
    for (int slot = 1; slot <= 3; slot++) {
        tree_write_bytes(config, sizeof(config), "sys/devices/pci0000:00/0000:00:%02x.0/config", slot);
        tree_write("0x8086\n", "sys/devices/pci0000:00/0000:00:%02x.0/vendor", slot);
        tree_write("0x10d3\n", "sys/devices/pci0000:00/0000:00:%02x.0/device", slot);
        tree_write("0x020000\n", "sys/devices/pci0000:00/0000:00:%02x.0/class", slot);
    }
    for (int slot = 1; slot <= 3; slot++) {
        char target[64], link[64];

        snprintf(target, sizeof(target), "../../../devices/pci0000:00/0000:00:%02x.0", slot);
        snprintf(link, sizeof(link), "sys/bus/pci/devices/0000:00:%02x.0", slot);
        tree_link(target, "%s", link);
    }
    table_begin(&t, "RMAD");
    table_drhd(&t, 0, 1);
    table_rmrr(&t, 0, 0x7b800000, 0x7b8fffff);
    table_scope(&t, ENDPOINT, 0, "1.0");
    table_scope(&t, ENDPOINT, 0, "3.0");
    table_end(&t);
    tree_write_bytes(t.bytes, t.len, "sys/firmware/acpi/tables/RMAD");
    assert_int_equal(inventory_open(&inv, root, &e), 0);
    assert_int_equal(groups_open(&g, root, inv, &e), 0);
    assert_int_equal(groups_warnings(g, root, &w, &n, &e), 0);
    assert_int_equal(n, 1);
    assert_string_equal(w[0].kind, "rmrr");
    assert_int_equal(w[0].n_devices, 2);
    assert_string_equal(BDF_STR(w[0].devices[1]), "0000:00:03.0");
    assert_string_equal(w[0].message, "2 functions share the memory at 0x7b800000-0x7b8fffff that "
                        "firmware reserved for them (RMRR): Xen refuses to separate them without "
                        "rdm_policy=relaxed");
    group_warnings_free(w, n);

    tree_write("no table\n", "sys/firmware/acpi/tables/RMAD");
    assert_int_equal(groups_warnings(g, root, &w, &n, &e), 0);
    assert_int_equal(n, 1);
    assert_string_equal(w[0].kind, "acpi-table");
    assert_int_equal(w[0].n_devices, 0);
    group_warnings_free(w, n);

    tree_remove("sys/firmware/acpi/tables/RMAD");
    assert_int_equal(groups_warnings(g, root, &w, &n, &e), 0);
    assert_int_equal(n, 0);
    group_warnings_free(w, n);
    groups_close(g);
    inventory_close(inv);
    root_close(root);
    tree_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
