/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report: what is in the file, what is not, and parts that fail. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../fake/fake_config.h"
#include "fake_child.h"
#include "machine.h"

static char packed[PATH_MAX];   /* where tar would have packed it */
static char kept[PATH_MAX];     /* a copy of that */
static int tar_code;

static int answer(char *const *argv, const char **says)
{
    char command[2 * PATH_MAX + 32];

    if (!strcmp(argv[0], "tar")) {
        snprintf(packed, sizeof(packed), "%s", argv[8]);
        snprintf(command, sizeof(command), "cp -r '%s/xvtd-report' '%s'", argv[8], kept);
        assert_int_equal(system(command), 0);
        *says = "tar: no room\nmore";
        return tar_code;
    }
    if (!strcmp(argv[0], "/proc/self/exe")) {
        *says = argv[2] && !strcmp(argv[2], "check") ? "{\"object\": \"vm1\"}\n" : "{}\n";
        return argv[2] && !strcmp(argv[2], "check");
    }
    if (!strcmp(argv[0], "dmesg")) {
        *says = "eth0: 52:54:00:12:34:56\n";
        return 0;
    }
    return !strcmp(argv[0], "xl") && !strcmp(argv[1], "dmesg") ? -ETIMEDOUT : -ENOENT;
}

/* The text of a file in the report; NULL when it is not there. */
static const char *text(const char *name)
{
    static char buf[65536];
    char path[2 * PATH_MAX];
    FILE *f;
    size_t n;

    snprintf(path, sizeof(path), "%s/%s", kept, name);
    f = fopen(path, "r");
    if (!f)
        return NULL;
    n = fread(buf, 1, sizeof(buf) - 1, f);
    buf[n] = '\0';
    fclose(f);
    return buf;
}

static int setup(void **state)
{
    machine_setup(state);
    child_begin();
    child_takes = answer;
    tar_code = 0;
    snprintf(kept, sizeof(kept), "%s/kept", tree_dir());
    return 0;
}

static void test_whole(void **state)
{
    char file[PATH_MAX];
    struct stat st;
    struct run run;

    (void)state;
    snprintf(file, sizeof(file), "%s/r.tar.gz", tree_dir());
    tree_write("vm1 starts\n/srv/vm1.img\n", "var/log/xen/qemu-dm-vm1.log");
    tree_write("old\n", "var/log/xen/qemu-dm-gone.log.1");
    tree_write("not ours\n", "var/log/xen/xl-vm1.log");
    tree_write("disk0 0000:02:00.0 8086:10d3:0000:0000 serial 00-11-22-33-44-55-66-77\n",
               "etc/xvtd/names");
    tree_write("{}", "var/lib/xvtd/00000000-0000-4000-8000-000000000009.json");
    run = xvtd("report %s", file);
    assert_int_equal(run.code, 0);
    assert_non_null(strstr(run.out, "check.json"));
    assert_non_null(strstr(run.out, "look through it before you send it"));
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(access(packed, F_OK), -1);     /* nothing is left in /tmp */

    assert_string_equal(text("check.json"), "{\"object\": \"guest-1\"}\n");
    assert_string_equal(text("dom0-log.txt"), "eth0: mac-1\n");
    assert_string_equal(text("files/var/log/xen/qemu-dm-guest-1.log"), "guest-1 starts\npath-1\n");
    assert_non_null(text("files/var/log/xen/qemu-dm-guest-3.log.1"));
    assert_null(text("files/var/log/xen/xl-guest-1.log"));
    assert_string_equal(text("files/etc/xvtd/names"),
                        "device-1 0000:02:00.0 8086:10d3:0000:0000 serial serial-1\n");
    assert_non_null(text("files/var/lib/xvtd/uuid-1.json"));
    assert_null(text("xen-log.txt"));
    assert_non_null(text("index.txt"));
    assert_non_null(strstr(text("index.txt"), "check.json: 22 bytes, exit code 1\n"));
    assert_non_null(strstr(text("index.txt"), "xen-log.txt: not there: no answer in time\n"));
    assert_non_null(strstr(text("index.txt"), "xl-info.txt: not there: start 'xl': No such file"));
    assert_non_null(strstr(text("index.txt"), "files/etc/default/grub: not there: No such file"));
}

/* The host in the report is one for --root, without serial numbers. */
static void test_capture(void **state)
{
    struct fake_config c = fake_config(0x8086, 0x10d3, PCIE_ENDPOINT, false);
    char words[PATH_MAX + 32], list[8192];
    const char *config;

    (void)state;
    config_set16(&c, 0x102, 0x1481);
    config_set32(&c, 0x148, 0x00010003);
    config_set32(&c, 0x14c, 0x11223344);
    config_set32(&c, 0x150, 0x55667788);
    tree_write_bytes(c.bytes, c.len, "%s/config", kernel_path("0000:02:00.0"));
    tree_write("root=/dev/mapper/a-b quiet\n", "proc/cmdline");
    expect(0, NULL, NULL, "report %s/r.tar.gz", tree_dir());
    assert_string_equal(text("host/proc/cmdline"), "root=path-1 quiet\n");
    snprintf(list, sizeof(list), "%s", xvtd("--root %s groups", tree_dir()).out);
    snprintf(words, sizeof(words), "--root %s/host groups", kept);
    assert_string_equal(xvtd("%s", words).out, list);
    snprintf(words, sizeof(words), "host/%s/config", kernel_path("0000:02:00.0"));
    config = text(words);
    assert_non_null(config);
    assert_memory_equal(config, c.bytes, 0x14c);
    assert_memory_equal(config + 0x14c, "\0\0\0\0\0\0\0\0", 8);
    assert_memory_equal(config + 0x154, c.bytes + 0x154, 64);
}

static void test_json(void **state)
{
    struct run run;
    int code;

    (void)state;
    run = xvtd("--json report %s/r.tar.gz", tree_dir());
    assert_int_equal(run.code, 0);
    assert_true(json_valid(run.out, &code));
    assert_non_null(strstr(run.out, "\"status\": \"failed\""));
    assert_non_null(strstr(run.out, "\"kind\": \"mac\""));
    run = xvtd("--json --dry-run report x.tar.gz");
    assert_int_equal(run.code, 0);
    assert_true(json_valid(run.out, &code));
    assert_non_null(strstr(run.out, "\"write-report\""));
    expect(0, "1. write a report to xvtd-report-2", NULL, "--dry-run report");
}

/* An existing file, a tar that fails, a missing folder. */
static void test_errors(void **state)
{
    char file[PATH_MAX];

    (void)state;
    snprintf(file, sizeof(file), "%s/mine", tree_dir());
    tree_write("mine\n", "mine");
    expect(6, "", "xvtd: report: ", "report %s", file);
    expect(6, "", "make the file: No such file", "report %s/none/r.tar.gz", tree_dir());
    tar_code = 2;
    tree_remove("kept");
    expect(1, "", "tar ended with exit code 2: tar: no room\n", "report %s/new", tree_dir());
    snprintf(file, sizeof(file), "%s/new", tree_dir());
    assert_int_equal(access(file, F_OK), -1);
    assert_int_equal(access(packed, F_OK), -1);
    expect(2, "", "report", "--root %s report", tree_dir());
    /* A report also works without a hypervisor. */
    tar_code = 0;
    xen_fail(1, 5, NULL, REACH_NOTHING, true);
    expect(0, NULL, NULL, "report %s/third", tree_dir());
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, machine_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_whole), TEST(test_capture), TEST(test_json), TEST(test_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
