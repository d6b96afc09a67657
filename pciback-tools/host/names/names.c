/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/format.h"
#include "base/state_dir.h"
#include "base/state_file.h"

#define FOLDER "etc/xvtd"       /* below the root */
#define FILE_NAME "names"
#define TEXT_MAX (1u << 20)

/* A file of version 1 need not say so. */
static const struct format format = { "xvtd-names", "a file of names of xvtd", 1, 1 };

static bool parse_alike(char *text, struct name *n)
{
    char *save = NULL;

    for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        struct err ignored;

        if (ARRAY_GROW(n->alike, n->n_alike) || bdf_parse(word, &n->alike[n->n_alike], &ignored))
            return false;
        n->n_alike++;
    }
    return n->n_alike > 0;
}

static bool parse_line(char *line, struct name *n)
{
    static const char alike[] = " alike ";
    char *others = strstr(line, alike), *identity, *bdf = strchr(line, ' ');
    struct err ignored;

    if (others) {
        *others = '\0';
        if (!parse_alike(others + strlen(alike), n))
            return false;
    }
    if (!bdf)
        return false;
    *bdf++ = '\0';
    identity = strchr(bdf, ' ');
    if (!identity)
        return false;
    *identity++ = '\0';
    if (!device_name_valid(line) || bdf_parse(bdf, &n->bdf, &ignored) ||
        !identity_parse(identity, &n->identity))
        return false;
    strcpy(n->name, line);
    return true;
}

/* A comment that begins with the format's name says which version the file has. */
static int parse_comment(char *line, struct err *e)
{
    char *version = line + 1 + strspn(line + 1, " ");
    size_t len = strlen(format.name);
    unsigned is;
    int r = 0;

    if (!strncmp(version, format.name, len) && version[len] == '/') {
        version[strcspn(version, ": ")] = '\0';
        r = format_read(&format, version, &is, e);
    }
    if (r) {
        e->code = XV_CANNOT;
        err_object(e, "/" FOLDER "/" FILE_NAME);
    }
    return r;
}

static int parse(struct names *names, char *text, struct err *e)
{
    size_t number = 1;

    for (char *line = text; *line; number++) {
        char *end = line + strcspn(line, "\n"), *next = end + (*end == '\n');
        struct name *n;

        *end = '\0';
        if (*line == '#') {
            int r = parse_comment(line, e);

            if (r)
                return r;
        } else if (*line) {
            if (ARRAY_GROW(names->list, names->n))
                return err_nomem(e);
            n = &names->list[names->n++];
            *n = (struct name){ .line = number };
            if (!parse_line(line, n)) {
                int r = err_set(e, XV_USAGE, EINVAL,
                                "/" FOLDER "/" FILE_NAME ": line %zu is not a name's entry",
                                number);

                err_hint(e, "expected NAME BDF IDENTITY, as `xvtd name` writes it");
                return r;
            }
        }
        line = next;
    }
    return 0;
}

int names_read(const struct root *root, struct names *ret, struct err *e)
{
    AUTO_FREE char *text = malloc(TEXT_MAX);
    int len;

    *ret = (struct names){ .n = 0 };
    if (!text)
        return err_nomem(e);
    len = root_readf(root, text, TEXT_MAX, FOLDER "/" FILE_NAME);
    if (len == -ENOENT || len == -ENOTDIR)
        return 0;
    if (len < 0 || len >= (int)TEXT_MAX - 1)
        return err_sys(e, XV_CANNOT, len < 0 ? -len : EFBIG, "read /" FOLDER "/" FILE_NAME);
    ret->text = strdup(text);
    return ret->text ? parse(ret, text, e) : err_nomem(e);
}

static void name_clear(struct name *n)
{
    free(n->alike);
}

void names_clear(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        name_clear(&names->list[i]);
    free(names->list);
    free(names->text);
}

struct name *names_find(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (!strcmp(names->list[i].name, name))
            return &names->list[i];
    return NULL;
}

/* True when the functions with this identity are the same ones as when the name was given. */
static bool same_places(const struct name *name, const struct bdf *now, size_t n)
{
    size_t k = 0;

    if (n != name->n_alike + 1)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!bdf_equal(now[i], name->bdf) &&
            (k == name->n_alike || !bdf_equal(now[i], name->alike[k++])))
            return false;
    return true;
}

/* now: all functions of its identity, ascending. */
static void decide_place(struct name *name, const struct bdf *now, size_t n)
{
    if (!n) {
        name->place = NAME_GONE;
    } else if (same_places(name, now, n)) {
        name->place = NAME_HERE;
        name->at = name->bdf;
    } else if (n == 1 && !name->n_alike) {
        name->place = NAME_MOVED;
        name->at = now[0];
    } else {
        name->place = NAME_UNSURE;
    }
}

int names_locate(const struct root *root, struct name *name, struct err *e)
{
    AUTO_FREE struct bdf *now = NULL;
    size_t n = 0;
    int r = identity_list(root, &name->identity, &now, &n, e);

    if (!r)
        decide_place(name, now, n);
    return r;
}

struct name *names_at(const struct root *root, const struct names *names, struct bdf bdf)
{
    struct identity is;
    struct err ignored;

    if (!names->n || identity_read(root, bdf, &is, &ignored))
        return NULL;
    for (size_t i = 0; i < names->n; i++) {
        struct name *n = &names->list[i];

        if (identity_equal(&n->identity, &is) && !names_locate(root, n, &ignored) &&
            (n->place == NAME_HERE || n->place == NAME_MOVED) && bdf_equal(n->at, bdf))
            return n;
    }
    return NULL;
}

int name_identify(const struct root *root, struct bdf bdf, struct name *ret, struct err *e)
{
    AUTO_FREE struct bdf *list = NULL;
    size_t n = 0, kept = 0;
    int r = identity_read(root, bdf, &ret->identity, e);

    if (!r)
        r = identity_list(root, &ret->identity, &list, &n, e);
    if (r)
        return r;
    for (size_t i = 0; i < n; i++)
        if (!bdf_equal(list[i], bdf))
            list[kept++] = list[i];
    ret->bdf = ret->at = bdf;
    ret->place = NAME_HERE;
    ret->n_alike = kept;
    ret->alike = TAKE_PTR(list);
    return 0;
}

int names_lock(const struct root *root, struct names_lock *ret, struct err *e)
{
    AUTO_LOCKS struct locks *locks = NULL;
    AUTO_CLOSE int fd = -1;
    /* Administrators read /etc, so the folder is readable for all. */
    int r = state_dir_open(root, FOLDER, 0755, &fd, e);

    if (!r)
        r = locks_open(&locks, root, e);
    if (!r)
        r = locks_take_file(locks, fd, FILE_NAME, "/" FOLDER "/" FILE_NAME, e);
    if (r)
        return r;
    *ret = (struct names_lock){ TAKE_PTR(locks), fd };
    fd = -1;
    return 0;
}

void names_unlock(struct names_lock *lock)
{
    lock->locks = locks_close(lock->locks);
    close_p(&lock->folder);
}

static void add_line(FILE *f, const struct name *n)
{
    char identity[IDENTITY_TEXT_MAX];

    identity_format(&n->identity, identity);
    fprintf(f, "%s %s %s%s", n->name, BDF_STR(n->bdf), identity, n->n_alike ? " alike" : "");
    for (size_t i = 0; i < n->n_alike; i++)
        fprintf(f, " %s", BDF_STR(n->alike[i]));
    fputc('\n', f);
}

static bool dropped(const struct names *names, size_t line)
{
    for (size_t i = 0; i < names->n; i++)
        if (names->list[i].line == line)
            return names->list[i].drop;
    return false;
}

int names_write(const struct names_lock *lock, const struct names *names,
                const struct name *add, struct err *e)
{
    AUTO_FREE char *text = NULL;
    const char *old = names->text ? names->text
                                  : "# xvtd-names/1: NAME BDF IDENTITY, see xvtd-files(5)\n";
    size_t size, number = 1;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        return err_nomem(e);
    for (const char *line = old; *line; number++) {
        size_t len = strcspn(line, "\n");

        if (!dropped(names, number))
            fprintf(f, "%.*s\n", (int)len, line);
        line += len + (line[len] == '\n');
    }
    if (add)
        add_line(f, add);
    if (fclose(f))
        return err_nomem(e);
    return state_write_mode(lock->folder, FILE_NAME, text, size, 0644, e);
}
