/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock.h between two processes: who waits for whom, for how long, and what ends a wait. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/lock.h"
#include "base/stop.h"

static char dir[64];
static struct root *root;
static const struct bdf a = { 0, 2, 0, 0 }, b = { 0, 3, 0, 0 };

/* stop.h: a clock that advances when a caller sleeps, and then runs in_sleep. */
static long long now;
static bool stopped;
static void (*in_sleep)(void);

void stop_catch_signals(void)
{
}

int stop_signal(void)
{
    return stopped;
}

bool stop_hold(bool hold)
{
    return hold;
}

long long stop_now_ms(void)
{
    return now;
}

bool stop_sleep_ms(int ms)
{
    now += ms;
    if (in_sleep)
        in_sleep();
    return stopped;
}

/* The locks that were waited for, in order, and the holder of the last one. */
static char waited[256], holder[256];

static void note_wait(const char *object, const char *who, void *user)
{
    if (!object)
        return;
    strcat(strcat(waited, object), user);
    snprintf(holder, sizeof(holder), "%s", who);
}

static struct lock_policy policy;

static void set_policy(long long timeout_ms)
{
    policy = (struct lock_policy){ .timeout_ms = timeout_ms, .waits = note_wait,
                                   .user = (void *)" " };
    locks_policy(&policy);
}

static int setup(void **state)
{
    char path[80];
    struct err e;

    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/xvtd-lock-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof(path), "%s/run", dir);
    mkdir(path, 0755);
    now = 0;
    stopped = false;
    in_sleep = NULL;
    set_policy(-1);
    return root_open(&root, dir, &e);
}

static int teardown(void **state)
{
    char command[80];

    (void)state;
    root = root_close(root);
    locks_policy(NULL);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

static struct locks *open_locks(void)
{
    struct locks *locks = NULL;
    struct err e;

    if (locks_open(&locks, root, &e))
        fail_msg("%s", e.message);
    waited[0] = holder[0] = '\0';
    return locks;
}

/* Others, each with a lock until it is let go. */
#define HOLDERS 8
static struct {
    pid_t pid;
    int to;
} others[HOLDERS];
static size_t n_others;

static void hold(const struct bdf *bdf, const char *uuid)
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
        for (size_t i = 0; i < n_others; i++)
            close(others[i].to);
        if (locks_open(&locks, root, &e) || (bdf && locks_take_functions(locks, bdf, 1, &e)) ||
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
    others[n_others].pid = pid;
    others[n_others++].to = end[1];
}

static void let_go(void)
{
    while (n_others) {
        int status;

        close(others[--n_others].to);
        assert_int_equal(waitpid(others[n_others].pid, &status, 0), others[n_others].pid);
        assert_int_equal(status, 0);
    }
}

static void test_waits(void **state)
{
    struct locks *locks = open_locks();
    struct bdf both[] = { b, a, b };
    char pid[32];
    struct err e;

    (void)state;
    hold(&b, NULL);
    snprintf(pid, sizeof(pid), "PID %d (", (int)others[0].pid);
    in_sleep = let_go;
    assert_false(locks_waited(locks));
    assert_int_equal(locks_take_functions(locks, both, 3, &e), 0);
    assert_string_equal(waited, "0000:03:00.0 ");
    assert_true(locks_waited(locks));
    if (strncmp(holder, pid, strlen(pid)) || !strstr(holder, "test_lock"))
        fail_msg("it waited for %s, expected %s...", holder, pid);
    locks_close(locks);
}

/* A free lock is taken at once, whichever other locks are held. */
static void test_apart(void **state)
{
    struct locks *locks = open_locks();
    struct err e;

    (void)state;
    hold(&b, "aaaaaaaa-0000-4000-8000-000000000001");
    assert_int_equal(locks_take_functions(locks, NULL, 0, &e), 0); /* a guest without devices */
    assert_int_equal(locks_take_functions(locks, &a, 1, &e), 0);
    assert_int_equal(locks_take_domain(locks, "aaaaaaaa-0000-4000-8000-000000000002", &e), 0);
    assert_string_equal(waited, "");
    assert_false(locks_waited(locks));
    let_go();
    locks_close(locks);
}

static void stop_now(void)
{
    stopped = true;
}

/* Ctrl-C ends the wait, with nothing held that was not held before. */
static void test_interrupted(void **state)
{
    struct locks *locks = open_locks(), *other;
    struct bdf both[] = { a, b };
    struct err e;

    (void)state;
    hold(&b, NULL);
    in_sleep = stop_now;
    assert_int_equal(locks_take_functions(locks, both, 2, &e), -EINTR);
    assert_int_equal(e.code, XV_FAILED);
    assert_string_equal(e.message, "lock: 0000:03:00.0: Interrupted system call");
    locks_close(locks);
    other = open_locks();
    assert_int_equal(locks_take_functions(other, &a, 1, &e), 0);
    assert_string_equal(waited, "");
    locks_close(other);
    let_go();
}

/* How long a lock of that holder is waited for, in ms. */
static long long wait_for(const struct bdf *bdf)
{
    struct locks *locks = open_locks();
    long long start = now;
    char pid[32];
    struct err e;

    assert_int_equal(locks_take_functions(locks, bdf, 1, &e), -ETIMEDOUT);
    assert_int_equal(e.code, XV_FAILED);
    assert_string_equal(e.kind, "locked");
    assert_non_null(strstr(e.hint, "--lock-timeout="));
    snprintf(pid, sizeof(pid), "PID %d (", (int)others[n_others - 1].pid);
    if (!strstr(e.message, pid) || !strstr(e.message, BDF_STR(*bdf)))
        fail_msg("%s", e.message);
    locks_close(locks);
    return now - start;
}

/* A wait ends after a minute, or later when the holder has announced that it takes longer. */
static void test_timeout(void **state)
{
    (void)state;
    hold(&a, NULL);
    assert_in_range(wait_for(&a), 60000, 60100);
    set_policy(7000);
    assert_in_range(wait_for(&a), 7000, 7100);
    set_policy(0);
    assert_int_equal(wait_for(&a), 0);
    let_go();

    locks_announce(300000);
    hold(&a, NULL);
    set_policy(-1);
    assert_in_range(wait_for(&a), 360000, 360100);
    set_policy(7000);
    assert_in_range(wait_for(&a), 7000, 7100);
    let_go();
}

/* The holder was killed, and its child keeps the lock: the message says that a child has it. */
static void test_orphan(void **state)
{
    struct locks *locks = NULL;
    int status, held[2], end[2];
    pid_t pid;
    struct err e;
    char c;

    (void)state;
    assert_int_equal(pipe(held) || pipe(end), 0);
    pid = fork();
    if (!pid) {
        close(end[1]);
        if (locks_open(&locks, root, &e) || locks_take_functions(locks, &a, 1, &e))
            _exit(1);
        if (!fork()) {
            if (write(held[1], "x", 1) == 1 && read(end[0], &c, 1) < 0)
                _exit(1);
            _exit(0);
        }
        _exit(0);
    }
    close(held[1]);
    close(end[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(read(held[0], &c, 1), 1);
    locks = open_locks();
    set_policy(0);
    assert_int_equal(locks_take_functions(locks, &a, 1, &e), -ETIMEDOUT);
    if (!strstr(e.message, "a child of PID "))
        fail_msg("%s", e.message);
    locks_close(locks);
    close(end[1]);
    assert_int_equal(read(held[0], &c, 1), 0);
    close(held[0]);
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
    struct err e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        hold(&many[i], NULL);
    set_policy(0);
    assert_int_equal(locks_take_functions(locks, many, ARRAY_LEN(many), &e), -ETIMEDOUT);
    assert_non_null(strstr(e.message, "0000:02:00.0"));
    set_policy(-1);
    in_sleep = let_go;
    assert_int_equal(locks_take_functions(locks, many, ARRAY_LEN(many), &e), 0);
    assert_string_equal(waited, "0000:02:00.0 ");
    locks_close(locks);
}

/* A file has one lock, however it is named; another file in the same folder has its own. */
static void test_file(void **state)
{
    struct locks *locks = open_locks(), *other = open_locks();
    AUTO_CLOSE int one = root_openf(root, O_PATH | O_DIRECTORY, ".");
    AUTO_CLOSE int two = root_openf(root, O_PATH | O_DIRECTORY, "run/..");
    struct err e;

    (void)state;
    set_policy(0);
    assert_int_equal(locks_take_file(locks, one, "m.json", "m.json", &e), 0);
    assert_int_equal(locks_take_file(other, two, "m.json", "./m.json", &e), -ETIMEDOUT);
    assert_non_null(strstr(e.message, "./m.json"));
    assert_int_equal(locks_take_file(other, two, "n.json", "n.json", &e), 0);
    locks_close(locks);
    assert_int_equal(locks_take_file(other, two, "m.json", "./m.json", &e), 0);
    locks_close(other);
}

static void test_folder(void **state)
{
    struct locks *locks = NULL;
    char path[160];
    struct stat st;
    struct err e;

    (void)state;
    umask(0);
    assert_int_equal(locks_open(&locks, root, &e), 0);
    snprintf(path, sizeof(path), "%s/run/xvtd", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(locks_take_functions(locks, &a, 1, &e), 0);
    assert_int_equal(locks_take_domain(locks, "aaaaaaaa-0000-4000-8000-000000000001", &e), 0);
    locks = locks_close(locks);
    snprintf(path, sizeof(path), "%s/run/xvtd/fn-0000:02:00.0", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);

    /* A folder that others can write to, or a link to one, is not trusted. */
    snprintf(path, sizeof(path), "%s/run/xvtd", dir);
    assert_int_equal(chmod(path, 0777), 0);
    assert_int_equal(locks_open(&locks, root, &e), -EPERM);
    assert_int_equal(e.code, XV_CANNOT);
    snprintf(path, sizeof(path), "mv %s/run/xvtd %s/run/real", dir, dir);
    assert_int_equal(system(path), 0);
    snprintf(path, sizeof(path), "%s/run/xvtd", dir);
    assert_int_equal(symlink("real", path), 0);
    assert_int_equal(locks_open(&locks, root, &e), -ENOTDIR);
    snprintf(path, sizeof(path), "rm -r %s/run", dir);
    assert_int_equal(system(path), 0);
    assert_int_equal(locks_open(&locks, root, &e), -ENOENT);
    assert_int_equal(e.code, XV_CANNOT);
    assert_null(locks_close(NULL));
}

static void test_bad_name(void **state)
{
    struct locks *locks = open_locks();
    char path[128];
    struct err e;

    (void)state;
    assert_int_equal(locks_take_domain(locks, "../x", &e), -EINVAL);
    assert_int_equal(locks_take_domain(locks, "0123456789012345678901234567890123456789x", &e),
                     -EINVAL);
    /* A link in the way is not followed. */
    snprintf(path, sizeof(path), "%s/run/xvtd/fn-0000:02:00.0", dir);
    assert_int_equal(symlink("elsewhere", path), 0);
    assert_int_equal(locks_take_functions(locks, &a, 1, &e), -ELOOP);
    assert_string_equal(e.message, "lock: 0000:02:00.0: Too many levels of symbolic links");
    locks_close(locks);
}

/* Another process locks the folder until `end` is closed. */
static pid_t hold_folder(int *end)
{
    int ready[2], wait[2];
    pid_t pid;
    char c;

    assert_int_equal(pipe(ready) | pipe(wait), 0);
    pid = fork();
    if (!pid) {
        close(wait[1]);
        if (flock(open(dir, O_RDONLY | O_DIRECTORY), LOCK_EX) || write(ready[1], "x", 1) != 1)
            _exit(1);
        _exit(read(wait[0], &c, 1) < 0);
    }
    close(wait[0]);
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    *end = wait[1];
    return pid;
}

/* Any user can lock a folder: wait, and name the holder.  Only root edits it: no lock. */
static void test_others_folder(void **state)
{
    struct locks *locks = NULL;
    char who[40];
    int end, fd = open(dir, O_RDONLY | O_DIRECTORY);
    pid_t pid = hold_folder(&end);
    struct err e;

    (void)state;
    set_policy(5000);
    waited[0] = '\0';
    assert_int_equal(locks_take_folder(&locks, fd, "/etc/xen/vm1.cfg", &e), -ETIMEDOUT);
    assert_string_equal(e.kind, "locked");
    assert_string_equal(waited, "/etc/xen/vm1.cfg ");
    snprintf(who, sizeof(who), "PID %d (", (int)pid);
    if (strncmp(holder, who, strlen(who)))
        fail_msg("'%s' is not '%s'", holder, who);
    if (!geteuid()) {
        policy.root = root;
        locks_policy(&policy);
        assert_int_equal(locks_take_folder(&locks, fd, "/etc/xen/vm1.cfg", &e), 0);
        locks = locks_close(locks);
        assert_int_equal(chmod(dir, 0775), 0);
        assert_int_equal(locks_take_folder(&locks, fd, "/etc/xen/vm1.cfg", &e), -ETIMEDOUT);
    }
    close(end);
    waitpid(pid, NULL, 0);
    assert_int_equal(locks_take_folder(&locks, fd, "/etc/xen/vm1.cfg", &e), 0);
    assert_null(locks);
    close(fd);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_waits),
        RUN(test_apart),
        RUN(test_interrupted),
        RUN(test_timeout),
        RUN(test_orphan),
        RUN(test_order),
        RUN(test_file),
        RUN(test_folder),
        RUN(test_others_folder),
        RUN(test_bad_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
