/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which functions a device model has open, in a made-up /proc. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../fake/fake_tree.h"
#include "hv/dm_open.h"

#define DEVICES "/sys/devices/pci0000:00/0000:00:1c.0/"
#define LINE "/usr/lib/xen/bin/qemu-system-i386\0-xen-domid\0" "7\0-name\0vm1"

static struct root *root;

static void add_fd(int fd, const char *target, const char *flags)
{
    char text[64];

    tree_link(target, "proc/1234/fd/%d", fd);
    snprintf(text, sizeof(text), "pos:\t0\nflags:\t%s\nmnt_id:\t22\n", flags);
    tree_write(text, "proc/1234/fdinfo/%d", fd);
}

static int setup(void **state)
{
    (void)state;
    tree_begin();
    tree_write_bytes(LINE, sizeof(LINE), "proc/1234/cmdline");
    tree_mkdir("proc/1234/fd");
    tree_mkdir("proc/1234/fdinfo");
    root = tree_root();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    root = root_close(root);
    tree_end();
    return 0;
}

static void test_functions(void **state)
{
    struct bdf *list = NULL;
    size_t n = 0;

    (void)state;
    add_fd(3, "socket:[4711]", "02");
    add_fd(4, DEVICES "0000:02:00.0/config", "0100002");
    add_fd(5, DEVICES "0000:03:00.0/config", "0100000");       /* for reading */
    add_fd(6, "/sys/devices/pci0001:00/0001:02:00.0/config", "0100002");
    add_fd(7, "/tmp/sys/0000:05:00.0/config", "0100002");
    add_fd(8, DEVICES "0000:06:20.0/config", "0100002");       /* no function's name */
    add_fd(9, DEVICES "0000:07:00.0/resource0", "0100002");
    add_fd(10, "/config", "0100002");
    tree_link(DEVICES "0000:08:00.0/config", "proc/1234/fd/11"); /* closed meanwhile */
    assert_int_equal(dm_open_functions(root, 1234, 7, &list, &n), 0);
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++)
        assert_true(bdf_equal(list[i], (struct bdf){ list[i].segment, 2, 0, 0 }));
    assert_int_equal(list[0].segment + list[1].segment, 1);
    free(list);
}

/* A process ID that another program has now is no device model. */
static void test_process(void **state)
{
    static const char none[] = "/bin/sh\0-c\0sleep";
    static const char cut[] = "qemu\0-xen-domid";
    struct bdf *list = NULL;
    size_t n = 0;

    (void)state;
    assert_int_equal(dm_open_functions(root, 1234, 7, &list, &n), 0);
    assert_int_equal(n, 0);
    free(list);
    assert_int_equal(dm_open_functions(root, 1234, 70, &list, &n), -ESRCH);
    assert_int_equal(dm_open_functions(root, 1235, 7, &list, &n), -ESRCH);
    assert_int_equal(dm_open_functions(root, -1, 7, &list, &n), -ESRCH);
    tree_write_bytes(none, sizeof(none), "proc/1234/cmdline");
    assert_int_equal(dm_open_functions(root, 1234, 7, &list, &n), -ESRCH);
    tree_write_bytes(cut, sizeof(cut), "proc/1234/cmdline");
    assert_int_equal(dm_open_functions(root, 1234, 7, &list, &n), -ESRCH);
    tree_write("", "proc/1234/cmdline");
    assert_int_equal(dm_open_functions(root, 1234, 7, &list, &n), -ESRCH);
}

static void test_possible(void **state)
{
    struct bdf bdf = { 0, 2, 0, 0 };
    char path[PATH_MAX];
    int fd;

    (void)state;
    assert_false(dm_open_possible(root, bdf));
    tree_write("", "sys/bus/pci/devices/0000:02:00.0/config");
    snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/0000:02:00.0/config", tree_dir());
    assert_false(dm_open_possible(root, bdf));
    fd = open(path, O_RDONLY);
    assert_false(dm_open_possible(root, bdf));
    close(fd);
    fd = open(path, O_RDWR);
    assert_true(dm_open_possible(root, bdf));
    close(fd);
    assert_false(dm_open_possible(root, bdf));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_functions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_process, setup, teardown),
        cmocka_unit_test_setup_teardown(test_possible, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
