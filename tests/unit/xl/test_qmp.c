/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qmp.h against a made-up QEMU: a child that says what a script tells it to say. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "hv/qmp.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\r\n"
#define DONE "{\"return\": {}}\r\n"
#define DELETED(id) "{\"timestamp\": {}, \"event\": \"DEVICE_DELETED\", \"data\": {\"device\": \"" id "\"}}\r\n"

static char dir[64], path[100];
static pid_t child;

/*
 * Serves one client: says each part of the script after it has heard a line (the greeting
 * unasked), then hangs up.  heard gets what the client said.
 */
static void serve(int fd, const char *const *script, const char *heard)
{
    FILE *in, *log = fopen(heard, "w");
    char line[400];
    int client = accept(fd, NULL, NULL);

    in = fdopen(client, "r");
    if (!in || !log)
        _exit(1);
    for (bool first = true; *script; script++, first = false) {
        if (!first) {
            if (!fgets(line, sizeof(line), in))
                break;
            fputs(line, log);
            fflush(log);
        }
        if (write(client, *script, strlen(*script)) < 0)
            break;
    }
    fclose(log);
    _exit(0);
}

static void start(const char *const *script)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    char heard[100];
    int fd;

    snprintf(path, sizeof(path), "%s/qmp", dir);
    snprintf(heard, sizeof(heard), "%s/heard", dir);
    strcpy(addr.sun_path, path);
    unlink(path);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    assert_int_equal(listen(fd, 1), 0);
    child = script ? fork() : 0;
    if (script && !child)
        serve(fd, script, heard);
    if (script)
        close(fd);  /* without one it stays, and nobody ever accepts */
}

static void finish(void)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static int setup(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    snprintf(dir, sizeof(dir), "/tmp/xvtd-qmp-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    char text[100];

    (void)state;
    snprintf(text, sizeof(text), "rm -rf %s", dir);
    return system(text);
}

static void test_monitor(void **state)
{
    static const char *const script[] = {
        GREETING, DONE,
        /* an event between question and answer, and an answer in two lines' worth */
        DELETED("a") "{\"return\": \"  Bus  0, device   0\\r\\n\"}\r\n", "{\"return\": \"\"}\r\n",
        NULL };
    char *text, heard[400] = { 0 }, name[100];
    struct qmp *q;
    FILE *f;

    (void)state;
    start(script);
    assert_int_equal(qmp_open(&q, path, 5000), 0);
    assert_int_equal(qmp_monitor(q, "info pci", &text, 5000), 0);
    assert_string_equal(text, "  Bus  0, device   0\r\n");
    free(text);
    assert_int_equal(qmp_monitor(q, "device_del pci-pt-02_00.0", &text, 5000), 0);
    assert_string_equal(text, "");
    free(text);
    assert_int_equal(qmp_monitor(q, "a\" b", &text, 5000), -EINVAL);
    /* the event that came on the way is not lost, and told once */
    assert_true(qmp_wait_deleted(q, 0));
    assert_false(qmp_wait_deleted(q, 0));
    qmp_close(q);
    finish();
    snprintf(name, sizeof(name), "%s/heard", dir);
    f = fopen(name, "r");
    assert_non_null(f);
    assert_true(fread(heard, 1, sizeof(heard) - 1, f) > 0);
    fclose(f);
    assert_string_equal(heard,
                        "{\"execute\":\"qmp_capabilities\"}\n"
                        "{\"execute\":\"human-monitor-command\",\"arguments\":"
                        "{\"command-line\":\"info pci\"}}\n"
                        "{\"execute\":\"human-monitor-command\",\"arguments\":"
                        "{\"command-line\":\"device_del pci-pt-02_00.0\"}}\n");
}

static void test_events(void **state)
{
    static const char *const script[] = {
        GREETING, DONE, "{\"return\": \"\"}\r\n{\"event\": \"RTC_CHANGE\"}\r\n" DELETED("a"), NULL };
    struct qmp *q;
    char *text;

    (void)state;
    start(script);
    assert_int_equal(qmp_open(&q, path, 5000), 0);
    assert_int_equal(qmp_monitor(q, "device_del a", &text, 5000), 0);
    free(text);
    assert_true(qmp_wait_deleted(q, 5000));
    finish();
    /* QEMU is gone: no news, at once */
    assert_false(qmp_wait_deleted(q, 60000));
    assert_int_not_equal(qmp_monitor(q, "info pci", &text, 5000), 0);
    qmp_close(q);
}

/* What is no QMP, or stops in the middle, is an error and never a hang. */
static void test_strange(void **state)
{
    static const char *const scripts[][4] = {
        { "", NULL },                                   /* hangs up */
        { "220 mail ESMTP\r\n", NULL },
        { "{\"QMP\": \r\n", NULL },
        { "[1, 2]\r\n{}\r\n\"QMP\"\r\n", NULL },
        { GREETING, "{\"error\": {\"class\": \"CommandNotFound\"}}\r\n", NULL },
        { GREETING, "{\"return\": ", NULL },
        { GREETING, "\r\n", NULL },
    };
    static const char *const answers[] = { "{\"return\": 5}\r\n", "{\"return\": {}}\r\n",
                                           "{\"error\": {}}\r\n", "x\r\n", "" };
    struct qmp *q;
    char *text;

    (void)state;
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        start(scripts[i]);
        if (!qmp_open(&q, path, 5000))
            fail_msg("script %zu was taken for QMP", i);
        finish();
    }
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        const char *const script[] = { GREETING, DONE, answers[i], NULL };

        start(script);
        assert_int_equal(qmp_open(&q, path, 5000), 0);
        if (!qmp_monitor(q, "info pci", &text, 5000))
            fail_msg("'%s' was taken for text", answers[i]);
        qmp_close(q);
        finish();
    }
}

/* A monitor that somebody else has: the connection stands, and nothing is said. */
static void test_busy(void **state)
{
    struct qmp *q;

    (void)state;
    start(NULL);
    assert_int_equal(qmp_open(&q, path, 20), -ETIMEDOUT);
    assert_int_equal(qmp_open(&q, "/nowhere/qmp", 20), -ENOENT);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_monitor, setup, teardown),
        cmocka_unit_test_setup_teardown(test_events, setup, teardown),
        cmocka_unit_test_setup_teardown(test_strange, setup, teardown),
        cmocka_unit_test_setup_teardown(test_busy, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
