/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/table.h"

#include <errno.h>
#include <libsmartcols.h>
#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/out.h"
#include "base/text.h"

struct table {
    struct libscols_table *tb;
    size_t columns;
};

struct table *table_new(const struct table_column *columns)
{
    struct table *table = calloc(1, sizeof(*table));

    if (!table)
        return NULL;
    setlocale(LC_CTYPE, ""); /* for the widths of characters only */
    table->tb = scols_new_table();
    if (!table->tb) {
        free(table);
        return NULL;
    }
    for (; columns->name; columns++) {
        int flags = 0;

        if (columns->flags & TABLE_RIGHT)
            flags |= SCOLS_FL_RIGHT;
        if (columns->flags & TABLE_TRUNC ||
            (columns->flags & TABLE_TRUNC_TTY && isatty(STDOUT_FILENO)))
            flags |= SCOLS_FL_TRUNC;
        if (!scols_table_new_column(table->tb, columns->name, 0, flags))
            return table_free(table);
        table->columns++;
    }
    return table;
}

struct table *table_free(struct table *table)
{
    if (table) {
        scols_unref_table(table->tb);
        free(table);
    }
    return NULL;
}

int table_row(struct table *table, const char *const *cells, struct err *e)
{
    struct libscols_line *line = scols_table_new_line(table->tb, NULL);

    if (!line)
        return err_nomem(e);
    for (size_t i = 0; i < table->columns; i++) {
        AUTO_FREE char *copy = NULL;

        if (scols_line_set_data(line, i, cells[i] ? text_clean(cells[i], false, &copy) : ""))
            return err_nomem(e);
    }
    return 0;
}

int table_write(struct table *table, FILE *f, struct err *e)
{
    size_t width = out_width();
    int r;

    if (width) {
        scols_table_set_termforce(table->tb, SCOLS_TERMFORCE_ALWAYS);
        scols_table_set_termwidth(table->tb, width);
    }
    scols_table_set_stream(table->tb, f);
    r = scols_print_table(table->tb);
    return r ? out_error(r, e) : 0;
}
