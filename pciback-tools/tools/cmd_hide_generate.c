/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pciback-hide BDF...: prints the parameter as text for its place. */
#include "tools/cmd_hide.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/out.h"
#include "boot/boot_modules.h"
#include "inuse/inuse.h"

/* Warnings before the text is pasted; --install refuses some of these cases. */
static int warn(struct xvtd *x, const struct hide_chosen *c, struct err *e)
{
    AUTO_FREE bool *taken = hide_taken(&c->host, &c->choice);
    CLEANUP(inuse_close_p) struct inuse *inuse = NULL;
    struct err ignored;

    if (!taken)
        return err_nomem(e);
    if (inuse_open(&inuse, x->root, &ignored))
        inuse = NULL;
    for (size_t i = 0; i < c->host.n; i++) {
        const struct pci_function *f = inventory_at(c->inv, i);
        AUTO_FREE struct holder *holders = NULL;
        size_t n = 0;

        if (!taken[i])
            continue;
        if (f->bridge)
            xvtd_note(x, "bridge", BDF_STR(f->bdf), "%s is a bridge: this hides all devices below "
                      "it too", BDF_STR(f->bdf));
        if (inuse && !inuse_of(inuse, f->bdf, &holders, &n, &ignored) && n)
            xvtd_note(x, "in-use", BDF_STR(f->bdf), "dom0 uses %s: %s (%s)", BDF_STR(f->bdf),
                      HOLDER_STR(&holders[0]), holders[0].what);
    }
    return 0;
}

static int format_of(const struct cli_args *args, enum hide_place_kind *ret, struct err *e)
{
    const char *word = cli_value(args, HIDE_FORMAT);

    *ret = PLACE_PARAM;
    if (!word || hide_place_parse(word, ret))
        return 0;
    err_set(e, XV_USAGE, EINVAL, "--format=%s: no such format", word);
    err_hint(e, "param, grub, grub-legacy, modprobe, udev, dracut, initramfs-tools");
    return -EINVAL;
}

static int print_json(struct xvtd *x, const struct hide_chosen *c, const struct hide_plan *plan,
                      const char *text, struct err *e)
{
    struct json *json = xvtd_json(x);

    if (!json)
        return err_nomem(e);
    json_strf(json, "parameter", "%s=%s", plan->name, plan->value);
    json_str(json, "value", plan->value);
    json_int(json, "length", (long long)strlen(plan->value));
    json_str(json, "text", text);
    json_array(json, "devices");
    for (size_t i = 0; i < c->n; i++) {
        char id[IDENTITY_TEXT_MAX];

        json_object(json, NULL);
        json_str(json, "bdf", BDF_STR(c->devices[i].bdf));
        json_bool(json, "present", c->devices[i].present);
        if (c->devices[i].present)
            identity_format(&c->devices[i].id, id);
        json_str(json, "identity", c->devices[i].present ? id : NULL);
        json_end_object(json);
    }
    json_end_array(json);
    return 0;
}

/* The requested form, or the one that fits. */
static int choose_value(struct xvtd *x, const struct cli_args *args, const struct hide_chosen *c,
                        enum hide_place_kind kind, const char *name, const char **ret,
                        struct err *e)
{
    size_t used = hide_place_has_line(kind) ? hide_line_used(x->root) : SIZE_MAX;
    int r;

    *ret = c->full;
    if (kind == PLACE_UDEV) /* this format has no such value */
        return 0;
    r = hide_value_that_fits(c, name, used, ret, e);
    if (!r && *ret == c->brief && !cli_has(args, HIDE_SHORT))
        xvtd_note(x, "shortened", "", "shortened: the full value would be too long");
    if (!r && cli_has(args, HIDE_SHORT))
        *ret = c->brief;
    return r;
}

int hide_run_generate(struct xvtd *x, const struct cli_args *args, struct err *e)
{
    const char *name = cli_has(args, HIDE_CLASSIC) ? "pciback.hide" : "xen-pciback.hide";
    CLEANUP(hide_chosen_clear) struct hide_chosen c = { .n = 0 };
    AUTO_FREE char *text = NULL;
    enum hide_place_kind kind;
    const char *value = NULL;
    char version[128];
    int r = format_of(args, &kind, e);

    if (!r)
        r = hide_chosen_read(&c, x, args, e);
    if (!r)
        r = choose_value(x, args, &c, kind, name, &value, e);
    boot_kernel(x->root, version, sizeof(version));
    if (!r && kind == PLACE_MODPROBE)
        r = boot_native_modules(x->root, version, c.devices, c.n, e);
    if (!r)
        r = warn(x, &c, e);
    if (r)
        return r;
    struct hide_plan plan = { value, name, c.devices, c.n };

    text = hide_format(kind, &plan);
    if (!text)
        return err_nomem(e);
    if (x->json)
        return print_json(x, &c, &plan, text, e);
    r = out_text(text);
    return r ? out_error(r, e) : 0;
}
