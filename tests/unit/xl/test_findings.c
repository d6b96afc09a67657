/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check: each finding, on facts where all is well but for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../fake/fake_record.h"
#include "../fake/fake_run.h"
#include "check/check_facts.h"
#include "check/check_security.h"
#include "check/explain.h"
#include "decide/bars.h"

static struct firmware fw;
static struct host_facts host;
static struct hv_domain dom;
static struct hv_slot bus[32];
static struct guest_pci assigned[2];
static struct fn_facts fn;
static struct facts facts;
static struct device_facts device;
static struct firmware_region region;
static struct override_left override_left;
static struct leftover claim;
static struct security security;
static struct bdf nic = { 0, 2, 0, 0 };
static struct group_warning warning;
static struct group_peer peer;

static void all_well(void)
{
    fw = (struct firmware){ .table = FIRMWARE_DMAR, .readable = true, .intremap = true,
                            .n_units = 1 };
    host = (struct host_facts){
        .role = ROLE_DOM0, .asked = true, .hvm_passthrough = true, .firmware = &fw,
        .xen = { .hvm = true, .version = "4.17.7" }, .log_iommu = LOG_ON, .log_intremap = LOG_ON,
        .line = "root=/dev/vda quiet", .release = "6.1.0", .built_pciback = 'm',
        .cpu = CPU_AMD, .built_iommu = 'y', .pciback_known = true, .pciback = PCIBACK_LOADED,
    };
    dom = (struct hv_domain){ .domid = 1, .name = "vm1", .type = HV_HVM, .managed = true };
    security = (struct security){ .all_permissive = false };
    memset(bus, 0, sizeof(bus));
    for (unsigned i = 0; i < 4; i++)
        bus[i].slot = i;
    fn = (struct fn_facts){ .bdf = nic, .driver = { .driver = "e1000e" } };
    facts = (struct facts){
        .host = { .hvm_passthrough = true }, .pciback = PCIBACK_LOADED, .domains = &dom,
        .n_domains = 1, .fns = &fn, .n_fns = 1, .dom = &dom, .iommu = true, .bus_known = true,
        .bus = bus, .n_bus = 4, .assigned = assigned,
        .config = { .passthrough = true, .memory_kib = 262144, .max_memory_kib = 262144 },
    };
    device = (struct device_facts){
        .bdf = nic,
        .detail = { .resets = { "flr" }, .n_resets = 1, .msi = 1,
                    .resources = { { .size = 0x20000, .memory = true } } },
    };
}

static struct findings judge(void)
{
    struct findings found = { .n = 0 };
    struct err e;

    facts.firmware = fw;
    judge_host(&host, &found);
    if (facts.dom)
        judge_domain(&facts, &host, &found);
    judge_guests(&facts, &host, &found);
    judge_security(&facts, &security, &found);
    if (facts.n_fns)
        assert_int_equal(judge_device(&facts, &host, &device, &found, &e), 0);
    judge_bars(&facts, &device, facts.n_fns, &found);
    judge_leftovers(&host, facts.n_fns ? &nic : NULL, facts.n_fns, &found);
    assert_int_equal(found.failed, 0);
    return found;
}

static void bare(void) { host.role = ROLE_BARE; host.asked = false; host.cpu_known = host.cpu_virt = true;
                         facts.dom = NULL; facts.n_fns = 0; }
static void domu(void) { bare(); host.role = ROLE_DOMU; }
static void bare_xen(void) { bare(); host.xen_there = true; }
static void bare_old_cpu(void) { bare(); host.cpu_virt = false; host.cpu = CPU_INTEL; }
static void bare_no_driver(void) { bare(); host.built_iommu = 'n'; }
static void silent_xen(void)
{
    host.asked = false;
    facts.dom = NULL;
    err_set(&host.refusal, XV_CANNOT, 0, "open xenstore: no");
    err_hint(&host.refusal, "are you root?");
}
static void no_hvm(void) { host.xen.hvm = false; }
static void no_table(void) { fw = (struct firmware){ 0 }; host.hvm_passthrough = false; host.cpu = CPU_AMD; }
static void bad_table(void) { acpi_note(&fw.notes, "DMAR: it is wrong"); }
static void table_no_intremap(void) { fw.intremap = false; }
static void no_iommu(void) { host.hvm_passthrough = facts.host.hvm_passthrough = false; }
static void iommu_off(void) { no_iommu(); strcpy(host.xen.command_line, "dom0_mem=1G iommu=off"); }
static void iommu_0(void) { no_iommu(); strcpy(host.xen.command_line, "iommu=verbose,0 x"); }
static void dmar_broken(void) { no_iommu(); host.log_dmar_broken = true; }
static void intremap_off(void) { strcpy(host.xen.command_line, "iommu=verbose,no-intremap"); }
static void intremap_0(void) { strcpy(host.xen.command_line, "iommu=intremap=0"); }
static void intremap_log(void) { host.log_intremap = LOG_OFF; }
static void quarantine_off(void) { strcpy(host.xen.command_line, "iommu=verbose,no-quarantine"); }
static void quarantine_0(void) { strcpy(host.xen.command_line, "iommu=quarantine=off"); }
static void no_pciback(void) { host.pciback = facts.pciback = PCIBACK_MISSING; host.built_pciback = 'n'; }
static void silent_pciback(void) { host.pciback = PCIBACK_MISSING; host.built_pciback = 'y'; }
static void early_hide(void)
{
    strcpy(host.line, "xen-pciback.hide=(02:00.0)");
    host.pciback = PCIBACK_LOADABLE;
}
static void old_hide(void) { strcpy(host.line, "pciback.hide=(02:00.0)"); }
static void bad_hide(void) { strcpy(host.line, "quiet xen-pciback.hide=(02:00.0),(03:00.0)"); }
static void long_hide(void)
{
    strcpy(host.line, "xen-pciback.hide=");
    for (int i = 0; i < 80; i++)
        strcat(host.line, "(0000:02:00.0)");
}
static void intel_iommu(void) { strcpy(host.line, "quiet intel_iommu=on"); }
static void cut_line(void) { memset(host.line, 'x', 1023); host.line[1023] = '\0'; }
static void pvh(void) { dom.type = HV_PVH; }
static void guest_no_iommu(void) { facts.iommu = false; }
static void pod(void) { facts.iommu = false; facts.config.max_memory_kib = 524288; }
static void by_list(void) { facts.config.passthrough = false; }
static void full(void) { for (unsigned i = 0; i < 32; i++) bus[i].slot = i; facts.n_bus = 32; }
static void stub(void) { facts.bus_known = false; facts.n_bus = 0; }
static void paused(void) { dom.paused = true; }
static void let_go(void) { assigned[0] = (struct guest_pci){ .bdf = { 0, 3, 0, 0 }, .domid = 1 }; facts.n_assigned = 1; }
static void permissive(void) { let_go(); assigned[0].permissive = true; }
static void all_permissive(void) { security.all_permissive = true; }
static void ats(void) { let_go(); security.ats = &assigned[0].bdf; security.n_ats = 1; }
static void pv(void) { let_go(); dom.type = HV_PV; }
static void says(void) { bus[4] = (struct hv_slot){ .slot = 5, .passthrough = true, .host = { 0, 3, 0, 0 } }; facts.n_bus = 5; }
static void saved(void)
{
    let_go();
    bus[4] = (struct hv_slot){ .slot = 5, .passthrough = true, .host = { 0, 3, 0, 0 } };
    facts.n_bus = 5;
    strcpy(host.xendomains.saves_in, "/var/lib/xen/save");
    host.xendomains.file = "etc/default/xendomains";
}
static void no_reset(void) { device.detail.n_resets = 0; }
static void in_region(bool shared)
{
    region = (struct firmware_region){ .base = 0x7b800000, .end = 0x7b8fffff,
                                       .named = shared ? 2 : 1, .fns = &nic, .n_fns = 1 };
    fw.regions = &region;
    fw.n_regions = 1;
}
static void shared_rmrr(void) { in_region(true); }
static void rmrr_no_guest(void) { in_region(false); facts.dom = NULL; }
static void rmrr_overlap(void) { in_region(false); facts.config.memory_kib = facts.config.max_memory_kib = 4 << 20; }
static void uncovered(void) { fw.uncovered = &nic; fw.n_uncovered = 1; }
static void big_bar(void) { device.detail.resources[1] = (struct resource){ .size = 256 << 20, .memory = true }; }
static void huge_bar(void) { device.detail.resources[1] = (struct resource){ .size = 8ull << 30, .memory = true }; }
static void screen(void) { host.boot_screen = device.detail.boot_vga = true; }
static void warned(const char *kind)
{
    warning = (struct group_warning){ .kind = kind, .devices = &nic, .n_devices = 1 };
    device.warnings = &warning;
    device.n_warnings = 1;
}
static void shared_line(void) { warned("shared-intx"); device.detail.msi = 0; }
static void shared_page(void) { warned("shared-page"); }
static void loose_peer(void)
{
    peer = (struct group_peer){ .bdf = { 0, 2, 0, 1 }, .tie = TIE_NO_ACS, .native = true,
                                .driver = "e1000e", .reason = "for a reason" };
    fn.peers = &peer;
    fn.n_peers = 1;
}
static void left(void)
{
    override_left = (struct override_left){ nic, { .driver = "e1000e", .override = "vfio-pci" } };
    host.overrides = &override_left;
    host.n_overrides = 1;
}
static void claimed(void) { claim = (struct leftover){ .kind = LEFTOVER_RECORD, .bdf = nic, .domid = 7, .domain = "domain 7" }; host.leftovers = &claim; host.n_leftovers = 1; }
static void held(void) { says(); claim = (struct leftover){ .kind = LEFTOVER_SLOT, .bdf = { 0, 3, 0, 0 }, .domid = 1, .domain = "vm1", .uuid = "u" }; host.leftovers = &claim; host.n_leftovers = 1; }
static void unsettled(void) { says(); bus[4].segment_unknown = true; }
static void missed(void) { host.missed = &nic; host.n_missed = 1; }
static void journal(void) { host.journals = 1; }

static const struct {
    void (*change)(void);
    enum finding_status status;
    const char *name;
} cases[] = {
    { bare, FINDING_FAIL, "xen" },
    { bare_xen, FINDING_FAIL, "xen" },
    { domu, FINDING_FAIL, "xen" },
    { bare_old_cpu, FINDING_FAIL, "cpu" },
    { bare_no_driver, FINDING_WARN, "kernel" },
    { silent_xen, FINDING_FAIL, "xen" },
    { no_hvm, FINDING_FAIL, "cpu" },
    { no_table, FINDING_FAIL, "firmware" },
    { bad_table, FINDING_WARN, "acpi-table" },
    { table_no_intremap, FINDING_WARN, "intremap" },
    { no_iommu, FINDING_FAIL, "iommu" },
    { iommu_off, FINDING_FAIL, "iommu" },
    { iommu_0, FINDING_FAIL, "iommu" },
    { dmar_broken, FINDING_FAIL, "iommu" },
    { intremap_off, FINDING_WARN, "intremap" },
    { intremap_0, FINDING_WARN, "intremap" },
    { intremap_log, FINDING_WARN, "intremap" },
    { quarantine_off, FINDING_WARN, "quarantine" },
    { quarantine_0, FINDING_WARN, "quarantine" },
    { no_pciback, FINDING_FAIL, "pciback" },
    { silent_pciback, FINDING_FAIL, "pciback" },
    { early_hide, FINDING_WARN, "hide" },
    { old_hide, FINDING_WARN, "hide" },
    { bad_hide, FINDING_FAIL, "hide" },
    { long_hide, FINDING_FAIL, "hide" },
    { intel_iommu, FINDING_WARN, "line" },
    { cut_line, FINDING_FAIL, "line" },
    { pvh, FINDING_FAIL, "type" },
    { guest_no_iommu, FINDING_FAIL, "no-iommu" },
    { pod, FINDING_FAIL, "pod" },
    { by_list, FINDING_WARN, "passthrough" },
    { full, FINDING_FAIL, "slots" },
    { stub, FINDING_WARN, "slots" },
    { paused, FINDING_WARN, "paused" },
    { let_go, FINDING_WARN, "stale" },
    { permissive, FINDING_WARN, "permissive" },
    { all_permissive, FINDING_WARN, "permissive" },
    { ats, FINDING_WARN, "ats" },
    { pv, FINDING_WARN, "pv" },
    { says, FINDING_WARN, "claim" },
    { unsettled, FINDING_WARN, "claim" },
    { held, FINDING_WARN, "held" },
    { saved, FINDING_WARN, "xendomains" },
    { no_reset, FINDING_WARN, "reset" },
    { shared_rmrr, FINDING_FAIL, "rmrr" },
    { rmrr_no_guest, FINDING_WARN, "rmrr" },
    { rmrr_overlap, FINDING_WARN, "rmrr" },
    { uncovered, FINDING_FAIL, "no-iommu" },
    { big_bar, FINDING_WARN, "bars" },
    { huge_bar, FINDING_WARN, "bars" },
    { screen, FINDING_WARN, "screen" },
    { shared_line, FINDING_WARN, "shared-intx" },
    { shared_page, FINDING_WARN, "shared-page" },
    { loose_peer, FINDING_WARN, "group" },
    { left, FINDING_WARN, "override" },
    { claimed, FINDING_WARN, "leftover" },
    { missed, FINDING_WARN, "hide" },
    { journal, FINDING_WARN, "journal" },
};

static void show(const struct findings *found)
{
    for (size_t i = 0; i < found->n; i++)
        print_message("    %d %s %s: %s | %s\n", (int)found->list[i].status, found->list[i].name,
                      found->list[i].object, found->list[i].message, found->list[i].remedy);
}

static void test_well(void **state)
{
    struct findings found;

    (void)state;
    all_well();
    found = judge();
    /* The table counts, not what the CPU would suggest. */
    assert_string_equal(found.list[1].message, "VT-d in the firmware");
    if (findings_count(&found, FINDING_OK) != found.n) {
        show(&found);
        fail_msg("all is well, and that was found");
    }
    assert_true(found.n >= 10);
    free(found.list);
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct findings found;
        bool there = false;
        char text[1700];

        all_well();
        cases[i].change();
        found = judge();
        for (size_t k = 0; k < found.n; k++) {
            const struct finding *f = &found.list[k];

            there |= f->status == cases[i].status && !strcmp(f->name, cases[i].name);
            if (f->status == FINDING_OK)
                continue;
            if (!*f->remedy)
                fail_msg("case %zu: no remedy: %s", i, f->message);
            snprintf(text, sizeof(text), "xvtd: finding: %s: %s\nhint: %s", f->name, f->message,
                     f->remedy);
            record_prose("xvtd", text);
        }
        if (!there) {
            show(&found);
            fail_msg("case %zu: no %s", i, cases[i].name);
        }
        free(found.list);
    }
}

/* States that look like problems and are none. */
static void test_no_noise(void **state)
{
    static void (*const changes[])(void) = { left, claimed, missed };
    struct findings found;

    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
        all_well();
        changes[i]();
        override_left.bdf.bus = claim.bdf.bus = 9;  /* a device that the command does not name */
        host.n_missed = 0;
        found = judge();
        assert_int_equal(findings_count(&found, FINDING_WARN), 0);
        free(found.list);
    }
    all_well();
    warned("shared-intx");      /* it has MSI */
    in_region(false);           /* above what the guest has */
    strcpy(host.xen.command_line, "iommu=verbose,intremap");
    saved();
    *host.xendomains.saves_in = '\0';
    found = judge();
    assert_int_equal(findings_count(&found, FINDING_WARN), 0);
    assert_int_equal(findings_count(&found, FINDING_FAIL), 0);
    free(found.list);
}

/* One finding for a lack of the firmware, although Xen's log and command line show it, too. */
static void test_once(void **state)
{
    struct findings found;
    unsigned n = 0;

    (void)state;
    all_well();
    table_no_intremap();
    intremap_off();
    intremap_log();
    found = judge();
    for (size_t i = 0; i < found.n; i++)
        n += !strcmp(found.list[i].name, "intremap");
    assert_int_equal(n, 1);
    free(found.list);
}

/* `check vm1` ignores other guests' devices, and has one finding for all devices of a guest. */
static void test_guests_security(void **state)
{
    struct findings found;

    (void)state;
    all_well();
    permissive();
    assigned[1] = assigned[0];
    assigned[1].bdf.slot = 1;
    facts.n_assigned = 2;
    found = judge();
    assert_int_equal(findings_count(&found, FINDING_WARN), 3);  /* two are stale here */
    free(found.list);
    assigned[0].domid = assigned[1].domid = 9;
    found = judge();
    assert_int_equal(findings_count(&found, FINDING_WARN), 0);
    free(found.list);
}

static void test_bars_fit(void **state)
{
    const uint64_t mib = 1 << 20;

    (void)state;
    assert_true(bars_fit(NULL, 0, 256 * mib));
    assert_true(bars_fit((uint64_t[]){ 64 * mib }, 1, 256 * mib));
    assert_true(bars_fit((uint64_t[]){ 32 * mib, 64 * mib, 32 * mib }, 3, 256 * mib));
    assert_false(bars_fit((uint64_t[]){ 128 * mib }, 1, 256 * mib));    /* there is no place for it */
    assert_true(bars_fit((uint64_t[]){ 128 * mib }, 1, 512 * mib));
    assert_false(bars_fit((uint64_t[]){ UINT64_C(1) << 63 }, 1, 256 * mib));
}

static void test_explanations(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        if (finding_explain(cases[i].name))
            assert_true(strlen(finding_explain(cases[i].name)) < 1000);
    assert_null(finding_explain("xen"));
    assert_non_null(finding_explain("pv"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_well), cmocka_unit_test(test_cases), cmocka_unit_test(test_no_noise),
        cmocka_unit_test(test_once), cmocka_unit_test(test_guests_security),
        cmocka_unit_test(test_bars_fit), cmocka_unit_test(test_explanations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
