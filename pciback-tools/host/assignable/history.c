/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "assignable/history.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/state_dir.h"
#include "base/state_file.h"

#define FOLDER "run/xvtd"
#define POLICY "etc/xvtd/policy"
#define POLICY_MAX 4096

int history_read(const struct root *root, struct bdf bdf, char uuid[HISTORY_UUID_MAX])
{
    int r = root_readf(root, uuid, HISTORY_UUID_MAX, FOLDER "/guest-%s", BDF_STR(bdf));

    return r == -ENOENT || r == -ENOTDIR ? 0 : r < 0 ? r : 1;
}

int history_note(const struct root *root, struct bdf bdf, const char *uuid, struct err *e)
{
    AUTO_CLOSE int dir = -1;
    char file[64];
    int r = state_dir_open(root, FOLDER, 0700, &dir, e);

    snprintf(file, sizeof(file), "guest-%s", BDF_STR(bdf));
    return r ? r : state_write(dir, file, uuid, strlen(uuid), e);
}

static bool read_line(const char *line, bool *strict)
{
    char key[16], value[16], rest[2];

    if (sscanf(line, " %15[a-z] = %15[a-z] %1s", key, value, rest) != 2)
        return false;
    if (strcmp(key, "reset"))
        return !strcmp(key, "irq"); /* how interrupts are mapped: facts_irq.c */
    *strict = !strcmp(value, "strict");
    return *strict || !strcmp(value, "warn");
}

int policy_strict_reset(const struct root *root, bool *ret, struct err *e)
{
    char text[POLICY_MAX], *save = NULL;
    int r = root_readf(root, text, sizeof(text), POLICY);

    *ret = false;
    if (r == -ENOENT || r == -ENOTDIR)
        return 0;
    if (r < 0)
        return err_sys(e, XV_CANNOT, -r, "read /" POLICY);
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        line += strspn(line, " \t");
        if (!*line || *line == '#' || read_line(line, ret))
            continue;
        r = err_set(e, XV_CANNOT, EINVAL, "/" POLICY ": '%s' is no line of a policy", line);
        err_hint(e, "expected reset = strict, or reset = warn");
        return r;
    }
    return 0;
}
