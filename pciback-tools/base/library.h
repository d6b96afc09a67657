/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A shared library that is opened when it is needed, which nearly no run does. */
#ifndef XVTD_BASE_LIBRARY_H
#define XVTD_BASE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

struct library_symbol {
    const char *name;
    void **function;    /* where its address goes */
};

/*
 * Opens a library by its soname and finds the functions.  It stays open.  False when the
 * library or one of them is not there; then all addresses are NULL.
 */
bool library_open(const char *soname, const struct library_symbol *symbols, size_t n);

#endif
