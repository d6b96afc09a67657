/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mistakes that one file shows alone. */
#include "cfg/cfg_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cfg/emulated.h"
#include "cfg/settings.h"

/* A person's file has fewer items.  Above this, pairs of items are not compared: O(n^2). */
#define PAIRS_MAX 4096

/* The value in quotes of the kind that it does not contain; NULL when it contains both kinds. */
static char *in_quotes(const char *value)
{
    char quote = strchr(value, '\'') ? '"' : '\'';
    char *text;

    if (strchr(value, quote) || strchr(value, '\\'))
        return NULL;
    return asprintf(&text, "%c%s%c", quote, value, quote) < 0 ? NULL : text;
}

/* The spec when it has one meaning, else corrected; NULL when it cannot be corrected. */
static char *usable(const char *value)
{
    struct spec spec;
    struct err e;

    if (spec_parse(value, &spec, &e))
        return spec_mend(value);
    spec_clear(&spec);
    return strdup(value);
}

static const struct doc_item *item_at(const struct doc *doc, size_t offset)
{
    for (size_t i = 0; i < doc->n_items; i++)
        if (doc->items[i].start == offset)
            return &doc->items[i];
    return NULL;
}

/* The content of a string in typographic quotes. */
static char *curly_content(const struct doc *doc, const struct note *note)
{
    const char *p = doc->text + note->offset, *end = p + note->length;
    size_t open = lex_curly_quote(p, end), close = 1;

    p += open ? open : 1;
    for (size_t n = 1; n <= 3 && n <= (size_t)(end - p); n++)
        if (lex_curly_quote(end - n, end) == n)
            close = n;
    return strndup(p, (size_t)(end - p) - close);
}

/* Both neighbours of a missing comma are specs, so the text is not one string in two parts. */
static bool between_specs(const struct doc *doc, size_t offset)
{
    for (size_t i = 0; i + 1 < doc->n_items; i++) {
        AUTO_FREE char *a = NULL, *b = NULL;

        if (doc->items[i].end != offset)
            continue;
        a = usable(doc->items[i].value);
        b = usable(doc->items[i + 1].value);
        return a && b;
    }
    return false;
}

/* pci = 'a','b' as a list, when every part is a spec. */
static char *in_brackets(const struct doc *doc, const struct note *note)
{
    char *list;

    for (size_t i = 0; i < doc->n_tokens; i++) {
        const struct token *t = &doc->tokens[i];
        AUTO_FREE char *value = NULL, *spec = NULL;
        size_t at;

        if (t->end > note->offset + note->length)
            break;
        if (t->start < note->offset || t->kind != TOK_STRING)
            continue;
        value = malloc(t->end - t->start + 1);
        if (!value)
            return NULL;
        lex_dequote(doc->text + t->start, t->end - t->start, value, &at);
        spec = usable(value);
        if (!spec)
            return NULL;
    }
    return asprintf(&list, "[ %.*s ]", (int)note->length, doc->text + note->offset) < 0 ? NULL
                                                                                         : list;
}

/* Copies the document's notes, and adds the fixes that require knowledge of specs. */
static int copy_notes(struct check_cfg *cfg)
{
    const struct doc *doc = cfg->doc;

    for (size_t i = 0; i < doc->notes.n; i++) {
        const struct note *note = &doc->notes.v[i];
        bool curly = !strcmp(note->kind, "curly-quote");
        const struct doc_item *item = item_at(doc, note->offset);
        AUTO_FREE char *value = NULL, *fix = NULL;

        if (notes_add(&cfg->notes, note->kind, note->severity, note->offset, note->length,
                      "%s", note->message))
            return -ENOMEM;
        if (note->fix) {
            fix = strdup(note->fix);
        } else if (item && (curly || !strcmp(note->kind, "unquoted"))) {
            value = usable(item->value);
            fix = value ? in_quotes(value) : NULL;
        } else if (curly) {
            value = curly_content(doc, note);
            fix = value ? in_quotes(value) : NULL;
        } else if (!strcmp(note->kind, "no-brackets")) {
            fix = in_brackets(doc, note);
        } else if (!strcmp(note->kind, "missing-comma") && between_specs(doc, note->offset)) {
            fix = strdup(",");
        }
        if (fix && notes_fix(&cfg->notes, fix, strlen(fix)))
            return -ENOMEM;
    }
    return 0;
}

/* Checks for a string in place of the list. */
static int check_value(struct check_cfg *cfg)
{
    const struct doc *doc = cfg->doc;
    const struct doc_stmt *stmt;
    const struct token *t;
    AUTO_FREE char *value = NULL, *spec = NULL, *fix = NULL;

    if (doc->pci_last == DOC_NONE)
        return 0;
    for (size_t i = 0; i < doc->pci_first; i++) {
        size_t line, column;

        if (!doc_is(doc, &doc->stmts[i], "pci"))
            continue;
        t = &doc->tokens[doc->stmts[i].key];
        doc_position(doc, doc->tokens[doc->stmts[doc->pci_first].key].start, &line, &column);
        if (notes_add(&cfg->notes, "overridden", SEVERITY_WARNING, t->start, t->end - t->start,
                      "xl ignores this list: line %zu assigns pci again", line))
            return -ENOMEM;
    }
    stmt = &doc->stmts[doc->pci_last];
    if (stmt->kind != VALUE_STRING)
        return 0;
    t = &doc->tokens[stmt->value];
    if (notes_add(&cfg->notes, "not-a-list", SEVERITY_ERROR, t->start, t->end - t->start,
                  "pci is a string and not a list: xl ignores it"))
        return -ENOMEM;
    value = doc_string(doc, "pci");
    if (!value || stmt != &doc->stmts[doc->pci_first])
        return 0;
    spec = usable(value);
    if (!spec || asprintf(&fix, "[ '%s' ]", spec) < 0) {
        fix = NULL;
        return 0;
    }
    return notes_fix(&cfg->notes, fix, strlen(fix));
}

static int check_nested(struct check_cfg *cfg, const struct doc_item *item, size_t behind)
{
    const struct doc *doc = cfg->doc;
    const struct token *t = doc->tokens;
    AUTO_FREE char *inner = NULL;
    bool plain = item->last > item->first + 1 && t[item->last - 1].kind == TOK_STRING;

    if (notes_add(&cfg->notes, "nested-list", SEVERITY_ERROR, item->start,
                  item->end - item->start, "nested list: xl stops reading here and ignores the "
                  "rest (entries: %zu)", behind))
        return -ENOMEM;
    for (size_t i = item->first + 1; plain && i < item->last; i++) {
        AUTO_FREE char *value = malloc(t[i].end - t[i].start + 1), *spec = NULL;
        size_t at;

        if (t[i].kind != TOK_STRING) {
            plain = t[i].kind == TOK_COMMA;
            continue;
        }
        if (!value)
            return -ENOMEM;
        lex_dequote(doc->text + t[i].start, t[i].end - t[i].start, value, &at);
        spec = usable(value);
        plain = spec != NULL;
    }
    if (!plain)
        return 0;
    inner = strndup(doc->text + t[item->first + 1].start,
                    t[item->last - 1].end - t[item->first + 1].start);
    return inner ? notes_fix(&cfg->notes, inner, strlen(inner)) : -ENOMEM;
}

/* 'a,b' as 'a', 'b' when every part is one device; else NULL. */
static char *taken_apart(const char *value)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    bool devices = true;

    if (!f)
        return NULL;
    for (const char *p = value; devices; p++) {
        size_t len = strcspn(p, ",");
        AUTO_FREE char *part = strndup(p, len), *spec = NULL;

        spec = part && !strchr(part, '=') ? usable(part) : NULL;
        devices = spec != NULL;
        fprintf(f, "%s'%s'", p == value ? "" : ", ", spec ? spec : "");
        p += len;
        if (!*p)
            break;
    }
    if (fclose(f) || !devices) {
        free(text);
        return NULL;
    }
    return text;
}

/* Checks one item's spec. */
static int check_spec(struct check_cfg *cfg, const struct doc_item *item, struct spec *spec)
{
    AUTO_NOTES struct notes notes = { NULL, 0 };
    AUTO_FREE char *mended = spec_mend(item->value);
    AUTO_FREE char *fix = mended ? in_quotes(mended) : taken_apart(item->value);
    size_t content = item->start + (cfg->doc->tokens[item->first].kind == TOK_STRING);
    bool accepted;

    if (spec_read(item->value, spec, &accepted, &notes))
        return -ENOMEM;
    for (size_t i = 0; i < notes.n; i++) {
        const struct note *n = &notes.v[i];
        bool exact = item->kind == ITEM_STRING && !item->escaped;

        if (notes_add(&cfg->notes, n->kind, n->severity, exact ? content + n->offset : item->start,
                      exact ? n->length : item->end - item->start, "%s%s", n->message,
                      n->severity == SEVERITY_ERROR && item->reached ?
                          "; xl does not start the guest" : ""))
            return -ENOMEM;
        /* an item that is not a string gets its fix where its quotes are added */
        if (fix && item->kind == ITEM_STRING &&
            notes_fix_at(&cfg->notes, fix, item->start, item->end - item->start))
            return -ENOMEM;
    }
    return 0;
}

/* Checks for a slot that QEMU's own devices use. */
static int check_slot(struct check_cfg *cfg, const struct doc_item *item, const struct spec *spec)
{
    const char *always = emulated_slot(cfg->doc, spec->vslot, EMULATED_ALWAYS);
    const char *usually = emulated_slot(cfg->doc, spec->vslot, EMULATED_USUALLY);
    size_t len = item->end - item->start;

    if (!usually)
        return 0;
    if (cfg_keeps_igd_slot(cfg->doc, spec))
        return notes_add(&cfg->notes, "igd-vslot", SEVERITY_WARNING, item->start, len,
                         "QEMU keeps vslot 0x%02x for this GPU since 8.0; in older versions %s has "
                         "it",
                         spec->vslot, usually);
    return notes_add(&cfg->notes, "emulated-vslot", always ? SEVERITY_ERROR : SEVERITY_WARNING,
                     item->start, len, "vslot 0x%02x %s %s", spec->vslot,
                     always ? "is taken by" : "usually has", usually);
}

/* Checks an item for all functions of a slot (libxl__device_pci_add(), do_pci_add()). */
static int check_wildcard(struct check_cfg *cfg, const struct doc_item *item,
                          const struct spec *spec)
{
    static const char wanted[] = "xen-pci-passthrough.multifunction=on";
    const struct doc *doc = cfg->doc;
    size_t len = item->end - item->start;

    if (!spec->has_bdf || !spec->bdf.all)
        return 0;
    if (!spec->vslot)
        return notes_add(&cfg->notes, "wildcard-vslot", SEVERITY_ERROR, item->start, len,
                         "libxl refuses .* without a vslot: append @7, or another free slot");
    if (cfg_type(doc) != CFG_TYPE_HVM || doc_list_has(doc, "device_model_args", wanted) ||
        doc_list_has(doc, "device_model_args_hvm", wanted))
        return 0;
    return notes_add(&cfg->notes, "multifunction", SEVERITY_WARNING, item->start, len,
                     "QEMU refuses a second function in the slot without device_model_args = "
                     "[ \"-global\", \"%s\" ]", wanted);
}

/* Checks slots, wildcards, and pairs of items that exclude each other. */
static int check_items(struct check_cfg *cfg)
{
    const struct doc *doc = cfg->doc;
    char device[BDF_TEXT_MAX];

    for (size_t i = 0; i < cfg->n; i++) {
        const struct doc_item *item = doc_item(doc, i);
        const struct spec *spec = &cfg->specs[i];

        if (check_slot(cfg, item, spec) || check_wildcard(cfg, item, spec))
            return -ENOMEM;
        for (size_t j = 0; j < i && cfg->n <= PAIRS_MAX; j++) {
            const struct spec *other = &cfg->specs[j];

            if (spec_overlap(spec, other) &&
                notes_add(&cfg->notes, "duplicate-device", SEVERITY_ERROR, item->start,
                          item->end - item->start, "%s is in this list already, as '%s'",
                          spec_device(spec, device), doc_item(doc, j)->value))
                return -ENOMEM;
            if (spec->vslot && spec->vslot == other->vslot && !spec_overlap(spec, other) &&
                notes_add(&cfg->notes, "duplicate-vslot", SEVERITY_ERROR, item->start,
                          item->end - item->start, "vslot 0x%02x is given to '%s' already",
                          spec->vslot, doc_item(doc, j)->value))
                return -ENOMEM;
        }
    }
    return 0;
}

static int check_all(struct check_cfg *cfg)
{
    const struct doc *doc = cfg->doc;
    size_t count = doc_count(doc);

    cfg->name = doc_string(doc, "name");
    cfg->specs = calloc(count + 1, sizeof(*cfg->specs));
    if (!cfg->specs || copy_notes(cfg) || check_value(cfg))
        return -ENOMEM;
    for (; cfg->n < count; cfg->n++) {
        const struct doc_item *item = doc_item(doc, cfg->n);

        if (item->kind == ITEM_NESTED ? check_nested(cfg, item, count - cfg->n - 1)
                                      : check_spec(cfg, item, &cfg->specs[cfg->n])) {
            cfg->n++;
            return -ENOMEM;
        }
    }
    return check_items(cfg) || settings_check(doc, cfg->specs, cfg->n, &cfg->notes) ? -ENOMEM
                                                                                    : 0;
}

int check_read(struct check_cfg *ret, const char *file, const char *text, size_t len,
               struct err *e)
{
    int r;

    *ret = (struct check_cfg){ .file = file };
    r = doc_parse(&ret->doc, text, len, e);
    if (r)
        return r;
    if (check_all(ret))
        return err_nomem(e);
    notes_sort(&ret->notes);
    return 0;
}

void check_clear(struct check_cfg *cfg)
{
    for (size_t i = 0; i < cfg->n; i++)
        spec_clear(&cfg->specs[i]);
    free(cfg->specs);
    free(cfg->name);
    notes_clear(&cfg->notes);
    doc_free(cfg->doc);
    *cfg = (struct check_cfg){ .file = NULL };
}

bool check_failed(const struct check_cfg *cfg)
{
    for (size_t i = 0; i < cfg->notes.n; i++)
        if (cfg->notes.v[i].severity == SEVERITY_ERROR)
            return true;
    return false;
}
