/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cfg/xlu_check.h"

/* A text is confirmed when its list is the intended one, and in no other case. */
static void test_verify(void **state)
{
    static const struct {
        const char *text;
        size_t n;
        const char *items[3];
        const char *cause; /* NULL: confirmed */
    } cases[] = {
        { "pci=['a','b']", 2, { "a", "b" }, NULL },
        { "pci=[]", 0, { NULL }, NULL },
        { "x=1", 0, { NULL }, NULL },
        { "pci=['x']\npci=['a']\npci+=['b']", 2, { "a", "b" }, NULL },
        { "pci=['a','b']", 2, { "b", "a" }, "not the 2 intended" },
        { "pci=['a','b']", 1, { "a" }, "a list of 2 devices, not the 1" },
        { "pci=['a']", 2, { "a", "b" }, "a list of 1 devices" },
        { "pci=['a',['b']]", 1, { "a" }, "a list of 2 devices" },
        { "pci='a'", 1, { "a" }, "a list of 0 devices" },
        { "pci=['a'", 1, { "a" }, "xl would not accept it: cfg:1: config parsing error" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct err e = { .message = "" };
        int r = xlu_verify("vm.cfg", cases[i].text, strlen(cases[i].text), cases[i].items,
                           cases[i].n, &e);

        if (!cases[i].cause) {
            assert_int_equal(r, 0);
            continue;
        }
        assert_int_equal(r, -22);
        assert_int_equal(e.code, XV_FAILED);
        if (!strstr(e.message, cases[i].cause) || !strstr(e.message, "vm.cfg"))
            fail_msg("%s", e.message);
    }
}

/* libxlutil aborts on a NUL byte in a string: it never sees one. */
static void test_nul(void **state)
{
    static const char text[] = "pci=['a\0b']\n";
    CLEANUP(xlu_reading_clear) struct xlu_reading reading = { .accepted = true };
    struct err e;

    (void)state;
    assert_int_equal(xlu_read(text, sizeof(text) - 1, &reading, &e), 0);
    assert_false(reading.accepted);
    assert_null(xlu_string(text, sizeof(text) - 1, "pci"));
}

static void test_verify_spec(void **state)
{
    static const char *const others[] = { "02:00.1", "02:00.*", "02:00.0@8", "02:00.0,seize=1",
                                          "02:00.0,rdm_policy=strict", "03:00.0", "name=x", "" };
    AUTO_SPEC struct spec spec = { .has_bdf = false };
    struct err e;

    (void)state;
    assert_int_equal(spec_parse("2:0.0@7", &spec, &e), 0);
    assert_int_equal(xlu_verify_spec("0000:02:00.0,vslot=7", &spec, &e), 0);
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        assert_int_equal(xlu_verify_spec(others[i], &spec, &e), -22);
        assert_int_equal(e.code, XV_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verify),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_verify_spec),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
