/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cfg/cfg_change.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cfg/doc.h"
#include "cfg/edit.h"
#include "cfg/emulated.h"
#include "cfg/settings.h"
#include "cfg/xlu_check.h"

/* A text that is being changed, and the list that it must have afterwards. */
struct work {
    const struct cfg_change *change;
    const char *what;
    struct doc *doc;
    struct spec *specs;     /* one per counted item, in order */
    char **items;           /* the items' text, in the same order */
    size_t n;
    bool brief;             /* the items leave segment 0 out */
};

static void work_clear(struct work *w)
{
    for (size_t i = 0; i < w->n; i++) {
        spec_clear(&w->specs[i]);
        free(w->items[i]);
    }
    free(w->specs);
    free(w->items);
    doc_free(w->doc);
}

static int set_text(struct work *w, int r, char *text, size_t len, struct err *e)
{
    struct doc *doc;

    if (!r) {
        r = doc_parse(&doc, text, len, e);
        free(text);
    } else {
        err_object(e, w->what);
    }
    if (r)
        return r;
    doc_free(w->doc);
    w->doc = doc;
    return 0;
}

static int read_items(struct work *w, struct err *e)
{
    size_t count = doc_count(w->doc), line, column;

    w->specs = calloc(count + w->change->n_add + 1, sizeof(*w->specs));
    w->items = calloc(count + w->change->n_add + 1, sizeof(*w->items));
    if (!w->specs || !w->items)
        return err_nomem(e);
    w->brief = count > 0;
    for (size_t i = 0; i < count; i++) {
        const struct doc_item *item = doc_item(w->doc, i);
        AUTO_NOTES struct notes notes = { NULL, 0 };
        bool accepted;

        if (item->kind == ITEM_NESTED && w->doc->editable) {
            int r;

            doc_position(w->doc, item->start, &line, &column);
            r = err_on(e, XV_USAGE, EINVAL, w->what,
                       "line %zu, column %zu: nested list: xl ignores the rest", line, column);
            err_hint(e, "correct the file first; 'xvtd cfg check --fix' may do it");
            return r;
        }
        w->items[i] = strdup(item->value);
        if (!w->items[i] || spec_read(item->value, &w->specs[w->n++], &accepted, &notes))
            return err_nomem(e);
        w->brief = w->brief && w->specs[i].has_bdf && !strchr("bB", item->value[0]) &&
                   strcspn(item->value, ".") < strlen("0000:02:00");
    }
    return 0;
}

static void drop_item(struct work *w, size_t i)
{
    spec_clear(&w->specs[i]);
    free(w->items[i]);
    w->n--;
    memmove(&w->specs[i], &w->specs[i + 1], (w->n - i) * sizeof(*w->specs));
    memmove(&w->items[i], &w->items[i + 1], (w->n - i) * sizeof(*w->items));
}

static int refuse(struct err *e, const struct work *w, const char *device, const char *kind,
                  const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static int refuse(struct err *e, const struct work *w, const char *device, const char *kind,
                  const char *fmt, ...)
{
    char why[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, sizeof(why), fmt, ap);
    va_end(ap);
    err_on(e, XV_REFUSED, EEXIST, w->what, "%s: %s", device, why);
    err_kind(e, kind);
    return -EEXIST;
}

/* Removes the comments of a device's functions. */
static int remove_comments(struct work *w, const struct spec *spec, struct err *e)
{
    struct our_comment c;
    size_t from = 0;

    while (spec->has_bdf && edit_find_comment(w->doc, from, &c)) {
        struct spec of = { .has_bdf = true };
        struct err ignored;
        char *text;
        size_t len;
        int r;

        from = c.token + 1;
        if (bdf_parse_pattern(c.device, &of.bdf, &ignored) || !spec_overlap(&of, spec))
            continue;
        from = 0;
        r = edit_remove_comment(w->doc, &c, &text, &len, e);
        r = set_text(w, r, text, len, e);
        if (r)
            return r;
    }
    return 0;
}

static int add_comments(struct work *w, size_t n, struct err *e)
{
    const struct spec *spec = &w->specs[n];
    int r = w->change->identity ? remove_comments(w, spec, e) : 0;

    for (unsigned func = 0; !r && w->change->identity && spec->has_bdf && func < 8; func++) {
        struct bdf bdf = spec->bdf.bdf;
        AUTO_FREE char *identity = NULL;
        char *text;
        size_t len;

        if (!spec->bdf.all && func != bdf.func)
            continue;
        bdf.func = (uint8_t)func;
        identity = w->change->identity(w->change->user, bdf);
        if (!identity)
            continue;
        r = edit_add_comment(w->doc, n, BDF_STR(bdf), identity, &text, &len, e);
        r = set_text(w, r, text, len, e);
    }
    return r;
}

/*
 * Adds passthrough = "enabled" beside the first device, unless the guest sets passthrough.  Without
 * it a guest that starts without devices gets no IOMMU, and none can be attached later.
 */
static int add_passthrough(struct work *w, struct err *e)
{
    char *text;
    size_t len;
    int r;

    if (w->n || w->change->no_passthrough || doc_find(w->doc, "passthrough"))
        return 0;
    r = edit_append_line(w->doc, "passthrough = \"enabled\"", &text, &len, e);
    return set_text(w, r, text, len, e);
}

static int check_slot(const struct work *w, const struct spec *spec, size_t self, struct err *e)
{
    char device[BDF_TEXT_MAX];
    const char *taken = emulated_slot(w->doc, spec->vslot, EMULATED_ALWAYS);

    if (!spec->vslot)
        return 0;
    if (taken && !cfg_keeps_igd_slot(w->doc, spec))
        return refuse(e, w, spec_device(spec, device), "slot-taken",
                      "slot 0x%02x is taken by %s", spec->vslot, taken);
    for (size_t i = 0; i < w->n; i++)
        if (i != self && w->specs[i].vslot == spec->vslot)
            return refuse(e, w, spec_device(spec, device), "slot-taken",
                          "slot 0x%02x is taken by '%s'", spec->vslot, w->items[i]);
    return 0;
}

static int replace_item(struct work *w, size_t i, const struct spec *spec,
                        struct cfg_result *result, struct err *e)
{
    AUTO_FREE char *value = spec_format(spec, !w->brief);
    char *text;
    size_t len;
    int r = check_slot(w, spec, i, e);

    if (!value)
        return err_nomem(e);
    if (r)
        return r;
    r = edit_replace(w->doc, i, value, &text, &len, e);
    r = set_text(w, r, text, len, e);
    if (r)
        return r;
    snprintf(result->message, sizeof(result->message), "replaced '%s'", w->items[i]);
    spec_clear(&w->specs[i]);
    free(w->items[i]);
    w->items[i] = TAKE_PTR(value);
    if (spec_copy(&w->specs[i], spec))
        return err_nomem(e);
    return add_comments(w, i, e);
}

/* Looks for an entry that equals the device or conflicts with it; *found then decides result. */
static int meet(struct work *w, const struct spec *spec, struct cfg_result *result, bool *found,
                struct err *e)
{
    for (size_t i = 0; i < w->n; i++) {
        const struct spec *there = &w->specs[i];
        bool same = spec_same_device(there, spec);
        int r;

        if (!spec_overlap(there, spec))
            continue;
        *found = true;
        if (!spec->bdf.all && !same && (spec->vslot || !spec_satisfies(there, spec))) {
            r = refuse(e, w, result->device, "covered", "the entry '%s' covers it", w->items[i]);
            err_hint(e, "remove that entry first");
            return r;
        }
        if (spec->has_bdf && spec->bdf.all && !same) {
            r = refuse(e, w, result->device, "covered", "'%s' is in the list on its own",
                       w->items[i]);
            err_hint(e, "remove that entry first");
            return r;
        }
        if (spec_satisfies(there, spec) &&
            !(same && w->change->replace && there->vslot != spec->vslot)) {
            result->status = CFG_ALREADY;
            result->vslot = there->vslot;
            snprintf(result->message, sizeof(result->message), "already in the list as '%.100s'",
                     w->items[i]);
            return add_comments(w, i, e);
        }
        if (w->change->replace)
            return replace_item(w, i, spec, result, e);
        r = refuse(e, w, result->device, "other-options", "it is in the list as '%s'",
                   w->items[i]);
        err_hint(e, "--replace gives it the new options");
        return r;
    }
    return 0;
}

static int add(struct work *w, const struct spec *spec, struct cfg_result *result,
               struct err *e)
{
    AUTO_FREE char *value = spec_format(spec, !w->brief);
    bool found = false;
    char *text;
    size_t len;
    int r;

    if (!value)
        return err_nomem(e);
    result->vslot = spec->vslot;
    strcpy(result->message, "added");
    r = xlu_verify_spec(value, spec, e);
    if (!r)
        r = meet(w, spec, result, &found, e);
    if (r || found)
        return r;
    r = check_slot(w, spec, DOC_NONE, e);
    if (!r)
        r = add_passthrough(w, e);
    if (r)
        return r;
    r = edit_add(w->doc, value, &text, &len, e);
    r = set_text(w, r, text, len, e);
    if (r)
        return r;
    if (spec_copy(&w->specs[w->n], spec))
        return err_nomem(e);
    w->items[w->n++] = TAKE_PTR(value);
    return add_comments(w, w->n - 1, e);
}

static int take(struct work *w, const struct spec *spec, struct cfg_result *result,
                struct err *e)
{
    int r;

    result->status = CFG_ALREADY;
    strcpy(result->message, "already not in the list");
    for (size_t i = 0; i < w->n;) {
        char *text;
        size_t len;

        if (!spec_overlap(&w->specs[i], spec)) {
            i++;
            continue;
        }
        if (w->specs[i].bdf.all && !spec->bdf.all) {
            r = refuse(e, w, result->device, "covered", "the entry '%s' names its whole slot",
                       w->items[i]);
            err_hint(e, "remove '%s', then add the functions to keep", w->items[i]);
            return r;
        }
        r = remove_comments(w, &w->specs[i], e);
        if (r)
            return r;
        r = edit_remove(w->doc, i, &text, &len, e);
        r = set_text(w, r, text, len, e);
        if (r)
            return r;
        drop_item(w, i);
        result->status = CFG_DONE;
        strcpy(result->message, "removed");
    }
    return 0;
}

/*
 * libxlutil refuses CR line ends and a last comment without a line end.  An edit keeps both, so
 * libxlutil gets the text without them.
 */
static int verify(const struct work *w, struct err *e)
{
    const struct doc *doc = w->doc;
    AUTO_FREE char *plain = NULL;
    size_t len = 0;

    if (doc->accepted)
        return xlu_verify(w->what, doc->text, doc->len, (const char *const *)w->items, w->n, e);
    plain = malloc(doc->len + 2);
    if (!plain)
        return err_nomem(e);
    for (size_t i = 0; i < doc->len; i++)
        if (doc->text[i] != '\r' || doc->text[i + 1] != '\n')
            plain[len++] = doc->text[i];
    plain[len++] = '\n';
    return xlu_verify(w->what, plain, len, (const char *const *)w->items, w->n, e);
}

int cfg_change_text(const struct cfg_change *change, const char *what, const char *text,
                    size_t len, char **ret, size_t *ret_len, struct cfg_result *results,
                    struct err *e)
{
    CLEANUP(work_clear) struct work w = { .change = change, .what = what };
    char device[BDF_TEXT_MAX];
    int r = doc_parse(&w.doc, text, len, e);

    if (!r)
        r = read_items(&w, e);
    for (size_t i = 0; !r && i < change->n_add + change->n_remove; i++) {
        bool adding = i < change->n_add;
        const struct spec *spec = adding ? &change->add[i] : &change->remove[i - change->n_add];
        struct cfg_result *result = &results[i];

        *result = (struct cfg_result){ .status = CFG_DONE };
        snprintf(result->device, sizeof(result->device), "%s", spec_device(spec, device));
        r = adding ? add(&w, spec, result, e) : take(&w, spec, result, e);
    }
    if (!r && (w.doc->len != len || memcmp(w.doc->text, text, len)))
        r = verify(&w, e);
    if (r)
        return r;
    *ret = TAKE_PTR(w.doc->text);
    *ret_len = w.doc->len;
    return 0;
}
