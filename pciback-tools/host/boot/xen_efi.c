/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/xen_efi.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/dropin.h"
#include "boot/pe.h"

#define CFG_MAX 65536
#define BLANKS " \t\r"

/* The Linux/x86 boot protocol: where the version's text is, and how much of an image holds it. */
#define HEADER_AT 0x202
#define VERSION_AT 0x20e
#define IMAGE_HEAD 65536

static const char *const esps[] = { "boot/efi", "efi", "boot" };

/* The rest of a line `KEY = VALUE`; NULL for another one. */
static const char *value_of(const char *line, size_t len, const char *key, size_t *ret_len)
{
    size_t at = strspn(line, BLANKS), n = strlen(key);

    if (at + n > len || strncmp(line + at, key, n))
        return NULL;
    at += n;
    at += strspn(line + at, BLANKS);
    if (at >= len || line[at++] != '=')
        return NULL;
    at += strspn(line + at, BLANKS);
    while (len > at && strchr(BLANKS, line[len - 1]))
        len--;
    *ret_len = len > at ? len - at : 0;
    return line + at;
}

/* In section, or with "" in the first. */
static const char *find_value(const char *text, const char *section, const char *key, size_t *len)
{
    bool inside = false;

    for (const char *line = text, *end; *line; line = end + (*end == '\n')) {
        const char *value;

        end = line + strcspn(line, "\n");
        if (*line == '[') {
            size_t n = strcspn(line + 1, "]\n");

            if (inside && !*section)
                return NULL;
            inside = *section ? strlen(section) == n && !strncmp(line + 1, section, n)
                              : n != strlen("global") || strncmp(line + 1, "global", n);
        } else if (inside && (value = value_of(line, (size_t)(end - line), key, len))) {
            return value;
        }
    }
    return NULL;
}

int xen_efi_value(const char *text, const char *section, const char *key, char **ret)
{
    char name[64] = "";
    const char *value;
    size_t len;

    if (!*section && (value = find_value(text, "global", "default", &len)))
        snprintf(name, sizeof(name), "%.*s", (int)len, value);
    value = find_value(text, *section ? section : name, key, &len);
    *ret = value ? strndup(value, len) : NULL;
    return value && !*ret ? -ENOMEM : 0;
}

void kernel_version(const char *image, size_t len, char buf[128])
{
    const uint8_t *b = (const uint8_t *)image;
    size_t at;

    *buf = '\0';
    if (len < VERSION_AT + 2 || memcmp(image + HEADER_AT, "HdrS", 4))
        return;
    at = 0x200u + (size_t)(b[VERSION_AT] | b[VERSION_AT + 1] << 8);
    if (at > 0x200 && at < len)
        snprintf(buf, 128, "%.*s", (int)strcspn(image + at, " "), image + at);
}

static struct xen_efi *add(struct xen_efis *efis, const char *path, char **text)
{
    struct xen_efi *x;

    if (!*text || ARRAY_GROW(efis->list, efis->n))
        return NULL;
    x = &efis->list[efis->n++];
    *x = (struct xen_efi){ .text = TAKE_PTR(*text) };
    snprintf(x->path, sizeof(x->path), "/%s", path);
    return x;
}

static bool has_suffix(const char *name, const char *suffix)
{
    size_t len = strlen(name), n = strlen(suffix);

    return len > n && !strcmp(name + len - n, suffix);
}

static int read_cfg(struct xen_efis *efis, const struct root *root, const char *path)
{
    AUTO_FREE char *text = dropin_read(root, path), *kernel = NULL;

    if (!text || !strstr(text, "[global]"))
        return 0;
    if (xen_efi_value(text, "", "kernel", &kernel))
        return -ENOMEM;
    return !kernel || add(efis, path, &text) ? 0 : -ENOMEM;
}

/* Xen's cfg, kernel and so on are sections named like the keys of the cfg. */
static int read_xen_image(struct xen_efis *efis, const struct pe *pe, const char *path)
{
    size_t len, kernel_len = 0;
    AUTO_FREE char *text = pe_read(pe, ".config", CFG_MAX, &len);
    AUTO_FREE char *kernel = pe_read(pe, ".kernel", IMAGE_HEAD, &kernel_len);
    struct xen_efi *x = add(efis, path, &text);

    if (!x)
        return -ENOMEM;
    x->unified = true;
    x->is_signed = pe->is_signed;
    if (kernel)
        kernel_version(kernel, kernel_len, x->version);
    return 0;
}

static int read_linux_image(struct xen_efis *efis, const struct pe *pe, const char *path)
{
    AUTO_FREE char *version = NULL;
    struct linux_image *image;
    size_t len;

    if (ARRAY_GROW(efis->images, efis->n_images))
        return -ENOMEM;
    image = &efis->images[efis->n_images++];
    *image = (struct linux_image){ .is_signed = pe->is_signed };
    snprintf(image->path, sizeof(image->path), "/%s", path);
    version = pe_read(pe, ".uname", sizeof(image->version) - 1, &len);
    snprintf(image->version, sizeof(image->version), "%s", version ? version : "");
    image->version[strcspn(image->version, "\n")] = '\0';
    return 0;
}

static int read_image(struct xen_efis *efis, const struct root *root, const char *path, bool known)
{
    CLEANUP(pe_close) struct pe pe;
    bool is = pe_open(&pe, root, path);

    if (is && pe_has(&pe, ".config") && pe_has(&pe, ".kernel"))
        return read_xen_image(efis, &pe, path);
    return (is && pe_has(&pe, ".linux")) || known ? read_linux_image(efis, &pe, path) : 0;
}

/* Every file of one folder below EFI/; in EFI/Linux each image is a unified one. */
static int read_folder(struct xen_efis *efis, const struct root *root, const char *folder)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, "%s", folder);
    struct dirent *entry;
    int r = 0;

    while (dir && !r && (entry = root_readdir(dir))) {
        char path[192];

        if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= (int)sizeof(path))
            continue;
        if (has_suffix(path, ".cfg"))
            r = read_cfg(efis, root, path);
        else if (has_suffix(path, ".efi"))
            r = read_image(efis, root, path, has_suffix(folder, "/Linux"));
    }
    return r;
}

static int read_esp(struct xen_efis *efis, const struct root *root, const char *esp)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, "%s/EFI", esp);
    struct dirent *entry;
    int r = 0;

    while (dir && !r && (entry = root_readdir(dir))) {
        char folder[160];

        if (*entry->d_name != '.' && snprintf(folder, sizeof(folder), "%s/EFI/%s", esp,
                                              entry->d_name) < (int)sizeof(folder))
            r = read_folder(efis, root, folder);
    }
    return r;
}

/* The value of a line `KEY VALUE` of a systemd-boot entry. */
static void entry_value(const char *text, const char *key, char *buf, size_t size)
{
    size_t n = strlen(key);

    *buf = '\0';
    for (const char *line = text, *end; *line && !*buf; line = end + (*end == '\n')) {
        end = line + strcspn(line, "\n");
        if (!strncmp(line, key, n) && strspn(line + n, BLANKS)) {
            line += n + strspn(line + n, BLANKS);
            snprintf(buf, size, "%.*s", (int)(end - line), line);
        }
    }
}

/* An entry that starts xen.efi: of its options, a word without a hyphen is a section. */
static void read_entry(struct xen_efis *efis, const char *esp, const char *text)
{
    char efi[128], options[256], cfg[192], *save = NULL;
    char *section = NULL;

    entry_value(text, "efi", efi, sizeof(efi));
    entry_value(text, "options", options, sizeof(options));
    if (!has_suffix(efi, ".efi"))
        return;
    snprintf(cfg, sizeof(cfg), "/%s%s%.*s.cfg", esp, *efi == '/' ? "" : "/", (int)strlen(efi) - 4,
             efi);
    for (char *word = strtok_r(options, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        if (!strcmp(word, "--"))
            break; /* the rest is for Xen */
        if (*word != '-')
            section = word;
    }
    for (size_t i = 0; section && i < efis->n; i++)
        if (!strcmp(efis->list[i].path, cfg))
            snprintf(efis->list[i].section, sizeof(efis->list[i].section), "%.63s", section);
}

static void read_entries(struct xen_efis *efis, const struct root *root, const char *esp)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, "%s/loader/entries", esp);
    struct dirent *entry;

    while (dir && (entry = root_readdir(dir))) {
        AUTO_FREE char *text = NULL;
        char path[320];

        snprintf(path, sizeof(path), "%s/loader/entries/%s", esp, entry->d_name);
        if (!has_suffix(path, ".conf") || !(text = dropin_read(root, path)))
            continue;
        efis->entries = true;
        read_entry(efis, esp, text);
    }
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct xen_efi *)a)->path, ((const struct xen_efi *)b)->path);
}

int xen_efi_read(struct xen_efis *ret, const struct root *root)
{
    int r = 0;

    *ret = (struct xen_efis){ .n = 0 };
    for (size_t i = 0; !r && i < ARRAY_LEN(esps); i++)
        r = read_esp(ret, root, esps[i]);
    if (ret->n)
        qsort(ret->list, ret->n, sizeof(*ret->list), by_path);
    for (size_t i = 0; !r && i < ARRAY_LEN(esps); i++)
        read_entries(ret, root, esps[i]);
    return r;
}

void xen_efi_free(struct xen_efis *efis)
{
    for (size_t i = 0; i < efis->n; i++)
        free(efis->list[i].text);
    free(efis->list);
    free(efis->images);
}
