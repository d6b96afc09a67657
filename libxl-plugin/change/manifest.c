/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/format.h"
#include "base/lock.h"
#include "base/state_file.h"

#define SIZE_LIMIT (1u << 20)
#define DEVICES_MAX 256
#define SUFFIX ".json"

/* Version 2 has settings of virtual functions. */
static const struct format format = { "xvtd-manifest", "a manifest of xvtd", 1, 2 };

void manifest_clear(struct manifest *m)
{
    free(m->devices);
    m->devices = NULL;
    m->n = 0;
}

struct manifest_device *manifest_add(struct manifest *m)
{
    if (ARRAY_GROW(m->devices, m->n))
        return NULL;
    m->devices[m->n] = (struct manifest_device){ .dev = { .group = -1 } };
    return &m->devices[m->n++];
}

int manifest_file(struct manifest *m, const struct root *root, const char *file,
                  const char *uuid, struct err *e)
{
    const char *slash = file ? strrchr(file, '/') : NULL;
    AUTO_FREE char *folder = NULL, *real = NULL;
    const char *base = slash ? slash + 1 : file;
    int n;

    if (!file) {
        n = snprintf(m->file, sizeof(m->file), "%s" STATE_DIR "/%s" SUFFIX, root_prefix(root),
                     uuid);
    } else if (!*base || !strcmp(base, ".") || !strcmp(base, "..")) {
        return err_set(e, XV_USAGE, EINVAL, "--manifest=%s: expected a file", file);
    } else {
        folder = slash ? strndup(file, slash == file ? 1 : (size_t)(slash - file)) : strdup(".");
        if (!folder)
            return err_nomem(e);
        /* `recover` must find the file that a journal names, whatever its working directory */
        real = realpath(folder, NULL);
        if (!real)
            return err_sys(e, XV_NOT_FOUND, errno, "manifest %s", file);
        n = snprintf(m->file, sizeof(m->file), "%s/%s", strcmp(real, "/") ? real : "", base);
    }
    return n < (int)sizeof(m->file)
               ? 0
               : err_sys(e, XV_USAGE, ENAMETOOLONG, "manifest %s", file ? file : uuid);
}

/* Sets the folder of m->file, and in *name the file in it. */
static int open_folder(const struct manifest *m, const char **name, struct err *e)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(m->file, '/');
    int fd;

    snprintf(folder, sizeof(folder), "%.*s", slash == m->file ? 1 : (int)(slash - m->file),
             m->file);
    *name = slash + 1;
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? err_sys(e, errno == ENOENT ? XV_NOT_FOUND : XV_CANNOT, errno, "%s", m->file)
                  : fd;
}

/*
 * Locks the manifest until *ret is closed.  The lock is another file, since writing replaces the
 * manifest.
 */
static int lock_file(const struct manifest *m, const struct root *root, struct locks **ret,
                     struct err *e)
{
    AUTO_LOCKS struct locks *locks = NULL;
    const char *name;
    AUTO_CLOSE int folder = open_folder(m, &name, e);
    int r = folder < 0 ? folder : locks_open(&locks, root, e);

    if (!r)
        r = locks_take_file(locks, folder, name, m->file, e);
    if (r)
        return r;
    *ret = TAKE_PTR(locks);
    return 0;
}

static bool read_device(const struct json_value *v, struct manifest_device *d)
{
    if (!recall_device(v, &d->dev) || !recall_pci(v, &d->pci))
        return false;
    d->pci.bdf = d->dev.bdf;
    return true;
}

/* Checks that no two devices have one address or one slot. */
static bool are_apart(const struct manifest *m)
{
    for (size_t i = 0; i < m->n; i++)
        for (size_t j = 0; j < i; j++) {
            const struct manifest_device *a = &m->devices[i], *b = &m->devices[j];

            if ((a->pci.vslot && a->pci.vslot == b->pci.vslot && a->pci.vfunc == b->pci.vfunc) ||
                (bdf_equal(a->dev.bdf, b->dev.bdf) && !strcmp(a->dev.machine, b->dev.machine)))
                return false;
        }
    return true;
}

int manifest_parse(struct manifest *m, const char *text, size_t len, struct err *e)
{
    CLEANUP(json_doc_free_p) struct json_doc *doc = NULL;
    const struct json_value *devices, *domain;
    const char *uuid, *name;
    unsigned version;
    int r = json_parse(text, len, &doc, e);

    if (r)
        return r;
    r = format_read(&format, json_member_str(json_top(doc), "schema"), &version, e);
    if (r)
        return r;
    domain = json_member(json_top(doc), "domain");
    devices = json_member(json_top(doc), "devices");
    uuid = json_member_str(domain, "uuid");
    name = json_member_str(domain, "name");
    if (!uuid || !name || !json_count(devices) || json_count(devices) > DEVICES_MAX ||
        snprintf(m->uuid, sizeof(m->uuid), "%s", uuid) >= (int)sizeof(m->uuid) ||
        snprintf(m->name, sizeof(m->name), "%s", name) >= (int)sizeof(m->name))
        return err_set(e, XV_REFUSED, EBADMSG, "it is damaged");
    for (size_t i = 0; i < json_count(devices); i++) {
        struct manifest_device *d = manifest_add(m);

        if (!d)
            return err_nomem(e);
        if (!read_device(json_at(devices, i), d))
            return err_set(e, XV_REFUSED, EBADMSG, "it is damaged: device number %zu", i + 1);
    }
    return are_apart(m) ? 0
                        : err_set(e, XV_REFUSED, EBADMSG, "it is damaged: two devices have the "
                                  "same slot or address");
}

int manifest_load(struct manifest *m, struct err *e)
{
    AUTO_FREE char *text = NULL;
    const char *name;
    AUTO_CLOSE int folder = open_folder(m, &name, e);
    size_t len;
    int r;

    if (folder < 0)
        return folder;
    r = state_read(folder, name, SIZE_LIMIT, &text, &len, e);
    if (r == -ENOENT)
        return err_on(e, XV_NOT_FOUND, ENOENT, m->file, "there is no such manifest");
    if (r)
        return r;
    r = manifest_parse(m, text, len, e);
    if (r) {
        manifest_clear(m);
        err_prefix(e, "manifest %s", m->file);
        err_about(e, m->file);
        if (strcmp(e->kind, "version"))
            err_kind(e, "manifest");
    }
    return r;
}

unsigned manifest_version(const struct manifest *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->devices[i].pci.vf.has)
            return 2;
    return 1;
}

int manifest_text(const struct manifest *m, struct json **ret, const char **text, size_t *len,
                  struct err *e)
{
    CLEANUP(json_free_p) struct json *json = json_new_line(FORMAT_STR(&format, manifest_version(m)));
    int r;

    if (!json)
        return err_nomem(e);
    json_object(json, "domain");
    json_str(json, "uuid", m->uuid);
    json_str(json, "name", m->name);
    json_end_object(json);
    json_array(json, "devices");
    for (size_t i = 0; i < m->n; i++) {
        json_object(json, NULL);
        json_str(json, "bdf", BDF_STR(m->devices[i].pci.bdf));
        remember_pci(json, &m->devices[i].pci);
        remember_device(json, &m->devices[i].dev);
        json_end_object(json);
    }
    json_end_array(json);
    r = json_take_text(json, text, len, e);
    if (!r)
        *ret = TAKE_PTR(json);
    return r;
}

static int save(const struct manifest *m, struct err *e)
{
    CLEANUP(json_free_p) struct json *json = NULL;
    const char *name, *text;
    AUTO_CLOSE int folder = open_folder(m, &name, e);
    size_t len;
    int r;

    if (folder < 0)
        return folder;
    if (!m->n)
        return state_remove(folder, name, e);
    r = manifest_text(m, &json, &text, &len, e);
    return r ? r : state_write(folder, name, text, len, e);
}

int manifest_list(const struct root *root, char (**ret)[HV_UUID_MAX], size_t *n, struct err *e)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, "%s", &STATE_DIR[1]);
    AUTO_FREE char (*list)[HV_UUID_MAX] = NULL;
    struct dirent *de;
    size_t found = 0;

    while (dir && (de = root_readdir(dir))) {
        size_t len = strlen(de->d_name), cut = len - (sizeof(SUFFIX) - 1);

        if (*de->d_name == '.' || len <= sizeof(SUFFIX) || len > HV_UUID_MAX + 4 ||
            strcmp(de->d_name + cut, SUFFIX))
            continue;
        if (ARRAY_GROW(list, found))
            return err_nomem(e);
        snprintf(list[found++], HV_UUID_MAX, "%.*s", (int)cut, de->d_name);
    }
    *ret = TAKE_PTR(list);
    *n = found;
    return 0;
}

static bool same_entry(const struct manifest_device *a, const struct manifest_device *b)
{
    return bdf_equal(a->dev.was, b->dev.was) && !strcmp(a->dev.machine, b->dev.machine);
}

static void drop(struct manifest *m, size_t i)
{
    memmove(&m->devices[i], &m->devices[i + 1], (--m->n - i) * sizeof(*m->devices));
}

/* Reads what the file already lists; an absent file lists nothing. */
static int load_pending(const struct manifest *m, struct manifest *old, struct err *e)
{
    int r;

    snprintf(old->file, sizeof(old->file), "%s", m->file);
    r = manifest_load(old, e);
    if (r == -ENOENT) {
        snprintf(old->uuid, sizeof(old->uuid), "%s", m->uuid);
        snprintf(old->name, sizeof(old->name), "%s", m->name);
        return 0;
    }
    if (!r && strcmp(old->uuid, m->uuid)) {
        r = err_set(e, XV_REFUSED, EEXIST, "manifest %s: it belongs to another guest, '%s'",
                    m->file, old->name);
        err_hint(e, "restore that guest first, or name another file");
    }
    return r;
}

int manifest_join(const struct manifest *m, struct manifest *all, struct err *e)
{
    int r = load_pending(m, all, e);

    for (size_t i = 0; !r && i < m->n; i++) {
        struct manifest_device *at = NULL;

        /* The guest's current devices replace entries of the same device or slot. */
        for (size_t k = 0; k < all->n;) {
            const struct guest_pci *pci = &all->devices[k].pci;

            if (same_entry(&all->devices[k], &m->devices[i]) ||
                (pci->vslot && pci->vslot == m->devices[i].pci.vslot &&
                 pci->vfunc == m->devices[i].pci.vfunc))
                drop(all, k);
            else
                k++;
        }
        at = manifest_add(all);
        if (!at)
            return err_nomem(e);
        *at = m->devices[i];
    }
    return r;
}

int manifest_merge(const struct manifest *m, const struct root *root, struct err *e)
{
    CLEANUP(manifest_clear) struct manifest all = { .n = 0 };
    AUTO_LOCKS struct locks *locks = NULL;
    int r = lock_file(m, root, &locks, e);

    if (!r)
        r = manifest_join(m, &all, e);
    return r ? r : save(&all, e);
}

int manifest_replace(const struct manifest *m, const struct root *root, struct err *e)
{
    AUTO_LOCKS struct locks *locks = NULL;
    int r = lock_file(m, root, &locks, e);

    return r ? r : save(m, e);
}

int manifest_remove(const struct manifest *m, const struct root *root, struct err *e)
{
    struct manifest none = *m;

    none.n = 0;
    return manifest_replace(&none, root, e);
}

int manifest_forget(const struct manifest *m, const struct root *root, uint32_t domid,
                    const struct guest_pci *assigned, size_t n_assigned, struct err *e)
{
    CLEANUP(manifest_clear) struct manifest left = { .n = 0 };
    AUTO_LOCKS struct locks *locks = NULL;
    size_t before;
    int r = lock_file(m, root, &locks, e);

    if (!r)
        r = load_pending(m, &left, e);

    before = left.n;
    for (size_t i = 0; !r && i < m->n; i++) {
        const struct guest_pci *owner = guest_pci_find(assigned, n_assigned, m->devices[i].dev.bdf);

        for (size_t k = 0; owner && owner->domid == domid && k < left.n;)
            if (same_entry(&left.devices[k], &m->devices[i]))
                drop(&left, k);
            else
                k++;
    }
    return r || left.n == before ? r : save(&left, e);
}
