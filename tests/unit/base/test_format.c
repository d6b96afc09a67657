/* SPDX-License-Identifier: GPL-2.0-or-later */
/* format.h: which versions are read, and the errors for the others. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/format.h"

static const struct format format = { "xvtd-things", "a file of things", 2, 3 };

static void test_read(void **state)
{
    unsigned version = 0;
    struct err e;

    (void)state;
    assert_int_equal(format_read(&format, "xvtd-things/2", &version, &e), 0);
    assert_int_equal(version, 2);
    assert_int_equal(format_read(&format, FORMAT_STR(&format, 3), &version, &e), 0);
    assert_int_equal(version, 3);
}

static void test_others(void **state)
{
    static const char *const others[] = { "xvtd-things/1", "xvtd-things/4", "xvtd-things/999999" };
    unsigned version = 7;
    struct err e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        assert_int_equal(format_read(&format, others[i], &version, &e), -EPROTO);
        assert_int_equal(e.code, XV_REFUSED);
        assert_string_equal(e.kind, "version");
        assert_true(*e.hint);
    }
    assert_int_equal(version, 7);
}

static void test_nonsense(void **state)
{
    static const char *const texts[] = {
        NULL, "", "xvtd-things", "xvtd-things/", "xvtd-things/x", "xvtd-things/-2", "xvtd-things/02",
        "xvtd-things/2 ", "xvtd-things/2.1", "xvtd-things/1000002", "xvtd-thing/2", "things/2",
    };
    unsigned version = 7;
    struct err e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_int_equal(format_read(&format, texts[i], &version, &e), -EBADMSG);
        assert_string_equal(e.kind, "refused");
    }
    assert_int_equal(version, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_nonsense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
