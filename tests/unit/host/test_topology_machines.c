/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * groups.h and function_detail.h on the machines of the oracle (tests/lab/oracle): what
 * Linux made of them, and what becomes of them when less can be read, or garbage.
 */
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

#include "detail/function_detail.h"
#include "host_tree.h"

#define MAX 256


static enum group_tie tie(const char *a, const char *b)
{
    return groups_tie(g, bdf(a), bdf(b));
}

static const char *const machines[] = {
    "base", "conventional", "functions", "many", "sriov", "switches",
};

/* "tests/unit/host/machines", from where this file was compiled. */
static void fixture(char buf[PATH_MAX], const char *name, const char *suffix)
{
    const char *slash = strrchr(__FILE__, '/');

    snprintf(buf, PATH_MAX, "%.*s/machines/%s%s", (int)(slash - __FILE__), __FILE__, name,
             suffix);
}

static void unpack(const char *name)
{
    char path[PATH_MAX], command[2 * PATH_MAX + 32];

    fixture(path, name, ".tar.gz");
    snprintf(command, sizeof(command), "tar -xzf '%s' -C '%s'", path, tree_dir());
    assert_int_equal(system(command), 0);
}

/* Linux's groups: each function, and the lowest of its group. */
static size_t read_expected(const char *name, struct bdf fns[MAX], struct bdf lowest[MAX])
{
    char path[PATH_MAX], a[32], b[32];
    size_t n = 0;
    FILE *f;

    fixture(path, name, ".groups");
    f = fopen(path, "r");
    assert_non_null(f);
    while (n < MAX && fscanf(f, "%31s %31s", a, b) == 2) {
        fns[n] = bdf(a);
        lowest[n++] = bdf(b);
    }
    fclose(f);
    return n;
}

static void assert_as_linux(const char *name)
{
    struct bdf fns[MAX], lowest[MAX];
    size_t n = read_expected(name, fns, lowest);

    assert_int_equal(n, inventory_count(inv));
    for (size_t i = 0; i < n; i++) {
        const struct group *group = groups_of(g, fns[i]);

        assert_non_null(group);
        if (!bdf_equal(inventory_at(inv, group->id)->bdf, lowest[i]))
            fail_msg("%s: %s: xvtd groups it with %s, Linux otherwise", name, BDF_STR(fns[i]),
                     BDF_STR(inventory_at(inv, group->id)->bdf));
    }
}

/* Groups computed for one function alone are those computed for all. */
static void assert_same_alone(const char *name)
{
    for (size_t i = 0; i < inventory_count(inv); i++) {
        struct bdf fn = inventory_at(inv, i)->bdf;
        struct group_peer *ours, *all;
        struct groups *of;
        size_t n_ours, n_all;
        struct err e;

        assert_int_equal(groups_open_of(&of, root, inv, &fn, 1, &e), 0);
        assert_int_equal(groups_peers(of, fn, &ours, &n_ours, &e), 0);
        assert_int_equal(groups_peers(g, fn, &all, &n_all, &e), 0);
        if (groups_of(of, fn)->id != groups_of(g, fn)->id || n_ours != n_all ||
            (n_all && memcmp(ours, all, n_all * sizeof(*all))))
            fail_msg("%s: %s: alone it has %zu peers, among all %zu", name, BDF_STR(fn), n_ours,
                     n_all);
        free(ours);
        free(all);
        groups_close(of);
    }
}

static void test_machines(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(machines); i++) {
        host_tree_teardown(NULL);
        host_tree_setup(NULL);
        unpack(machines[i]);
        host_tree_open();
        assert_as_linux(machines[i]);
        assert_same_alone(machines[i]);
    }
}

/* Calls fn for each function, with its folder below the tree. */
static void each_device(void (*fn)(const char *name))
{
    char path[PATH_MAX], names[MAX][32];
    struct dirent *entry;
    size_t n = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/" DEVICES, tree_dir());
    dir = opendir(path);
    assert_non_null(dir);
    while (n < MAX && (entry = readdir(dir)))
        if (*entry->d_name != '.')
            snprintf(names[n++], sizeof(*names), "%.31s", entry->d_name);
    closedir(dir);
    for (size_t i = 0; i < n; i++)
        fn(names[i]);
}

/* Gives the function a folder of its own instead of the link. */
static void flatten(const char *name)
{
    static const char *const files[] = { "config", "class", "vendor", "device", "physfn" };
    char from[PATH_MAX], to[PATH_MAX];

    snprintf(from, sizeof(from), "%s/flat", tree_dir());
    mkdir(from, 0755);
    snprintf(from, sizeof(from), "%s/flat/%s", tree_dir(), name);
    assert_int_equal(mkdir(from, 0755), 0);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        snprintf(from, sizeof(from), "%s/" DEVICES "/%s/%s", tree_dir(), name, files[i]);
        snprintf(to, sizeof(to), "%s/flat/%s/%s", tree_dir(), name, files[i]);
        if (rename(from, to) && i < 4)
            fail_msg("%s: cannot be moved", from);
    }
}

/* In a tree without links the bridges' bus numbers give the places. */
static void test_machines_without_links(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(machines); i++) {
        char from[PATH_MAX], to[PATH_MAX];

        host_tree_teardown(NULL);
        host_tree_setup(NULL);
        unpack(machines[i]);
        each_device(flatten);
        snprintf(from, sizeof(from), "%s/sys", tree_dir());
        snprintf(to, sizeof(to), "%s/old", tree_dir());
        assert_int_equal(rename(from, to), 0);
        tree_mkdir("sys/bus/pci");
        snprintf(from, sizeof(from), "%s/flat", tree_dir());
        snprintf(to, sizeof(to), "%s/" DEVICES, tree_dir());
        assert_int_equal(rename(from, to), 0);
        host_tree_open();
        assert_as_linux(machines[i]);
        assert_same_alone(machines[i]);
    }
}

static struct function_detail look(const struct pci_function *f)
{
    struct function_detail d;
    struct err e;

    if (function_detail_read(root, g, f->bdf, &d, &e))
        fail_msg("%s", e.message);
    return d;
}

static void forget_resets(const char *name)
{
    tree_remove(DEVICES "/%s/reset_method", name);
}

/* The capabilities agree with what Linux found. */
static void test_resets(void **state)
{
    static struct function_detail linux_says[MAX];

    (void)state;
    for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
        host_tree_teardown(NULL);
        host_tree_setup(NULL);
        unpack(machines[m]);
        host_tree_open();
        for (size_t i = 0; i < inventory_count(inv); i++)
            linux_says[i] = look(inventory_at(inv, i));
        each_device(forget_resets);
        for (size_t i = 0; i < inventory_count(inv); i++) {
            struct function_detail ours = look(inventory_at(inv, i)), *theirs = &linux_says[i];
            bool same = ours.n_resets == theirs->n_resets;

            assert_false(ours.resets_by_kernel);
            for (size_t k = 0; same && k < ours.n_resets; k++)
                same = !strcmp(ours.resets[k], theirs->resets[k]);
            if (!same)
                fail_msg("%s: %s: other resets than Linux has", machines[m],
                         BDF_STR(inventory_at(inv, i)->bdf));
        }
    }
}

static off_t cut_at;

static void cut_config(const char *name)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/" DEVICES "/%s/config", tree_dir(), name);
    if (truncate(path, cut_at))
        fail_msg("cannot cut %s", path);
}

/* Less knowledge makes groups larger: it never splits one. */
static void test_short_config_is_coarser(void **state)
{
    static const off_t sizes[] = { 4095, 0x150, 256, 255, 128, 64, 63, 0 };

    (void)state;
    for (size_t m = 0; m < ARRAY_LEN(machines); m++) {
        struct bdf fns[MAX], lowest[MAX];
        size_t n = read_expected(machines[m], fns, lowest);

        host_tree_teardown(NULL);
        host_tree_setup(NULL);
        unpack(machines[m]);
        for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
            cut_at = sizes[s];
            each_device(cut_config);
            host_tree_open();
            for (size_t i = 0; i < n; i++)
                if (groups_of(g, fns[i]) != groups_of(g, lowest[i]))
                    fail_msg("%s cut at %ld: %s parts with %s", machines[m], (long)cut_at,
                             BDF_STR(fns[i]), BDF_STR(lowest[i]));
        }
    }
}

static uint32_t seed;

static unsigned draw(unsigned below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static void spoil_config(const char *name)
{
    uint8_t bytes[64];
    char path[PATH_MAX];
    FILE *f;

    if (draw(2))
        return;
    snprintf(path, sizeof(path), "%s/" DEVICES "/%s/config", tree_dir(), name);
    f = fopen(path, "r+");
    assert_non_null(f);
    for (int i = 0; i < 4; i++) {
        fseek(f, draw(3) ? draw(256) : draw(4096 - 64), SEEK_SET);
        for (size_t b = 0; b < sizeof(bytes); b++)
            bytes[b] = (uint8_t)draw(256);
        fwrite(bytes, 1, draw(sizeof(bytes)), f);
    }
    fclose(f);
}

static void test_garbage_config(void **state)
{
    (void)state;
    for (seed = 1; seed < 40; seed++) {
        uint32_t keep = seed;
        struct group_warning *warnings;
        struct group_peer *peers;
        struct err e;
        size_t n;

        host_tree_teardown(NULL);
        host_tree_setup(NULL);
        unpack(machines[keep % ARRAY_LEN(machines)]);
        each_device(spoil_config);
        host_tree_open();
        for (size_t i = 0; i < inventory_count(inv); i++) {
            assert_int_equal(groups_peers(g, inventory_at(inv, i)->bdf, &peers, &n, &e), 0);
            for (size_t p = 0; p < n; p++)
                assert_true(*peers[p].reason && peers[p].tie != TIE_NONE);
            free(peers);
        }
        assert_int_equal(groups_warnings(g, root, &warnings, &n, &e), 0);
        group_warnings_free(warnings, n);
        assert_same_alone("spoiled");
        seed = keep;
    }
}

static void lose_config(const char *name)
{
    if (strcmp(name, "0000:00:1c.1") && strcmp(name, "0000:02:00.0"))
        tree_remove(DEVICES "/%s/config", name);
}

/* Behind a port that keeps it apart, a function's group depends on no other function's space. */
static void test_reads_what_it_needs(void **state)
{
    struct bdf fn, other;
    struct group_peer *peers;
    struct groups *of;
    struct err e;
    size_t n;

    (void)state;
    fn = bdf("02:00.0");
    other = bdf("01:00.0");
    unpack("base");
    host_tree_open();
    each_device(lose_config);
    assert_int_equal(groups_open_of(&of, root, inv, &fn, 1, &e), 0);
    assert_int_equal(groups_peers(of, fn, &peers, &n, &e), 0);
    assert_int_equal(n, 0);
    assert_true(groups_facts(of)[inventory_find(inv, other) - inventory_at(inv, 0)].pcie);
    assert_int_equal(groups_peers(of, other, &peers, &n, &e), -ENODATA);
    groups_close(of);
}

static void test_peers(void **state)
{
    struct group_peer *peers;
    struct err e;
    size_t n;

    (void)state;
    unpack("base");
    tree_sys_link(DEVICES "/0000:04:02.0/driver", "sys/bus/pci/drivers/8139cp");
    host_tree_open();
    assert_int_equal(groups_peers(g, bdf("04:01.0"), &peers, &n, &e), 0);
    assert_int_equal(n, 1);
    assert_string_equal(BDF_STR(peers[0].bdf), "0000:04:02.0");
    assert_int_equal(peers[0].tie, TIE_REQUESTER);
    assert_true(peers[0].native);
    assert_string_equal(peers[0].driver, "8139cp");
    assert_string_equal(peers[0].reason, "0000:03:00.0, a PCIe-to-PCI bridge, gives all devices "
                        "behind it one requester ID");
    free(peers);

    assert_int_equal(groups_peers(g, bdf("09:00.1"), &peers, &n, &e), 0);
    assert_int_equal(n, 1);
    assert_int_equal(peers[0].tie, TIE_NO_ACS);
    assert_false(peers[0].native);
    assert_string_equal(peers[0].reason, "0000:09:00.1 and 0000:09:00.0 are functions of one "
                                         "device that has no ACS");
    free(peers);

    /* The switch's port does not count, nor does anything of another group. */
    assert_int_equal(groups_peers(g, bdf("07:00.0"), &peers, &n, &e), 0);
    assert_int_equal(n, 0);
    assert_null(peers);
    assert_int_equal(groups_peers(g, bdf("77:00.0"), &peers, &n, &e), 0);
    assert_int_equal(n, 0);
    assert_int_equal(tie("07:00.0", "06:00.0"), TIE_NO_ACS);
    assert_int_equal(tie("07:00.0", "08:00.0"), TIE_NONE);
    assert_int_equal(tie("07:00.0", "77:00.0"), TIE_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, host_tree_setup, host_tree_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_machines),
        TEST(test_machines_without_links),
        TEST(test_resets),
        TEST(test_short_config_is_coarser),
        TEST(test_garbage_config),
        TEST(test_reads_what_it_needs),
        TEST(test_peers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
