/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from guests and device models has no effect on the terminal, nor in a hint's shell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_xen.h"
#include "machine.h"

/* Runs it; the output must not have these bytes, and must show each as this text. */
static void printed_as(const char *words, const char *text)
{
    struct run run = xvtd("%s", words);
    const char *all[] = { run.out, run.err };

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        for (const char *p = all[i]; *p; p++)
            if ((*p < ' ' && *p != '\n' && *p >= 0) || *p == 0x7f || *p == '\xff' ||
                !strncmp(p, "\xe2\x80\xae", 3))
                fail_msg("xvtd %s prints the byte %02x:\n%s", words, (unsigned char)*p, all[i]);
    if (!strstr(run.out, text) && !strstr(run.err, text))
        fail_msg("xvtd %s prints\n%s%sand should say %s", words, run.out, run.err, text);
}

static void test_device_model(void **state)
{
    (void)state;
    strcpy(xen_domain(1)->bus[3].what, "\033]0;pwned\007\033[2J evil");
    printed_as("assign vm1 2:0.0 3", "(\\u001b]0;pwned\\u0007\\u001b[2J evil)");
    printed_as("--json assign vm1 2:0.0 3", "(\\u001B]0;pwned\\u0007\\u001B[2J evil)");
    strcpy(xen_domain(1)->bus[3].what, "\xff evil\nhint: reboot\xe2\x80\xae");
    printed_as("assign vm1 2:0.0 3", "(\xef\xbf\xbd evil\\u000ahint: reboot\\u202e)");
    printed_as("--json assign vm1 2:0.0 3", "(\xef\xbf\xbd evil\\nhint: reboot\\u202e)");
}

static void test_names(void **state)
{
    (void)state;
    strcpy(xen_domain(2)->info.name, "vm2\033[31m\nred");
    tree_write("control_d\n", "proc/xen/capabilities");
    printed_as("list", "vm2\\u001b[31m\\u000ared");
    printed_as("show 6:0.0", "vm2\\u001b[31m\\u000ared");
    printed_as("assign vm1 6:0.0 7", "it belongs to 'vm2\\u001b[31m\\u000ared'");
    printed_as("assign vm1 6:0.0 7", "xvtd detach $'vm2\\033[31m\\012red' 0000:06:00.0\n");
    printed_as("check vm1 6:0.0", "vm2\\u001b[31m\\u000ared");
    strcpy(xen_domain(2)->info.name, "vm2; reboot");
    printed_as("assign vm1 6:0.0 7", "xvtd detach 'vm2; reboot' 0000:06:00.0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_device_model, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(test_names, machine_setup, machine_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
