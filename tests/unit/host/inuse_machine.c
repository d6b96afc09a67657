/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inuse_machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../fake/fake_tree.h"
#include "inuse.h"

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
