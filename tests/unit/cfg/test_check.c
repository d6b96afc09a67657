/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cfg/cfg_check.h"
#include "cfg/xlu_check.h"
#include "gen.h"

#define CURLY(s) "\xe2\x80\x98" s "\xe2\x80\x99"

static struct check_cfg read_text(const char *file, const char *text)
{
    struct check_cfg cfg;
    struct err e;

    assert_int_equal(check_read(&cfg, file, text, strlen(text), &e), 0);
    return cfg;
}

/* "kind severity line:column" of all findings, joined by spaces. */
static const char *findings(const struct check_cfg *cfg)
{
    static char text[1024];

    text[0] = '\0';
    for (size_t i = 0; i < cfg->notes.n; i++) {
        const struct note *n = &cfg->notes.v[i];
        size_t line, column;

        doc_position(cfg->doc, n->offset, &line, &column);
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s:%c:%zu:%zu",
                 i ? " " : "", n->kind, n->severity == SEVERITY_ERROR ? 'E' : 'W', line, column);
    }
    return text;
}

#define P "passthrough='enabled';"

/* Each trap: its findings, and the text after --fix (NULL: unchanged). */
static const struct {
    const char *text, *found, *fixed;
} cases[] = {
    { P "pci=['02:00.0']\n", "", NULL },
    { "pci=['02:00.0']\n", "no-passthrough:W:1:1", NULL },
    { P "pci=['02:00.0,permissive=yes']\n", "not-boolean:W:1:37",
      P "pci=['02:00.0,permissive=1']\n" },
    { P "pci=['02:00.0@0']\n", "vslot-zero:W:1:37", P "pci=['02:00.0']\n" },
    { P "pci=[\"02:00.0, seize=1\"]\n", "spec-space:E:1:37", P "pci=['02:00.0,seize=1']\n" },
    { P "pci=['36:00.0@20']\n", "vslot-over:E:1:37", NULL },
    { P "pci='02:00.0'\n", "not-a-list:E:1:27", P "pci=[ '02:00.0' ]\n" },
    { P "pci='two words'\n", "not-a-list:E:1:27", NULL },
    { P "pci=[['02:00.0'],'03:00.0']\n", "nested-list:E:1:28", P "pci=['02:00.0','03:00.0']\n" },
    { P "pci=[['02:00.0',['x']]]\n", "nested-list:E:1:28", NULL },
    { P "pci=[[]]\n", "nested-list:E:1:28", NULL },
    { P "rdm='strategy=host,policy=relaxed'\n", "rdm-ignored:W:1:23", NULL },
    { P "pci=[ " CURLY("01:00.0") " ]\n", "curly-quote:E:1:29", P "pci=[ '01:00.0' ]\n" },
    { P "pci=[ " CURLY("01:00.0, seize=1") " ]\n", "curly-quote:E:1:29 spec-space:E:1:29",
      P "pci=[ '01:00.0,seize=1' ]\n" },
    { P "name=" CURLY("vm") "\n", "curly-quote:E:1:28", P "name='vm'\n" },
    { P "pci=['02:00.0']\r\nx=1\r\n", "cr-line-end:E:1:38", P "pci=['02:00.0']\nx=1\n" },
    { "c\n\r\r\n=1", "syntax:E:1:2 syntax:E:2:1 cr-line-end:E:2:2 "
      "syntax:E:3:1", "c =1" },
    { P "pci=['02:00.0']\n# end", "cut-comment:E:2:6", P "pci=['02:00.0']\n# end\n" },
    { P "pci=['02:00.0' '03:00.0']\n", "missing-comma:E:1:37", P "pci=['02:00.0', '03:00.0']\n" },
    { P "pci=['02:00.0' 'x']\n", "missing-comma:E:1:37 spec-bdf:E:1:39", NULL },
    { P "pci=['02:00.0',,'03:00.0',]\n", "empty-item:E:1:38", P "pci=['02:00.0','03:00.0',]\n" },
    { P "pci=[02:00.0]\n", "unquoted:E:1:28", P "pci=['02:00.0']\n" },
    { P "pci=\n['02:00.0']\n", "newline-at-equals:E:1:27", P "pci= ['02:00.0']\n" },
    { P "pci=['02:00.0']\n$", "stray-byte:W:2:1", P "pci=['02:00.0']\n" },
    { P "\n$\r\r", "syntax:E:2:1", NULL },
    { P "pci=['02:00.0']\npci=['03:00.0']\n", "overridden:W:1:23", NULL },
    { P "pci=['02:00.0','2:0.0']\n", "duplicate-device:E:1:38", NULL },
    { P "pci=['02:00.*@7','2:0.7']\n", "duplicate-device:E:1:40", NULL },
    { P "pci=['02:00.*']\n", "wildcard-vslot:E:1:28", NULL },
    { P "type='hvm';pci=['02:00.*@7']\n", "multifunction:W:1:39", NULL },
    { P "type='hvm';pci=['02:00.*@7'];device_model_args_hvm=['-global',"
      "'xen-pci-passthrough.multifunction=on']\n", "", NULL },
    { P "pci=['02:00.0,02:00.1']\n", "two-devices:E:1:37", P "pci=['02:00.0', '02:00.1']\n" },
    { P "pci=['02:00.0,02:00.1,seize=1']\n", "two-devices:E:1:37", NULL },
    { P "pci='02:00.0','03:00.0'\n", "no-brackets:E:1:27", P "pci=[ '02:00.0','03:00.0' ]\n" },
    { P "pci='02:00.0','x'\n", "no-brackets:E:1:27", NULL },
    { P "pci=['02:00.0@7','03:00.0@7']\n", "duplicate-vslot:E:1:40", NULL },
    { P "type='hvm';pci=['02:00.0@1']\n", "emulated-vslot:E:1:39", NULL },
    { P "type='hvm';pci=['02:00.0@3']\n", "emulated-vslot:W:1:39", NULL },
    { P "pci=['02:00.0@1']\n", "", NULL },
    { "passthrough='disabled'\npci=['02:00.0']\n", "passthrough-disabled:E:1:1", NULL },
    { P "type='pvh';pci=['02:00.0']\n", "pvh:E:1:23", NULL },
    { P "type='hvm';memory=1;maxmem=2;pci=['02:00.0']\n", "populate-on-demand:E:1:43", NULL },
    { P "pci=['02:00.0,future=1']\n", "unknown-key:E:1:37", NULL },
    { P "pci=['02:00.0@0' , 'x']\r\n# c", "vslot-zero:W:1:37 spec-bdf:E:1:43 cr-line-end:E:1:46 "
      "cut-comment:E:2:4", P "pci=['02:00.0' , 'x']\n# c\n" },
};

static void test_findings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        CLEANUP(check_clear) struct check_cfg cfg = read_text("vm.cfg", cases[i].text);
        AUTO_FREE char *fixed = NULL;
        size_t len = 0;
        struct err e;

        if (strcmp(findings(&cfg), cases[i].found))
            fail_msg("<<%s>>: %s", cases[i].text, findings(&cfg));
        assert_int_equal(check_failed(&cfg), strstr(cases[i].found, ":E:") != NULL);
        if (check_fix("vm.cfg", cases[i].text, strlen(cases[i].text), &fixed, &len, &e))
            fail_msg("%s", e.message);
        if (strcmp(fixed, cases[i].fixed ? cases[i].fixed : cases[i].text))
            fail_msg("<<%s>> was fixed as <<%s>>", cases[i].text, fixed);
        assert_int_equal(len, strlen(fixed));
    }
}

/* Law: a second fix changes nothing, and xl accepts a fixed text if it accepted the former one. */
static void test_fix_settles(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 3000; seed++) {
        CLEANUP(xlu_reading_clear) struct xlu_reading a = { .accepted = false }, b = a;
        AUTO_FREE char *once = NULL, *twice = NULL;
        static struct gen g;
        size_t n = 0, m = 0;
        struct err e;

        g.seed = seed * 65537 + 1;
        gen_cfg(&g);
        gen_break(&g);
        if (check_fix("gen", g.text, g.len, &once, &n, &e) ||
            check_fix("gen", once, n, &twice, &m, &e))
            fail_msg("%s: <<%s>>", e.message, g.text);
        if (n != m || memcmp(once, twice, n))
            fail_msg("<<%s>> fixed <<%s>> again <<%s>>", g.text, once, twice);
        assert_int_equal(xlu_read(g.text, g.len, &a, &e), 0);
        assert_int_equal(xlu_read(once, n, &b, &e), 0);
        if (a.accepted && !b.accepted)
            fail_msg("<<%s>> fixed <<%s>> is refused", g.text, once);
    }
}

static bool same_group(void *user, struct bdf a, struct bdf b)
{
    (void)user;
    return a.bus >= 0x20 && a.bus == b.bus;
}

static bool present(void *user, struct bdf bdf)
{
    (void)user;
    return bdf.bus != 0xee;
}

static char *identity(void *user, struct bdf bdf)
{
    (void)user;
    return bdf.bus == 0xee ? NULL : strdup(bdf.bus == 5 ? "8086:10d3:8086:a01f" : "1:2:3:4");
}

static bool find(void *user, const char *wanted, struct bdf *ret)
{
    (void)user;
    *ret = (struct bdf){ 0, 5, 0, 0 };
    return !strcmp(wanted, "8086:10d3:8086:a01f");
}

static const struct check_host host = {
    .present = present, .identity = identity, .find = find, .same_group = same_group,
};

static void test_together(void **state)
{
    struct check_cfg cfgs[] = {
        read_text("a", P "name='a';pci=['02:00.0','20:01.0']\n"),
        read_text("b", P "name='b';pci=['20:02.0','03:00.0','02:00.*']\n"),
        read_text("a2", P "name='a';pci=['03:00.0','20:01.0']\n"),
    };
    struct err e;

    (void)state;
    assert_int_equal(check_together(cfgs, 3, &host, &e), 0);
    assert_string_equal(findings(&cfgs[0]), "shared-device:W:1:37 split-group:E:1:47");
    assert_string_equal(cfgs[0].notes.v[0].message,
                        "0000:02:00.0 is also in b line 1: one of these guests at a time");
    assert_string_equal(cfgs[0].notes.v[1].message, "0000:20:01.0 cannot be separated from a "
                        "device in b line 1 (0000:20:02.0): one of these guests at a time");
    /* the finding of a's device is in a; two files of one domain are no conflict */
    assert_string_equal(findings(&cfgs[1]), "shared-device:W:1:47 wildcard-vslot:E:1:57");
    assert_string_equal(findings(&cfgs[2]), "");
    for (size_t i = 0; i < 3; i++)
        check_clear(&cfgs[i]);
}

/* One finding names all the files; it is an error only if dom0 starts them. */
static void test_alternatives(void **state)
{
    struct check_cfg cfgs[] = {
        read_text("/etc/xen/auto/a", P "name='a';pci=['02:00.0']\n"),
        read_text("/etc/xen/b", P "name='b';pci=['02:00.0']\n"),
        read_text("/etc/xen/c", P "name='c';pci=['02:00.0']\n"),
        read_text("/etc/xen/auto/d", P "name='d';pci=['04:00.0']\n"),
        read_text("auto/e", P "name='e';pci=['04:00.0']\n"),
    };
    struct err e;

    (void)state;
    assert_int_equal(check_together(cfgs, 5, NULL, &e), 0);
    assert_string_equal(findings(&cfgs[0]), "shared-device:W:1:37");
    assert_non_null(strstr(cfgs[0].notes.v[0].message, "/etc/xen/b line 1, /etc/xen/c line 1"));
    assert_string_equal(findings(&cfgs[1]), "");
    assert_string_equal(findings(&cfgs[3]), "shared-device:E:1:37");
    assert_non_null(strstr(cfgs[3].notes.v[0].message, "auto/e line 1: dom0 starts these"));
    for (size_t i = 0; i < 5; i++)
        check_clear(&cfgs[i]);
}

static void test_host(void **state)
{
    static const char text[] =
        P "\n"
        "# xvtd: 0000:05:00.0 is 8086:10d3:8086:a01f\n"
        "# xvtd: 0000:06:00.0 is 8086:10d3:8086:a01f\n"
        "# xvtd: 0000:07:00.0 is 9:9:9:9\n"
        "# xvtd: 0000:08:00.0 is 9:9:9:9\n"
        "pci=['05:00.0', '06:00.0@7', \"07:00.0\", 'ee:00.0', 'name=x']\n";
    CLEANUP(check_clear) struct check_cfg cfg = read_text("a", text);
    AUTO_FREE char *fixed = NULL;
    struct err e;
    size_t len;

    (void)state;
    assert_int_equal(check_together(&cfg, 1, &host, &e), 0);
    assert_string_equal(findings(&cfg), "identity-changed:E:6:17 identity-changed:E:6:30 "
                        "absent-device:W:6:41");
    assert_string_equal(cfg.notes.v[0].fix, "'0000:05:00.0@7'");
    assert_non_null(strstr(cfg.notes.v[0].message, "is now 0000:05:00.0"));
    assert_null(cfg.notes.v[1].fix);
    /* a proposal is not carried out */
    assert_int_equal(check_fix("a", text, strlen(text), &fixed, &len, &e), 0);
    assert_string_equal(fixed, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_fix_settles),
        cmocka_unit_test(test_together),
        cmocka_unit_test(test_alternatives),
        cmocka_unit_test(test_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
