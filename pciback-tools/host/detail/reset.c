/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detail/reset.h"

#include <string.h>

#include "pci/above.h"

#define DEVICE "sys/bus/pci/devices/%s/"

/* True when its folder in sysfs has no other function beside it, so it is alone on its bus. */
static bool is_alone(const struct root *root, struct bdf bdf)
{
    AUTO_CLOSEDIR DIR *dir = root_opendirf(root, DEVICE "..", BDF_STR(bdf));
    struct dirent *de;
    size_t n = 0;

    while (dir && (de = root_readdir(dir))) {
        struct bdf other;

        n += bdf_from_sysfs(de->d_name, strlen(de->d_name), &other);
    }
    return n == 1;
}

bool reset_possible(const struct root *root, struct bdf bdf)
{
    char text[128];

    if (root_readf(root, text, sizeof(text), DEVICE "reset_method", BDF_STR(bdf)) < 0)
        return root_existsf(root, DEVICE "reset", BDF_STR(bdf));
    for (const char *p = text; *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");

        if (len != strlen("bus") || strncmp(p, "bus", len) || is_alone(root, bdf))
            return true;
        p += len;
    }
    return false;
}

size_t reset_card(const struct root *root, struct bdf bdf, struct bdf *bridge, struct bdf *fns,
                  size_t max)
{
    AUTO_CLOSEDIR DIR *dir = NULL;
    struct dirent *de;
    size_t n = 0;

    if (!bdf_above(root, bdf, bridge) ||
        !root_existsf(root, DEVICE "reset_subordinate", BDF_STR(*bridge)))
        return 0;
    dir = root_opendirf(root, DEVICE, BDF_STR(*bridge));
    while (dir && (de = root_readdir(dir))) {
        struct bdf fn;
        char class[16];

        if (!bdf_from_sysfs(de->d_name, strlen(de->d_name), &fn))
            continue;
        if (n == max || root_readf(root, class, sizeof(class), DEVICE "class", BDF_STR(fn)) < 0 ||
            !strncmp(class, "0x0604", 6))
            return 0;
        fns[n++] = fn;
    }
    return n;
}
