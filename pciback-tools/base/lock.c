/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/state_dir.h"
#include "base/stop.h"

#define FOLDER "run/xvtd"
#define LOOK_MS 50          /* flock(2) has no timeout */
#define HOLDER_MAX 200

struct locks {
    int dir;
    int *fds;
    size_t n;
    bool waited;
};

static const struct lock_policy usual = { .timeout_ms = -1 };
static struct lock_policy policy = { .timeout_ms = -1 };

void locks_policy(const struct lock_policy *p)
{
    policy = p ? *p : usual;
}

void locks_announce(unsigned hold_ms)
{
    policy.hold_ms = hold_ms;
}

int locks_open(struct locks **ret, const struct root *root, struct err *e)
{
    struct locks *locks = calloc(1, sizeof(*locks));
    int r;

    if (!locks)
        return err_nomem(e);
    r = state_dir_open(root, FOLDER, 0700, &locks->dir, e);
    if (r) {
        err_prefix(e, "lock");
        free(locks);
        return r;
    }
    *ret = locks;
    return 0;
}

/* The holder, as it has written itself into the file; pid is 0 when the file is empty. */
struct holder {
    int pid;
    unsigned hold_ms;
    char text[HOLDER_MAX];
};

static void read_command(int pid, char *buf, size_t size)
{
    char path[40];
    AUTO_CLOSE int fd = -1;
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, buf, size - 1);
    while (n > 0 && !buf[n - 1])
        n--;
    buf[n > 0 ? n : 0] = '\0';
    for (ssize_t i = 0; i < n; i++)
        if (!buf[i])
            buf[i] = ' ';
}

static void name_holder(struct holder *holder)
{
    char command[HOLDER_MAX - 40];

    read_command(holder->pid, command, sizeof(command));
    if (*command)
        snprintf(holder->text, sizeof(holder->text), "PID %d (%s)", holder->pid, command);
    else
        snprintf(holder->text, sizeof(holder->text), "a child of PID %d, which has ended",
                 holder->pid);
}

static void read_holder(int fd, struct holder *ret)
{
    char text[64] = "";

    *ret = (struct holder){ .text = "another process" };
    if (pread(fd, text, sizeof(text) - 1, 0) > 0 &&
        sscanf(text, "%d %u", &ret->pid, &ret->hold_ms) == 2 && ret->pid > 0)
        name_holder(ret);
}

static void fclose_p(FILE **file)
{
    if (*file)
        fclose(*file);
}

/* A folder has nothing written in it.  proc_locks(5): "1: FLOCK ADVISORY WRITE 71 08:01:9 0 EOF" */
static void find_holder(int fd, struct holder *ret)
{
    CLEANUP(fclose_p) FILE *file = fopen("/proc/locks", "re");
    struct stat st;
    char line[160];

    *ret = (struct holder){ .text = "another process" };
    while (file && !fstat(fd, &st) && fgets(line, sizeof(line), file)) {
        unsigned major, minor;
        uintmax_t inode;
        int pid;

        if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%ju", &pid, &major, &minor, &inode) != 4 ||
            inode != st.st_ino || makedev(major, minor) != st.st_dev || pid <= 0)
            continue;
        ret->pid = pid;
        name_holder(ret);
        return;
    }
}

static int refuse_held(const char *object, const struct holder *holder, long long waited_ms,
                       struct err *e)
{
    int r = err_set(e, XV_FAILED, ETIMEDOUT, "lock: %s: %s has it, and did not finish in %lld s",
                    object, holder->text, waited_ms / 1000);

    err_kind(e, "locked");
    err_hint(e, "wait until it ends; --lock-timeout=SECONDS sets how long to wait");
    return r;
}

static long long limit_ms(const struct holder *holder)
{
    long long usually = LOCK_TIMEOUT_S * 1000LL;

    if (policy.timeout_ms >= 0)
        return policy.timeout_ms;
    return holder->hold_ms ? usually + holder->hold_ms : usually;
}

static void tell(const char *object, const char *holder)
{
    if (policy.waits)
        policy.waits(object, holder, policy.user);
}

/* As flock(2), but waits no longer than the policy allows. */
static int wait_for(int fd, const char *object, void (*look)(int fd, struct holder *ret),
                    bool *waited, struct err *e)
{
    long long start = stop_now_ms();
    struct holder holder;

    for (bool told = false; flock(fd, LOCK_EX | LOCK_NB); told = true) {
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK)
            return err_sys(e, XV_FAILED, errno, "lock: %s", object);
        look(fd, &holder); /* again in each round: the holder may have changed */
        if (stop_now_ms() - start >= limit_ms(&holder))
            return refuse_held(object, &holder, stop_now_ms() - start, e);
        if (!told)
            tell(object, holder.text);
        *waited = true;
        if (stop_sleep_ms(LOOK_MS))
            return err_sys(e, XV_FAILED, EINTR, "lock: %s", object);
    }
    return 0;
}

int lock_wait(int fd)
{
    long long end = stop_now_ms() + LOCK_TIMEOUT_S * 1000LL;

    while (flock(fd, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -errno;
        if (stop_now_ms() >= end)
            return -ETIMEDOUT;
        if (stop_sleep_ms(LOOK_MS))
            return -EINTR;
    }
    return 0;
}

static int take(struct locks *locks, const char *file, const char *object, struct err *e)
{
    AUTO_CLOSE int fd = -1;
    char text[64];
    int r, n;

    if (ARRAY_GROW(locks->fds, locks->n))
        return err_nomem(e);
    fd = openat(locks->dir, file, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_sys(e, XV_CANNOT, errno, "lock: %s", object);
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        r = wait_for(fd, object, read_holder, &locks->waited, e);
        tell(NULL, NULL);
        if (r)
            return r;
    }
    /* Only other programs' messages use it, so a failed write does not matter. */
    n = snprintf(text, sizeof(text), "%d %u\n", (int)getpid(), policy.hold_ms);
    if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)n, 0) != n)
        errno = 0;
    locks->fds[locks->n++] = fd;
    fd = -1;
    return 0;
}

int locks_take_functions(struct locks *locks, const struct bdf *bdfs, size_t n, struct err *e)
{
    AUTO_FREE struct bdf *sorted = calloc(n ? n : 1, sizeof(*sorted));
    char file[BDF_TEXT_MAX + 8];

    if (!sorted)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++)
        sorted[i] = bdfs[i];
    qsort(sorted, n, sizeof(*sorted), bdf_compare_p);
    for (size_t i = 0; i < n; i++) {
        int r;

        if (i && bdf_equal(sorted[i - 1], sorted[i]))
            continue;
        snprintf(file, sizeof(file), "fn-%s", BDF_STR(sorted[i]));
        r = take(locks, file, BDF_STR(sorted[i]), e);
        if (r)
            return r;
    }
    return 0;
}

int locks_take_domain(struct locks *locks, const char *uuid, struct err *e)
{
    char file[64];

    if (strchr(uuid, '/') || strlen(uuid) > 40)
        return err_set(e, XV_FAILED, EINVAL, "lock: '%s' is not a UUID", uuid);
    snprintf(file, sizeof(file), "dom-%s", uuid);
    return take(locks, file, uuid, e);
}

/* FNV-1a.  Two names with the same value only wait for each other. */
static uint64_t hash(const char *text)
{
    uint64_t h = 0xcbf29ce484222325;

    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 0x100000001b3;
    return h;
}

int locks_take_file(struct locks *locks, int folder, const char *name, const char *path,
                    struct err *e)
{
    struct stat st;
    char file[80];

    if (fstat(folder, &st))
        return err_sys(e, XV_CANNOT, errno, "lock: %s", path);
    snprintf(file, sizeof(file), "file-%jx-%jx-%016jx", (uintmax_t)st.st_dev,
             (uintmax_t)st.st_ino, (uintmax_t)hash(name));
    return take(locks, file, path, e);
}

/* Can nobody but root edit there? */
static bool is_roots_alone(int folder)
{
    struct stat st;

    return !fstat(folder, &st) && !st.st_uid && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

int locks_take_folder(struct locks **ret, int folder, const char *path, struct err *e)
{
    struct locks *locks = NULL;
    bool waited;
    int r;

    *ret = NULL;
    if (policy.root && is_roots_alone(folder) && !locks_open(&locks, policy.root, e)) {
        r = locks_take_file(locks, folder, "", path, e);
        *ret = r ? locks_close(locks) : locks;
        return r;
    }
    r = wait_for(folder, path, find_holder, &waited, e);
    tell(NULL, NULL);
    return r;
}

bool locks_waited(const struct locks *locks)
{
    return locks->waited;
}

struct locks *locks_close(struct locks *locks)
{
    if (!locks)
        return NULL;
    while (locks->n) {
        int fd = locks->fds[--locks->n];

        if (ftruncate(fd, 0))
            errno = 0;
        flock(fd, LOCK_UN); /* also when a child has inherited the descriptor */
        close(fd);
    }
    close(locks->dir);
    free(locks->fds);
    free(locks);
    return NULL;
}
