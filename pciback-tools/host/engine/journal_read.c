/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Left-over journals: finds, checks, reads and takes them over. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/lock.h"
#include "driver/allow.h"
#include "engine/journal_file.h"
#include "engine/remember.h"

/* For all functions of one segment, with two steps each. */
#define DEVICES_MAX 65536
#define STEPS_MAX (2 * DEVICES_MAX + 8)
#define SIZE_LIMIT (256u << 20)

/*
 * Opens a journal that no process is writing; -EBUSY if one is, or with wait when that process is
 * done.
 */
static int open_free(int folder, const char *name, bool wait)
{
    int fd = openat(folder, name, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return -errno;
    if ((wait ? lock_wait(fd) : flock(fd, LOCK_EX | LOCK_NB)) || fstat(fd, &st) || !st.st_nlink) {
        close(fd);
        return -EBUSY;
    }
    return fd;
}

static int newest_first(const void *a, const void *b)
{
    return strcmp(*(char *const *)b, *(char *const *)a);
}

/* The names in one block: pointers, then their text. */
static int pack(char **names, size_t n, char ***ret, struct err *e)
{
    size_t size = n * sizeof(char *);
    char **block, *at;

    for (size_t i = 0; i < n; i++)
        size += strlen(names[i]) + 1;
    block = malloc(size ? size : 1);
    if (!block)
        return err_nomem(e);
    at = (char *)(block + n);
    for (size_t i = 0; i < n; i++) {
        block[i] = at;
        at = stpcpy(at, names[i]) + 1;
    }
    *ret = block;
    return 0;
}

int journal_list(const struct root *root, char ***ret, size_t *n, struct err *e)
{
    AUTO_CLOSEDIR DIR *dir = NULL;
    char **names = NULL;
    struct dirent *de;
    size_t found = 0;
    int fd = -1, r;

    *ret = NULL;
    *n = 0;
    if (!root_existsf(root, &JOURNAL_DIR[1]))
        return 0;
    r = state_open(root, JOURNAL_SUB, &fd, e);
    if (r)
        return r;
    dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return err_sys(e, XV_CANNOT, errno, JOURNAL_DIR);
    }
    while (!r && (de = root_readdir(dir))) {
        int journal = open_free(fd, de->d_name, false);

        if (*de->d_name == '.') {
            /* if no process has it: it died before it changed anything */
            if (journal >= 0)
                unlinkat(fd, de->d_name, 0);
        } else if (journal != -EBUSY && journal != -ENOENT) {
            r = ARRAY_GROW(names, found);
            if (!r && !(names[found] = strdup(de->d_name)))
                r = -ENOMEM;
            if (!r)
                found++;
        }
        if (journal >= 0)
            close(journal);
    }
    if (found)
        qsort(names, found, sizeof(*names), newest_first);
    r = r ? err_nomem(e) : pack(names, found, ret, e);
    *n = r ? 0 : found;
    while (found)
        free(names[--found]);
    free(names);
    return r;
}

static bool copy(char *buf, size_t size, const char *text)
{
    return text && snprintf(buf, size, "%s", text) < (int)size;
}

static bool read_domain(const struct json_value *top, const char *key, struct journal_domain *dom)
{
    const struct json_value *v = json_member(top, key);
    long long domid;

    if (!json_member_str(v, "uuid"))
        return true; /* null: no value */
    if (!copy(dom->uuid, sizeof(dom->uuid), json_member_str(v, "uuid")) ||
        !copy(dom->name, sizeof(dom->name), json_member_str(v, "name")) ||
        !json_member_int(v, "domid", 1, UINT32_MAX, &domid))
        return false;
    dom->domid = (uint32_t)domid;
    return true;
}

static bool read_step(const struct json_value *v, struct journal_doc *doc)
{
    const char *word = json_member_str(v, "step"), *bdf = json_member_str(v, "bdf");
    struct step *step = plan_add(&doc->plan, STEP_UNKNOWN, (struct bdf){ 0 });
    struct err ignored;

    if (!step || !word)
        return false;
    step->kind = step_kind_of(word);
    step->status = json_member_bool(v, "already") ? STEP_ALREADY : STEP_WAITING;
    if (step->kind == STEP_UNKNOWN && !*doc->unknown)
        snprintf(doc->unknown, sizeof(doc->unknown), "%s", word);
    if (step_is_function(step) && (!bdf || bdf_parse(bdf, &step->bdf, &ignored) ||
                                   !journal_device(doc, step->bdf)))
        return false;
    return !step_row(step)->take || step_row(step)->take(step, v);
}

static bool read_lists(const struct json_value *top, struct journal_doc *doc)
{
    const struct json_value *devices = json_member(top, "devices");
    const struct json_value *steps = json_member(top, "steps");
    size_t n = json_count(devices);

    if (!n || n > DEVICES_MAX || !json_count(steps) || json_count(steps) > STEPS_MAX)
        return false;
    doc->devices = calloc(n, sizeof(*doc->devices));
    if (!doc->devices)
        return false;
    for (; doc->n_devices < n; doc->n_devices++)
        if (!recall_device(json_at(devices, doc->n_devices), &doc->devices[doc->n_devices]))
            return false;
    for (size_t i = 0; i < json_count(steps); i++)
        if (!read_step(json_at(steps, i), doc))
            return false;
    return true;
}

/* why: the cause, NULL if e has it. */
static int refuse(struct err *e, const char *kind, const char *why)
{
    int r = why ? err_set(e, XV_REFUSED, EBADMSG, "%s", why) : -EBADMSG;

    err_kind(e, kind);
    err_hint(e, "check the devices with `xvtd assignable list` and `xvtd pci-list`, then remove "
             "the file");
    return r;
}

static bool read_policy(const struct json_value *top, bool first, struct journal_doc *doc)
{
    /* The policies of that version's commands. */
    static const struct { const char *command; enum journal_policy policy; } commands[] = {
        { "assign", POLICY_UNDO }, { "assignable add", POLICY_UNDO },
        { "switch", POLICY_ONCE_LET_GO }, { "migrate", POLICY_BY_GUEST },
    };
    const char *word = json_member_str(top, "policy");

    doc->policy = POLICY_FINISH;
    for (size_t i = 0; first && i < ARRAY_LEN(commands); i++)
        if (!strcmp(commands[i].command, doc->command))
            doc->policy = commands[i].policy;
    for (size_t i = 0; word && journal_policies[i]; i++)
        if (!strcmp(journal_policies[i], word)) {
            doc->policy = (enum journal_policy)i;
            return true;
        }
    return first;
}

static int read_head(const struct root *root, const char *line, struct journal_doc *doc,
                     struct err *e)
{
    CLEANUP(json_doc_free_p) struct json_doc *json = NULL;
    const struct json_value *top;
    const char *manifest, *host;
    unsigned version;
    long long timeout;
    char id[40];
    int r = json_parse(line, strlen(line), &json, e);

    if (r)
        return refuse(e, "damaged", NULL);
    top = json_top(json);
    r = format_read(&journal_format, json_member_str(top, "schema"), &version, e);
    if (r)
        return *e->hint ? r : refuse(e, "damaged", NULL);
    remember_machine(root, id);
    if (!json_member_str(top, "machine") || strcmp(json_member_str(top, "machine"), id))
        return refuse(e, "foreign", "it was written on another machine");
    journal_boot(root, id);
    if (!json_member_str(top, "boot") || strcmp(json_member_str(top, "boot"), id)) {
        refuse(e, "void", "it is from before the last boot and no longer valid");
        return -ESTALE;
    }
    manifest = json_member_str(top, "manifest");
    host = json_member_str(top, "host");
    if (!copy(doc->command, sizeof(doc->command), json_member_str(top, "command")) ||
        !json_member_int(top, "timeout_ms", 0, INT32_MAX, &timeout) ||
        (manifest && !copy(doc->manifest, sizeof(doc->manifest), manifest)) ||
        (host && !copy(doc->host, sizeof(doc->host), host)) ||
        !read_policy(top, version == 1, doc) || !read_domain(top, "domain", &doc->dom) ||
        !read_domain(top, "from", &doc->other) || !read_lists(top, doc))
        return refuse(e, "damaged", "it is damaged");
    doc->timeout_ms = (unsigned)timeout;
    doc->force = json_member_bool(top, "force");
    return 0;
}

/* Reads one line of progress; false for a line that this version never writes. */
static bool read_line(const struct json_value *v, struct journal_doc *doc)
{
    const char *is = json_member_str(v, "is"), *settled = json_member_str(v, "settled");
    struct step *step;
    struct bdf bdf;
    struct err ignored;
    long long i;

    if (json_member_bool(v, "undoing"))
        return doc->undoing = true;
    if (settled) {
        if (bdf_parse(settled, &bdf, &ignored))
            return false;
        for (size_t d = 0; d < doc->n_devices; d++)
            doc->devices[d].settled |= bdf_equal(doc->devices[d].bdf, bdf);
        return true;
    }
    if (!is || !json_member_int(v, "step", 0, (long long)doc->plan.n - 1, &i))
        return false;
    step = &doc->plan.steps[i];
    step->open = !strcmp(is, "begun");
    if (!strcmp(is, "done"))
        step->status = STEP_DONE;
    else if (!strcmp(is, "undone"))
        step->status = STEP_UNDONE;
    else if (strcmp(is, "begun"))
        return false;
    return !step_row(step)->take_mark || step_row(step)->take_mark(step, v);
}

int journal_read_text(const struct root *root, char *text, struct journal_doc *doc,
                      size_t *whole, struct err *e)
{
    char *line = text, *end = strchr(text, '\n');
    int r;

    if (!end)
        return refuse(e, "damaged", "it is damaged: its first line has no end");
    *end = '\0';
    r = read_head(root, line, doc, e);
    for (line = end + 1; !r && (end = strchr(line, '\n')); line = end + 1) {
        CLEANUP(json_doc_free_p) struct json_doc *json = NULL;

        *end = '\0';
        if (json_parse(line, strlen(line), &json, e) || !read_line(json_top(json), doc))
            r = refuse(e, "damaged", "it is damaged");
    }
    *whole = (size_t)(line - text);
    return r;
}

/*
 * Ignores a last line that its writer did not complete: it is cut, or has NULs after a full disk.
 * Our first line starts a new one.
 */
static int read_lines(struct journal *j, const struct root *root, char *text, size_t len,
                      struct journal_doc *doc, struct err *e)
{
    size_t end = strlen(text), whole = len;
    int r;

    if (end != len && memchr(text + end, '\n', len - end))
        return refuse(e, "damaged", "it is damaged: there is a NUL in it");
    r = journal_read_text(root, text, doc, &whole, e);
    if (!r && whole != len && ftruncate(j->fd, (off_t)whole))
        r = err_sys(e, XV_CANNOT, errno, "cut its last line");
    return r;
}

static int read_open(struct journal *j, struct journal_doc *doc, const struct root *root,
                     bool wait, struct err *e)
{
    AUTO_FREE char *text = NULL;
    size_t len;
    int r = state_open(root, JOURNAL_SUB, &j->folder, e);

    if (r)
        return r;
    j->fd = open_free(j->folder, j->name, wait);
    if (j->fd == -EBUSY || j->fd == -ENOENT)
        return err_set(e, XV_NOT_FOUND, ENOENT, "another program has it");
    r = state_read(j->folder, j->name, SIZE_LIMIT, &text, &len, e);
    return r ? r : read_lines(j, root, text, len, doc, e);
}

int journal_open(struct journal **ret, struct journal_doc *doc, const struct root *root,
                 const char *name, bool wait, struct err *e)
{
    struct journal *j = calloc(1, sizeof(*j));
    char file[sizeof(j->name) + sizeof(JOURNAL_DIR)];
    int r;

    if (!j)
        return err_nomem(e);
    j->folder = j->fd = -1;
    j->plan = &doc->plan;
    snprintf(j->name, sizeof(j->name), "%s", name);
    r = read_open(j, doc, root, wait, e);
    if (r) {
        snprintf(file, sizeof(file), JOURNAL_DIR "/%s", name);
        err_prefix(e, "%s", file);
        err_about(e, file);
        journal_doc_clear(doc);
        journal_end(j, r != -ESTALE); /* removes a void one */
        return r;
    }
    *ret = j;
    return 0;
}

size_t journal_count(const struct root *root)
{
    AUTO_FREE char **names = NULL;
    size_t n = 0, count = 0, len;
    struct err ignored;
    char boot[40];

    journal_boot(root, boot);
    len = strnlen(boot, BOOT_CHARS);
    if (journal_list(root, &names, &n, &ignored))
        return 0;
    for (size_t i = 0; i < n; i++)
        count += !strncmp(names[i], boot, len) && names[i][len] == '-';
    return count;
}

bool journal_left(const struct root *root)
{
    AUTO_FREE char **names = NULL;
    size_t n = 0;
    struct err ignored;
    bool left = false;

    if (journal_list(root, &names, &n, &ignored))
        return false;
    for (size_t i = 0; i < n && !left; i++) {
        struct journal_doc doc = { .n_devices = 0 };
        struct journal *j;

        if (journal_open(&j, &doc, root, names[i], false, &ignored))
            continue;
        left = true;
        journal_end(j, true);
        journal_doc_clear(&doc);
    }
    return left;
}

static void settle_one(struct journal *j, struct journal_doc *doc, const struct bdf *bdfs,
                       size_t n)
{
    bool left = false;

    for (size_t i = 0; i < doc->n_devices; i++) {
        char line[64];

        if (doc->devices[i].settled || !bdf_in(bdfs, n, doc->devices[i].bdf)) {
            left |= !doc->devices[i].settled;
            continue;
        }
        snprintf(line, sizeof(line), "{\"settled\":\"%s\"}\n", BDF_STR(doc->devices[i].bdf));
        state_append(j->fd, line, strlen(line));
    }
    journal_end(j, left);
}

void journal_settle(const struct root *root, const struct bdf *bdfs, size_t n)
{
    AUTO_FREE char **names = NULL;
    size_t n_names = 0;
    struct err ignored;

    if (!n || journal_list(root, &names, &n_names, &ignored))
        return;
    for (size_t i = 0; i < n_names; i++) {
        struct journal_doc doc = { .n_devices = 0 };
        struct journal *j;

        if (journal_open(&j, &doc, root, names[i], false, &ignored))
            continue;
        settle_one(j, &doc, bdfs, n);
        journal_doc_clear(&doc);
    }
}
