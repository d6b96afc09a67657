/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tokens of an xl cfg, as byte spans of its text.  Tokens are those of libxlutil's lexer
 * (tools/libs/util/libxlu_cfg_l.l, Xen 4.17).  Text that it refuses becomes a token too, of a
 * kind that says what the writer meant.
 */
#ifndef XVTD_CFG_LEX_H
#define XVTD_CFG_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum token_kind {
    TOK_END,        /* of the text; always the last, empty unless TOKF_STRAY */
    TOK_IDENT,
    TOK_NUMBER,
    TOK_STRING,     /* with its quotes */
    TOK_COMMA,
    TOK_OPEN,
    TOK_CLOSE,
    TOK_ASSIGN,     /* = */
    TOK_ADD,        /* += */
    TOK_SEMICOLON,
    TOK_NEWLINE,    /* the span includes the comment before it and the line end */
    /* Lexical errors to xl: */
    TOK_CURLY,      /* a string in typographic quotes, those included */
    TOK_BAD,
};

/* Flags of a token. */
enum {
    TOKF_COMMENT = 1,       /* TOK_NEWLINE: it starts with # */
    TOKF_CR = 2,            /* TOK_NEWLINE: \r\n, which xl refuses outside comments */
    TOKF_UNTERMINATED = 4,  /* TOK_NEWLINE: a comment without a line end;
                               TOK_BAD: a straight quote that is not closed on its line */
    TOKF_ESCAPE = 8,        /* TOK_STRING: it has a backslash */
    TOKF_NUL = 16,          /* it has a NUL byte */
    TOKF_STRAY = 32,        /* TOK_END: the text ends with one byte that is not a token;
                               libxlutil ignores it there */
    TOKF_NO_BREAK = 64,     /* TOK_BAD: no-break spaces, alone */
    TOKF_BOM = 128,         /* TOK_BAD: a byte order mark that begins the text */
};

struct token {
    enum token_kind kind : 8;
    uint8_t flags;
    uint32_t start; /* bytes */
    uint32_t end;   /* the first byte after it */
};

/* Splits text, up to 4 GiB, into tokens without blanks.  Owned by the caller.  0 or -ENOMEM. */
int lex(const char *text, size_t len, struct token **ret, size_t *ret_n);

/* Traps in the escapes of a string. */
enum escape_trap {
    ESCAPE_FINE,
    ESCAPE_REFUSED,     /* xl refuses the file */
    ESCAPE_DROPPED,     /* xl silently drops a number after a backslash */
};

/*
 * The value that xl makes of a string token's bytes (xlu__cfgl_dequote()), without quotes and with
 * escapes resolved.  to: room for len bytes.  *at: the offset of the first trap in raw.
 */
enum escape_trap lex_dequote(const char *raw, size_t len, char *to, size_t *at);

/* The length in bytes of the typographic quote at p; 0 when there is none. */
size_t lex_curly_quote(const char *p, const char *end);

#endif
