/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "assignable/history.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/state_dir.h"
#include "base/state_file.h"

#define FOLDER "run/xvtd"

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
