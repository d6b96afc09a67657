/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cfg/edit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The indentation of an item on its own line. */
#define INDENT "    "

static const struct token *token(const struct doc *doc, size_t i)
{
    return &doc->tokens[i];
}

static bool plain_newline(const struct token *t)
{
    return t->kind == TOK_NEWLINE && !(t->flags & TOKF_COMMENT);
}

static size_t line_start(const struct doc *doc, size_t offset)
{
    size_t line, column;

    doc_position(doc, offset, &line, &column);
    return doc->lines[line - 1];
}

/* The line end of this file.  A CR in a comment alone does not count: xl accepts it. */
static const char *line_end(const struct doc *doc)
{
    for (size_t i = 0; i < doc->n_tokens; i++)
        if (token(doc, i)->kind == TOK_NEWLINE && token(doc, i)->flags & TOKF_CR)
            return "\r\n";
    return "\n";
}

static int check_editable(const struct doc *doc, struct err *e)
{
    size_t line = 1, column = 1;
    const char *why = "this is not a cfg";
    int r;

    if (doc->editable && doc->pci_last != DOC_NONE &&
        doc->stmts[doc->pci_last].kind != VALUE_LIST) {
        doc_position(doc, token(doc, doc->stmts[doc->pci_last].key)->start, &line, &column);
        r = err_set(e, XV_USAGE, EINVAL, "line %zu, column %zu: pci is a string, which xl "
                    "ignores, and not a list", line, column);
        err_hint(e, "see 'xvtd cfg check --fix'");
        return r;
    }
    if (doc->editable)
        return 0;
    for (size_t i = 0; i < doc->notes.n; i++) {
        const struct note *note = &doc->notes.v[i];

        if ((!doc->accepted && note->severity != SEVERITY_ERROR) ||
            !strcmp(note->kind, "cr-line-end") || !strcmp(note->kind, "cut-comment"))
            continue;
        doc_position(doc, note->offset, &line, &column);
        why = note->message;
        break;
    }
    r = err_set(e, XV_USAGE, EINVAL, "line %zu, column %zu: %s; xl does not read this file",
                line, column, why);
    err_hint(e, "correct the file first; 'xvtd cfg check --fix' corrects mistakes with only one "
             "possible meaning");
    return r;
}

/* The quote for a new item: its neighbour's, else the one that the file's strings use. */
static char quote_style(const struct doc *doc, const struct doc_item *neighbour)
{
    if (neighbour && strchr("'\"", doc->text[neighbour->start]))
        return doc->text[neighbour->start];
    for (size_t i = 0; i < doc->n_tokens; i++)
        if (token(doc, i)->kind == TOK_STRING)
            return doc->text[token(doc, i)->start];
    return '"';
}

/* value in quotes, with escapes where xl requires them; NULL when out of memory. */
static char *quoted(const char *value, char quote)
{
    char *text = malloc(2 * strlen(value) + 3), *to = text;

    if (!text)
        return NULL;
    *to++ = quote;
    for (; *value; value++) {
        if (*value == quote || *value == '\\')
            *to++ = '\\';
        *to++ = *value;
    }
    *to++ = quote;
    *to = '\0';
    return text;
}

static int apply(const struct doc *doc, struct patches *patches, char **ret, size_t *ret_len,
                 struct err *e)
{
    return patches_apply(patches, doc->text, doc->len, ret, ret_len) ? err_nomem(e) : 0;
}

/* Adds one insertion, formatted. */
__attribute__((format(printf, 3, 4)))
static int insert(struct patches *patches, size_t offset, const char *fmt, ...)
{
    AUTO_FREE char *text = NULL;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n < 0) {
        text = NULL;
        return -ENOMEM;
    }
    return patches_add(patches, offset, 0, text);
}

/* Appends text as a line of its own; the file's last line may lack a line end. */
static int append(const struct doc *doc, struct patches *patches, const char *text)
{
    const char *eol = line_end(doc);

    if (doc->len && doc->text[doc->len - 1] != '\n')
        return insert(patches, doc->len, "%s%s", eol, text);
    return insert(patches, doc->len, "%s%s", text, eol);
}

static int add_to_empty(const struct doc *doc, const struct doc_stmt *stmt, const char *item,
                        struct patches *patches)
{
    const struct token *open = token(doc, stmt->value), *close = token(doc, stmt->last);
    size_t start = line_start(doc, close->start), from = start, len = close->start - start;
    const char *more = INDENT;

    if (stmt->last == stmt->value + 1)
        return insert(patches, close->start, "%s%.*s", item, (int)(close->start - open->end),
                      doc->text + open->end);
    for (size_t i = stmt->value + 1; i < stmt->last; i++) {
        const struct token *t = token(doc, i);

        /* a comment on its own line shows the indentation */
        if (t->flags & TOKF_COMMENT && token(doc, i - 1)->kind == TOK_NEWLINE) {
            from = line_start(doc, t->start);
            len = t->start - from;
            more = "";
        }
    }
    return insert(patches, start, "%.*s%s%s%s", (int)len, doc->text + from, more, item,
                  line_end(doc));
}

static int add_after(const struct doc *doc, const struct doc_item *last, const char *item,
                     struct patches *patches)
{
    bool trailing = last->comma != DOC_NONE;
    size_t anchor = trailing ? last->comma : last->last;
    const struct token *next = token(doc, anchor + 1), *before = token(doc, last->first - 1);
    size_t start = line_start(doc, last->start), at = token(doc, anchor)->end;
    int indent = (int)(last->start - start), gap = 1;
    const char *blanks = " ";
    int r;

    if (before->kind == TOK_NEWLINE && next->kind == TOK_NEWLINE &&
        (!trailing || last->comma == last->last + 1)) {
        r = insert(patches, next->end, "%.*s%s%s%s", indent, doc->text + start, item,
                   trailing ? "," : "", line_end(doc));
        return r || trailing ? r : insert(patches, at, ",");
    }
    if (before->kind == TOK_NEWLINE)
        return insert(patches, at, "%s%s%.*s%s%s", trailing ? "" : ",", line_end(doc), indent,
                      doc->text + start, item, trailing ? "," : "");
    if (before->kind == TOK_COMMA) {
        blanks = doc->text + before->end;
        gap = (int)(last->start - before->end);
    }
    return insert(patches, at, "%s%.*s%s%s", trailing ? "" : ",", gap, blanks, item,
                  trailing ? "," : "");
}

/* The last item of a statement, or NULL. */
static const struct doc_item *last_item(const struct doc *doc, size_t stmt)
{
    for (size_t i = doc->n_items; i > 0; i--)
        if (doc->items[i - 1].stmt == stmt)
            return &doc->items[i - 1];
    return NULL;
}

int edit_add(const struct doc *doc, const char *value, char **ret, size_t *ret_len,
             struct err *e)
{
    const struct doc_item *last = NULL;
    AUTO_PATCHES struct patches patches = { NULL, 0 };
    AUTO_FREE char *item = NULL, *list = NULL;
    int r = check_editable(doc, e);

    if (r)
        return r;
    if (doc->pci_last != DOC_NONE)
        last = last_item(doc, doc->pci_last);
    item = quoted(value, quote_style(doc, last));
    if (!item)
        return err_nomem(e);
    if (doc->pci_last == DOC_NONE) {
        if (asprintf(&list, "pci = [%s" INDENT "%s,%s]", line_end(doc), item,
                     line_end(doc)) < 0) {
            list = NULL;
            return err_nomem(e);
        }
        r = append(doc, &patches, list);
    } else if (!last) {
        r = add_to_empty(doc, &doc->stmts[doc->pci_last], item, &patches);
    } else {
        r = add_after(doc, last, item, &patches);
    }
    return r ? err_nomem(e) : apply(doc, &patches, ret, ret_len, e);
}

/* Removes the bytes between two offsets. */
static int drop(struct patches *patches, size_t from, size_t to)
{
    return patches_add(patches, from, to - from, "");
}

static int drop_line(const struct doc *doc, struct patches *patches, size_t offset,
                     const struct token *newline)
{
    return drop(patches, line_start(doc, offset), newline->end);
}

/* True when only line ends without comments are between two tokens. */
static bool only_newlines(const struct doc *doc, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (!plain_newline(token(doc, i)))
            return false;
    return true;
}

/* True when the blanks before and after the only item are the same bytes. */
static bool mirrored(const struct doc *doc, const struct token *open, size_t start, size_t end,
                     const struct token *close)
{
    size_t before = start - open->end, behind = close->start - end;

    return open->kind == TOK_OPEN && close->kind == TOK_CLOSE && before == behind &&
           !memcmp(doc->text + open->end, doc->text + end, before);
}

/* Removes an item that has an item before it and no comma after it: the comma before goes. */
static int remove_last(const struct doc *doc, const struct doc_item *item, size_t comma,
                       struct patches *patches)
{
    const struct token *before = token(doc, item->first - 1);
    const struct token *next = token(doc, item->last + 1);
    size_t comma_start = token(doc, comma)->start;

    if (before->kind == TOK_NEWLINE && plain_newline(next))
        return drop(patches, comma_start, comma_start + 1) ? -ENOMEM
               : drop_line(doc, patches, item->start, next);
    if (next->kind != TOK_NEWLINE && only_newlines(doc, comma + 1, item->first))
        return drop(patches, comma_start, item->end);
    if (item->first == comma + 1)
        return drop(patches, comma_start, item->end);
    return drop(patches, comma_start, comma_start + 1) ? -ENOMEM
           : drop(patches, item->start, next->start);
}

static int remove_any(const struct doc *doc, const struct doc_item *item, size_t comma,
                      struct patches *patches)
{
    size_t behind = item->comma != DOC_NONE ? item->comma : item->last;
    const struct token *before = token(doc, item->first - 1);
    const struct token *next = token(doc, behind + 1);
    size_t end = token(doc, behind)->end, to;

    if (before->kind == TOK_NEWLINE && plain_newline(next))
        return drop_line(doc, patches, item->start, next);
    if (comma != DOC_NONE && item->first == comma + 1)
        return drop(patches, before->end, end);
    if (comma != DOC_NONE && next->kind == TOK_CLOSE && only_newlines(doc, comma + 1, item->first))
        return drop(patches, token(doc, comma)->end, end);
    if (next->kind == TOK_CLOSE)
        return drop(patches, item->start,
                    mirrored(doc, before, item->start, end, next) ? next->start : end);
    if (!plain_newline(next))
        return drop(patches, item->start, next->start);
    for (to = behind + 1; plain_newline(token(doc, to)); to++)
        ;
    if (token(doc, to)->kind == TOK_NEWLINE || token(doc, to)->kind == TOK_CLOSE)
        return drop(patches, item->start, end);
    return drop(patches, item->start, token(doc, to)->start);
}

/* Removes a list that has the form of a new one from edit_add(), with its only item. */
static bool remove_list(const struct doc *doc, const struct doc_item *item,
                        struct patches *patches, int *r)
{
    const struct doc_stmt *stmt = &doc->stmts[item->stmt];
    const struct token *key = token(doc, stmt->key), *next = token(doc, stmt->last + 1);
    const char *eol = line_end(doc);
    size_t end = token(doc, stmt->last)->end, start = key->start;
    AUTO_FREE char *list = NULL;

    for (size_t i = 0; i < doc->n_stmts; i++)
        if (i != item->stmt && doc_is(doc, &doc->stmts[i], "pci"))
            return false; /* without this list an earlier one would count */
    if (asprintf(&list, "pci = [%s" INDENT "%.*s,%s]", eol, (int)(item->end - item->start),
                 doc->text + item->start, eol) < 0) {
        list = NULL;
        *r = -ENOMEM;
        return true;
    }
    if (start != line_start(doc, start) || end - start != strlen(list) ||
        memcmp(doc->text + start, list, end - start))
        return false;
    if (plain_newline(next) && next->start == end)
        end = next->end;
    else if (next->kind == TOK_END && end == doc->len && start)
        start -= strlen(eol);
    else if (end != doc->len)
        return false;
    *r = drop(patches, start, end);
    return true;
}

int edit_remove(const struct doc *doc, size_t n, char **ret, size_t *ret_len, struct err *e)
{
    const struct doc_item *item = doc_item(doc, n);
    AUTO_PATCHES struct patches patches = { NULL, 0 };
    size_t comma = DOC_NONE;
    int r = check_editable(doc, e);

    if (r)
        return r;
    if (item > doc->items && item[-1].stmt == item->stmt)
        comma = item[-1].comma;
    if (remove_list(doc, item, &patches, &r))
        ;
    else if (item->comma != DOC_NONE && item->comma != item->last + 1)
        /* the comma is on a line of its own */
        r = drop(&patches, item->start, item->end) ? -ENOMEM
            : drop(&patches, token(doc, item->comma)->start, token(doc, item->comma)->end);
    else if (item->comma == DOC_NONE && comma != DOC_NONE)
        r = remove_last(doc, item, comma, &patches);
    else
        r = remove_any(doc, item, comma, &patches);
    return r ? err_nomem(e) : apply(doc, &patches, ret, ret_len, e);
}

int edit_replace(const struct doc *doc, size_t n, const char *value, char **ret,
                 size_t *ret_len, struct err *e)
{
    const struct doc_item *item = doc_item(doc, n);
    AUTO_PATCHES struct patches patches = { NULL, 0 };
    AUTO_FREE char *text = NULL;
    int r = check_editable(doc, e);

    if (r)
        return r;
    text = quoted(value, quote_style(doc, item));
    if (!text || patches_add(&patches, item->start, item->end - item->start, text))
        return err_nomem(e);
    return apply(doc, &patches, ret, ret_len, e);
}

int edit_append_line(const struct doc *doc, const char *text, char **ret, size_t *ret_len,
                     struct err *e)
{
    AUTO_PATCHES struct patches patches = { NULL, 0 };
    int r = check_editable(doc, e);

    if (r)
        return r;
    return append(doc, &patches, text) ? err_nomem(e) : apply(doc, &patches, ret, ret_len, e);
}

bool edit_find_comment(const struct doc *doc, size_t from, struct our_comment *ret)
{
    for (size_t i = from; i < doc->n_tokens; i++) {
        const struct token *t = token(doc, i);
        char line[160];

        if (!(t->flags & TOKF_COMMENT) || (i && token(doc, i - 1)->kind != TOK_NEWLINE))
            continue;
        snprintf(line, sizeof(line), "%.*s", (int)(t->end - t->start), doc->text + t->start);
        line[strcspn(line, "\r\n")] = '\0';
        if (sscanf(line, "# xvtd: %31s is %95[^\n]", ret->device, ret->identity) != 2)
            continue;
        ret->token = i;
        return true;
    }
    return false;
}

int edit_add_comment(const struct doc *doc, size_t n, const char *device, const char *identity,
                     char **ret, size_t *ret_len, struct err *e)
{
    AUTO_PATCHES struct patches patches = { NULL, 0 };
    size_t start = line_start(doc, doc_item(doc, n)->start);
    int indent = (int)strspn(doc->text + start, " \t");
    int r = check_editable(doc, e);

    if (r)
        return r;
    if (insert(&patches, start, "%.*s# xvtd: %s is %s%s", indent, doc->text + start, device,
               identity, line_end(doc)))
        return err_nomem(e);
    return apply(doc, &patches, ret, ret_len, e);
}

int edit_remove_comment(const struct doc *doc, const struct our_comment *comment, char **ret,
                        size_t *ret_len, struct err *e)
{
    AUTO_PATCHES struct patches patches = { NULL, 0 };
    const struct token *t = token(doc, comment->token);

    if (drop_line(doc, &patches, t->start, t))
        return err_nomem(e);
    return apply(doc, &patches, ret, ret_len, e);
}
