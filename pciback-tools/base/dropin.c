/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/dropin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/state_file.h"

#define TEXT_MAX (1u << 20)
/* A line in our file: this folder was made for it, and goes with it. */
#define FOLDER_LINE "# folder "

char *dropin_read(const struct root *root, const char *path)
{
    AUTO_FREE char *text = malloc(TEXT_MAX);
    int len = text ? root_readf(root, text, TEXT_MAX, "%s", path) : -ENOMEM;

    if (len < 0 || len >= (int)TEXT_MAX - 2)
        return NULL;
    if (len) /* root_readf() drops trailing newlines */
        memcpy(text + len, "\n", 2);
    return TAKE_PTR(text);
}

/* Splits a path into its folder and its last component. */
static const char *split(const char *path, char dir[PATH_MAX])
{
    const char *name = strrchr(path, '/') + 1;

    snprintf(dir, PATH_MAX, "%.*s", (int)(name - 1 - path), path);
    return name;
}

static int open_folder(const struct root *root, const char *dir)
{
    return root_openf(root, O_RDONLY | O_DIRECTORY, "%s", dir);
}

static void add_folder(FILE *f, const char *text, const char *folder, size_t len)
{
    char line[PATH_MAX + 16];

    snprintf(line, sizeof(line), FOLDER_LINE "%.*s\n", (int)len, folder);
    if (!strstr(text, line))
        fputs(line, f);
}

/* Adds a line to the text for each folder that has to be made, or that the old file made. */
static int complete(const struct root *root, struct dropin *d, const char *old)
{
    char dir[PATH_MAX], *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        return -ENOMEM;
    fputs(d->text, f);
    split(d->path, dir);
    for (size_t end = 0; end < strlen(dir); end++) {
        end += strcspn(dir + end, "/");
        if (!root_existsf(root, "%.*s", (int)end, dir))
            add_folder(f, d->text, dir, end);
    }
    for (const char *line = old ? strstr(old, FOLDER_LINE) : NULL; line;
         line = strstr(line, FOLDER_LINE)) {
        line += strlen(FOLDER_LINE);
        add_folder(f, d->text, line, strcspn(line, "\n"));
    }
    if (fclose(f)) {
        free(text);
        return -ENOMEM;
    }
    free(d->text);
    d->text = text;
    return 0;
}

static int check_one(const struct root *root, const char *mark, struct dropin *d, struct err *e)
{
    AUTO_FREE char *old = dropin_read(root, d->path);

    if (!old && root_existsf(root, "%s", d->path))
        return err_set(e, XV_REFUSED, EPERM, "/%s: it exists, but cannot be read", d->path);
    if (old && !strstr(old, mark)) {
        int r = err_set(e, XV_REFUSED, EPERM, "/%s: this program did not write it", d->path);

        err_kind(e, "foreign-file");
        err_hint(e, "move it away if nothing else needs it");
        return r;
    }
    if (d->text && complete(root, d, old))
        return err_nomem(e);
    if (!d->text)
        d->status = old ? DROPIN_REMOVED : DROPIN_ABSENT;
    else
        d->status = old && !strcmp(old, d->text) ? DROPIN_UNCHANGED : DROPIN_WRITTEN;
    return 0;
}

int dropin_check(const struct root *root, const char *mark, struct dropin *dropins, size_t n,
                 struct err *e)
{
    int r = 0;

    for (size_t i = 0; !r && i < n; i++)
        r = check_one(root, mark, &dropins[i], e);
    return r;
}

/* Makes each missing folder on the way. */
static int make_folders(const struct root *root, const char *dir, struct err *e)
{
    char path[PATH_MAX];

    for (size_t at = 0; dir[at];) {
        char above[PATH_MAX] = ".";
        AUTO_CLOSE int fd = -1;
        size_t end = at + strcspn(dir + at, "/");

        snprintf(path, sizeof(path), "%.*s", (int)end, dir);
        if (at)
            snprintf(above, sizeof(above), "%.*s", (int)at - 1, dir);
        fd = open_folder(root, above);
        if (fd < 0 || (mkdirat(fd, path + at, 0755) && errno != EEXIST))
            return err_sys(e, XV_CANNOT, fd < 0 ? -fd : errno, "make the folder /%s", path);
        fsync(fd);
        at = end + (dir[end] == '/');
    }
    return 0;
}

static int put(const struct root *root, const char *path, unsigned mode, const char *text,
               struct err *e)
{
    char dir[PATH_MAX];
    const char *name = split(path, dir);
    AUTO_CLOSE int fd = -1;
    int r = make_folders(root, dir, e);

    if (r)
        return r;
    fd = open_folder(root, dir);
    if (fd < 0)
        return err_sys(e, XV_CANNOT, -fd, "open the folder /%s", dir);
    return state_write_mode(fd, name, text, strlen(text), mode, e);
}

/* Removes the innermost folder first.  rmdir() keeps a folder that holds other files. */
static void remove_folders(const struct root *root, const char *text)
{
    const char *last = text + strlen(text);

    while (last > text) {
        const char *line = last - 1;
        char path[PATH_MAX], dir[PATH_MAX];
        AUTO_CLOSE int fd = -1;

        while (line > text && line[-1] != '\n')
            line--;
        last = line;
        if (strncmp(line, FOLDER_LINE, strlen(FOLDER_LINE)))
            continue;
        line += strlen(FOLDER_LINE);
        snprintf(path, sizeof(path), "%.*s", (int)strcspn(line, "\n"), line);
        if (!strchr(path, '/'))
            snprintf(dir, sizeof(dir), ".");
        else
            split(path, dir);
        fd = open_folder(root, dir);
        if (fd >= 0 && !unlinkat(fd, strrchr(path, '/') ? strrchr(path, '/') + 1 : path,
                                 AT_REMOVEDIR))
            fsync(fd);
    }
}

static int take_away(const struct root *root, const char *path, const char *old, struct err *e)
{
    char dir[PATH_MAX];
    const char *name = split(path, dir);
    int fd = open_folder(root, dir), r;

    if (fd < 0)
        return err_sys(e, XV_CANNOT, -fd, "open the folder /%s", dir);
    r = state_remove(fd, name, e);
    close(fd);
    if (!r)
        remove_folders(root, old);
    return r;
}

static int apply_one(const struct root *root, const struct dropin *d, const char *old,
                     struct err *e)
{
    if (d->status == DROPIN_WRITTEN)
        return put(root, d->path, d->mode, d->text, e);
    return d->status == DROPIN_REMOVED ? take_away(root, d->path, old, e) : 0;
}

/* Restores the old file.  Its own errors are dropped: the caller reports the first failure. */
static void undo(const struct root *root, const struct dropin *d, const char *old)
{
    struct err ignored;

    if (d->status != DROPIN_WRITTEN && d->status != DROPIN_REMOVED)
        return;
    if (old)
        put(root, d->path, d->mode, old, &ignored);
    else
        take_away(root, d->path, d->text, &ignored);
}

int dropin_apply(const struct root *root, const char *mark, struct dropin *dropins, size_t n,
                 struct err *e)
{
    char **old = calloc(n + 1, sizeof(*old));
    int r = old ? dropin_check(root, mark, dropins, n, e) : err_nomem(e);
    size_t done = 0;

    for (size_t i = 0; !r && i < n; i++)
        old[i] = dropin_read(root, dropins[i].path);
    for (; !r && done < n; done++)
        r = apply_one(root, &dropins[done], old[done], e);
    if (r && old)
        for (size_t i = done; i-- > 0;) /* the failed one may be half done */
            undo(root, &dropins[i], old[i]);
    for (size_t i = 0; old && i < n; i++)
        free(old[i]);
    free(old);
    return r;
}
