/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Backend entries as libxl writes them, and half-written ones. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_xs.h"
#include "base/cleanup.h"
#include "xen/guest_pci.h"

static struct guest_pci *list;
static size_t n;
static struct err e;

static int setup(void **state)
{
    (void)state;
    store_begin();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(list);
    list = NULL;
    return 0;
}

static void set(unsigned domid, const char *key, const char *value)
{
    char path[128];

    snprintf(path, sizeof(path), "/local/domain/0/backend/pci/%u/0/%s", domid, key);
    store_set(path, value);
}

static void read_list(void)
{
    free(list);
    list = NULL;
    if (guest_pci_list(NULL, &list, &n, &e))
        fail_msg("%s", e.message);
    assert_int_equal(store_open(), 0);
}

static void test_none(void **state)
{
    (void)state;
    read_list();
    assert_int_equal(n, 0);
    set(1, "num_devs", "0");
    read_list();
    assert_int_equal(n, 0);
    assert_null(guest_pci_find(list, n, (struct bdf){ 0, 2, 0, 0 }));
}

static void test_entries(void **state)
{
    const struct guest_pci *pci;

    (void)state;
    set(1, "num_devs", "2");
    set(1, "dev-0", "0000:02:00.0");
    set(1, "vdevfn-0", "38");
    set(1, "opts-0", "msitranslate=0,power_mgmt=0,permissive=1,rdm_policy=strict");
    set(1, "dev-1", "0000:09:00.1");
    set(1, "vdevfn-1", "f9");
    set(1, "opts-1", "msitranslate=1, power_mgmt=1, permissive=0, rdm_policy=relaxed");
    set(12, "num_devs", "1");
    set(12, "dev-0", "0001:03:00.0"); /* a PV guest: no slot */
    read_list();
    assert_int_equal(n, 3);
    pci = guest_pci_find(list, n, (struct bdf){ 0, 2, 0, 0 });
    assert_int_equal(pci->domid, 1);
    assert_int_equal(pci->vslot, 7);
    assert_int_equal(pci->vfunc, 0);
    assert_true(pci->permissive && !pci->msitranslate && !pci->power_mgmt);
    assert_int_equal(pci->rdm_policy, GUEST_RDM_STRICT);
    pci = guest_pci_find(list, n, (struct bdf){ 0, 9, 0, 1 });
    assert_int_equal(pci->vslot, 0x1f);
    assert_int_equal(pci->vfunc, 1);
    assert_true(!pci->permissive && pci->msitranslate && pci->power_mgmt);
    assert_int_equal(pci->rdm_policy, GUEST_RDM_RELAXED);
    pci = guest_pci_find(list, n, (struct bdf){ 1, 3, 0, 0 });
    assert_int_equal(pci->domid, 12);
    assert_int_equal(pci->vslot, 0);
    assert_null(guest_pci_find(list, n, (struct bdf){ 0, 3, 0, 0 }));
}

/* Malformed options: known ones count, the rest is ignored. */
static void test_odd_options(void **state)
{
    static const struct {
        const char *opts;
        bool permissive, relaxed;
    } cases[] = {
        { "", false, false },
        { ",,,", false, false },
        { "permissive", false, false },
        { "permissive=", false, false },
        { "permissive=1", true, false },
        { "permissive=2", true, false },
        { "permissive=yes", false, false },
        { "xpermissive=1", false, false },
        { "permissive=1,permissive=0", false, false },
        { "rdm_policy=relaxed,unknown=7,=,==", false, true },
        { "rdm_policy=", false, false },
        { " permissive=1 , rdm_policy=relaxed", true, true },
    };

    (void)state;
    set(1, "num_devs", "1");
    set(1, "dev-0", "0000:02:00.0");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        set(1, "opts-0", cases[i].opts);
        read_list();
        assert_int_equal(n, 1);
        if (list[0].permissive != cases[i].permissive ||
            (list[0].rdm_policy == GUEST_RDM_RELAXED) != cases[i].relaxed)
            fail_msg("'%s' reads as permissive=%d relaxed=%d", cases[i].opts,
                     list[0].permissive, list[0].rdm_policy);
    }
}

/* Another toolstack is writing: an incomplete entry is left out, the others count. */
static void test_half_written(void **state)
{
    (void)state;
    set(1, "num_devs", "4");
    set(1, "dev-1", "nonsense");
    set(1, "dev-2", "0000:02:00.0");
    set(1, "vdevfn-2", "nonsense");
    set(2, "dev-0", "0000:03:00.0"); /* without num_devs */
    set(3, "num_devs", "nonsense");
    read_list();
    assert_int_equal(n, 1);
    assert_int_equal(list[0].bdf.bus, 2);
    assert_int_equal(list[0].vslot, 0);
}

/* The entry of a domain that ended belongs to no guest. */
static void test_dead(void **state)
{
    (void)state;
    set(1, "num_devs", "1");
    set(1, "dev-0", "0000:02:00.0");
    set(2, "num_devs", "1");
    set(2, "dev-0", "0000:03:00.0");
    store_dead(1);
    read_list();
    assert_int_equal(n, 1);
    assert_int_equal(list[0].domid, 2);
}

/* An error of xenstore is returned, and leaves no transaction behind. */
static void test_failures(void **state)
{
    (void)state;
    set(1, "num_devs", "2");
    set(1, "dev-0", "0000:02:00.0");
    set(1, "dev-1", "0000:03:00.0");
    for (unsigned call = 1; call <= 9; call++) {
        store_fail(call, EACCES);
        assert_int_equal(guest_pci_list(NULL, &list, &n, &e), -EACCES);
        assert_int_equal(e.code, XV_CANNOT);
        assert_int_equal(store_open(), 0);
    }
    store_fail(0, 0);
    read_list();
    assert_int_equal(n, 2);
}

int main(void)
{
#define RUN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        RUN(test_none),
        RUN(test_entries),
        RUN(test_odd_options),
        RUN(test_half_written),
        RUN(test_dead),
        RUN(test_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
