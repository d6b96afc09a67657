/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "xen/xs.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

struct xs {
    struct xs_handle *handle;
    xs_transaction_t t;
};

int xs_open_handle(struct xs **ret, struct err *e)
{
    struct xs *xs = calloc(1, sizeof(*xs));
    int r;

    if (!xs)
        return err_nomem(e);
    xs->handle = xs_open(0);
    if (!xs->handle) {
        r = err_sys(e, XV_CANNOT, errno, "open xenstore");
        err_hint(e, "is this the dom0 of a running Xen, and are you root? "
                    "Debian starts xenstored with `service xen start`");
        free(xs);
        return r;
    }
    *ret = xs;
    return 0;
}

struct xs *xs_close_handle(struct xs *xs)
{
    if (xs) {
        xs_close(xs->handle);
        free(xs);
    }
    return NULL;
}

#define FORMAT(path, fmt)                                               \
    do {                                                                \
        va_list ap_;                                                    \
                                                                        \
        va_start(ap_, fmt);                                             \
        vsnprintf(path, sizeof(path), fmt, ap_);                        \
        va_end(ap_);                                                    \
    } while (0)

int xs_getf(struct xs *xs, char **ret, struct err *e, const char *fmt, ...)
{
    char path[PATH_MAX];
    unsigned len;
    char *value;

    FORMAT(path, fmt);
    value = xs_read(xs->handle, xs->t, path, &len); /* ends with a NUL */
    if (!value && errno != ENOENT)
        return err_sys(e, XV_CANNOT, errno, "read xenstore: %s", path);
    *ret = value;
    return 0;
}

int xs_setf(struct xs *xs, const char *value, struct err *e, const char *fmt, ...)
{
    char path[PATH_MAX];
    bool ok;

    FORMAT(path, fmt);
    if (value)
        ok = xs_write(xs->handle, xs->t, path, value, (unsigned)strlen(value));
    else
        ok = xs_rm(xs->handle, xs->t, path) || errno == ENOENT;
    if (!ok)
        return err_sys(e, XV_FAILED, errno, "write xenstore: %s", path);
    return 0;
}

int xs_listf(struct xs *xs, char ***ret, size_t *n, struct err *e, const char *fmt, ...)
{
    char path[PATH_MAX];
    unsigned num = 0;
    char **names;

    FORMAT(path, fmt);
    names = xs_directory(xs->handle, xs->t, path, &num);
    if (!names && errno != ENOENT)
        return err_sys(e, XV_CANNOT, errno, "list xenstore: %s", path);
    *ret = names;
    *n = names ? num : 0;
    return 0;
}

bool xs_domain_lives(struct xs *xs, uint32_t domid)
{
    return xs_is_domain_introduced(xs->handle, domid);
}

int xs_snapshot(struct xs *xs, struct err *e)
{
    xs_transaction_t t = xs_transaction_start(xs->handle);

    if (t == XBT_NULL)
        return err_sys(e, XV_CANNOT, errno, "read xenstore: start a transaction");
    xs->t = t;
    return 0;
}

void xs_snapshot_end(struct xs *xs)
{
    xs_transaction_end(xs->handle, xs->t, true);
    xs->t = XBT_NULL;
}

int xs_watch_path(struct xs *xs, const char *path, struct err *e)
{
    if (!xs_watch(xs->handle, path, ""))
        return err_sys(e, XV_CANNOT, errno, "watch xenstore: %s", path);
    return 0;
}

int xs_watch_fd(struct xs *xs)
{
    return xs_fileno(xs->handle);
}

int xs_watch_changed(struct xs *xs, struct err *e)
{
    bool changed = false;
    char **what;

    while ((what = xs_check_watch(xs->handle))) {
        changed = true;
        free(what);
    }
    if (errno != EAGAIN)
        return err_sys(e, XV_CANNOT, errno, "watch xenstore");
    return changed;
}
