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
struct edit {
    const struct cfg_change *change;
    const char *what;
    struct doc *doc;
    struct spec *specs;     /* one per counted item, in order */
    char **items;           /* the items' text, in the same order */
    size_t n;
    bool brief;             /* the items leave segment 0 out */
};

static void edit_clear(struct edit *edit)
{
    for (size_t i = 0; i < edit->n; i++) {
        spec_clear(&edit->specs[i]);
        free(edit->items[i]);
    }
    free(edit->specs);
    free(edit->items);
    doc_free(edit->doc);
}

static int set_text(struct edit *edit, int r, char *text, size_t len, struct err *e)
{
    struct doc *doc;

    if (!r) {
        r = doc_parse(&doc, text, len, e);
        free(text);
    } else {
        err_object(e, edit->what);
    }
    if (r)
        return r;
    doc_free(edit->doc);
    edit->doc = doc;
    return 0;
}

static int read_items(struct edit *edit, struct err *e)
{
    size_t count = doc_count(edit->doc), line, column;

    edit->specs = calloc(count + edit->change->n_add + 1, sizeof(*edit->specs));
    edit->items = calloc(count + edit->change->n_add + 1, sizeof(*edit->items));
    if (!edit->specs || !edit->items)
        return err_nomem(e);
    edit->brief = count > 0;
    for (size_t i = 0; i < count; i++) {
        const struct doc_item *item = doc_item(edit->doc, i);
        AUTO_NOTES struct notes notes = { NULL, 0 };
        bool accepted;

        if (item->kind == ITEM_NESTED && edit->doc->editable) {
            int r;

            doc_position(edit->doc, item->start, &line, &column);
            r = err_on(e, XV_USAGE, EINVAL, edit->what,
                       "line %zu, column %zu: nested list: xl ignores the rest", line, column);
            err_hint(e, "correct the file first; 'xvtd cfg check --fix' may do it");
            return r;
        }
        edit->items[i] = strdup(item->value);
        if (!edit->items[i] || spec_read(item->value, &edit->specs[edit->n++], &accepted, &notes))
            return err_nomem(e);
        edit->brief = edit->brief && edit->specs[i].has_bdf && !strchr("bB", item->value[0]) &&
                   strcspn(item->value, ".") < strlen("0000:02:00");
    }
    return 0;
}

static void drop_item(struct edit *edit, size_t i)
{
    spec_clear(&edit->specs[i]);
    free(edit->items[i]);
    edit->n--;
    memmove(&edit->specs[i], &edit->specs[i + 1], (edit->n - i) * sizeof(*edit->specs));
    memmove(&edit->items[i], &edit->items[i + 1], (edit->n - i) * sizeof(*edit->items));
}

static int refuse(struct err *e, const struct edit *edit, const char *device, const char *kind,
                  const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static int refuse(struct err *e, const struct edit *edit, const char *device, const char *kind,
                  const char *fmt, ...)
{
    char why[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, sizeof(why), fmt, ap);
    va_end(ap);
    err_on(e, XV_REFUSED, EEXIST, edit->what, "%s: %s", device, why);
    err_kind(e, kind);
    return -EEXIST;
}

/* Removes the comments of a device's functions. */
static int remove_comments(struct edit *edit, const struct spec *spec, struct err *e)
{
    struct our_comment c;
    size_t from = 0;

    while (spec->has_bdf && edit_find_comment(edit->doc, from, &c)) {
        struct spec of = { .has_bdf = true };
        struct err ignored;
        char *text;
        size_t len;
        int r;

        from = c.token + 1;
        if (bdf_parse_pattern(c.device, &of.bdf, &ignored) || !spec_overlap(&of, spec))
            continue;
        from = 0;
        r = edit_remove_comment(edit->doc, &c, &text, &len, e);
        r = set_text(edit, r, text, len, e);
        if (r)
            return r;
    }
    return 0;
}

static int add_comments(struct edit *edit, size_t n, struct err *e)
{
    const struct spec *spec = &edit->specs[n];
    int r = edit->change->identity ? remove_comments(edit, spec, e) : 0;

    for (unsigned func = 0; !r && edit->change->identity && spec->has_bdf && func < 8; func++) {
        struct bdf bdf = spec->bdf.bdf;
        AUTO_FREE char *identity = NULL;
        char *text;
        size_t len;

        if (!spec->bdf.all && func != bdf.func)
            continue;
        bdf.func = (uint8_t)func;
        identity = edit->change->identity(edit->change->user, bdf);
        if (!identity)
            continue;
        r = edit_add_comment(edit->doc, n, BDF_STR(bdf), identity, &text, &len, e);
        r = set_text(edit, r, text, len, e);
    }
    return r;
}

/*
 * Adds passthrough = "enabled" beside the first device, unless the guest sets passthrough.  Without
 * it a guest that starts without devices gets no IOMMU, and none can be attached later.
 */
static int add_passthrough(struct edit *edit, struct err *e)
{
    char *text;
    size_t len;
    int r;

    if (edit->n || edit->change->no_passthrough || doc_find(edit->doc, "passthrough"))
        return 0;
    r = edit_append_line(edit->doc, "passthrough = \"enabled\"", &text, &len, e);
    return set_text(edit, r, text, len, e);
}

static int check_slot(const struct edit *edit, const struct spec *spec, size_t self, struct err *e)
{
    char device[BDF_TEXT_MAX];
    const char *taken = emulated_slot(edit->doc, spec->vslot, EMULATED_ALWAYS);

    if (!spec->vslot)
        return 0;
    if (taken && !cfg_keeps_igd_slot(edit->doc, spec))
        return refuse(e, edit, spec_device(spec, device), "slot-taken",
                      "slot 0x%02x is taken by %s", spec->vslot, taken);
    for (size_t i = 0; i < edit->n; i++)
        if (i != self && edit->specs[i].vslot == spec->vslot)
            return refuse(e, edit, spec_device(spec, device), "slot-taken",
                          "slot 0x%02x is taken by '%s'", spec->vslot, edit->items[i]);
    return 0;
}

static int replace_item(struct edit *edit, size_t i, const struct spec *spec,
                        struct cfg_result *result, struct err *e)
{
    AUTO_FREE char *value = spec_format(spec, !edit->brief);
    char *text;
    size_t len;
    int r = check_slot(edit, spec, i, e);

    if (!value)
        return err_nomem(e);
    if (r)
        return r;
    r = edit_replace(edit->doc, i, value, &text, &len, e);
    r = set_text(edit, r, text, len, e);
    if (r)
        return r;
    snprintf(result->message, sizeof(result->message), "replaced '%s'", edit->items[i]);
    spec_clear(&edit->specs[i]);
    free(edit->items[i]);
    edit->items[i] = TAKE_PTR(value);
    if (spec_copy(&edit->specs[i], spec))
        return err_nomem(e);
    return add_comments(edit, i, e);
}

/* Looks for an entry that equals the device or conflicts with it; *found then decides result. */
static int meet(struct edit *edit, const struct spec *spec, struct cfg_result *result, bool *found,
                struct err *e)
{
    for (size_t i = 0; i < edit->n; i++) {
        const struct spec *there = &edit->specs[i];
        bool same = spec_same_device(there, spec);
        int r;

        if (!spec_overlap(there, spec))
            continue;
        *found = true;
        if (!spec->bdf.all && !same && (spec->vslot || !spec_satisfies(there, spec))) {
            r = refuse(e, edit, result->device, "covered", "the entry '%s' covers it",
                       edit->items[i]);
            err_hint(e, "remove that entry first");
            return r;
        }
        if (spec->has_bdf && spec->bdf.all && !same) {
            r = refuse(e, edit, result->device, "covered", "'%s' is in the list on its own",
                       edit->items[i]);
            err_hint(e, "remove that entry first");
            return r;
        }
        if (spec_satisfies(there, spec) &&
            !(same && edit->change->replace && there->vslot != spec->vslot)) {
            result->status = CFG_ALREADY;
            result->vslot = there->vslot;
            snprintf(result->message, sizeof(result->message), "already in the list as '%.100s'",
                     edit->items[i]);
            return add_comments(edit, i, e);
        }
        if (edit->change->replace)
            return replace_item(edit, i, spec, result, e);
        r = refuse(e, edit, result->device, "other-options", "it is in the list as '%s'",
                   edit->items[i]);
        err_hint(e, "--replace gives it the new options");
        return r;
    }
    return 0;
}

static int add(struct edit *edit, const struct spec *spec, struct cfg_result *result,
               struct err *e)
{
    AUTO_FREE char *value = spec_format(spec, !edit->brief);
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
        r = meet(edit, spec, result, &found, e);
    if (r || found)
        return r;
    r = check_slot(edit, spec, DOC_NONE, e);
    if (!r)
        r = add_passthrough(edit, e);
    if (r)
        return r;
    r = edit_add(edit->doc, value, &text, &len, e);
    r = set_text(edit, r, text, len, e);
    if (r)
        return r;
    if (spec_copy(&edit->specs[edit->n], spec))
        return err_nomem(e);
    edit->items[edit->n++] = TAKE_PTR(value);
    return add_comments(edit, edit->n - 1, e);
}

static int take(struct edit *edit, const struct spec *spec, struct cfg_result *result,
                struct err *e)
{
    int r;

    result->status = CFG_ALREADY;
    strcpy(result->message, "already not in the list");
    for (size_t i = 0; i < edit->n;) {
        char *text;
        size_t len;

        if (!spec_overlap(&edit->specs[i], spec)) {
            i++;
            continue;
        }
        if (edit->specs[i].bdf.all && !spec->bdf.all) {
            r = refuse(e, edit, result->device, "covered", "the entry '%s' names its whole slot",
                       edit->items[i]);
            err_hint(e, "remove '%s', then add the functions to keep", edit->items[i]);
            return r;
        }
        r = remove_comments(edit, &edit->specs[i], e);
        if (r)
            return r;
        r = edit_remove(edit->doc, i, &text, &len, e);
        r = set_text(edit, r, text, len, e);
        if (r)
            return r;
        drop_item(edit, i);
        result->status = CFG_DONE;
        strcpy(result->message, "removed");
    }
    return 0;
}

/*
 * libxlutil refuses CR line ends and a last comment without a line end.  An edit keeps both, so
 * libxlutil gets the text without them.
 */
static int verify(const struct edit *edit, struct err *e)
{
    const struct doc *doc = edit->doc;
    AUTO_FREE char *plain = NULL;
    size_t len = 0;

    if (doc->accepted)
        return xlu_verify(edit->what, doc->text, doc->len, (const char *const *)edit->items,
                          edit->n, e);
    plain = malloc(doc->len + 2);
    if (!plain)
        return err_nomem(e);
    for (size_t i = 0; i < doc->len; i++)
        if (doc->text[i] != '\r' || doc->text[i + 1] != '\n')
            plain[len++] = doc->text[i];
    plain[len++] = '\n';
    return xlu_verify(edit->what, plain, len, (const char *const *)edit->items, edit->n, e);
}

int cfg_change_text(const struct cfg_change *change, const char *what, const char *text,
                    size_t len, char **ret, size_t *ret_len, struct cfg_result *results,
                    struct err *e)
{
    CLEANUP(edit_clear) struct edit edit = { .change = change, .what = what };
    char device[BDF_TEXT_MAX];
    int r = doc_parse(&edit.doc, text, len, e);

    if (!r)
        r = read_items(&edit, e);
    for (size_t i = 0; !r && i < change->n_add + change->n_remove; i++) {
        bool adding = i < change->n_add;
        const struct spec *spec = adding ? &change->add[i] : &change->remove[i - change->n_add];
        struct cfg_result *result = &results[i];

        *result = (struct cfg_result){ .status = CFG_DONE };
        snprintf(result->device, sizeof(result->device), "%s", spec_device(spec, device));
        r = adding ? add(&edit, spec, result, e) : take(&edit, spec, result, e);
    }
    if (!r && (edit.doc->len != len || memcmp(edit.doc->text, text, len)))
        r = verify(&edit, e);
    if (r)
        return r;
    *ret = TAKE_PTR(edit.doc->text);
    *ret_len = edit.doc->len;
    return 0;
}
