/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cfg/lex.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct lexer {
    const char *text, *p, *end;
    const char *open_line; /* end of a line with an open quote: do not search it again */
    struct token *tokens;
    size_t n, room;
};

static int emit(struct lexer *l, enum token_kind kind, unsigned flags, const char *to)
{
    if (l->n == l->room) {
        size_t room = l->room ? l->room * 2 : 64;
        struct token *grown = reallocarray(l->tokens, room, sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        l->tokens = grown;
        l->room = room;
    }
    l->tokens[l->n++] = (struct token){
        .kind = kind,
        .flags = (uint8_t)flags,
        .start = (uint32_t)(l->p - l->text),
        .end = (uint32_t)(to - l->text),
    };
    l->p = to;
    return 0;
}

static bool ident_start(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool ident_char(char c)
{
    return ident_start(c) || digit(c) || c == '.' || c == '_';
}

static bool number_char(char c)
{
    return digit(c) || (c >= 'a' && c <= 'f') || c == 'x';
}

size_t lex_curly_quote(const char *p, const char *end)
{
    const unsigned char *u = (const unsigned char *)p;

    if (p < end && *p == '`')
        return 1;
    if (end - p >= 2 && u[0] == 0xc2 && u[1] == 0xb4) /* acute accent */
        return 2;
    if (end - p >= 3 && u[0] == 0xe2 && u[1] == 0x80 &&
        ((u[2] >= 0x98 && u[2] <= 0x9f) || u[2] == 0xb2 || u[2] == 0xb3))
        return 3;
    return 0;
}

/* The first typographic quote on the line from p, or NULL. */
static const char *find_curly(const char *p, const char *end)
{
    for (; p < end && *p != '\n'; p++)
        if (lex_curly_quote(p, end))
            return p;
    return NULL;
}

static bool no_break(const char *p, const char *end)
{
    return end - p >= 2 && p[0] == '\xc2' && p[1] == '\xa0';
}

/* The end of a word that is not a token. */
static const char *bad_end(const char *p, const char *end)
{
    while (p < end && !strchr(" \t\n\r,]#'\"", *p) && !lex_curly_quote(p, end) &&
           !no_break(p, end))
        p++;
    return p;
}

/* The length of the line end at p, "\n" or "\r\n"; 0 when there is none. */
static size_t line_end(const char *p, const char *end)
{
    if (p < end && *p == '\n')
        return 1;
    return end - p >= 2 && p[0] == '\r' && p[1] == '\n' ? 2 : 0;
}

static int lex_comment(struct lexer *l)
{
    const char *nl = memchr(l->p, '\n', (size_t)(l->end - l->p));
    const char *to = nl ? nl + 1 : l->end;
    unsigned flags = TOKF_COMMENT;

    if (!nl)
        flags |= TOKF_UNTERMINATED;
    if (memchr(l->p, '\0', (size_t)(to - l->p)))
        flags |= TOKF_NUL;
    return emit(l, TOK_NEWLINE, flags, to);
}

/* Reads from a straight quote to its partner on the line; a backslash escapes one character. */
static int lex_string(struct lexer *l)
{
    const char quote = *l->p;
    const char *curly;
    unsigned flags = 0;
    const char *p;

    if (l->open_line && l->p < l->open_line)
        return emit(l, TOK_BAD, TOKF_UNTERMINATED, bad_end(l->p + 1, l->end));
    for (p = l->p + 1; p < l->end && *p != '\n'; p++) {
        if (*p == quote)
            return emit(l, TOK_STRING, flags, p + 1);
        if (*p == '\0')
            flags |= TOKF_NUL;
        if (*p == '\\') {
            flags |= TOKF_ESCAPE;
            if (++p == l->end || *p == '\n')
                break;
            if (*p == '\0')
                flags |= TOKF_NUL;
        }
    }
    curly = find_curly(l->p + 1, l->end); /* '01:00.0’, as word processors write it */
    if (curly)
        return emit(l, TOK_CURLY, 0, curly + lex_curly_quote(curly, l->end));
    l->open_line = p;
    return emit(l, TOK_BAD, TOKF_UNTERMINATED, bad_end(l->p + 1, l->end));
}

static int lex_curly(struct lexer *l)
{
    const char *p = l->p + lex_curly_quote(l->p, l->end);

    for (; p < l->end && *p != '\n'; p++) {
        size_t n = *p == '\'' || *p == '"' ? 1 : lex_curly_quote(p, l->end);

        if (n)
            return emit(l, TOK_CURLY, 0, p + n);
    }
    return emit(l, TOK_BAD, 0, bad_end(l->p + lex_curly_quote(l->p, l->end), l->end));
}

/* Recognises the key of `PCI = `, so that its value is read as one; NULL for other text. */
static const char *upper_key(const char *p, const char *end)
{
    const char *to = p, *next;

    if (*p < 'A' || *p > 'Z')
        return NULL;
    while (to < end && (ident_char(*to) || (*to >= 'A' && *to <= 'Z')))
        to++;
    for (next = to; next < end && (*next == ' ' || *next == '\t'); next++)
        ;
    next += end - next >= 2 && *next == '+';
    return next < end && *next == '=' ? to : NULL;
}

static int lex_no_break(struct lexer *l)
{
    const char *to = l->p;

    while (no_break(to, l->end))
        to += 2;
    return emit(l, TOK_BAD, TOKF_NO_BREAK, to);
}

static int lex_bad(struct lexer *l)
{
    const char *to = upper_key(l->p, l->end);

    if (l->p == l->text && l->end - l->p >= 3 && !memcmp(l->p, "\xef\xbb\xbf", 3))
        return emit(l, TOK_BAD, TOKF_BOM, l->p + 3);
    if (no_break(l->p, l->end))
        return lex_no_break(l);
    if (!to)
        to = bad_end(l->p + 1, l->end);
    return emit(l, TOK_BAD, memchr(l->p, '\0', (size_t)(to - l->p)) ? TOKF_NUL : 0, to);
}

static int lex_one(struct lexer *l)
{
    const char *p = l->p;
    size_t n;

    if (ident_start(*p)) {
        while (p < l->end && ident_char(*p))
            p++;
        return emit(l, TOK_IDENT, 0, p);
    }
    if (digit(*p)) {
        while (p < l->end && number_char(*p))
            p++;
        return emit(l, TOK_NUMBER, 0, p);
    }
    switch (*p) {
    case ',': return emit(l, TOK_COMMA, 0, p + 1);
    case '[': return emit(l, TOK_OPEN, 0, p + 1);
    case ']': return emit(l, TOK_CLOSE, 0, p + 1);
    case '=': return emit(l, TOK_ASSIGN, 0, p + 1);
    case ';': return emit(l, TOK_SEMICOLON, 0, p + 1);
    case '#': return lex_comment(l);
    case '\'':
    case '"': return lex_string(l);
    case '+':
        if (p + 1 < l->end && p[1] == '=')
            return emit(l, TOK_ADD, 0, p + 2);
        break;
    }
    n = line_end(p, l->end);
    if (n)
        return emit(l, TOK_NEWLINE, n == 2 ? TOKF_CR : 0, p + n);
    return lex_curly_quote(p, l->end) ? lex_curly(l) : lex_bad(l);
}

/*
 * True for one wrong byte at the end of the text.  libxlutil's lexer reaches the end in its error
 * state without having read a character, and reports nothing.
 */
static bool stray(const struct lexer *l, const struct token *t)
{
    if (l->n > 1 && t[-1].kind == TOK_BAD && t[-1].end == t->start)
        return false; /* the last byte of a longer token */
    return t->kind == TOK_BAD && t->end - t->start == 1 && l->text + t->end == l->end &&
           !(t->flags & TOKF_NUL);
}

int lex(const char *text, size_t len, struct token **ret, size_t *ret_n)
{
    struct lexer l = { .text = text, .p = text, .end = text + len };
    int r = 0;

    while (!r && l.p < l.end) {
        if (*l.p == ' ' || *l.p == '\t')
            l.p++;
        else
            r = lex_one(&l);
    }
    if (!r && l.n && stray(&l, &l.tokens[l.n - 1])) {
        l.p = text + l.tokens[--l.n].start;
        r = emit(&l, TOK_END, TOKF_STRAY, l.end);
    } else if (!r) {
        r = emit(&l, TOK_END, 0, l.p);
    }
    if (r) {
        free(l.tokens);
        return r;
    }
    *ret = l.tokens;
    *ret_n = l.n;
    return 0;
}

/* The longest run of digits after `\0` to `\7` that xl reads. */
#define NUMBER_WIDTH 3

/*
 * xl reads the digits after the first one with strtoul(3) in base 10, requires at least two
 * characters, and then drops the value.  Returns the number of characters, 0 when too few.
 */
static size_t dropped_digits(const char *p, const char *end)
{
    char digits[NUMBER_WIDTH + 1] = "", *stop;
    size_t n = (size_t)(end - p) < NUMBER_WIDTH ? (size_t)(end - p) : NUMBER_WIDTH;

    memcpy(digits, p, n);
    strtoul(digits, &stop, 10);
    return stop - digits >= 2 ? (size_t)(stop - digits) : 0;
}

enum escape_trap lex_dequote(const char *raw, size_t len, char *to, size_t *at)
{
    static const char letters[] = "abfnrtv\"'\\", meant[] = "\a\b\f\n\r\t\v\"'\\";
    const char *p = raw + 1, *end = raw + len - 1;
    enum escape_trap trap = ESCAPE_FINE;

    while (p < end) {
        const char *backslash = p, *letter;

        if (*p != '\\') {
            *to++ = *p++;
            continue;
        }
        p++;
        letter = *p ? strchr(letters, *p) : NULL;
        if (letter) {
            *to++ = meant[letter - letters];
            p++;
            continue;
        }
        if (trap == ESCAPE_FINE)
            *at = (size_t)(backslash - raw);
        if (*p >= '0' && *p <= '7' && dropped_digits(p + 1, raw + len)) {
            p += 1 + dropped_digits(p + 1, raw + len);
            trap = trap == ESCAPE_REFUSED ? trap : ESCAPE_DROPPED;
            continue;
        }
        if (trap != ESCAPE_REFUSED)
            *at = (size_t)(backslash - raw);
        trap = ESCAPE_REFUSED; /* xl stops here; read on as a person would */
        *to++ = *p++;
    }
    *to = '\0';
    return trap;
}
