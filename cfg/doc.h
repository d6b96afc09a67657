/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An xl cfg as a lossless document: the text, its tokens as byte spans, its statements, and the pci
 * list that counts.  Statements are those of tools/libs/util/libxlu_cfg_y.y, Xen 4.17.  Text that
 * xl refuses is read as a person would read it, with a note on each mistake.
 */
#ifndef XVTD_CFG_DOC_H
#define XVTD_CFG_DOC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "cfg/lex.h"
#include "cfg/note.h"

/* No such token. */
#define DOC_NONE ((size_t)-1)

enum value_kind { VALUE_STRING, VALUE_LIST, VALUE_BROKEN };

/* `key = value` or `key += value`; the members are indexes of tokens. */
struct doc_stmt {
    size_t key;
    size_t op;              /* TOK_ASSIGN or TOK_ADD */
    size_t value;           /* the string, or the opening bracket */
    size_t last;            /* the value's last token, a closing bracket;
                               DOC_NONE when the list is not closed */
    enum value_kind kind;
};

enum item_kind {
    ITEM_STRING,    /* quoted, or a bare number */
    ITEM_CURLY,     /* in typographic quotes: an error to xl */
    ITEM_BARE,      /* without quotes: an error to xl */
    ITEM_NESTED,    /* a list: xl stops reading the pci list here */
};

/* One item of a pci list. */
struct doc_item {
    enum item_kind kind;
    char *value;            /* as xl would read it; "" for ITEM_NESTED; owned by the doc */
    bool escaped;           /* offsets in value differ from those in text */
    bool reached;           /* xl reads this far */
    size_t stmt;            /* index of its statement */
    size_t first, last;     /* tokens */
    size_t comma;           /* the token after it that is a comma, or DOC_NONE */
    size_t start, end;      /* bytes, quotes included */
};

struct doc {
    char *text;             /* len bytes and a NUL */
    size_t len;
    struct token *tokens;   /* the last is TOK_END */
    size_t n_tokens;
    struct doc_stmt *stmts;
    size_t n_stmts;
    struct doc_item *items; /* of all pci statements, in order */
    size_t n_items;
    size_t counted;         /* index of the first item of the list that counts */
    size_t *lines;          /* offset of each line's first byte */
    size_t n_lines;
    bool accepted;          /* xl's parser accepts the whole text */
    bool editable;          /* accepted, apart from CR line ends and a last comment
                               without a line end, which edits keep */
    size_t pci_first;       /* index into stmts of the last `pci =`, or else of the first
                               `pci +=`; DOC_NONE without either */
    size_t pci_last;        /* the last `pci +=` that counts, or the same as pci_first */
    struct notes notes;     /* mistakes in it; sorted */
};

/*
 * Parses a copy of len bytes at text.  Any bytes make a document.  Errors:
 * XV_FAILED (out of memory), XV_USAGE (over 4 GiB).
 */
int doc_parse(struct doc **ret, const char *text, size_t len, struct err *e);

/* Accepts NULL and returns NULL. */
struct doc *doc_free(struct doc *doc);

static inline void doc_free_p(struct doc **doc)
{
    *doc = doc_free(*doc);
}

#define AUTO_DOC CLEANUP(doc_free_p)

/* Line and column, both from 1, of a byte; the column counts characters of UTF-8. */
void doc_position(const struct doc *doc, size_t offset, size_t *line, size_t *column);

/* True when the statement's items belong to the list that xl reads. */
bool doc_counts(const struct doc *doc, size_t stmt);

/* The n-th item of the list that counts, of doc_count(), or NULL. */
const struct doc_item *doc_item(const struct doc *doc, size_t n);
size_t doc_count(const struct doc *doc);

/* True when the statement's key is `key`. */
bool doc_is(const struct doc *doc, const struct doc_stmt *stmt, const char *key);

/* The last assignment to key, or NULL. */
const struct doc_stmt *doc_find(const struct doc *doc, const char *key);

/*
 * The value of a string setting as xl reads it, with `+=` appended.  NULL when it is missing
 * or a list, or memory is short.  Owned by the caller.
 */
char *doc_string(const struct doc *doc, const char *key);

/* True when a string in a list setting contains this text. */
bool doc_list_has(const struct doc *doc, const char *key, const char *text);

/* A boolean or number as xl reads it, with strtol(3); `otherwise` when it is missing. */
long doc_number(const struct doc *doc, const char *key, long otherwise);

#endif
