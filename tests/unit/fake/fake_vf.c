/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_vf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bdf.h"
#include "vf/vf_link.h"

#define ALL (VF_SETTINGS_END - 1u)

unsigned vf_supported = ALL, vf_deaf, vf_sets;

static struct function {
    struct bdf pf;
    unsigned index;
    struct vf_settings is;
} functions[16];
static size_t n_functions;

void vf_begin(void)
{
    n_functions = 0;
    vf_supported = ALL;
    vf_deaf = vf_sets = 0;
}

static struct vf_settings *find(struct bdf pf, unsigned index)
{
    for (size_t i = 0; i < n_functions; i++)
        if (bdf_equal(functions[i].pf, pf) && functions[i].index == index)
            return &functions[i].is;
    assert_true(n_functions < sizeof(functions) / sizeof(*functions));
    functions[n_functions] = (struct function){ pf, index, { .has = ALL, .spoofchk = true } };
    return &functions[n_functions++].is;
}

static struct vf_settings *find_text(const char *pf, unsigned index)
{
    struct err e;
    struct bdf bdf;

    assert_int_equal(bdf_parse(pf, &bdf, &e), 0);
    return find(bdf, index);
}

const char *vf_words(const char *pf, unsigned index)
{
    static char text[VF_SETTINGS_TEXT_MAX];

    vf_settings_format(find_text(pf, index), text);
    return text;
}

void vf_change(const char *pf, unsigned index, const char *words)
{
    struct vf_settings s;
    struct err e;

    assert_int_equal(vf_settings_parse(words, &s, &e), 0);
    vf_settings_over(find_text(pf, index), &s);
}

int vf_link_read(const struct vf_place *place, struct vf_settings *ret, struct err *e)
{
    if (!vf_supported) {
        int r = err_set(e, XV_REFUSED, EOPNOTSUPP, "%s: its driver tells no settings of virtual "
                        "function %u", place->ifname, place->index);

        err_kind(e, "vf-settings");
        return r;
    }
    *ret = vf_settings_only(find(place->pf, place->index), vf_supported);
    return 0;
}

int vf_link_set(const struct vf_place *place, const struct vf_settings *s, struct err *e)
{
    for (unsigned bit = 1; bit <= ALL; bit <<= 1) {
        struct vf_settings one = vf_settings_only(s, bit);

        if (!one.has)
            continue;
        if (!(vf_supported & bit))
            return err_sys(e, XV_FAILED, EOPNOTSUPP, "%s: the driver of %s refuses it",
                           VF_SETTINGS_STR(&one), place->ifname);
        vf_sets++;
        if (!(vf_deaf & bit))
            vf_settings_over(find(place->pf, place->index), &one);
    }
    return 0;
}
