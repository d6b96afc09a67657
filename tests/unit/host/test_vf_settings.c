/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words that set up a virtual function. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vf/vf_settings.h"

#define ALL "mac=52:54:00:aa:00:01 vlan=4094 trust=on spoofchk=off rate=4294967295"

static struct vf_settings parse(const char *text)
{
    struct vf_settings s;
    struct err e;

    if (vf_settings_parse(text, &s, &e))
        fail_msg("%s: %s", text, e.message);
    return s;
}

static void test_words(void **state)
{
    static const char *const same[] = { "", ALL, "vlan=0 rate=0", "trust=off spoofchk=on" };
    struct vf_settings s;

    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
        s = parse(same[i]);
        assert_string_equal(VF_SETTINGS_STR(&s), same[i]);
    }
    s = parse("  rate=10\tvlan=7 mac=52:54:00:AA:bb:0C ");
    assert_string_equal(VF_SETTINGS_STR(&s), "mac=52:54:00:aa:bb:0c vlan=7 rate=10");
    assert_true(vf_settings_word("vlan=x"));
    assert_false(vf_settings_word("vlan"));
    assert_false(vf_settings_word("01:10.0"));
}

static void test_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        { "mac=53:54:00:aa:00:01", "multicast" },
        { "mac=ff:ff:ff:ff:ff:ff", "multicast" },
        { "mac=00:00:00:00:00:00", "zeros" },
        { "mac=52:54:00:aa:00", "expected a MAC" },
        { "mac=52:54:00:aa:00:1", "expected a MAC" },
        { "mac=52:54:00:aa:00:001", "expected a MAC" },
        { "mac=52-54-00-aa-00-01", "expected a MAC" },
        { "mac=525:4:00:aa:00:01", "expected a MAC" },
        { "mac= 2:54:00:aa:00:01", "expected a MAC" },
        { "vlan=4095", "1 to 4094" },
        { "vlan=-1", "1 to 4094" },
        { "vlan=", "1 to 4094" },
        { "vlan=7x", "1 to 4094" },
        { "trust=yes", "on or off" },
        { "spoofchk=1", "on or off" },
        { "rate=4294967296", "Mbit/s" },
        { "rate=99999999999999999999", "Mbit/s" },
        { "vlan=1 vlan=1", "given twice" },
        { "speed=1", "expected mac=" },
        { "x", "expected mac=" },
    };
    struct vf_settings s;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        if (!vf_settings_parse(bad[i].text, &s, &e) || e.code != XV_USAGE ||
            !strstr(e.message, bad[i].why))
            fail_msg("%s: not refused with '%s'", bad[i].text, bad[i].why);
    }
}

static void test_differ(void **state)
{
    struct vf_settings want = parse(ALL), is = parse(ALL), more = parse("vlan=1 trust=off");
    struct err e;

    (void)state;
    assert_int_equal(vf_settings_differ(&want, &is), 0);
    vf_settings_over(&is, &more);
    assert_string_equal(VF_SETTINGS_STR(&is), "mac=52:54:00:aa:00:01 vlan=1 trust=off spoofchk=off "
                        "rate=4294967295");
    assert_int_equal(vf_settings_differ(&want, &is), VF_VLAN | VF_TRUST);
    assert_int_equal(vf_settings_differ(&more, &is), 0);
    is.has = 0; /* its driver has no settings */
    assert_int_equal(vf_settings_differ(&more, &is), VF_VLAN | VF_TRUST);
    more = parse("mac=52:54:00:aa:00:02");
    assert_int_equal(vf_settings_apart(&want, &more, &e), 0);
    assert_int_not_equal(vf_settings_apart(&want, &want, &e), 0);
    assert_int_equal(e.code, XV_USAGE);
    more = parse("vlan=1");
    assert_int_equal(vf_settings_apart(&more, &more, &e), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
