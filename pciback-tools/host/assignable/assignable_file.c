/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "assignable/assignable_file.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/device_form.h"
#include "base/dropin.h"
#include "base/text.h"

#define BLANKS " \t\r"

/* The next word; *at moves past it and the blanks after it. */
static char *next_word(char **at)
{
    char *word = *at;

    *at += strcspn(*at, BLANKS);
    if (**at)
        *(*at)++ = '\0';
    *at += strspn(*at, BLANKS);
    return word;
}

/* PCI Express Base Specification 9.3.3.5: NumVFs has 16 bits. */
static bool read_vfs(const char *text, unsigned *ret)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || !n || n > UINT16_MAX)
        return false;
    *ret = (unsigned)n;
    return true;
}

/* The words between device and identity. */
static int read_words(char **at, struct assignable_line *l, struct err *e)
{
    int r = 0;

    while (!r && !l->vfs && vf_settings_word(*at))
        r = vf_settings_add(&l->vf, next_word(at), e);
    if (!r && !l->vf.has && !strncmp(*at, "vfs=", 4)) {
        char *vfs = next_word(at) + 4;

        if (!read_vfs(vfs, &l->vfs))
            return err_set(e, XV_USAGE, EINVAL, "vfs=%s: expected a number of virtual functions",
                           vfs);
    }
    return r;
}

static int read_line(char *text, struct assignable_line *l, struct err *e)
{
    char *at = text, *device = next_word(&at);

    if (strlen(device) >= sizeof(l->device))
        return err_set(e, XV_USAGE, EINVAL, "'%s' is neither a PCI address nor a name", device);
    strcpy(l->device, device);
    l->has_bdf = device_form(device) == DEVICE_BDF;
    if (l->has_bdf && bdf_parse_pattern(device, &l->bdf, e))
        return -EINVAL;
    if (read_words(&at, l, e))
        return -EINVAL;
    l->has_identity = *at != '\0';
    if (l->has_identity && !identity_parse(at, &l->identity)) {
        err_set(e, XV_USAGE, EINVAL, "'%s' is not an identity", at);
        err_hint(e, "write vendor:device:subvendor:subdevice, and \" serial ...\" if the device "
                 "has one; `xvtd --json show %s` prints it", SHELL_STR(device));
        return -EINVAL;
    }
    return 0;
}

int assignable_parse(const char *text, const char *name, struct assignable_line **ret, size_t *n,
                     struct err *e)
{
    AUTO_FREE struct assignable_line *list = NULL;
    AUTO_FREE char *copy = strdup(text);
    unsigned number = 0;
    size_t count = 0;
    char *rest = copy;

    if (!copy)
        return err_nomem(e);
    for (char *line; (line = strsep(&rest, "\n"));) {
        struct assignable_line l = { .line = ++number };
        size_t len;
        int r;

        line[strcspn(line, "#")] = '\0';
        line += strspn(line, BLANKS);
        for (len = strlen(line); len && strchr(BLANKS, line[len - 1]); len--)
            line[len - 1] = '\0';
        if (!*line)
            continue;
        r = read_line(line, &l, e);
        for (size_t i = 0; !r && i < count; i++)
            r = vf_settings_apart(&list[i].vf, &l.vf, e);
        if (r) {
            err_prefix(e, "%s:%u", name, number);
            return r;
        }
        if (ARRAY_GROW(list, count))
            return err_nomem(e);
        list[count++] = l;
    }
    *ret = TAKE_PTR(list);
    *n = count;
    return 0;
}

int assignable_file_read(const struct root *root, const char *path, struct assignable_line **ret,
                         size_t *n, struct err *e)
{
    AUTO_FREE char *text = dropin_read(root, path + strspn(path, "/"));

    if (!text)
        return err_on(e, XV_NOT_FOUND, ENOENT, path, "No such file");
    return assignable_parse(text, path, ret, n, e);
}
