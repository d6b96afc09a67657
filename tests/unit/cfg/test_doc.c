/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cfg/doc.h"
#include "cfg/xlu_check.h"
#include "gen.h"

static struct doc *parse(const char *text)
{
    struct doc *doc;
    struct err e;

    assert_int_equal(doc_parse(&doc, text, strlen(text), &e), 0);
    return doc;
}

/* Blanks, and what no token is made of although xl refuses it. */
static size_t unseen(const char *text, size_t at)
{
    if (!at && !strncmp(text, "\xef\xbb\xbf", 3))
        return 3;
    if (!strncmp(text + at, "\xc2\xa0", 2))
        return 2;
    return text[at] == ' ' || text[at] == '\t';
}

/* Law: the tokens, with the blanks between them, are the text. */
static void whole(const struct doc *doc)
{
    size_t at = 0;

    for (size_t i = 0; i < doc->n_tokens; i++) {
        while (at < doc->tokens[i].start) {
            assert_int_not_equal(unseen(doc->text, at), 0);
            at += unseen(doc->text, at);
        }
        assert_true(doc->tokens[i].end > at || i + 1 == doc->n_tokens);
        at = doc->tokens[i].end;
    }
    assert_int_equal(at, doc->len);
    assert_int_equal(doc->tokens[doc->n_tokens - 1].kind, TOK_END);
}

/* Law: what libxlutil accepts, and what it reads, is what we say. */
static void agree(const char *text, size_t len)
{
    CLEANUP(xlu_reading_clear) struct xlu_reading reading = { .accepted = false };
    AUTO_DOC struct doc *doc = NULL;
    AUTO_FREE char *ours = NULL, *theirs = NULL;
    struct err e;
    size_t n = 0;
    bool list;

    assert_int_equal(doc_parse(&doc, text, len, &e), 0);
    whole(doc);
    assert_int_equal(xlu_read(text, len, &reading, &e), 0);
    if (reading.accepted != doc->accepted)
        fail_msg("libxlutil %s, we %s: <<%.*s>>\n%s", reading.accepted ? "accepts" : "refuses",
                 doc->accepted ? "accept" : "refuse", (int)len, text, reading.report);
    if (!doc->accepted) {
        assert_true(doc->notes.n > 0);
        return;
    }
    assert_true(doc->editable || doc->tokens[doc->n_tokens - 1].flags & TOKF_STRAY);
    list = doc->pci_last != DOC_NONE && doc->stmts[doc->pci_last].kind == VALUE_LIST;
    if (list != reading.has_list || (list && doc_count(doc) != reading.entries))
        fail_msg("libxlutil's list has %zu entries: <<%s>>", reading.entries, text);
    for (; list && n < doc_count(doc) && doc_item(doc, n)->reached; n++) {
        if (n >= reading.n || strcmp(doc_item(doc, n)->value, reading.items[n]))
            fail_msg("item %zu is '%s' for us, '%s' for libxlutil: <<%s>>", n,
                     doc_item(doc, n)->value, n < reading.n ? reading.items[n] : "", text);
    }
    assert_int_equal(n, list ? reading.n : 0);
    ours = doc_string(doc, "name");
    theirs = xlu_string(text, len, "name");
    if (!!ours != !!theirs || (ours && strcmp(ours, theirs)))
        fail_msg("name is '%s' for us, '%s' for libxlutil: <<%s>>", ours, theirs, text);
}

static void test_agrees_by_hand(void **state)
{
    static const char *const texts[] = {
        "", "\n", " ", ";", ";;\n;", "#", "# x", "#\n", "\r", "\r\n", "# x\r\n", "$", "A", "a",
        "a=", "a=1", "a=1;", "a = 'x' # y\n", "a=1 b=2", "a=1;b=2", "a=\n1", "a\n=1", "a+=1",
        "a=[", "a=]", "a=[]", "a=[,]", "a=['x',]", "a=['x',,]", "a=['x' 'y']", "a=['x'\n,'y']",
        "a=[\n#c\n'x'#c\n,#c\n]", "a=[['x'],'y']", "pci=[['x'],'y']", "pci=['z',['x'],'y']",
        "pci='x'", "pci='x'\npci+='y'", "pci='x'\npci+=['y']", "pci=['x']\npci+='y'",
        "pci=['a']\npci=['b']\npci+=['c']\npci+=[]\npci+=['d','e']", "pci+=['a']",
        "pci=[]\npci+=['a']", "pci=[]", "pci=[1,0x2,'3']", "pci=[1a,2g]", "pci=[03:00.0]",
        "pci=[ \xe2\x80\x98" "01:00.0\xe2\x80\x99 ]", "pci=['01:00.0\xe2\x80\x99]\n",
        "a='x\\'y'", "a=\"x\\\"y\"", "a='\\a\\b\\f\\n\\r\\t\\v\\\\'", "name='\\x41'", "name='\\x'",
        "name='\\0'", "name='\\01'", "name='\\012'", "name='\\012345'", "name='\\1 2'",
        "name='\\1\\2'", "name='a\\0-1b'", "name='\\q'", "name='a\\", "name='a\\\n'", "name='a",
        "name='a\n'", "name=\"a'b\"", "name='a'\nname+='b'\nname+='c'", "name=['a']", "name=5\n",
        "a=1 # x\r\n", "a=1\r\n", "a=1\r", "a='x\ry'", "a=\"\xff\"", "\xff", "a=1\n\xff", "a=1\n\xff\n",
        "a=1 +", "a=1 + ", "a=1\n+\n", "a=-1", "a=(1)", "if x:\n", "a.b=1", "a_b=1", "_a=1", "A=1",
        "aB=1", "a=1A", "a=0XA", "pci = [ 'a'\n, 'b' # c\n ]", "pci=[ 'a' ]]", "a=1\f", "a=\v1",
        "a=1\n#", "a=1 #", "pci=['x'\n'", "a=1\n$$", "a=1\n$ ", "a=1\n\"", "a=\xc2\xa0" "1", "\xef\xbb\xbf" "a=1", "a=1\npci=['x'", "a='\x01'",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        agree(texts[i], strlen(texts[i]));
    agree("a=1\0\n", 5); /* a NUL byte is never shown to libxlutil */
    agree("a='x\0y'\n", 8);
    agree("# x\0y\n", 6);
}

static void test_agrees_with_libxlutil(void **state)
{
    size_t accepted = 0;

    (void)state;
    for (uint32_t seed = 0; seed < 6000; seed++) {
        static struct gen g;
        AUTO_DOC struct doc *doc = NULL;

        g.seed = seed * 7919;
        gen_cfg(&g);
        agree(g.text, g.len);
        doc = parse(g.text);
        accepted += doc->accepted;
        gen_break(&g);
        agree(g.text, g.len);
    }
    assert_true(accepted > 2000);
}

static void test_positions(void **state)
{
    AUTO_DOC struct doc *doc = parse("a=1\n\xc3\xa9\tb\n\nlast");
    static const struct {
        size_t offset, line, column;
    } cases[] = { { 0, 1, 1 }, { 3, 1, 4 }, { 4, 2, 1 }, { 6, 2, 2 }, { 7, 2, 3 }, { 9, 3, 1 },
                  { 10, 4, 1 }, { 14, 4, 5 } };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        size_t line, column;

        doc_position(doc, cases[i].offset, &line, &column);
        assert_int_equal(line, cases[i].line);
        assert_int_equal(column, cases[i].column);
    }
}

/* A broken text: the first note's kind, place and fix, and the items that are still read. */
static void test_broken(void **state)
{
    static const struct {
        const char *text, *kind;
        size_t offset;
        const char *fix, *items;
        bool editable;
    } cases[] = {
        { "pci = [ \xe2\x80\x98" "01:00.0\xe2\x80\x99 ]\n", "curly-quote", 8, NULL, "01:00.0", false },
        { "pci = [ '01:00.0\xe2\x80\x99, b ]\n", "curly-quote", 8, NULL, "01:00.0|b", false },
        { "pci=['a']\n$", "stray-byte", 10, "", "a", false },
        { "pci = [ `a\xc2\xb4 ]\n", "curly-quote", 8, NULL, "a", false },
        { "pci=['a',,'b']\n", "empty-item", 9, "", "a|b", false },
        { "pci=['a' 'b']\n", "missing-comma", 8, NULL, "a|b", false },
        { "pci=[03:00.0, 'b']\n", "unquoted", 5, NULL, "03:00.0|b", false },
        { "pci=\n['a']\n", "newline-at-equals", 4, " ", "a", false },
        { "pci\n\n=['a']\n", "newline-at-equals", 3, " ", "a", false },
        { "pci=['a',\nb=1\n", "unclosed-list", 4, NULL, "a", false },
        { "pci=['a'", "unclosed-list", 4, NULL, "a", false },
        { "pci=['a'];b='x\r\n", "open-quote", 12, NULL, "a", false },
        { "pci=['a']\r\nb=1\r\n", "cr-line-end", 9, "\n", "a", true },
        { "pci=['a']\n# x", "cut-comment", 13, "\n", "a", true },
        { "x='\\x41'\npci=['a']", "escape", 3, NULL, "a", false },
        { "x='\\065'\npci=['a']", "escape", 3, NULL, "a", true },
        { "pci='x'\npci+=['a']\n", "added-kinds", 8, NULL, "a", false },
        { "pci=['a'\n\n'b']\n", "missing-comma", 8, NULL, "a|b", false },
        { "def f():\npci=['a']\n", "python", 0, NULL, "a", false },
        { "x='a' + b\npci=['a']\n", "python", 6, NULL, "a", false },
        { "PCI = ['b']\npci=['a']\n", "upper-case", 0, "pci", "a", false },
        { "x = -1\npci=['a']\n", "negative-number", 4, "'-1'", "a", false },
        { "\xef\xbb\xbfpci=['a']\n", "byte-order-mark", 0, "", "a", false },
        { "pci\xc2\xa0\xc2\xa0= ['a']\n", "no-break-space", 3, " ", "a", false },
        { "pci='a', 'b'\n", "no-brackets", 4, NULL, "", false },
        { "pci=\npci=['a']", "syntax", 4, NULL, "a", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        AUTO_DOC struct doc *doc = parse(cases[i].text);
        char items[128] = "";
        const struct note *note = &doc->notes.v[0];

        for (size_t n = 0; n < doc_count(doc); n++)
            sprintf(items + strlen(items), "%s%s", n ? "|" : "", doc_item(doc, n)->value);
        assert_int_not_equal(doc->notes.n, 0);
        if (strcmp(note->kind, cases[i].kind) || note->offset != cases[i].offset)
            fail_msg("%s at %zu: <<%s>>", note->kind, note->offset, cases[i].text);
        if (!!note->fix != !!cases[i].fix || (note->fix && strcmp(note->fix, cases[i].fix)))
            fail_msg("fix '%s': <<%s>>", note->fix, cases[i].text);
        if (strcmp(items, cases[i].items))
            fail_msg("items %s: <<%s>>", items, cases[i].text);
        assert_int_equal(doc->editable, cases[i].editable);
    }
}

static void test_settings(void **state)
{
    AUTO_DOC struct doc *doc = parse("a='x'\na+='y'\nb=['l']\nc=0x10\nc2=z\nd='5x'\na2='no'");
    AUTO_FREE char *a = doc_string(doc, "a");

    (void)state;
    assert_string_equal(a, "xy");
    assert_null(doc_string(doc, "b"));
    assert_null(doc_string(doc, "missing"));
    assert_null(doc_find(doc, "missing"));
    assert_int_equal(doc_number(doc, "c", 1), 16);
    assert_int_equal(doc_number(doc, "d", 1), 1);
    assert_int_equal(doc_number(doc, "missing", 7), 7);
}

/* The lists that do not count are read too, and known as such. */
static void test_counts(void **state)
{
    AUTO_DOC struct doc *doc = parse("pci=['a']\npci+=['b']\npci=['c']\nx=1\npci+=['d',['e'],'f']\n");

    (void)state;
    assert_int_equal(doc->n_items, 6);
    assert_int_equal(doc_count(doc), 4);
    assert_string_equal(doc_item(doc, 0)->value, "c");
    assert_true(doc_item(doc, 1)->reached);
    assert_int_equal(doc_item(doc, 2)->kind, ITEM_NESTED);
    assert_false(doc_item(doc, 2)->reached);
    assert_false(doc_item(doc, 3)->reached);
    assert_null(doc_item(doc, 4));
}

static void test_many_notes(void **state)
{
    enum { N = 20000 };
    static char text[N * 3 + 1];
    AUTO_DOC struct doc *doc = NULL;

    (void)state;
    for (size_t i = 0; i < N; i++)
        memcpy(text + 3 * i, "$ \n", 3);
    doc = parse(text);
    assert_true(doc->notes.n > 0 && doc->notes.n <= 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_by_hand),
        cmocka_unit_test(test_agrees_with_libxlutil),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_many_notes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
