/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of the boot configuration in which devices are hidden, ours and others'. */
#include "boot/hide_status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/dropin.h"
#include "boot/hide_files.h"
#include "hide/hide_find.h"

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

/* The devices that one of our own files names in its head. */
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

static bool commented(const char *text, size_t at)
{
    while (at > 0 && text[at - 1] != '\n')
        at--;
    return text[at + strspn(text + at, " \t")] == '#';
}

static int add_file(struct list *list, const struct root *root, const char *path,
                    enum hide_way way, struct err *e)
{
    AUTO_FREE char *text = dropin_read(root, path);
    AUTO_FREE struct hide_place *places = NULL;
    struct hide_source s = { .way = way };
    struct hide_place place = { 0, 0 };
    bool found = false;
    size_t n = 0;
    int r;

    if (!text)
        return 0;
    if (way == WAY_MODPROBE) {
        found = hide_find_modprobe(text, &place);
    } else if (way == WAY_LINE) {
        if (hide_find(text, &places, &n))
            return err_nomem(e);
        for (size_t i = 0; i < n; i++) /* the last counts */
            if (!commented(text, places[i].at)) {
                place = places[i];
                found = true;
            }
    }
    if (!found && (way != WAY_UDEV || !strstr(text, HIDE_MARK)))
        return 0;
    snprintf(s.path, sizeof(s.path), "/%s", path);
    r = found ? hide_reading_set(&s.value, text + place.at, place.len, e) : 0;
    if (!r)
        r = read_devices(&s, text, e);
    if (!r && ARRAY_GROW(list->v, list->n))
        r = err_nomem(e);
    if (r) {
        hide_reading_clear(&s.value);
        free(s.devices);
        return r;
    }
    list->v[list->n++] = s;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The files of a folder in the order in which they count. */
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

int hide_sources_read(const struct root *root, struct hide_source **ret, size_t *n,
                      struct err *e)
{
    struct list list = { .n = 0 };
    int r = add_file(&list, root, "etc/default/grub", WAY_LINE, e);

    if (!r)
        r = add_folder(&list, root, "etc/default/grub.d", ".cfg", WAY_LINE, e);
    if (!r)
        r = add_folder(&list, root, "etc/modprobe.d", ".conf", WAY_MODPROBE, e);
    if (!r)
        r = add_file(&list, root, hide_file_path(HIDE_FILE_UDEV), WAY_UDEV, e);
    *ret = list.v;
    *n = list.n;
    return r;
}
