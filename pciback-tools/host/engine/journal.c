/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#include "base/cleanup.h"
#include "driver/allow.h"
#include "engine/journal_file.h"
#include "engine/remember.h"

const struct format journal_format = { "xvtd-journal", "a journal of xvtd", 1, 2 };

const char *const journal_policies[] = {
    [POLICY_UNDO] = "undo",
    [POLICY_FINISH] = "finish",
    [POLICY_ONCE_LET_GO] = "finish-once-let-go",
    [POLICY_BY_GUEST] = "by-guest",
    NULL
};

void journal_doc_clear(struct journal_doc *doc)
{
    free(doc->devices);
    plan_clear(&doc->plan);
    *doc = (struct journal_doc){ .n_devices = 0 };
}

const struct remembered *journal_device(const struct journal_doc *doc, struct bdf bdf)
{
    for (size_t i = 0; i < doc->n_devices; i++)
        if (bdf_equal(doc->devices[i].bdf, bdf))
            return &doc->devices[i];
    return NULL;
}

void journal_boot(const struct root *root, char buf[40])
{
    if (root_readf(root, buf, 40, "proc/sys/kernel/random/boot_id") < 0)
        *buf = '\0';
}

static void put_domain(struct json *json, const char *key, const struct journal_domain *dom)
{
    if (!*dom->uuid) {
        json_null(json, key);
        return;
    }
    json_object(json, key);
    json_str(json, "uuid", dom->uuid);
    json_str(json, "name", dom->name);
    json_int(json, "domid", dom->domid);
    json_end_object(json);
}

static void put_device(struct json *json, const struct remembered *d)
{
    json_object(json, NULL);
    json_str(json, "bdf", BDF_STR(d->bdf));
    remember_device(json, d);
    json_end_object(json);
}

static void put_step(struct json *json, const struct step *step)
{
    json_object(json, NULL);
    json_str(json, "step", step_row(step)->word);
    if (step_is_function(step))
        json_str(json, "bdf", BDF_STR(step->bdf));
    if (step_row(step)->put)
        step_row(step)->put(step, json);
    json_bool(json, "already", step->status == STEP_ALREADY);
    json_end_object(json);
}

static struct json *build(const struct root *root, const struct journal_doc *doc,
                          const struct plan *plan)
{
    struct json *json = json_new_line(FORMAT_STR(&journal_format, journal_format.newest));
    char id[40];

    if (!json)
        return NULL;
    json_str(json, "command", doc->command);
    json_str(json, "policy", journal_policies[doc->policy]);
    journal_boot(root, id);
    json_str(json, "boot", id);
    remember_machine(root, id);
    json_str(json, "machine", id);
    put_domain(json, "domain", &doc->dom);
    put_domain(json, "from", &doc->other);
    json_str(json, "manifest", *doc->manifest ? doc->manifest : NULL);
    json_str(json, "host", *doc->host ? doc->host : NULL);
    json_int(json, "timeout_ms", doc->timeout_ms);
    json_bool(json, "force", doc->force);
    json_array(json, "devices");
    for (size_t i = 0; i < doc->n_devices; i++)
        put_device(json, &doc->devices[i]);
    json_end_array(json);
    json_array(json, "steps");
    for (size_t i = 0; i < plan->n; i++)
        put_step(json, &plan->steps[i]);
    json_end_array(json);
    return json;
}

/* Readers skip this name until the file is complete, locked and on disk. */
static int try_file(struct journal *j, const char *text, size_t len)
{
    char temp[sizeof(j->name) + 8];
    int r;

    snprintf(temp, sizeof(temp), ".%s", j->name);
    j->fd = openat(j->folder, temp, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW |
                   O_CLOEXEC, 0600);
    if (j->fd < 0)
        return -errno;
    r = flock(j->fd, LOCK_EX | LOCK_NB) ? -errno : state_write_all(j->fd, text, len);
    if (!r && (fsync(j->fd) || renameat(j->folder, temp, j->folder, j->name) ||
               fsync(j->folder)))
        r = -errno;
    if (r) {
        unlinkat(j->folder, temp, 0);
        unlinkat(j->folder, j->name, 0);
    }
    return r;
}

/* A reader may have found the file before it was locked, and taken it for a dead process's. */
static int put_file(struct journal *j, const char *text, size_t len)
{
    int r = try_file(j, text, len);

    for (int i = 0; i < 3 && (r == -EWOULDBLOCK || r == -ENOENT); i++) {
        close_p(&j->fd);
        r = try_file(j, text, len);
    }
    return r;
}

static struct journal *forget(struct journal *j)
{
    if (j) {
        close_p(&j->fd);
        close_p(&j->folder);
        free(j);
    }
    return NULL;
}

int journal_begin(struct journal **ret, const struct root *root, const struct journal_doc *doc,
                  const struct plan *plan, struct err *e)
{
    CLEANUP(json_free_p) struct json *json = build(root, doc, plan);
    struct journal *j = calloc(1, sizeof(*j));
    struct timespec now;
    const char *text;
    char boot[40];
    size_t len;
    int r;

    if (!json || !j) {
        free(j);
        return err_nomem(e);
    }
    j->folder = j->fd = -1;
    j->plan = plan;
    r = state_open(root, JOURNAL_SUB, &j->folder, e);
    if (!r)
        r = json_take_text(json, &text, &len, e);
    if (r) {
        err_prefix(e, "journal");
        forget(j);
        return r;
    }
    /* names sort by age within a boot, and show journals of other boots */
    journal_boot(root, boot);
    clock_gettime(CLOCK_BOOTTIME, &now);
    snprintf(j->name, sizeof(j->name), "%.*s-%012lld.%09ld-%d", BOOT_CHARS, boot,
             (long long)now.tv_sec, now.tv_nsec, (int)getpid());
    r = put_file(j, text, len);
    if (r) {
        err_sys(e, XV_CANNOT, -r, "journal: write " JOURNAL_DIR "/%s", j->name);
        err_hint(e, "without a journal nothing is changed: a crash could not be repaired");
        forget(j);
        return r;
    }
    *ret = j;
    return 0;
}

int journal_fd(const struct journal *j)
{
    return j->fd;
}

void journal_follow(struct journal *j, const struct plan *plan)
{
    j->plan = plan;
}

static const char *const mark_words[] = {
    [JOURNAL_BEGIN] = "begun",
    [JOURNAL_DONE] = "done",
    [JOURNAL_UNDONE] = "undone",
};

int journal_steps(struct journal *j, enum journal_mark mark, struct step *const *steps, size_t n,
                  struct err *e)
{
    AUTO_FREE char *text = NULL;
    size_t len = 0;
    FILE *f;
    int r;

    for (size_t i = 0; i < n; i++)
        steps[i]->open = mark == JOURNAL_BEGIN;
    if (!j)
        return 0;
    f = open_memstream(&text, &len);
    if (!f)
        return err_nomem(e);
    for (size_t i = 0; i < n; i++) {
        char known[64] = "";

        if (step_row(steps[i])->put_mark)
            step_row(steps[i])->put_mark(steps[i], known, sizeof(known));
        fprintf(f, "{\"step\":%zu,\"is\":\"%s\"%s}\n", (size_t)(steps[i] - j->plan->steps),
                mark_words[mark], known);
    }
    if (fclose(f))
        return err_nomem(e);
    r = state_append(j->fd, text, len);
    return r ? err_sys(e, XV_CANNOT, -r, "journal: write " JOURNAL_DIR "/%s", j->name) : 0;
}

void journal_undoing(struct journal *j)
{
    static const char line[] = "{\"undoing\":true}\n";

    if (j) /* ignored: `recover` finds the state by looking */
        state_append(j->fd, line, sizeof(line) - 1);
}

void journal_end(struct journal *j, bool leave)
{
    struct err ignored;

    if (j && !leave)
        state_remove(j->folder, j->name, &ignored);
    forget(j);
}
