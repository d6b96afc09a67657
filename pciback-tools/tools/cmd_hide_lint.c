/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pciback-hide --lint: the parameter read as the driver reads it, and what it takes here. */
#include "tools/cmd_hide.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/out.h"
#include "base/table.h"
#include "hide/hide_find.h"
#include "hide/hide_host.h"
#include "inuse/inuse.h"

#define FILE_MAX (1u << 20)     /* a grub.cfg has some tens of KiB */
#define BLANKS " \t\n\v\f\r\xa0"

struct lint {
    struct xvtd *x;
    struct hide_host host;      /* n is 0 where it cannot be read */
    struct inventory *inv;
    struct inuse *inuse;        /* NULL where it cannot be read */
    struct json *json;
    struct table *table;
};

static void lint_close(struct lint *l)
{
    hide_host_clear(&l->host);
    inuse_close(l->inuse);
    inventory_close(l->inv);
    table_free(l->table);
}

/* Verdicts do not need a host; what an entry takes does. */
static int lint_open(struct lint *l, struct xvtd *x, struct err *e)
{
    static const struct table_column columns[] = {
        { "ENTRY", 0 }, { "HIDES", 0 }, { "NOTE", 0 }, { NULL, 0 },
    };

    *l = (struct lint){ .x = x, .json = x->json ? xvtd_json(x) : NULL };
    l->table = table_new(columns);
    if (!l->table || (x->json && !l->json))
        return err_nomem(e);
    if (inventory_open(&l->inv, x->root, e)) {
        xvtd_note(x, "what the entries hide is not known: %s", e->message);
        return 0;
    }
    if (inuse_open(&l->inuse, x->root, e))
        l->inuse = NULL;
    return hide_host_read(&l->host, x->root, l->inv, e);
}

/* The entry without the blanks around it. */
static void entry_text(const char *value, const struct hide_entry *entry, char *buf, size_t size)
{
    const char *p = value + entry->offset;
    size_t len = entry->len, skip = strspn(p, BLANKS);

    p += skip < len ? skip : 0;
    len -= skip < len ? skip : 0;
    while (len && strchr(BLANKS, p[len - 1]))
        len--;
    snprintf(buf, size, "%.*s", (int)len, p);
}

static void note_of(const struct lint *l, const struct hide_entry *entry, size_t i,
                    const struct holder *holders, size_t n, char *buf, size_t size)
{
    const struct pci_function *f = inventory_at(l->inv, i);

    buf[0] = '\0';
    if (n)
        snprintf(buf, size, "dom0 uses it: %s (%s)", HOLDER_STR(&holders[0]),
                 holders[0].what);
    else if (!hide_matches(entry, f->bdf))
        snprintf(buf, size, "below the bridge %s",
                 BDF_STR(inventory_at(l->inv, (size_t)l->host.above[i])->bdf));
    else if (f->bridge)
        snprintf(buf, size, "a bridge");
}

static void taken_json(struct json *json, struct bdf bdf, const struct holder *holders, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        json_object(json, NULL);
        json_str(json, "bdf", BDF_STR(bdf));
        holder_json(json, &holders[i]);
        json_end_object(json);
    }
}

/* One entry; the keys `matches` and `in_use`, or a line for each function. */
static int print_entry(struct lint *l, const char *value, const struct hide_entry *entry,
                       struct err *e)
{
    char text[256], note[sizeof(struct holder_text) + 64];
    size_t taken = 0;
    int r = 0;

    entry_text(value, entry, text, sizeof(text));
    if (l->json) {
        json_object(l->json, NULL);
        json_str(l->json, "text", text);
        json_int(l->json, "offset", (long long)entry->offset);
        json_array(l->json, "matches");
        for (size_t i = 0; i < l->host.n; i++)
            if (hide_host_takes(&l->host, entry, i))
                json_str(l->json, NULL, BDF_STR(inventory_at(l->inv, i)->bdf));
        json_end_array(l->json);
        json_array(l->json, "in_use");
    }
    for (size_t i = 0; !r && i < l->host.n; i++) {
        struct bdf bdf = inventory_at(l->inv, i)->bdf;
        AUTO_FREE struct holder *holders = NULL;
        struct err ignored;
        size_t n = 0;

        if (!hide_host_takes(&l->host, entry, i))
            continue;
        if (!l->inuse || inuse_of(l->inuse, bdf, &holders, &n, &ignored))
            n = 0; /* a captured machine may have no mounts to look at */
        if (l->json) {
            taken_json(l->json, bdf, holders, n);
            continue;
        }
        note_of(l, entry, i, holders, n, note, sizeof(note));
        r = table_row(l->table, (const char *[]){ taken++ ? "" : text, BDF_STR(bdf), note }, e);
    }
    if (l->json) {
        json_end_array(l->json);
        json_end_object(l->json);
    } else if (!r && !taken) {
        r = table_row(l->table, (const char *[]){ text, "-", l->host.n ?
                                                  "no such function on this host" : "" }, e);
    }
    return r;
}

/* The value with a mark below the place, where a terminal can show that. */
static void point(const char *value, size_t offset)
{
    for (const char *p = value; *p; p++)
        if ((unsigned char)*p < ' ' || (unsigned char)*p >= 0x7f)
            return;
    out_line("%s", value);
    out_line("%*s^", (int)offset, "");
}

/* Prints one value; -EINVAL and *e when the kernel would refuse it. */
static int lint_value(struct lint *l, const char *value, struct err *e)
{
    AUTO_FREE struct hide_entry *entries = NULL;
    struct hide_fault fault;
    size_t n = 0;
    int r = hide_check(value, &entries, &n, &fault);

    if (r == -ENOMEM)
        return err_nomem(e);
    if (l->json) {
        json_bool(l->json, "ok", !r);
        if (r) {
            json_object(l->json, "parse_error");
            json_int(l->json, "offset", (long long)fault.offset);
            json_int(l->json, "at", (long long)fault.at);
            json_str(l->json, "message", fault.why);
            json_end_object(l->json);
        } else {
            json_null(l->json, "parse_error");
        }
        json_str(l->json, "value", value);
        json_array(l->json, "entries");
    } else if (r) {
        point(value, fault.at);
    }
    if (r) {
        r = err_set(e, XV_USAGE, EINVAL, "lint: offset %zu: %s", fault.at, fault.why);
        err_kind(e, "parse-error");
        err_hint(e, "with this value the driver hides nothing at all, whatever else is in it");
    } else {
        for (size_t i = 0; !r && i < n; i++)
            r = print_entry(l, value, &entries[i], e);
    }
    if (l->json)
        json_end_array(l->json);
    l->x->doc_complete = true;
    return r;
}

/* The first that the kernel would refuse, else the last. */
static size_t worst(char *const *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        AUTO_FREE struct hide_entry *entries = NULL;
        struct hide_fault fault;
        size_t found;

        if (hide_check(values[i], &entries, &found, &fault) == -EINVAL)
            return i;
    }
    return n - 1;
}

/* The file of a person, relative to the current folder. */
static int read_file(const char *path, char **ret, struct err *e)
{
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    AUTO_FREE char *text = malloc(FILE_MAX + 1);
    size_t len = 0;
    ssize_t n = 0;

    if (!text)
        return err_nomem(e);
    if (fd < 0)
        return err_sys(e, errno == EACCES ? XV_CANNOT : XV_NOT_FOUND, errno, "lint: %s", path);
    while (len < FILE_MAX && (n = read(fd, text + len, FILE_MAX - len)) > 0)
        len += (size_t)n;
    if (n < 0)
        return err_sys(e, XV_USAGE, errno, "lint: %s", path);
    if (len == FILE_MAX)
        return err_set(e, XV_USAGE, EFBIG, "lint: %s: it is over 1 MiB, too long for a boot file",
                       path);
    text[len] = '\0';
    *ret = TAKE_PTR(text);
    return 0;
}

static int lint_file(struct lint *l, const char *path, struct err *e)
{
    AUTO_FREE struct hide_place *places = NULL;
    AUTO_FREE char *text = NULL;
    AUTO_FREE char **values = NULL;
    size_t n = 0;
    int r = read_file(path, &text, e);

    if (r)
        return r;
    if (hide_find(text, &places, &n))
        return err_nomem(e);
    if (!n) {
        r = err_set(e, XV_NOT_FOUND, ENOENT, "lint: %s: it has no xen-pciback.hide=", path);
        err_hint(e, "pciback-hide BDF... prints one");
        return r;
    }
    values = calloc(n, sizeof(*values));
    if (!values)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++) {
        values[i] = text + places[i].at; /* each ends before the next one begins */
        values[i][places[i].len] = '\0';
    }
    return lint_value(l, values[worst(values, n)], e);
}

int hide_run_lint(struct xvtd *x, const struct cli_args *args, struct err *e)
{
    const char *value = cli_value(args, HIDE_LINT);
    CLEANUP(lint_close) struct lint l;
    int r = lint_open(&l, x, e);

    if (!r)
        r = value ? lint_value(&l, value, e) : lint_file(&l, cli_value(args, HIDE_LINT_FILE), e);
    return r || l.json ? r : table_write(l.table, stdout, e);
}
