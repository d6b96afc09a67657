/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cfg commands that change files, on a made-up machine, up to their exit codes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

/* The commands belong to a layer above this one: taken in whole, their program faked. */
#include "../../../libxl-plugin/commands/cmd_cfg.c"
#include "../../../libxl-plugin/commands/cmd_cfg_host.c"

/* Of dom0's next boot: see xl/test_boot. */
void boot_hint(const struct xvtd *x, const struct spec *specs, size_t n)
{
    (void)x;
    (void)specs;
    (void)n;
}
#include "fake_program.h"

static int add(struct fake_program *p, const char *options, const char *specs)
{
    return fake_run(p, &cmd_cfg_add, options, specs);
}

static int take(struct fake_program *p, const char *specs)
{
    return fake_run(p, &cmd_cfg_remove, "", specs);
}

#define FILE_TEXT "name = 'vm1'\npci = [ '03:00.0' ] # nics\n"

static int setup(void **state)
{
    static struct fake_program p;

    *state = &p;
    fake_open(&p);
    fake_put(&p, "vm.cfg", FILE_TEXT);
    fake_device(&p, "0000:02:00.0", "8086", "10d3", 0x1b21ffff8a2c4d00ULL);
    fake_device(&p, "0000:03:00.0", "8086", "10fb", 0);
    return 0;
}

static int teardown(void **state)
{
    fake_close(*state);
    return 0;
}

static void test_add(void **state)
{
    struct fake_program *p = *state;

    assert_int_equal(add(p, "", "0:2:0.0@7"), 0);
    assert_string_equal(p->out, "vm.cfg: 0000:02:00.0: added\n");
    fake_assert_text(p, "vm.cfg", "name = 'vm1'\npci = [ '03:00.0', '02:00.0@7' ] # nics\n");
    assert_int_equal(add(p, "", "02:00.0"), 0);
    assert_non_null(strstr(p->out, "already in the list as '02:00.0@7'"));
    assert_int_equal(add(p, "", "02:00.0@8"), XV_REFUSED);
    assert_non_null(strstr(p->e.hint, "--replace"));
    assert_int_equal(add(p, "--replace", "02:00.0@8"), 0);
    fake_assert_text(p, "vm.cfg", "name = 'vm1'\npci = [ '03:00.0', '02:00.0@8' ] # nics\n");
    assert_string_equal(p->notes, "");
    assert_int_equal(add(p, "", "09:00.0"), 0);
    assert_string_equal(p->notes, "absent 0000:09:00.0\n");
    assert_int_equal(take(p, "02:00.* 9:0.0 name=x"), 0);
    assert_string_equal(p->out, "vm.cfg: 0000:02:00.*: removed\nvm.cfg: 0000:09:00.0: removed\n"
                        "vm.cfg: x: already not in the list\n");
    fake_assert_text(p, "vm.cfg", FILE_TEXT);
    /* all or nothing */
    assert_int_equal(add(p, "", "02:00.0 03:00.0@4"), XV_REFUSED);
    fake_assert_text(p, "vm.cfg", FILE_TEXT);
}

/* A device for which xl would refuse the guest needs --allow; old faults only cause notes. */
static void test_faults(void **state)
{
    static const struct {
        const char *text, *spec, *kind;
    } cases[] = {
        { "type='pvh'\n", "02:00.0", "pvh" },
        { "passthrough='Disabled'\n", "02:00.0", "passthrough-disabled" },
        { "type='hvm'\nmemory=1\nmaxmem=2\n", "02:00.0", "populate-on-demand" },
        { "type='hvm'\npci=['03:00.*']\n", "02:00.*", "wildcard-vslot" },
    };
    struct fake_program *p = *state;
    char option[64];

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        fake_put(p, "vm.cfg", cases[i].text);
        assert_int_equal(add(p, "", cases[i].spec), XV_REFUSED);
        assert_string_equal(p->e.kind, cases[i].kind);
        fake_assert_text(p, "vm.cfg", cases[i].text);
        snprintf(option, sizeof(option), "--allow=%s", cases[i].kind);
        assert_non_null(strstr(p->e.hint, option));
        assert_int_equal(add(p, option, cases[i].spec), 0);
        assert_non_null(strstr(p->notes, cases[i].kind));
        assert_int_equal(add(p, "", "03:00.0"), 0);
        assert_non_null(strstr(p->notes, cases[i].kind));
    }
    fake_put(p, "vm.cfg", "type='pvh'\n");
    assert_int_equal(add(p, "--allow=wildcard-vslot", "02:00.0"), XV_REFUSED);
    assert_int_equal(add(p, "--allow=everything", "02:00.0"), XV_USAGE);
}

static void test_bad_operands(void **state)
{
    static const char *const specs[] = { "02:00.0@0", "02:00.0@20", "02:00.0,permissive=yes",
                                         "02:00", "nonsense", "10000:02:00.0", "" };
    struct fake_program *p = *state;

    for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
        assert_int_equal(add(p, "", specs[i]), XV_USAGE);
        fake_assert_text(p, "vm.cfg", FILE_TEXT);
    }
    assert_int_equal(take(p, "02:00.9"), XV_USAGE);
    assert_int_equal(take(p, ""), XV_USAGE);
}

static void test_dry_run(void **state)
{
    struct fake_program *p = *state;

    p->x.dry_run = true;
    assert_int_equal(add(p, "", "02:00.0"), 0);
    assert_string_equal(p->out, "-pci = [ '03:00.0' ] # nics\n"
                                "+pci = [ '03:00.0', '02:00.0' ] # nics\n");
    p->x.json = true;
    assert_int_equal(add(p, "", "02:00.0 03:00.0"), 0);
    assert_non_null(strstr(p->out, "\"step\": \"cfg-add\""));
    assert_non_null(strstr(p->out, "\"undo\": \"cfg remove vm.cfg 0000:02:00.0\""));
    assert_null(strstr(p->out, "03:00.0")); /* it is there already */
    fake_assert_text(p, "vm.cfg", FILE_TEXT);
}

static void test_json(void **state)
{
    struct fake_program *p = *state;

    p->x.json = true;
    assert_int_equal(add(p, "", "02:00.0@7"), 0);
    assert_non_null(strstr(p->out, "\"bdf\": \"0000:02:00.0\""));
    assert_non_null(strstr(p->out, "\"status\": \"done\""));
    assert_non_null(strstr(p->out, "\"vslot\": \"0x07\""));
    assert_int_equal(take(p, "05:00.0"), 0);
    assert_non_null(strstr(p->out, "\"status\": \"already\""));
    assert_non_null(strstr(p->out, "\"vslot\": null"));
}

/* A name that the cfg has, else the device of that name. */
static void test_remove_named(void **state)
{
    struct fake_program *p = *state;

    assert_int_equal(take(p, "nobody uplink0"), 0);
    fake_assert_text(p, "vm.cfg", "name = 'vm1'\npci = [ ] # nics\n");
    assert_non_null(strstr(p->out, "0000:03:00.0: removed"));
    fake_put(p, "vm.cfg", "pci = [ 'name=uplink0', '03:00.0' ]\n");
    assert_int_equal(take(p, "uplink0"), 0);
    fake_assert_text(p, "vm.cfg", "pci = [ '03:00.0' ]\n");
}

static void test_identity(void **state)
{
    struct fake_program *p = *state;

    assert_int_equal(add(p, "--identity", "02:00.0 03:00.0"), 0);
    fake_assert_text(p, "vm.cfg", "name = 'vm1'\n"
        "# xvtd: 0000:02:00.0 is 8086:10d3:1234:5678 serial 00-1b-21-ff-ff-8a-2c-4d\n"
        "# xvtd: 0000:03:00.0 is 8086:10fb:1234:5678\n"
        "pci = [ '03:00.0', '02:00.0' ] # nics\n");
    assert_int_equal(take(p, "02:00.0 03:00.0"), 0);
    fake_assert_text(p, "vm.cfg", "name = 'vm1'\npci = [ ] # nics\n");
}

static void test_first_device(void **state)
{
    struct fake_program *p = *state;

    fake_put(p, "vm.cfg", "name = 'vm1'\n");
    assert_int_equal(add(p, "--no-passthrough", "02:00.0"), 0);
    fake_assert_text(p, "vm.cfg", "name = 'vm1'\npci = [\n    '0000:02:00.0',\n]\n");
    assert_int_equal(take(p, "02:00.0"), 0);
    assert_int_equal(add(p, "", "02:00.0"), 0);
    assert_int_equal(take(p, "02:00.0"), 0);
    fake_assert_text(p, "vm.cfg", "name = 'vm1'\npassthrough = \"enabled\"\n");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_add),
        TEST(test_bad_operands), TEST(test_faults),
        TEST(test_dry_run),
        TEST(test_json),
        TEST(test_remove_named), TEST(test_identity),
        TEST(test_first_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
