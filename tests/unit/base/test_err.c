/* SPDX-License-Identifier: GPL-2.0-or-later */
/* err.h, and the growing array of cleanup.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/err.h"

static void test_set(void **state)
{
    static const char *const kinds[] = {
        [XV_OK] = "ok", [XV_FAILED] = "failed", [XV_USAGE] = "usage",
        [XV_REFUSED] = "refused", [XV_NOT_FOUND] = "not-found",
        [XV_INCOMPLETE] = "incomplete", [XV_CANNOT] = "environment",
    };
    struct err e = { .hint = "an old one" };

    (void)state;
    for (int code = XV_OK; code <= XV_CANNOT; code++) {
        assert_int_equal(err_set(&e, (enum exit_code)code, EBUSY, "attach %s: %d", "02:00.0", 7),
                         -EBUSY);
        assert_int_equal(e.code, code);
        assert_string_equal(e.kind, kinds[code]);
        assert_string_equal(e.message, "attach 02:00.0: 7");
        assert_string_equal(e.hint, "");
    }
    assert_int_equal(err_set(&e, XV_FAILED, 0, "x"), -EINVAL);
    assert_int_equal(err_sys(&e, XV_CANNOT, EACCES, "open %s", "/x"), -EACCES);
    assert_string_equal(e.message, "open /x: Permission denied");
    assert_int_equal(err_nomem(&e), -ENOMEM);
    assert_string_equal(e.message, "out of memory");
    assert_int_equal(e.code, XV_FAILED);
}

static void test_parts(void **state)
{
    struct err e;

    (void)state;
    err_set(&e, XV_REFUSED, 0, "cause");
    err_prefix(&e, "%s", "object");
    err_prefix(&e, "intent");
    err_append(&e, " (%d more)", 2);
    err_hint(&e, "do %s", "this");
    err_kind(&e, "in-use");
    assert_string_equal(e.message, "intent: object: cause (2 more)");
    assert_string_equal(e.hint, "do this");
    assert_string_equal(e.kind, "in-use");
    assert_int_equal(e.code, XV_REFUSED);
}

/* Texts of any length end inside their arrays. */
static void test_too_long(void **state)
{
    char text[5000];
    struct err e;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    err_set(&e, XV_FAILED, 0, "%s", text);
    assert_int_equal(strlen(e.message), sizeof(e.message) - 1);
    err_append(&e, "%s", text);
    assert_int_equal(strlen(e.message), sizeof(e.message) - 1);
    err_prefix(&e, "%s", text);
    assert_int_equal(strlen(e.message), sizeof(e.message) - 1);
    err_hint(&e, "%s", text);
    assert_int_equal(strlen(e.hint), sizeof(e.hint) - 1);
    err_set(&e, XV_FAILED, 0, "%s", text);
    err_prefix(&e, "02:00.0");
    assert_int_equal(strncmp(e.message, "02:00.0: xxx", 12), 0);
    err_sys(&e, XV_FAILED, EIO, "%s", text);
    assert_int_equal(strlen(e.message), sizeof(e.message) - 1);
}

static void test_array(void **state)
{
    AUTO_FREE int *array = NULL;

    (void)state;
    for (size_t n = 0; n < 1000; n++) {
        assert_int_equal(ARRAY_GROW(array, n), 0);
        array[n] = (int)n;
    }
    for (size_t n = 0; n < 1000; n++)
        assert_int_equal(array[n], n);
}

/* The object comes before the message; an output with a column for it prints the rest alone. */
static void test_object(void **state)
{
    struct err e;

    (void)state;
    err_on(&e, XV_FAILED, EIO, "0000:02:00.0", "no %s", "reset");
    assert_string_equal(e.object, "0000:02:00.0");
    assert_string_equal(err_cause(&e, "0000:02:00.0"), "no reset");
    assert_string_equal(err_cause(&e, "0000:02:00.1"), "0000:02:00.0: no reset");
    err_object(&e, "0000:02:00.1");
    assert_string_equal(e.message, "0000:02:00.0: no reset");
    err_set(&e, XV_FAILED, EIO, "%s: libxl says: %s", "attach it", "no");
    assert_string_equal(e.object, "");
    err_object(&e, "vm1");
    assert_string_equal(e.message, "vm1: attach it: libxl says: no");
    assert_string_equal(e.object, "vm1");
    err_about(&e, "vm2");
    assert_string_equal(e.message, "vm1: attach it: libxl says: no");
    assert_string_equal(e.object, "vm2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_object),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_array),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
