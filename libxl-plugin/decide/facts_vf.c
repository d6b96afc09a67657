/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decide/facts_vf.h"

#include "vf/vf_link.h"
#include "vf/vf_record.h"

static int gather(struct fn_facts *fn, const struct root *root, const struct records *records,
                  struct err *e)
{
    struct vf_place place;
    struct bdf pf;

    fn->vf.is = vf_pf(root, fn->bdf, &pf);
    if (!fn->vf.is)
        return 0;
    fn->vf.known = !vf_place(root, fn->bdf, &place, &fn->vf.error) &&
                   !vf_link_read(&place, &fn->vf.now, &fn->vf.error);
    return vf_record_get(records, fn->bdf, &fn->vf.recorded, e);
}

int facts_vf(struct facts *f, const struct root *root, const struct records *records,
             struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < f->n_fns; i++) {
        r = gather(&f->fns[i], root, records, e);
        for (size_t k = 0; !r && k < f->n_assigned; k++)
            if (bdf_equal(f->assigned[k].bdf, f->fns[i].bdf))
                f->assigned[k].vf = f->fns[i].vf.recorded.want;
    }
    return r;
}
