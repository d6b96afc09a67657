/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cfg/cfg_change.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cfg/doc.h"
#include "cfg/file.h"

/* Prints the lines from p to end, each with a sign before it. */
static void put_lines(FILE *f, char sign, const char *p, const char *end)
{
    while (p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        const char *to = nl ? nl : end;

        fprintf(f, "%c%.*s\n", sign, (int)(to - p - (to > p && to[-1] == '\r')), p);
        p = nl ? nl + 1 : end;
    }
}

static bool starts_line(const char *text, size_t at)
{
    return !at || text[at - 1] == '\n';
}

/* The lines between the common head and the common tail of the two texts. */
static char *make_diff(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t head = 0, tail = 0, size;
    char *text = NULL;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        return NULL;
    while (head < a_len && head < b_len && a[head] == b[head])
        head++;
    if (head < a_len || head < b_len) {
        while (head && a[head - 1] != '\n')
            head--;
        while (tail < a_len - head && tail < b_len - head &&
               a[a_len - tail - 1] == b[b_len - tail - 1])
            tail++;
        while (tail && !(starts_line(a, a_len - tail) && starts_line(b, b_len - tail)))
            tail--;
        put_lines(f, '-', a + head, a + a_len - tail);
        put_lines(f, '+', b + head, b + b_len - tail);
    }
    if (fclose(f)) {
        free(text);
        return NULL;
    }
    return text;
}

int cfg_change_file(const struct cfg_change *change, const char *path, bool dry_run,
                    struct cfg_result *results, char **diff, struct err *e)
{
    AUTO_CFG_FILE struct cfg_file *file = NULL;
    AUTO_FREE char *text = NULL, *lines = NULL;
    size_t len, old_len;
    const char *old;
    int r = cfg_file_open(&file, path, dry_run ? CFG_READ : CFG_WRITE, e);

    if (r)
        return r;
    old = cfg_file_text(file);
    old_len = cfg_file_size(file);
    r = cfg_change_text(change, path, old, old_len, &text, &len, results, e);
    if (!r && (change->refuse_faults || change->warn))
        r = cfg_change_judge(change, path, old, old_len, text, len, e);
    if (r)
        return r;
    lines = diff ? make_diff(old, old_len, text, len) : NULL;
    if (diff && !lines)
        return err_nomem(e);
    if (!dry_run && (len != old_len || memcmp(text, old, len)))
        r = cfg_file_replace(file, text, len, e);
    if (r)
        return r;
    if (diff)
        *diff = TAKE_PTR(lines);
    return 0;
}

struct found {
    char *path;
    dev_t dev;
    ino_t ino;
};

struct search {
    const struct root *root;
    const char *domain;
    struct found *found;
    size_t n;
};

static void search_clear(struct search *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->found[i].path);
    free(s->found);
}

static char *read_fd(int fd, size_t size)
{
    char *text = malloc(size + 1);
    size_t len = 0;
    ssize_t n;

    if (!text)
        return NULL;
    while (len < size && (n = read(fd, text + len, size - len)) > 0)
        len += (size_t)n;
    text[len] = '\0';
    return text;
}

/* Adds the file to the search's result when its name setting is the domain's name. */
static int look_at(struct search *s, const char *folder, const char *name, struct err *e)
{
    AUTO_CLOSE int fd = root_openf(s->root, O_RDONLY | O_NONBLOCK | O_NOCTTY, "%s/%s", folder,
                                   name);
    AUTO_FREE char *text = NULL, *value = NULL, *path = NULL;
    AUTO_DOC struct doc *doc = NULL;
    struct stat st;
    int r;

    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > (off_t)CFG_FILE_MAX)
        return 0;
    for (size_t i = 0; i < s->n; i++)
        if (s->found[i].dev == st.st_dev && s->found[i].ino == st.st_ino)
            return 0;
    text = read_fd(fd, (size_t)st.st_size);
    if (!text)
        return err_nomem(e);
    r = doc_parse(&doc, text, strlen(text), e);
    if (r)
        return r;
    value = doc_string(doc, "name");
    if (!value || strcmp(value, s->domain))
        return 0;
    if (asprintf(&path, "%s/%s/%s", root_prefix(s->root), folder, name) < 0) {
        path = NULL;
        return err_nomem(e);
    }
    if (ARRAY_GROW(s->found, s->n))
        return err_nomem(e);
    s->found[s->n++] = (struct found){ TAKE_PTR(path), st.st_dev, st.st_ino };
    return 0;
}

static int look_in(struct search *s, const char *folder, struct err *e)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(s->root, "%s", folder);
    struct dirent *entry;
    int r = 0;

    while (dir && !r && (entry = root_readdir(dir)))
        if (entry->d_name[0] != '.')
            r = look_at(s, folder, entry->d_name, e);
    return r;
}

int cfg_find_auto(const struct root *root, const char *domain, bool *ret, struct err *e)
{
    CLEANUP(search_clear) struct search s = { .root = root, .domain = domain };
    int r = look_in(&s, "etc/xen/auto", e);

    if (!r)
        *ret = s.n > 0;
    return r;
}

int cfg_find(const struct root *root, const char *domain, char **ret, struct err *e)
{
    CLEANUP(search_clear) struct search s = { .root = root, .domain = domain };
    int r = look_in(&s, "etc/xen", e);

    if (!r)
        r = look_in(&s, "etc/xen/auto", e);
    if (r)
        return r;
    if (s.n == 1) {
        *ret = TAKE_PTR(s.found[0].path);
        return 0;
    }
    if (!s.n) {
        r = err_set(e, XV_NOT_FOUND, ENOENT, "find cfg: domain '%s': no file in %s/etc/xen or "
                    "%s/etc/xen/auto sets this name", domain, root_prefix(root),
                    root_prefix(root));
    } else {
        r = err_set(e, XV_NOT_FOUND, EEXIST, "find cfg: domain '%s': several files set this name:",
                    domain);
        for (size_t i = 0; i < s.n; i++)
            err_append(e, "%s %s", i ? "," : "", s.found[i].path);
    }
    err_kind(e, "no-cfg");
    err_hint(e, "--save=FILE names the file");
    return r;
}
