/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entries of changes in the host's log, on the machine of machine.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "base/audit.h"
#include "base/cleanup.h"
#include "fake_child.h"
#include "machine.h"

#define JOURNAL "run/systemd/journal/socket"
#define SYSLOG "dev/log"

static int log_fd = -1;

static void log_open(const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };

    snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s", tree_dir(), path);
    tree_write("", "%s", path); /* its folders */
    tree_remove("%s", path);
    log_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_return_code(bind(log_fd, (struct sockaddr *)&at, sizeof(at)), errno);
}

static int setup(void **state)
{
    machine_setup(state);
    tree_mkdir("etc");
    tree_write("1000\n", "proc/self/loginuid");
    return 0;
}

static int teardown(void **state)
{
    if (log_fd >= 0)
        close(log_fd);
    log_fd = -1;
    return machine_teardown(state);
}

/* The next one, "" for none. */
static const char *logged(void)
{
    static char text[2048];
    ssize_t len = recv(log_fd, text, sizeof(text) - 1, 0);

    text[len < 0 ? 0 : len] = '\0';
    return text;
}

static void test_a_line_for_each_device(void **state)
{
    const char *text;

    (void)state;
    log_open(JOURNAL);
    expect(0, NULL, NULL, "assign vm1 2:0.0@7 3:0.0");
    assert_string_equal(logged(),
        "MESSAGE=xvtd assign: vm1: 0000:02:00.0: done: attached to vm1 at 0x07 (user 1000)\n"
        "PRIORITY=5\nSYSLOG_IDENTIFIER=xvtd\nXVTD_PROGRAM=xvtd\nXVTD_COMMAND=assign\n"
        "XVTD_USER=1000\nXVTD_GUEST=vm1\nXVTD_DEVICE=0000:02:00.0\nXVTD_RESULT=done\n");
    text = logged();
    assert_non_null(strstr(text, "XVTD_DEVICE=0000:03:00.0\n"));
    assert_string_equal(logged(), "");
    expect(0, NULL, NULL, "name 2:0.0 uplink0");
    text = logged();
    assert_non_null(strstr(text, "XVTD_COMMAND=name\n"));
    assert_null(strstr(text, "XVTD_GUEST"));
}

static void test_what_is_no_change(void **state)
{
    (void)state;
    log_open(JOURNAL);
    expect(0, NULL, NULL, "--dry-run assign vm1 2:0.0");
    expect(0, NULL, NULL, "assignable add 3:0.0");
    expect(3, NULL, NULL, "assignable add 0:3.0");
    expect(0, NULL, NULL, "list");
    assert_string_equal(logged(), "");
}

static void test_syslog_where_there_is_no_journal(void **state)
{
    const char *text;

    (void)state;
    log_open(SYSLOG);
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    text = logged();
    assert_int_equal(strncmp(text, "<29>", 4), 0);
    assert_non_null(strstr(text, "]: xvtd assign: vm1: 0000:02:00.0: done: attached to vm1 at 0x07 (user 1000)"));
}

static void test_no_log_at_all(void **state)
{
    (void)state;
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
}

/* xvtd does not wait for a log that accepts nothing more. */
static void test_a_full_log(void **state)
{
    CLEANUP(root_close_p) struct root *root = NULL;
    struct xvtd x = { .name = "xvtd" };

    (void)state;
    log_open(JOURNAL);
    root = tree_root();
    x.root = root;
    for (int i = 0; i < 2000; i++)
        audit(&x, &(struct audit){ .result = "done", .message = "one more\nline" });
    assert_non_null(strstr(logged(), "MESSAGE=xvtd: done: one more\\u000aline (user 1000)\n"));
}

static void test_rsh_stays_out(void **state)
{
    bool arrived = false;

    (void)state;
    log_open(JOURNAL);
    child_begin();
    expect(0, NULL, NULL, "assign vm1 2:0.0 7");
    child_xl(1, "no", NULL);
    xvtd("migrate vm1 xen2 --rsh=hush-hush");
    for (const char *text = logged(); *text; text = logged()) {
        assert_null(strstr(text, "hush"));
        arrived |= strstr(text, "XVTD_HOST=xen2\nXVTD_RESULT=failed\n") != NULL;
    }
    assert_true(arrived);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_line_for_each_device, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_change, setup, teardown),
        cmocka_unit_test_setup_teardown(test_syslog_where_there_is_no_journal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_log_at_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_full_log, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rsh_stays_out, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
