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

#include "../fake/fake_clock.h"
#include "hv/hmp.h"
#include "hv/qmp.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\r\n"
#define DONE "{\"return\": {}}\r\n"
#define DELETED(id) "{\"timestamp\": {}, \"event\": \"DEVICE_DELETED\", \"data\": {\"device\": \"" id "\"}}\r\n"

static char dir[64], path[100];
static pid_t child;
static int listening;      /* after start(NULL) */

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
        close(fd);  /* without a script the socket stays, and no client is accepted */
    listening = fd;
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
        "{\"return\": \"portl[0xafe0] = 0x00060000\\r\\n\"}\r\n",
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
    clock_begin();
    clock_signal(SIGINT); /* after a signal qmp.c looks once more */
    assert_int_equal(qmp_monitor(q, "device_del pci-pt-02_00.0", &text, 5000), 0);
    clock_begin();
    assert_string_equal(text, "");
    free(text);
    assert_int_equal(qmp_monitor(q, HMP_READ_GPE, &text, 5000), 0);
    free(text);
    assert_int_equal(qmp_monitor(q, "a\" b", &text, 5000), -EINVAL);
    /* the event that came meanwhile is not lost, and reported once */
    assert_true(qmp_wait_deleted(q, 1, 0));
    assert_false(qmp_wait_deleted(q, 1, 0));
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
                        "{\"command-line\":\"device_del pci-pt-02_00.0\"}}\n"
                        "{\"execute\":\"human-monitor-command\",\"arguments\":"
                        "{\"command-line\":\"" HMP_READ_GPE "\"}}\n");
}

static void test_events(void **state)
{
    static const char *const script[] = {
        GREETING, DONE, "{\"return\": \"\"}\r\n{\"event\": \"RTC_CHANGE\"}\r\n" DELETED("a")
        DELETED("b"), NULL };
    struct qmp *q;
    char *text;

    (void)state;
    start(script);
    assert_int_equal(qmp_open(&q, path, 5000), 0);
    assert_int_equal(qmp_monitor(q, "device_del a", &text, 5000), 0);
    free(text);
    assert_true(qmp_wait_deleted(q, 2, 5000));
    finish();
    /* QEMU has ended: the wait ends at once, without an event */
    assert_false(qmp_wait_deleted(q, 1, 60000));
    assert_int_not_equal(qmp_monitor(q, "info pci", &text, 5000), 0);
    qmp_close(q);
}

/* Text that is not QMP, or ends in the middle, is an error and never a hang. */
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

/*
 * A monitor that another client has: connect() succeeds, but QEMU sends nothing; with more clients
 * in the queue connect() does not even succeed.
 */
static void test_busy(void **state)
{
    struct qmp *q;

    (void)state;
    clock_begin();
    start(NULL);
    for (int i = 0; i < 5; i++)
        assert_int_equal(qmp_open(&q, path, 20), -ETIMEDOUT);
    clock_signal(SIGINT);
    assert_int_equal(qmp_open(&q, path, 60000), -EINTR);
    clock_begin();
    assert_int_equal(qmp_open(&q, "/nowhere/qmp", 20), -ENOENT);
    unlink(path);
}

/* A device model that never stops talking, that nests without end, or that sends no end of line. */
static void flood(const char *unit, size_t times, const char *tail, bool greet)
{
    size_t len = strlen(unit), n;
    char *block = malloc(len * times + strlen(tail) + 1);
    int fd, client;

    for (n = 0; n < times; n++)
        memcpy(block + n * len, unit, len);
    strcpy(block + n * len, tail);
    start(NULL);
    fd = listening;
    child = fork();
    if (child) {
        free(block);
        close(fd);
        return;
    }
    client = accept(fd, NULL, NULL);
    if (greet && (write(client, GREETING, strlen(GREETING)) < 0 ||
                  write(client, DONE, strlen(DONE)) < 0))
        _exit(1);
    while (write(client, block, strlen(block)) > 0)
        ;
    _exit(0);
}

static void test_flood(void **state)
{
    static const char event[] = "{\"event\": \"X\"}\n";
    struct qmp *q;
    char *text;

    (void)state;
    clock_begin();
    clock_tick_ms(1);
    flood(event, 1000, "", false);
    assert_int_equal(qmp_open(&q, path, 100), -ETIMEDOUT);
    finish();
    flood(event, 1000, "", true);
    assert_int_equal(qmp_open(&q, path, 5000), 0);
    assert_int_equal(qmp_monitor(q, "info pci", &text, 100), -ETIMEDOUT);
    assert_false(qmp_wait_deleted(q, 1, 100));
    clock_signal(SIGINT);
    assert_int_equal(qmp_monitor(q, "info pci", &text, 1 << 30), -EINTR);
    assert_false(qmp_wait_deleted(q, 1, 1 << 30));
    clock_begin();
    qmp_close(q);
    finish();
    flood("A", 100000, "", true);
    assert_int_equal(qmp_open(&q, path, 5000), 0);
    assert_int_equal(qmp_monitor(q, "info pci", &text, 60000), -EPROTO);
    qmp_close(q);
    finish();
}

static void test_deep(void **state)
{
    struct qmp *q;
    char *text;

    (void)state;
    flood("[", 300000, "\n", true);
    assert_int_equal(qmp_open(&q, path, 5000), 0);
    assert_int_equal(qmp_monitor(q, "info pci", &text, 60000), -EPROTO);
    qmp_close(q);
    finish();
    flood("{\"return\": \"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"{\"}\n", 1, "", true);
    assert_int_equal(qmp_open(&q, path, 5000), 0);
    assert_int_equal(qmp_monitor(q, "info pci", &text, 60000), 0);
    assert_int_equal(strspn(text, "["), 40);
    free(text);
    qmp_close(q);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_monitor, setup, teardown),
        cmocka_unit_test_setup_teardown(test_events, setup, teardown),
        cmocka_unit_test_setup_teardown(test_strange, setup, teardown),
        cmocka_unit_test_setup_teardown(test_busy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flood, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deep, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
