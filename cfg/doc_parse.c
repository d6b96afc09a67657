/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tokens to statements.  Where libxlutil's grammar stops, this parser notes the mistake and reads on
 * as a person would.  doc->accepted is false exactly when libxlutil refuses the text.
 */
#include "cfg/doc_parser.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* The deepest nesting of lists.  bison's stack ends at 10000 symbols. */
#define DEPTH_MAX 1000

/* The characters of a key, in either case. */
#define KEY_CHARS TEXT_ALNUM "._"

static void unexpected(struct parser *p, const struct token *t, const char *expected)
{
    if (t->kind == TOK_END)
        parser_refuse(p, "syntax", t->start, (size_t)0, "the file ends where %s is expected", expected);
    else if (t->kind == TOK_NEWLINE)
        parser_refuse(p, "syntax", t->start, (size_t)0, "the line ends where %s is expected", expected);
    else
        parser_refuse(p, "syntax", t->start, t->end - t->start, "'%.*s' is found where %s is expected",
               SHOW(p, t), expected);
}

static void skip_line(struct parser *p)
{
    while (peek(p)->kind != TOK_END && peek(p)->kind != TOK_NEWLINE)
        p->i++;
}

/*
 * libxlutil refuses line ends around `=`.  They are skipped when the next token can only continue
 * the statement.
 */
static void skip_newlines(struct parser *p, enum token_kind a, enum token_kind b,
                          enum token_kind c, enum token_kind d)
{
    size_t j = p->i, from = p->doc->tokens[p->i].start;
    bool plain = true;
    enum token_kind kind;

    for (; kind_at(p, j) == TOK_NEWLINE; j++)
        plain = plain && !(p->doc->tokens[j].flags & TOKF_COMMENT);
    kind = kind_at(p, j);
    if (j == p->i || (kind != a && kind != b && kind != c && kind != d))
        return;
    if (plain)
        REFUSE_FIX(p, "newline-at-equals", from, p->doc->tokens[j].start - from, " ",
                   "xl takes no line end beside '='");
    else
        parser_refuse(p, "newline-at-equals", from, p->doc->tokens[j].start - from,
                      "xl takes no line end beside '='");
    p->i = j;
}

/* The end of text without quotes: tokens from i on that touch each other and are no atom. */
static size_t bare_end(const struct parser *p, size_t i)
{
    const struct token *t = p->doc->tokens;
    size_t j = i;

    for (;;) {
        enum token_kind kind = kind_at(p, j);

        if ((kind != TOK_IDENT && kind != TOK_NUMBER && kind != TOK_BAD &&
             kind != TOK_ASSIGN && kind != TOK_ADD) ||
            (j > i && t[j].start != t[j - 1].end))
            return j;
        j++;
    }
}

static bool is_negative(const char *p, size_t len)
{
    for (size_t i = 1; i < len; i++)
        if (p[i] < '0' || p[i] > '9')
            return false;
    return len > 1 && *p == '-';
}

/* Notes text without quotes, from token p->i up to `end`. */
static void refuse_bare(struct parser *p, size_t end)
{
    const struct token *t = peek(p);

    size_t len = p->doc->tokens[end - 1].end - t->start;

    if (t->flags & TOKF_UNTERMINATED) {
        parser_refuse(p, "open-quote", t->start, (size_t)1, "this quote is not closed on its line");
    } else if (is_negative(p->doc->text + t->start, len)) {
        AUTO_FREE char *quoted = NULL;

        if (asprintf(&quoted, "'%.*s'", (int)len, p->doc->text + t->start) < 0) {
            quoted = NULL;
            p->nomem = true;
            return;
        }
        REFUSE_FIX(p, "negative-number", t->start, len, quoted,
                   "xl reads a negative number only in quotes");
    } else {
        parser_refuse(p, "unquoted", t->start, len,
                      "'%.*s' is neither a quoted string nor a number", SHOW(p, t));
    }
}

struct list_reader {
    bool collect;       /* a pci list, whose items are kept */
    size_t stmt;        /* index that its statement will have */
    size_t depth;       /* open brackets */
    bool want_comma;    /* a value has been read */
    size_t item;        /* index of the open or last item, or DOC_NONE */
};

static void add_item(struct parser *p, struct list_reader *l, enum item_kind kind,
                     size_t first, size_t last)
{
    struct doc *doc = p->doc;
    const struct token *f = &doc->tokens[first], *t = &doc->tokens[last];
    const char *raw = doc->text + f->start;
    size_t len = t->end - f->start, at, open, close = 0;
    char *value;

    if (!l->collect || l->depth != 1)
        return;
    value = malloc(len + 1);
    if (!value || ARRAY_GROW(doc->items, doc->n_items)) {
        free(value);
        p->nomem = true;
        return;
    }
    if (kind == ITEM_STRING && f->kind == TOK_STRING) {
        lex_dequote(raw, len, value, &at);
    } else if (kind == ITEM_CURLY) {
        open = lex_curly_quote(raw, raw + len);
        open = open ? open : 1;
        for (size_t n = 1; n <= 3 && n <= len - open; n++)
            if (lex_curly_quote(raw + len - n, raw + len) == n)
                close = n;
        close = close ? close : 1;
        snprintf(value, len + 1, "%.*s", (int)(len - open - close), raw + open);
    } else {
        snprintf(value, len + 1, "%.*s", (int)(kind == ITEM_NESTED ? 0 : len), raw);
    }
    doc->items[doc->n_items] = (struct doc_item){
        .kind = kind,
        .value = value,
        .escaped = f->flags & TOKF_ESCAPE,
        .stmt = l->stmt,
        .first = first,
        .last = last,
        .comma = DOC_NONE,
        .start = f->start,
        .end = t->end,
    };
    l->item = doc->n_items++;
}

/* Reads one value, or one opening or closing bracket; false at the list's end. */
static bool list_value(struct parser *p, struct list_reader *l)
{
    const struct token *t = peek(p);
    size_t end = bare_end(p, p->i);
    bool number = t->kind == TOK_NUMBER && end == p->i + 1;

    if (l->want_comma && t->kind != TOK_CLOSE) {
        size_t before = p->i - 1;

        while (kind_at(p, before) == TOK_NEWLINE) /* report it after the last item */
            before--;
        parser_refuse(p, "missing-comma", p->doc->tokens[before].end, (size_t)0,
                      "a comma is missing before '%.*s'", SHOW(p, t));
    }
    l->want_comma = true;
    if (t->kind == TOK_OPEN) {
        if (l->depth == DEPTH_MAX)
            parser_refuse(p, "syntax", t->start, (size_t)1, "lists are nested too deep");
        add_item(p, l, ITEM_NESTED, p->i, p->i);
        l->depth++;
        l->want_comma = false;
    } else if (t->kind == TOK_CLOSE) {
        l->depth--;
        if (l->depth == 1 && l->item != DOC_NONE) {
            p->doc->items[l->item].last = p->i;
            p->doc->items[l->item].end = t->end;
        }
    } else if (t->kind == TOK_STRING || number) {
        add_item(p, l, ITEM_STRING, p->i, p->i);
    } else if (t->kind == TOK_CURLY) {
        parser_refuse(p, "curly-quote", t->start, t->end - t->start,
               "typographic quotes: xl knows only ' and \"");
        add_item(p, l, ITEM_CURLY, p->i, p->i);
    } else {
        refuse_bare(p, end);
        add_item(p, l, ITEM_BARE, p->i, end - 1);
        p->i = end - 1;
    }
    p->i++;
    return l->depth > 0;
}

static void list_comma(struct parser *p, struct list_reader *l)
{
    if (!l->want_comma) {
        REFUSE_FIX(p, "empty-item", peek(p)->start, (size_t)1, "",
                   "a value is missing before the comma");
    } else if (l->collect && l->depth == 1) {
        p->doc->items[l->item].comma = p->i;
    }
    l->want_comma = false;
    p->i++;
}

/* Parses from the opening bracket; returns the closing bracket's token, or DOC_NONE. */
static size_t parse_list(struct parser *p, bool collect)
{
    struct list_reader l = { .collect = collect, .stmt = p->doc->n_stmts, .depth = 1,
                             .item = DOC_NONE };
    const struct token *open = peek(p);
    bool line_start = false;

    p->i++;
    while (!p->nomem) {
        enum token_kind kind = peek(p)->kind;
        bool statement = line_start && kind == TOK_IDENT &&
                         (kind_at(p, p->i + 1) == TOK_ASSIGN || kind_at(p, p->i + 1) == TOK_ADD);

        line_start = kind == TOK_NEWLINE;
        if (kind == TOK_END || kind == TOK_SEMICOLON || statement) {
            parser_refuse(p, "unclosed-list", open->start, (size_t)1, "this '[' is never closed");
            return DOC_NONE;
        }
        if (kind == TOK_NEWLINE)
            p->i++;
        else if (kind == TOK_COMMA)
            list_comma(p, &l);
        else if (kind == TOK_ASSIGN || kind == TOK_ADD) {
            unexpected(p, peek(p), "a value");
            p->i++;
        } else if (!list_value(p, &l))
            return p->i - 1;
    }
    return DOC_NONE;
}

static void parse_value(struct parser *p, struct doc_stmt *stmt)
{
    const struct token *t = peek(p);
    size_t end = bare_end(p, p->i);

    stmt->value = stmt->last = p->i;
    stmt->kind = VALUE_BROKEN;
    if (t->kind == TOK_OPEN) {
        stmt->kind = VALUE_LIST;
        stmt->last = parse_list(p, doc_is(p->doc, stmt, "pci"));
        return;
    }
    if (t->kind == TOK_STRING || (t->kind == TOK_NUMBER && end == p->i + 1)) {
        stmt->kind = VALUE_STRING;
    } else if (t->kind == TOK_CURLY) {
        parser_refuse(p, "curly-quote", t->start, t->end - t->start,
               "typographic quotes: xl knows only ' and \"");
    } else if (end > p->i) {
        refuse_bare(p, end);
        stmt->last = end - 1;
        p->i = end - 1;
    } else {
        unexpected(p, t, "a value");
        stmt->last = DOC_NONE;
        return;
    }
    p->i++;
}

/* `PCI = ` is one mistake, and the rest is read as the statement that was meant. */
static bool upper_key(struct parser *p)
{
    const struct token *t = peek(p);
    enum token_kind next = kind_at(p, p->i + 1);
    AUTO_FREE char *key = strndup(p->doc->text + t->start, t->end - t->start);

    if (!key) {
        p->nomem = true;
        return false;
    }
    if (t->kind != TOK_BAD || !*key || strspn(key, KEY_CHARS) != t->end - t->start ||
        (next != TOK_ASSIGN && next != TOK_ADD))
        return false;
    for (char *c = key; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    REFUSE_FIX(p, "upper-case", t->start, t->end - t->start, key,
               "settings are in lower case: xl refuses '%.*s'", SHOW(p, t));
    return true;
}

/* pci = 'a','b': a list without brackets; the statement's value is all of it. */
static void unbracketed(struct parser *p, struct doc_stmt *stmt)
{
    size_t from = p->doc->tokens[stmt->value].start;

    while (kind_at(p, p->i) == TOK_COMMA && kind_at(p, p->i + 1) == TOK_STRING) {
        stmt->last = p->i + 1;
        p->i += 2;
    }
    if (stmt->last == stmt->value)
        return;
    stmt->kind = VALUE_BROKEN;
    parser_refuse(p, "no-brackets", from, p->doc->tokens[stmt->last].end - from,
                  "several values need brackets: xl refuses this line");
}

static void end_statement(struct parser *p, const struct doc_stmt *stmt)
{
    const struct token *t = peek(p);

    if (stmt->last == DOC_NONE || t->kind == TOK_NEWLINE || t->kind == TOK_SEMICOLON ||
        t->kind == TOK_END)
        return;
    if (stmt->kind == VALUE_STRING && t->kind == TOK_BAD &&
        strchr("+%", p->doc->text[t->start])) {
        parser_refuse_python(p);
        skip_line(p);
        return;
    }
    unexpected(p, t, "the end of the line");
    skip_line(p);
}

static void parse_statement(struct parser *p)
{
    struct doc *doc = p->doc;
    struct doc_stmt stmt = { .key = p->i };

    if (parser_is_python(p)) {
        parser_refuse_python(p);
        skip_line(p);
        return;
    }
    if (peek(p)->kind != TOK_IDENT && !upper_key(p)) {
        unexpected(p, peek(p), "a setting, key = value,");
        skip_line(p);
        return;
    }
    p->i++;
    skip_newlines(p, TOK_ASSIGN, TOK_ADD, TOK_ASSIGN, TOK_ADD);
    if (peek(p)->kind != TOK_ASSIGN && peek(p)->kind != TOK_ADD) {
        unexpected(p, peek(p), "'='");
        skip_line(p);
        return;
    }
    stmt.op = p->i++;
    skip_newlines(p, TOK_STRING, TOK_OPEN, TOK_NUMBER, TOK_CURLY);
    parse_value(p, &stmt);
    if (stmt.kind == VALUE_STRING)
        unbracketed(p, &stmt);
    if (ARRAY_GROW(doc->stmts, doc->n_stmts)) {
        p->nomem = true;
        return;
    }
    doc->stmts[doc->n_stmts++] = stmt;
    end_statement(p, &stmt);
}

static int find_lines(struct doc *doc)
{
    size_t room = 64;

    doc->lines = malloc(room * sizeof(*doc->lines));
    if (!doc->lines)
        return -ENOMEM;
    for (const char *p = doc->text; p; p = memchr(p, '\n', doc->len - (size_t)(p - doc->text))) {
        p += doc->n_lines > 0; /* past the line end */
        if (doc->n_lines == room) {
            size_t *grown = reallocarray(doc->lines, room *= 2, sizeof(*grown));

            if (!grown)
                return -ENOMEM;
            doc->lines = grown;
        }
        doc->lines[doc->n_lines++] = (size_t)(p - doc->text);
    }
    return 0;
}

/* Finds the pci statements that make the list, and how far xl reads it. */
static void find_list(struct doc *doc)
{
    bool reached = true;

    doc->pci_first = doc->pci_last = DOC_NONE;
    for (size_t i = 0; i < doc->n_stmts; i++) {
        if (!doc_is(doc, &doc->stmts[i], "pci"))
            continue;
        if (doc->pci_first == DOC_NONE || doc->tokens[doc->stmts[i].op].kind == TOK_ASSIGN)
            doc->pci_first = i;
        doc->pci_last = i;
    }
    while (doc->counted < doc->n_items && !doc_counts(doc, doc->items[doc->counted].stmt))
        doc->counted++;
    for (size_t i = doc->counted; i < doc->n_items; i++) {
        struct doc_item *item = &doc->items[i];

        reached = reached && item->kind != ITEM_NESTED;
        item->reached = reached;
    }
}

static int parse(struct doc *doc)
{
    struct parser p = { .doc = doc };

    if (lex(doc->text, doc->len, &doc->tokens, &doc->n_tokens) || find_lines(doc))
        return -ENOMEM;
    doc->accepted = doc->editable = true;
    parser_drop_unseen(&p);
    while (!p.nomem && peek(&p)->kind != TOK_END) {
        if (peek(&p)->kind == TOK_NEWLINE || peek(&p)->kind == TOK_SEMICOLON)
            p.i++;
        else
            parse_statement(&p);
    }
    parser_check_tokens(&p);
    find_list(doc);
    notes_sort(&doc->notes);
    return p.nomem ? -ENOMEM : 0;
}

int doc_parse(struct doc **ret, const char *text, size_t len, struct err *e)
{
    AUTO_DOC struct doc *doc = calloc(1, sizeof(*doc));

    if (len > UINT32_MAX)
        return err_set(e, XV_USAGE, EFBIG, "it is over 4 GiB");
    if (!doc || !(doc->text = malloc(len + 1)))
        return err_nomem(e);
    memcpy(doc->text, text, len);
    doc->text[len] = '\0';
    doc->len = len;
    if (parse(doc))
        return err_nomem(e);
    *ret = TAKE_PTR(doc);
    return 0;
}
