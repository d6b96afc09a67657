/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pciback-bind, killed at each write; what is left, and --recover. */
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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bdf.h"
#include "bind_machine.h"

static unsigned writes_left;

static void die(void)
{
    if (--writes_left)
        return;
    kernel_hand_over();
    raise(SIGKILL);
}

/* True when it got that far; else it ended by itself. */
static bool killed(unsigned write_, const char *line)
{
    int status = 0;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (!pid) {
        writes_left = write_;
        kernel_hook = die;
        bind_run(line);
        kernel_hand_over();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    kernel_take_over();
    return WIFSIGNALED(status);
}

static unsigned journals(void)
{
    CLEANUP(root_close_p) struct root *root = tree_root();
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, "var/lib/xvtd/journal");
    unsigned n = 0;

    while (dir && root_readdir(dir))
        n++;
    return n;
}

/* --recover undoes or finishes the command, also after --recover itself was killed. */
static void killed_everywhere(const char *line, bool finishes)
{
    char *before, *after;
    unsigned n = 1;

    bind_reset();
    before = bind_snapshot();
    bind_expect(0, NULL, NULL, line);
    assert_int_equal(journals(), 0);
    after = bind_snapshot();
    for (;; n++)
        for (unsigned again = 0; again < 4; again++) {
            bind_reset();
            if (!killed(n, line))
                goto end;
            assert_int_equal(journals(), 1);
            if (again)
                killed(again, "pciback-bind --recover");
            if (journals())
                bind_expect(0, finishes ? "pciback-unbind: finished" : "pciback-bind: undone", NULL,
                            "pciback-bind --recover");
            bind_assert_same(finishes ? after : before);
            assert_int_equal(journals(), 0);
        }
end:
    assert_true(n > 4);
    free(before);
    free(after);
}

static void test_killed(void **state)
{
    (void)state;
    killed_everywhere("pciback-bind -d pciback 2:0.0 5:0.0", false);
    killed_everywhere("pciback-bind -d pci-stub 2:0.0 3:0.0", false);
    killed_everywhere("pciback-bind -d vfio-pci 9:0.*", false);
    killed_everywhere("pciback-unbind 3:0.0 5:0.0", true);
    bind_expect(0, "already clean: no leftovers", NULL, "pciback-bind --recover");
    bind_expect(2, NULL, "--recover takes no device", "pciback-bind --recover 2:0.0");
}

/* Other commands still work, and --recover does not undo their changes. */
static void test_left_over(void **state)
{
    char *before;

    (void)state;
    assert_true(killed(3, "pciback-bind -d pciback 2:0.0 5:0.0"));
    bind_expect(0, "0000:02:00.0: give it back to e1000e\n", NULL,
                "pciback-bind --recover --dry-run");
    bind_expect(0, NULL, "was interrupted: run `pciback-bind --recover` to finish or undo it",
                "pciback-bind -d pci-stub 2:0.0");
    bind_expect(0, NULL, NULL, "pciback-bind -d pci-stub 5:0.0");
    assert_int_equal(journals(), 0);
    before = bind_snapshot();
    bind_expect(0, "already clean", NULL, "pciback-bind --recover");
    bind_assert_same(before);
    free(before);
}

/* A journal with steps of xvtd's is xvtd's. */
static void test_not_ours(void **state)
{
    char path[NAME_MAX + 64], full[PATH_MAX], text[8192], *at;
    struct root *root = tree_root();
    DIR *dir;
    int n;

    (void)state;
    assert_true(killed(3, "pciback-bind -d pciback 2:0.0"));
    dir = root_opendirf(root, "var/lib/xvtd/journal");
    snprintf(path, sizeof(path), "var/lib/xvtd/journal/%s", root_readdir(dir)->d_name);
    closedir(dir);
    n = root_readf(root, text, sizeof(text) - 1, "%s", path);
    assert_true(n > 0);
    text[n] = '\n';
    text[n + 1] = '\0';
    at = strstr(text, "\"step\":\"bind\"");
    assert_non_null(at);
    memcpy(at, "\"step\":\"migr\"", 13);
    tree_write(text, "%s", path);
    snprintf(full, sizeof(full), "%s/%s", tree_dir(), path);
    chmod(full, 0600);
    bind_expect(0, "already clean", "`pciback-bind` was interrupted: run `xvtd recover` to finish",
                "pciback-bind --recover");
    assert_int_equal(journals(), 1);
    root_close(root);
}

int main(void)
{
#define BARE(name) cmocka_unit_test_setup_teardown(name, bare_setup, bind_teardown)
    const struct CMUnitTest tests[] = {
        BARE(test_killed),
        BARE(test_left_over),
        BARE(test_not_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
