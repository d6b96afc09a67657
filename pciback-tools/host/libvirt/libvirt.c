/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "libvirt/libvirt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUNNING "run/libvirt/libxl"
#define KEPT "etc/libvirt/libxl"
#define SUFFIX ".xml"
#define SIZE_LIMIT (4u << 20)

/* -ENOENT: there is no such file. */
static int read_file(const struct root *root, const char *folder, const char *name,
                     struct libvirt_xml *ret, struct err *e)
{
    AUTO_CLOSE int fd = root_openf(root, O_RDONLY | O_CLOEXEC, "%s/%s" SUFFIX, folder, name);
    AUTO_FREE char *text = NULL;
    char file[PATH_MAX];
    struct stat st;
    ssize_t len;
    int r;

    if (fd == -ENOENT)
        return -ENOENT;
    snprintf(file, sizeof(file), "/%s/%s" SUFFIX, folder, name);
    if (fd < 0 || fstat(fd, &st) || st.st_size > SIZE_LIMIT)
        return err_sys_on(e, XV_CANNOT, fd < 0 ? -fd : EFBIG, file, "read libvirt's file");
    text = malloc((size_t)st.st_size + 1);
    if (!text)
        return err_nomem(e);
    len = read(fd, text, (size_t)st.st_size);
    if (len < 0)
        return err_sys_on(e, XV_CANNOT, errno, file, "read libvirt's file");
    r = libvirt_xml_read(text, (size_t)len, ret, e);
    if (r) {
        err_object(e, file);
        err_kind(e, "libvirt");
    }
    return r;
}

static int add_guest(struct libvirt *libvirt, const struct root *root, const char *name,
                     struct err *e)
{
    struct libvirt_guest *g;
    int r;

    if (ARRAY_GROW(libvirt->guests, libvirt->n))
        return err_nomem(e);
    g = &libvirt->guests[libvirt->n];
    *g = (struct libvirt_guest){ .kept = false };
    snprintf(g->name, sizeof(g->name), "%s", name);
    r = read_file(root, RUNNING, name, &g->now, e);
    if (r == -ENOENT)
        return 0; /* it has ended meanwhile */
    libvirt->n++;
    if (r)
        return r;
    r = read_file(root, KEPT, name, &g->next, e);
    g->kept = !r;
    return r == -ENOENT ? 0 : r;
}

int libvirt_read(const struct root *root, struct libvirt *ret, struct err *e)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, RUNNING);
    struct dirent *de;
    int r = 0;

    *ret = (struct libvirt){ .n = 0 };
    while (!r && dir && (de = root_readdir(dir))) {
        char name[LIBVIRT_NAME_MAX];
        size_t len = strlen(de->d_name);

        if (len <= strlen(SUFFIX) || len - strlen(SUFFIX) >= sizeof(name) ||
            strcmp(de->d_name + len - strlen(SUFFIX), SUFFIX))
            continue;
        snprintf(name, sizeof(name), "%.*s", (int)(len - strlen(SUFFIX)), de->d_name);
        r = add_guest(ret, root, name, e);
    }
    return r;
}

void libvirt_clear(struct libvirt *libvirt)
{
    for (size_t i = 0; i < libvirt->n; i++) {
        free(libvirt->guests[i].now.devices);
        free(libvirt->guests[i].next.devices);
    }
    free(libvirt->guests);
    *libvirt = (struct libvirt){ .n = 0 };
}

const struct libvirt_guest *libvirt_guest(const struct libvirt *libvirt, const char *uuid)
{
    for (size_t i = 0; i < libvirt->n; i++)
        if (!strcmp(libvirt->guests[i].now.uuid, uuid))
            return &libvirt->guests[i];
    return NULL;
}

const struct libvirt_guest *libvirt_lists(const struct libvirt *libvirt, struct bdf bdf)
{
    for (size_t i = 0; i < libvirt->n; i++)
        if (bdf_in(libvirt->guests[i].now.devices, libvirt->guests[i].now.n, bdf))
            return &libvirt->guests[i];
    return NULL;
}
