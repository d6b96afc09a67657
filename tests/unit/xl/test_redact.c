/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report loses the text that tells whose machine it is, and keeps the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/redact.h"

static struct err e;

/* Each on a redactor of its own that knows vm1, web-7, a host and a disk. */
static const char *const texts[][2] = {
    /* Names: as words, in any text; the longest first. */
    { "'vm1' has it (vm1)", "'guest-1' has it (guest-1)" },
    { "/var/log/xen/qemu-dm-vm1.log", "/var/log/xen/qemu-dm-guest-1.log" },
    { "web-7 vm10 xvm1 vm1_root", "guest-2 vm10 xvm1 guest-1_root" },
    { "alpha.example.org and alpha", "host-1 and host-2" },
    { "dm-1 (rhel-root)", "dm-1 (disk-1)" },
    { "domain 7, xen, dom0", "domain 7, xen, dom0" },

    /* By their form. */
    { "mac 52:54:00:12:34:56, again 52:54:00:12:34:56", "mac mac-1, again mac-1" },
    { "52-54-00-12-34-56", "mac-1" },
    { "52:54:00:12:34:57 52:54:00:12:34:58", "mac-1 mac-2" },
    { "serial number 52-54-00-ff-ff-12-34-56", "serial number serial-1" },
    { "00000000-0000-4000-8000-000000000001.json", "uuid-1.json" },
    { "eth0 > 192.0.2.17 (address)", "eth0 > ip-1 (address)" },
    { "eth0 > 2001:db8::1 (address)", "eth0 > ip-1 (address)" },
    { "fe80:0:0:0:1:2:3:4", "ip-1" },
    { "root=/dev/mapper/rhel-root ro", "root=path-1 ro" },
    { "vda > /srv/images/vm1.img", "vda > path-1" },
    { "file=/home/ann/a.iso,if=none", "file=path-1,if=none" },

    /* By the words before them. */
    { "vncpasswd = \"hunter2\"", "vncpasswd = \"removed\"" },
    { "vnc=:1,password=hunter2,x", "vnc=:1,password=removed,x" },
    { "{\"serial\": \"S3Z5NX0K\", \"x\": 1}", "{\"serial\": \"serial-1\", \"x\": 1}" },
    { "{\"serial\": null}", "{\"serial\": null}" },
    { "usb 1-1: SerialNumber: AB12CD34", "usb 1-1: SerialNumber: serial-1" },
    { "Serial Number: AB12", "Serial Number: serial-1" },
    { "password: ", "password: " },

    /* Text that a reader needs stays. */
    { "0000:02:00.0 [8086:10d3] 10000:e1:00.0", "0000:02:00.0 [8086:10d3] 10000:e1:00.0" },
    { "(0000:02:00.0)(03:00.*)", "(0000:02:00.0)(03:00.*)" },
    { "12:34:56 Xen 4.17.7, Linux 6.1.0-9-amd64", "12:34:56 Xen 4.17.7, Linux 6.1.0-9-amd64" },
    { "00: 86 80 d3 10 07 04 10 00", "00: 86 80 d3 10 07 04 10 00" },
    { "/sys/bus/pci/devices/0000:02:00.0/reset", "/sys/bus/pci/devices/0000:02:00.0/reset" },
    { "vda > / (mount) /dev/vda I/O", "vda > / (mount) /dev/vda I/O" },
    { "/local/domain/0/backend/pci/1/0/dev-0 = \"0000:02:00.0\"",
      "/local/domain/0/backend/pci/1/0/dev-0 = \"0000:02:00.0\"" },
    { "libxl.c:123:libxl_x: xs::get", "libxl.c:123:libxl_x: xs::get" },
    { "1.2.3.4.5 300.1.1.1 cafe", "1.2.3.4.5 300.1.1.1 cafe" },
    { "", "" },
};

static struct redact *make(void)
{
    static const char *const guests[] = { "vm1", "web-7", "web", "7", "x", "dom0", "xen" };
    struct redact *r = NULL;

    assert_int_equal(redact_new(&r, &e), 0);
    redact_name(r, "host", "alpha.example.org", &e);
    redact_name(r, "host", "alpha", &e);
    redact_name(r, "disk", "rhel-root", &e);
    redact_name(r, "guest", guests[0], &e);
    redact_name(r, "guest", guests[1], &e);
    for (size_t i = 3; i < sizeof(guests) / sizeof(*guests); i++)
        assert_int_equal(redact_name(r, "guest", guests[i], &e), 0);
    return r;
}

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct redact *r = make();
        char *clean = NULL, *again = NULL;
        size_t len = 0;

        assert_int_equal(redact_text(r, texts[i][0], strlen(texts[i][0]), &clean, &len, &e), 0);
        assert_string_equal(clean, texts[i][1]);
        assert_int_equal(len, strlen(clean));
        /* Text without private data stays as it is. */
        assert_int_equal(redact_text(r, clean, len, &again, &len, &e), 0);
        assert_string_equal(again, clean);
        free(clean);
        free(again);
        redact_free(r);
    }
}

/* A text cut anywhere, NULs in it: nothing is read outside. */
static void test_cut(void **state)
{
    static const char text[] = "vm1 52:54:00:12:34:56 \"serial\" = \"x\" 192.0.2.1 /srv/a fe80::1\0z";

    (void)state;
    for (size_t len = 0; len < sizeof(text); len++) {
        char *copy = malloc(len + 1), *clean = NULL;
        struct redact *r = make();
        size_t n = 0;

        memcpy(copy, text, len);
        copy = realloc(copy, len ? len : 1);
        assert_int_equal(redact_text(r, copy, len, &clean, &n, &e), 0);
        free(copy);
        free(clean);
        redact_free(r);
    }
}

static void test_count(void **state)
{
    static const char text[] = "52:54:00:12:34:56 52:54:00:12:34:57 52:54:00:12:34:56 vm1";
    struct redact *r = make();
    char *clean = NULL;
    size_t n = 0;

    (void)state;
    assert_int_equal(redact_text(r, text, sizeof(text) - 1, &clean, &n, &e), 0);
    assert_int_equal(redact_count(r, "mac"), 2);
    assert_int_equal(redact_count(r, "guest"), 2);
    assert_int_equal(redact_count(r, "ip"), 0);
    free(clean);
    redact_free(r);
    assert_null(redact_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts), cmocka_unit_test(test_cut), cmocka_unit_test(test_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
