/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands at a place of a text, by its form.  Pure. */
#ifndef XVTD_REDACT_SCAN_H
#define XVTD_REDACT_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The length of what begins at `text` and is to be replaced, 0 for nothing.  *kind: what it is.
 * after: the character before it, 0 at the beginning.
 */
size_t scan_form(const char *text, const char *end, char before, const char **kind);

/*
 * A key and its value: "password=x", "\"serial\": \"x\"", "SerialNumber: x".  Returns the length
 * of the key with all up to the value, 0 where there is none; *value: the length of the value.
 */
size_t scan_pair(const char *text, const char *end, size_t *value, const char **kind);

#endif
