/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "module.h"

#include <errno.h>
#include <libkmod.h>

#include "cleanup.h"

static inline void kmod_unref_p(struct kmod_ctx **ctx)
{
    if (*ctx)
        kmod_unref(*ctx);
}

/* The modules that a name or alias stands for, or NULL. */
static struct kmod_list *look_up(struct kmod_ctx *ctx, const char *name)
{
    struct kmod_list *list = NULL;

    if (!ctx || kmod_module_new_from_lookup(ctx, name, &list) < 0)
        return NULL;
    return list;
}

bool module_available(const char *name)
{
    CLEANUP(kmod_unref_p) struct kmod_ctx *ctx = kmod_new(NULL, NULL);
    struct kmod_list *list = look_up(ctx, name);
    bool found = list != NULL;

    kmod_module_unref_list(list);
    return found;
}

int module_load(const char *name, struct err *e)
{
    CLEANUP(kmod_unref_p) struct kmod_ctx *ctx = kmod_new(NULL, NULL);
    struct kmod_list *list = look_up(ctx, name), *l;
    int r = list ? 0 : -ENOENT;

    kmod_list_foreach(l, list) {
        struct kmod_module *mod = kmod_module_get_module(l);

        r = kmod_module_probe_insert_module(mod, KMOD_PROBE_APPLY_BLACKLIST, NULL, NULL, NULL,
                                            NULL);
        kmod_module_unref(mod);
        if (r)
            break;
    }
    kmod_module_unref_list(list);
    if (r)
        return err_sys(e, XV_CANNOT, r < 0 ? -r : EPERM, "load kernel module: %s", name);
    return 0;
}
