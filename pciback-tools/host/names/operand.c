/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names/operand.h"

#include <errno.h>
#include <stdio.h>

/* "; 8086:... is there now", or "". */
static void now_there(const struct root *root, struct bdf bdf, char *buf, size_t size)
{
    char text[IDENTITY_TEXT_MAX];
    struct identity id;
    struct err ignored;

    *buf = '\0';
    if (identity_read(root, bdf, &id, &ignored))
        return;
    identity_format(&id, text);
    snprintf(buf, size, "; %s is there now", text);
}

/* Is one of the identical devices where the name was given? */
static bool is_twin_there(const struct root *root, const struct name *n)
{
    struct identity is;
    struct err ignored;

    return !identity_read(root, n->bdf, &is, &ignored) && identity_equal(&is, &n->identity);
}

static int located(const struct root *root, struct name *n, enum twins twins, struct err *e)
{
    char identity[IDENTITY_TEXT_MAX], now[IDENTITY_TEXT_MAX + 32];
    int r;

    identity_format(&n->identity, identity);
    switch (n->place) {
    case NAME_HERE:
    case NAME_MOVED:
        return 0;
    case NAME_GONE:
        now_there(root, n->bdf, now, sizeof(now));
        r = err_set(e, XV_NOT_FOUND, ENODEV, "'%s': this device, once at %s, is not in this "
                    "machine (%s%s)", n->name, BDF_STR(n->bdf), identity, now);
        err_hint(e, "xvtd name --remove %s, if it does not come back", n->name);
        return r;
    case NAME_UNSURE:
        if (twins != TWINS_ALLOWED || !is_twin_there(root, n))
            break;
        n->at = n->bdf;
        return 0;
    }
    r = err_set(e, XV_REFUSED, ENOTUNIQ, "'%s': identical devices (%s) have moved since the one at "
                "%s was named, so xvtd cannot tell which one is meant", n->name,
                identity, BDF_STR(n->bdf));
    err_kind(e, "twin");
    if (twins == TWINS_ASK && is_twin_there(root, n))
        err_hint(e, "find the right one, then name it again: xvtd name DEVICE %s; --allow=twin "
                 "takes the one at %s", n->name, BDF_STR(n->bdf));
    else
        err_hint(e, "find the right one, then name it again: xvtd name DEVICE %s", n->name);
    return r;
}

static int find_named(const struct root *root, const struct records *records, const char *name,
                      enum twins twins, struct bdf *ret, struct bdf *was, struct err *e)
{
    CLEANUP(names_clear) struct names names = { .n = 0 };
    struct bdf xls = { 0 };
    struct name *n;
    int r, xl = -ENOENT;

    r = names_read(root, &names, e);
    n = r ? NULL : names_find(&names, name);
    if (n)
        r = names_locate(root, n, e);
    if (r || (n && (r = located(root, n, twins, e))))
        return r;
    if (records) {
        xl = record_by_name(records, name, &xls, e);
        if (xl && e->code != XV_NOT_FOUND)
            return xl;
    }
    if (!n && xl)
        return err_set(e, XV_NOT_FOUND, ENOENT, "'%s': no device has this name", name);
    if (n && !xl && !bdf_equal(n->at, xls)) {
        r = err_set(e, XV_REFUSED, ENOTUNIQ, "'%s' is %s in /etc/xvtd/names, but %s in "
                    "xl's records", name, BDF_STR(n->at), BDF_STR(xls));
        err_kind(e, "name");
        err_hint(e, "name the right one again: xvtd name DEVICE %s", name);
        return r;
    }
    *ret = n ? n->at : xls;
    if (was)
        *was = n ? n->bdf : xls;
    return 0;
}

int device_named(const struct root *root, const struct records *records, const char *name,
                 struct bdf *ret, struct bdf *was, struct err *e)
{
    return find_named(root, records, name, TWINS_REFUSED, ret, was, e);
}

void device_name_of(const struct root *root, const struct records *records, struct bdf bdf,
                    char buf[DEVICE_NAME_MAX])
{
    CLEANUP(names_clear) struct names names = { .n = 0 };
    AUTO_FREE char *xls = NULL;
    struct err ignored;
    struct name *n = NULL;

    if (!names_read(root, &names, &ignored))
        n = names_at(root, &names, bdf);
    if (!n && records && !record_get(records, bdf, "name", &xls, &ignored) && xls &&
        !device_name_valid(xls))
        *xls = '\0';
    snprintf(buf, DEVICE_NAME_MAX, "%s", n ? n->name : xls ? xls : "");
}

int device_name_tell(const struct root *root, const struct records *records, struct bdf bdf,
                     struct err *e)
{
    CLEANUP(names_clear) struct names names = { .n = 0 };
    AUTO_FREE char *xls = NULL;
    int r = names_read(root, &names, e);
    struct name *n = r ? NULL : names_at(root, &names, bdf);

    if (!n)
        return r;
    r = record_get(records, bdf, "name", &xls, e);
    return r || xls ? r : record_set(records, bdf, "name", n->name, e);
}

int device_operand(struct xvtd *x, const struct records *records, const char *operand,
                   struct bdf_pattern *ret, struct err *e)
{
    struct bdf was;
    int r;

    if (device_form(operand) != DEVICE_NAME)
        return bdf_parse_pattern(operand, ret, e);
    *ret = (struct bdf_pattern){ .all = false };
    r = find_named(x->root, records, operand, x->twins, &ret->bdf, &was, e);
    if (r == -ENOENT)
        err_hint(e, "a device is named by its PCI address (02:00.0, see `xvtd list`), or by a "
                    "name given with `xvtd name` or `xl pci-assignable-add -n`");
    if (!r && !bdf_equal(was, ret->bdf))
        xvtd_note(x, "moved", operand, "note: %s was %s when it was named, and is now %s", operand,
                  BDF_STR(was), BDF_STR(ret->bdf));
    return r;
}
