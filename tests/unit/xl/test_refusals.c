/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every refusal and every mistake on a command line: exit code, kind and object, as text and
 * as JSON, and that nothing was touched: no write, no call that changes.  The sentences are in
 * tests/golden/xvtd.txt.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_xs.h"
#include "driver/sysfs_write.h"
#include "machine.h"

struct refusal {
    const char *words;
    int code;
    const char *kind, *object;
    void (*prepare)(void);
};

static void no_iommu(void) { xen_set_iommu(1, false); }
static void no_passthrough(void) { xen_set_passthrough(false); }
static void multifunction(void) { xen_set_multifunction(1, true); }

static void replace_guest(void (*change)(struct hv_domain *dom))
{
    xen_destroy(1);
    change(xen_add_guest(1, "vm1"));
}

static void make_pv(struct hv_domain *dom) { dom->type = HV_PV; }
static void make_pvh(struct hv_domain *dom) { dom->type = HV_PVH; }
static void make_foreign(struct hv_domain *dom) { dom->managed = false; }

static void make_stub(struct hv_domain *dom)
{
    dom->is_stub = true;
    dom->stub_target = 2;
}

static void pv(void) { replace_guest(make_pv); }
static void pvh(void) { replace_guest(make_pvh); }
static void foreign(void) { replace_guest(make_foreign); }
static void stub(void) { replace_guest(make_stub); }
static void emulated(void) { xen_emulate(1, 7); }
static void other_in_slot(void) { xen_give(1, "0000:03:00.0", 7, 0); }

static void full(void)
{
    for (unsigned slot = 4; slot < 32; slot++)
        xen_emulate(1, slot);
}

static void address(void)
{
    tree_write("20010db8000000000000000000000001 03 40 00 80     eth1\n", "proc/net/if_inet6");
}

static void has_it(void) { expect(0, NULL, NULL, "assign vm1 2:0.0 7"); }

static void half_slot(void)
{
    xen_set_multifunction(1, true);
    kernel_bind("0000:09:00.1", "pciback");
    xen_give(1, "0000:09:00.1", 8, 1);
}

static void whole_slot(void)
{
    xen_set_multifunction(1, true);
    expect(0, NULL, NULL, "assign vm1 9:0.* 8");
}

static void owner_gone(void)
{
    xen_give(2, "0000:03:00.0", 9, 0);
    /* xenstore's entry outlives the domain for a moment */
}


/* vm2 has one of two virtual functions of an NVMe controller. */
static void vf_given(void)
{
    CLEANUP(root_close_p) struct root *root = tree_root();

    kernel_add_device("0000:0a:00.0", "0000:00:1c.0", (struct fake_ids){ 0x1b36, 0x10, 0x010802 },
                      "nvme");
    kernel_bind("0000:0a:00.0", "nvme");
    kernel_add_sriov("0000:0a:00.0", "0000:00:1c.0", 2);
    sysfs_write(root, "sys/bus/pci/devices/0000:0a:00.0/sriov_numvfs", "2");
    kernel_bind("0000:0a:00.2", "pciback");
    xen_give(2, "0000:0a:00.2", 9, 0);
    tree_on_xen = true;
    store_set("/local/domain/2/name", "vm2");
    store_set("/local/domain/0/backend/pci/2/0/num_devs", "1");
    store_set("/local/domain/0/backend/pci/2/0/dev-0", "0000:0a:00.2");
}

static void vf_outlives(void)
{
    vf_given();
    kernel_bind("0000:0a:00.0", "pciback");
}

static void vf_in_pf_out(void)
{
    vf_outlives();
    xen_give(1, "0000:0a:00.0", 8, 0);
}

static const struct refusal refusals[] = {
    /* The guest. */
    { "assign vm9 2:0.0", 4, "not-found", "vm9", NULL },
    { "assign 7 2:0.0", 4, "not-found", "7", NULL },
    { "assign 0 2:0.0", 4, "not-found", "0", NULL },
    { "assign Domain-0 2:0.0", 4, "not-found", "Domain-0", NULL },
    { "detach vm9 2:0.0", 4, "not-found", "vm9", NULL },
    { "assign vm1 2:0.0", 6, "environment", "vm1", pv },
    { "assign vm1 2:0.0", 6, "environment", "vm1", pvh },
    { "assign vm1 2:0.0", 6, "environment", "vm1", foreign },
    { "detach vm1 2:0.0", 6, "environment", "vm1", foreign },
    { "assign vm1 2:0.0", 6, "environment", "vm1", stub },
    { "assign vm1 2:0.0", 6, "no-iommu", "vm1", no_iommu },
    { "assign vm1 2:0.0", 6, "environment", "", no_passthrough },

    /* The device. */
    { "assign vm1 8:0.0", 4, "not-found", "0000:08:00.0", NULL },
    { "assign vm1 8:0.*", 4, "not-found", "0000:08:00.*", NULL },
    { "assign vm1 nic9", 4, "not-found", "", NULL },
    { "assignable add 2:0.0 8:0.0", 4, "not-found", "0000:08:00.0", NULL },
    { "detach vm1 8:0.0", 4, "not-found", "0000:08:00.0", NULL },
    { "assign vm1 0:1c.0", 3, "bridge", "0000:00:1c.0", NULL },
    { "assignable add 0:1c.0", 3, "bridge", "0000:00:1c.0", NULL },
    { "assign vm1 10000:e1:0.0", 6, "environment", "10000:e1:00.0", NULL },
    { "assign vm1 0:3.0", 3, "in-use", "0000:00:03.0", NULL },
    { "assignable add 0:3.0", 3, "in-use", "0000:00:03.0", NULL },
    { "pci-assignable-add 0:3.0", 3, "in-use", "0000:00:03.0", NULL },
    { "assign vm1 9:0.0 0:3.0", 3, "in-use", "0000:00:03.0", NULL },
    { "assign vm1 2:0.0", 3, "in-use", "0000:02:00.0", address },
    { "assign vm1 6:0.0", 3, "owned", "0000:06:00.0", NULL },
    { "assignable remove 6:0.0", 3, "owned", "0000:06:00.0", NULL },
    { "pci-assignable-remove 6:0.0", 3, "owned", "0000:06:00.0", NULL },
    { "assign vm1 3:0.0", 3, "owned", "0000:03:00.0", owner_gone },
    { "assignable remove 4:0.0", 3, "boot-hidden", "0000:04:00.0", NULL },
    { "pci-assignable-remove -r 4:0.0", 3, "boot-hidden", "0000:04:00.0", NULL },

    { "assign vm1 a:0.0", 3, "vf-owned", "0000:0a:00.0", vf_given },
    { "assign vm2 a:0.0", 3, "vf-owned", "0000:0a:00.0", vf_given },
    { "assign vm1 a:0.0 --allow=in-use", 3, "vf-owned", "0000:0a:00.0", vf_given },
    { "assignable add a:0.0", 3, "vf-owned", "0000:0a:00.0", vf_given },
    { "assign vm1 a:0.0", 3, "vf-owned", "0000:0a:00.0", vf_outlives },
    { "assignable remove a:0.0", 3, "vf-owned", "0000:0a:00.0", vf_outlives },
    { "detach vm1 a:0.0 --return", 3, "vf-owned", "0000:0a:00.0", vf_in_pf_out },

    /* The slot. */
    { "assign vm1 2:0.0 3", 3, "slot-taken", "0000:02:00.0", NULL },
    { "assign vm1 2:0.0 7", 3, "slot-taken", "0000:02:00.0", emulated },
    { "assign vm1 2:0.0 7", 3, "slot-taken", "0000:02:00.0", other_in_slot },
    { "assign vm1 2:0.0", 3, "refused", "0000:02:00.0", full },
    { "assign vm1 2:0.0@7 3:0.0@7", 2, "usage", "0000:03:00.0", NULL },
    { "assign vm1 2:0.0 8", 3, "refused", "0000:02:00.0", has_it },
    { "assign vm1 9:0.* 8", 6, "multifunction", "0000:09:00.*", NULL },
    { "assign vm1 9:0.* 3", 3, "slot-taken", "0000:09:00.1", multifunction },
    { "assign vm1 9:0.* 8", 3, "refused", "0000:09:00.0", half_slot },
    { "detach vm1 9:0.1", 3, "refused", "0000:09:00.1", whole_slot },

    /* Malformed: refused without a look at the host. */
    { "assign vm1 zz:0.0", 2, "usage", "", NULL },
    { "assign vm1 2:0.8", 2, "usage", "", NULL },
    { "assign vm1 2:20.0", 2, "usage", "", NULL },
    { "assign vm1 100:0.0", 2, "usage", "", NULL },
    { "assign vm1 2:0", 2, "usage", "", NULL },
    { "assign vm1 2:0.0 0", 2, "usage", "", NULL },
    { "assign vm1 2:0.0 0x0", 2, "usage", "", NULL },
    { "assign vm1 2:0.0 20", 2, "usage", "", NULL },
    { "assign vm1 2:0.0 ff", 2, "usage", "", NULL },
    { "assign vm1 2:0.0 0x7 0x8", 2, "usage", "", NULL },
    { "assign vm1 2:0.0@7 8", 2, "usage", "", NULL },
    { "assign vm1 2:0.0@20", 2, "usage", "", NULL },
    { "assign vm1 2:0.0@0", 2, "usage", "", NULL },
    { "assign vm1 2:0.0,permissive=yes", 2, "usage", "", NULL },
    { "assign vm1 2:0.0,nonsense=1", 2, "usage", "", NULL },
    { "assign vm1 2:0.0 2:0.0", 2, "usage", "0000:02:00.0", NULL },
    { "assign vm1 9:0.* 9:0.1", 2, "usage", "0000:09:00.1", NULL },
    { "assign vm1 2:0.0 --rdm-policy=none", 2, "usage", "", NULL },
    { "assign vm1 2:0.0 --allow=all", 2, "usage", "", NULL },
    { "assign vm1 2:0.0 --force", 2, "usage", "", NULL },
    { "assign vm1", 2, "usage", "", NULL },
    { "detach vm1", 2, "usage", "", NULL },
    { "detach vm1 2:0", 2, "usage", "", NULL },
    { "detach vm1 2:0.0 --timeout=x", 2, "usage", "", NULL },
    { "assignable add", 2, "usage", "", NULL },
    { "assignable add 2:0.9", 2, "usage", "", NULL },
    { "assignable drop 2:0.0", 2, "usage", "assignable", NULL },
    { "pci-assignable-add -n 7a 2:0.0", 2, "usage", "", NULL },
    { "pci-assignable-add -n beef 2:0.0", 2, "usage", "", NULL },
    { "pci-list", 2, "usage", "", NULL },
    { "pci-list vm9", 4, "not-found", "vm9", NULL },
    { "--root / assign vm1 2:0.0", 2, "usage", "", NULL },
    { "frobnicate", 2, "usage", "", NULL },
};

/* "kind", "code" and "object" of the error in a JSON document. */
static void check_json(const struct refusal *r, const struct run *run)
{
    char kind[64], code[32], object[128];
    int told = 0;

    snprintf(kind, sizeof(kind), "\"kind\": \"%s\"", r->kind);
    snprintf(code, sizeof(code), "\"code\": %d,", r->code);
    snprintf(object, sizeof(object), *r->object ? "\"object\": \"%s\"" : "\"object\": null", r->object);
    if (run->code != r->code || !json_valid(run->out, &told) || told != r->code ||
        !strstr(run->out, kind) || !strstr(run->out, code) || !strstr(run->out, object))
        fail_msg("xvtd %s --json: exit %d, %s", r->words, run->code, run->out);
}

static void check_text(const struct refusal *r, const struct run *run)
{
    const char *hint = strstr(run->err, "\nhint: "), *p = run->err;
    unsigned lines = 0;

    if (run->code != r->code || strncmp(run->err, "xvtd: ", 6) || *run->out)
        fail_msg("xvtd %s: exit %d, %s%s", r->words, run->code, run->out, run->err);
    for (; (p = strchr(p, '\n')); p++)
        lines++;
    if (lines != (hint ? 2 : 1))
        fail_msg("xvtd %s: one sentence, and a hint:\n%s", r->words, run->err);
}

/* `check` fails with the same sentence, for an `assign` without slot and options. */
static void check_agrees(const struct refusal *r)
{
    static const char assign[] = "assign vm1 ";
    const char *words = r->words + sizeof(assign) - 1, *sentence;
    char text[1024];
    struct run run;

    if (strncmp(r->words, assign, sizeof(assign) - 1) || r->code == 4 || strpbrk(words, "@,-") ||
        (strchr(words, ' ') && !strchr(strchr(words, ' '), ':')))
        return;
    run = xvtd("%s", r->words);
    snprintf(text, sizeof(text), "%.*s", (int)strcspn(run.err, "\n"), run.err);
    sentence = text + strlen("xvtd: assign: ");
    if (*r->object && !strncmp(sentence, r->object, strlen(r->object)))
        sentence += strlen(r->object) + 2;  /* it has a column of its own */
    tree_write("control_d\n", "proc/xen/capabilities");
    run = xvtd("--json check vm1 %s", words);
    if (run.code != 1 || !strstr(run.out, sentence))
        fail_msg("xvtd %s: '%s', but check exits with %d: %s", r->words, sentence, run.code,
                 run.out);
}

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
        const struct refusal *r = &refusals[i];
        struct run run;
        char *before;

        machine_setup(NULL);
        if (r->prepare)
            r->prepare();
        before = machine_snapshot();
        kernel_forget();
        xen_forget();
        run = xvtd("%s", r->words);
        check_text(r, &run);
        run = xvtd("--json %s", r->words);
        check_json(r, &run);
        run = xvtd("--dry-run %s", r->words);
        check_text(r, &run);
        if (kernel_writes())
            fail_msg("xvtd %s: wrote %s", r->words, kernel_write(0));
        for (size_t c = 0; c < xen_calls(); c++)
            if (strncmp(xen_call(c), "record_get", 10) && strncmp(xen_call(c), "record_by", 9) &&
                strchr("aduqr", xen_call(c)[0]) &&
                strncmp(xen_call(c), "assigned", 8) && strncmp(xen_call(c), "domain", 6))
                fail_msg("xvtd %s: called %s", r->words, xen_call(c));
        if (r->code == 3 || r->code == 6)
            check_agrees(r);
        assert_machine(before);
        free(before);
        machine_teardown(NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
