/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a spec as xl does.  It calls sscanf(3) and atoi(3) where libxlutil does, so it accepts
 * the same odd text: blanks, signs, 0x, overflow.
 */
#include "cfg/spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum bdf_verdict {
    BDF_WRONG,
    BDF_READ,
    BDF_UNDEFINED, /* xl uses an uninitialised variable */
};

struct reader {
    const char *text;
    struct spec *spec;
    struct notes *notes;
    unsigned seen;      /* bits of the known keys */
    bool has_bdf;
    bool has_name;
    bool refused;       /* xl exits */
    bool positional_read; /* the text before the first comma has been read */
};

enum { SEEN_BDF, SEEN_VSLOT, SEEN_NAME, SEEN_RDM, SEEN_SWITCHES };

static bool scan_hex(const char **p, unsigned *value)
{
    int n = 0;

    if (sscanf(*p, "%x%n", value, &n) != 1)
        return false;
    *p += n;
    return true;
}

/* *end is written unless the verdict is BDF_WRONG. */
static enum bdf_verdict xl_bdf(const char *text, struct bdf_pattern *ret, const char **end)
{
    unsigned field[3] = { 0, 0, 0 }, func = 0;
    const char *p = text;
    int colons = 0;
    bool all;

    for (; isxdigit((unsigned char)*p) || *p == ':'; p++)
        colons += *p == ':';
    if (colons != 1 && colons != 2)
        return BDF_WRONG;
    p = text;
    for (int i = 2 - colons; i < 3; i++) {
        if (!scan_hex(&p, &field[i]) || (i < 2 && *p++ != ':'))
            return BDF_WRONG;
    }
    if (field[0] > 0xffff || field[1] > 0xff || field[2] > 0x1f)
        return BDF_WRONG;
    *ret = (struct bdf_pattern){
        .bdf = { field[0], (uint8_t)field[1], (uint8_t)field[2], 0 }, .all = false,
    };
    *end = p;
    if (*p++ != '.')
        return BDF_UNDEFINED;
    all = *p == '*';
    if (all)
        p++;
    else if (!scan_hex(&p, &func) || func > 7)
        return BDF_WRONG;
    ret->bdf.func = (uint8_t)func;
    ret->all = all;
    *end = p;
    return BDF_READ;
}

#define NOTE(r, kind, severity, at, len, ...) \
    notes_add((r)->notes, kind, severity, (size_t)((at) - (r)->text), len, __VA_ARGS__)

/* Notes why xl finds no BDF in the `len` bytes at p. */
static int note_no_bdf(struct reader *r, const char *p, size_t len)
{
    AUTO_FREE char *piece = strndup(p, len);
    struct bdf_pattern pattern;
    struct err e;

    if (!piece)
        return -ENOMEM;
    piece[strcspn(piece, "@")] = '\0';
    if (len && strpbrk(piece, " \t"))
        return NOTE(r, "spec-space", SEVERITY_ERROR, p, len,
                    "xl does not skip the blank in '%.*s'", (int)len, p);
    if (!len)
        return NOTE(r, "spec-empty", SEVERITY_ERROR, p, len, "the device is missing");
    if (bdf_parse_pattern(piece, &pattern, &e))
        return NOTE(r, "spec-bdf", SEVERITY_ERROR, p, len, "%s", e.message);
    return NOTE(r, "segment-over", SEVERITY_ERROR, p, len,
                "segment %x is over ffff, where libxl's addresses end",
                (unsigned)pattern.bdf.segment);
}

/* Notes a BDF that xl accepts, but reads differently than a person would. */
static int note_odd_bdf(struct reader *r, const char *p, const char *end)
{
    AUTO_FREE char *piece = strndup(p, (size_t)(end - p));
    struct bdf_pattern pattern;
    struct err e;

    if (!piece)
        return -ENOMEM;
    if (bdf_parse_pattern(piece, &pattern, &e) || bdf_compare(pattern.bdf, r->spec->bdf.bdf))
        return NOTE(r, "odd-bdf", SEVERITY_WARNING, p, (size_t)(end - p),
                    "xl reads '%s' as %s", piece, BDF_STR(r->spec->bdf.bdf));
    return 0;
}

static int first_time(struct reader *r, unsigned bit, const char *at, size_t len,
                      const char *key)
{
    bool again = r->seen & 1u << bit;

    r->seen |= 1u << bit;
    if (!again)
        return 0;
    return NOTE(r, "repeated-key", SEVERITY_WARNING, at, len,
                "%s is given more than once; xl takes the last one", key);
}

/* Reads a vslot in either form; *end is where xl stops. */
static int read_vslot(struct reader *r, const char *p, size_t len, const char **end)
{
    unsigned value;
    size_t digits;

    *end = p;
    if (!scan_hex(end, &value) || *end > p + len) {
        r->refused = true;
        *end = p + len;
        return NOTE(r, "spec-vslot", SEVERITY_ERROR, p, len,
                    "'%.*s' is not a virtual slot, a hexadecimal number from 1 to 1f",
                    (int)len, p);
    }
    if (value > VSLOT_MAX) {
        r->refused = true;
        return NOTE(r, "vslot-over", SEVERITY_ERROR, p, len,
                    "vslot %.*s is hexadecimal, and over 1f, where a PCI bus ends",
                    (int)(*end - p), p);
    }
    r->spec->vslot = value;
    if (!value)
        return NOTE(r, "vslot-zero", SEVERITY_WARNING, p, len,
                    "vslot 0 is not a slot: xl takes it as automatic placement");
    digits = strspn(p, "0123456789abcdefABCDEF");
    if (p[0] == '0' && p[1] == 'x')
        digits = 2 + strspn(p + 2, "0123456789abcdefABCDEF");
    if (p + digits != *end || digits > 8)
        return NOTE(r, "odd-vslot", SEVERITY_WARNING, p, len, "xl reads vslot '%.*s' as 0x%02x",
                    (int)(*end - p), p, value);
    return 0;
}

static int note_rest(struct reader *r, const char *p, size_t len, const char *key)
{
    return NOTE(r, "ignored-text", SEVERITY_WARNING, p, len,
                "xl ignores '%.*s' after the value of %s", (int)len, p, key);
}

/* Reads a BDF; *end is where it ends, or NULL when that is unknown. */
static int read_bdf(struct reader *r, const char *p, size_t len, const char **end)
{
    enum bdf_verdict read = xl_bdf(p, &r->spec->bdf, end);

    if (read != BDF_WRONG)
        r->has_bdf = r->spec->has_bdf = true;
    if (read == BDF_READ)
        return 0;
    r->refused = true;
    *end = NULL;
    if (read == BDF_WRONG)
        return note_no_bdf(r, p, len);
    return NOTE(r, "no-function", SEVERITY_ERROR, p, len, "'%.*s' has no function: xl then reads "
                "from an unset pointer", (int)len, p);
}

static int read_bdf_value(struct reader *r, const char *p, size_t len)
{
    const char *end = p;
    int rc = read_bdf(r, p, len, &end);

    if (!end)
        return rc;
    if (end > p + len) /* sscanf skipped blanks past the comma */
        end = p + len;
    rc = note_odd_bdf(r, p, end);
    if (!rc && end < p + len)
        rc = note_rest(r, end, (size_t)(p + len - end), "bdf");
    return rc;
}

static int read_switch(struct reader *r, enum spec_switch *ret, const char *key,
                       const char *value, const char *at, size_t len)
{
    *ret = atoi(value) ? SPEC_ON : SPEC_OFF;
    if (!strcmp(value, "0") || !strcmp(value, "1"))
        return 0;
    return NOTE(r, "not-boolean", SEVERITY_WARNING, at, len, "%s=%s means %s=%d to xl, "
                "which reads a number there", key, value, key, *ret == SPEC_ON);
}

static int read_rdm(struct reader *r, const char *value, const char *at, size_t len)
{
    bool strict = !strcasecmp(value, "strict"), relaxed = !strcasecmp(value, "relaxed");

    if (!strict && !relaxed) {
        r->refused = true;
        return NOTE(r, "spec-rdm", SEVERITY_ERROR, at, len,
                    "rdm_policy is strict or relaxed, not '%s'", value);
    }
    r->spec->rdm_policy = strict ? RDM_STRICT : RDM_RELAXED;
    return 0;
}

static int read_name(struct reader *r, const char *value, const char *at, size_t len)
{
    free(r->spec->name);
    r->spec->name = strdup(value);
    r->has_name = true;
    if (!r->spec->name)
        return -ENOMEM;
    if (*value)
        return 0;
    r->refused = true; /* the parser accepts it, but libxl has no such device */
    return NOTE(r, "spec-name", SEVERITY_ERROR, at, len, "the name is empty");
}

static int unknown_key(struct reader *r, const char *key, const char *at, size_t len)
{
    r->refused = true;
    if (strpbrk(key, " \t"))
        return NOTE(r, "spec-space", SEVERITY_ERROR, at, len,
                    "xl does not skip the blank in '%.*s'", (int)len, at);
    return NOTE(r, "unknown-key", SEVERITY_ERROR, at, len,
                "xl of Xen 4.17 knows no key '%s'", key);
}

static int read_pair(struct reader *r, const char *at, size_t key_len, size_t len)
{
    const struct {
        const char *key;
        enum spec_switch *value;
    } switches[] = {
        { "permissive", &r->spec->permissive },
        { "msitranslate", &r->spec->msitranslate },
        { "power_mgmt", &r->spec->power_mgmt },
        { "seize", &r->spec->seize },
    };
    struct spec_pair pair = { strndup(at, key_len),
                              strndup(at + key_len + 1, len - key_len - 1) };
    const char *value_at = at + key_len + 1, *end;
    size_t value_len = len - key_len - 1;
    int rc;

    if (!pair.key || !pair.value || ARRAY_GROW(r->spec->pairs, r->spec->n_pairs)) {
        free(pair.key);
        free(pair.value);
        return -ENOMEM;
    }
    r->spec->pairs[r->spec->n_pairs++] = pair;
    if (!strcmp(pair.key, "bdf")) {
        rc = first_time(r, SEEN_BDF, at, len, "the device");
        return rc ? rc : read_bdf_value(r, value_at, value_len);
    }
    if (!strcmp(pair.key, "vslot")) {
        rc = first_time(r, SEEN_VSLOT, at, len, "the vslot");
        if (!rc)
            rc = read_vslot(r, value_at, value_len, &end);
        if (!rc && end < value_at + value_len)
            rc = note_rest(r, end, (size_t)(value_at + value_len - end), "vslot");
        return rc;
    }
    if (!strcmp(pair.key, "name")) {
        rc = first_time(r, SEEN_NAME, at, len, "the name");
        return rc ? rc : read_name(r, pair.value, at, len);
    }
    if (!strcmp(pair.key, "rdm_policy")) {
        rc = first_time(r, SEEN_RDM, at, len, "rdm_policy");
        return rc ? rc : read_rdm(r, pair.value, at, len);
    }
    for (unsigned i = 0; i < ARRAY_LEN(switches); i++) {
        if (strcmp(pair.key, switches[i].key))
            continue;
        rc = first_time(r, SEEN_SWITCHES + i, at, len, switches[i].key);
        return rc ? rc : read_switch(r, switches[i].value, pair.key, pair.value, at, len);
    }
    return unknown_key(r, pair.key, at, len);
}

/* Reads the text before the first comma, when it is not key=value. */
static int read_positional(struct reader *r, const char *p, size_t len, size_t *used)
{
    const char *end = p, *stop = p + len;
    int rc = read_bdf(r, p, len, &end);

    *used = len;
    if (!end)
        return rc;
    r->seen |= 1u << SEEN_BDF;
    rc = note_odd_bdf(r, p, end);
    if (!rc && *end == '@') {
        r->seen |= 1u << SEEN_VSLOT;
        rc = read_vslot(r, end + 1, (size_t)(stop - end - 1), &end);
    }
    if (!rc && end < stop && !r->refused) {
        r->refused = true;
        rc = NOTE(r, strchr(" \t", *end) ? "spec-space" : "spec-rest", SEVERITY_ERROR, end,
                  (size_t)(stop - end), "xl does not accept '%.*s' there",
                  (int)(stop - end), end);
    }
    return rc;
}

/* True when a device is in the place of a key=value. */
static bool is_device(const char *p, size_t len)
{
    AUTO_FREE char *piece = NULL;
    struct bdf_pattern pattern;
    struct err ignored;

    while (len && strchr(" \t", *p)) {
        p++;
        len--;
    }
    piece = strndup(p, len);
    if (!piece)
        return false;
    piece[strcspn(piece, "@ \t")] = '\0';
    return strchr(piece, ':') && !bdf_parse_pattern(piece, &pattern, &ignored);
}

static int read_piece(struct reader *r, const char *p, size_t len, bool first, bool last)
{
    const char *equals = memchr(p, '=', len), *colon = memchr(p, ':', len);
    size_t used;

    if (first && (!equals || (colon && colon < equals)))
        return read_positional(r, p, len, &used);
    if (equals)
        return read_pair(r, p, (size_t)(equals - p), len);
    if (!len && last)
        return 0; /* xl takes a comma at the end */
    r->refused = true;
    if (is_device(p, len))
        return NOTE(r, "two-devices", SEVERITY_ERROR, p, len, "'%.*s' is a second device in one "
                    "item: each needs quotes of its own", (int)len, p);
    if (!len)
        return NOTE(r, "spec-empty", SEVERITY_ERROR, p, len,
                    "a setting is missing between two commas");
    return NOTE(r, "not-a-pair", SEVERITY_ERROR, p, len, "'%.*s' is not key=value", (int)len, p);
}

int spec_read(const char *text, struct spec *ret, bool *accepted, struct notes *notes)
{
    struct reader r = { .text = text, .spec = ret, .notes = notes };
    const char *p = text;
    int rc = 0;

    *ret = (struct spec){ .has_bdf = false };
    while (!rc) {
        size_t len = strcspn(p, ",");

        rc = read_piece(&r, p, len, p == text, !p[len]);
        p += len;
        if (!*p)
            break;
        p++;
    }
    if (!rc && r.has_bdf && r.has_name) {
        r.refused = true;
        rc = NOTE(&r, "bdf-and-name", SEVERITY_ERROR, text, strlen(text),
                  "xl takes either a bdf or a name, not both");
    } else if (!rc && !r.has_bdf && !r.has_name && !r.refused) {
        r.refused = true;
        rc = NOTE(&r, "no-device", SEVERITY_ERROR, text, strlen(text),
                  "neither a bdf nor a name is given");
    }
    *accepted = !r.refused;
    if (r.has_bdf && r.has_name) {
        free(ret->name);
        ret->name = NULL;
    }
    return rc;
}

void spec_clear(struct spec *spec)
{
    for (size_t i = 0; i < spec->n_pairs; i++) {
        free(spec->pairs[i].key);
        free(spec->pairs[i].value);
    }
    free(spec->pairs);
    free(spec->name);
    *spec = (struct spec){ .has_bdf = false };
}
