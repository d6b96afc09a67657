/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Corrects a broken spec when the writer can have meant only one thing.  spec_read() must accept the
 * result without a trap.
 */
#include "cfg/spec.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct piece {
    char *key;      /* NULL: the bdf before the first comma */
    char *value;
    bool drop;
};

struct pieces {
    struct piece *v;
    size_t n;
};

static void pieces_clear(struct pieces *pieces)
{
    for (size_t i = 0; i < pieces->n; i++) {
        free(pieces->v[i].key);
        free(pieces->v[i].value);
    }
    free(pieces->v);
}

/* A copy without blanks, including the no-break spaces of word processors. */
static char *without_blanks(const char *p, size_t len)
{
    char *copy = malloc(len + 1), *to = copy;

    if (!copy)
        return NULL;
    for (size_t i = 0; i < len; i++) {
        if (p[i] == '\xc2' && i + 1 < len && p[i + 1] == '\xa0')
            i++;
        else if (!isspace((unsigned char)p[i]))
            *to++ = p[i];
    }
    *to = '\0';
    return copy;
}

static bool add_piece(struct pieces *pieces, char *key, char *value)
{
    if (!value || ARRAY_GROW(pieces->v, pieces->n)) {
        free(key);
        free(value);
        return false;
    }
    pieces->v[pieces->n++] = (struct piece){ key, value, false };
    return true;
}

/* Adds a device, which may have @VSLOT after it. */
static bool add_device(struct pieces *pieces, char *key, const char *p, size_t len)
{
    const char *at = memchr(p, '@', len);
    char *vslot_key;

    if (!add_piece(pieces, key, without_blanks(p, at ? (size_t)(at - p) : len)))
        return false;
    if (!at)
        return true;
    vslot_key = strdup("vslot");
    if (!vslot_key)
        return false;
    return add_piece(pieces, vslot_key, without_blanks(at + 1, len - (size_t)(at + 1 - p)));
}

static bool split(const char *text, struct pieces *pieces)
{
    for (const char *p = text;; p++) {
        size_t len = strcspn(p, ",");
        const char *equals = memchr(p, '=', len), *colon = memchr(p, ':', len);
        bool ok = true;

        if (p == text && (!equals || (colon && colon < equals))) {
            ok = add_device(pieces, NULL, p, len);
        } else if (equals) {
            char *key = without_blanks(p, (size_t)(equals - p));
            size_t rest = len - (size_t)(equals + 1 - p);

            if (!key)
                return false;
            for (char *c = key; *c; c++)
                *c = *c == '-' ? '_' : (char)tolower((unsigned char)*c);
            if (!strcmp(key, "bdf"))
                ok = add_device(pieces, key, equals + 1, rest);
            else
                ok = add_piece(pieces, key, without_blanks(equals + 1, rest));
        } else {
            AUTO_FREE char *left = without_blanks(p, len);

            ok = left && !*left; /* an empty value, or text without meaning */
        }
        if (!ok)
            return false;
        p += len;
        if (!*p)
            return true;
    }
}

/* Removes `0x` and `0X` from the fields of an address. */
static void plain_hex(char *s)
{
    char *to = s;

    for (const char *p = s; *p; p++) {
        bool field_starts = p == s || p[-1] == ':' || p[-1] == '.';

        if (field_starts && *p == '0' && tolower((unsigned char)p[1]) == 'x')
            p++;
        else
            *to++ = *p;
    }
    *to = '\0';
}

enum spec_switch spec_switch_meant(const char *value)
{
    static const char *const words[2][5] = {
        { "no", "n", "false", "off", "disabled" },
        { "yes", "y", "true", "on", "enabled" },
    };
    size_t digits = strspn(value, "0123456789");

    if (*value && !value[digits])
        return strspn(value, "0") == digits ? SPEC_OFF : SPEC_ON;
    for (int on = 0; on < 2; on++)
        for (size_t i = 0; i < ARRAY_LEN(words[on]); i++)
            if (!strcasecmp(value, words[on][i]))
                return on ? SPEC_ON : SPEC_OFF;
    return SPEC_UNSET;
}

static void mend_switch(char *value)
{
    enum spec_switch meant = spec_switch_meant(value);

    if (meant != SPEC_UNSET)
        strcpy(value, meant == SPEC_ON ? "1" : "0");
}

static void mend_piece(struct piece *piece)
{
    static const char *const switches[] = { "permissive", "msitranslate", "power_mgmt",
                                            "seize" };

    if (!piece->key || !strcmp(piece->key, "bdf")) {
        plain_hex(piece->value);
    } else if (!strcmp(piece->key, "vslot")) {
        plain_hex(piece->value);
        piece->drop = *piece->value &&
                      strspn(piece->value, "0") == strlen(piece->value);
    } else if (!strcmp(piece->key, "rdm_policy")) {
        for (char *c = piece->value; *c; c++)
            *c = (char)tolower((unsigned char)*c);
    }
    for (size_t i = 0; piece->key && i < ARRAY_LEN(switches); i++)
        if (!strcmp(piece->key, switches[i]))
            mend_switch(piece->value);
}

/* Removes repetitions of a key with the same value. */
static void drop_repeats(struct pieces *pieces)
{
    for (size_t i = 0; i < pieces->n; i++)
        for (size_t j = 0; j < i; j++)
            if (pieces->v[i].key && pieces->v[j].key &&
                !strcmp(pieces->v[i].key, pieces->v[j].key) &&
                !strcmp(pieces->v[i].value, pieces->v[j].value))
                pieces->v[i].drop = true;
}

static char *join(const struct pieces *pieces)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    const char *comma = "";

    if (!f)
        return NULL;
    for (size_t i = 0; i < pieces->n; i++) {
        const struct piece *piece = &pieces->v[i];

        if (piece->drop)
            continue;
        if (i == 1 && piece->key && !strcmp(piece->key, "vslot") && !pieces->v[0].key)
            fprintf(f, "@%s", piece->value);
        else
            fprintf(f, "%s%s%s%s", comma, piece->key ? piece->key : "",
                    piece->key ? "=" : "", piece->value);
        comma = ",";
    }
    if (fclose(f)) {
        free(text);
        return NULL;
    }
    return text;
}

/* A person's spec has fewer keys; this bounds the work for repeated ones. */
#define PIECES_MAX 64

char *spec_mend(const char *text)
{
    CLEANUP(pieces_clear) struct pieces pieces = { NULL, 0 };
    AUTO_NOTES struct notes notes = { NULL, 0 };
    AUTO_SPEC struct spec spec = { .has_bdf = false };
    AUTO_FREE char *mended = NULL;
    bool accepted;

    if (!split(text, &pieces) || pieces.n > PIECES_MAX)
        return NULL;
    for (size_t i = 0; i < pieces.n; i++)
        mend_piece(&pieces.v[i]);
    drop_repeats(&pieces);
    mended = join(&pieces);
    if (!mended || !strcmp(mended, text))
        return NULL;
    if (spec_read(mended, &spec, &accepted, &notes) || notes.n || !accepted)
        return NULL;
    return TAKE_PTR(mended);
}
