/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several of libxl's operations at once (hv_libxl_pci.c), beside a libxl that is made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <libxl.h>
#include <libxl_event.h>

#include "hv/hv_libxl.h"

#define N 8

/* libxl ends one operation after each sleep, the oldest first. */
static struct {
    size_t begun, ended, told, most;
    uint64_t users[N];
    int rcs[N];
    bool slept_alone;   /* with nothing under way: libxl would never wake it */
} xl;

static int begin(const libxl_asyncop_how *how)
{
    xl.users[xl.begun++] = how->u.for_event;
    if (xl.begun - xl.told > xl.most)
        xl.most = xl.begun - xl.told;
    return 0;
}

int libxl_device_pci_add(libxl_ctx *ctx, uint32_t domid, libxl_device_pci *pci,
                         const libxl_asyncop_how *how)
{
    (void)ctx, (void)domid, (void)pci;
    return begin(how);
}

int libxl_device_pci_remove(libxl_ctx *ctx, uint32_t domid, libxl_device_pci *pci,
                            const libxl_asyncop_how *how)
{
    (void)ctx, (void)domid, (void)pci;
    return begin(how);
}

int libxl_device_pci_destroy(libxl_ctx *ctx, uint32_t domid, libxl_device_pci *pci,
                             const libxl_asyncop_how *how)
{
    (void)ctx, (void)domid, (void)pci;
    return begin(how);
}

int libxl_osevent_beforepoll(libxl_ctx *ctx, int *n, struct pollfd *fds, int *wait_ms,
                             struct timeval now)
{
    (void)ctx, (void)fds, (void)now;
    xl.slept_alone |= xl.ended == xl.begun;
    *n = 0;
    *wait_ms = 0;
    return xl.slept_alone;
}

void libxl_osevent_afterpoll(libxl_ctx *ctx, int n, const struct pollfd *fds, struct timeval now)
{
    (void)ctx, (void)n, (void)fds, (void)now;
    xl.ended++;
}

int libxl_event_check(libxl_ctx *ctx, libxl_event **ret, uint64_t mask,
                      libxl_event_predicate *predicate, void *user)
{
    (void)ctx, (void)mask, (void)predicate, (void)user;
    if (xl.told == xl.ended)
        return ERROR_NOT_READY;
    *ret = calloc(1, sizeof(**ret));
    assert_non_null(*ret);
    (*ret)->type = LIBXL_EVENT_TYPE_OPERATION_COMPLETE;
    (*ret)->for_user = xl.users[xl.told];
    (*ret)->u.operation_complete.rc = xl.rcs[xl.told++];
    return 0;
}

void libxl_event_free(libxl_ctx *ctx, libxl_event *event)
{
    (void)ctx;
    free(event);
}

int hv_is_free(struct hv *hv, struct bdf bdf, bool *in_xen, struct err *e)
{
    (void)hv, (void)bdf, (void)e;
    *in_xen = true;
    return 0;
}

static void remove_all(enum hv_removal how, int rcs[N])
{
    struct hv hv = { .ctx = NULL };
    struct guest_pci pci[N] = { 0 };
    struct err e;

    for (unsigned i = 0; i < N; i++)
        pci[i].bdf = (struct bdf){ .bus = 2 + i };
    xl.begun = xl.ended = xl.told = xl.most = 0;
    xl.slept_alone = false;
    xl_log_init(&hv.log, false);
    assert_int_equal(hv_detach(&hv, 1, pci, N, how, rcs, &e), 0);
    assert_false(xl.slept_alone);
    assert_int_equal(xl.told, N);
}

/* When an operation has ended, the next begins before it sleeps. */
static void test_one_by_one(void **state)
{
    int rcs[N];

    (void)state;
    remove_all(HV_TIDY, rcs);
    assert_int_equal(xl.most, 1);
}

static void test_four_at_once(void **state)
{
    int rcs[N];

    (void)state;
    remove_all(HV_FORCE, rcs);
    assert_int_equal(xl.most, 4);
}

/* An operation that fails stops no other. */
static void test_failures(void **state)
{
    int rcs[N];

    (void)state;
    xl.rcs[2] = ERROR_FAIL;
    xl.rcs[5] = ERROR_TIMEDOUT;
    remove_all(HV_REMOVE, rcs);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(rcs[i], i == 2 ? -EIO : i == 5 ? -ETIMEDOUT : 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_by_one),
        cmocka_unit_test(test_four_at_once),
        cmocka_unit_test(test_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
