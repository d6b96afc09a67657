/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A logger for libxl that keeps libxl's messages, so that an error can quote the cause: libxl's
 * return codes say nearly nothing.
 */
#ifndef XVTD_XL_LOG_H
#define XVTD_XL_LOG_H

#include <stdbool.h>
#include <xentoollog.h>

struct xl_log {
    xentoollog_logger vtable;   /* first member: libxl gets a pointer to it */
    bool verbose;
    char cause[400];            /* the first error since xl_log_mark(), or empty */
};

/* verbose: everything from DETAIL up also goes to stderr. */
void xl_log_init(struct xl_log *log, bool verbose);

/* Forgets the earlier messages. */
void xl_log_mark(struct xl_log *log);

#endif
