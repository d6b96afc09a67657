/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/boot_hint.h"

#include <stdio.h>
#include <string.h>

#include "boot/boot_hold.h"
#include "check/check_facts.h"

static void add_bdf(char *list, size_t size, struct bdf bdf)
{
    size_t len = strlen(list);

    snprintf(list + len, size - len, " %s", BDF_STR(bdf));
}

static void look_at(const struct boot_hold *hold, const struct inventory *inv,
                    const struct spec *spec, char *list, size_t size)
{
    for (unsigned func = 0; spec->has_bdf && func < (spec->bdf.all ? 8u : 1u); func++) {
        struct bdf bdf = spec->bdf.bdf;

        if (spec->bdf.all)
            bdf.func = (uint8_t)func;
        if (inventory_find(inv, bdf) && !boot_holds(hold, bdf))
            add_bdf(list, size, bdf);
    }
}

void boot_hint(const struct xvtd *x, const struct spec *specs, size_t n)
{
    CLEANUP(boot_hold_clear) struct boot_hold hold = { .n_sources = 0 };
    CLEANUP(inventory_close_p) struct inventory *inv = NULL;
    char list[1024] = "";
    struct err ignored;

    if (host_role(x->root) != ROLE_DOM0 || inventory_open(&inv, x->root, &ignored) ||
        boot_hold_read(&hold, x->root, &ignored))
        return;
    for (size_t i = 0; i < n; i++)
        look_at(&hold, inv, &specs[i], list, sizeof(list));
    if (*list)
        xvtd_note(x, "not-hidden", "", "hint: not hidden at boot, so the guest will not start "
                  "after dom0's next boot: pciback-hide --install --add%s", list);
}
