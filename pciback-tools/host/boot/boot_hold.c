/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/boot_hold.h"

#include <errno.h>
#include <stdlib.h>

#include "hide/cmdline.h"
#include "names/names.h"

/* XCP-ng's tool alone knows the next boot's command line, so this boot's is used. */
static int read_line(struct boot_hold *hold, const struct root *root, struct err *e)
{
    struct cmdline_word word;
    char text[8192];

    if (!root_existsf(root, "opt/xensource/libexec/xen-cmdline") ||
        root_readf(root, text, sizeof(text), "proc/cmdline") < 0 ||
        !cmdline_find(text, "xen-pciback.hide", &word))
        return 0;
    return hide_reading_set(&hold->line, text + word.value, word.value_len, e);
}

/* Lines of /etc/xvtd/assignable that give a name mean the place where that device is now. */
static void find_named(struct boot_hold *hold, const struct root *root)
{
    CLEANUP(names_clear) struct names names = { .n = 0 };
    struct err ignored;

    if (names_read(root, &names, &ignored))
        return;
    for (size_t i = 0; i < hold->n_lines; i++) {
        struct assignable_line *l = &hold->lines[i];
        struct name *name = l->has_bdf ? NULL : names_find(&names, l->device);

        if (!name || names_locate(root, name, &ignored))
            continue;
        l->has_bdf = name->place == NAME_HERE || name->place == NAME_MOVED;
        l->bdf = (struct bdf_pattern){ .bdf = name->at };
    }
}

int boot_hold_read(struct boot_hold *ret, const struct root *root, struct err *e)
{
    struct err ignored;
    int r = hide_sources_read(root, &ret->sources, &ret->n_sources, e);

    if (!r)
        r = read_line(ret, root, e);
    if (!r && assignable_file_read(root, ASSIGNABLE_FILE, &ret->lines, &ret->n_lines,
                                   &ignored) == -ENOMEM)
        r = err_nomem(e);
    if (!r)
        find_named(ret, root);
    return r;
}

void boot_hold_clear(struct boot_hold *hold)
{
    hide_sources_free(hold->sources, hold->n_sources);
    hide_reading_clear(&hold->line);
    free(hold->lines);
}

/* Our udev rules have no value, only a list of devices. */
static bool source_names(const struct hide_source *s, struct bdf bdf)
{
    for (size_t i = 0; s->way == WAY_UDEV && i < s->n; i++)
        if (bdf_equal(s->devices[i].bdf, bdf))
            return true;
    return hide_reading_names(&s->value, bdf);
}

bool boot_holds(const struct boot_hold *hold, struct bdf bdf)
{
    for (size_t i = 0; i < hold->n_sources; i++)
        if (source_names(&hold->sources[i], bdf))
            return true;
    for (size_t i = 0; i < hold->n_lines; i++) {
        const struct assignable_line *l = &hold->lines[i];

        if (l->has_bdf && !l->vfs && bdf_matches(l->bdf, bdf))
            return true;
    }
    return hide_reading_names(&hold->line, bdf);
}
