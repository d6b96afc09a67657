/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI addresses: where a function sits in the host (BDF) and in a guest (vslot).
 */
#ifndef XVTD_BASE_BDF_H
#define XVTD_BASE_BDF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * A host function's address.  segment: 0 to ffff for firmware's segments, above
 * that for those Linux makes up (VMD, drivers/pci/controller/vmd.c); bus: 0 to
 * ff; slot: 0 to 1f; func: 0 to 7.
 */
struct bdf {
    uint32_t segment;
    uint8_t bus;
    uint8_t slot;
    uint8_t func;
};

/* Room for "ffffffff:ff:1f.7" and its NUL. */
#define BDF_TEXT_MAX 20

/* Every function of a slot, `BB:SS.*`, or one. */
struct bdf_pattern {
    struct bdf bdf;     /* func is 0 when `all` is set */
    bool all;
};

/* Room for a function's address in full, `0000:02:00.0`. */
struct bdf_text {
    char s[BDF_TEXT_MAX];
};

/*
 * Parses `[DDDD:]BB:SS.F`, or the xm form `D:B:S.F`.  A `*` for F means every function of the
 * slot.  Fields are hexadecimal without 0x and have any width that their range allows.  *ret is
 * written only on success.  Errors: XV_USAGE.
 */
int bdf_parse_pattern(const char *text, struct bdf_pattern *ret, struct err *e);

/* As bdf_parse_pattern(), but `.*` is an error. */
int bdf_parse(const char *text, struct bdf *ret, struct err *e);

/*
 * A function's name in sysfs, `0000:02:00.0` and nothing else (drivers/pci/probe.c
 * pci_setup_device(): "%04x:%02x:%02x.%d"), from len bytes.  False for any other text.
 */
bool bdf_from_sysfs(const char *text, size_t len, struct bdf *ret);

/* The canonical form, returned by value so that it can be an argument. */
struct bdf_text bdf_text(struct bdf bdf);
#define BDF_STR(bdf) (bdf_text(bdf).s)

/* Orders by segment, bus, slot, function; for qsort() use bdf_compare_p(). */
int bdf_compare(struct bdf a, struct bdf b);
int bdf_compare_p(const void *a, const void *b);
bool bdf_equal(struct bdf a, struct bdf b);
bool bdf_same_slot(struct bdf a, struct bdf b);

/* True when the list holds bdf. */
bool bdf_in(const struct bdf *list, size_t n, struct bdf bdf);

/*
 * Appends bdf to *list unless the list holds it already.  The caller frees *list.
 * Errors: XV_FAILED.
 */
int bdf_add_once(struct bdf **list, size_t *n, struct bdf bdf, struct err *e);

/* True when the pattern covers this function. */
bool bdf_matches(struct bdf_pattern pattern, struct bdf bdf);

/* Greatest vslot: a bus has 32 slots, and 0 is the guest's host bridge. */
#define VSLOT_MAX 0x1f

/*
 * A virtual slot, hexadecimal like xl's: `7`, `07`, `0x7`; 1 to 1f.  *ret is
 * written only on success.  Errors: XV_USAGE, with a hint for `0`.
 */
int vslot_parse(const char *text, unsigned *ret, struct err *e);

/* True when text matches `(0x)?[0-9a-f]{1,2}`, whatever its value. */
bool vslot_like(const char *text);

#endif
