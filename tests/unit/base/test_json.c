/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json.h: any input gives exactly one JSON document. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <yajl/yajl_tree.h>

#include "base/json.h"

/* Writes and frees the document; its text is to be freed. */
static char *finish(struct json *json)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    struct err e;

    if (json_write(json, f, &e))
        fail_msg("%s", e.message);
    fclose(f);
    json_free(json);
    return text;
}

static yajl_val parse(const char *text)
{
    char why[512];
    yajl_val top = yajl_tree_parse(text, why, sizeof(why));

    if (!top)
        fail_msg("%s in\n%s", why, text);
    return top;
}

static const char *string_at(yajl_val top, const char *key)
{
    const char *path[] = { key, NULL };
    yajl_val v = yajl_tree_get(top, path, yajl_t_string);

    assert_non_null(v);
    return v->u.string;
}

static void test_document(void **state)
{
    struct json *json = json_new();
    struct err error = { .code = XV_REFUSED, .kind = "in-use", .message = "a: b", .hint = "h" };
    yajl_val top;
    char *text;

    (void)state;
    json_str(json, "text", "a \"quoted\" \\ line\nand\ttab");
    json_str(json, "none", NULL);
    json_null(json, "null");
    json_bool(json, "yes", true);
    json_int(json, "big", 9007199254740993LL);
    json_strf(json, "hex", "0x%02x", 7);
    json_array(json, "list");
    json_object(json, NULL);
    json_str(json, "bdf", "0000:02:00.0");
    json_end_object(json);
    json_int(json, NULL, 1);
    json_end_array(json);
    json_error(json, &error);
    text = finish(json);
    assert_int_equal(text[strlen(text) - 1], '\n');
    top = parse(text);
    assert_string_equal(string_at(top, "schema"), "xvtd/1");
    assert_string_equal(string_at(top, "text"), "a \"quoted\" \\ line\nand\ttab");
    assert_string_equal(string_at(top, "hex"), "0x07");
    assert_non_null(strstr(text, "\"none\": null"));
    assert_non_null(strstr(text, "\"big\": 9007199254740993"));
    assert_non_null(strstr(text, "\"code\": 3,\n    \"kind\": \"in-use\",\n"
                           "    \"object\": null,\n    \"message\": \"a: b\",\n    \"hint\": \"h\""));
    yajl_tree_free(top);
    free(text);
}

/* Names of guests and files are bytes; JSON is UTF-8. */
static void test_not_utf8(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        { "plain", "plain" },
        { "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x92\xbe", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x92\xbe" },
        { "caf\xe9", "caf\xef\xbf\xbd" },                   /* Latin-1 */
        { "\x80", "\xef\xbf\xbd" },                         /* a continuation alone */
        { "a\xc3", "a\xef\xbf\xbd" },                       /* cut short */
        { "a\xe2\x82", NULL },
        { "\xc0\xaf", NULL },                               /* overlong */
        { "\xe0\x80\xaf", NULL },
        { "\xed\xa0\x80", NULL },                           /* a surrogate */
        { "\xf4\x90\x80\x80", NULL },                       /* past 10ffff */
        { "\xff\xfe", NULL },
        { "\x01\x1f\x7f", "\x01\x1f\x7f" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct json *json = json_new();
        yajl_val top;
        char *text;

        json_str(json, "text", cases[i].in);
        text = finish(json);
        top = parse(text);
        if (cases[i].out)
            assert_string_equal(string_at(top, "text"), cases[i].out);
        yajl_tree_free(top);
        free(text);
    }
}

/* Every two bytes in a row. */
static void test_all_bytes(void **state)
{
    (void)state;
    for (unsigned a = 1; a < 256; a += a < 0x7e ? 13 : 1) {
        struct json *json = json_new();
        char *text;

        json_array(json, "list");
        for (unsigned b = 1; b < 256; b++)
            json_strf(json, NULL, "%c%c.%c%c%c", a, b, a, b, b);
        json_end_array(json);
        text = finish(json);
        yajl_tree_free(parse(text));
        free(text);
    }
}

static void test_long(void **state)
{
    struct json *json = json_new();
    char long_text[9000];
    yajl_val top;
    char *text;

    (void)state;
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    json_str(json, "text", long_text);
    json_strf(json, "cut", "%s", long_text);
    text = finish(json);
    top = parse(text);
    assert_int_equal(strlen(string_at(top, "text")), sizeof(long_text) - 1);
    yajl_tree_free(top);
    free(text);
}

/* An object that was left open is no document: nothing is written. */
static void test_not_whole(void **state)
{
    struct json *json = json_new();
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    struct err e;

    (void)state;
    json_object(json, "open");
    assert_int_not_equal(json_write(json, f, &e), 0);
    assert_int_equal(e.code, XV_FAILED);
    fclose(f);
    assert_int_equal(size, 0);
    free(text);
    json_free(json);
}

static void test_full_disk(void **state)
{
    struct json *json = json_new();
    FILE *f = fopen("/dev/full", "w");
    struct err e;

    (void)state;
    assert_int_not_equal(json_write(json, f, &e), 0);
    assert_non_null(strstr(e.message, "No space left on device"));
    fclose(f);
    json_free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document),
        cmocka_unit_test(test_not_utf8),
        cmocka_unit_test(test_all_bytes),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_not_whole),
        cmocka_unit_test(test_full_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
