/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "driver/module.h"

#include <errno.h>
#include <libkmod.h>

#include "base/cleanup.h"
#include "base/library.h"

/*
 * libkmod is opened on demand, because few runs load a module.  It depends on libcrypto, whose
 * start-up takes more time and memory than the rest of xvtd.
 */
static struct {
    struct kmod_ctx *(*new)(const char *, const char *const *);
    struct kmod_ctx *(*unref)(struct kmod_ctx *);
    int (*lookup)(struct kmod_ctx *, const char *, struct kmod_list **);
    struct kmod_list *(*next)(const struct kmod_list *, const struct kmod_list *);
    struct kmod_module *(*get)(const struct kmod_list *);
    int (*insert)(struct kmod_module *, unsigned, const char *,
                  int (*)(struct kmod_module *, bool, void *), const void *,
                  void (*)(struct kmod_module *, bool, const char *));
    struct kmod_module *(*unref_module)(struct kmod_module *);
    int (*unref_list)(struct kmod_list *);
} kmod;

static const struct library_symbol symbols[] = {
    { "kmod_new", (void **)&kmod.new },
    { "kmod_unref", (void **)&kmod.unref },
    { "kmod_module_new_from_lookup", (void **)&kmod.lookup },
    { "kmod_list_next", (void **)&kmod.next },
    { "kmod_module_get_module", (void **)&kmod.get },
    { "kmod_module_probe_insert_module", (void **)&kmod.insert },
    { "kmod_module_unref", (void **)&kmod.unref_module },
    { "kmod_module_unref_list", (void **)&kmod.unref_list },
};

/* Calls `call` with the modules that a name or alias matches; -ENOENT when there are none. */
static int with_modules(const char *name, int (*call)(struct kmod_list *list))
{
    struct kmod_list *list = NULL;
    struct kmod_ctx *ctx;
    int r = -ENOENT;

    if (!library_open("libkmod.so.2", symbols, ARRAY_LEN(symbols)))
        return -ELIBACC;
    ctx = kmod.new(NULL, NULL);
    if (ctx && kmod.lookup(ctx, name, &list) >= 0 && list)
        r = call(list);
    kmod.unref_list(list);
    if (ctx)
        kmod.unref(ctx);
    return r;
}

static int found(struct kmod_list *list)
{
    (void)list;
    return 0;
}

static int insert_all(struct kmod_list *list)
{
    int r = 0;

    for (struct kmod_list *l = list; !r && l; l = kmod.next(list, l)) {
        struct kmod_module *module = kmod.get(l);

        r = kmod.insert(module, KMOD_PROBE_APPLY_BLACKLIST, NULL, NULL, NULL, NULL);
        kmod.unref_module(module);
    }
    return r > 0 ? -EPERM : r; /* above 0: the module is on the blacklist */
}

bool module_available(const char *name)
{
    return with_modules(name, found) == 0;
}

int module_load(const char *name, struct err *e)
{
    int r = with_modules(name, insert_all);

    return r ? err_sys(e, XV_CANNOT, -r, "load kernel module: %s", name) : 0;
}
