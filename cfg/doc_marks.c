/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mistakes in a text that do not depend on its statements. */
#include "cfg/doc_parser.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Maximum number of notes on one file; a text with more is not a cfg. */
#define NOTES_MAX 200

bool parser_refuse(struct parser *p, const char *kind, size_t from, size_t len, const char *fmt,
                   ...)
{
    static const char *const vague[] = { "syntax", "unquoted", "missing-comma", "unclosed-list" };
    AUTO_FREE char *message = NULL;
    va_list ap;
    int n;

    p->doc->accepted = p->doc->editable = false;
    if ((p->python && text_word(vague, ARRAY_LEN(vague), kind) < ARRAY_LEN(vague)) ||
        p->doc->notes.n >= NOTES_MAX)
        return false;
    va_start(ap, fmt);
    n = vasprintf(&message, fmt, ap);
    va_end(ap);
    if (n < 0)
        message = NULL;
    if (n < 0 || notes_add(&p->doc->notes, kind, SEVERITY_ERROR, from, len, "%s", message))
        p->nomem = true;
    return !p->nomem;
}

void parser_drop_unseen(struct parser *p)
{
    struct doc *doc = p->doc;
    size_t kept = 0;

    for (size_t i = 0; i < doc->n_tokens; i++) {
        const struct token *t = &doc->tokens[i];

        if (t->flags & TOKF_BOM)
            REFUSE_FIX(p, "byte-order-mark", t->start, t->end - t->start, "",
                       "the file begins with a byte order mark, which xl does not skip");
        else if (t->flags & TOKF_NO_BREAK)
            REFUSE_FIX(p, "no-break-space", t->start, t->end - t->start, " ",
                       "a no-break space, as on web pages: xl skips only blanks and tabs");
        else
            doc->tokens[kept++] = *t;
    }
    doc->n_tokens = kept;
}

bool parser_is_python(const struct parser *p)
{
    static const char *const words[] = { "import", "from", "def", "if", "elif", "else", "for",
                                         "while", "try", "except", "with", "print", "return" };
    const struct token *t = peek(p);
    enum token_kind next = kind_at(p, p->i + 1);

    if (t->kind != TOK_IDENT || next == TOK_ASSIGN || next == TOK_ADD)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (t->end - t->start == strlen(words[i]) &&
            !memcmp(p->doc->text + t->start, words[i], t->end - t->start))
            return true;
    return false;
}

void parser_refuse_python(struct parser *p)
{
    const struct token *t = peek(p);

    if (!p->python)
        parser_refuse(p, "python", t->start, t->end - t->start,
                      "this is a Python program for xm: xl runs no programs");
    p->python = true;
}

static void note_fix(struct parser *p, const char *kind, enum severity severity, size_t from,
                     size_t len, const char *fix, const char *message)
{
    struct notes *notes = &p->doc->notes;

    if (notes_add(notes, kind, severity, from, len, "%s", message) ||
        notes_fix(notes, fix, strlen(fix)))
        p->nomem = true;
}

/* Notes mistakes in a token, wherever the token is. */
static void check_token(struct parser *p, const struct token *t, size_t *n_cr)
{
    struct doc *doc = p->doc;

    if (t->flags & TOKF_NUL)
        parser_refuse(p, "nul-byte", t->start, t->end - t->start, "there is a NUL byte here");
    if (t->kind == TOK_NEWLINE && t->flags & TOKF_CR) {
        doc->accepted = false;
        if (!(*n_cr)++)
            note_fix(p, "cr-line-end", SEVERITY_ERROR, t->start, 2, "\n",
                     "lines end in CR LF, as on Windows: xl refuses that");
    } else if (t->flags & TOKF_STRAY) {
        doc->editable = false; /* text added after it would make it an error */
        note_fix(p, "stray-byte", SEVERITY_WARNING, t->start, 1, "",
                 "a stray character ends the file; xl ignores it only there");
    } else if (t->kind == TOK_NEWLINE && t->flags & TOKF_UNTERMINATED &&
               t->end - t->start > 1) { /* xl ignores a lone # like any other single byte at the end */
        doc->accepted = false;
        note_fix(p, "cut-comment", SEVERITY_ERROR, t->end, 0, "\n",
                 "the last line is a comment without a line end: xl refuses that");
    } else if (t->flags & TOKF_ESCAPE) {
        AUTO_FREE char *value = malloc(t->end - t->start + 1);
        size_t at = 0;
        enum escape_trap trap;

        if (!value) {
            p->nomem = true;
            return;
        }
        trap = lex_dequote(doc->text + t->start, t->end - t->start, value, &at);
        if (trap == ESCAPE_REFUSED)
            parser_refuse(p, "escape", t->start + at, (size_t)2, "xl does not know this escape");
        else if (trap == ESCAPE_DROPPED && doc->notes.n < NOTES_MAX &&
                 notes_add(&doc->notes, "escape", SEVERITY_WARNING, t->start + at, 2,
                           "xl drops a character that is written as a number"))
            p->nomem = true;
    } else if (t->kind == TOK_BAD) {
        /* The grammar has noted most of these; it does not see those in places that it skips. */
        doc->accepted = doc->editable = false;
    }
}

struct typed {
    const char *text;
    const struct doc *doc;
    size_t stmt;
};

static int compare_keys(const void *a, const void *b)
{
    const struct typed *x = a, *y = b;
    const struct token *s = &x->doc->tokens[x->doc->stmts[x->stmt].key];
    const struct token *t = &y->doc->tokens[y->doc->stmts[y->stmt].key];
    size_t m = s->end - s->start, n = t->end - t->start;
    int c = memcmp(x->text + s->start, y->text + t->start, m < n ? m : n);

    if (!c && m != n)
        c = m < n ? -1 : 1;
    return c ? c : (x->stmt > y->stmt) - (x->stmt < y->stmt);
}

/* xl refuses `+=` of a list to a string, and of a string to a list. */
static void check_additions(struct parser *p)
{
    struct doc *doc = p->doc;
    AUTO_FREE struct typed *sorted = NULL;
    bool any = false;

    for (size_t i = 0; i < doc->n_stmts; i++)
        any = any || doc->tokens[doc->stmts[i].op].kind == TOK_ADD;
    if (!any)
        return;
    sorted = calloc(doc->n_stmts, sizeof(*sorted));
    if (!sorted) {
        p->nomem = true;
        return;
    }
    for (size_t i = 0; i < doc->n_stmts; i++)
        sorted[i] = (struct typed){ doc->text, doc, i };
    qsort(sorted, doc->n_stmts, sizeof(*sorted), compare_keys);
    for (size_t i = 1; i < doc->n_stmts; i++) {
        const struct doc_stmt *a = &doc->stmts[sorted[i - 1].stmt];
        const struct doc_stmt *b = &doc->stmts[sorted[i].stmt];
        const struct token *s = &doc->tokens[a->key], *t = &doc->tokens[b->key];

        if (doc->tokens[b->op].kind != TOK_ADD || s->end - s->start != t->end - t->start ||
            memcmp(doc->text + s->start, doc->text + t->start, t->end - t->start))
            continue;
        if ((a->kind == VALUE_LIST) != (b->kind == VALUE_LIST) && b->kind != VALUE_BROKEN)
            parser_refuse(p, "added-kinds", t->start, t->end - t->start,
                   "xl cannot add a %s to a %s", b->kind == VALUE_LIST ? "list" : "string",
                   a->kind == VALUE_LIST ? "list" : "string");
    }
}

void parser_check_tokens(struct parser *p)
{
    struct doc *doc = p->doc;
    size_t n_cr = 0;

    for (size_t i = 0; !p->nomem && i < doc->n_tokens; i++)
        if (doc->tokens[i].flags || doc->tokens[i].kind == TOK_BAD)
            check_token(p, &doc->tokens[i], &n_cr);
    if (!p->nomem)
        check_additions(p);
}
