/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xen/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/state_dir.h"
#include "base/state_file.h"

#define FOLDER "run/xvtd"       /* below the root */

/* The path of libxl's records, PCI_BDF_XSPATH. */
#define NODES "/libxl/pci"
#define NODE NODES "/%04x-%02x-%02x-%01x/%s"
#define NODE_ARGS(b, key) \
    (unsigned)(b).segment, (unsigned)(b).bus, (b).slot & 0x1fu, (b).func & 7u, (key)

static int file_get(const struct root *root, struct bdf bdf, const char *key, char **ret,
                    struct err *e)
{
    char value[PATH_MAX];
    int r = root_readf(root, value, sizeof(value), FOLDER "/%s-%s", key, BDF_STR(bdf));

    if (r < 0 && r != -ENOENT)
        return err_sys(e, XV_CANNOT, -r, "read /" FOLDER "/%s-%s", key, BDF_STR(bdf));
    *ret = r < 0 ? NULL : strdup(value);
    return r < 0 || *ret ? 0 : err_nomem(e);
}

static int file_set(const struct root *root, struct bdf bdf, const char *key,
                    const char *value, struct err *e)
{
    char file[64];
    AUTO_CLOSE int dir = -1;
    int r = state_dir_open(root, FOLDER, 0700, &dir, e);

    if (r)
        return r;
    snprintf(file, sizeof(file), "%s-%s", key, BDF_STR(bdf));
    return value ? state_write(dir, file, value, strlen(value), e) : state_remove(dir, file, e);
}

int record_get(const struct records *records, struct bdf bdf, const char *key, char **ret,
               struct err *e)
{
    return records->xs ? xs_getf(records->xs, ret, e, NODE, NODE_ARGS(bdf, key))
                       : file_get(records->root, bdf, key, ret, e);
}

int record_set(const struct records *records, struct bdf bdf, const char *key,
               const char *value, struct err *e)
{
    return records->xs ? xs_setf(records->xs, value, e, NODE, NODE_ARGS(bdf, key))
                       : file_set(records->root, bdf, key, value, e);
}

int record_by_name(const struct records *records, const char *name, struct bdf *ret,
                   struct err *e)
{
    AUTO_FREE char **nodes = NULL;
    size_t n = 0;
    int r = records->xs ? xs_listf(records->xs, &nodes, &n, e, NODES) : 0;

    for (size_t i = 0; !r && i < n; i++) {
        AUTO_FREE char *value = NULL;
        unsigned seg, bus, slot, func;

        if (sscanf(nodes[i], "%4x-%2x-%2x-%1x", &seg, &bus, &slot, &func) != 4)
            continue;
        r = xs_getf(records->xs, &value, e, NODES "/%s/name", nodes[i]);
        if (!r && value && !strcmp(value, name)) {
            *ret = (struct bdf){ seg, (uint8_t)bus, (uint8_t)slot, (uint8_t)func };
            return 0;
        }
    }
    return r ? r : err_set(e, XV_NOT_FOUND, ENOENT, "'%s': no device has this name", name);
}
