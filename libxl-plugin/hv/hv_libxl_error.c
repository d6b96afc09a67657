/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hv/hv_libxl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static int rc_to_errno(int rc)
{
    switch (rc) {
    case ERROR_TIMEDOUT:
    case ERROR_ABORTED:
        return ETIMEDOUT;
    case ERROR_NOMEM:
        return ENOMEM;
    case ERROR_INVAL:
        return EINVAL;
    case ERROR_NOTFOUND:
    case ERROR_QMP_DEVICE_NOT_FOUND:
    case ERROR_DOMAIN_NOTFOUND:
        return ENOENT;
    default:
        return EIO;
    }
}

int hv_libxl_error(struct hv *hv, struct err *e, int rc, const char *fmt, ...)
{
    int errnum = rc_to_errno(rc);
    char what[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);
    if (hv->log.cause[0])
        return err_set(e, XV_FAILED, errnum, "%s: libxl says: %s", what, hv->log.cause);
    return err_set(e, XV_FAILED, errnum, "%s: libxl failed with code %d", what, rc);
}

