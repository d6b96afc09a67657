/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cfg/doc.h"
#include "cfg/edit.h"
#include "cfg/xlu_check.h"
#include "gen.h"

#define NEW "0000:09:00.0@9"

static struct doc *parse(const char *text, size_t len)
{
    struct doc *doc;
    struct err e;

    assert_int_equal(doc_parse(&doc, text, len, &e), 0);
    return doc;
}

static char *add(const char *text, const char *value)
{
    AUTO_DOC struct doc *doc = parse(text, strlen(text));
    struct err e;
    size_t len;
    char *ret;

    if (edit_add(doc, value, &ret, &len, &e))
        fail_msg("%s: <<%s>>", e.message, text);
    assert_int_equal(len, strlen(ret));
    return ret;
}

static char *take(const char *text, size_t n)
{
    AUTO_DOC struct doc *doc = parse(text, strlen(text));
    struct err e;
    size_t len;
    char *ret;

    if (edit_remove(doc, n, &ret, &len, &e))
        fail_msg("%s: <<%s>>", e.message, text);
    return ret;
}

static size_t count(const char *text)
{
    AUTO_DOC struct doc *doc = parse(text, strlen(text));

    return doc_count(doc);
}

/* xl reads the items of `before`, of which number `without` is left out, and `more`. */
static void check_list(const char *before, size_t without, const char *after, const char *more)
{
    AUTO_DOC struct doc *a = parse(before, strlen(before)), *b = parse(after, strlen(after));
    size_t n = 0;

    if ((a->accepted && !b->accepted) || !b->editable)
        fail_msg("<<%s>> became <<%s>>", before, after);
    for (size_t i = 0; i < doc_count(a); i++) {
        if (i == without)
            continue;
        if (!doc_item(b, n) || strcmp(doc_item(a, i)->value, doc_item(b, n)->value))
            fail_msg("item %zu of <<%s>> is lost in <<%s>>", i, before, after);
        n++;
    }
    if (more && (!doc_item(b, n) || strcmp(doc_item(b, n++)->value, more)))
        fail_msg("%s is not in <<%s>>", more, after);
    if (doc_count(b) != n)
        fail_msg("too many items in <<%s>>", after);
    if (b->accepted && (!n || doc_item(b, n - 1)->reached)) {
        const char *items[64];
        struct err e;

        for (size_t i = 0; i < n; i++)
            items[i] = doc_item(b, i)->value;
        if (xlu_verify("test", after, strlen(after), items, n, &e))
            fail_msg("%s: <<%s>>", e.message, after);
    }
}

/* The text of all comments. */
static void comments(const char *text, char *to, size_t size)
{
    AUTO_DOC struct doc *doc = parse(text, strlen(text));

    *to = '\0';
    for (size_t i = 0; i < doc->n_tokens; i++) {
        const struct token *t = &doc->tokens[i];

        if (t->flags & TOKF_COMMENT)
            snprintf(to + strlen(to), size - strlen(to), "%.*s", (int)(t->end - t->start),
                     text + t->start);
    }
}

static void laws(const char *text)
{
    AUTO_FREE char *added = add(text, NEW), *back = NULL;
    static char before[65536], after[65536];

    check_list(text, DOC_NONE, added, NEW);
    back = take(added, count(added) - 1);
    if (strcmp(back, text))
        fail_msg("add and remove: <<%s>> became <<%s>> became <<%s>>", text, added, back);
    comments(text, before, sizeof(before));
    for (size_t i = 0; i < count(text); i++) {
        AUTO_FREE char *less = take(text, i);

        check_list(text, i, less, NULL);
        comments(less, after, sizeof(after));
        if (strcmp(before, after))
            fail_msg("a comment of <<%s>> is lost in <<%s>>", text, less);
    }
}

/* Each layout, and what an item more makes of it. */
static const struct {
    const char *before, *after;
} layouts[] = {
    { "", "pci = [\n    \"N\",\n]\n" },
    { "a=1", "a=1\npci = [\n    \"N\",\n]" },
    { "a='1'\r\n", "a='1'\r\npci = [\r\n    'N',\r\n]\r\n" },
    { "a=1 # c", "a=1 # c\npci = [\n    \"N\",\n]" },
    { "a=1 # c\r\n", "a=1 # c\r\npci = [\n    \"N\",\n]\n" }, /* xl takes that CR */
    { "a=1\n#", "a=1\n#\npci = [\n    \"N\",\n]" },
    { "pci=[]", "pci=[\"N\"]" },
    { "a='x';pci = [ ];b=2\n", "a='x';pci = [ 'N' ];b=2\n" },
    { "pci = [  ]\n", "pci = [  \"N\"  ]\n" },
    { "pci = [\n]\n", "pci = [\n    \"N\"\n]\n" },
    { "  pci = [\n\n  ]\n", "  pci = [\n\n      \"N\"\n  ]\n" },
    { "pci = [ # c\n\t# '1:2.3'\n]\n", "pci = [ # c\n\t# '1:2.3'\n\t\"N\"\n]\n" },
    { "pci=['a']\n", "pci=['a', 'N']\n" },
    { "pci=['a','b']\n", "pci=['a','b','N']\n" },
    { "pci=['a',\t\"b\" ]\n", "pci=['a',\t\"b\",\t\"N\" ]\n" },
    { "pci=[ 'a', ]\n", "pci=[ 'a', 'N', ]\n" },
    { "pci=['a','b',]", "pci=['a','b','N',]" },
    { "pci=[ 'a'\n]", "pci=[ 'a', 'N'\n]" },
    { "pci = [\n  'a',\n  'b'\n]\n", "pci = [\n  'a',\n  'b',\n  'N'\n]\n" },
    { "pci = [\n  'a',\n  'b',\n]\n", "pci = [\n  'a',\n  'b',\n  'N',\n]\n" },
    { "pci = [\r\n\t'a',\r\n]\r\n", "pci = [\r\n\t'a',\r\n\t'N',\r\n]\r\n" },
    { "pci = [\n  'a', # nic\n  'b'  # disk\n  # end\n]\n",
      "pci = [\n  'a', # nic\n  'b',  # disk\n  'N'\n  # end\n]\n" },
    { "pci = [ 'a',\n        'b' ] # c\n", "pci = [ 'a',\n        'b',\n        'N' ] # c\n" },
    { "pci = [ 'a',\n        'b', ]\n", "pci = [ 'a',\n        'b',\n        'N', ]\n" },
    { "pci = [ 'a',\n        'b', 'c' ]\n", "pci = [ 'a',\n        'b', 'c', 'N' ]\n" },
    { "pci = [ 'a' # x\n , # y\n]\n", "pci = [ 'a' # x\n , 'N', # y\n]\n" },
    { "pci=['a']\npci=['b']\npci+=['c']\nx=1\n", "pci=['a']\npci=['b']\npci+=['c', 'N']\nx=1\n" },
    { "pci=['a']\npci+=[]\n", "pci=['a']\npci+=['N']\n" },
    { "pci=['b',['c']]", "pci=['b',['c'],'N']" },
    { "pci=[5]", "pci=[5, \"N\"]" },
};

static void test_layouts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++) {
        AUTO_FREE char *after = add(layouts[i].before, "N");

        if (strcmp(after, layouts[i].after))
            fail_msg("<<%s>> became <<%s>>, not <<%s>>", layouts[i].before, after,
                     layouts[i].after);
        laws(layouts[i].before);
    }
}

static void test_removals(void **state)
{
    static const struct {
        const char *before;
        size_t n;
        const char *after;
    } cases[] = {
        { "pci=['a','b','c']", 0, "pci=['b','c']" },
        { "pci=[ 'a', 'b', 'c' ]", 1, "pci=[ 'a', 'c' ]" },
        { "pci=['a' ]", 0, "pci=[ ]" },
        { "pci=[ 'a', 'b' ]", 1, "pci=[ 'a' ]" },
        { "pci = [ 'a',\n        'b' ]", 0, "pci = [ 'b' ]" },
        { "pci = [\n 'a', # nic\n 'b',\n]", 0, "pci = [\n # nic\n 'b',\n]" },
        { "pci = [\n 'a', # nic\n 'b' # disk\n]", 1, "pci = [\n 'a' # nic\n # disk\n]" },
        { "pci = [\n 'a', 'b',\n 'c'\n]", 0, "pci = [\n 'b',\n 'c'\n]" },
        { "pci = [\n 'a'\n , 'b'\n]", 0, "pci = [\n \n  'b'\n]" },
        { "pci = [ 'a' ] # the nic\n", 0, "pci = [ ] # the nic\n" },
        { "pci=['b']\npci = [\n    'a',\n]\n", 0, "pci=['b']\npci = [\n]\n" },
        { "pci = [\n    'a',\n]\nx=1\n", 0, "x=1\n" },
        { "pci = [\n    'a',\n] # c\n", 0, "pci = [\n] # c\n" },
        { "x=1;pci = [\n    'a',\n]\n", 0, "x=1;pci = [\n]\n" },
        { "pci = [\n    'a',\n]", 0, "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        AUTO_FREE char *after = take(cases[i].before, cases[i].n);

        if (strcmp(after, cases[i].after))
            fail_msg("<<%s>> became <<%s>>, not <<%s>>", cases[i].before, after, cases[i].after);
        check_list(cases[i].before, cases[i].n, after, NULL);
    }
}

static void test_generated(void **state)
{
    size_t edited = 0;

    (void)state;
    for (uint32_t seed = 0; seed < 4000; seed++) {
        static struct gen g;
        AUTO_DOC struct doc *doc = NULL;

        g.seed = seed * 104729;
        gen_cfg(&g);
        if (seed % 4 == 0)
            gen_break(&g);
        doc = parse(g.text, g.len);
        if (!doc->editable || (doc->pci_last != DOC_NONE &&
                               doc->stmts[doc->pci_last].kind != VALUE_LIST))
            continue;
        laws(g.text);
        edited++;
    }
    assert_true(edited > 2500);
}

/* The examples of xen-utils-common, in /etc/xen or in the folder XL_EXAMPLES. */
static void test_examples(void **state)
{
    const char *dir = getenv("XL_EXAMPLES") ? getenv("XL_EXAMPLES") : "/etc/xen";
    static const char *const names[] = { "hvm", "pvlinux", "pvhlinux" };
    size_t seen = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        static char text[65536];
        char path[256];
        FILE *f;

        snprintf(path, sizeof(path), "%s/xlexample.%s", dir, names[i]);
        f = fopen(path, "r");
        if (!f)
            continue;
        text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
        fclose(f);
        laws(text);
        seen++;
    }
    if (!seen)
        skip();
}

static void test_comment_of_ours(void **state)
{
    static const char *const texts[] = {
        "pci=['02:00.0']\n", "pci = [\n    '02:00.0',\n]\n", "  a=1;pci=[ 'x', '02:00.0' ]",
        "pci = [ 'x',\r\n\t'02:00.0' ]\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        AUTO_DOC struct doc *doc = parse(texts[i], strlen(texts[i])), *after = NULL;
        AUTO_FREE char *with = NULL, *back = NULL;
        struct our_comment c;
        struct err e;
        size_t len;

        assert_false(edit_find_comment(doc, 0, &c));
        assert_int_equal(edit_add_comment(doc, doc_count(doc) - 1, "0000:02:00.0",
                                          "8086:10d3:8086:a01f serial 00-1b", &with, &len, &e), 0);
        check_list(texts[i], DOC_NONE, with, NULL);
        after = parse(with, len);
        assert_true(edit_find_comment(after, 0, &c));
        assert_string_equal(c.device, "0000:02:00.0");
        assert_string_equal(c.identity, "8086:10d3:8086:a01f serial 00-1b");
        assert_int_equal(edit_remove_comment(after, &c, &back, &len, &e), 0);
        assert_string_equal(back, texts[i]);
    }
}

static void test_replace(void **state)
{
    static const char text[] = "pci=['a', \"b\"] # c\n";
    AUTO_DOC struct doc *doc = parse(text, strlen(text));
    AUTO_FREE char *after = NULL;
    struct err e;
    size_t len;

    (void)state;
    assert_int_equal(edit_replace(doc, 1, "name=o\"x", &after, &len, &e), 0);
    assert_string_equal(after, "pci=['a', \"name=o\\\"x\"] # c\n");
    check_list("pci=['a']", DOC_NONE, after, "name=o\"x");
}

static void test_refusals(void **state)
{
    static const struct {
        const char *text, *place;
    } cases[] = {
        { "a=1\npci = [ \xe2\x80\x98" "01:00.0\xe2\x80\x99 ]\n", "line 2, column 9: typographic" },
        { "a=1\r\nb=$\r\n", "line 2, column 3: '$'" },
        { "pci='01:00.0'\n", "line 1, column 1: pci is a string" },
        { "pci=['a'\n", "line 1, column 5: this '['" },
        { "a=1\n$", "line 2, column 1: a stray" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        AUTO_DOC struct doc *doc = parse(cases[i].text, strlen(cases[i].text));
        struct err e;
        size_t len;
        char *ret;

        assert_int_equal(edit_add(doc, "x", &ret, &len, &e), -22);
        assert_int_equal(e.code, XV_USAGE);
        if (!strstr(e.message, cases[i].place))
            fail_msg("%s", e.message);
        assert_non_null(strstr(e.hint, "check --fix"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_removals),
        cmocka_unit_test(test_generated),
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_comment_of_ours),
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
