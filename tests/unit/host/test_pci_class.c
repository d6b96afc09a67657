/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci_class.h: words for classes, and lists of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "pci/pci_class.h"

static void test_words(void **state)
{
    static const struct {
        uint32_t class;
        const char *word;
    } rows[] = {
        { 0x010802, "nvme" }, { 0x010100, "storage" }, { 0x020000, "network" },
        { 0x020700, "infiniband" }, { 0x030200, "display" }, { 0x040300, "audio" },
        { 0x0c0330, "usb" }, { 0x080501, "sdcard" }, { 0x120000, "accelerator" },
        { 0xff0000, "unassigned" }, { 0x550000, "other" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(pci_class_word(rows[i].class), rows[i].word);
}

static void test_lists(void **state)
{
    static const struct {
        const char *list;
        uint32_t class;
        bool among;
    } rows[] = {
        { "storage", 0x010802, true }, { "nvme", 0x010802, true }, { "nvme", 0x010601, false },
        { "network,usb", 0x0c0330, true }, { "network,usb", 0x030000, false },
        { "audio", 0x040100, true }, { "audio", 0x040300, true }, { "infiniband", 0x0c0600, true },
        { "02", 0x020700, true }, { "0200", 0x020700, false }, { "0x0200", 0x020000, true },
        { "0C03", 0x0c0330, true }, { "display,00", 0x000000, true },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (pci_class_among(rows[i].class, rows[i].list) != rows[i].among)
            fail_msg("'%s' and %06x", rows[i].list, rows[i].class);
}

static void test_not_a_list(void **state)
{
    static const char *const good[] = { "network", "network,02,0x0300", "audio" };
    static const char *const bad[] = {
        "", ",", "network,", ",network", "networks", "net", "020", "0x", "0x020000", "02 ", "Network",
    };
    struct err e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_int_equal(pci_class_check_list(good[i], &e), 0);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (!pci_class_check_list(bad[i], &e))
            fail_msg("'%s' is taken", bad[i]);
        assert_int_equal(e.code, XV_USAGE);
        assert_non_null(strstr(e.hint, "network"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_not_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
