/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child.h: what a process says is bounded in size and time, whatever it does. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/child.h"
#include "base/stop.h"

#define SHORT_MS 200
#define LONG_MS 10000

static struct err e;

static struct child *start(const char *command)
{
    struct child *c = NULL;

    if (child_start(&c, command, &e))
        fail_msg("%s", e.message);
    return c;
}

/* Its next line, or the error's text if it prints none. */
static const char *hear(struct child *c, size_t max, int timeout_ms, int *r)
{
    static char text[1100];
    AUTO_FREE char *line = NULL;
    size_t len = 0;

    *r = child_hear(c, max, timeout_ms, &line, &len, &e);
    snprintf(text, sizeof(text), "%s", *r ? e.message : line);
    if (!*r)
        assert_int_equal(len, strlen(line));
    return text;
}

static void test_talk(void **state)
{
    struct child *c = start("while read -r line; do echo \"heard $line\"; echo more; done");
    int r;

    (void)state;
    assert_int_equal(child_say(c, "one\n", 4, LONG_MS, &e), 0);
    assert_string_equal(hear(c, 100, LONG_MS, &r), "heard one");
    assert_string_equal(hear(c, 100, LONG_MS, &r), "more");
    assert_int_equal(child_say(c, "two\n", 4, LONG_MS, &e), 0);
    assert_string_equal(hear(c, 9, LONG_MS, &r), "heard two");
    assert_null(child_end(c, LONG_MS));
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    c = start("printf 'one\\ntwo\\n'"); /* in one piece */
    assert_string_equal(hear(c, 100, LONG_MS, &r), "one");
    assert_string_equal(hear(c, 100, LONG_MS, &r), "two");
    child_end(c, LONG_MS);
}

/* A child that reads its input ends at once when child_end() closes it. */
static void test_end(void **state)
{
    struct child *c = start("exec cat");
    long long begin = stop_now_ms();

    (void)state;
    child_end(c, LONG_MS);
    assert_true(stop_now_ms() - begin < LONG_MS / 2);
}

/* A line that is longer than a pipe's buffer passes in both directions. */
static void test_long_line(void **state)
{
    struct child *c = start("exec sed -u ''");
    size_t size = 1 << 20, len = 0;
    AUTO_FREE char *text = malloc(size), *line = NULL;

    (void)state;
    memset(text, 'x', size - 1);
    text[size - 1] = '\n';
    for (size_t at = 0; at < size; at += 32768)
        assert_int_equal(child_say(c, text + at, 32768, LONG_MS, &e), 0);
    assert_int_equal(child_hear(c, size, LONG_MS, &line, &len, &e), 0);
    assert_int_equal(len, size - 1);
    child_end(c, LONG_MS);
}

static void test_limits(void **state)
{
    struct child *c = start("echo 1234567890; echo 12345678901");
    int r;

    (void)state;
    assert_string_equal(hear(c, 10, LONG_MS, &r), "1234567890");
    hear(c, 10, LONG_MS, &r);
    assert_int_equal(r, -EMSGSIZE);
    child_end(c, LONG_MS);
    c = start("exec tr '\\0' x </dev/zero");
    hear(c, 100000, LONG_MS, &r);
    assert_int_equal(r, -EMSGSIZE);
    child_end(c, 0);
    c = start("printf half; exec sleep 100");
    hear(c, 100, SHORT_MS, &r);
    assert_int_equal(r, -ETIMEDOUT);
    assert_int_equal(e.code, XV_CANNOT);
    child_end(c, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* Sends more than a pipe holds to a child that does not read. */
static void test_deaf(void **state)
{
    struct child *c = start("exec sleep 100");
    static char text[1 << 18];

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_int_equal(child_say(c, text, sizeof(text), SHORT_MS, &e), -ETIMEDOUT);
    child_end(c, 0);
}

static void test_ended(void **state)
{
    struct child *c = start("printf no-end; exit 7");
    int r;

    (void)state;
    assert_non_null(strstr(hear(c, 100, LONG_MS, &r), "exit code 7"));
    assert_int_equal(r, -EPIPE);
    child_end(c, LONG_MS);
    c = start("exec nosuchprogram 2>/dev/null");
    assert_non_null(strstr(hear(c, 100, LONG_MS, &r), "exit code 127"));
    while (!child_say(c, "x\n", 2, LONG_MS, &e))
        ;
    child_end(c, LONG_MS);
    /* A child that ignores SIGTERM is killed. */
    c = start("trap '' TERM; exec sleep 100");
    child_end(c, SHORT_MS);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_stopped(void **state)
{
    struct child *c = start("read -r line; kill -INT $PPID; kill -INT $$; echo here; exec sleep 100");
    int r;

    (void)state;
    assert_int_equal(child_say(c, "go\n", 3, LONG_MS, &e), 0);
    stop_hold(true);
    assert_string_equal(hear(c, 100, LONG_MS, &r), "here"); /* the child survives its own SIGINT */
    stop_hold(false);
    hear(c, 100, LONG_MS, &r);
    assert_int_equal(r, -EINTR);
    assert_int_equal(e.code, XV_FAILED);
    child_end(c, 0);
}

static void test_run(void **state)
{
    char *words[] = { "sh", "-c", "echo out; echo err >&2; exit 3", NULL };
    char *dies[] = { "sh", "-c", "kill -PIPE $$; exit 3", NULL };
    char *absent[] = { "nosuchprogram", NULL };
    char *keeps[] = { "sh", "-c", "test -e /proc/$$/fd/77 && test ! -e /proc/$$/fd/78", NULL };
    AUTO_FREE char *says = NULL;
    int code, fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_int_equal(child_run(words, -1, &code, &says, &e), 0);
    assert_string_equal(says, "out\nerr\n");
    assert_int_equal(code, 3);
    assert_int_equal(child_run(dies, -1, &code, NULL, &e), 0);
    assert_int_equal(code, 128 + SIGPIPE);
    assert_int_equal(child_run(absent, -1, &code, NULL, &e), -ENOENT);
    assert_int_equal(e.code, XV_CANNOT);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    dup3(fd, 77, O_CLOEXEC);
    dup3(fd, 78, O_CLOEXEC);
    assert_int_equal(child_run(keeps, 77, &code, NULL, &e), 0);
    assert_int_equal(code, 0);
    close(77);
    close(78);
    close(fd);
}

/* child_take() limits size and time, and gives the child no input. */
static void test_take(void **state)
{
    char *both[] = { "sh", "-c", "cat; echo out; echo err >&2; exit 3", NULL };
    char *endless[] = { "sh", "-c", "while :; do echo 0123456789; done", NULL };
    char *waits[] = { "sleep", "60", NULL };
    char *deaf[] = { "sh", "-c", "exec >&- 2>&-; exec sleep 60", NULL };
    char *absent[] = { "nosuchprogram", NULL };
    char *says = NULL;
    size_t len = 0;
    int code = 0;

    (void)state;
    assert_int_equal(child_take(both, 100, 10000, &code, &says, &len, &e), 0);
    assert_string_equal(says, "out\nerr\n");
    assert_int_equal(len, 8);
    assert_int_equal(code, 3);
    free(says);
    assert_int_equal(child_take(endless, 100, 10000, &code, &says, &len, &e), 0);
    assert_int_equal(len, 100);
    assert_int_equal(strlen(says), 100);
    free(says);
    assert_int_equal(child_take(waits, 100, 50, &code, &says, &len, &e), -ETIMEDOUT);
    assert_int_equal(child_take(deaf, 100, 1000, &code, &says, &len, &e), 0);
    assert_int_equal(code, 128 + SIGTERM);
    free(says);
    assert_int_equal(child_take(absent, 100, 50, &code, &says, &len, &e), -ENOENT);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static bool tied;

/* As hv_libxl.c does it for the processes that libxl forks. */
static void die_with_parent(void)
{
    if (tied)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* A child of child_run() survives when its parent is killed. */
static void test_outlives(void **state)
{
    char *words[] = { "sh", "-c", "kill -KILL $PPID; while kill -0 $PPID 2>/dev/null; do :; done; "
                      "echo lives >/proc/self/fd/77", NULL };
    char text[8] = "";
    int ends[2], code;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(dup3(ends[1], 77, O_CLOEXEC), 77);
    pthread_atfork(NULL, NULL, die_with_parent);
    pid = fork();
    if (!pid) {
        tied = true;
        child_run(words, 77, &code, NULL, &e);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(ends[1]);
    close(77);
    assert_int_equal(read(ends[0], text, sizeof(text)), 6);
    assert_string_equal(text, "lives\n");
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_talk),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_long_line),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_deaf),
        cmocka_unit_test(test_ended),
        cmocka_unit_test(test_run), cmocka_unit_test(test_take),
        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_outlives),
    };

    stop_catch_signals();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
