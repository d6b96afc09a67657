/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uevent.h: the kernel's messages, ours and others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "driver/uevent.h"

#define TEXT(s) s, sizeof(s)
#define HEAD "bind@/devices/pci0000:00/0000:02:00.0\0"
#define SLOT "PCI_SLOT_NAME=0000:02:00.0\0"

static void test_ours(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        enum uevent_action action;
        const char *driver;
    } cases[] = {
        { TEXT(HEAD "ACTION=bind\0SUBSYSTEM=pci\0DRIVER=pciback\0PCI_CLASS=20000\0" SLOT "SEQNUM=7"),
          UEVENT_BIND, "pciback" },
        { TEXT(HEAD "SEQNUM=7\0" SLOT "SUBSYSTEM=pci\0ACTION=unbind"), UEVENT_UNBIND, "" },
        { TEXT(HEAD SLOT "SUBSYSTEM=pci\0ACTION=unbind\0DRIVER=e1000e"), UEVENT_UNBIND, "" },
        { TEXT(HEAD SLOT "SUBSYSTEM=pci\0ACTION=add"), UEVENT_ADD, "" },
        { TEXT(HEAD SLOT "SUBSYSTEM=pci\0ACTION=remove"), UEVENT_REMOVE, "" },
        { TEXT(HEAD SLOT "SUBSYSTEM=pci\0ACTION=change\0DRIVER=pciback\0DEVICE_ONLINE=0\0"
               "ERROR_EVENT=BEGIN_RECOVERY"), UEVENT_ERROR, "" },
        { TEXT(HEAD SLOT "SUBSYSTEM=pci\0ACTION=change\0DEVICE_ONLINE=1\0"
               "ERROR_EVENT=SUCCESSFUL_RECOVERY"), UEVENT_RECOVERED, "" },
        { TEXT(HEAD SLOT "SUBSYSTEM=pci\0ACTION=change\0ERROR_EVENT=FAILED_RECOVERY\0"
               "DEVICE_ONLINE=0"), UEVENT_FAILED, "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct uevent event;

        assert_true(uevent_parse(cases[i].text, cases[i].len, &event));
        assert_int_equal(event.action, cases[i].action);
        assert_string_equal(event.driver, cases[i].driver);
        assert_string_equal(BDF_STR(event.bdf), "0000:02:00.0");
    }
}

static void test_others(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } cases[] = {
        { "", 0 }, { TEXT("") }, { TEXT("libudev\0\xfe\xed") },
        { TEXT(HEAD SLOT "SUBSYSTEM=net\0ACTION=add") },
        { TEXT(HEAD SLOT "SUBSYSTEM=pci\0ACTION=change") },
        { TEXT(HEAD SLOT "SUBSYSTEM=pci\0ACTION=change\0ERROR_EVENT=LUNCH") },
        { TEXT(HEAD SLOT "SUBSYSTEM=pci") },
        { TEXT(HEAD SLOT "SUBSYSTEM=pci\0ACTION=bind") },
        { TEXT(HEAD "SUBSYSTEM=pci\0ACTION=unbind") },
        { TEXT(HEAD "SUBSYSTEM=pci\0ACTION=unbind\0PCI_SLOT_NAME=0000:02:00.9") },
        { TEXT(HEAD SLOT "SUBSYSTEM=pci\0ACTION=bind\0DRIVER=a-driver-whose-name-is-of-a-length-"
               "that-no-driver-of-the-kernel-has-ever-had-or-will-ever-have-to-be-sure") },
        /* the end is cut off */
        { HEAD SLOT "SUBSYSTEM=pci\0ACTION=unbind", sizeof(HEAD SLOT) + 22 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct uevent event;

        if (uevent_parse(cases[i].text, cases[i].len, &event))
            fail_msg("case %zu was taken", i);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ours), cmocka_unit_test(test_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
