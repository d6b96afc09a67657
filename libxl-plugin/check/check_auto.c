/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/check_auto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dropin.h"
#include "base/text.h"
#include "cfg/doc.h"
#include "cfg/spec.h"

#define AUTO_DIR "etc/xen/auto"

static int add(struct auto_devices *ret, const struct boot_hold *hold,
               const struct inventory *inv, const char *file, struct bdf bdf, struct err *e)
{
    struct auto_device *d;

    if (ARRAY_GROW(ret->list, ret->n))
        return err_nomem(e);
    d = &ret->list[ret->n++];
    *d = (struct auto_device){ .bdf = bdf, .present = inventory_find(inv, bdf) != NULL,
                               .held = boot_holds(hold, bdf) };
    snprintf(d->file, sizeof(d->file), "%s", file);
    return 0;
}

/* Every present function of a slot, or its first if none is present. */
static int add_pattern(struct auto_devices *ret, const struct boot_hold *hold,
                       const struct inventory *inv, const char *file, struct bdf_pattern what,
                       struct err *e)
{
    AUTO_FREE struct bdf *found = NULL;
    struct err ignored;
    size_t n = 0;
    int r = 0;

    if (inventory_match(inv, what, &found, &n, &ignored))
        return add(ret, hold, inv, file, what.bdf, e);
    for (size_t i = 0; !r && i < n; i++)
        r = add(ret, hold, inv, file, found[i], e);
    return r;
}

static int read_cfg(struct auto_devices *ret, const struct root *root,
                    const struct boot_hold *hold, const struct inventory *inv, const char *file,
                    struct err *e)
{
    AUTO_FREE char *text = NULL;
    AUTO_DOC struct doc *doc = NULL;
    char path[300];
    int r = 0;

    snprintf(path, sizeof(path), AUTO_DIR "/%s", file);
    text = dropin_read(root, path);
    if (!text || doc_parse(&doc, text, strlen(text), e))
        return 0;
    for (size_t i = 0; !r && i < doc_count(doc); i++) {
        const struct doc_item *item = doc_item(doc, i);
        AUTO_NOTES struct notes notes = { .n = 0 };
        AUTO_SPEC struct spec spec = { .has_bdf = false };
        bool accepted = false;

        if (item->kind == ITEM_STRING && item->reached &&
            !spec_read(item->value, &spec, &accepted, &notes) && accepted && spec.has_bdf)
            r = add_pattern(ret, hold, inv, file, spec.bdf, e);
    }
    return r;
}

int auto_devices_read(struct auto_devices *ret, const struct root *root,
                      const struct inventory *inv, struct err *e)
{
    CLEANUP(boot_hold_clear) struct boot_hold hold = { .n_sources = 0 };
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, AUTO_DIR);
    struct dirent *entry;
    int r = dir ? boot_hold_read(&hold, root, e) : 0;

    while (dir && !r && (entry = root_readdir(dir)))
        if (*entry->d_name != '.')
            r = read_cfg(ret, root, &hold, inv, entry->d_name, e);
    return r;
}

/* The devices of one cfg, from `from` on, that are missing or not held. */
static void judge_file(const struct auto_devices *devices, size_t from, struct findings *out)
{
    const char *file = devices->list[from].file;
    char unheld[400] = "", absent[400] = "";

    for (size_t i = from; i < devices->n; i++) {
        const struct auto_device *d = &devices->list[i];
        char *list = d->present ? unheld : absent;
        size_t len = strlen(list);

        if (!strcmp(d->file, file) && !(d->present && d->held))
            snprintf(list + len, sizeof(unheld) - len, " %s", BDF_STR(d->bdf));
    }
    if (*absent) {
        finding_add(out, FINDING_WARN, "autostart", file, "xendomains cannot start it: this host "
                    "has no%s", absent);
        finding_remedy(out, "xvtd cfg remove /etc/xen/auto/%s%s", SHELL_STR(file), absent);
    }
    if (*unheld) {
        finding_add(out, FINDING_WARN, "autostart", file, "after dom0's next boot xendomains cannot "
                    "start it: nothing keeps%s from the native driver", unheld);
        finding_remedy(out, "pciback-hide --install --add%s", unheld);
    }
}

void judge_auto(const struct auto_devices *devices, struct findings *out)
{
    for (size_t i = 0; i < devices->n; i++) {
        bool first = true;

        for (size_t k = 0; k < i; k++)
            first &= strcmp(devices->list[k].file, devices->list[i].file) != 0;
        if (first)
            judge_file(devices, i, out);
    }
}
