/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text tables for people, drawn by libsmartcols: aligned columns.  Columns with TABLE_TRUNC are cut
 * to fit out_width().
 */
#ifndef XVTD_BASE_TABLE_H
#define XVTD_BASE_TABLE_H

#include <stdio.h>

#include "base/err.h"

struct table;

struct table_column {
    const char *name;
    unsigned flags;
};

#define TABLE_RIGHT 1u  /* align right */
#define TABLE_TRUNC 2u  /* may be cut where there are not enough columns */
#define TABLE_TRUNC_TTY 4u  /* the same, on a terminal only */

/* columns ends with a NULL name.  Returns NULL when out of memory. */
struct table *table_new(const struct table_column *columns);
struct table *table_free(struct table *table);

static inline void table_free_p(struct table **table)
{
    *table = table_free(*table);
}

/* Adds a row of as many cells as there are columns; NULL is an empty cell. */
int table_row(struct table *table, const char *const *cells, struct err *e);

int table_write(struct table *table, FILE *f, struct err *e);

#endif
