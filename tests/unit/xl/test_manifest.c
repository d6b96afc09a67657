/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A manifest that several write at once, and commands that wait for each other. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/lock.h"
#include "change/manifest.h"
#include "machine.h"

#define ROUNDS 100
#define UUID(n) "00000000-0000-4000-8000-00000000000" n

static struct manifest a_manifest(void)
{
    struct manifest m = { .n = 0 };

    snprintf(m.file, sizeof(m.file), "%s/m.json", tree_dir());
    return m;
}

/* The entry that one of two processes writes for its own device. */
static int write_one(unsigned n, bool one_guest)
{
    CLEANUP(root_close_p) struct root *root = tree_root();
    struct manifest m = a_manifest();
    struct manifest_device *d = manifest_add(&m);
    struct err e;
    int r;

    strcpy(m.uuid, n && !one_guest ? UUID("2") : UUID("1"));
    strcpy(m.name, n && !one_guest ? "vm2" : "vm1");
    d->dev.bdf = d->dev.was = d->pci.bdf = (struct bdf){ 0, (uint8_t)(2 + n), 0, 0 };
    d->pci.vslot = 5 + n;
    r = manifest_merge(&m, root, &e);
    manifest_clear(&m);
    return r;
}

struct race {
    volatile int go;
    int result[2];
};

/* Both at once; returns the manifest afterwards. */
static void race(struct race *race, bool one_guest, struct manifest *ret)
{
    pid_t pids[2];
    struct err e;

    tree_remove("m.json");
    race->go = 0;
    for (unsigned n = 0; n < 2; n++) {
        pids[n] = fork();
        if (!pids[n]) {
            while (!race->go)
                ;
            race->result[n] = write_one(n, one_guest);
            _exit(0);
        }
    }
    race->go = 1;
    for (unsigned n = 0; n < 2; n++)
        assert_int_equal(waitpid(pids[n], NULL, 0), pids[n]);
    *ret = a_manifest();
    if (manifest_load(ret, &e))
        fail_msg("%s", e.message);
}

static void test_race(void **state)
{
    struct race *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    /* the clock of these tests is made up: allow a long wait */
    struct lock_policy patient = { .timeout_ms = 24 * 3600 * 1000 };

    (void)state;
    locks_policy(&patient);
    for (int i = 0; i < ROUNDS; i++) {
        struct manifest m;

        race(shared, true, &m);
        assert_int_equal(shared->result[0], 0);
        assert_int_equal(shared->result[1], 0);
        assert_int_equal(m.n, 2);
        manifest_clear(&m);

        /* of two guests one gets the file, and the other is refused */
        race(shared, false, &m);
        assert_int_equal(m.n, 1);
        if (shared->result[0])
            assert_string_equal(m.uuid, UUID("2"));
        else
            assert_string_equal(m.uuid, UUID("1"));
        assert_int_equal(shared->result[0] + shared->result[1], -EEXIST);
        manifest_clear(&m);
    }
    locks_policy(NULL);
    munmap(shared, sizeof(*shared));
}

/* A wait ends, and its error names the holder. */
static void test_lock_timeout(void **state)
{
    CLEANUP(root_close_p) struct root *root = tree_root();
    struct bdf nic = { 0, 2, 0, 0 };
    int ready[2], end[2];
    char pid[32], c;
    pid_t child;

    (void)state;
    assert_int_equal(pipe(ready) || pipe(end), 0);
    child = fork();
    if (!child) {
        struct locks *locks;
        struct err e;

        close(end[1]);
        if (locks_open(&locks, root, &e) || locks_take_functions(locks, &nic, 1, &e) ||
            write(ready[1], "x", 1) != 1 || read(end[0], &c, 1) < 0)
            _exit(1);
        _exit(0);
    }
    assert_int_equal(read(ready[0], &c, 1), 1);
    snprintf(pid, sizeof(pid), "PID %d (", (int)child);
    expect(1, NULL, pid, "assign vm1 2:0.0 7");
    expect(1, NULL, "--lock-timeout=SECONDS", "--lock-timeout=0 assign vm1 2:0.0 7");
    expect(2, NULL, "lock-timeout", "--lock-timeout=x assign vm1 2:0.0 7");
    close(end[1]);
    waitpid(child, NULL, 0);
    expect(0, "attached to vm1", NULL, "assign vm1 2:0.0 7");
    close(end[0]);
    close(ready[0]);
    close(ready[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_race, machine_setup, machine_teardown),
        cmocka_unit_test_setup_teardown(test_lock_timeout, machine_setup, machine_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
