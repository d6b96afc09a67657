/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moving a function between drivers, write by write. */
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
#include "driver/driver.h"
#include "driver/sysfs_write.h"

#define NIC "0000:02:00.0"

static const struct bdf nic = { 0, 2, 0, 0 };
static struct root *root;
static struct err e;

static int setup(void **state)
{
    (void)state;
    kernel_begin();
    kernel_add_driver("pciback");
    kernel_add_driver("e1000e");
    kernel_add_driver("vfio-pci");
    kernel_add_device(NIC, NULL, (struct fake_ids){ 0x8086, 0x10d3, 0x020000 }, "e1000e");
    kernel_bind(NIC, "e1000e");
    root = tree_root();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    root = root_close(root);
    kernel_end();
    return 0;
}

/* The state as text: driver, override, and whether pciback has a slot for it. */
static void assert_state(const char *expected)
{
    char *now = kernel_snapshot(), *p;

    for (p = now; (p = strchr(p, '\n')); )
        *p = p[1] ? ';' : '\0';
    if (strcmp(now + strlen(NIC " "), expected))
        fail_msg("it is '%s', expected '%s'", now + strlen(NIC " "), expected);
    free(now);
}

static void assert_writes(size_t n, ...)
{
    va_list ap;

    va_start(ap, n);
    assert_int_equal(kernel_writes(), n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(kernel_write(i), va_arg(ap, const char *));
    va_end(ap);
}

/* The fake answers these writes as the real kernel does. */
static void test_kernel(void **state)
{
    (void)state;
#define W(path, value) sysfs_write(root, "sys/bus/pci/" path, value)
    assert_int_equal(W("drivers/pciback/unbind", NIC), -ENODEV);
    assert_int_equal(W("drivers/pciback/unbind", "0000:05:00.0"), -ENODEV);
    assert_int_equal(W("drivers/e1000e/bind", NIC), -EBUSY);
    assert_int_equal(W("drivers/vfio-pci/bind", NIC), -ENODEV);
    assert_int_equal(W("drivers_probe", "0000:05:00.0"), -ENODEV);
    assert_int_equal(W("drivers_probe", "nonsense"), -ENODEV);
    assert_int_equal(W("drivers_probe", NIC), 0);
    assert_state("driver=e1000e override=");
    assert_int_equal(W("drivers/pciback/remove_slot", NIC), -ENOENT);
    assert_int_equal(W("drivers/pciback/remove_slot", "nonsense"), -EINVAL);
    assert_int_equal(W("drivers/nvme/unbind", NIC), -ENOENT);
    assert_int_equal(W("devices/0000:05:00.0/driver_override", "x"), -ENOENT);
    assert_int_equal(W("drivers/e1000e/unbind", NIC "\n"), 0);
    assert_state("driver= override=");
    assert_int_equal(W("drivers/pciback/bind", NIC), -ENODEV);      /* no slot for it */
    assert_int_equal(W("drivers/pciback/new_slot", NIC), 0);
    assert_int_equal(W("drivers/pciback/bind", NIC), 0);
    assert_state("driver=pciback override=;slot " NIC);
    assert_int_equal(W("drivers/pciback/unbind", NIC), 0);
    assert_int_equal(W("devices/" NIC "/driver_override", "vfio-pci\n"), 0);
    assert_int_equal(W("drivers/e1000e/bind", NIC), -ENODEV);       /* a foreign override */
    assert_int_equal(W("drivers/pciback/bind", NIC), -ENODEV);
    assert_int_equal(W("drivers_probe", NIC), 0);
    assert_state("driver=vfio-pci override=vfio-pci;slot " NIC);
    assert_int_equal(W("devices/" NIC "/driver_override", "\n"), 0);
    assert_int_equal(W("drivers/vfio-pci/unbind", NIC), 0);
    assert_int_equal(W("drivers_probe", NIC), 0);                   /* the slot is still there */
    assert_state("driver=pciback override=;slot " NIC);
#undef W
}

static void test_look(void **state)
{
    struct driver_state now;

    (void)state;
    assert_int_equal(driver_look(root, nic, &now, &e), 0);
    assert_string_equal(now.driver, "e1000e");
    assert_string_equal(now.override, "");
    kernel_override(NIC, "vfio-pci");
    kernel_bind(NIC, "");
    assert_int_equal(driver_look(root, nic, &now, &e), 0);
    assert_string_equal(now.driver, "");
    assert_string_equal(now.override, "vfio-pci");
    assert_int_equal(driver_look(root, (struct bdf){ 0, 5, 0, 0 }, &now, &e), -ENODEV);
    assert_int_equal(e.code, XV_NOT_FOUND);
    assert_true(driver_registered(root, "pciback"));
    assert_false(driver_registered(root, "nvme"));
    assert_false(driver_registered(root, "../.."));
}

static void test_take(void **state)
{
    (void)state;
    assert_int_equal(driver_take(root, nic, "pciback", &e), 0);
    assert_state("driver=pciback override=;slot " NIC);
    assert_writes(4, "sys/bus/pci/devices/" NIC "/driver_override=pciback",
                  "sys/bus/pci/drivers/e1000e/unbind=" NIC, "sys/bus/pci/drivers_probe=" NIC,
                  "sys/bus/pci/devices/" NIC "/driver_override=");
    kernel_forget();
    assert_int_equal(driver_take(root, nic, "pciback", &e), 0);
    assert_writes((size_t)0);
    assert_int_equal(driver_take(root, (struct bdf){ 0, 5, 0, 0 }, "pciback", &e), -ENODEV);
    assert_int_equal(e.code, XV_NOT_FOUND);
}

/* The former override is restored. */
static void test_take_keeps_override(void **state)
{
    (void)state;
    kernel_override(NIC, "e1000e");
    assert_int_equal(driver_take(root, nic, "vfio-pci", &e), 0);
    assert_state("driver=vfio-pci override=e1000e");
}

/* Each write fails: the message has device, value and file, and nothing is claimed. */
static void test_take_fails(void **state)
{
    static const char *const messages[] = {
        NIC ": write 'pciback' to /sys/bus/pci/devices/" NIC "/driver_override: Device or resource "
        "busy",
        NIC ": write '" NIC "' to /sys/bus/pci/drivers/e1000e/unbind: Device or resource busy",
        NIC ": write '" NIC "' to /sys/bus/pci/drivers_probe: Device or resource busy",
        NIC ": write '' to /sys/bus/pci/devices/" NIC "/driver_override: Device or resource busy",
    };
    struct driver_state want = { "e1000e", "" }, now;

    (void)state;
    kernel_save();
    for (unsigned n = 1; n <= 4; n++) {
        kernel_restore();
        kernel_fail(n, EBUSY, false);
        assert_int_equal(driver_take(root, nic, "pciback", &e), -EBUSY);
        assert_int_equal(e.code, XV_FAILED);
        assert_string_equal(e.message, messages[n - 1]);
        assert_int_equal(driver_restore(root, nic, &want, &now, &e), 0);
        assert_state("driver=e1000e override=");
        assert_string_equal(now.driver, "e1000e");
    }
}

/* The kernel reports no error when a probe finds no driver: the code must look. */
static void test_take_unseen(void **state)
{
    (void)state;
    kernel_break_driver("pciback", true);
    assert_int_equal(driver_take(root, nic, "pciback", &e), -EIO);
    assert_string_equal(e.message, NIC ": driver 'pciback' did not take it; it has no driver");
    kernel_break_driver("pciback", false);
    kernel_bind(NIC, "e1000e");
    kernel_fail(2, 0, false); /* the unbind does nothing */
    assert_int_equal(driver_take(root, nic, "pciback", &e), -EIO);
    assert_string_equal(e.message, NIC ": driver 'pciback' did not take it; it has 'e1000e'");
}

static void test_leave(void **state)
{
    (void)state;
    assert_int_equal(driver_leave_pciback(root, nic, &e), 0);
    assert_writes((size_t)0);
    assert_int_equal(driver_take(root, nic, "pciback", &e), 0);
    kernel_forget();
    assert_int_equal(driver_leave_pciback(root, nic, &e), 0);
    assert_state("driver= override=");
    assert_writes(2, "sys/bus/pci/drivers/pciback/unbind=" NIC,
                  "sys/bus/pci/drivers/pciback/remove_slot=" NIC);
}

/* ENOENT means that the slot is not in the list, as wanted; any other errno is an error. */
static void test_leave_slot(void **state)
{
    (void)state;
    assert_int_equal(driver_take(root, nic, "pciback", &e), 0);
    kernel_fail(2, ENOENT, false);
    assert_int_equal(driver_leave_pciback(root, nic, &e), 0);
    kernel_bind(NIC, "pciback");
    kernel_fail(2, EINVAL, false);
    assert_int_equal(driver_leave_pciback(root, nic, &e), -EINVAL);
    assert_string_equal(e.message, NIC ": write '" NIC "' to /sys/bus/pci/drivers/pciback/"
                        "remove_slot: Invalid argument");
}

/* From any present driver to any former one. */
static void test_restore(void **state)
{
    static const struct {
        const char *from, *from_override;
        struct driver_state want;
        const char *state;
    } cases[] = {
        { "pciback", "", { "e1000e", "" }, "driver=e1000e override=" },
        { "pciback", "pciback", { "e1000e", "" }, "driver=e1000e override=" },
        { "", "pciback", { "e1000e", "" }, "driver=e1000e override=" },
        { "", "", { "e1000e", "e1000e" }, "driver=e1000e override=e1000e" },
        { "e1000e", "pciback", { "e1000e", "" }, "driver=e1000e override=" },
        { "vfio-pci", "vfio-pci", { "e1000e", "" }, "driver=e1000e override=" },
        { "vfio-pci", "vfio-pci", { "pciback", "" }, "driver=pciback override=;slot " NIC },
        { "e1000e", "", { "pciback", "pciback" }, "driver=pciback override=pciback;slot " NIC },
        { "pciback", "", { "vfio-pci", "vfio-pci" }, "driver=vfio-pci override=vfio-pci" },
        { "pciback", "pciback", { "", "" }, "driver=e1000e override=" },   /* the kernel finds one */
        { "e1000e", "", { "e1000e", "" }, "driver=e1000e override=" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct driver_state now;

        teardown(NULL);
        setup(NULL);
        kernel_bind(NIC, cases[i].from);
        kernel_override(NIC, cases[i].from_override);
        if (driver_restore(root, nic, &cases[i].want, &now, &e))
            fail_msg("case %zu: %s", i, e.message);
        assert_state(cases[i].state);
        assert_string_equal(now.driver, kernel_driver(nic));
    }
}

static void test_restore_nobody(void **state)
{
    struct driver_state none = { "", "" }, now;

    (void)state;
    kernel_break_driver("e1000e", true);
    kernel_bind(NIC, "pciback");
    assert_int_equal(driver_restore(root, nic, &none, &now, &e), 0);
    assert_string_equal(now.driver, "");
    assert_state("driver= override=");
}

static void test_restore_fails(void **state)
{
    struct driver_state want = { "e1000e", "" };

    (void)state;
    kernel_bind(NIC, "pciback");
    kernel_break_driver("e1000e", true);
    assert_int_equal(driver_restore(root, nic, &want, NULL, &e), -EIO);
    assert_int_equal(e.code, XV_FAILED);
    assert_string_equal(e.message, NIC ": driver 'e1000e' did not take it; it has no driver");
    assert_state("driver= override="); /* and no override is left to keep others away */
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_kernel),
        RUN(test_look),
        RUN(test_take),
        RUN(test_take_keeps_override),
        RUN(test_take_fails),
        RUN(test_take_unseen),
        RUN(test_leave),
        RUN(test_leave_slot),
        RUN(test_restore),
        RUN(test_restore_nobody),
        RUN(test_restore_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
