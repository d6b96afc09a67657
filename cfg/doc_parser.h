/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files that build a document; others use doc.h. */
#ifndef XVTD_CFG_DOC_PARSER_H
#define XVTD_CFG_DOC_PARSER_H

#include "cfg/doc.h"

struct parser {
    struct doc *doc;
    size_t i;       /* the token to read next */
    bool python;    /* an xm program: further mistakes are not noted */
    bool nomem;
};

static inline const struct token *peek(const struct parser *p)
{
    return &p->doc->tokens[p->i];
}

static inline enum token_kind kind_at(const struct parser *p, size_t i)
{
    return i < p->doc->n_tokens ? p->doc->tokens[i].kind : TOK_END;
}

/* How a token is shown in a message: its bytes, cut. */
#define SHOW_MAX 24
#define SHOW(p, t) (int)((t)->end - (t)->start > SHOW_MAX ? SHOW_MAX : (t)->end - (t)->start), \
                   (p)->doc->text + (t)->start

/* Notes why libxlutil refuses the text, at a span; false when no note was added. */
bool parser_refuse(struct parser *p, const char *kind, size_t from, size_t len, const char *fmt,
                   ...) __attribute__((format(printf, 5, 6)));

/* The same, with a replacement text. */
#define REFUSE_FIX(p, kind, from, len, text, ...)                       \
    do {                                                                \
        if (parser_refuse(p, kind, from, len, __VA_ARGS__) &&           \
            notes_fix(&(p)->doc->notes, text, strlen(text)))            \
            (p)->nomem = true;                                          \
    } while (0)

/* Removes tokens that a person cannot see: byte order marks, no-break spaces. */
void parser_drop_unseen(struct parser *p);

/* True when the next line is Python, which xm accepted as a cfg; notes the first such line. */
bool parser_is_python(const struct parser *p);
void parser_refuse_python(struct parser *p);

/* Notes mistakes in tokens and in `+=`. */
void parser_check_tokens(struct parser *p);

#endif
