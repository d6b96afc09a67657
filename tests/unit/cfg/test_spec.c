/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cfg/spec.h"
#include "cfg/xlu_check.h"

static struct spec parse(const char *text)
{
    struct spec spec;
    struct err e;

    if (spec_parse(text, &spec, &e))
        fail_msg("%s", e.message);
    if (xlu_verify_spec(text, &spec, &e))
        fail_msg("%s", e.message);
    return spec;
}

static void test_forms(void **state)
{
    static const struct {
        const char *text, *device, *full, *brief;
        unsigned vslot;
    } cases[] = {
        { "02:00.0", "0000:02:00.0", "0000:02:00.0", "02:00.0", 0 },
        { "2:0.0", "0000:02:00.0", "0000:02:00.0", "02:00.0", 0 },
        { "0:2:0.0", "0000:02:00.0", "0000:02:00.0", "02:00.0", 0 },
        { "0000:02:00.*@7", "0000:02:00.*", "0000:02:00.*@7", "02:00.*@7", 7 },
        { "1:02:1f.7@0x1f", "0001:02:1f.7", "0001:02:1f.7@1f", "0001:02:1f.7@1f", 31 },
        { "02:00.0,vslot=1A", "0000:02:00.0", "0000:02:00.0@1a", "02:00.0@1a", 26 },
        { "bdf=02:00.0,vslot=8,", "0000:02:00.0", "0000:02:00.0@8", "02:00.0@8", 8 },
        { "name=uplink0,vslot=8", "uplink0", "name=uplink0,vslot=8", "name=uplink0,vslot=8", 8 },
        { "02:00.0@7,seize=1,permissive=0", "0000:02:00.0",
          "0000:02:00.0@7,permissive=0,seize=1", "02:00.0@7,permissive=0,seize=1", 7 },
        { "02:00.0,rdm_policy=relaxed,power_mgmt=1,msitranslate=1", "0000:02:00.0",
          "0000:02:00.0,msitranslate=1,power_mgmt=1,rdm_policy=relaxed",
          "02:00.0,msitranslate=1,power_mgmt=1,rdm_policy=relaxed", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        AUTO_SPEC struct spec spec = parse(cases[i].text), again = { .has_bdf = false };
        AUTO_FREE char *full = spec_format(&spec, true), *brief = spec_format(&spec, false);
        char buf[BDF_TEXT_MAX];

        assert_string_equal(spec_device(&spec, buf), cases[i].device);
        assert_int_equal(spec.vslot, cases[i].vslot);
        assert_string_equal(full, cases[i].full);
        assert_string_equal(brief, cases[i].brief);
        again = parse(brief);
        assert_true(spec_same_device(&spec, &again));
        assert_true(spec_satisfies(&spec, &again) && spec_satisfies(&again, &spec));
        spec_clear(&again);
    }
}

static void test_switches(void **state)
{
    AUTO_SPEC struct spec spec = parse("02:00.0,permissive=1,msitranslate=0,rdm_policy=strict");

    (void)state;
    assert_int_equal(spec.permissive, SPEC_ON);
    assert_int_equal(spec.msitranslate, SPEC_OFF);
    assert_int_equal(spec.seize, SPEC_UNSET);
    assert_int_equal(spec.power_mgmt, SPEC_UNSET);
    assert_int_equal(spec.rdm_policy, RDM_STRICT);
    assert_int_equal(spec.n_pairs, 3);
}

/* Traps: refused from a person; kind of the first note; what the hint proposes. */
static const struct {
    const char *text, *kind, *mended;
    bool accepted;
} traps[] = {
    { "02:00.0,permissive=yes", "not-boolean", "02:00.0,permissive=1", true },
    { "02:00.0,permissive=False", "not-boolean", "02:00.0,permissive=0", true },
    { "02:00.0,seize=2", "not-boolean", "02:00.0,seize=1", true },
    { "02:00.0,permissive=perhaps", "not-boolean", NULL, true },
    { "02:00.0,permissive=", "not-boolean", NULL, true },
    { "02:00.0@0", "vslot-zero", "02:00.0", true },
    { "02:00.0,vslot=0x00", "vslot-zero", "02:00.0", true },
    { "02:00.0,permissive=1,permissive=1", "repeated-key", "02:00.0,permissive=1", true },
    { "02:00.0,permissive=1,permissive=0", "repeated-key", NULL, true },
    { "02:00.0@7,vslot=8", "repeated-key", NULL, true },
    { "02:00.0,bdf=03:00.0", "repeated-key", NULL, true },
    { "03:00.0, permissive=1", "spec-space", "03:00.0,permissive=1", false },
    { " 03:00.0", "spec-space", "03:00.0", false },
    { "03:00.0 ", "spec-space", "03:00.0", false },
    { "03:00.0@7 ,seize=1", "spec-space", "03:00.0@7,seize=1", false },
    { "03:00.0\xc2\xa0", "spec-rest", "03:00.0", false },
    { "36:00.0@20", "vslot-over", NULL, false },
    { "36:00.0,vslot=20", "vslot-over", NULL, false },
    { "02:00.0@", "spec-vslot", NULL, false },
    { "02:00.0@x", "spec-vslot", NULL, false },
    { "02:00.0,vslot=7x", "ignored-text", NULL, true },
    { "02:00.0@7x", "spec-rest", NULL, false },
    { "10000:e1:00.0", "segment-over", NULL, false },
    { "bdf=10000:e1:00.0", "segment-over", NULL, false },
    { "02:00.0,,seize=1", "spec-empty", "02:00.0,seize=1", false },
    { "02:00.0,seize", "not-a-pair", NULL, false },
    { "02:00.0,unheard=1", "unknown-key", NULL, false },
    { "02:00.0,Permissive=1", "unknown-key", "02:00.0,permissive=1", false },
    { "02:00.0,power-mgmt=1", "unknown-key", "02:00.0,power_mgmt=1", false },
    { "02:00.0,name=nic", "bdf-and-name", NULL, false },
    { "permissive=1", "no-device", NULL, false },
    { "name=", "spec-name", NULL, false },
    { "", "spec-empty", NULL, false },
    { "02:00", "no-function", NULL, false },
    { "bdf=02:00", "no-function", NULL, false },
    { "02:20.0", "spec-bdf", NULL, false },
    { "02:00.8", "spec-bdf", NULL, false },
    { "uplink0", "spec-bdf", NULL, false },
    { "02: 00.0", "odd-bdf", "02:00.0", true },
    { "02:0x1f.7", "odd-bdf", "02:1f.7", true },
    { "0x02:00.0", "spec-bdf", "02:00.0", false },
    { "100000002:00.0", "odd-bdf", NULL, true },
    { "02:00.0@-0", "vslot-zero", NULL, true },
    { "02:00.0@+7", "odd-vslot", NULL, true },
    { "bdf=02:00.0@7", "ignored-text", "bdf=02:00.0,vslot=7", true },
    { "bdf=02:00.0 ,seize=1", "ignored-text", "bdf=02:00.0,seize=1", true },
    { "02:00.0,rdm_policy=Relaxed", NULL, NULL, true },
    { "02:00.0,rdm_policy=host", "spec-rdm", NULL, false },
};

static void test_traps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(traps) / sizeof(*traps); i++) {
        const char *text = traps[i].text;
        AUTO_SPEC struct spec spec = { .has_bdf = false };
        AUTO_NOTES struct notes notes = { NULL, 0 };
        AUTO_FREE char *mended = spec_mend(text);
        struct err e;
        bool accepted;

        assert_int_equal(spec_read(text, &spec, &accepted, &notes), 0);
        if (accepted != traps[i].accepted)
            fail_msg("'%s': accepted is %d", text, accepted);
        if (!traps[i].kind) {
            assert_int_equal(notes.n, 0);
            continue;
        }
        assert_int_not_equal(notes.n, 0);
        if (strcmp(notes.v[0].kind, traps[i].kind))
            fail_msg("'%s': %s (%s)", text, notes.v[0].kind, notes.v[0].message);
        assert_true(notes.v[0].offset + notes.v[0].length <= strlen(text));
        assert_int_equal(notes.v[0].severity,
                         accepted ? SEVERITY_WARNING : SEVERITY_ERROR);
        if (!!mended != !!traps[i].mended ||
            (mended && strcmp(mended, traps[i].mended)))
            fail_msg("'%s' is mended as '%s'", text, mended ? mended : "(not)");

        memset(&e, 0, sizeof(e));
        assert_int_not_equal(spec_parse(text, &spec, &e), 0);
        assert_int_equal(e.code, XV_USAGE);
        assert_non_null(strstr(e.message, notes.v[0].message));
        if (mended)
            assert_non_null(strstr(e.hint, mended));
    }
}

static void test_overlap(void **state)
{
    static const struct {
        const char *a, *b;
        bool overlap, same;
    } cases[] = {
        { "02:00.0", "0000:02:00.0@7", true, true },
        { "02:00.0", "02:00.1", false, false },
        { "02:00.*", "02:00.1", true, false },
        { "02:00.*", "02:00.*", true, true },
        { "02:00.*", "02:01.*", false, false },
        { "02:00.0", "1:02:00.0", false, false },
        { "name=a", "name=a", true, true },
        { "name=a", "name=b", false, false },
        { "name=a", "02:00.0", false, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        AUTO_SPEC struct spec a = parse(cases[i].a), b = parse(cases[i].b);

        assert_int_equal(spec_overlap(&a, &b), cases[i].overlap);
        assert_int_equal(spec_overlap(&b, &a), cases[i].overlap);
        assert_int_equal(spec_same_device(&a, &b), cases[i].same);
    }
}

static void test_satisfies(void **state)
{
    AUTO_SPEC struct spec there = parse("02:00.0@7,permissive=1,rdm_policy=strict");
    AUTO_SPEC struct spec bare = parse("02:00.0"), slot = parse("02:00.0@8"),
                          off = parse("02:00.0,permissive=0"),
                          policy = parse("02:00.0,rdm_policy=relaxed"),
                          seize = parse("02:00.0,seize=0");

    (void)state;
    assert_true(spec_satisfies(&there, &bare));
    assert_true(spec_satisfies(&there, &there));
    assert_false(spec_satisfies(&there, &slot));
    assert_false(spec_satisfies(&there, &off));
    assert_false(spec_satisfies(&there, &policy));
    assert_false(spec_satisfies(&there, &seize));
    assert_false(spec_satisfies(&bare, &there));
}

static void test_copy(void **state)
{
    AUTO_SPEC struct spec spec = parse("name=nic,vslot=3,seize=1"), copy;
    AUTO_FREE char *text = NULL;

    (void)state;
    assert_int_equal(spec_copy(&copy, &spec), 0);
    spec_clear(&spec);
    text = spec_format(&copy, true);
    assert_string_equal(text, "name=nic,vslot=3,seize=1");
}

static uint32_t seed;

static unsigned pick(unsigned n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* Law: spec_read() reads a text as libxlutil does. */
static void test_agrees_with_libxlutil(void **state)
{
    static const char *const atoms[] = {
        "02:00.0", "0000:02:00.0", "0:2:0.0", "02:00.*", "10000:1:2.3", "ff:1f.7", "100:0.0",
        "@7", "@07", "@0x1f", "@20", "@0", "@", ",", ",", ",", "=", "permissive", "msitranslate",
        "seize", "power_mgmt", "rdm_policy", "name", "bdf", "vslot", "bdf=", "vslot=", "name=x",
        "=1", "=0", "=yes", "= 1", "=-1", "=strict", "=RELAXED", "=invalid", " ", "\t", "0x", "x",
        "+", "-", ".", ":", "*", "1", "f", "G", "00000000", "123456789a", "\xe2\x80\x98", "key=v",
    };
    size_t accepted_count = 0;

    (void)state;
    seed = 4;
    for (int round = 0; round < 200000; round++) {
        char text[256] = "";
        AUTO_SPEC struct spec spec = { .has_bdf = false };
        AUTO_NOTES struct notes notes = { NULL, 0 };
        bool accepted, skip = false;
        struct err e;

        if (pick(3))
            strcat(text, atoms[pick(7)]);
        for (unsigned n = pick(9); n > 0; n--)
            strcat(text, atoms[pick(sizeof(atoms) / sizeof(*atoms))]);
        assert_int_equal(spec_read(text, &spec, &accepted, &notes), 0);
        for (size_t i = 0; i < notes.n; i++)
            skip = skip || !strcmp(notes.v[i].kind, "no-function") ||
                   !strcmp(notes.v[i].kind, "spec-name") ||
                   (!strcmp(notes.v[i].kind, "spec-rdm") && strstr(text, "=invalid"));
        if (skip) /* refused by us for a reason that xl's parser does not have */
            continue;
        accepted_count += accepted;
        if (xlu_verify_spec(text, &spec, &e) != (accepted ? 0 : -22) ||
            (!accepted && !strstr(e.message, "does not accept")))
            fail_msg("'%s': we say %d, libxlutil differs: %s", text, accepted, e.message);
    }
    assert_true(accepted_count > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_switches),
        cmocka_unit_test(test_traps),
        cmocka_unit_test(test_overlap),
        cmocka_unit_test(test_satisfies),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_agrees_with_libxlutil),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
