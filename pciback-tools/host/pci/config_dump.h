/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration space from text in the format of `lspci -xxxx`: a line that begins with a BDF, then
 * lines of an offset and up to 16 bytes.  libpci reads such files too (lspci -F), but it writes to
 * the offset in the file without checks, also before its buffer.
 */
#ifndef XVTD_CONFIG_DUMP_H
#define XVTD_CONFIG_DUMP_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bdf.h"

struct dumped {
    struct bdf bdf;
    uint8_t *bytes;
    size_t len;         /* up to 4096 */
    char title[160];    /* the text after the BDF, possibly cut */
};

struct config_dump {
    struct dumped *list;    /* ascending, each function once */
    size_t n;
    unsigned bad_line;      /* the first malformed line, 0 for none */
};

/*
 * Reads f to its end.  A function's bytes end before a malformed line, or one that does not
 * continue the line before.  Returns 0 or -ENOMEM; call config_dump_clear() in any case.
 */
int config_dump_read(struct config_dump *dump, FILE *f);
void config_dump_clear(struct config_dump *dump);

/* The function's bytes, or NULL. */
const struct dumped *config_dump_find(const struct config_dump *dump, struct bdf bdf);

#endif
