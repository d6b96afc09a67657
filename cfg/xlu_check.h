/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a cfg with libxlutil, xl's own reader.  The only user of libxlutil; works without Xen.
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
    bool accepted;      /* false: xl refuses the file */
    char *report;       /* libxlutil's own lines about it; owned */
    bool has_list;      /* `pci` is a list */
    size_t entries;     /* its length, with entries that are not strings */
    char **items;       /* its strings, up to the first entry that is not a string; owned */
    size_t n;
};

/*
 * Parses len bytes of text once.  libxlutil can abort(3) on a NUL byte (xlu__cfgl_dequote()), so a
 * text with one is not passed to it and counts as not accepted.  Errors: XV_FAILED (out of memory).
 */
int xlu_read(const char *text, size_t len, struct xlu_reading *ret, struct err *e);
void xlu_reading_clear(struct xlu_reading *reading);

/*
 * Verifies that xl accepts the text and reads exactly the n strings at `items` as its pci
 * list.  what: the file's name, for the message.  Errors: XV_FAILED.
 */
int xlu_verify(const char *what, const char *text, size_t len, const char *const *items,
               size_t n, struct err *e);

/*
 * Verifies that xl accepts `text` and reads the same device, vslot, switches, policy and name as
 * *spec has.  Errors: XV_USAGE.
 */
int xlu_verify_spec(const char *text, const struct spec *spec, struct err *e);

/* A string setting's value, or NULL where there is none; owned by the caller. */
char *xlu_string(const char *text, size_t len, const char *key);

#endif
