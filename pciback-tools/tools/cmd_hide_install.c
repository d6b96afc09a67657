/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pciback-hide --install and --uninstall: our drop-in files, and the commands to run next. */
#include "tools/cmd_hide.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/audit.h"
#include "base/document.h"
#include "base/out.h"
#include "boot/boot_facts.h"
#include "base/dropin.h"
#include "boot/hide_files.h"
#include "boot/hide_status.h"
#include "driver/allow.h"

struct install {
    struct xvtd *x;
    struct boot_facts facts;
    enum boot_method method;
    char why[BOOT_WHY_MAX];
    struct hide_plan plan;
    struct dropin files[HIDE_FILES];
    char next[8][1280];     /* commands for the user */
    size_t n_next;
};

static void clear(struct install *in)
{
    for (size_t i = 0; i < HIDE_FILES; i++)
        free(in->files[i].text);
}

__attribute__((format(printf, 2, 3)))
static void next(struct install *in, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (in->n_next < ARRAY_LEN(in->next))
        vsnprintf(in->next[in->n_next++], sizeof(in->next[0]), fmt, ap);
    va_end(ap);
}

/* Refuses devices that dom0 uses, whichever entry names them. */
static int guard(const struct install *in, const struct hide_chosen *c, struct err *e)
{
    AUTO_FREE bool *taken = hide_taken(&c->host, &c->choice);
    CLEANUP(inuse_close_p) struct inuse *inuse = NULL;
    int r = 0;

    if (!taken)
        return err_nomem(e);
    if (c->allow & ALLOW_IN_USE)
        return 0;
    r = inuse_open(&inuse, in->x->root, e);
    for (size_t i = 0; !r && i < c->host.n; i++) {
        struct bdf bdf = inventory_at(c->inv, i)->bdf;
        AUTO_FREE struct holder *holders = NULL;
        size_t n = 0;

        if (taken[i])
            r = inuse_of(inuse, bdf, &holders, &n, e);
        if (!r && n)
            r = refuse_in_use(bdf, holders, n, e);
    }
    return r;
}

/* The installed method; --add uses it too. */
static bool installed_method(struct install *in)
{
    static const struct { enum hide_file file; enum boot_method method; } ways[] = {
        { HIDE_FILE_GRUB, BOOT_GRUB }, { HIDE_FILE_UDEV, BOOT_UDEV },
    };

    for (size_t i = 0; i < ARRAY_LEN(ways); i++)
        if (root_existsf(in->x->root, "%s", hide_file_path(ways[i].file))) {
            in->method = ways[i].method;
            return true;
        }
    return false;
}

static int choose_method(struct install *in, const struct cli_args *args, struct err *e)
{
    const char *word = cli_value(args, HIDE_METHOD);

    if (!word && cli_has(args, HIDE_ADD) && installed_method(in)) {
        snprintf(in->why, sizeof(in->why), "as before");
        return boot_check(&in->facts, in->method, e);
    }
    if (!word)
        return boot_choose(&in->facts, &in->method, in->why, e);
    if (!boot_method_parse(word, &in->method)) {
        err_set(e, XV_USAGE, EINVAL, "--method=%s: no such method", word);
        err_hint(e, "grub, xen-cmdline, modprobe, udev");
        return -EINVAL;
    }
    snprintf(in->why, sizeof(in->why), "asked for");
    return boot_check(&in->facts, in->method, e);
}

/* The value in the form for this place. */
static int choose_value(struct install *in, const struct hide_chosen *c, struct err *e)
{
    bool line = in->method == BOOT_GRUB || in->method == BOOT_XEN_CMDLINE;
    size_t used = line ? hide_line_used(in->x->root) : SIZE_MAX;

    in->plan.value = c->full;
    return in->method == BOOT_UDEV ? 0
                                   : hide_value_that_fits(c, in->plan.name, used,
                                                          &in->plan.value, e);
}

static void look_at_room(struct install *in, const struct hide_chosen *c)
{
    size_t used = hide_line_used(in->x->root);

    in->facts.fits_line = hide_fit(c->full, c->brief, in->plan.name, used) <= HIDE_FITS_BRIEF;
    in->facts.fits_value = hide_fit(c->full, c->brief, in->plan.name, SIZE_MAX) <=
                           HIDE_FITS_BRIEF;
}

static int fill(struct install *in, enum hide_file file, enum hide_place_kind kind,
                struct err *e)
{
    in->files[file].text = hide_format(kind, &in->plan);
    return in->files[file].text ? 0 : err_nomem(e);
}

/* Sets each file's text; a file without a text is removed. */
static int fill_files(struct install *in, struct err *e)
{
    bool module = in->facts.pciback == BOOT_MODULE_LOADABLE;
    int r = 0;

    switch (in->method) {
    case BOOT_GRUB:
        r = fill(in, HIDE_FILE_GRUB, PLACE_GRUB, e);
        next(in, "update-grub");
        if (!r && module)
            r = fill(in, HIDE_FILE_MODPROBE, PLACE_SOFTDEP, e);
        break;
    case BOOT_XEN_CMDLINE:
        next(in, "/opt/xensource/libexec/xen-cmdline --set-dom0 \"%s=%s\"", in->plan.name,
             in->plan.value);
        if (module)
            r = fill(in, HIDE_FILE_MODPROBE, PLACE_SOFTDEP, e);
        break;
    case BOOT_MODPROBE:
        r = fill(in, HIDE_FILE_MODPROBE, PLACE_MODPROBE, e);
        break;
    case BOOT_UDEV:
        r = fill(in, HIDE_FILE_UDEV, PLACE_UDEV, e);
        break;
    }
    if (r || (in->method != BOOT_UDEV && !module))
        return r;
    switch (in->facts.initramfs) {
    case INITRAMFS_TOOLS:
        r = fill(in, HIDE_FILE_HOOK, PLACE_INITRAMFS_TOOLS, e);
        next(in, "update-initramfs -u -k all");
        break;
    case INITRAMFS_DRACUT:
        next(in, "put into /etc/dracut.conf.d/xvtd-hide.conf: force_drivers+=\" xen-pciback \"");
        if (in->method == BOOT_UDEV)
            next(in, "and in the same file: install_items+=\" /%s \"",
                 hide_file_path(HIDE_FILE_UDEV));
        next(in, "dracut -f --regenerate-all");
        break;
    case INITRAMFS_MKINITCPIO:
        next(in, "put xen-pciback first into MODULES=() of /etc/mkinitcpio.conf");
        if (in->method == BOOT_UDEV)
            next(in, "and /%s into FILES=()", hide_file_path(HIDE_FILE_UDEV));
        next(in, "mkinitcpio -P");
        break;
    case INITRAMFS_NONE:
        break;
    }
    return r;
}

static const char *status_name(enum dropin_status status)
{
    static const char *const names[] = { "absent", "unchanged", "written", "removed" };

    return names[status];
}

static void plan_json(const struct install *in, struct json *json)
{
    char path[PATH_MAX];

    json_array(json, "plan");
    for (size_t i = 0; i < HIDE_FILES; i++) {
        const struct dropin *d = &in->files[i];

        if (d->status != DROPIN_WRITTEN && d->status != DROPIN_REMOVED)
            continue;
        snprintf(path, sizeof(path), "/%s", d->path);
        document_step(json, d->status == DROPIN_WRITTEN ? "write" : "remove", path,
                      "as it was before", d->text);
    }
    json_end_array(json);
}

static void done_json(const struct install *in, struct json *json)
{
    json_array(json, "files");
    for (size_t i = 0; i < HIDE_FILES; i++) {
        const struct dropin *d = &in->files[i];

        if (d->status == DROPIN_ABSENT)
            continue;
        json_object(json, NULL);
        json_strf(json, "path", "/%s", d->path);
        json_str(json, "status", status_name(d->status));
        json_end_object(json);
    }
    json_end_array(json);
    json_array(json, "next");
    for (size_t i = 0; i < in->n_next; i++)
        json_str(json, NULL, in->next[i]);
    json_end_array(json);
}

static int print(const struct install *in, bool install, struct err *e)
{
    struct json *json = in->x->json ? xvtd_json(in->x) : NULL;
    bool any = false;

    if (in->x->json && !json)
        return err_nomem(e);
    if (json) {
        if (install) {
            json_str(json, "method", boot_method_name(in->method));
            json_str(json, "why", in->why);
        }
        if (in->x->dry_run)
            plan_json(in, json);
        else
            done_json(in, json);
        return 0;
    }
    if (install)
        out_line("method %s: %s", boot_method_name(in->method), in->why);
    for (size_t i = 0; i < HIDE_FILES; i++) {
        const struct dropin *d = &in->files[i];

        if (d->status == DROPIN_ABSENT)
            continue;
        any |= d->status != DROPIN_UNCHANGED;
        out_line("/%s: %s%s", d->path, in->x->dry_run && d->status != DROPIN_UNCHANGED ?
                 "would be " : "", status_name(d->status));
        if (in->x->dry_run && d->status == DROPIN_WRITTEN)
            out_text(d->text);
    }
    if (!any)
        out_line("already %s", install ? "installed" : "uninstalled");
    for (size_t i = 0; i < in->n_next && (any || in->method == BOOT_XEN_CMDLINE); i++)
        out_line("next: %s", in->next[i]);
    if (install && any)
        out_line("then: `pciback-hide --status --next`, reboot, and `pciback-hide --status`");
    return 0;
}

static void name_files(struct install *in)
{
    for (size_t i = 0; i < HIDE_FILES; i++)
        in->files[i] = (struct dropin){ .path = hide_file_path((enum hide_file)i),
                                        .mode = i == HIDE_FILE_HOOK ? 0755 : 0644 };
}

static int finish(struct install *in, bool install, struct err *e)
{
    int r = in->x->dry_run ? dropin_check(in->x->root, HIDE_MARK, in->files, HIDE_FILES, e)
                           : dropin_apply(in->x->root, HIDE_MARK, in->files, HIDE_FILES, e);

    for (size_t i = 0; !r && i < HIDE_FILES; i++)
        if (in->files[i].status == DROPIN_WRITTEN || in->files[i].status == DROPIN_REMOVED)
            audit(in->x, &(struct audit){ .file = in->files[i].path, .result = "done",
                                          .message = status_name(in->files[i].status) });
    return r ? r : print(in, install, e);
}

int hide_run_install(struct xvtd *x, const struct cli_args *args, struct err *e)
{
    CLEANUP(hide_chosen_clear) struct hide_chosen c = { .n = 0 };
    CLEANUP(clear) struct install in = { .x = x };
    int r = hide_chosen_read(&c, x, args, e);

    in.plan.name = cli_has(args, HIDE_CLASSIC) ? "pciback.hide" : "xen-pciback.hide";
    if (!r)
        r = guard(&in, &c, e);
    if (!r)
        r = boot_facts_read(x->root, c.devices, c.n, &in.facts, e);
    if (r)
        return r;
    look_at_room(&in, &c);
    r = choose_method(&in, args, e);
    if (!r)
        r = choose_value(&in, &c, e);
    in.plan.devices = c.devices;
    in.plan.n = c.n;
    name_files(&in);
    if (!r)
        r = fill_files(&in, e);
    return r ? r : finish(&in, true, e);
}

/* Lists other files that still hide devices; --uninstall leaves them alone. */
static int tell_foreign(const struct install *in, struct err *e)
{
    struct hide_source *sources = NULL;
    size_t n = 0;
    int r = hide_sources_read(in->x->root, &sources, &n, e);
    struct json *json = in->x->json ? xvtd_json(in->x) : NULL;

    if (json)
        json_array(json, "others");
    for (size_t i = 0; !r && i < n; i++) {
        if (!hide_source_foreign(&sources[i]))
            continue;
        if (!json) {
            out_line("kept: %s still hides %s", sources[i].path, sources[i].value.text);
            continue;
        }
        json_object(json, NULL);
        json_str(json, "path", sources[i].path);
        json_str(json, "value", sources[i].value.text);
        json_end_object(json);
    }
    if (json)
        json_end_array(json);
    hide_sources_free(sources, n);
    return r;
}

int hide_run_uninstall(struct xvtd *x, const struct cli_args *args, struct err *e)
{
    CLEANUP(clear) struct install in = { .x = x };

    int r;

    (void)args;
    name_files(&in);
    if (root_existsf(x->root, "%s", in.files[HIDE_FILE_GRUB].path))
        next(&in, "update-grub");
    if (root_existsf(x->root, "%s", in.files[HIDE_FILE_HOOK].path))
        next(&in, "update-initramfs -u -k all");
    r = finish(&in, false, e);
    return r ? r : tell_foreign(&in, e);
}
