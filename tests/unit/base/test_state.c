/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that outlive a program, and reading JSON that may be damaged. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/json_in.h"
#include "base/state_file.h"

static char dir[64];
static struct root *root;

static int setup(void **state)
{
    char path[128];
    struct err e;

    (void)state;
    strcpy(dir, "/tmp/xvtd-state-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof(path), "%s/var", dir);
    mkdir(path, 0755);
    snprintf(path, sizeof(path), "%s/var/lib", dir);
    return mkdir(path, 0755) || root_open(&root, dir, &e) ? -1 : 0;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    root = root_close(root);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

static void test_written_whole(void **state)
{
    AUTO_CLOSE int fd = -1;
    AUTO_FREE char *text = NULL;
    struct stat st;
    struct err e;
    size_t len;

    (void)state;
    umask(0);
    assert_int_equal(state_open(root, "sub", &fd, &e), 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(state_write(fd, "a", "one", 3, &e), 0);
    /* A half-written file of a killed process is no obstacle. */
    close(openat(fd, ".a.new", O_CREAT | O_WRONLY, 0666));
    assert_int_equal(state_write(fd, "a", "two and more", 12, &e), 0);
    assert_int_equal(fstatat(fd, "a", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(state_read(fd, "a", 100, &text, &len, &e), 0);
    assert_string_equal(text, "two and more");
    assert_int_equal(fstatat(fd, ".a.new", &st, 0), -1);
    assert_int_equal(state_remove(fd, "a", &e), 0);
    assert_int_equal(state_remove(fd, "a", &e), 0);
    assert_int_equal(state_read(fd, "a", 100, &text, &len, &e), -ENOENT);
    assert_int_equal(e.code, XV_NOT_FOUND);
}

/* A link in the way of a new file is replaced, not followed. */
static void test_links(void **state)
{
    AUTO_CLOSE int fd = -1;
    AUTO_FREE char *text = NULL;
    struct stat st;
    struct err e;
    size_t len;

    (void)state;
    assert_int_equal(state_open(root, NULL, &fd, &e), 0);
    assert_int_equal(symlinkat("/nowhere/at/all", fd, "a"), 0);
    assert_int_equal(symlinkat("/nowhere/else", fd, ".a.new"), 0);
    assert_int_equal(state_read(fd, "a", 100, &text, &len, &e), -ELOOP);
    assert_int_equal(e.code, XV_REFUSED);
    assert_int_equal(state_write(fd, "a", "x", 1, &e), 0);
    assert_int_equal(fstatat(fd, "a", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(state_read(fd, "a", 0, &text, &len, &e), -EFBIG);
}

static int parse(const char *text, size_t len, struct json_doc **doc)
{
    struct err e;
    int r = json_parse(text, len, doc, &e);

    if (r)
        assert_int_equal(e.code, XV_REFUSED);
    return r;
}

static void test_not_json(void **state)
{
    static const char *const texts[] = {
        "", "[]", "7", "\"a\"", "{", "{\"a\":}", "{\"a\":1}}", "{\"a\":1", "{'a':1}",
        "{\"a\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}", "{\"a\":1} x",
    };
    struct json_doc *doc = NULL;
    char deep[100000];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (!parse(texts[i], strlen(texts[i]), &doc))
            fail_msg("%s is taken", texts[i]);
    memset(deep, '[', sizeof(deep) - 1);
    deep[sizeof(deep) - 1] = '\0';
    assert_int_not_equal(parse(deep, sizeof(deep) - 1, &doc), 0);
    assert_int_not_equal(parse("{}\0{}", 5, &doc), 0);
}

static void test_by_type(void **state)
{
    static const char text[] =
        "{\"s\":\"[{\\\"\",\"n\":7,\"big\":99999999999,\"t\":true,\"f\":false,\"z\":null,"
        "\"a\":[\"x\",{\"k\":\"v\"}],\"o\":{\"k\":1}}";
    struct json_doc *doc = NULL;
    const struct json_value *top, *a;
    long long n = -1;

    (void)state;
    assert_int_equal(parse(text, strlen(text), &doc), 0);
    top = json_top(doc);
    assert_string_equal(json_member_str(top, "s"), "[{\"");
    assert_null(json_member_str(top, "n"));
    assert_null(json_member_str(top, "z"));
    assert_null(json_member_str(top, "none"));
    assert_true(json_member_int(top, "n", 0, 7, &n));
    assert_int_equal(n, 7);
    assert_false(json_member_int(top, "n", 0, 6, &n));
    assert_false(json_member_int(top, "n", 8, 9, &n));
    assert_false(json_member_int(top, "s", 0, 9, &n));
    assert_true(json_member_bool(top, "t"));
    assert_false(json_member_bool(top, "f"));
    assert_false(json_member_bool(top, "n"));
    a = json_member(top, "a");
    assert_int_equal(json_count(a), 2);
    assert_string_equal(json_str_at(a, 0), "x");
    assert_null(json_str_at(a, 1));
    assert_string_equal(json_member_str(json_at(a, 1), "k"), "v");
    assert_null(json_at(a, 2));
    assert_int_equal(json_count(top), 0);
    assert_null(json_member(a, "k"));
    assert_null(json_member(NULL, "k"));
    json_doc_free(doc);
}

static void test_line(void **state)
{
    CLEANUP(json_free_p) struct json *json = json_new_line("x/1");
    const char *text;
    struct err e;
    size_t len;

    (void)state;
    json_str(json, "a", "b\nc");
    assert_int_equal(json_take_text(json, &text, &len, &e), 0);
    assert_int_equal(len, strlen("{\"schema\":\"x/1\",\"a\":\"b\\nc\"}\n"));
    assert_memory_equal(text, "{\"schema\":\"x/1\",\"a\":\"b\\nc\"}\n", len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_written_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_links, setup, teardown),
        cmocka_unit_test(test_not_json),
        cmocka_unit_test(test_by_type),
        cmocka_unit_test(test_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
