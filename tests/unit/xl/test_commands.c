/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole command lines on the made-up machine: what they say, leave and exit with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine.h"

static void test_main_job(void **state)
{
    char *before = machine_snapshot();

    (void)state;
    expect(0, "0000:02:00.0: attached to vm1 at 0x07\n", NULL, "assign vm1 0:2:0.0 7");
    assert_string_equal(kernel_driver((struct bdf){ 0, 2, 0, 0 }), "pciback");
    assert_true(xen_in_quarantine("0000:02:00.0"));
    assert_string_equal(xen_record("0000:02:00.0", "driver_path"),
                        "/sys/bus/pci/drivers/e1000e");
    expect(0, "0x07 0x0000 0x02 0x00 0x0\n", NULL, "pci-list vm1");
    expect(0, "07.0 0000:02:00.0\n", NULL, "pci-list --xl vm1");
    expect(0, "already attached to vm1 at 0x07\n", NULL, "assign vm1 2:0.0 7");
    expect(0, "already attached to vm1 at 0x07\n", NULL, "assign 1 02:00.0");
    expect(0, "0000:02:00.0: returned to driver e1000e\n", NULL, "detach vm1 2:0.0 --return");
    assert_machine(before);
    expect(0, "already not attached to vm1\n", NULL, "detach vm1 2:0.0");
    assert_machine(before);
    free(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_main_job, machine_setup, machine_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
