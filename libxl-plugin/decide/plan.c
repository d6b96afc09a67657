/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decide/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/out.h"

struct step *plan_add(struct plan *plan, enum step_kind kind, const struct guest_pci *pci)
{
    struct step *step;

    if (ARRAY_GROW(plan->steps, plan->n))
        return NULL;
    step = &plan->steps[plan->n++];
    *step = (struct step){ .kind = kind, .rebind = true };
    if (pci)
        step->pci = *pci;
    return step;
}

int plan_copy(struct plan *plan, const struct step *step, struct err *e)
{
    struct step *copy = plan_add(plan, step->kind, NULL);

    if (!copy)
        return err_nomem(e);
    *copy = *step;
    return 0;
}

void plan_clear(struct plan *plan)
{
    free(plan->steps);
    *plan = (struct plan){ NULL, 0 };
}

void step_say(struct step *step, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(step->message, sizeof(step->message), fmt, ap);
    va_end(ap);
}

static const char *const kind_names[] = {
    [STEP_LOAD] = "load-module",
    [STEP_TAKE] = "make-assignable",
    [STEP_ATTACH] = "attach",
    [STEP_DETACH] = "detach",
    [STEP_RETURN] = "return",
    [STEP_RESET] = "reset",
    [STEP_CLEAR] = "clear",
    [STEP_KEEP] = "keep-iommu",
    [STEP_REMEMBER] = "write-manifest",
    [STEP_FORGET] = "update-manifest",
    [STEP_MIGRATE] = "migrate",
};

const char *step_word(enum step_kind kind)
{
    return kind_names[kind];
}

bool step_kind_of(const char *word, enum step_kind *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(kind_names); i++)
        if (!strcmp(kind_names[i], word)) {
            *ret = (enum step_kind)i;
            return true;
        }
    return false;
}

bool step_is_general(const struct step *step)
{
    return step->kind == STEP_LOAD || step->kind >= STEP_KEEP;
}

bool step_share_slot(const struct step *a, const struct step *b)
{
    return a != b && a->kind == STEP_ATTACH && b->kind == STEP_ATTACH &&
           a->pci.domid == b->pci.domid && a->pci.vslot && a->pci.vslot == b->pci.vslot;
}

static void slot_text(const struct guest_pci *pci, char buf[48])
{
    if (!pci->vslot)
        snprintf(buf, 48, "automatic slot");
    else if (pci->vfunc)
        snprintf(buf, 48, "slot 0x%02x function %u", pci->vslot, pci->vfunc);
    else
        snprintf(buf, 48, "slot 0x%02x", pci->vslot);
}

void step_describe(const struct step *step, const char *domain, char *text, size_t text_size,
                   char *undo, size_t undo_size)
{
    const char *native = step->native.driver;
    struct bdf_text bdf = bdf_text(step->pci.bdf);
    char slot[48];

    if (*step->domain)
        domain = step->domain;
    slot_text(&step->pci, slot);
    switch (step->kind) {
    case STEP_LOAD:
        snprintf(text, text_size, "load kernel module xen-pciback");
        snprintf(undo, undo_size, "none: it stays loaded, holding nothing");
        break;
    case STEP_TAKE:
        snprintf(text, text_size, "take %s from %s%s to pciback", bdf.s,
                 *native ? "driver " : "no driver", native);
        snprintf(undo, undo_size, *native ? "give it back to %s" : "leave it without a driver%s",
                 native);
        break;
    case STEP_ATTACH:
        snprintf(text, text_size, "attach %s to %s at %s", bdf.s, domain, slot);
        snprintf(undo, undo_size, "detach it from %s", domain);
        break;
    case STEP_DETACH:
        snprintf(text, text_size, "detach %s from %s, %s", bdf.s, domain, slot);
        if (step->back)
            snprintf(undo, undo_size, "attach it again, at %s", slot);
        else
            snprintf(undo, undo_size, "none: attach it again");
        break;
    case STEP_RETURN:
        if (!step->rebind)
            snprintf(text, text_size, "take %s out of pciback", bdf.s);
        else if (*native)
            snprintf(text, text_size, "return %s to driver %s", bdf.s, native);
        else
            snprintf(text, text_size, "return %s to whatever driver takes it", bdf.s);
        snprintf(undo, undo_size, "take it to pciback again");
        break;
    case STEP_RESET:
        snprintf(text, text_size, "reset %s where it can be", bdf.s);
        snprintf(undo, undo_size, "none");
        break;
    case STEP_CLEAR:
        snprintf(text, text_size, "clear what is left of %s in %s", bdf.s, domain);
        snprintf(undo, undo_size, "none: nobody has it");
        break;
    case STEP_KEEP:
        snprintf(text, text_size, "see that %s keeps its IOMMU", domain);
        snprintf(undo, undo_size, "none: it has one as before");
        break;
    case STEP_REMEMBER:
        snprintf(text, text_size, "write the devices of %s to its manifest", domain);
        snprintf(undo, undo_size, "none: restore");
        break;
    case STEP_MIGRATE:
        snprintf(text, text_size, "migrate %s", domain);
        snprintf(undo, undo_size, "xl's own: it goes on here, and gets its devices back");
        break;
    case STEP_FORGET:
        snprintf(text, text_size, "take what is back in %s out of its manifest", domain);
        snprintf(undo, undo_size, "none");
        break;
    }
}

void plan_print(const struct plan *plan, const char *domain)
{
    char text[256], undo[128];
    size_t n = 0;

    for (size_t i = 0; i < plan->n; i++) {
        if (plan->steps[i].status == STEP_ALREADY)
            continue;
        step_describe(&plan->steps[i], domain, text, sizeof(text), undo, sizeof(undo));
        out_line("%zu. %s  (undo: %s)", ++n, text, undo);
    }
    if (!n)
        out_line("nothing to do");
}

void step_json(const struct step *step, const char *domain, bool back, struct json *json)
{
    char text[256], undo[128];

    step_describe(step, domain, text, sizeof(text), undo, sizeof(undo));
    json_object(json, NULL);
    json_str(json, "step", back ? "undo" : kind_names[step->kind]);
    json_str(json, "object",
             step->kind == STEP_LOAD ? "xen-pciback"
             : step_is_general(step) ? domain : BDF_STR(step->pci.bdf));
    json_str(json, "undo", back ? "none" : undo);
    json_str(json, "text", back ? undo : text);
    json_end_object(json);
}

void plan_json(const struct plan *plan, const char *domain, struct json *json)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->steps[i].status != STEP_ALREADY)
            step_json(&plan->steps[i], domain, false, json);
}
