/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wire.h: what another host says is read, or refused; made-up lines by the thousand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "migrate/wire.h"
#include "wire_laws.h"

static uint32_t seed;

static uint32_t any(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(seed >> 4) * below >> 28);
}

/* Some bytes changed, taken out or doubled. */
static size_t damage(uint8_t *bytes, size_t len, size_t size)
{
    static const char pieces[] = "{}[]\",:\\0123456789abcdefx/.-\x1b\x80\xc2\x9b";

    for (uint32_t n = any(4); n; n--) {
        size_t at = 1 + any((uint32_t)len - 1), some = 1 + any(24);

        if (some > len - at)
            some = len - at;
        switch (any(4)) {
        case 0:
            bytes[at] = (uint8_t)any(256);
            break;
        case 1:
            bytes[at] = (uint8_t)pieces[any(sizeof(pieces) - 1)];
            break;
        case 2:
            if (len - some < 2)
                break;
            memmove(bytes + at, bytes + at + some, len - at - some);
            len -= some;
            break;
        case 3:
            if (len + some > size)
                break;
            memmove(bytes + at + some, bytes + at, len - at);
            len += some;
            break;
        }
    }
    return len;
}

static void test_laws(void **state)
{
    uint8_t bytes[4096];

    (void)state;
    for (seed = 1; seed < 40000;) {
        uint32_t next = seed + 1;
        const char *sample = wire_laws_sample(seed % WIRE_LAWS_SAMPLES);
        size_t len = strlen(sample);

        memcpy(bytes, sample, len);
        wire_laws(bytes, damage(bytes, len, sizeof(bytes)));
        seed = next;
    }
}

/* The samples make sense, so that what is made of them nearly does. */
static void test_samples(void **state)
{
    const char *text = wire_laws_sample(0) + 1;
    struct answer answer;
    struct order order;
    struct err e;

    (void)state;
    if (answer_read(text, strlen(text), &answer, &e))
        fail_msg("%s", e.message);
    assert_int_equal(answer.plan.n, 2);
    assert_int_equal(step_guest(&answer.plan.steps[0])->pci.vslot, 7);
    assert_string_equal(answer.plan.steps[1].message, "no \\u001b[0m\\u000asuch device");
    assert_int_equal(step_guest(&answer.plan.steps[1])->pci.vfunc, 3);
    assert_int_equal(answer.error.code, XV_INCOMPLETE);
    assert_string_equal(answer.error.message, "left\\u0007");
    assert_string_equal(answer.error.hint, "h");
    answer_clear(&answer);
    text = wire_laws_sample(1) + 1;
    if (order_read(text, strlen(text), &order, &e))
        fail_msg("%s", e.message);
    assert_int_equal(order.kind, ORDER_CHECK);
    assert_int_equal(order.manifest.devices[0].pci.vslot, 7);
    assert_string_equal(order.maps[0], "2:0.0=3:0.0");
    order_clear(&order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_laws),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
