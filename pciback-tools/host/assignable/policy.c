/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "assignable/policy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define POLICY "etc/xvtd/policy"
#define POLICY_MAX 4096

static bool read_line(const char *line, struct policy *ret)
{
    static const struct {
        const char *key, *on, *off;
        size_t at;
    } keys[] = {
        { "reset", "strict", "warn", offsetof(struct policy, strict_reset) },
        { "irq", "plain", "auto", offsetof(struct policy, irq_plain) },
    };
    char key[16], value[16], rest[2];

    if (sscanf(line, " %15[a-z] = %15[a-z] %1s", key, value, rest) != 2)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        bool on = !strcmp(value, keys[i].on);

        if (strcmp(key, keys[i].key) || (!on && strcmp(value, keys[i].off)))
            continue;
        *(bool *)((char *)ret + keys[i].at) = on;
        return true;
    }
    return false;
}

int policy_read(const struct root *root, struct policy *ret, struct err *e)
{
    char text[POLICY_MAX], *save = NULL;
    int r = root_readf(root, text, sizeof(text), POLICY);

    *ret = (struct policy){ .strict_reset = false };
    if (r == -ENOENT || r == -ENOTDIR)
        return 0;
    if (r < 0)
        return err_sys(e, XV_CANNOT, -r, "read /" POLICY);
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        line += strspn(line, " \t");
        if (!*line || *line == '#' || read_line(line, ret))
            continue;
        r = err_set(e, XV_USAGE, EINVAL, "/" POLICY ": '%s' is not a line of a policy", line);
        err_hint(e, "expected reset = strict or warn, or irq = plain or auto");
        return r;
    }
    return 0;
}
