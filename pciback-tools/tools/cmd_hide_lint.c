/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pciback-hide --lint: reads the parameter as the driver does, and lists the devices it takes
 * here.
 */
#include "tools/cmd_hide.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/out.h"
#include "base/table.h"
#include "hide/hide_findings.h"
#include "hide/hide_host.h"
#include "inuse/inuse.h"

#define FILE_MAX (1u << 20)     /* a grub.cfg has some tens of KiB */
#define BLANKS " \t\n\v\f\r\xa0"

struct lint {
    struct xvtd *x;
    struct hide_host host;      /* n is 0 if it cannot be read */
    struct inventory *inv;
    struct inuse *inuse;        /* NULL if it cannot be read */
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

/* A verdict needs no host; the list of devices does. */
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
        xvtd_note(x, e->kind, e->object, "cannot tell what the entries hide: %s", e->message);
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

/* Prints one entry: the keys `matches` and `in_use`, or a line for each function. */
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
            n = 0; /* a captured machine may lack its mounts */
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

/* Prints the value with a mark below the fault, if the terminal can show it. */
static void point(const char *value, size_t offset)
{
    for (const char *p = value; *p; p++)
        if ((unsigned char)*p < ' ' || (unsigned char)*p >= 0x7f)
            return;
    out_line("%s", value);
    out_line("%*s^", (int)offset, "");
}

/* Prints the kernel's verdict; as JSON the keys up to `entries`, whose array stays open. */
static void print_verdict(struct lint *l, const char *value, const struct hide_fault *fault,
                          const char *mended)
{
    if (!l->json) {
        if (fault)
            point(value, fault->at);
        return;
    }
    if (fault) {
        json_object(l->json, "parse_error");
        json_int(l->json, "offset", (long long)fault->offset);
        json_int(l->json, "at", (long long)fault->at);
        json_str(l->json, "message", fault->why);
        json_str(l->json, "fix", mended);
        json_end_object(l->json);
    } else {
        json_null(l->json, "parse_error");
    }
    json_str(l->json, "value", value);
    json_array(l->json, "entries");
}

/* Prints one value; -EINVAL and *e if the kernel would refuse it. */
static int lint_value(struct lint *l, const char *value, struct err *e)
{
    AUTO_FREE struct hide_entry *entries = NULL;
    AUTO_FREE char *mended = NULL;
    struct hide_fault fault;
    size_t n = 0;
    int r = hide_check(value, &entries, &n, &fault);

    if (r == -ENOMEM)
        return err_nomem(e);
    if (r)
        mended = hide_mend(value);
    print_verdict(l, value, r ? &fault : NULL, mended);
    if (r) {
        r = err_set(e, XV_USAGE, EINVAL, "lint: offset %zu: %s", fault.at, fault.why);
        err_kind(e, "parse-error");
        err_hint(e, "with this value the driver hides nothing at all%s%s", mended ?
                 "; write " : ", not even the valid entries", mended ? mended : "");
    } else {
        for (size_t i = 0; !r && i < n; i++)
            r = print_entry(l, value, &entries[i], e);
    }
    if (l->json)
        json_end_array(l->json);
    l->x->doc_complete = true;
    return r;
}

/* Checks a text that has the parameter, once or several times. */
struct lint_text {
    const char *name;       /* of its file */
    struct hide_given *given;
    size_t n;
    struct hide_finding *findings;
    size_t n_findings;
};

static void text_clear(struct lint_text *t)
{
    hide_given_free(t->given, t->n);
    free(t->findings);
}

/* The first value that the kernel would refuse, else the last; NULL if none counts. */
static const char *worst(const struct lint_text *t)
{
    const struct hide_given *last = hide_given_last(t->given, t->n);

    for (size_t i = 0; i < t->n; i++) {
        AUTO_FREE struct hide_entry *entries = NULL;
        struct hide_fault fault;
        size_t found;

        if (t->given[i].state == HIDE_COUNTS &&
            hide_check(t->given[i].value, &entries, &found, &fault) == -EINVAL)
            return t->given[i].value;
    }
    return last ? last->value : NULL;
}

static const struct hide_finding *first_error(const struct lint_text *t)
{
    for (size_t i = 0; i < t->n_findings; i++)
        if (t->findings[i].error)
            return &t->findings[i];
    return NULL;
}

static void print_findings(struct lint *l, const struct lint_text *t)
{
    if (l->json)
        json_array(l->json, "findings");
    for (size_t i = 0; i < t->n_findings; i++) {
        const struct hide_finding *f = &t->findings[i];

        if (!l->json) {
            out_line("%s:%u: %s: %s [%s]", t->name, f->line, f->error ? "error" : "warning",
                     f->message, f->kind);
            continue;
        }
        json_object(l->json, NULL);
        json_str(l->json, "file", t->name);
        json_int(l->json, "line", f->line);
        json_str(l->json, "kind", f->kind);
        json_str(l->json, "severity", f->error ? "error" : "warning");
        json_str(l->json, "message", f->message);
        json_end_object(l->json);
    }
    if (l->json)
        json_end_array(l->json);
}

static int none_counts(const struct lint_text *t, struct err *e)
{
    int r;

    if (!t->n)
        r = err_set(e, XV_NOT_FOUND, ENOENT, "lint: %s: it has no xen-pciback.hide=", t->name);
    else
        r = err_set(e, XV_NOT_FOUND, ENOENT, "lint: %s:%u: the only xen-pciback.hide= is in a "
                    "comment", t->name, t->given[t->n - 1].line);
    err_hint(e, "pciback-hide BDF... prints one");
    return r;
}

static int lint_text(struct lint *l, struct lint_text *t, const char *text, struct err *e)
{
    const struct hide_finding *error;
    const char *value;
    int r = 0;

    if (hide_given_read(text, &t->given, &t->n) ||
        hide_findings(t->given, t->n, &t->findings, &t->n_findings))
        return err_nomem(e);
    value = worst(t);
    error = first_error(t);
    if (!value && !error)
        return none_counts(t, e);
    if (l->json)
        json_bool(l->json, "ok", !error);
    print_findings(l, t);
    r = value ? lint_value(l, value, e) : 0;
    l->x->doc_complete = true;
    if (r || !error)
        return r;
    r = err_set(e, XV_USAGE, EINVAL, "lint: %s:%u: %s", t->name, error->line, error->message);
    err_kind(e, error->kind);
    return r;
}

/* A user's file, relative to the current folder. */
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
    CLEANUP(text_clear) struct lint_text t = { .name = path };
    AUTO_FREE char *text = NULL;
    int r = read_file(path, &text, e);

    return r ? r : lint_text(l, &t, text, e);
}

static bool accepted(const char *value)
{
    AUTO_FREE struct hide_entry *entries = NULL;
    struct hide_fault fault;
    size_t n;

    return !hide_check(value, &entries, &n, &fault);
}

/* Accepts the value alone, or with its name and other text around it. */
static int lint_string(struct lint *l, const char *value, struct err *e)
{
    CLEANUP(text_clear) struct lint_text t = { .name = "STRING" };

    if (!strncmp(value, "hide=", 5))
        value += 5;
    if (strstr(value, "hide="))
        return lint_text(l, &t, value, e);
    if (l->json)
        json_bool(l->json, "ok", accepted(value));
    return lint_value(l, value, e);
}

int hide_run_lint(struct xvtd *x, const struct cli_args *args, struct err *e)
{
    const char *value = cli_value(args, HIDE_LINT);
    CLEANUP(lint_close) struct lint l;
    int r = lint_open(&l, x, e);

    if (!r)
        r = value ? lint_string(&l, value, e) : lint_file(&l, cli_value(args, HIDE_LINT_FILE), e);
    return r || l.json ? r : table_write(l.table, stdout, e);
}
