/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Specs as values: parsed strictly, compared, written. */
#include "cfg/spec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

int spec_parse(const char *text, struct spec *ret, struct err *e)
{
    AUTO_NOTES struct notes notes = { NULL, 0 };
    AUTO_SPEC struct spec spec = { .has_bdf = false };
    AUTO_FREE char *mended = NULL;
    bool accepted;
    int r;

    if (spec_read(text, &spec, &accepted, &notes))
        return err_nomem(e);
    if (!notes.n && accepted) {
        *ret = spec;
        spec = (struct spec){ .has_bdf = false };
        return 0;
    }
    r = err_set(e, XV_USAGE, EINVAL, accepted ? "'%s' is not a PCI spec with one meaning: %s"
                                              : "'%s' is not a PCI spec: %s",
                text, notes.n ? notes.v[0].message : "xl does not accept it");
    mended = spec_mend(text);
    if (mended)
        err_hint(e, "write '%s'", mended);
    else if (!spec.has_bdf && !spec.name)
        err_hint(e, "write BDF[@VSLOT][,key=value]..., as in '02:00.0@7,permissive=1'; "
                    "see xl-pci-configuration(5)");
    return r;
}

static const char *switch_digit(enum spec_switch s)
{
    return s == SPEC_ON ? "1" : "0";
}

static bool known_key(const char *key)
{
    static const char *const known[] = {
        "bdf", "name", "vslot", "permissive", "msitranslate", "seize", "power_mgmt",
        "rdm_policy",
    };

    return text_word(known, ARRAY_LEN(known), key) < ARRAY_LEN(known);
}

char *spec_format(const struct spec *spec, bool full_bdf)
{
    const struct {
        const char *key;
        enum spec_switch value;
    } switches[] = {
        { "permissive", spec->permissive },
        { "msitranslate", spec->msitranslate },
        { "seize", spec->seize },
        { "power_mgmt", spec->power_mgmt },
    };
    char device[BDF_TEXT_MAX];
    const char *bdf = spec_device(spec, device);
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        return NULL;
    if (!spec->has_bdf)
        fprintf(f, "name=%s", spec->name);
    else
        fputs(full_bdf || spec->bdf.bdf.segment ? bdf : strchr(bdf, ':') + 1, f);
    if (spec->vslot)
        fprintf(f, spec->has_bdf ? "@%x" : ",vslot=%x", spec->vslot);
    for (size_t i = 0; i < ARRAY_LEN(switches); i++)
        if (switches[i].value != SPEC_UNSET)
            fprintf(f, ",%s=%s", switches[i].key, switch_digit(switches[i].value));
    if (spec->rdm_policy != RDM_UNSET)
        fprintf(f, ",rdm_policy=%s", spec->rdm_policy == RDM_STRICT ? "strict" : "relaxed");
    for (size_t i = 0; i < spec->n_pairs; i++)
        if (!known_key(spec->pairs[i].key))
            fprintf(f, ",%s=%s", spec->pairs[i].key, spec->pairs[i].value);
    if (fclose(f)) {
        free(text);
        return NULL;
    }
    return text;
}

const char *spec_device(const struct spec *spec, char *buf)
{
    if (!spec->has_bdf)
        return spec->name ? spec->name : "";
    snprintf(buf, BDF_TEXT_MAX, "%s", BDF_STR(spec->bdf.bdf));
    if (spec->bdf.all)
        strcpy(strchr(buf, '.') + 1, "*");
    return buf;
}

bool spec_overlap(const struct spec *a, const struct spec *b)
{
    if (a->has_bdf != b->has_bdf)
        return false;
    if (!a->has_bdf)
        return a->name && b->name && !strcmp(a->name, b->name);
    return bdf_same_slot(a->bdf.bdf, b->bdf.bdf) &&
           (a->bdf.all || b->bdf.all || a->bdf.bdf.func == b->bdf.bdf.func);
}

bool spec_same_device(const struct spec *a, const struct spec *b)
{
    return spec_overlap(a, b) && (!a->has_bdf || a->bdf.all == b->bdf.all);
}

static bool switch_satisfies(enum spec_switch there, enum spec_switch asked)
{
    return asked == SPEC_UNSET || there == asked;
}

bool spec_satisfies(const struct spec *there, const struct spec *asked)
{
    return (!asked->vslot || there->vslot == asked->vslot) &&
           switch_satisfies(there->permissive, asked->permissive) &&
           switch_satisfies(there->msitranslate, asked->msitranslate) &&
           switch_satisfies(there->power_mgmt, asked->power_mgmt) &&
           switch_satisfies(there->seize, asked->seize) &&
           (asked->rdm_policy == RDM_UNSET || there->rdm_policy == asked->rdm_policy);
}

int spec_copy(struct spec *ret, const struct spec *spec)
{
    struct spec copy = *spec;

    copy.name = spec->name ? strdup(spec->name) : NULL;
    copy.n_pairs = 0;
    copy.pairs = calloc(spec->n_pairs + 1, sizeof(*copy.pairs));
    if (!copy.pairs || (spec->name && !copy.name))
        goto nomem;
    for (size_t i = 0; i < spec->n_pairs; i++) {
        struct spec_pair *pair = &copy.pairs[copy.n_pairs++];

        pair->key = strdup(spec->pairs[i].key);
        pair->value = strdup(spec->pairs[i].value);
        if (!pair->key || !pair->value)
            goto nomem;
    }
    *ret = copy;
    return 0;
nomem:
    spec_clear(&copy);
    return -ENOMEM;
}

