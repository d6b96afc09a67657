/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define REPLACEMENT "\xef\xbf\xbd"  /* U+FFFD */

size_t text_word(const char *const *words, size_t n, const char *word)
{
    for (size_t i = 0; word && i < n; i++)
        if (words[i] && !strcmp(words[i], word))
            return i;
    return n;
}

size_t utf8_length(const unsigned char *p)
{
    static const struct {
        unsigned char first, last, second_min, second_max;
        size_t length;
    } forms[] = {
        { 0x01, 0x7f, 0, 0, 1 },          { 0xc2, 0xdf, 0x80, 0xbf, 2 },
        { 0xe0, 0xe0, 0xa0, 0xbf, 3 },    { 0xe1, 0xec, 0x80, 0xbf, 3 },
        { 0xed, 0xed, 0x80, 0x9f, 3 },    { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 },    { 0xf1, 0xf3, 0x80, 0xbf, 4 },
        { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };

    for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
        if (*p < forms[f].first || *p > forms[f].last)
            continue;
        if (forms[f].length > 1 && (p[1] < forms[f].second_min || p[1] > forms[f].second_max))
            return 0;
        for (size_t i = 2; i < forms[f].length; i++)
            if (p[i] < 0x80 || p[i] > 0xbf)
                return 0;
        return forms[f].length;
    }
    return 0;
}

static uint32_t code_point(const unsigned char *p, size_t len)
{
    static const unsigned char first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
    uint32_t code = *p & first_bits[len];

    for (size_t i = 1; i < len; i++)
        code = code << 6 | (p[i] & 0x3fu);
    return code;
}

/*
 * True for characters that act on a terminal: C0, DEL, C1; line and paragraph separators; the
 * marks, embeddings, overrides and isolates of Unicode's bidirectional algorithm (UAX #9,
 * section 2).
 */
static bool acts(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        { 0x00, 0x1f },     { 0x7f, 0x9f },     { 0x61c, 0x61c },   { 0x200e, 0x200f },
        { 0x2028, 0x202e }, { 0x2066, 0x2069 },
    };

    for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

/* What is at p: a harmless character, a broken byte, or a character that acts. */
enum verdict { FINE, BROKEN, ACTS };

static enum verdict judge(const unsigned char *p, bool lines, size_t *len)
{
    *len = 1;
    if (*p >= ' ' && *p < 0x7f)
        return FINE;
    *len = utf8_length(p);
    if (!*len) {
        *len = 1;
        return BROKEN;
    }
    if (lines && (*p == '\n' || *p == '\t'))
        return FINE;
    return acts(code_point(p, *len)) ? ACTS : FINE;
}

static bool is_clean(const unsigned char *p, bool lines)
{
    size_t len;

    for (; *p; p += len)
        if (judge(p, lines, &len) != FINE)
            return false;
    return true;
}

const char *text_clean(const char *text, bool lines, char **copy)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t len;
    char *at;

    *copy = NULL;
    if (is_clean(p, lines))
        return text;
    at = *copy = malloc(6 * strlen(text) + 1); /* "\u001b" for one byte */
    if (!at)
        return "";
    for (; *p; p += len)
        switch (judge(p, lines, &len)) {
        case FINE:
            at = mempcpy(at, p, len);
            break;
        case BROKEN:
            at = stpcpy(at, REPLACEMENT);
            break;
        case ACTS:
            at += sprintf(at, "\\u%04x", (unsigned)code_point(p, len));
            break;
        }
    *at = '\0';
    return *copy;
}

/* True when a shell takes every character of the word literally. */
static bool is_plain(const char *word)
{
    return *word && !word[strspn(word, TEXT_ALNUM "@%+=:,./_-")];
}

/* Quotes as '...', or as $'...' (bash, ksh, zsh) when a character may not be printed. */
static int quote(char *buf, size_t size, const char *word)
{
    bool clean = is_clean((const unsigned char *)word, false);
    FILE *f = fmemopen(buf, size, "w");
    long len;

    if (!f)
        return -1;
    fputs(clean ? "'" : "$'", f);
    for (const unsigned char *p = (const unsigned char *)word; *p; p++) {
        if (clean && *p == '\'')
            fputs("'\\''", f);
        else if (clean)
            fputc(*p, f);
        else if (*p == '\'' || *p == '\\')
            fprintf(f, "\\%c", *p);
        else if (*p < ' ' || *p > '~')
            fprintf(f, "\\%03o", *p);
        else
            fputc(*p, f);
    }
    fputc('\'', f);
    len = ftell(f);
    return fclose(f) || len < 0 || (size_t)len >= size - 1 ? -1 : 0;
}

struct shell_text shell_text(const char *word)
{
    struct shell_text text = { "" };

    if (is_plain(word) && strlen(word) < sizeof(text.s))
        strcpy(text.s, word);
    else if (strlen(word) >= sizeof(text.s) || quote(text.s, sizeof(text.s), word))
        strcpy(text.s, "'(too long)'");
    return text;
}
