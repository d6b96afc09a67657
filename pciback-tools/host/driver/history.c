/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "driver/history.h"

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

int history_note_lost(const struct root *root, uint32_t domid, const char *uuid, struct err *e)
{
    AUTO_CLOSE int dir = -1;
    char file[32];
    int r = state_dir_open(root, FOLDER, 0700, &dir, e);

    snprintf(file, sizeof(file), "lost-%u", domid);
    return r ? r : state_write(dir, file, uuid, strlen(uuid), e);
}

bool history_lost(const struct root *root, uint32_t domid, const char *uuid)
{
    char was[HISTORY_UUID_MAX];

    return root_readf(root, was, sizeof(was), FOLDER "/lost-%u", domid) > 0 && !strcmp(was, uuid);
}

static int remove_file(const struct root *root, const char *key, struct bdf bdf, struct err *e)
{
    AUTO_CLOSE int dir = -1;
    char file[64];
    int r = state_dir_open(root, FOLDER, 0700, &dir, e);

    snprintf(file, sizeof(file), "%s-%s", key, BDF_STR(bdf));
    return r ? r : state_remove(dir, file, e);
}

int history_identify(const struct root *root, struct bdf bdf, struct err *e)
{
    char file[64], text[IDENTITY_TEXT_MAX];
    AUTO_CLOSE int dir = -1;
    struct identity id;
    int r = remove_file(root, "identity", bdf, e);

    if (!r)
        r = identity_read(root, bdf, &id, e);
    if (!r)
        r = state_dir_open(root, FOLDER, 0700, &dir, e);
    if (r)
        return r;
    identity_format(&id, text);
    snprintf(file, sizeof(file), "identity-%s", BDF_STR(bdf));
    return state_write(dir, file, text, strlen(text), e);
}

void history_identity(const struct root *root, struct bdf bdf, char buf[IDENTITY_TEXT_MAX])
{
    char text[IDENTITY_TEXT_MAX];
    struct identity id;

    *buf = '\0';
    if (root_readf(root, text, sizeof(text), FOLDER "/identity-%s", BDF_STR(bdf)) > 0 &&
        identity_parse(text, &id))
        identity_format(&id, buf);
}

int history_forget(const struct root *root, struct bdf bdf, struct err *e)
{
    int r = remove_file(root, "identity", bdf, e);

    return r ? r : remove_file(root, "guest", bdf, e);
}
