/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared libraries that few runs need, opened when they are needed. */
#ifndef XVTD_BASE_LIBRARY_H
#define XVTD_BASE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

struct library_symbol {
    const char *name;
    void **function;    /* receives the address */
};

/*
 * Opens a library by its soname and looks the functions up.  The library stays open.  False when
 * the library or a function is missing; then all addresses are NULL.
 */
bool library_open(const char *soname, const struct library_symbol *symbols, size_t n);

#endif
