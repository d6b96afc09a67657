/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/state_file.h"

#define PACK_MS 120000

int bundle_open(struct bundle *b, struct err *e)
{
    const char *tmp = getenv("TMPDIR");
    int r = redact_new(&b->redact, e);

    if (r)
        return r;
    snprintf(b->dir, sizeof(b->dir), "%s/xvtd-report.XXXXXX", tmp && *tmp == '/' ? tmp : "/tmp");
    if (mkdtemp(b->dir))
        return 0;
    r = err_sys_on(e, XV_CANNOT, errno, b->dir, "make a folder");
    *b->dir = '\0';
    return r;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path) && errno != ENOENT;
}

void bundle_close(struct bundle *b)
{
    if (*b->dir)
        nftw(b->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    redact_free(b->redact);
    free(b->parts);
    *b = (struct bundle){ .n = 0 };
}

struct bundle_part *bundle_part(struct bundle *b, const char *name)
{
    if (ARRAY_GROW(b->parts, b->n))
        return NULL;
    b->parts[b->n] = (struct bundle_part){ .failed = false };
    snprintf(b->parts[b->n].name, sizeof(b->parts[b->n].name), "%s", name);
    return &b->parts[b->n++];
}

/* The file's whole path, and the folders that lead to it. */
static int place(const struct bundle *b, const char *path, char full[PATH_MAX], struct err *e)
{
    if (snprintf(full, PATH_MAX, "%s/" BUNDLE_TOP "/%s", b->dir, path) >= PATH_MAX)
        return err_on(e, XV_CANNOT, ENAMETOOLONG, path, "too long a path");
    for (char *p = full + strlen(b->dir) + 1; (p = strchr(p, '/')); *p++ = '/') {
        *p = '\0';
        if (mkdir(full, 0700) && errno != EEXIST)
            return err_sys_on(e, XV_CANNOT, errno, full, "make a folder");
    }
    return 0;
}

int bundle_bytes(struct bundle *b, const char *path, const void *bytes, size_t len, struct err *e)
{
    AUTO_CLOSE int fd = -1;
    char full[PATH_MAX];
    int r = place(b, path, full, e);

    if (r)
        return r;
    fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    r = fd < 0 ? -errno : state_write_all(fd, bytes, len);
    return r ? err_sys_on(e, XV_CANNOT, -r, full, "write") : 0;
}

int bundle_link(struct bundle *b, const char *path, const char *target, struct err *e)
{
    char full[PATH_MAX];
    int r = place(b, path, full, e);

    if (!r && symlink(target, full) && errno != EEXIST)
        r = err_sys_on(e, XV_CANNOT, errno, full, "make a link");
    return r;
}

int bundle_text(struct bundle *b, const char *path, const char *text, size_t len, struct err *e)
{
    AUTO_FREE char *clean = NULL, *name = NULL;
    size_t n = 0, n_name = 0;
    struct bundle_part *part;
    int r = redact_text(b->redact, text, len, &clean, &n, e);

    if (!r)
        r = redact_text(b->redact, path, strlen(path), &name, &n_name, e);
    if (!r)
        r = bundle_bytes(b, name, clean, n, e);
    if (r)
        return r;
    part = bundle_part(b, name);
    if (!part)
        return err_nomem(e);
    part->bytes = n;
    return 0;
}

/* With its folder in front: tar(1) takes "host:file" for another machine's, and goes elsewhere. */
static int whole_path(const char *file, char full[PATH_MAX], struct err *e)
{
    char here[PATH_MAX];
    int n;

    if (*file == '/')
        n = snprintf(full, PATH_MAX, "%s", file);
    else if (getcwd(here, sizeof(here)))
        n = snprintf(full, PATH_MAX, "%s/%s", here, file);
    else
        return err_sys_on(e, XV_CANNOT, errno, file, "find the current folder");
    return n < PATH_MAX ? 0 : err_on(e, XV_CANNOT, ENAMETOOLONG, file, "too long a path");
}

int bundle_pack(struct bundle *b, const char *file, struct err *e)
{
    char full[PATH_MAX];
    char *argv[] = { "tar", "--force-local", "--owner=0", "--group=0", "--numeric-owner",
                     "-czf", full, "-C", b->dir, BUNDLE_TOP, NULL };
    AUTO_FREE char *says = NULL;
    AUTO_CLOSE int fd = -1;
    size_t len = 0;
    int code = 0, r = whole_path(file, full, e);

    if (r)
        return r;
    /* O_EXCL follows no link and overwrites no file; only root can read the report. */
    fd = open(full, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_sys_on(e, XV_CANNOT, errno, file, "make the file");
    r = child_take(argv, 4096, PACK_MS, &code, &says, &len, e);
    if (!r && code)
        r = err_on(e, XV_FAILED, EIO, file, "tar ended with exit code %d: %.*s", code,
                   (int)strcspn(says, "\n"), says);
    if (r)
        unlink(full);
    return r;
}
