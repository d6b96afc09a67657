/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the files of the boot configuration that hide devices, ours and others'. */
#include "boot/hide_status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/dropin.h"
#include "boot/hide_files.h"
#include "boot/xen_efi.h"
#include "hide/hide_given.h"

int hide_reading_set(struct hide_reading *r, const char *text, size_t len, struct err *e)
{
    int rc;

    r->given = true;
    r->text = strndup(text, len);
    rc = r->text ? hide_check(r->text, &r->entries, &r->n, &r->fault) : -ENOMEM;
    r->broken = rc == -EINVAL;
    return rc == -ENOMEM ? err_nomem(e) : 0;
}

void hide_reading_clear(struct hide_reading *r)
{
    free(r->text);
    free(r->entries);
    *r = (struct hide_reading){ .given = false };
}

bool hide_reading_names(const struct hide_reading *r, struct bdf bdf)
{
    for (size_t i = 0; i < r->n; i++)
        if (hide_matches(&r->entries[i], bdf))
            return true;
    return false;
}

void hide_sources_free(struct hide_source *sources, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hide_reading_clear(&sources[i].value);
        free(sources[i].devices);
    }
    free(sources);
}

/* Reads the device lines at the head of one of our files. */
static int read_devices(struct hide_source *s, const char *text, struct err *e)
{
    if (!strstr(text, HIDE_MARK))
        return 0;
    for (const char *line = text; *line; line += line[0] == '\n') {
        size_t len = strcspn(line, "\n");
        struct hide_device d = { .present = false };

        if (hide_device_line(line, len, &d.bdf, &d.id, &d.present)) {
            if (ARRAY_GROW(s->devices, s->n))
                return err_nomem(e);
            s->devices[s->n++] = d;
        }
        line += len;
    }
    return 0;
}

struct list {
    struct hide_source *v;
    size_t n;
};

/* Reads the value that counts, and notes values that do not. */
static int read_given(struct hide_source *s, const char *text, bool *found, struct err *e)
{
    const struct hide_given *last = NULL;
    struct hide_given *list = NULL;
    char why[HIDE_WHY_MAX];
    size_t n = 0;
    int r = hide_given_read(text, &list, &n) ? err_nomem(e) : 0;

    for (size_t i = 0; i < n; i++) {
        const struct hide_given *g = &list[i];

        if (g->state == HIDE_COUNTS && !g->classic)
            last = g;
        hide_given_why(g, why);
        if (g->cut)
            snprintf(s->note, sizeof(s->note), "line %u: a blank or a line end cuts the value: "
                     "'%.100s' is not read", g->line, g->cut);
        else if (g->state == HIDE_COUNTS && g->classic)
            snprintf(s->note, sizeof(s->note), "line %u: Linux since 3.1 reads xen-pciback.hide=, "
                     "not pciback.hide=", g->line);
        else if (g->state != HIDE_COUNTS && g->state != HIDE_COMMENTED)
            snprintf(s->note, sizeof(s->note), "line %u: it has no effect: %s", g->line, why);
    }
    *found = last || *s->note;
    if (!r && last)
        r = hide_reading_set(&s->value, last->value, strlen(last->value), e);
    hide_given_free(list, n);
    return r;
}

/* Reads a list of devices for another program. */
static int read_list(struct hide_source *s, const char *text, bool *found, struct err *e)
{
    AUTO_FREE char *value = NULL;

    if (s->way == WAY_QUBES ? hide_given_qubes(text, &value) : hide_given_suse(text, &value))
        return err_nomem(e);
    *found = value && *value;
    return *found ? hide_reading_set(&s->value, value, strlen(value), e) : 0;
}

static int read_source(struct hide_source *s, const char *text, bool *found, struct err *e)
{
    int r = 0;

    if (s->way == WAY_LINE || s->way == WAY_MODPROBE)
        r = read_given(s, text, found, e);
    else if (s->way == WAY_QUBES || s->way == WAY_SUSE)
        r = read_list(s, text, found, e);
    else
        *found = strstr(text, HIDE_MARK) != NULL;
    return r || !*found ? r : read_devices(s, text, e);
}

static int add_text(struct list *list, const char *path, const char *text, enum hide_way way,
                    struct err *e)
{
    struct hide_source s = { .way = way };
    bool found = false;
    int r;

    snprintf(s.path, sizeof(s.path), "/%.150s", path);
    r = read_source(&s, text, &found, e);
    if (!r && found && ARRAY_GROW(list->v, list->n))
        r = err_nomem(e);
    if (r || !found) {
        hide_reading_clear(&s.value);
        free(s.devices);
        return r;
    }
    list->v[list->n++] = s;
    return 0;
}

static int add_file(struct list *list, const struct root *root, const char *path,
                    enum hide_way way, struct err *e)
{
    AUTO_FREE char *text = dropin_read(root, path);

    return text ? add_text(list, path, text, way, e) : 0;
}

/* The cfgs that xen.efi reads, also in images that contain them. */
static int add_efis(struct list *list, const struct root *root, struct err *e)
{
    struct xen_efis efis;
    int r = xen_efi_read(&efis, root) ? err_nomem(e) : 0;

    for (size_t i = 0; !r && i < efis.n; i++)
        r = add_text(list, efis.list[i].path + 1, efis.list[i].text, WAY_LINE, e);
    xen_efi_free(&efis);
    return r;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds the files of a folder in the order in which they count. */
static int add_folder(struct list *list, const struct root *root, const char *dir,
                      const char *suffix, enum hide_way way, struct err *e)
{
    AUTO_CLOSEDIR DIR *d = root_opendirf(root, "%s", dir);
    char **names = NULL;
    struct dirent *de;
    size_t n = 0;
    int r = 0;

    while (d && !r && (de = root_readdir(d))) {
        size_t len = strlen(de->d_name);

        if (len <= strlen(suffix) || strcmp(de->d_name + len - strlen(suffix), suffix) ||
            *de->d_name == '.')
            continue;
        if (ARRAY_GROW(names, n) || !(names[n] = strdup(de->d_name)))
            r = err_nomem(e);
        else
            n++;
    }
    if (n)
        qsort(names, n, sizeof(*names), by_name);
    for (size_t i = 0; i < n; i++) {
        char path[PATH_MAX];

        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        if (!r)
            r = add_file(list, root, path, way, e);
        free(names[i]);
    }
    free(names);
    return r;
}

/* Single files, and folders of which every file with the suffix counts. */
static const struct {
    const char *path, *suffix;      /* no suffix: a single file */
    enum hide_way way;
} places[] = {
    { "etc/default/grub", NULL, WAY_LINE },
    { "etc/default/grub.d", ".cfg", WAY_LINE },
    { "etc/default/grub", NULL, WAY_QUBES },
    { "etc/modprobe.d", ".conf", WAY_MODPROBE },
    { "etc/initramfs-tools/modules", NULL, WAY_MODPROBE },
    { "etc/sysconfig/pciback", NULL, WAY_SUSE },
};

int hide_sources_read(const struct root *root, struct hide_source **ret, size_t *n,
                      struct err *e)
{
    struct list list = { .n = 0 };
    int r = 0;

    for (size_t i = 0; !r && i < ARRAY_LEN(places); i++)
        r = places[i].suffix
                ? add_folder(&list, root, places[i].path, places[i].suffix, places[i].way, e)
                : add_file(&list, root, places[i].path, places[i].way, e);
    if (!r)
        r = add_efis(&list, root, e);
    if (!r)
        r = add_file(&list, root, hide_file_path(HIDE_FILE_UDEV), WAY_UDEV, e);
    *ret = list.v;
    *n = list.n;
    return r;
}

bool hide_source_foreign(const struct hide_source *source)
{
    for (int i = 0; i < HIDE_FILES; i++)
        if (!strcmp(source->path + 1, hide_file_path((enum hide_file)i)))
            return false;
    return source->value.given;
}
