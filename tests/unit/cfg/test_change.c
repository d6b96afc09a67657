/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../fake/fake_record.h"
#include "cfg/cfg_change.h"
#include "cfg/xlu_check.h"
#include "gen.h"
#include "shim.h"

#define ENABLED "passthrough = \"enabled\"\n"

static struct spec parse(const char *text)
{
    struct spec spec;
    struct err e;

    if (spec_parse(text, &spec, &e))
        fail_msg("%s", e.message);
    return spec;
}

struct outcome {
    int r;
    struct err e;
    struct cfg_result result;
    char *text;
};

/* `change` with one spec, to add or to remove. */
static struct outcome run(const char *text, const char *verb, const char *spec_text,
                          struct cfg_change change)
{
    AUTO_SPEC struct spec spec = parse(spec_text);
    struct outcome o = { .text = NULL };
    size_t len = 0;

    if (!strcmp(verb, "add")) {
        change.add = &spec;
        change.n_add = 1;
    } else {
        change.remove = &spec;
        change.n_remove = 1;
    }
    o.r = cfg_change_text(&change, "vm.cfg", text, strlen(text), &o.text, &len, &o.result, &o.e);
    assert_true(o.r || len == strlen(o.text));
    return o;
}

static void test_changes(void **state)
{
    static const struct {
        const char *before, *verb, *spec, *after, *message;
    } cases[] = {
        { "", "add", "0:2:0.0@7", "passthrough = \"enabled\"\npci = [\n    \"0000:02:00.0@7\",\n]\n",
          "added" },
        { "pci=[]\n", "add", "02:00.0", "pci=[\"0000:02:00.0\"]\n" ENABLED, "added" },
        { "passthrough='disabled'\npci=[]\n", "add", "02:00.0",
          "passthrough='disabled'\npci=['0000:02:00.0']\n", "added" },
        { "pci=['03:00.0']\n", "add", "0000:02:00.0@7,seize=1",
          "pci=['03:00.0', '02:00.0@7,seize=1']\n", "added" },
        { "pci=['0000:03:00.0']\n", "add", "2:0.0", "pci=['0000:03:00.0', '0000:02:00.0']\n",
          "added" },
        { "pci=['03:00.0']\n", "add", "1:2:0.0", "pci=['03:00.0', '0001:02:00.0']\n", "added" },
        { "pci=['name=a']\n", "add", "name=b,vslot=7", "pci=['name=a', 'name=b,vslot=7']\n",
          "added" },
        { "pci=['02:00.0@7,permissive=1']", "add", "02:00.0",
          "pci=['02:00.0@7,permissive=1']", "already in the list" },
        { "pci=['02:00.*']", "add", "02:00.3", "pci=['02:00.*']", "already in the list" },
        { "pci=['02:00.0', '03:00.0']", "remove", "2:0.0@9", "pci=['03:00.0']", "removed" },
        { "pci=['02:00.0','02:00.3', 'x']", "remove", "02:00.*", "pci=['x']", "removed" },
        { "pci=['02:00.0', '02:00.0@7']", "remove", "02:00.0", "pci=[]", "removed" },
        { "pci=['name=a','02:00.0']", "remove", "name=a", "pci=['02:00.0']", "removed" },
        { "pci=['02:00.0,future=1','03:00.0']", "remove", "03:00.0", "pci=['02:00.0,future=1']",
          "removed" },
        { "pci=['02:00.0']\r\n", "remove", "03:00.0", "pci=['02:00.0']\r\n",
          "already not in the list" },
        { "a=1\r\npci=['02:00.0']\r\n# x", "add", "03:00.0",
          "a=1\r\npci=['02:00.0', '03:00.0']\r\n# x", "added" },
        { "", "remove", "03:00.0", "", "already not in the list" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct outcome o = run(cases[i].before, cases[i].verb, cases[i].spec,
                               (struct cfg_change){ .replace = false });

        if (o.r)
            fail_msg("<<%s>> %s %s: %s", cases[i].before, cases[i].verb, cases[i].spec,
                     o.e.message);
        if (strcmp(o.text, cases[i].after) || !strstr(o.result.message, cases[i].message))
            fail_msg("<<%s>> %s %s: <<%s>> %s", cases[i].before, cases[i].verb, cases[i].spec,
                     o.text, o.result.message);
        assert_int_equal(o.result.status, strncmp(cases[i].message, "already", 7) ? CFG_DONE
                                                                                  : CFG_ALREADY);
        free(o.text);
    }
}

static void test_refusals(void **state)
{
    static const struct {
        const char *text, *verb, *spec;
        enum exit_code code;
        const char *kind;
    } cases[] = {
        { "pci=['02:00.0@7']", "add", "02:00.0@8", XV_REFUSED, "other-options" },
        { "pci=['02:00.0']", "add", "02:00.0,permissive=1", XV_REFUSED, "other-options" },
        { "pci=['03:00.0@7']", "add", "02:00.0@7", XV_REFUSED, "slot-taken" },
        { "pci=['02:00.*']", "add", "02:00.1@5", XV_REFUSED, "covered" },
        { "pci=['02:00.1']", "add", "02:00.*", XV_REFUSED, "covered" },
        { "pci=['02:00.*']", "remove", "02:00.1", XV_REFUSED, "covered" },
        { "type='hvm'", "add", "02:00.1@1", XV_REFUSED, "slot-taken" },
        { "builder='hvm'", "add", "02:00.1@2", XV_REFUSED, "slot-taken" },
        { "pci='02:00.0'", "add", "02:00.1", XV_USAGE, "usage" },
        { "pci=[['02:00.0']]", "add", "02:00.1", XV_USAGE, "usage" },
        { "pci=[", "add", "02:00.1", XV_USAGE, "usage" },
        { "x=$\n", "remove", "02:00.1", XV_OK, "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct outcome o = run(cases[i].text, cases[i].verb, cases[i].spec,
                               (struct cfg_change){ .replace = false });

        if (cases[i].code == XV_OK) {
            assert_int_equal(o.r, 0); /* already not there: nothing to edit */
            free(o.text);
            continue;
        }
        assert_int_not_equal(o.r, 0);
        assert_int_equal(o.e.code, cases[i].code);
        assert_string_equal(o.e.kind, cases[i].kind);
        assert_string_equal(o.e.object, "vm.cfg");
        record_error("xvtd", !strcmp(cases[i].verb, "add") ? "cfg add" : "cfg remove", &o.e);
    }
}

static void test_slots_that_are_free(void **state)
{
    struct outcome o = run("type='hvm'\nxen_platform_pci=0\n", "add", "02:00.0@2",
                           (struct cfg_change){ .no_passthrough = true });

    (void)state;
    assert_int_equal(o.r, 0);
    assert_null(strstr(o.text, "passthrough"));
    free(o.text);
    o = run("", "add", "02:00.0@1", (struct cfg_change){ .no_passthrough = true });
    assert_int_equal(o.r, 0); /* a PV guest's bus is all its own */
    free(o.text);
}

static void test_replace(void **state)
{
    const struct cfg_change change = { .replace = true };
    struct outcome o = run("pci=['02:00.0@7' , 'x'] # c\n", "add", "02:00.0@8,seize=1", change);

    (void)state;
    assert_int_equal(o.r, 0);
    assert_string_equal(o.text, "pci=['0000:02:00.0@8,seize=1' , 'x'] # c\n");
    assert_string_equal(o.result.message, "replaced '02:00.0@7'");
    free(o.text);
    /* its own old slot is no obstacle, but another device's is */
    o = run("pci=['02:00.0@7','03:00.0@8']", "add", "02:00.0@7,seize=1", change);
    assert_int_equal(o.r, 0);
    free(o.text);
    o = run("pci=['02:00.0@7','03:00.0@8']", "add", "02:00.0@8", change);
    assert_int_equal(o.e.code, XV_REFUSED);
}

static char *identity(void *user, struct bdf bdf)
{
    char *text = NULL;

    (void)user;
    if (bdf.func > 1 || asprintf(&text, "8086:10d3:8086:000%x serial 00-1b", bdf.func) < 0)
        return NULL;
    return text;
}

static void test_identity(void **state)
{
    const struct cfg_change change = { .identity = identity, .no_passthrough = true };
    struct outcome o = run("a=1\n", "add", "02:00.*", change), back, again;

    (void)state;
    assert_int_equal(o.r, 0);
    assert_string_equal(o.text, "a=1\npci = [\n"
                        "    # xvtd: 0000:02:00.0 is 8086:10d3:8086:0000 serial 00-1b\n"
                        "    # xvtd: 0000:02:00.1 is 8086:10d3:8086:0001 serial 00-1b\n"
                        "    \"0000:02:00.*\",\n]\n");
    again = run(o.text, "add", "02:00.*", change);
    assert_int_equal(again.r, 0);
    assert_string_equal(again.text, o.text);
    back = run(o.text, "remove", "02:00.*", (struct cfg_change){ .replace = false });
    assert_int_equal(back.r, 0);
    assert_string_equal(back.text, "a=1\n");
    free(o.text);
    free(back.text);
    free(again.text);
}

/* Law: removing what was added gives the text back, but for the passthrough line. */
static void test_add_then_remove(void **state)
{
    size_t edited = 0;

    (void)state;
    for (uint32_t seed = 0; seed < 3000; seed++) {
        static struct gen g;
        const struct cfg_change change = { .no_passthrough = true,
                                           .identity = seed % 2 ? identity : NULL };
        struct outcome o, back, same;

        g.seed = seed * 31337;
        gen_cfg(&g);
        o = run(g.text, "add", "09:00.1@9,msitranslate=0", change);
        if (o.r)
            continue;
        back = run(o.text, "remove", "9:0.1", change);
        if (back.r || strcmp(back.text, g.text))
            fail_msg("<<%s>> became <<%s>>", g.text, back.r ? back.e.message : back.text);
        same = run(o.text, "add", "09:00.1", change);
        assert_int_equal(same.r, 0);
        assert_int_equal(same.result.status, CFG_ALREADY);
        assert_string_equal(same.text, o.text);
        free(o.text);
        free(back.text);
        free(same.text);
        edited++;
    }
    assert_true(edited > 1000);
}

static char dir[] = "/tmp/xvtd-test-change.XXXXXX";

static void put(const char *name, const char *text)
{
    char path[160];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
    char path[160];

    (void)state;
    shim = (struct shim){ .count = 0 };
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    for (const char *const *p = (const char *const[]){ "etc", "etc/xen", "etc/xen/auto", NULL }; *p;
         p++) {
        snprintf(path, sizeof(path), "%s/%s", dir, *p);
        if (mkdir(path, 0755))
            return -1;
    }
    return 0;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    return system(command);
}

static void test_find(void **state)
{
    CLEANUP(root_close_p) struct root *root = NULL;
    AUTO_FREE char *path = NULL;
    char link[160];
    struct err e;

    (void)state;
    put("etc/xen/vm1.cfg", "name = 'vm1'\n");
    put("etc/xen/vm2.cfg", "name = 'vm'\nname += '2'\n");
    put("etc/xen/xl.conf", "# nothing\nvif.default.bridge=\"br0\"\n");
    put("etc/xen/.hidden.cfg", "name = 'vm1'\n");
    snprintf(link, sizeof(link), "%s/etc/xen/auto/10-vm1", dir);
    assert_int_equal(symlink("../vm1.cfg", link), 0);
    assert_int_equal(root_open(&root, dir, &e), 0);
    assert_int_equal(cfg_find(root, "vm1", &path, &e), 0);
    assert_non_null(strstr(path, "/etc/xen/vm1.cfg"));
    free(TAKE_PTR(path));
    assert_int_equal(cfg_find(root, "vm2", &path, &e), 0);
    assert_non_null(strstr(path, "/etc/xen/vm2.cfg"));
    free(TAKE_PTR(path));
    assert_int_not_equal(cfg_find(root, "vm3", &path, &e), 0);
    assert_int_equal(e.code, XV_NOT_FOUND);
    put("etc/xen/auto/old.cfg", "name = \"vm1\"");
    assert_int_not_equal(cfg_find(root, "vm1", &path, &e), 0);
    assert_int_equal(e.code, XV_NOT_FOUND);
    assert_non_null(strstr(e.message, "/etc/xen/vm1.cfg"));
    assert_non_null(strstr(e.message, "/etc/xen/auto/old.cfg"));
}

static void test_file(void **state)
{
    AUTO_SPEC struct spec spec = parse("02:00.0@7");
    const struct cfg_change change = { .add = &spec, .n_add = 1 };
    AUTO_FREE char *diff = NULL;
    struct cfg_result result;
    struct stat before, after;
    char path[160];
    struct err e;

    (void)state;
    put("vm.cfg", "name='vm'\npci = [\n  '03:00.0'\n] # end\nx=1\n");
    snprintf(path, sizeof(path), "%s/vm.cfg", dir);
    stat(path, &before);
    assert_int_equal(cfg_change_file(&change, path, true, &result, &diff, &e), 0);
    assert_string_equal(diff, "-  '03:00.0'\n+  '03:00.0',\n+  '02:00.0@7'\n");
    stat(path, &after);
    assert_int_equal(before.st_ino, after.st_ino);
    free(TAKE_PTR(diff));
    assert_int_equal(cfg_change_file(&change, path, false, &result, NULL, &e), 0);
    stat(path, &after);
    assert_int_not_equal(before.st_ino, after.st_ino);
    stat(path, &before);
    assert_int_equal(cfg_change_file(&change, path, false, &result, &diff, &e), 0);
    assert_int_equal(result.status, CFG_ALREADY);
    assert_string_equal(diff, "");
    stat(path, &after);
    assert_int_equal(before.st_ino, after.st_ino); /* a no-op writes nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_slots_that_are_free),
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_add_then_remove),
        cmocka_unit_test_setup_teardown(test_find, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
