/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/cmd_cfg_host.h"

#include <stdint.h>
#include <string.h>

#include "base/identity.h"

#define DEVICES "sys/bus/pci/devices"

bool cfg_host_readable(const struct root *root)
{
    return root_existsf(root, DEVICES);
}

char *cfg_host_identity(const struct root *root, struct bdf bdf)
{
    char text[IDENTITY_TEXT_MAX];
    struct identity id;
    struct err ignored;

    if (identity_read(root, bdf, &id, &ignored))
        return NULL;
    identity_format(&id, text);
    return strdup(text);
}

static bool present(void *user, struct bdf bdf)
{
    const struct cfg_host *host = user;

    return root_existsf(host->root, DEVICES "/%s", BDF_STR(bdf));
}

static char *identity(void *user, struct bdf bdf)
{
    const struct cfg_host *host = user;

    return cfg_host_identity(host->root, bdf);
}

static bool find(void *user, const char *wanted, struct bdf *ret)
{
    const struct cfg_host *host = user;
    struct identity id;
    struct err ignored;
    size_t n;

    return identity_parse(wanted, &id) &&
           !identity_find(host->root, &id, ret, &n, &ignored) && n == 1;
}

/* Ignores bridges: only two functions of one group count. */
static bool same_group(void *user, struct bdf a, struct bdf b)
{
    struct cfg_host *host = user;
    struct err ignored;

    if (!host->groups_tried) {
        host->groups_tried = true;
        if (!inventory_open(&host->inv, host->root, &ignored) &&
            groups_open(&host->groups, host->root, host->inv, &ignored))
            host->groups = NULL;
    }
    return host->groups && groups_tie(host->groups, a, b) != TIE_NONE;
}

void cfg_host_init(struct cfg_host *host, struct check_host *ret, const struct root *root)
{
    *host = (struct cfg_host){ .root = root };
    *ret = (struct check_host){
        .present = present,
        .identity = identity,
        .find = find,
        .same_group = same_group,
        .user = host,
    };
}

void cfg_host_clear(struct cfg_host *host)
{
    groups_close(host->groups);
    inventory_close(host->inv);
}
