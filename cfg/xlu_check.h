/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libxlutil, xl's own reader, makes of a cfg.  The only user of libxlutil;
 * no Xen is needed.
 */
#ifndef XVTD_CFG_XLU_CHECK_H
#define XVTD_CFG_XLU_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "cfg/spec.h"

/* What xl reads of a text. */
struct xlu_reading {
    bool accepted;      /* false: xl does not start a guest from it */
    char *report;       /* libxlutil's own lines about it; owned */
    bool has_list;      /* `pci` is a list */
    size_t entries;     /* its length, what is no string included */
    char **items;       /* its strings, up to the first entry that is none; owned */
    size_t n;
};

/*
 * Parses text of len bytes once.  A text with a NUL byte is not shown to libxlutil,
 * which can abort(3) on one (xlu__cfgl_dequote()): it counts as not accepted.
 * Errors: XV_FAILED (out of memory).
 */
int xlu_read(const char *text, size_t len, struct xlu_reading *ret, struct err *e);
void xlu_reading_clear(struct xlu_reading *reading);

/*
 * Verifies that xl accepts the text and that its pci list is exactly the n
 * strings at `items`.  what: the file's name, for the message.  Errors: XV_FAILED.
 */
int xlu_verify(const char *what, const char *text, size_t len, const char *const *items,
               size_t n, struct err *e);

/*
 * Verifies that xl takes `text` and reads the same from it as *spec holds: device,
 * vslot, switches, policy and name.  Errors: XV_USAGE.
 */
int xlu_verify_spec(const char *text, const struct spec *spec, struct err *e);

/* A string setting's value, or NULL where there is none; owned by the caller. */
char *xlu_string(const char *text, size_t len, const char *key);

#endif
