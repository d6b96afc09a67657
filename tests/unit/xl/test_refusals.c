/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every refusal and every mistake on a command line: exit code, kind, message and hint,
 * as text and as JSON, and that nothing was touched: no write, no call that changes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine.h"

struct refusal {
    const char *words;
    int code;
    const char *kind, *message, *hint;  /* hint "": there is none */
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

#define NOT_FOUND "`xl list` shows those that run"
#define NO_DEVICE "`xvtd list`, or `lspci -D`, shows what it has"
#define FREE_SLOT "leave the slot out for automatic placement, or name a free one"
#define BDF_HINT "write it as [SEGMENT:]BUS:SLOT.FUNCTION"

static const struct refusal refusals[] = {
    /* The guest. */
    { "assign vm9 2:0.0", 4, "not-found", "vm9: no running domain is called so", NOT_FOUND, NULL },
    { "assign 7 2:0.0", 4, "not-found", "7: no running domain is called so", NOT_FOUND, NULL },
    { "assign 0 2:0.0", 4, "not-found", "0: this is dom0: devices are attached to guests", "", NULL },
    { "assign Domain-0 2:0.0", 4, "not-found", "Domain-0: this is dom0", "", NULL },
    { "detach vm9 2:0.0", 4, "not-found", "vm9: no running domain is called so", NOT_FOUND, NULL },
    { "assign vm1 2:0.0", 6, "environment", "vm1: this is a PV guest", "name the device in pci = "
      "[ ... ] of its cfg, or use an HVM guest", pv },
    { "assign vm1 2:0.0", 6, "environment", "vm1: this is a PVH guest", "create the guest with "
      "type = \"hvm\"", pvh },
    { "assign vm1 2:0.0", 6, "environment", "vm1: it was not created by libxl", "use the "
      "toolstack that created it", foreign },
    { "detach vm1 2:0.0", 6, "environment", "vm1: it was not created by libxl", "", foreign },
    { "assign vm1 2:0.0", 6, "environment", "vm1: this is the device model of domain 2, not a "
      "guest", "", stub },
    { "assign vm1 2:0.0", 6, "no-iommu", "vm1: it was created without an IOMMU, and a running "
      "domain cannot get one", "put passthrough = \"enabled\" into its cfg and create it anew",
      no_iommu },
    { "assign vm1 2:0.0", 6, "environment", "this host cannot pass devices through: Xen has no "
      "IOMMU", "switch VT-d or AMD-Vi on in the firmware", no_passthrough },

    /* The device. */
    { "assign vm1 8:0.0", 4, "not-found", "0000:08:00.0: this host has no such device", NO_DEVICE,
      NULL },
    { "assign vm1 8:0.*", 4, "not-found", "0000:08:00.*: this host has no such device", NO_DEVICE,
      NULL },
    { "assign vm1 nic9", 4, "not-found", "'nic9': no device has this name", "a device is named "
      "by its PCI address", NULL },
    { "assignable add 2:0.0 8:0.0", 4, "not-found", "0000:08:00.0: this host has no such device",
      NO_DEVICE, NULL },
    { "detach vm1 8:0.0", 4, "not-found", "0000:08:00.0: this host has no such device", NO_DEVICE,
      NULL },
    { "assign vm1 0:1c.0", 3, "bridge", "0000:00:1c.0: a bridge stays with the host; what is "
      "behind it can be assigned", "", NULL },
    { "assignable add 0:1c.0", 3, "bridge", "0000:00:1c.0: a bridge stays with the host", "", NULL },
    { "assign vm1 10000:e1:0.0", 6, "environment", "10000:e1:00.0: libxl cannot name a device in a "
      "segment above ffff", "", NULL },
    { "assign vm1 0:3.0", 3, "in-use", "0000:00:03.0: dom0 uses it: vda > / (mount)", "free it in "
      "dom0 first; --allow=in-use takes it all the same, and dom0 loses what is on it", NULL },
    { "assignable add 0:3.0", 3, "in-use", "0000:00:03.0: dom0 uses it: vda > / (mount)", "free",
      NULL },
    { "pci-assignable-add 0:3.0", 3, "in-use", "0000:00:03.0: dom0 uses it", "free", NULL },
    { "assign vm1 9:0.0 0:3.0", 3, "in-use", "0000:00:03.0: dom0 uses it", "free", NULL },
    { "assign vm1 2:0.0", 3, "in-use", "0000:02:00.0: dom0 uses it: eth1 > 2001:db8::1 (address)",
      "free it in dom0 first", address },
    { "assign vm1 6:0.0", 3, "owned", "0000:06:00.0: it belongs to 'vm2'", "take it out there "
      "first: xvtd detach vm2 0000:06:00.0", NULL },
    { "assignable remove 6:0.0", 3, "owned", "0000:06:00.0: it belongs to 'vm2'", "take it out "
      "there first: xvtd detach vm2 0000:06:00.0", NULL },
    { "pci-assignable-remove 6:0.0", 3, "owned", "0000:06:00.0: it belongs to 'vm2'", "take",
      NULL },
    { "assign vm1 3:0.0", 3, "owned", "0000:03:00.0: it belongs to 'vm2'", "take it", owner_gone },
    { "assignable remove 4:0.0", 3, "boot-hidden", "0000:04:00.0: it is configured to be hidden "
      "from dom0 at boot: pciback is where it belongs", "--allow=boot-hidden gives it to a native "
      "driver until the next boot", NULL },
    { "pci-assignable-remove -r 4:0.0", 3, "boot-hidden", "0000:04:00.0: it is configured", "--allow",
      NULL },

    /* The slot. */
    { "assign vm1 2:0.0 3", 3, "slot-taken", "0000:02:00.0: slot 0x03 of 'vm1' is taken by an "
      "emulated device (an emulated thing)", FREE_SLOT, NULL },
    { "assign vm1 2:0.0 7", 3, "slot-taken", "0000:02:00.0: slot 0x07 of 'vm1' is taken by an "
      "emulated device", FREE_SLOT, emulated },
    { "assign vm1 2:0.0 7", 3, "slot-taken", "0000:02:00.0: slot 0x07 of 'vm1' is taken by "
      "0000:03:00.0", FREE_SLOT, other_in_slot },
    { "assign vm1 2:0.0", 3, "refused", "0000:02:00.0: 'vm1' has no free slot", "", full },
    { "assign vm1 2:0.0@7 3:0.0@7", 2, "usage", "0000:03:00.0: slot 0x07 is asked for twice", "",
      NULL },
    { "assign vm1 2:0.0 8", 3, "refused", "0000:02:00.0: 'vm1' has it already, at slot 0x07",
      "to move it: xvtd detach vm1 0000:02:00.0, then assign it again", has_it },
    { "assign vm1 9:0.* 8", 6, "multifunction", "0000:09:00.*: several functions in slot 0x08: QEMU "
      "of 'vm1' was not told to allow that", "put device_model_args = [ \"-global\", "
      "\"xen-pci-passthrough.multifunction=on\" ] into its cfg", NULL },
    { "assign vm1 9:0.* 3", 3, "slot-taken", "slot 0x03 of 'vm1' is taken", FREE_SLOT,
      multifunction },
    { "assign vm1 9:0.* 8", 3, "refused", "0000:09:00.0: 'vm1' has a part of this device already, "
      "and functions of one slot come and go together", "", half_slot },
    { "detach vm1 9:0.1", 3, "refused", "0000:09:00.1: it shares slot 0x08 of 'vm1' with "
      "0000:09:00.0, and a guest lets go of a slot as a whole", "name all functions of the slot",
      whole_slot },

    /* Malformed: told without a look at the host. */
    { "assign vm1 zz:0.0", 2, "usage", "'zz:0.0' is not a PCI address: a field is not a "
      "hexadecimal number", BDF_HINT, NULL },
    { "assign vm1 2:0.8", 2, "usage", "'2:0.8' is not a PCI address: the function is over 7",
      BDF_HINT, NULL },
    { "assign vm1 2:20.0", 2, "usage", "'2:20.0' is not a PCI address: the slot is over 1f",
      BDF_HINT, NULL },
    { "assign vm1 100:0.0", 2, "usage", "'100:0.0' is not a PCI address: the bus is over ff",
      BDF_HINT, NULL },
    { "assign vm1 2:0", 2, "usage", "'2:0' is not a PCI address", BDF_HINT, NULL },
    { "assign vm1 2:0.0 0", 2, "usage", "'0' is not a virtual slot: slot 0 is the guest's host "
      "bridge", "for automatic placement leave the slot out", NULL },
    { "assign vm1 2:0.0 0x0", 2, "usage", "'0x0' is not a virtual slot", "for automatic", NULL },
    { "assign vm1 2:0.0 20", 2, "usage", "'20' is not a virtual slot: a PCI bus ends at slot 1f",
      "", NULL },
    { "assign vm1 2:0.0 ff", 2, "usage", "'ff' is not a virtual slot", "", NULL },
    { "assign vm1 2:0.0 0x7 0x8", 2, "usage", "'0x7' is not a PCI address", BDF_HINT, NULL },
    { "assign vm1 2:0.0@7 8", 2, "usage", "'2:0.0@7' and '8' both give a virtual slot", "", NULL },
    { "assign vm1 2:0.0@20", 2, "usage", NULL, NULL, NULL },
    { "assign vm1 2:0.0@0", 2, "usage", NULL, NULL, NULL },
    { "assign vm1 2:0.0,permissive=yes", 2, "usage", NULL, NULL, NULL },
    { "assign vm1 2:0.0,nonsense=1", 2, "usage", NULL, NULL, NULL },
    { "assign vm1 2:0.0 2:0.0", 2, "usage", "0000:02:00.0: the device is named twice", "", NULL },
    { "assign vm1 9:0.* 9:0.1", 2, "usage", "0000:09:00.1: the device is named twice", "", NULL },
    { "assign vm1 2:0.0 --rdm-policy=none", 2, "usage", "--rdm-policy=none: expected strict or "
      "relaxed", "", NULL },
    { "assign vm1 2:0.0 --allow=all", 2, "usage", "--allow=all: no such check: expected in-use",
      "", NULL },
    { "assign vm1 2:0.0 --force", 2, "usage", "unknown option '--force'", "xvtd assign --help",
      NULL },
    { "assign vm1", 2, "usage", "too few operands: expected DOMAIN BDF [VSLOT] | DOMAIN SPEC...",
      "xvtd assign --help", NULL },
    { "detach vm1", 2, "usage", "too few operands", "xvtd detach --help", NULL },
    { "detach vm1 2:0", 2, "usage", "'2:0' is not a PCI address", BDF_HINT, NULL },
    { "detach vm1 2:0.0 --timeout=x", 2, "usage", "'x' is not a valid timeout", "", NULL },
    { "assignable add", 2, "usage", "no device is named", "xvtd assignable add",
      NULL },
    { "assignable add 2:0.9", 2, "usage", "'2:0.9' is not a PCI address", BDF_HINT, NULL },
    { "assignable drop 2:0.0", 2, "usage", "assignable: expected one of: list, add, remove; not "
      "'drop'", "xvtd --help", NULL },
    { "pci-assignable-add -n 7a 2:0.0", 2, "usage", "'7a' is not a name for a device", "", NULL },
    { "pci-assignable-add -n beef 2:0.0", 2, "usage", "'beef' is not a name for a device", "",
      NULL },
    { "pci-list", 2, "usage", "too few operands: expected DOMAIN", "xvtd pci-list --help", NULL },
    { "pci-list vm9", 4, "not-found", "vm9: no running domain is called so", NOT_FOUND, NULL },
    { "--root / assign vm1 2:0.0", 2, "usage", "--root: this command needs the running host",
      "these read a captured machine: list, show", NULL },
    { "frobnicate", 2, "usage", "no such command: 'frobnicate'", "xvtd --help", NULL },
};

/* "kind" and "code" of the error in a JSON document. */
static void check_json(const struct refusal *r, const struct run *run)
{
    char kind[64], code[32];
    int told = 0;

    snprintf(kind, sizeof(kind), "\"kind\": \"%s\"", r->kind);
    snprintf(code, sizeof(code), "\"code\": %d,", r->code);
    if (run->code != r->code || !json_valid(run->out, &told) || told != r->code ||
        !strstr(run->out, kind) || !strstr(run->out, code))
        fail_msg("xvtd %s --json: exit %d, %s", r->words, run->code, run->out);
}

static void check_text(const struct refusal *r, const struct run *run)
{
    const char *hint = strstr(run->err, "\nhint: "), *p = run->err;
    unsigned lines = 0;

    if (run->code != r->code || (r->message && !strstr(run->err, r->message)) ||
        strncmp(run->err, "xvtd: ", 6) || *run->out)
        fail_msg("xvtd %s: exit %d, %s%s", r->words, run->code, run->out, run->err);
    if (r->hint && (*r->hint ? !hint || strncmp(hint + 7, r->hint, strlen(r->hint)) : !!hint))
        fail_msg("xvtd %s: the hint is wrong: %s", r->words, run->err);
    for (; (p = strchr(p, '\n')); p++)
        lines++;
    if (lines != (hint ? 2 : 1))
        fail_msg("xvtd %s: one sentence, and a hint:\n%s", r->words, run->err);
}

/* `check` fails with the same sentence, when `assign` is told no more than what to take. */
static void check_agrees(const struct refusal *r)
{
    static const char assign[] = "assign vm1 ";
    const char *words = r->words + sizeof(assign) - 1, *colon = strstr(r->message, ": ");
    const char *sentence = r->message;
    struct run run;

    if (strncmp(r->words, assign, sizeof(assign) - 1) || r->code == 4 || strpbrk(words, "@,-") ||
        (strchr(words, ' ') && !strchr(strchr(words, ' '), ':')))
        return;
    if (colon && !memchr(r->message, ' ', (size_t)(colon - r->message)))
        sentence = colon + 2;   /* the object has a column of its own */
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
