/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../fake/fake_xs.h"
#include "commands/commands.h"
#include "session/xvtd.h"

#define NIC { 0x8086, 0x10d3, 0x020000 }

static void add_disk(void)
{
    char folder[PATH_MAX + 64];

    kernel_add_device("0000:00:03.0", NULL, (struct fake_ids){ 0x1af4, 0x1001, 0x010000 },
                      "virtio-pci");
    kernel_bind("0000:00:03.0", "virtio-pci");
    snprintf(folder, sizeof(folder), "%s/virtio0/block/vda", kernel_path("0000:00:03.0"));
    tree_mkdir("%s", folder);
    tree_sys_link("sys/class/block/vda", folder);
    tree_write("254:0\n", "%s/dev", folder);
    tree_append("22 1 254:0 / / rw - ext4 /dev/vda rw\n", "proc/1/mountinfo");
}

static void add_devices(void)
{
    char folder[PATH_MAX + 64];

    kernel_add_device("0000:00:1c.0", NULL, (struct fake_ids){ 0x8086, 0x3420, 0x060400 }, "");
    add_disk();
    kernel_add_device("0000:02:00.0", "0000:00:1c.0", (struct fake_ids)NIC, "e1000e");
    kernel_bind("0000:02:00.0", "e1000e");
    snprintf(folder, sizeof(folder), "%s/net/eth1", kernel_path("0000:02:00.0"));
    tree_mkdir("%s", folder);
    tree_sys_link("sys/class/net/eth1", folder);
    kernel_add_device("0000:03:00.0", "0000:00:1c.0", (struct fake_ids)NIC, "e1000e");
    kernel_bind("0000:03:00.0", "pciback");
    xen_set_quarantine("0000:03:00.0", true);
    xen_set_record("0000:03:00.0", "driver_path", "/sys/bus/pci/drivers/e1000e");
    kernel_add_device("0000:04:00.0", "0000:00:1c.0", (struct fake_ids)NIC, "e1000e");
    kernel_bind("0000:04:00.0", "pciback");
    tree_write("(0000:04:00.0)\n", "sys/module/xen_pciback/parameters/hide");
    kernel_add_device("0000:05:00.0", "0000:00:1c.0", (struct fake_ids)NIC, "e1000e");
    kernel_add_device("0000:06:00.0", "0000:00:1c.0", (struct fake_ids)NIC, "e1000e");
    kernel_bind("0000:06:00.0", "pciback");
    xen_set_quarantine("0000:06:00.0", true);
    xen_set_record("0000:06:00.0", "driver_path", "/sys/bus/pci/drivers/e1000e");
    for (int func = 0; func < 2; func++) {
        const char *bdf = func ? "0000:09:00.1" : "0000:09:00.0";

        kernel_add_device(bdf, "0000:00:1c.0", (struct fake_ids)NIC, "e1000e");
        kernel_bind(bdf, "e1000e");
    }
    kernel_add_device("10000:e1:00.0", NULL, (struct fake_ids){ 0x8086, 0x0a54, 0x010802 },
                      "nvme");
    kernel_bind("10000:e1:00.0", "nvme");
}

int machine_setup(void **state)
{
    (void)state;
    clock_begin();
    kernel_begin();
    xen_begin();
    kernel_set_module(MODULE_LOADABLE);
    kernel_add_driver("pciback");
    kernel_add_driver("e1000e");
    kernel_add_driver("nvme");
    kernel_add_driver("virtio-pci");
    xen_add_guest(1, "vm1");
    xen_add_guest(2, "vm2");
    add_devices();
    xen_give(2, "0000:06:00.0", 5, 0);
    return 0;
}

int machine_teardown(void **state)
{
    (void)state;
    run_end();
    xen_end();
    kernel_end();
    store_begin();
    tree_on_xen = false;
    return 0;
}

#define JOURNALS "var/lib/xvtd/journal"

unsigned journals(void)
{
    CLEANUP(root_close_p) struct root *root = tree_root();
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, JOURNALS);
    unsigned n = 0;

    while (dir && root_readdir(dir))
        n++;
    return n;
}

static void forget_journals(void)
{
    CLEANUP(root_close_p) struct root *root = tree_root();
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, JOURNALS);
    struct dirent *de;

    while (dir && (de = root_readdir(dir)))
        tree_remove(JOURNALS "/%s", de->d_name);
}

/* The manifest of vm1. */
#define MANIFEST "var/lib/xvtd/00000000-0000-4000-8000-000000000001.json"
static char saved_manifest[8192];

static void read_manifest(char text[8192])
{
    CLEANUP(root_close_p) struct root *root = tree_root();

    if (root_readf(root, text, 8192, MANIFEST) < 0)
        *text = '\0';
}

static void write_manifest(void)
{
    tree_remove(MANIFEST);
    if (*saved_manifest)
        tree_write(saved_manifest, MANIFEST);
}

void machine_save(void)
{
    read_manifest(saved_manifest);
    kernel_save();
    xen_save();
}

void machine_reset(void)
{
    kernel_restore();
    xen_restore();
    forget_journals();
    write_manifest();
    kernel_forget();
    xen_forget();
    kernel_fail(0, 0, false);
    xen_fail(0, 0, NULL, REACH_NOTHING, false);
    kernel_hook = xen_hook = NULL;
    clock_begin();
}

char *machine_snapshot(void)
{
    char *kernel = kernel_snapshot(), *hv = xen_snapshot(), *both, manifest[8192];

    read_manifest(manifest);
    if (asprintf(&both, "%s%s%s", kernel, hv, manifest) < 0)
        abort();
    free(kernel);
    free(hv);
    return both;
}

struct run xvtd(const char *fmt, ...)
{
    char words[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(words, sizeof(words), fmt, ap);
    va_end(ap);
    return run_words(xvtd_main, "xvtd", words);
}

static unsigned die_in;

static void die(void)
{
    if (!die_in || --die_in)
        return;
    kernel_hand_over();
    xen_hand_over();
    kill(getpid(), SIGKILL);
}

bool killed(unsigned call, unsigned write_, const char *line)
{
    char words[512];
    int status = 0;
    pid_t pid;

    snprintf(words, sizeof(words), "%s", line);
    fflush(NULL);
    pid = fork();
    if (!pid) {
        struct run run;

        die_in = call ? call : write_;
        *(call ? &xen_hook : &kernel_hook) = die;
        run = run_words(xvtd_main, "xvtd", words);
        kernel_hand_over();
        xen_hand_over();
        _exit(run.code);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        fail_msg("no child process");
    kernel_take_over();
    xen_take_over();
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
        fail_msg("xvtd %s: signal %d", line, WTERMSIG(status));
    return WIFSIGNALED(status);
}

void expect(int code, const char *out, const char *err, const char *fmt, ...)
{
    char words[512], line[512];
    struct run run;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(words, sizeof(words), fmt, ap);
    va_end(ap);
    strcpy(line, words);
    run = run_words(xvtd_main, "xvtd", words);
    if (run.code != code || (out && !strstr(run.out, out)) || (err && !strstr(run.err, err)))
        fail_msg("xvtd %s\nexits with %d, expected %d\nstdout: %sexpected: %s\nstderr: %s"
                 "expected: %s", line, run.code, code, run.out, out ? out : "-", run.err,
                 err ? err : "-");
}

void expect_note(const char *out, const char *kind, const char *object, const char *fmt, ...)
{
    char words[512], line[512];
    struct run run;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(words, sizeof(words), fmt, ap);
    va_end(ap);
    strcpy(line, words);
    run = run_words(xvtd_main, "xvtd", words);
    if (run.code || !strstr(run.out, out) || !run_noted(&run, kind, object))
        fail_msg("xvtd %s\nexits with %d\nstdout: %sexpected: %s\nstderr: %snotes: %s"
                 "expected: %s %s", line, run.code, run.out, out, run.err, run.notes, kind, object);
}

void assert_machine(const char *snapshot)
{
    char *now = machine_snapshot();

    if (strcmp(now, snapshot))
        fail_msg("the machine is\n%sand should be\n%s", now, snapshot);
    free(now);
}
