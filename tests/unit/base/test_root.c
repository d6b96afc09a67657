/* SPDX-License-Identifier: GPL-2.0-or-later */
/* root.h: what is read below a captured machine, and that no link leads out of it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/root.h"

static char dir[64];
static struct root *root;

static void put(const char *path, const char *text)
{
    char full[256];
    FILE *f;

    snprintf(full, sizeof(full), "%s/%s", dir, path);
    f = fopen(full, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void make_link(const char *path, const char *target)
{
    char full[256];

    snprintf(full, sizeof(full), "%s/%s", dir, path);
    assert_int_equal(symlink(target, full), 0);
}

static void make_dir(const char *path)
{
    char full[256];

    snprintf(full, sizeof(full), "%s/%s", dir, path);
    assert_int_equal(mkdir(full, 0755), 0);
}

/* DIR/secret lies outside of DIR/root, which is opened. */
static int setup(void **state)
{
    char text[80];
    struct err e;

    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/xvtd-root-XXXXXX");
    assert_non_null(mkdtemp(dir));
    put("secret", "secret\n");
    make_dir("root");
    make_dir("root/sys");
    make_dir("root/sys/a");
    put("root/sys/a/file", "value\n\n");
    put("root/sys/empty", "");
    make_link("root/sys/link", "a/file");
    make_link("root/sys/loop", "loop");
    make_link("root/sys/dangling", "../nowhere/there");
    make_link("root/sys/up", "../../../../../secret");
    make_link("root/sys/absolute", "/sys/a/file");
    snprintf(text, sizeof(text), "%s/secret", dir);
    make_link("root/sys/out", text);
    make_link("root/sys/folder_out", "../..");
    snprintf(text, sizeof(text), "%s/root", dir);
    assert_int_equal(root_open(&root, text, &e), 0);
    return 0;
}

static int teardown(void **state)
{
    char command[80];

    (void)state;
    root = root_close(root);
    snprintf(command, sizeof(command), "rm -r %s", dir);
    return system(command);
}

static void test_read(void **state)
{
    char buf[16];

    (void)state;
    assert_int_equal(root_readf(root, buf, sizeof(buf), "sys/%s/file", "a"), 5);
    assert_string_equal(buf, "value");
    assert_int_equal(root_readf(root, buf, sizeof(buf), "/sys/a/file"), 5);
    assert_int_equal(root_readf(root, buf, 4, "sys/a/file"), 3);
    assert_string_equal(buf, "val");
    assert_int_equal(root_readf(root, buf, sizeof(buf), "sys/empty"), 0);
    assert_string_equal(buf, "");
    assert_int_equal(root_readf(root, buf, sizeof(buf), "sys/none"), -ENOENT);
    assert_int_equal(root_readf(root, buf, sizeof(buf), "sys/a"), -EISDIR);
    assert_int_equal(root_readf(root, buf, sizeof(buf), "sys/loop"), -ELOOP);
    assert_int_equal(root_readf(root, buf, sizeof(buf), "sys/link"), 5);
    assert_string_equal(buf, "value");
    /* An absolute link means the captured machine's. */
    assert_int_equal(root_readf(root, buf, sizeof(buf), "sys/absolute"), 5);
    assert_string_equal(buf, "value");
}

static void test_no_way_out(void **state)
{
    static const char *const paths[] = {
        "sys/up", "sys/out", "../secret", "sys/../../secret", "sys/folder_out/../secret",
        "/../secret", "sys/folder_out/secret",
    };
    char buf[16];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        strcpy(buf, "untouched");
        if (root_readf(root, buf, sizeof(buf), "%s", paths[i]) != -ENOENT)
            fail_msg("%s leads out: '%s'", paths[i], buf);
        assert_int_equal(root_openf(root, O_WRONLY, "%s", paths[i]), -ENOENT);
    }
}

static void test_links(void **state)
{
    char buf[PATH_MAX];

    (void)state;
    assert_int_equal(root_readlinkf(root, buf, "sys/link"), 0);
    assert_string_equal(buf, "a/file");
    assert_int_equal(root_readlinkf(root, buf, "sys/dangling"), 0);
    assert_string_equal(buf, "../nowhere/there");
    assert_int_equal(root_readlinkf(root, buf, "sys/a/file"), -EINVAL);
    assert_int_equal(root_readlinkf(root, buf, "sys/a"), -EINVAL);
    assert_int_equal(root_readlinkf(root, buf, "sys/none"), -ENOENT);
    root_link_name(root, buf, sizeof(buf), "sys/dangling");
    assert_string_equal(buf, "there");
    root_link_name(root, buf, sizeof(buf), "sys/loop");
    assert_string_equal(buf, "loop");
    root_link_name(root, buf, sizeof(buf), "sys/none");
    assert_string_equal(buf, "");
    root_link_name(root, buf, 3, "sys/dangling");
    assert_string_equal(buf, "th");
}

static void test_exists(void **state)
{
    (void)state;
    assert_true(root_existsf(root, "sys/a/file"));
    assert_true(root_existsf(root, "sys/a"));
    assert_true(root_existsf(root, "sys/dangling"));
    assert_false(root_existsf(root, "sys/none"));
    assert_false(root_existsf(root, "sys/a/file/below"));
}

static void test_dir(void **state)
{
    AUTO_CLOSEDIR DIR *d = root_opendirf(root, "sys");
    struct dirent *de;
    size_t n = 0;

    (void)state;
    assert_non_null(d);
    while ((de = root_readdir(d))) {
        assert_string_not_equal(de->d_name, ".");
        assert_string_not_equal(de->d_name, "..");
        n++;
    }
    assert_int_equal(n, 9);
    assert_null(root_opendirf(root, "sys/none"));
    assert_int_equal(errno, ENOENT);
    assert_null(root_opendirf(root, "sys/a/file"));
    assert_int_equal(errno, ENOTDIR);
}

static void test_open(void **state)
{
    struct root *r = NULL;
    char path[128];
    struct err e;

    (void)state;
    assert_false(root_is_host(root));
    assert_int_equal(strncmp(root_prefix(root), dir, strlen(dir)), 0);
    assert_int_equal(root_open(&r, NULL, &e), 0);
    assert_true(root_is_host(r));
    assert_string_equal(root_prefix(r), "");
    r = root_close(r);
    assert_null(r);
    assert_null(root_close(NULL));
    snprintf(path, sizeof(path), "%s/none", dir);
    assert_int_equal(root_open(&r, path, &e), -ENOENT);
    assert_int_equal(e.code, XV_NOT_FOUND);
    assert_non_null(strstr(e.message, path));
    snprintf(path, sizeof(path), "%s/secret", dir);
    assert_int_equal(root_open(&r, path, &e), -ENOTDIR);
    assert_int_equal(e.code, XV_NOT_FOUND);
}

/* A fifo is not waited for, and a device is not opened. */
static void test_no_file(void **state)
{
    char path[128], buf[16];
    int folder;

    (void)state;
    snprintf(path, sizeof(path), "%s/root/sys/fifo", dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(root_readf(root, buf, sizeof(buf), "sys/fifo"), -EINVAL);
    assert_int_equal(root_openf(root, O_WRONLY, "sys/fifo"), -EINVAL);
    make_link("root/sys/way", "fifo");
    assert_int_equal(root_readf(root, buf, sizeof(buf), "sys/way"), -EINVAL);
    folder = root_openf(root, O_PATH | O_DIRECTORY, "sys");
    assert_int_equal(root_read_at(folder, "fifo", buf, sizeof(buf)), -EINVAL);
    assert_int_equal(root_read_at(folder, "way", buf, sizeof(buf)), -EINVAL);
    close(folder);
    assert_true(root_existsf(root, "sys/fifo"));
    snprintf(path, sizeof(path), "%s/root/sys/zero", dir);
    if (!mknod(path, S_IFCHR | 0600, makedev(1, 5)))
        assert_int_equal(root_readf(root, buf, sizeof(buf), "sys/zero"), -EINVAL);
}

/* A path that is too long is an error: it is never cut short. */
static void test_too_long(void **state)
{
    char buf[16], name[2 * PATH_MAX];

    (void)state;
    memset(name, '/', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(root_readf(root, buf, sizeof(buf), "sys/a/file%s", name),
                     -ENAMETOOLONG);
    assert_false(root_existsf(root, "sys%s", name));
}

/*
 * With ".." on the way, openat2(2) fails with EAGAIN whenever anything on the machine is
 * renamed meanwhile: the caller must not notice.
 */
static void test_renames(void **state)
{
    char one[128], two[128], buf[16];
    int status;
    pid_t pid;

    (void)state;
    make_link("root/sys/a/far", "../a/../a/../a/../a/../a/file");
    snprintf(one, sizeof(one), "%s/one", dir);
    snprintf(two, sizeof(two), "%s/two", dir);
    assert_int_equal(mkdir(one, 0755), 0);
    pid = fork();
    if (!pid)
        for (;;)
            if (rename(one, two) || rename(two, one))
                _exit(1);
    for (int i = 0; i < 30000; i++) {
        int r = root_readf(root, buf, sizeof(buf), "sys/a/far");

        if (r != 5) {
            kill(pid, SIGKILL);
            fail_msg("read %d: %s", i, strerror(-r));
        }
    }
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_no_way_out),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_exists),
        cmocka_unit_test(test_dir),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_renames),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
