/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock.h between two processes: who waits for whom, and what ends a wait. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/lock.h"

static char dir[64];
static const struct bdf a = { 0, 2, 0, 0 }, b = { 0, 3, 0, 0 };

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/xvtd-lock-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    char command[80];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

/* What was waited for, in order. */
static char waited[256];

static void note_wait(const char *object, void *user)
{
    strcat(strcat(waited, object), user);
}

static struct locks *open_locks(void)
{
    struct locks *locks = NULL;
    struct err e;

    if (locks_open(&locks, dir, note_wait, (void *)" ", &e))
        fail_msg("%s", e.message);
    waited[0] = '\0';
    return locks;
}

/*
 * A child that holds a lock until told to end.  Returns with the lock held; *to is what
 * it waits for to be closed.
 */
static pid_t hold(const struct bdf *bdf, const char *uuid, int *to)
{
    int ready[2], end[2];
    pid_t pid;
    char c;

    assert_int_equal(pipe(ready) || pipe(end), 0);
    pid = fork();
    if (!pid) {
        struct locks *locks = NULL;
        struct err e;

        close(end[1]);
        if (locks_open(&locks, dir, NULL, NULL, &e) ||
            (bdf && locks_take_functions(locks, bdf, 1, &e)) ||
            (uuid && locks_take_domain(locks, uuid, &e)) || write(ready[1], "x", 1) != 1)
            _exit(1);
        if (read(end[0], &c, 1) < 0)
            _exit(1);
        _exit(0); /* the locks die with the process */
    }
    close(ready[1]);
    close(end[0]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    *to = end[1];
    return pid;
}

static void test_waits(void **state)
{
    struct locks *locks = open_locks();
    struct bdf both[] = { b, a, b };
    int to, status;
    pid_t pid = hold(&b, NULL, &to), releaser;
    struct err e;

    (void)state;
    /* Somebody has to let the holder end while we wait: its twin, a moment later. */
    releaser = fork();
    if (!releaser) {
        usleep(50000);
        _exit(0);
    }
    close(to); /* now the other copy in the releaser keeps the holder */
    assert_int_equal(locks_take_functions(locks, both, 3, &e), 0);
    assert_string_equal(waited, "0000:03:00.0 ");
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    waitpid(releaser, NULL, 0);
    locks_close(locks);
}

/* A lock that is free is not waited for, and what others hold besides does not matter. */
static void test_apart(void **state)
{
    struct locks *locks = open_locks();
    int to;
    pid_t pid = hold(&b, "aaaaaaaa-0000-4000-8000-000000000001", &to);
    struct err e;

    (void)state;
    assert_int_equal(locks_take_functions(locks, NULL, 0, &e), 0); /* a guest without devices */
    assert_int_equal(locks_take_functions(locks, &a, 1, &e), 0);
    assert_int_equal(locks_take_domain(locks, "aaaaaaaa-0000-4000-8000-000000000002", &e), 0);
    assert_string_equal(waited, "");
    close(to);
    waitpid(pid, NULL, 0);
    locks_close(locks);
}

static void on_alarm(int sig)
{
    (void)sig;
}

/* Ctrl-C ends the wait, with nothing held that was not held before. */
static void test_interrupted(void **state)
{
    struct sigaction sa = { .sa_handler = on_alarm }; /* no SA_RESTART: as stop.h's */
    struct itimerval soon = { .it_value.tv_usec = 30000, .it_interval.tv_usec = 30000 };
    struct itimerval never = { .it_value.tv_sec = 0 };
    struct locks *locks = open_locks(), *other;
    struct bdf both[] = { a, b };
    int to;
    pid_t pid = hold(&b, NULL, &to);
    struct err e;

    (void)state;
    sigaction(SIGALRM, &sa, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    assert_int_equal(locks_take_functions(locks, both, 2, &e), -EINTR);
    setitimer(ITIMER_REAL, &never, NULL);
    assert_int_equal(e.code, XV_FAILED);
    assert_string_equal(e.message, "lock: 0000:03:00.0: Interrupted system call");
    locks_close(locks);
    other = open_locks();
    assert_int_equal(locks_take_functions(other, &a, 1, &e), 0);
    assert_string_equal(waited, "");
    locks_close(other);
    close(to);
    waitpid(pid, NULL, 0);
}

/*
 * Ascending, whatever the order asked for: with everything held by others, the first that
 * is waited for is the lowest, and so on.
 */
static void test_order(void **state)
{
    struct bdf many[] = { { 0, 9, 0, 1 }, { 1, 0, 0, 0 }, { 0, 2, 0, 0 }, { 0, 9, 0, 0 },
                          { 0x10000, 0xe1, 0, 0 } };
    struct locks *locks = open_locks();
    pid_t pids[ARRAY_LEN(many)], releaser;
    int held[ARRAY_LEN(many)];
    char last[32] = "";
    struct err e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        pids[i] = hold(&many[i], NULL, &held[i]);
    releaser = fork();
    if (!releaser) {
        usleep(50000);
        _exit(0); /* and with it the last copies of what the holders wait for */
    }
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        close(held[i]);
    assert_int_equal(locks_take_functions(locks, many, ARRAY_LEN(many), &e), 0);
    assert_int_equal(strncmp(waited, "0000:02:00.0 ", 13), 0);
    for (char *w = strtok(waited, " "); w; w = strtok(NULL, " ")) {
        assert_true(strlen(w) > strlen(last) || strcmp(w, last) > 0);
        snprintf(last, sizeof(last), "%s", w);
    }
    locks_close(locks);
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        waitpid(pids[i], NULL, 0);
    waitpid(releaser, NULL, 0);
}

static void test_folder(void **state)
{
    struct locks *locks = NULL;
    char path[128];
    struct stat st;
    struct err e;

    (void)state;
    snprintf(path, sizeof(path), "%s/run", dir);
    umask(0);
    assert_int_equal(locks_open(&locks, path, NULL, NULL, &e), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(locks_take_functions(locks, &a, 1, &e), 0);
    assert_int_equal(locks_take_domain(locks, "aaaaaaaa-0000-4000-8000-000000000001", &e), 0);
    locks = locks_close(locks);
    snprintf(path, sizeof(path), "%s/run/fn-0000:02:00.0", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);

    /* A folder that others can write to, or a link to one, is not trusted. */
    snprintf(path, sizeof(path), "%s/open", dir);
    assert_int_equal(mkdir(path, 0777), 0);
    assert_int_equal(locks_open(&locks, path, NULL, NULL, &e), -EPERM);
    assert_int_equal(e.code, XV_CANNOT);
    snprintf(path, sizeof(path), "%s/link", dir);
    assert_int_equal(symlink("run", path), 0);
    assert_int_equal(locks_open(&locks, path, NULL, NULL, &e), -ENOTDIR);
    snprintf(path, sizeof(path), "%s/none/run", dir);
    assert_int_equal(locks_open(&locks, path, NULL, NULL, &e), -ENOENT);
    assert_int_equal(e.code, XV_CANNOT);
    assert_null(locks_close(NULL));
}

static void test_bad_uuid(void **state)
{
    struct locks *locks = open_locks();
    char path[128];
    struct err e;

    (void)state;
    assert_int_equal(locks_take_domain(locks, "../x", &e), -EINVAL);
    assert_int_equal(locks_take_domain(locks, "0123456789012345678901234567890123456789x", &e),
                     -EINVAL);
    /* A link in the way is not followed. */
    snprintf(path, sizeof(path), "%s/fn-0000:02:00.0", dir);
    assert_int_equal(symlink("elsewhere", path), 0);
    assert_int_equal(locks_take_functions(locks, &a, 1, &e), -ELOOP);
    assert_string_equal(e.message, "lock: 0000:02:00.0: Too many levels of symbolic links");
    locks_close(locks);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_waits),
        RUN(test_apart),
        RUN(test_interrupted),
        RUN(test_order),
        RUN(test_folder),
        RUN(test_bad_uuid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
