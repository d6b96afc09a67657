/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/save.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/audit.h"
#include "base/out.h"
#include "cfg/cfg_change.h"
#include "commands/boot_hint.h"
#include "decide/decide.h"

struct spec save_spec(const struct guest_pci *pci)
{
    return (struct spec){
        .has_bdf = true,
        .bdf = { .bdf = pci->bdf },
        .vslot = pci->vslot,
        .permissive = pci->permissive ? SPEC_ON : SPEC_UNSET,
        .msitranslate = pci->msitranslate ? SPEC_ON : SPEC_UNSET,
        .power_mgmt = pci->power_mgmt ? SPEC_ON : SPEC_UNSET,
        .rdm_policy = pci->rdm_policy == GUEST_RDM_RELAXED ? RDM_RELAXED : RDM_UNSET,
    };
}

static bool is_settled(const struct step *step)
{
    return step->status == STEP_DONE || step->status == STEP_ALREADY;
}

/* The specs of the plan's guest steps: all of them, or only the completed ones. */
static int collect(struct save *save, const struct plan *plan, bool settled_only, struct err *e)
{
    save->n = 0;
    for (size_t i = 0; i < plan->n; i++) {
        const struct step *step = &plan->steps[i];

        if (step->kind != (save->adding ? STEP_ATTACH : STEP_DETACH) ||
            (settled_only && !is_settled(step)))
            continue;
        if (save->adding && step_guest(step)->pci.vfunc)
            return err_on(e, XV_CANNOT, EOPNOTSUPP, BDF_STR(step->bdf),
                          "save to %s: xl cannot create a guest with several functions in one slot",
                          save->file);
        if (ARRAY_GROW(save->specs, save->n))
            return err_nomem(e);
        save->specs[save->n++] = save_spec(&step_guest(step)->pci);
    }
    return 0;
}

static void warn(void *user, const char *kind, const char *file, const char *text)
{
    xvtd_note(user, kind, file, "warning: %s", text);
}

/* x: where to print what xl will refuse; NULL to print nothing. */
static int change(struct save *save, struct xvtd *x, bool dry_run, char **diff, struct err *e)
{
    AUTO_FREE struct cfg_result *results = calloc(save->n ? save->n : 1, sizeof(*results));
    struct cfg_change what = { .replace = save->adding, .user = x,
                               .warn = x && save->adding ? warn : NULL };

    if (!results)
        return err_nomem(e);
    if (save->adding) {
        what.add = save->specs;
        what.n_add = save->n;
    } else {
        what.remove = save->specs;
        what.n_remove = save->n;
    }
    return cfg_change_file(&what, save->file, dry_run, results, diff, e);
}

/* libvirt's XML is libvirt's to edit. */
static int refuse_libvirt(const struct save *save, const struct libvirt_guest *g,
                          const struct plan *plan, struct err *e)
{
    const char *verb = save->adding ? "attach" : "detach";
    int r = err_on(e, XV_CANNOT, EOPNOTSUPP, g->name, "it is a guest of libvirt: it has no cfg to "
                   "save to, and xvtd does not edit libvirt's XML");

    err_kind(e, "libvirt");
    err_hint(e, "a transient guest is gone when it ends: `virsh define` keeps it");
    for (size_t i = 0; g->kept && i < plan->n; i++)
        if (plan->steps[i].kind == (save->adding ? STEP_ATTACH : STEP_DETACH)) {
            err_hint(e, "leave --save out, then: %s",
                     virsh_command(verb, g->name, plan->steps[i].bdf, "--config").s);
            break;
        }
    return r;
}

int save_prepare(struct save *save, struct xvtd *x, const char *file, const struct facts *facts,
                 const struct plan *plan, struct err *e)
{
    const struct libvirt_guest *g = libvirt_guest(&facts->libvirt, facts->dom->uuid);
    int r;

    if (!file)
        return 0;
    if (*file) {
        save->file = strdup(file);
        r = save->file ? 0 : err_nomem(e);
    } else {
        r = g ? refuse_libvirt(save, g, plan, e)
              : cfg_find(x->root, facts->dom->name, &save->file, e);
    }
    if (!r)
        r = collect(save, plan, false, e);
    return r ? r : change(save, x, true, &save->diff, e);
}

static void show(const struct save *save, struct xvtd *x)
{
    if (x->doc) {
        json_str(x->doc, "file", save->file);
        json_str(x->doc, "diff", save->diff);
    } else if (save->diff && *save->diff) {
        out_line("then in %s:", save->file);
        out_text(save->diff);
    }
}

int save_write(struct save *save, struct xvtd *x, const struct plan *plan, struct err *e)
{
    int r;

    if (!save->file)
        return 0;
    if (x->dry_run) {
        show(save, x);
        return 0;
    }
    r = collect(save, plan, true, e);
    if (!r && save->n)
        r = change(save, NULL, false, NULL, e);
    if (r) {
        err_prefix(e, "the guest has changed, but its cfg has not");
        e->code = XV_INCOMPLETE;
        err_kind(e, "not-saved");
        return r;
    }
    if (save->diff && *save->diff)
        audit(x, &(struct audit){ .file = save->file, .result = "done", .message = "saved" });
    if (x->doc)
        json_str(x->doc, "saved", save->file);
    else if (!x->quiet)
        out_line("%s: saved", save->file);
    if (save->adding)
        boot_hint(x, save->specs, save->n);
    return 0;
}

void save_clear(struct save *save)
{
    free(save->file);
    free(save->specs);
    free(save->diff);
}
