/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The laws of cfg/ on any bytes: the tokens cover the text, xl's opinion is ours, an add
 * and its remove give the text back, a mended text needs no second mending.  A libFuzzer
 * target; cfg_generated.c calls it with generated cfgs.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/cfg_change.h"
#include "cfg/cfg_check.h"
#include "cfg/doc.h"
#include "cfg/xlu_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                         \
    do {                                                                        \
        if (!(condition)) {                                                     \
            fprintf(stderr, "law broken, line %d: %s\n", __LINE__, #condition); \
            abort();                                                            \
        }                                                                       \
    } while (0)

/* Blanks, a byte order mark at the beginning, no-break spaces: none is a token. */
static size_t unseen(const char *text, size_t at)
{
    if (!at && !strncmp(text, "\xef\xbb\xbf", 3))
        return 3;
    if (!strncmp(text + at, "\xc2\xa0", 2))
        return 2;
    return text[at] == ' ' || text[at] == '\t';
}

static void whole(const struct doc *doc)
{
    size_t at = 0;

    for (size_t i = 0; i < doc->n_tokens; i++) {
        while (at < doc->tokens[i].start) {
            MUST(unseen(doc->text, at));
            at += unseen(doc->text, at);
        }
        at = doc->tokens[i].end;
    }
    MUST(at == doc->len);
}

static void same_opinion(const struct doc *doc)
{
    CLEANUP(xlu_reading_clear) struct xlu_reading xl = { .accepted = false };
    struct err e;

    MUST(!xlu_read(doc->text, doc->len, &xl, &e));
    MUST(xl.accepted == doc->accepted);
    if (!xl.accepted || !xl.has_list)
        return;
    MUST(xl.entries == doc_count(doc));
    for (size_t i = 0; i < xl.n; i++)
        MUST(doc_item(doc, i)->reached && !strcmp(doc_item(doc, i)->value, xl.items[i]));
    MUST(xl.n == xl.entries || !doc_item(doc, xl.n)->reached);
}

static void there_and_back(const struct doc *doc)
{
    AUTO_SPEC struct spec spec = { .has_bdf = false };
    struct cfg_change add = { .add = &spec, .n_add = 1, .no_passthrough = true };
    struct cfg_change take = { .remove = &spec, .n_remove = 1 };
    AUTO_FREE char *with = NULL, *back = NULL;
    struct cfg_result result;
    struct err e;
    size_t n, m;

    MUST(!spec_parse("fffe:ed:1d.5@1d", &spec, &e));
    if (cfg_change_text(&add, "fuzz", doc->text, doc->len, &with, &n, &result, &e)) {
        /* it was refused for the text as it is, never by libxlutil for what we made */
        MUST(e.code == XV_USAGE || e.code == XV_REFUSED);
        return;
    }
    MUST(!cfg_change_text(&take, "fuzz", with, n, &back, &m, &result, &e));
    if (result.status == CFG_DONE && doc_count(doc) < 100)
        MUST(m == doc->len && !memcmp(back, doc->text, m));
}

static void mended_once(const struct doc *doc)
{
    AUTO_FREE char *once = NULL, *twice = NULL;
    struct err e;
    size_t n, m;

    MUST(!check_fix("fuzz", doc->text, doc->len, &once, &n, &e));
    MUST(!check_fix("fuzz", once, n, &twice, &m, &e));
    MUST(n == m && !memcmp(once, twice, n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_DOC struct doc *doc = NULL;
    struct err e;

    MUST(!doc_parse(&doc, (const char *)data, size, &e));
    whole(doc);
    same_opinion(doc);
    there_and_back(doc);
    mended_once(doc);
    return 0;
}
