/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session/xendomains.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "cfg/cfg_change.h"

/* The value of a shell assignment, without quotes; false if there is none. */
static bool read_setting(const char *text, const char *name, char *ret, size_t size)
{
    size_t len = strlen(name);
    bool found = false;

    for (const char *p = text; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
        const char *value = p + len + 1;

        if (strncmp(p, name, len) || p[len] != '=')
            continue;
        value += *value == '"' || *value == '\'';
        snprintf(ret, size, "%.*s", (int)strcspn(value, "\"' \t\n#"), value);
        found = true;
    }
    return found;
}

/* Does the host run it at shutdown, by its init script or its unit? */
static bool is_on(const struct root *root, const char *name)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, "etc/rc0.d");
    struct dirent *entry;

    while (dir && (entry = root_readdir(dir)))
        if (entry->d_name[0] == 'K' && !strcmp(entry->d_name + strspn(entry->d_name, "K0123456789"), name))
            return true;
    return root_existsf(root, "etc/systemd/system/multi-user.target.wants/%s.service", name);
}

void xendomains_read(const struct root *root, struct xendomains *ret)
{
    static const char *const files[] = { "etc/default/xendomains", "etc/sysconfig/xendomains" };

    *ret = (struct xendomains){ .file = NULL };
    if (!is_on(root, "xendomains"))
        return;
    ret->ejected = is_on(root, "xvtd-guests");
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        char text[16384], value[PATH_MAX];

        if (root_readf(root, text, sizeof(text), "%s", files[i]) <= 0)
            continue;
        if (read_setting(text, "XENDOMAINS_SAVE", value, sizeof(value))) {
            memcpy(ret->saves_in, value, sizeof(value));
            ret->file = files[i];
        }
        if (read_setting(text, "XENDOMAINS_AUTO_ONLY", value, sizeof(value)))
            ret->auto_only = !strcmp(value, "true");
    }
}

int xendomains_saves(const struct root *root, const struct xendomains *settings,
                     const char *name, bool *ret, struct err *e)
{
    *ret = *settings->saves_in != '\0';
    return *ret && settings->auto_only ? cfg_find_auto(root, name, ret, e) : 0;
}
