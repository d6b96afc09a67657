/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document's queries; doc_parse.c makes one. */
#include "cfg/doc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct doc *doc_free(struct doc *doc)
{
    if (!doc)
        return NULL;
    for (size_t i = 0; i < doc->n_items; i++)
        free(doc->items[i].value);
    free(doc->items);
    free(doc->stmts);
    free(doc->tokens);
    free(doc->lines);
    free(doc->text);
    notes_clear(&doc->notes);
    free(doc);
    return NULL;
}

void doc_position(const struct doc *doc, size_t offset, size_t *line, size_t *column)
{
    size_t low = 0, high = doc->n_lines;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (doc->lines[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    *line = low + 1;
    *column = 1;
    for (size_t i = doc->lines[low]; i < offset && i < doc->len; i++)
        *column += ((unsigned char)doc->text[i] & 0xc0) != 0x80;
}

bool doc_counts(const struct doc *doc, size_t stmt)
{
    return doc->pci_first != DOC_NONE && stmt >= doc->pci_first && stmt <= doc->pci_last;
}

size_t doc_count(const struct doc *doc)
{
    return doc->n_items - doc->counted;
}

const struct doc_item *doc_item(const struct doc *doc, size_t n)
{
    return n < doc_count(doc) ? &doc->items[doc->counted + n] : NULL;
}

bool doc_is(const struct doc *doc, const struct doc_stmt *stmt, const char *key)
{
    const struct token *t = &doc->tokens[stmt->key];
    size_t len = strlen(key);

    return t->end - t->start == len && !memcmp(doc->text + t->start, key, len);
}

const struct doc_stmt *doc_find(const struct doc *doc, const char *key)
{
    for (size_t i = doc->n_stmts; i > 0; i--)
        if (doc_is(doc, &doc->stmts[i - 1], key))
            return &doc->stmts[i - 1];
    return NULL;
}

/* Copies an atom's value to `to`, which has room for the token's length and a NUL. */
static void atom(const struct doc *doc, const struct token *t, char *to)
{
    const char *raw = doc->text + t->start;
    size_t len = t->end - t->start, at;

    if (t->kind == TOK_STRING) {
        lex_dequote(raw, len, to, &at);
    } else {
        memcpy(to, raw, len);
        to[len] = '\0';
    }
}

char *doc_string(const struct doc *doc, const char *key)
{
    char *value = NULL;
    size_t len = 0;

    for (size_t i = 0; i < doc->n_stmts; i++) {
        const struct doc_stmt *stmt = &doc->stmts[i];
        const struct token *t = &doc->tokens[stmt->value];
        char *grown;

        if (!doc_is(doc, stmt, key))
            continue;
        if (stmt->kind != VALUE_STRING) {
            free(value);
            value = NULL;
            len = 0;
            continue;
        }
        if (doc->tokens[stmt->op].kind == TOK_ASSIGN)
            len = 0;
        grown = realloc(value, len + (t->end - t->start) + 1);
        if (!grown) {
            free(value);
            return NULL;
        }
        value = grown;
        atom(doc, t, value + len);
        len += strlen(value + len);
    }
    return value;
}

bool doc_list_has(const struct doc *doc, const char *key, const char *text)
{
    for (size_t i = 0; i < doc->n_stmts; i++) {
        const struct doc_stmt *stmt = &doc->stmts[i];

        if (!doc_is(doc, stmt, key) || stmt->kind != VALUE_LIST || stmt->last == DOC_NONE)
            continue;
        for (size_t k = stmt->value; k < stmt->last; k++) {
            const struct token *t = &doc->tokens[k];

            if (t->kind == TOK_STRING &&
                memmem(doc->text + t->start, t->end - t->start, text, strlen(text)))
                return true;
        }
    }
    return false;
}

long doc_number(const struct doc *doc, const char *key, long otherwise)
{
    AUTO_FREE char *value = doc_string(doc, key);
    char *end;
    long number;

    if (!value)
        return otherwise;
    number = strtol(value, &end, 0);
    return *end || end == value ? otherwise : number;
}
