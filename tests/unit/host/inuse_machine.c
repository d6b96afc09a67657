/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inuse_machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../fake/fake_tree.h"
#include "inuse/inuse.h"

void add_kdev(const char *class, const char *name, const char *folder, ...)
{
    char path[PATH_MAX], link[PATH_MAX];
    va_list ap;

    va_start(ap, folder);
    vsnprintf(path, sizeof(path), folder, ap);
    va_end(ap);
    tree_mkdir("%s", path);
    snprintf(link, sizeof(link), "sys/%s/%s", class, name);
    tree_sys_link(link, path);
}

void add_block(const char *name, unsigned major, unsigned minor, const char *folder)
{
    char link[128], text[32];

    tree_mkdir("%s", folder);
    snprintf(link, sizeof(link), "sys/class/block/%s", name);
    tree_sys_link(link, folder);
    snprintf(text, sizeof(text), "%u:%u\n", major, minor);
    tree_write(text, "%s/dev", folder);
}

void add_stacked(const char *name, unsigned major, unsigned minor, const char *below)
{
    char folder[128], link[192], target[PATH_MAX + 8];

    snprintf(folder, sizeof(folder), "sys/devices/virtual/block/%s", name);
    add_block(name, major, minor, folder);
    snprintf(link, sizeof(link), "%s/slaves/%s", folder, below);
    snprintf(target, sizeof(target), "sys/class/block/%s", below);
    tree_sys_link(link, target);
}

void mount_on(const char *devno, const char *source, const char *where, const char *type)
{
    char line[256];
    static int id = 100;

    snprintf(line, sizeof(line), "%d 1 %s / %s rw,relatime shared:1 - %s %s rw\n", id++, devno,
             where, type, source);
    tree_append(line, "proc/1/mountinfo");
}

const char *in_use(const struct root *root, struct bdf bdf)
{
    CLEANUP(inuse_close_p) struct inuse *u = NULL;
    AUTO_FREE struct holder *list = NULL;
    static char text[4096];
    size_t n = 0, len = 0;
    struct err e;

    text[0] = '\0';
    if (inuse_open(&u, root, &e) || inuse_of(u, bdf, &list, &n, &e))
        snprintf(text, sizeof(text), "error: %s", e.message);
    for (size_t i = 0; i < n && len < sizeof(text); i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s: %s", i ? "; " : "",
                                list[i].what, HOLDER_STR(&list[i]));
    return text;
}
